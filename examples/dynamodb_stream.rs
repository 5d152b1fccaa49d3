//! Handles the changes of a table in order. Lambda retries from the first change that fails.

use tiny_lambda::events::batch::BatchResponse;
use tiny_lambda::events::dynamodb::{self, DynamoDbEvent, DynamoDbEventRecord};
use tiny_lambda::{Context, Result, info};

fn main() -> ! {
    tiny_lambda::run(log_changes)
}

fn log_changes(event: DynamoDbEvent, cx: &Context) -> Result<BatchResponse> {
    dynamodb::each(&event, cx, |record| log_change(record, cx))
}

fn log_change(record: &DynamoDbEventRecord, cx: &Context) -> Result<()> {
    let name = record.event_name.get()?;
    let change = record.dynamodb.get()?;
    let id = change.keys.get()?.value("id")?;
    let id = id.as_str().unwrap_or_default();
    if let Some(item) = change.new_image.ok() {
        // A number has up to 38 digits; its text has all of them.
        let cents = item.value("cents")?;
        let cents = cents.as_number().map_or("no", |n| n.as_str());
        info!(cx, "{name}: order {id} costs {cents} cents");
    } else {
        info!(cx, "{name}: order {id}");
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::{events::samples, json};

    #[test]
    fn the_first_change_that_fails_is_reported() {
        let cx = Context::default();
        let event: DynamoDbEvent = json::parse(samples::DYNAMODB.as_bytes()).unwrap();
        let response = dynamodb::each(&event, &cx, |record| log_change(record, &cx)).unwrap();
        assert!(response.failures.is_empty());

        let without_price = samples::DYNAMODB.replacen("\"cents\"", "\"euros\"", 1);
        let event: DynamoDbEvent = json::parse(without_price.as_bytes()).unwrap();
        let response = dynamodb::each(&event, &cx, |record| log_change(record, &cx)).unwrap();
        assert_eq!(response.failures, ["4421584500000000017450439091"]);
    }
}
