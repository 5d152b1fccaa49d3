//! Checks of the signatures of webhooks: GitHub, Slack, Stripe and Standard Webhooks.
//!
//! A provider signs each request with a secret that it shares with the function. A request without a valid
//! signature was sent or changed by somebody else, and gets status 401:
//!
//! ```
//! use tiny_lambda::http::{IntoResponse, Request, Response};
//! use tiny_lambda::signing::webhook;
//! use tiny_lambda::{Context, Result};
//!
//! fn on_push(secret: &str, request: Request, _: &Context) -> Result<Response> {
//!     let body = request.body()?.as_bytes();
//!     if let Err(error) = webhook::github(secret, body, |name| request.header(name)) {
//!         return Ok(error.into_response());
//!     }
//!     Ok(Response::new(204))
//! }
//! # let request = Request::new(tiny_lambda::http::Method::Post, "/");
//! # assert_eq!(on_push("secret", request, &Context::default())?.status, 401);
//! # Ok::<(), tiny_lambda::Error>(())
//! ```
//!
//! With `?` in place of `into_response`, the error is the function's, and the sender gets status 500.
//!
//! The signature covers the bytes of the body as they were sent, so the check comes before the body is read
//! as JSON. The last argument of each function returns the value of a header.
//!
//! # Replays
//! Slack, Stripe and Standard Webhooks sign the time at which a request was sent. A request whose time differs
//! from now by more than five minutes is refused, since somebody may have recorded it. [`Window`] is for
//! another tolerance, or another time in a test. GitHub signs no time; the header `X-GitHub-Delivery` has a
//! different id for each delivery.
//!
//! # Two secrets
//! While a secret is replaced by another, requests may be signed with either:
//!
//! ```
//! use tiny_lambda::signing::webhook::{self, WebhookError};
//!
//! fn check(body: &[u8], signature: Option<&str>) -> Result<(), WebhookError> {
//!     webhook::github("new secret", body, |_| signature)
//!         .or_else(|_| webhook::github("old secret", body, |_| signature))
//! }
//! let signature = "sha256=38c6a3bb0d2a5262b80066369d1fd657385ca908d30fa0fdc817d6f1200e40da";
//! assert_eq!(check(b"{}", Some(signature)), Ok(()));
//! assert_eq!(check(b"[]", Some(signature)), Err(WebhookError::WrongSignature));
//! ```

use alloc::vec::Vec;
use core::time::Duration;
use core::{error, fmt};

use super::{constant_time_eq, hmac};
use crate::encoding::{decode_base64, parse_decimal, parse_number};
use crate::sys;

/// Why a webhook is refused. The reasons say nothing about the secret or the right signature, so a response
/// may contain them.
///
/// ```
/// use tiny_lambda::signing::webhook::{self, WebhookError};
///
/// let error = webhook::github("secret", b"{}", |_| None).unwrap_err();
/// assert_eq!(error, WebhookError::MissingHeader("X-Hub-Signature-256"));
/// assert_eq!(error.to_string(), "webhook refused: missing header X-Hub-Signature-256");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookError {
    /// The request does not have this header.
    MissingHeader(&'static str),
    /// This header does not have the form that the provider documents.
    MalformedHeader(&'static str),
    /// This header has no signature of the version that is checked: `sha256` of GitHub, `v0` of Slack, `v1` of
    /// Stripe and Standard Webhooks.
    UnknownVersion(&'static str),
    /// The body, the signed headers or the secret differ from those that the sender has signed.
    WrongSignature,
    /// The signature is valid, and the request was sent longer ago than the tolerance.
    TooOld,
    /// The signature is valid, and the time of the request is later than now by more than the tolerance.
    TooNew,
    /// The function's secret is empty or, for Standard Webhooks, not in base64. That is not the sender's fault.
    InvalidSecret,
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reason, header) = match self {
            WebhookError::MissingHeader(header) => ("missing header ", *header),
            WebhookError::MalformedHeader(header) => ("malformed header ", *header),
            WebhookError::UnknownVersion(header) => {
                ("no signature of a known version in header ", *header)
            }
            WebhookError::WrongSignature => ("the signature does not match", ""),
            WebhookError::TooOld => ("the timestamp is older than the tolerance", ""),
            WebhookError::TooNew => (
                "the timestamp is in the future by more than the tolerance",
                "",
            ),
            WebhookError::InvalidSecret => ("the function's secret is empty or malformed", ""),
        };
        for part in ["webhook refused: ", reason, header] {
            f.write_str(part)?;
        }
        Ok(())
    }
}

/// The message. The derived form would add 9 KB to a function that converts the error with `?`.
impl fmt::Debug for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for WebhookError {}

