//! Handles an event of an event bus whose detail is a type of your own.

use tiny_lambda::events::EventBridgeEvent;
use tiny_lambda::{Context, Result, info, json_struct};

json_struct! {
    /// The detail that the shop sends.
    struct OrderPlaced { order: String, cents: u64 }
}

fn main() -> ! {
    tiny_lambda::run(order_placed)
}

fn order_placed(event: EventBridgeEvent<OrderPlaced>, cx: &Context) -> Result<String> {
    let time = event.time.get()?.as_str();
    let OrderPlaced { order, cents } = event.detail.into_inner()?;
    info!(cx, "order {order} of {cents} cents at {time}");
    Ok(order)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::{events::samples, json};

    #[test]
    fn the_detail_is_an_order() {
        let event = json::parse(samples::EVENTBRIDGE.as_bytes()).unwrap();
        assert_eq!(order_placed(event, &Context::default()).unwrap(), "a1");
        let event = json::parse(samples::EVENTBRIDGE_SCHEDULE.as_bytes()).unwrap();
        let error = order_placed(event, &Context::default()).unwrap_err();
        assert!(
            error
                .error_message()
                .starts_with("EventBridgeEvent.detail: missing member `order`"),
            "{error}"
        );
    }
}
