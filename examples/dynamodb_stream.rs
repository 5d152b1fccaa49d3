//! Changes of a table, in their order: the first that fails is where Lambda goes on.

use tiny_lambda::events::batch::BatchResponse;
use tiny_lambda::events::dynamodb::{self, DynamoDbEvent, DynamoDbEventRecord};
use tiny_lambda::{Context, Result, info};

fn main() -> ! {
    tiny_lambda::run(
        |event: DynamoDbEvent, cx: &Context| -> Result<BatchResponse> {
            dynamodb::each(&event, cx, |record| changed(record, cx))
        },
    )
}

fn changed(record: &DynamoDbEventRecord, cx: &Context) -> Result<()> {
    let name = record.event_name.get()?;
    let change = record.dynamodb.get()?;
    let id = change.keys.get()?.value("id")?;
    let id = id.as_str().unwrap_or_default();
    if let Some(item) = change.new_image.ok() {
        // A number of up to 38 digits, which its text has all of.
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
    fn changes_are_taken_in_their_order() {
        let cx = Context::default();
        let event: DynamoDbEvent = json::parse(samples::DYNAMODB.as_bytes()).unwrap();
        let response = dynamodb::each(&event, &cx, |record| changed(record, &cx)).unwrap();
        assert!(response.failures.is_empty());

        let without_price = samples::DYNAMODB.replacen("\"cents\"", "\"euros\"", 1);
        let event: DynamoDbEvent = json::parse(without_price.as_bytes()).unwrap();
        let response = dynamodb::each(&event, &cx, |record| changed(record, &cx)).unwrap();
        assert_eq!(response.failures, ["4421584500000000017450439091"]);
    }
}