type Result<T = ()> = core::result::Result<T, WebhookError>;

/// The times that are accepted: those that differ from now by at most a tolerance. It has whole seconds.
///
/// ```
/// use std::time::Duration;
/// use tiny_lambda::signing::webhook::{self, Window};
///
/// let header = |name: &str| match name {
///     "X-Slack-Request-Timestamp" => Some("1531420618"),
///     "X-Slack-Signature" => Some("v0=24dbc2dd9572fc59fe0715079a092b03c783f0a860c8e97512507abef87b95f1"),
///     _ => None,
/// };
/// let window = Window::new(Duration::from_secs(60)).at(1_531_420_618);
/// assert!(webhook::slack_within(window, "secret", b"text=hello", header).is_ok());
/// assert!(webhook::slack_within(window.at(1_531_420_679), "secret", b"text=hello", header).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    now_s: u64,
    tolerance_s: u64,
}

impl Window {
    /// The tolerance of Slack's, Stripe's and Standard Webhooks' own libraries.
    const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

    /// Returns the times that differ from now by at most `tolerance`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::signing::webhook::{Window, stripe_within};
    ///
    /// let window = Window::new(Duration::from_secs(600));
    /// assert!(stripe_within(window, "whsec_secret", b"{}", |_| None).is_err());
    /// ```
    pub fn new(tolerance: Duration) -> Window {
        Window {
            now_s: sys::unix_time_ms() / 1000,
            tolerance_s: tolerance.as_secs(),
        }
    }

    /// Returns the same tolerance around another time, in seconds since the Unix epoch.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::signing::webhook::Window;
    ///
    /// let window = Window::new(Duration::from_secs(300));
    /// assert_ne!(window.at(1_531_420_618), window);
    /// ```
    #[must_use]
    pub const fn at(self, now_s: u64) -> Window {
        Window { now_s, ..self }
    }

    fn check(self, time_s: u64) -> Result {
        if self.now_s.saturating_sub(time_s) > self.tolerance_s {
            return Err(WebhookError::TooOld);
        }
        if time_s.saturating_sub(self.now_s) > self.tolerance_s {
            return Err(WebhookError::TooNew);
        }
        Ok(())
    }
}

/// Checks a webhook of GitHub (GitHub Docs, "Validating webhook deliveries").
///
/// `secret` is the webhook's secret, `body` the body as it was sent, and `header` returns the value of a header.
///
/// ```
/// use tiny_lambda::signing::webhook;
///
/// let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// let header = |name: &str| (name == "X-Hub-Signature-256").then_some(signature);
/// webhook::github("It's a Secret to Everybody", b"Hello, World!", header)?;
/// # Ok::<(), webhook::WebhookError>(())
/// ```
///
/// # Errors
/// If there is no valid signature, or the secret is empty.
pub fn github<'h>(secret: &str, body: &[u8], header: impl Fn(&str) -> Option<&'h str>) -> Result {
    const SIGNATURE: &str = "X-Hub-Signature-256";

    check_one(secret, &[body], SIGNATURE, header(SIGNATURE), "sha256=")
}

/// Checks a webhook of Slack (Slack's documentation, "Verifying requests from Slack").
///
/// `secret` is the app's signing secret, `body` the body as it was sent, and `header` returns the value of a
/// header. A request that was sent more than five minutes ago is refused.
///
/// ```
/// use tiny_lambda::http::{Method, Request};
/// use tiny_lambda::signing::webhook;
///
/// let request = Request::new(Method::Post, "/").with_body("text=hello");
/// let error = webhook::slack("secret", request.body()?.as_bytes(), |name| request.header(name));
/// let message = "webhook refused: missing header X-Slack-Request-Timestamp";
/// assert_eq!(error.unwrap_err().to_string(), message);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// If there is no valid signature, the time differs from now by more than five minutes, or the secret is empty.
pub fn slack<'h>(secret: &str, body: &[u8], header: impl Fn(&str) -> Option<&'h str>) -> Result {
    slack_within(Window::new(Window::DEFAULT_TOLERANCE), secret, body, header)
}

/// Checks a webhook of Slack, as [`slack`] does, with another tolerance or time.
///
/// ```
/// use std::time::Duration;
/// use tiny_lambda::signing::webhook::{WebhookError, Window, slack_within};
///
/// let window = Window::new(Duration::from_secs(60)).at(1_531_420_618);
/// let error = slack_within(window, "secret", b"text=hello", |_| Some("1531420618")).unwrap_err();
/// assert_eq!(error, WebhookError::UnknownVersion("X-Slack-Signature"));
/// ```
///
/// # Errors
/// Those of [`slack`].
pub fn slack_within<'h>(
    window: Window,
    secret: &str,
    body: &[u8],
    header: impl Fn(&str) -> Option<&'h str>,
) -> Result {
    const TIMESTAMP: &str = "X-Slack-Request-Timestamp";
    const SIGNATURE: &str = "X-Slack-Signature";

    let (time, time_s) = timestamp(TIMESTAMP, header(TIMESTAMP))?;
    let message = [b"v0:", time.as_bytes(), b":", body];
    check_one(secret, &message, SIGNATURE, header(SIGNATURE), "v0=")?;
    window.check(time_s)
}

