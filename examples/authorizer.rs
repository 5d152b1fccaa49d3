//! A Lambda authorizer: a caller with a valid token may call every method of the API.
//!
//! The token is a JSON Web Token that is signed with a shared secret (`HS256`, RFC 7515 and 7519). The environment
//! variable `TOKEN_SECRET` has the secret. For tokens that are signed with a private key (`RS256`), see
//! `docs/jwt.md`.

use std::time::{Duration, UNIX_EPOCH};

use tiny_lambda::events::apigw::{
    ApiGatewayCustomAuthorizerRequest as Request, ApiGatewayCustomAuthorizerResponse as Response,
};
use tiny_lambda::json::EpochSeconds;
use tiny_lambda::signing::{constant_time_eq, decode_base64url, hmac_sha256};
use tiny_lambda::{Context, Error, Result, info, json, json_struct};

json_struct! {
    /// The header of a token. `crit` lists extensions that the receiver must understand.
    struct Header { alg: String, crit: Option<Vec<String>> }
}
json_struct! {
    /// The claims of a token. Times are in seconds since 1970.
    struct Claims { sub: String, exp: u64, nbf: u64 = 0 }
}

/// The largest difference that is accepted between the clocks of issuer and function.
const TOLERANCE_S: u64 = 60;

fn main() -> ! {
    tiny_lambda::run_with_init(secret, |secret, request, cx| authorize(secret, request, cx))
}

fn secret() -> Result<Vec<u8>> {
    let secret = std::env::var_os("TOKEN_SECRET").unwrap_or_default();
    let secret = secret.into_encoded_bytes();
    // RFC 7518, section 3.2: a key that is shorter than the hash is not allowed.
    if secret.len() < 32 {
        let message = "the environment variable TOKEN_SECRET has less than 32 bytes";
        return Err(Error::new("ShortSecret", message));
    }
    Ok(secret)
}

fn authorize(secret: &[u8], request: Request, cx: &Context) -> Result<Response> {
    let api = whole_api(request.method_arn.get()?);
    let token = request.authorization_token.ok().map_or("", String::as_str);
    let now = EpochSeconds::now().0.duration_since(UNIX_EPOCH);
    match verify(token, secret, now.unwrap_or(Duration::MAX).as_secs()) {
        Ok(claims) => Ok(Response::allow(&claims.sub, &api)),
        Err(reason) => {
            info!(cx, "refused: {reason}");
            // API Gateway responds with status 401 to exactly this message.
            Err(Error::new("Unauthorized", "Unauthorized"))
        }
    }
}

