//! Metrics of an order in CloudWatch: one line of the log per invocation, also if the order fails.

use std::time::Instant;

use tiny_lambda::metrics::{Metrics, Unit};
use tiny_lambda::{Context, Result, bail, json_struct};

json_struct! {
    /// An order, as the shop sends it.
    struct Order { id: String, cents: u64, items: Vec<Item> }
}
json_struct! { struct Item { name: String, grams: u64 } }
json_struct! { struct Receipt { id: String, cents: u64 } }

fn main() -> ! {
    // Metrics with constant names need no `Metrics`. This one counts the execution environments.
    tiny_lambda::metrics!("Shop", { "service": "orders" }, "Environments": Count = 1);
    tiny_lambda::run(accept)
}

fn accept(order: Order, cx: &Context) -> Result<Receipt> {
    // The line is written when `metrics` is dropped, at every return.
    let mut metrics = Metrics::new("Shop");
    metrics.cold_start();
    metrics.dimension("service", "orders");
    // Properties are for queries of the log. As dimensions, they would make a metric of each order.
    metrics.property("order", &order.id);
    metrics.property("requestId", &cx.request_id);

    let start = Instant::now();
    let receipt = pay(&order);
    let ms = start.elapsed().as_secs_f64() * 1000.0;
    metrics.add_high_resolution("Latency", Unit::Milliseconds, ms);
    for item in &order.items {
        metrics.add("Weight", Unit::None, item.grams);
    }
    metrics.count(
        if receipt.is_ok() {
            "Orders"
        } else {
            "FailedOrders"
        },
        1,
    );
    receipt
}

/// Stands for the work of a real function.
fn pay(order: &Order) -> Result<Receipt> {
    if order.items.is_empty() {
        bail!("order {} has no items", order.id);
    }
    Ok(Receipt {
        id: order.id.clone(),
        cents: order.cents,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::{emulator, handler, json};

    /// In a test, metrics that CloudWatch does not accept fail the invocation.
    #[test]
    fn the_metrics_of_an_order_are_valid() {
        let order = json!({ "id": "a1", "cents": 250, "items": [{ "name": "tea", "grams": 100 }] });
        let response = emulator::invoke(&handler::json(accept), order).unwrap();
        assert_eq!(response.text(), r#"{"id":"a1","cents":250}"#);
    }

    #[test]
    fn an_order_without_items_fails() {
        let order = json!({ "id": "a1", "cents": 250, "items": [] });
        let response = emulator::invoke(&handler::json(accept), order).unwrap();
        assert_eq!(
            response.error_message().as_deref(),
            Some("order a1 has no items")
        );
    }
}