/// Checks a webhook of Stripe (Stripe's documentation, "Resolve webhook signature verification errors", "Verify
/// manually").
///
/// `secret` is the endpoint's secret with its `whsec_`, `body` the body as it was sent, and `header` returns the
/// value of a header. One of several signatures of version `v1` must be valid. A request that was sent more
/// than five minutes ago is refused.
///
/// ```
/// use tiny_lambda::http::{Method, Request};
/// use tiny_lambda::signing::webhook;
///
/// let request = Request::new(Method::Post, "/").with_header("Stripe-Signature", "t=1492774577,v0=6ffb");
/// let error = webhook::stripe("whsec_secret", request.body()?.as_bytes(), |name| request.header(name));
/// let message = "webhook refused: no signature of a known version in header Stripe-Signature";
/// assert_eq!(error.unwrap_err().to_string(), message);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// If there is no valid signature, the time differs from now by more than five minutes, or the secret is empty.
pub fn stripe<'h>(secret: &str, body: &[u8], header: impl Fn(&str) -> Option<&'h str>) -> Result {
    stripe_within(Window::new(Window::DEFAULT_TOLERANCE), secret, body, header)
}

/// Checks a webhook of Stripe, as [`stripe`] does, with another tolerance or time.
///
/// ```
/// use std::time::Duration;
/// use tiny_lambda::signing::webhook::{WebhookError, Window, stripe_within};
///
/// let window = Window::new(Duration::from_secs(300)).at(1_492_774_577);
/// let header = |_: &str| Some("t=1492774577");
/// let error = stripe_within(window, "whsec_secret", b"{}", header).unwrap_err();
/// assert_eq!(error, WebhookError::UnknownVersion("Stripe-Signature"));
/// ```
///
/// # Errors
/// Those of [`stripe`].
pub fn stripe_within<'h>(
    window: Window,
    secret: &str,
    body: &[u8],
    header: impl Fn(&str) -> Option<&'h str>,
) -> Result {
    const SIGNATURE: &str = "Stripe-Signature";

    let value = header(SIGNATURE).ok_or(WebhookError::MissingHeader(SIGNATURE))?;
    let mut time = None;
    let mut codes = Vec::new();
    // A pattern of one `char` in place of a list has a panic path in std.
    for item in value.split([',']) {
        match item.trim_ascii().split_once(['=']) {
            Some(("t", value)) if time.is_none() => time = Some(value),
            Some(("v1", value)) => codes.push(decode_hex(value)),
            // `v0` is made with test secrets.
            Some((scheme, _)) if scheme != "t" => {}
            _ => return Err(WebhookError::MalformedHeader(SIGNATURE)),
        }
    }
    let Some(time) = time else {
        return Err(WebhookError::MalformedHeader(SIGNATURE));
    };
    let (time, time_s) = timestamp(SIGNATURE, Some(time))?;
    let message = [time.as_bytes(), b".", body];
    check_any(secret.as_bytes(), &message, SIGNATURE, &codes)?;
    window.check(time_s)
}

/// Checks a webhook that is signed as Standard Webhooks specifies (standardwebhooks.com), as those of Svix,
/// OpenAI, Supabase and Resend are.
///
/// `secret` is the secret in base64, with or without its prefix `whsec_`, `body` the body as it was sent, and
/// `header` returns the value of a header: `webhook-id`, `webhook-timestamp` and `webhook-signature`, or those
/// of Svix that begin with `svix-`. One of several signatures of version `v1` must be valid. A request that was
/// sent more than five minutes ago is refused. A sender repeats a request with the same id.
///
/// ```
/// use tiny_lambda::http::{Method, Request};
/// use tiny_lambda::signing::webhook;
///
/// let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// let request = Request::new(Method::Post, "/").with_header("webhook-id", "msg_1");
/// let body = request.body()?.as_bytes();
/// let error = webhook::standard_webhooks(secret, body, |name| request.header(name));
/// assert_eq!(error.unwrap_err().to_string(), "webhook refused: missing header webhook-timestamp");
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// If there is no valid signature, the time differs from now by more than five minutes, or the secret is empty
/// or not in base64. Signatures with public keys (`v1a`) are not checked.
pub fn standard_webhooks<'h>(
    secret: &str,
    body: &[u8],
    header: impl Fn(&str) -> Option<&'h str>,
) -> Result {
    let window = Window::new(Window::DEFAULT_TOLERANCE);
    standard_webhooks_within(window, secret, body, header)
}

