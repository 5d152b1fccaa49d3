//! Traces: the parts of an invocation as subsegments of its X-Ray trace.
//!
//! The function needs active tracing. The local Lambda shows the subsegments as a tree:
//!
//! ```sh
//! cargo run --example tracing -- invoke '{"id":"a1","cents":[100,50,200]}' --xray
//! ```

use tiny_lambda::xray::{self, Trace};
use tiny_lambda::{Context, Error, Result, json_struct};

json_struct! { struct Order { id: String, cents: Vec<u64> } }
json_struct! { struct Receipt { id: String, total: u64 } }

fn main() -> ! {
    tiny_lambda::run(pay)
}

fn pay(order: Order, _: &Context) -> Result<Receipt> {
    let total = xray::subsegment("total", || total(&order.cents));
    xray::try_subsegment("payments.example.com", |subsegment| {
        subsegment
            .http_request("POST", "https://payments.example.com/charges")
            .annotation("order_id", &order.id)
            .metadata("cents", &order.cents);
        let status = charge(&order.id, total);
        subsegment.http_response(status);
        match status {
            201 => Ok(()),
            _ => Err(Error::new("PaymentFailed", "the card was refused")),
        }
    })?;
    Ok(Receipt {
        id: order.id,
        total,
    })
}

/// Returns the sum, for which two threads work. Each has a subsegment in the subsegment `total`.
fn total(cents: &[u64]) -> u64 {
    let trace = Trace::current();
    let (first, second) = cents.split_at(cents.len() / 2);
    let sum = |half: &[u64]| trace.subsegment("half", || half.iter().sum::<u64>());
    std::thread::scope(|scope| {
        let first = scope.spawn(|| sum(first));
        let second = sum(second);
        first.join().unwrap_or(0).saturating_add(second)
    })
}

/// Stands for a call of a payment service. Returns the status of its response.
fn charge(order_id: &str, _total: u64) -> u16 {
    if order_id.is_empty() { 402 } else { 201 }
}

#[cfg(all(test, feature = "emulator"))]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::emulator::{self, InvokeResponse, Subsegment};
    use tiny_lambda::{handler, json};

    /// The local Lambda samples the trace and receives its subsegments.
    fn response(id: &str) -> InvokeResponse {
        let order = json!({ "id": id, "cents": [100, 50, 200] });
        emulator::invoke(&handler::json(pay), order).unwrap()
    }

    fn names(subsegments: &[Subsegment]) -> Vec<&str> {
        subsegments.iter().map(|it| it.name.as_str()).collect()
    }

    #[test]
    fn an_order_has_a_subsegment_for_each_part() {
        let response = response("a1");
        assert_eq!(response.text(), r#"{"id":"a1","total":350}"#);
        let subsegments = response.subsegments();
        assert_eq!(names(&subsegments), ["total", "payments.example.com"]);
        let [total, payment] = subsegments.as_slice() else {
            return;
        };
        assert_eq!(names(&total.subsegments), ["half", "half"]);
        assert_eq!(payment.annotations.get("order_id"), Some(&"a1".into()));
        assert!(!payment.is_error && !payment.is_fault);
    }

    #[test]
    fn a_refused_card_is_an_error_with_a_cause() {
        let response = response("");
        assert_eq!(
            response.error_message().as_deref(),
            Some("the card was refused")
        );
        let subsegments = response.subsegments();
        let payment = subsegments
            .iter()
            .find(|it| it.name == "payments.example.com");
        let payment = payment.unwrap();
        assert!(payment.is_error && payment.is_fault);
        let document = json::Value::from(payment.document.clone());
        let exception = document.pointer("/cause/exceptions/0").unwrap();
        assert_eq!(exception.get("type"), Some(&"PaymentFailed".into()));
    }

    /// A test of the handler needs no trace.
    #[test]
    fn without_a_trace_the_closures_run() {
        let (id, cents) = ("a1".to_owned(), vec![100, 50, 200]);
        let receipt = pay(Order { id, cents }, &Context::default()).unwrap();
        assert_eq!((receipt.id.as_str(), receipt.total), ("a1", 350));
    }
}
