//! Handles the orders of a queue. SQS delivers only those again that failed.

use tiny_lambda::events::batch::BatchResponse;
use tiny_lambda::events::sqs::{self, SqsEvent, SqsMessage};
use tiny_lambda::{Context, Result, bail, json_struct};

json_struct! { struct Order { order: String, quantity: u32 = 1 } }

fn main() -> ! {
    tiny_lambda::run(work)
}

fn work(event: SqsEvent, cx: &Context) -> Result<BatchResponse> {
    sqs::each(&event, cx, place_order)
}

fn place_order(message: &SqsMessage) -> Result<()> {
    let order: Order = message.json()?;
    if order.quantity == 0 {
        bail!("the quantity is 0");
    }
    println!("{} pieces for order {}", order.quantity, order.order);
    Ok(())
}
