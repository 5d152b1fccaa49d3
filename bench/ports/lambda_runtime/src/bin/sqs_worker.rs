//! Handles the orders of a queue. SQS delivers only those again that failed.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Deserialize;

#[derive(Deserialize)]
struct Order {
    order: String,
    #[serde(default = "one")]
    quantity: u32,
}

fn one() -> u32 {
    1
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(work)).await
}

async fn work(event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let mut response = SqsBatchResponse::default();
    for message in event.payload.records {
        if let Err(error) = place_order(&message) {
            let id = message.message_id.unwrap_or_default();
            println!("message {id} failed: {error}");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    Ok(response)
}

fn place_order(message: &SqsMessage) -> Result<(), Error> {
    let order: Order = serde_json::from_str(message.body.as_deref().unwrap_or_default())?;
    if order.quantity == 0 {
        return Err("the quantity is 0".into());
    }
    println!("{} pieces for order {}", order.quantity, order.order);
    Ok(())
}
