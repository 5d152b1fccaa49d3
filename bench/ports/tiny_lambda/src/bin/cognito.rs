//! Confirms users of one company when they sign up, and refuses all others.

use tiny_lambda::events::cognito::CognitoEventUserPoolsPreSignup as PreSignup;
use tiny_lambda::{Context, Result, ensure};

fn main() -> ! {
    tiny_lambda::run(pre_sign_up)
}

fn pre_sign_up(mut event: PreSignup, _: &Context) -> Result<PreSignup> {
    let email = event.request.get()?.user_attributes.get()?.value("email")?;
    ensure!(
        email.ends_with("@example.com"),
        "{email:?} is not an address of example.com"
    );
    let response = event.response_mut();
    response.auto_confirm_user.set(true);
    response.auto_verify_email.set(true);
    Ok(event)
}
