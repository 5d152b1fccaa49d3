//! A function that reads a parameter and a secret: it signs a link to a file with a key of AWS Secrets Manager.
//!
//! It needs the layer of the AWS Parameters and Secrets Lambda Extension, and a role that may read the parameter
//! `/links/base` and the secret `links/signing-key`, a JSON document with the member `key`.

use tiny_lambda::services::{Secret, parameter};
use tiny_lambda::signing::{encode_base64url, hmac_sha256};
use tiny_lambda::{Context, Result, json_struct};

json_struct! {
    /// The event.
    struct Request { path: String }
}
json_struct! {
    struct Link { url: String }
}
json_struct! {
    /// The secret.
    struct SigningKey { key: String }
}

fn main() -> ! {
    tiny_lambda::run(link)
}

fn link(request: Request, _: &Context) -> Result<Link> {
    // The extension keeps both for five minutes, so they are requested in each invocation. They cannot be requested
    // in the Init phase.
    let base = parameter("/links/base")?;
    let secret: SigningKey = Secret::new("links/signing-key").json()?;
    Ok(Link {
        url: signed(&base, &secret, &request.path),
    })
}

/// Returns the URL of `path` with its signature.
fn signed(base: &str, secret: &SigningKey, path: &str) -> String {
    let code = hmac_sha256(secret.key.as_bytes(), path.as_bytes());
    format!("{base}{path}?signature={}", encode_base64url(&code))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::json;

    #[test]
    fn a_link_is_signed_with_the_key_of_the_secret() {
        let secret: SigningKey = json::parse(br#"{"key":"a","created":"2026-11-30"}"#).unwrap();
        let url = signed("https://files.example.com", &secret, "/a.pdf");
        let code = encode_base64url(&hmac_sha256(b"a", b"/a.pdf"));
        let want = format!("https://files.example.com/a.pdf?signature={code}");
        assert_eq!(url, want);
    }

    /// Outside of Lambda there is no extension, so the error says what is missing.
    #[test]
    fn without_the_extension_the_error_names_the_parameter() {
        let request = Request {
            path: "/a.pdf".into(),
        };
        let error = link(request, &Context::default()).err().unwrap();
        assert_eq!(error.error_type(), "ParameterError");
        let start = "parameter \"/links/base\": ";
        assert!(error.error_message().starts_with(start), "{error}");
    }
}
