//! Handles the messages of a queue one by one. SQS delivers only the failed ones again.

use tiny_lambda::events::batch::BatchResponse;
use tiny_lambda::events::sqs::{self, SqsEvent, SqsMessage};
use tiny_lambda::{Context, Error, Result, ensure, json_struct};

json_struct! { struct Order { order: String, quantity: u32 } }

fn main() -> ! {
    tiny_lambda::run(place_orders)
}

fn place_orders(event: SqsEvent, cx: &Context) -> Result<BatchResponse> {
    sqs::each(&event, cx, place_order)
}

fn place_order(message: &SqsMessage) -> Result<()> {
    let order: Order = message.json()?;
    ensure!(order.quantity > 0, Error::new("EmptyOrder", order.order));
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::{events::samples, json};

    #[test]
    fn only_the_message_that_is_not_an_order_fails() {
        let event: SqsEvent = json::parse(samples::SQS.as_bytes()).unwrap();
        let response = sqs::each(&event, &Context::default(), place_order).unwrap();
        assert_eq!(response.failures, ["2e1424d4-f796-459a-8184-9c92662be6da"]);
        let (_, error) = response.errors.first().unwrap();
        assert_eq!(
            error.error_message(),
            "SqsMessage.body: expected a value, found `t` at $ (offset 0, line 1, column 1): two teas, please"
        );
        assert_eq!(
            json::to_vec(&response),
            br#"{"batchItemFailures":[{"itemIdentifier":"2e1424d4-f796-459a-8184-9c92662be6da"}]}"#
        );
    }
}