/// Returns the claims of the token in an `Authorization` header, or the reason why it is refused. `now_s` is in
/// seconds since 1970.
fn verify(authorization: &str, secret: &[u8], now_s: u64) -> Result<Claims, &'static str> {
    let (scheme, token) = authorization.split_once(' ').ok_or("no token")?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err("not a bearer token");
    }
    let (signed, signature) = token.trim_ascii().rsplit_once('.').ok_or("no signature")?;
    let (header, claims) = signed.split_once('.').ok_or("no claims")?;
    let decode = |text| decode_base64url(text).ok_or("malformed base64url");

    let header: Header = json::parse(&decode(header)?).map_err(|_| "malformed header")?;
    // The issuer chooses the algorithm, not the token: `none` and `RS256` are refused.
    if header.alg != "HS256" || header.crit.is_some() {
        return Err("not signed with HS256");
    }
    let expected = hmac_sha256(secret, signed.as_bytes());
    if !constant_time_eq(&expected, &decode(signature)?) {
        return Err("wrong signature");
    }
    let claims: Claims = json::parse(&decode(claims)?).map_err(|_| "malformed claims")?;
    if now_s >= claims.exp.saturating_add(TOLERANCE_S) {
        return Err("expired");
    }
    if now_s.saturating_add(TOLERANCE_S) < claims.nbf {
        return Err("not valid yet");
    }
    Ok(claims)
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
    use tiny_lambda::signing::encode_base64url;

    const SECRET: &[u8] = b"a secret of at least 32 bytes ...";
    const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
    const NOW_S: u64 = 1_800_000_000;

    fn token(header: &str, claims: &str) -> String {
        let [header, claims] = [header, claims].map(|part| encode_base64url(part.as_bytes()));
        let signed = format!("{header}.{claims}");
        let signature = encode_base64url(&hmac_sha256(SECRET, signed.as_bytes()));
        format!("Bearer {signed}.{signature}")
    }

    #[track_caller]
    fn check(authorization: &str, want: Result<&str, &str>) {
        let got = verify(authorization, SECRET, NOW_S);
        assert_eq!(
            got.as_ref().map(|claims| &*claims.sub).map_err(|e| *e),
            want
        );
    }

    #[test]
    fn a_token_is_valid_from_nbf_to_exp_with_tolerance() {
        #[track_caller]
        fn times(nbf: u64, exp: u64, want: Result<&str, &str>) {
            let claims = format!(r#"{{"sub":"ada","nbf":{nbf},"exp":{exp},"iat":1}}"#);
            check(&token(HEADER, &claims), want);
        }
        times(NOW_S, NOW_S + 1, Ok("ada"));
        times(NOW_S, NOW_S - 59, Ok("ada"));
        times(NOW_S, NOW_S - 60, Err("expired"));
        times(NOW_S, 0, Err("expired"));
        times(NOW_S, u64::MAX, Ok("ada"));
        times(NOW_S + 60, NOW_S + 100, Ok("ada"));
        times(NOW_S + 61, NOW_S + 100, Err("not valid yet"));
        times(u64::MAX, u64::MAX, Err("not valid yet"));
        check(
            &token(HEADER, &format!(r#"{{"sub":"ada","exp":{NOW_S}}}"#)),
            Ok("ada"),
        );
    }

    #[test]
    fn malformed_tokens_are_refused() {
        let claims = format!(r#"{{"sub":"ada","exp":{}}}"#, NOW_S + 1);
        let valid = token(HEADER, &claims);
        check(&valid, Ok("ada"));
        check(&valid.replace("Bearer", "bearer"), Ok("ada"));
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":""}"#,
            r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        ] {
            check(&token(header, &claims), Err("not signed with HS256"));
        }
        for header in [
            "",
            "{}",
            "null",
            "[]",
            r#"{"alg":null}"#,
            "{\"alg\":\"HS256\"",
            "\u{fffd}",
        ] {
            check(&token(header, &claims), Err("malformed header"));
        }
        for claims in [
            "",
            "null",
            "{}",
            r#"{"sub":"ada"}"#,
            r#"{"exp":1900000000}"#,
            r#"{"sub":"ada","exp":"1900000000"}"#,
            r#"{"sub":"ada","exp":-1}"#,
            r#"{"sub":"ada","exp":1e300}"#,
            r#"{"sub":"ada","exp":1900000000.5}"#,
            r#"{"sub":"ada","exp":1900000000,"nbf":"0"}"#,
            r#"{"sub":"ada","exp":1900000000}{}"#,
            r#"{"sub":7,"exp":1900000000}"#,
        ] {
            check(&token(HEADER, claims), Err("malformed claims"));
        }
        for (authorization, want) in [
            ("", "no token"),
            ("Bearer", "no token"),
            ("Basic YTpi", "not a bearer token"),
            ("Bearer ", "no signature"),
            ("Bearer a", "no signature"),
            ("Bearer a.b", "no claims"),
            ("Bearer ..", "malformed header"),
            ("Bearer a.b.c", "malformed base64url"),
            ("Bearer\ta.b.c", "no token"),
            ("Bearer \u{1f511}.b.c", "malformed base64url"),
            ("Bearer e30.e30.e30.e30", "malformed header"),
        ] {
            check(authorization, Err(want));
        }
        // The signature is missing, or the token is cut off or changed at any place.
        let (signed, _) = valid.rsplit_once('.').unwrap();
        check(&format!("{signed}."), Err("wrong signature"));
        check(&format!("{valid}="), Err("malformed base64url"));
        check(&format!("{valid}.{valid}"), Err("wrong signature"));
        for end in 0..valid.len() {
            assert!(
                verify(valid.get(..end).unwrap(), SECRET, NOW_S).is_err(),
                "{end}"
            );
        }
        for (index, byte) in valid.bytes().enumerate().skip("Bearer ".len()) {
            let other = if byte == b'A' { "B" } else { "A" };
            let mut changed = valid.clone();
            changed.replace_range(index..=index, other);
            assert!(verify(&changed, SECRET, NOW_S).is_err(), "{changed}");
        }
        assert!(verify(&valid, b"another secret of at least 32 bytes", NOW_S).is_err());
    }

    #[test]
    fn a_valid_token_allows_the_whole_api() {
        #[track_caller]
        fn check(token: Option<&str>, want: Result<&str, &str>) {
            let mut request = Request::default();
            request.method_arn =
                "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/orders".into();
            if let Some(token) = token {
                request.authorization_token = token.into();
            }
            let got = authorize(SECRET, request, &Context::default());
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
        let valid = token(HEADER, r#"{"sub":"ada","exp":99999999999}"#);
        check(Some(&valid), Ok("Allow"));
        let expired = token(HEADER, r#"{"sub":"ada","exp":1}"#);
        check(Some(&expired), Err("Unauthorized"));
        check(Some("Bearer x"), Err("Unauthorized"));
        check(None, Err("Unauthorized"));
    }
}
