//! Returns the text that it receives.
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    run(service_fn(echo)).await
}

async fn echo(event: LambdaEvent<String>) -> Result<String, Error> {
    Ok(event.payload)
}
