//! A web function that the scripts of another site may call.

use std::time::Duration;

use tiny_lambda::http::{Cors, Request, Response};
use tiny_lambda::{Context, Result, json};

fn main() -> ! {
    let cors = cors();
    tiny_lambda::run_http(move |request, _: &Context| cors.handle(request, prices))
}

fn cors() -> Cors {
    Cors::new(&["https://shop.example"])
        .allow_headers(&["content-type"])
        .max_age(Duration::from_secs(600))
}

fn prices(_: Request) -> Result<Response> {
    Ok(Response::json(&json!({ "tea": 250, "milk": 120 })))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::http::Method;

    #[track_caller]
    fn check(method: Method, origin: &str, want: (u16, Option<&str>)) {
        let request = Request::new(method, "/prices")
            .with_header("Origin", origin)
            .with_header("Access-Control-Request-Method", "GET");
        let got = cors().handle(request, prices).unwrap();
        let allowed = got.headers.get("Access-Control-Allow-Origin");
        assert_eq!((got.status, allowed), want);
    }

    #[test]
    fn only_the_shop_is_allowed() {
        const SHOP: &str = "https://shop.example";
        check(Method::Get, SHOP, (200, Some(SHOP)));
        check(Method::Options, SHOP, (204, Some(SHOP)));
        check(Method::Get, "https://other.example", (200, None));
        check(Method::Options, "https://other.example", (204, None));
    }
}
