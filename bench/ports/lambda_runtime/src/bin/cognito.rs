//! Confirms users of one company when they sign up, and refuses all others.

use aws_lambda_events::cognito::CognitoEventUserPoolsPreSignup;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(pre_sign_up)).await
}

async fn pre_sign_up(
    event: LambdaEvent<CognitoEventUserPoolsPreSignup>,
) -> Result<CognitoEventUserPoolsPreSignup, Error> {
    let mut event = event.payload;
    let email = event
        .request
        .user_attributes
        .get("email")
        .map_or("", String::as_str);
    if !email.ends_with("@example.com") {
        return Err(format!("{email:?} is not an address of example.com").into());
    }
    event.response.auto_confirm_user = true;
    event.response.auto_verify_email = true;
    Ok(event)
}
