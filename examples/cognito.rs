//! Two triggers of an Amazon Cognito user pool: confirms the users of one mail domain at sign-up, and adds a
//! claim to the tokens of users.

use tiny_lambda::events::cognito::{
    CognitoEventUserPoolsPreSignup as PreSignup, CognitoEventUserPoolsPreTokenGen as PreTokenGen,
};
use tiny_lambda::{Context, Error, Result};

fn main() -> ! {
    // One executable serves both functions: the handler's name chooses the trigger.
    match std::env::var("_HANDLER").as_deref() {
        Ok("add_claim") => tiny_lambda::run(add_claim),
        _ => tiny_lambda::run(confirm),
    }
}

fn confirm(mut event: PreSignup, _: &Context) -> Result<PreSignup> {
    let email = event.request.get()?.user_attributes.get()?.value("email")?;
    if email.ends_with("@blocked.example") {
        // The client gets this message.
        return Err(Error::new("Refused", "this mail domain is not accepted"));
    }
    event
        .response_mut()
        .auto_confirm_user
        .set(email.ends_with("@example.com"));
    Ok(event)
}

fn add_claim(mut event: PreTokenGen, _: &Context) -> Result<PreTokenGen> {
    let details = event
        .response_mut()
        .claims_override_details
        .get_or_insert_default();
    details
        .claims_to_add_or_override
        .get_or_insert_default()
        .insert("tier", &"gold".to_owned());
    Ok(event)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::{events::samples, json};

    #[track_caller]
    fn check_sign_up(email: &str, want: Result<bool, &str>) {
        let mut event: PreSignup = json::parse(samples::COGNITO_PRE_SIGNUP.as_bytes()).unwrap();
        let attributes = &mut event.request.get_mut().unwrap().user_attributes;
        attributes
            .get_or_insert_default()
            .insert("email", &email.to_owned());
        let got = confirm(event, &Context::default());
        let got = got.as_ref().map(|event| {
            let response = event.response.get().unwrap();
            *response.auto_confirm_user.get().unwrap()
        });
        assert_eq!(got.map_err(Error::error_message), want);
    }

    #[test]
    fn users_of_one_domain_are_confirmed() {
        check_sign_up("ada@example.com", Ok(true));
        check_sign_up("ada@example.org", Ok(false));
        check_sign_up(
            "ada@blocked.example",
            Err("this mail domain is not accepted"),
        );
    }

    #[test]
    fn a_sign_up_without_an_address_is_refused() {
        let event: PreSignup = json::parse(br#"{"request": {"userAttributes": {}}}"#).unwrap();
        assert_eq!(
            confirm(event, &Context::default())
                .unwrap_err()
                .error_message(),
            "CognitoEventUserPoolsUserRequest.userAttributes.email is missing"
        );
    }

    /// Amazon Cognito gets the event back, with members that the type does not have.
    #[test]
    fn the_event_is_sent_back_with_the_claim() {
        let event = br#"{"version":"1","new":1,"response":{"claimsOverrideDetails":null}}"#;
        let event = add_claim(json::parse(event).unwrap(), &Context::default()).unwrap();
        let want = r#"{"version":"1","response":{"claimsOverrideDetails":{"claimsToAddOrOverride":{"tier":"gold"}}},"new":1}"#;
        assert_eq!(json::to_vec(&event), want.as_bytes());
    }
}
