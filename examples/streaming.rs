//! A countdown as server-sent events, which a function URL passes to the browser one by one.

use std::io::Write;
use std::thread;
use std::time::Duration;

use tiny_lambda::http::Request;
use tiny_lambda::{Context, Responder, Result};

fn main() -> ! {
    tiny_lambda::run_streaming(|request: Request, cx: &Context, out: Responder<'_>| {
        count_down(&request, cx, out, Duration::from_secs(1))
    })
}

fn count_down(request: &Request, _: &Context, out: Responder<'_>, pause: Duration) -> Result<()> {
    let from = request.query()?.get("from").unwrap_or("3").parse::<u8>()?;
    let fields = [
        ("Content-Type", "text/event-stream"),
        ("Cache-Control", "no-store"),
    ];
    let mut body = out.start_http(200, &fields)?;
    for n in (0..=from).rev() {
        // The empty line ends an event, and `flush` sends it.
        write!(body, "id: {n}\ndata: {{\"left\":{n}}}\n\n")?;
        body.flush()?;
        thread::sleep(pause);
    }
    Ok(())
}

#[cfg(all(test, feature = "emulator"))]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::events::samples;
    use tiny_lambda::{emulator, handler};

    #[test]
    fn each_number_is_an_event() {
        let at_once = handler::streaming(|request: Request, cx: &Context, out: Responder<'_>| {
            count_down(&request, cx, out, Duration::ZERO)
        });
        let event = samples::FUNCTION_URL
            .replace("\"rawQueryString\": \"", "\"rawQueryString\": \"from=1&");
        let reply = emulator::invoke(&at_once, event).unwrap();
        let text = reply.text();
        let (prelude, body) = text.split_once("\0\0\0\0\0\0\0\0").unwrap();
        assert!(
            prelude.contains("\"Content-Type\":\"text/event-stream\""),
            "{prelude}"
        );
        assert_eq!(
            body,
            "id: 1\ndata: {\"left\":1}\n\nid: 0\ndata: {\"left\":0}\n\n"
        );
    }
}
