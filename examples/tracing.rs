//! Traces: the parts of an invocation as subsegments of its X-Ray trace.
//!
//! The function needs active tracing. `cargo run --example tracing` traces nothing: the closures run, and nothing is
//! sent.

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

/// Returns the sum, for which two threads work. Each is a part of the subsegment `total`.
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
    use std::net::UdpSocket;
    use std::process::Command;
    use std::time::Duration;
    use tiny_lambda::emulator::{self, InvokeRequest};
    use tiny_lambda::handler;
    use tiny_lambda::json::{self, Value};

    const TRACE_ID: &str =
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    fn order(id: &str) -> Order {
        let (id, cents) = (id.to_owned(), vec![100, 50, 200]);
        Order { id, cents }
    }

    /// A test of the handler does not need a trace.
    #[test]
    fn an_order_is_paid() {
        let receipt = pay(order("a1"), &Context::default()).unwrap();
        assert_eq!((receipt.id.as_str(), receipt.total), ("a1", 350));
        let error = pay(order(""), &Context::default()).err().unwrap();
        assert_eq!(error.error_type(), "PaymentFailed");
    }

    /// Invokes the function in a process whose X-Ray daemon is this test. Returns the subsegments by their names.
    fn trace(id: &str) -> Vec<Value> {
        let daemon = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::one_invocation", "--ignored"])
            .env(
                "AWS_XRAY_DAEMON_ADDRESS",
                daemon.local_addr().unwrap().to_string(),
            )
            .env("ORDER_ID", id)
            .status();
        assert!(status.unwrap().success());
        daemon
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut subsegments: Vec<Value> = (0..4)
            .map(|_| {
                let mut datagram = vec![0; 65_536];
                let len = daemon.recv(&mut datagram).unwrap();
                let text = std::str::from_utf8(datagram.get(..len).unwrap()).unwrap();
                let (header, document) = text.split_once('\n').unwrap();
                assert_eq!(header, r#"{"format":"json","version":1}"#);
                json::parse(document.as_bytes()).unwrap()
            })
            .collect();
        subsegments.sort_by_key(|it| text(it, "/name").to_owned());
        subsegments
    }

    /// Not a test, but the process that `trace` starts.
    #[test]
    #[ignore = "is a function, started by other tests"]
    fn one_invocation() {
        let id = std::env::var("ORDER_ID").unwrap();
        let event = json::to_vec(&order(&id));
        let request = InvokeRequest::new(event).with_xray_trace_id(TRACE_ID);
        emulator::invoke(&handler::json(pay), request).unwrap();
    }

    fn text<'v>(subsegment: &'v Value, pointer: &str) -> &'v str {
        subsegment.pointer(pointer).unwrap().as_str().unwrap()
    }

    #[test]
    fn an_order_has_four_subsegments() {
        let subsegments = trace("a1");
        let [half, other_half, payment, total] = subsegments.try_into().unwrap();
        for it in [&half, &other_half, &payment, &total] {
            assert_eq!(text(it, "/trace_id"), "1-5759e988-bd862e3fe1be46a994272793");
        }
        assert_eq!(text(&total, "/parent_id"), "53995c3f42cd8ad8");
        assert_eq!(text(&payment, "/parent_id"), "53995c3f42cd8ad8");
        assert_eq!(text(&half, "/parent_id"), text(&total, "/id"));
        assert_eq!(text(&other_half, "/parent_id"), text(&total, "/id"));
        assert_eq!(text(&payment, "/annotations/order_id"), "a1");
        assert_eq!(payment.pointer("/http/response/status"), Some(&201.into()));
        assert_eq!(payment.get("fault"), None);
    }

    #[test]
    fn a_refused_card_is_an_error_with_a_cause() {
        let payment = trace("").remove(2);
        assert_eq!(payment.get("error"), Some(&true.into()));
        assert_eq!(payment.get("fault"), Some(&true.into()));
        let exception = payment.pointer("/cause/exceptions/0").unwrap();
        assert_eq!(text(exception, "/type"), "PaymentFailed");
        assert_eq!(text(exception, "/message"), "the card was refused");
    }
}
