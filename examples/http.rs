//! A web function for API Gateway, a function URL, a load balancer or VPC Lattice.

use tiny_lambda::http::{Method, Request, Response};
use tiny_lambda::{Context, Result, json_struct};

json_struct! { struct Order { item: String, quantity: u32 = 1 } }
json_struct! { struct Receipt { item: String, cents: u64 } }

fn main() -> ! {
    tiny_lambda::run_http(shop)
}

fn shop(request: Request, _: &Context) -> Result<Response> {
    match (request.method(), request.path()) {
        (Method::Get, "/") => {
            let query = request.query()?;
            let name = query.get("name").unwrap_or("stranger");
            Ok(Response::text(format!("Welcome, {name}!")))
        }
        (Method::Post, "/orders") => {
            let order: Order = request.json()?;
            let cents = u64::from(order.quantity) * 250;
            let item = order.item;
            Ok(Response::json(&Receipt { item, cents }).with_status(201))
        }
        _ => Ok(Response::new(404)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[track_caller]
    fn check(request: Request, want: Result<(u16, &str), &str>) {
        let got = shop(request, &Context::default());
        let got = got
            .as_ref()
            .map(|got| (got.status, got.body.as_str().unwrap()));
        assert_eq!(got.map_err(tiny_lambda::Error::error_type), want);
    }

    #[test]
    fn the_shop_greets_and_takes_orders() {
        check(
            Request::new(Method::Get, "/?name=Ada"),
            Ok((200, "Welcome, Ada!")),
        );
        check(
            Request::new(Method::Get, "/"),
            Ok((200, "Welcome, stranger!")),
        );
        check(Request::new(Method::Get, "/cart"), Ok((404, "")));
        let order = |body| Request::new(Method::Post, "/orders").with_body(body);
        check(
            order(r#"{"item":"tea","quantity":2}"#),
            Ok((201, r#"{"item":"tea","cents":500}"#)),
        );
        check(order(r#"{"quantity":2}"#), Err("Http.BadRequest"));
    }
}
