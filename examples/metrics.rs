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
    metrics.dimension("service", "orders");
    metrics.cold_start();
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
    match &receipt {
        Ok(_) => metrics.count("Orders", 1),
        Err(_) => metrics.count("FailedOrders", 1),
    };
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

#[cfg(all(test, feature = "emulator"))]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::emulator::{self, InvokeResponse};
    use tiny_lambda::{handler, json};

    /// In a test, metrics that CloudWatch does not accept fail the invocation.
    fn response(items: json::Value) -> InvokeResponse {
        let order = json!({ "id": "a1", "cents": 250, "items": items });
        emulator::invoke(&handler::json(accept), order).unwrap()
    }

    /// Returns the values of a metric.
    fn values(response: &InvokeResponse, name: &str) -> Vec<f64> {
        let metrics = response.metrics();
        let found = metrics.iter().find(|metric| metric.name == name);
        found.map_or(Vec::new(), |metric| metric.values.clone())
    }

    #[test]
    fn an_order_has_metrics_in_the_namespace_of_the_shop() {
        let response =
            response(json!([{ "name": "tea", "grams": 100 }, { "name": "cup", "grams": 350 }]));
        assert_eq!(response.text(), r#"{"id":"a1","cents":250}"#);
        assert_eq!(values(&response, "Orders"), [1.0]);
        assert_eq!(values(&response, "Weight"), [100.0, 350.0]);
        assert_eq!(values(&response, "Latency").len(), 1);
        let metrics = response.metrics();
        let orders = metrics.iter().find(|it| it.name == "Orders").unwrap();
        assert_eq!(
            (orders.namespace.as_str(), orders.unit.as_str()),
            ("Shop", "Count")
        );
        assert_eq!(orders.dimension("service"), Some("orders"));
        assert_eq!(orders.properties.get("order"), Some(&"a1".into()));
    }

    #[test]
    fn an_order_that_fails_has_metrics_too() {
        let response = response(json!([]));
        assert_eq!(
            response.error_message().as_deref(),
            Some("order a1 has no items")
        );
        assert_eq!(values(&response, "FailedOrders"), [1.0]);
        assert!(values(&response, "Orders").is_empty());
    }
}
