//! A function that reads a parameter and a secret: it signs a link to a file with a key of AWS Secrets Manager.
//!
//! It needs the layer of the AWS Parameters and Secrets Lambda Extension, and a role that may read the parameter
//! `/links/base` and the secret `links/signing-key`, a JSON document with the member `key`. The local Lambda plays the
//! extension:
//!
//! ```sh
//! cargo run --example secrets -- invoke '{"path":"/a.pdf"}' --parameter /links/base=https://files.example.com \
//!     --secret 'links/signing-key={"key":"a"}'
//! ```

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
    let code = hmac_sha256(secret.key.as_bytes(), request.path.as_bytes());
    let code = encode_base64url(&code);
    Ok(Link {
        url: format!("{base}{}?signature={code}", request.path),
    })
}

#[cfg(all(test, feature = "emulator"))]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::emulator::{self, InvokeRequest};
    use tiny_lambda::{handler, json};

    /// The local Lambda serves the parameter and the secret.
    #[test]
    fn a_link_is_signed_with_the_key_of_the_secret() {
        let request = InvokeRequest::new(json!({ "path": "/a.pdf" }))
            .with_parameter("/links/base", "https://files.example.com")
            .with_secret("links/signing-key", json!({ "key": "a" }));
        let response = emulator::invoke(&handler::json(link), request).unwrap();
        let code = encode_base64url(&hmac_sha256(b"a", b"/a.pdf"));
        let url = format!("https://files.example.com/a.pdf?signature={code}");
        emulator::assert_json_eq(&response, json!({ "url": url }));
    }

    /// The extension does not say what has failed: the reason is in the log.
    #[test]
    fn without_the_secret_the_error_names_it() {
        let request = InvokeRequest::new(json!({ "path": "/a.pdf" }))
            .with_parameter("/links/base", "https://files.example.com");
        let response = emulator::invoke(&handler::json(link), request).unwrap();
        assert_eq!(response.error_type.as_deref(), Some("Function.SecretError"));
        let message = response.error_message().unwrap();
        assert!(
            message.starts_with("secret \"links/signing-key\": "),
            "{message}"
        );
    }
}