/// Checks a webhook as [`standard_webhooks`] does, with another tolerance or time.
///
/// ```
/// use std::time::Duration;
/// use tiny_lambda::signing::webhook::{Window, standard_webhooks_within};
///
/// let header = |name: &str| match name {
///     "webhook-id" => Some("msg_p5jXN8AQM9LWM0D4loKWxJek"),
///     "webhook-timestamp" => Some("1614265330"),
///     "webhook-signature" => Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
///     _ => None,
/// };
/// let window = Window::new(Duration::from_secs(300)).at(1_614_265_330);
/// let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// standard_webhooks_within(window, secret, br#"{"test": 2432232314}"#, header)?;
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// Those of [`standard_webhooks`].
pub fn standard_webhooks_within<'h>(
    window: Window,
    secret: &str,
    body: &[u8],
    header: impl Fn(&str) -> Option<&'h str>,
) -> Result {
    const ID: &str = "webhook-id";
    const TIMESTAMP: &str = "webhook-timestamp";
    const SIGNATURE: &str = "webhook-signature";

    let key = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = decode_base64(key.as_bytes()).map_err(|_| WebhookError::InvalidSecret)?;
    let id = header(ID).or_else(|| header("svix-id"));
    let id = id.ok_or(WebhookError::MissingHeader(ID))?;
    let time = header(TIMESTAMP).or_else(|| header("svix-timestamp"));
    let (time, time_s) = timestamp(TIMESTAMP, time)?;
    let value = header(SIGNATURE).or_else(|| header("svix-signature"));
    let value = value.ok_or(WebhookError::MissingHeader(SIGNATURE))?;
    let codes = value.split_ascii_whitespace().filter_map(|item| {
        let code = item.strip_prefix("v1,")?;
        // As in the reference library for Python, a signature has its padding. A secret may be without.
        let is_padded = code.as_bytes().last() == Some(&b'=');
        let code = decode_base64(code.as_bytes()).ok().filter(|_| is_padded);
        Some(code.and_then(|code| code.try_into().ok()))
    });
    let message = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    check_any(&key, &message, SIGNATURE, &codes.collect::<Vec<_>>())?;
    window.check(time_s)
}

/// Returns the timestamp in a header as text and in seconds since the Unix epoch.
fn timestamp<'h>(name: &'static str, value: Option<&'h str>) -> Result<(&'h str, u64)> {
    let text = value.ok_or(WebhookError::MissingHeader(name))?;
    match parse_decimal(text.as_bytes()) {
        Some(time_s) => Ok((text, time_s)),
        None => Err(WebhookError::MalformedHeader(name)),
    }
}

/// Checks the only signature in the header `name`: `prefix` and the code in hexadecimal digits.
fn check_one(
    secret: &str,
    message: &[&[u8]],
    name: &'static str,
    value: Option<&str>,
    prefix: &str,
) -> Result {
    let value = value.ok_or(WebhookError::MissingHeader(name))?;
    let code = value.strip_prefix(prefix);
    let code = decode_hex(code.ok_or(WebhookError::UnknownVersion(name))?);
    if code.is_none() {
        return Err(WebhookError::MalformedHeader(name));
    }
    check_any(secret.as_bytes(), message, name, &[code])
}

/// Checks that one of the codes in the header `name` is that of the message. `None` is a malformed code.
fn check_any(
    key: &[u8],
    message: &[&[u8]],
    name: &'static str,
    codes: &[Option<[u8; 32]>],
) -> Result {
    // Everybody can sign with an empty key.
    if key.is_empty() {
        return Err(WebhookError::InvalidSecret);
    }
    if codes.is_empty() {
        return Err(WebhookError::UnknownVersion(name));
    }
    let want = hmac(key, message);
    let is_right = |code: &[u8; 32]| constant_time_eq(code, &want);
    if codes.iter().flatten().any(is_right) {
        Ok(())
    } else {
        Err(WebhookError::WrongSignature)
    }
}

/// Reads 64 hexadecimal digits.
fn decode_hex(digits: &str) -> Option<[u8; 32]> {
    let mut code = [0; 32];
    let mut rest = digits.as_bytes();
    for byte in &mut code {
        let (pair, after) = rest.split_first_chunk::<2>()?;
        *byte = u8::try_from(parse_number(pair, 16)?).ok()?;
        rest = after;
    }
    rest.is_empty().then_some(code)
}

#[cfg(test)]
mod tests;
