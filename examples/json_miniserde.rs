//! A function whose event and response derive the traits of miniserde.
//!
//! `cargo run --example json_miniserde --features miniserde`

use miniserde::{Deserialize, Serialize};
use tiny_lambda::json::Mini;
use tiny_lambda::{Context, Result};

fn main() -> ! {
    tiny_lambda::run(total)
}

#[derive(Deserialize)]
struct Order {
    unit_cents: u64,
    quantity: Option<u64>,
}

#[derive(Serialize)]
struct Total {
    cents: u64,
}

fn total(Mini(order): Mini<Order>, _: &Context) -> Result<Mini<Total>> {
    let quantity = order.quantity.unwrap_or(1);
    Ok(Mini(Total {
        cents: order.unit_cents.saturating_mul(quantity),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiny_lambda::json;

    #[test]
    fn the_total_is_computed() -> Result<()> {
        for (event, want) in [
            (r#"{"unit_cents": 250, "quantity": 3}"#, r#"{"cents":750}"#),
            (r#"{"unit_cents": 250}"#, r#"{"cents":250}"#),
        ] {
            let response = total(json::parse(event.as_bytes())?, &Context::default())?;
            assert_eq!(json::to_vec(&response), want.as_bytes());
        }
        Ok(())
    }

    #[test]
    fn an_event_that_is_not_an_order_is_an_error() {
        for event in [r#"{"unit_cents": "x"}"#, r#"{"unit_cents": 1"#, "[]"] {
            assert!(
                json::parse::<Mini<Order>>(event.as_bytes()).is_err(),
                "{event}"
            );
        }
    }
}
