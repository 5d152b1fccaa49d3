//! A Lambda authorizer: a caller with a valid token may call every method of the API.

use tiny_lambda::events::apigw::{
    ApiGatewayCustomAuthorizerRequest as Request, ApiGatewayCustomAuthorizerResponse as Response,
};
use tiny_lambda::{Context, Error, Result};

fn main() -> ! {
    tiny_lambda::run(authorize)
}

fn authorize(request: Request, _: &Context) -> Result<Response> {
    let api = whole_api(request.method_arn.get()?);
    match request.authorization_token.ok().map(String::as_str) {
        Some("Bearer 31d4d96e") => Ok(Response::allow("ada", &api)),
        Some("Bearer 00000000") => Ok(Response::deny("nobody", &api)),
        // For exactly this message API Gateway responds with status 401.
        _ => Err(Error::new("Unauthorized", "Unauthorized")),
    }
}

/// Returns the ARN of all methods of the stage of `method_arn`, such as
/// `arn:aws:execute-api:region:account:api/stage/*`. The policy must cover all of them, because API
/// Gateway caches it for the other requests of the caller.
fn whole_api(method_arn: &str) -> String {
    let stage: Vec<&str> = method_arn.splitn(3, '/').take(2).collect();
    format!("{}/*", stage.join("/"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[track_caller]
    fn check(token: Option<&str>, want: Result<&str, &str>) {
        let mut request = Request::default();
        request.method_arn =
            "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/orders".into();
        if let Some(token) = token {
            request.authorization_token = token.into();
        }
        let got = authorize(request, &Context::default());
        let effect = got.as_ref().map(|got| {
            let policy = got.policy_document.get().unwrap();
            let statement = policy.statement.get().unwrap().first().unwrap();
            let resource = statement.resource.get().unwrap().as_slice();
            assert_eq!(
                resource,
                ["arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*"]
            );
            statement.effect.get().unwrap().as_str()
        });
        assert_eq!(effect.map_err(Error::error_message), want);
    }

    #[test]
    fn only_the_valid_token_is_allowed() {
        check(Some("Bearer 31d4d96e"), Ok("Allow"));
        check(Some("Bearer 00000000"), Ok("Deny"));
        check(Some("Bearer x"), Err("Unauthorized"));
        check(None, Err("Unauthorized"));
    }
}
