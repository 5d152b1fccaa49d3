//! A WebSocket API that responds to each message. The route is the kind of event.

use tiny_lambda::http::{Request, Response, Router};
use tiny_lambda::{Context, Result, info, json_struct};

json_struct! { struct Message { text: String } }

fn main() -> ! {
    tiny_lambda::run_http(router())
}

fn router() -> Router<'static> {
    Router::new()
        // Status 200 accepts the connection.
        .get("/$connect", |_, _| Ok(Response::new(200)))
        .get("/$disconnect", |_, _| Ok(Response::new(200)))
        .get("/send", send)
        .get("/$default", |_, _| {
            Ok((400, "try {\"action\": \"send\", \"text\": \"…\"}"))
        })
}

/// API Gateway sends the response to the client if the route has a route response.
fn send(request: Request, cx: &Context) -> Result<String> {
    let message: Message = request.json()?;
    info!(cx, "{} bytes", message.text.len());
    Ok(message.text.chars().rev().collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::events::samples;

    #[track_caller]
    fn check(event: &str, want: (u16, &str)) {
        let request = Request::from_event(event.as_bytes()).unwrap();
        let got = router().handle(request, &Context::default()).unwrap();
        assert_eq!((got.status, got.body.as_str().unwrap()), want);
    }

    #[test]
    fn connections_are_accepted_and_messages_get_a_response() {
        check(samples::WEBSOCKET_CONNECT, (200, ""));
        check(samples::WEBSOCKET_MESSAGE, (200, "ih"));
        let other = samples::WEBSOCKET_MESSAGE
            .replace("\"routeKey\": \"send\"", "\"routeKey\": \"$default\"");
        check(&other, (400, "try {\"action\": \"send\", \"text\": \"…\"}"));
    }
}
