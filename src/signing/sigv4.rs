//! AWS Signature Version 4, for requests to any AWS service ("Create a signed AWS API request" in the AWS
//! Identity and Access Management User Guide).
//!
//! The signature is a header of the request, or a part of a URL that anyone can use for a while. This
//! module makes signatures; an HTTP client sends the requests.
//!
//! ```no_run
//! use tiny_lambda::signing::sigv4::Signer;
//!
//! # fn put() -> tiny_lambda::Result<()> {
//! let signer = Signer::from_env("dynamodb")?;
//! let host = "dynamodb.eu-central-1.amazonaws.com";
//! let mut headers = vec![
//!     ("Content-Type", "application/x-amz-json-1.0"),
//!     ("X-Amz-Target", "DynamoDB_20120810.GetItem"),
//! ];
//! let body = br#"{"TableName":"orders","Key":{"id":{"S":"a1"}}}"#;
//! let signed = signer.sign("POST", host, "/", &headers, body);
//! headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
//! // Send the body with these headers to https://dynamodb.eu-central-1.amazonaws.com/.
//! # Ok(())
//! # }
//! ```
//!
//! # Paths and queries
//! The target of a request is its path and query, as they are sent. [`encode`] encodes a text that becomes a
//! part of it: a segment of the path, or a name or value of the query. Before a query is signed, it is decoded
//! and encoded again, as the service does it, so the signature is the same for all escapes of a character. `+`
//! stands for a space. The same holds for paths of Amazon S3. For other services, empty segments, `.` and `..`
//! are resolved, and the path is encoded once more.
//!
//! The results are those of botocore, which the tests compare.

mod canonical;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::time::Duration;
use core::{error, fmt};

use super::{hex_digits, hmac, sha256};
use crate::encoding::lengths::prefix;
use crate::encoding::time::write_rfc_3339;
use crate::encoding::{Escapes, push_decimal, push_percent_encoded};
use crate::sys;
use crate::sys::utf8;
use canonical::{
    LOWER_CASE, Line, find, next_part, normalized_query, push, push_headers, push_lines, push_pair,
    push_path, push_query, push_sorted,
};

/// The name of the algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The header with the hash of the body.
const CONTENT_HASH: &str = "X-Amz-Content-Sha256";

/// The longest time for which a presigned URL is valid ("Authenticating Requests: Using Query Parameters" in the
/// Amazon S3 API Reference).
const EXPIRES_MAX_S: u64 = 7 * 24 * 60 * 60;

/// Why a request cannot be signed.
///
/// ```
/// use std::time::Duration;
/// use tiny_lambda::signing::sigv4::{Credentials, SignError, Signer};
///
/// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), "eu-central-1", "s3");
/// let a_month = Duration::from_secs(30 * 24 * 60 * 60);
/// let error = signer.presign("GET", "bucket.s3.amazonaws.com", "/a", &[], a_month).unwrap_err();
/// assert_eq!(error, SignError::Expires);
/// assert_eq!(error.to_string(), "cannot sign the request: a presigned URL is valid for 1 second to 7 days");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// This environment variable is not set, or is empty. Lambda sets it, but not with SnapStart.
    MissingVariable(&'static str),
    /// A presigned URL is valid for 1 second to 7 days.
    Expires,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = match self {
            SignError::MissingVariable(name) => (*name, " is not set"),
            SignError::Expires => ("a presigned URL is valid for 1 second to 7 days", ""),
        };
        for part in ["cannot sign the request: ", before, after] {
            f.write_str(part)?;
        }
        Ok(())
    }
}

/// The message. The derived form would add 9 KB to a function that converts the error with `?`.
impl fmt::Debug for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for SignError {}

/// An access key of AWS. Its debug output has the id only.
///
/// ```
/// use tiny_lambda::signing::sigv4::Credentials;
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG");
/// assert_eq!(format!("{credentials:?}"), r#"Credentials { access_key_id: "AKIDEXAMPLE", .. }"#);
/// ```
#[derive(Clone)]
pub struct Credentials {
    access_key_id: Cow<'static, str>,
    secret_access_key: Cow<'static, str>,
    /// Empty if there is none.
    session_token: Cow<'static, str>,
}

impl Credentials {
    /// Returns an access key without a session token.
    ///
    /// ```
    /// use tiny_lambda::signing::sigv4::{Credentials, Signer};
    ///
    /// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), "eu-central-1", "sqs");
    /// # let _ = signer;
    /// ```
    pub fn new(
        access_key_id: impl Into<Cow<'static, str>>,
        secret_access_key: impl Into<Cow<'static, str>>,
    ) -> Credentials {
        Credentials {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: Cow::Borrowed(""),
        }
    }

    /// Adds the session token, which every temporary access key has.
    ///
    /// ```
    /// use tiny_lambda::signing::sigv4::Credentials;
    ///
    /// let credentials = Credentials::new("ASIAEXAMPLE", "secret").with_session_token("token");
    /// assert!(!format!("{credentials:?}").contains("token"));
    /// ```
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<Cow<'static, str>>) -> Credentials {
        self.session_token = token.into();
        self
    }

    /// Returns the access key of the function's role, which Lambda puts into `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. It is valid for as long as the process runs.
    ///
    /// ```no_run
    /// use tiny_lambda::signing::sigv4::Credentials;
    ///
    /// let credentials = Credentials::from_env()?;
    /// # let _ = credentials;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If one of the first two variables is not set. With SnapStart, none is set.
    pub fn from_env() -> Result<Credentials, SignError> {
        let id = variable(c"AWS_ACCESS_KEY_ID");
        let secret = variable(c"AWS_SECRET_ACCESS_KEY");
        if id.is_empty() || secret.is_empty() {
            let is_id = id.is_empty();
            return Err(SignError::MissingVariable(if is_id {
                "AWS_ACCESS_KEY_ID"
            } else {
                "AWS_SECRET_ACCESS_KEY"
            }));
        }
        let token = variable(c"AWS_SESSION_TOKEN");
        Ok(Credentials::new(id, secret).with_session_token(token))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Returns the value of an environment variable, or an empty text if it is not set.
fn variable(name: &CStr) -> &'static str {
    let value = sys::env(name).unwrap_or_default();
    utf8::to_str(value).unwrap_or_default()
}

/// Signs the requests to one service in one region.
///
/// ```
/// use tiny_lambda::signing::sigv4::{Credentials, Signer};
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
/// let signer = Signer::new(credentials, "us-east-1", "service").at(1_440_938_160);
/// let signed = signer.sign("GET", "example.amazonaws.com", "/", &[], b"");
/// assert_eq!(signed[0], ("X-Amz-Date", "20150830T123600Z".to_owned()));
/// let signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
/// assert!(signed[1].1.ends_with(&format!(", SignedHeaders=host;x-amz-date, Signature={signature}")));
/// ```
#[derive(Debug, Clone)]
pub struct Signer {
    credentials: Credentials,
    region: Cow<'static, str>,
    service: Cow<'static, str>,
    /// Whether the service is Amazon S3, which takes paths as they are sent and has the content hash as a header.
    is_s3: bool,
    /// Seconds since the Unix epoch; the current time if `None`.
    time_s: Option<u64>,
}

impl Signer {
    /// Returns a signer for a region, such as `eu-central-1`, and a service, which is named by the first part of
    /// its endpoint in most cases: `dynamodb`, `s3`, `sqs`, `execute-api`.
    ///
    /// ```
    /// use tiny_lambda::signing::sigv4::{Credentials, Signer};
    ///
    /// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), "eu-central-1", "sqs");
    /// # let _ = signer;
    /// ```
    pub fn new(
        credentials: Credentials,
        region: impl Into<Cow<'static, str>>,
        service: impl Into<Cow<'static, str>>,
    ) -> Signer {
        let service = service.into();
        Signer {
            credentials,
            region: region.into(),
            is_s3: matches!(
                &*service,
                "s3" | "s3express" | "s3-outposts" | "s3-object-lambda"
            ),
            service,
            time_s: None,
        }
    }

    /// Returns a signer with the access key of the function's role, for a service in the function's region.
    ///
    /// ```no_run
    /// use tiny_lambda::signing::sigv4::Signer;
    ///
    /// let signer = Signer::from_env("dynamodb")?;
    /// # let _ = signer;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Credentials::from_env`], and if `AWS_REGION` is not set.
    pub fn from_env(service: impl Into<Cow<'static, str>>) -> Result<Signer, SignError> {
        let region = variable(c"AWS_REGION");
        if region.is_empty() {
            return Err(SignError::MissingVariable("AWS_REGION"));
        }
        Ok(Signer::new(Credentials::from_env()?, region, service))
    }

    /// Signs with this time, in seconds since the Unix epoch, instead of the current time.
    ///
    /// A service accepts a time that differs from its own by at most five minutes.
    ///
    /// ```
    /// use tiny_lambda::signing::sigv4::{Credentials, Signer};
    ///
    /// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), "eu-central-1", "sqs");
    /// let signed = signer.at(0).sign("GET", "sqs.eu-central-1.amazonaws.com", "/", &[], b"");
    /// assert_eq!(signed[0], ("X-Amz-Date", "19700101T000000Z".to_owned()));
    /// ```
    #[must_use]
    pub fn at(mut self, time_s: u64) -> Signer {
        self.time_s = Some(time_s);
        self
    }

    /// Returns the headers that a request must have in addition to `headers`: `X-Amz-Date`,
    /// `X-Amz-Content-Sha256` for Amazon S3, `X-Amz-Security-Token` if the access key has a session token, and
    /// `Authorization`.
    ///
    /// `host` is the value of the header `Host`, with the port if it is neither 443 nor 80. `target` is the
    /// path, and the query if there is one, as they are sent (see [the module](self)). All of `headers` are
    /// signed, except those that proxies change, such as `User-Agent`, and those that this returns.
    ///
    /// A header `X-Amz-Content-Sha256` in `headers` replaces the hash of the body, and is not returned. Its value
    /// is the hash in hexadecimal digits, or `UNSIGNED-PAYLOAD` for a request over TLS whose body is not signed. The
    /// first of several such headers counts.
    ///
    /// ```
    /// use tiny_lambda::signing::sigv4::{Credentials, Signer};
    ///
    /// let credentials = Credentials::new("ASIAEXAMPLE", "secret").with_session_token("token");
    /// let signer = Signer::new(credentials, "eu-central-1", "s3");
    /// let host = "bucket.s3.eu-central-1.amazonaws.com";
    /// let signed = signer.sign("PUT", host, "/orders/a1.json", &[("Content-Type", "application/json")], b"{}");
    /// let names: Vec<&str> = signed.iter().map(|header| header.0).collect();
    /// let want = ["X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "Authorization"];
    /// assert_eq!(names, want);
    /// ```
    pub fn sign(
        &self,
        method: &str,
        host: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Vec<(&'static str, String)> {
        let time = self.time();
        let own_hash = find(headers, CONTENT_HASH);
        let hash_of_body;
        let content_hash = if let Some(hash) = own_hash {
            hash
        } else {
            hash_of_body = hex_digits(&sha256(body));
            utf8::text(&hash_of_body)
        };
        let is_hash_added = self.is_s3 && own_hash.is_none();
        let added_hash = if is_hash_added { content_hash } else { "" };
        let mut lines = Vec::new();
        let mut added = Vec::new();
        add(&mut added, &mut lines, "X-Amz-Date", &time);
        add(&mut added, &mut lines, CONTENT_HASH, added_hash);
        add(
            &mut added,
            &mut lines,
            "X-Amz-Security-Token",
            &self.credentials.session_token,
        );
        push_headers(&mut lines, host, headers, &added);
        let mut target = Some(target.as_bytes());
        let path = next_part(&mut target, b'?').unwrap_or_default();
        let query = normalized_query(target, false);
        let authorization = self.authorization(&time, method, path, &query, &lines, content_hash);
        added.push(("Authorization", authorization));
        added
    }

    /// Returns a request target with a signature in its query. Who has the URL, `https://`, `host` and the
    /// target, can send the request until it expires, or until the access key does: those of Lambda expire after
    /// some hours.
    ///
    /// `headers` are headers that the request must have, with exactly these values. For Amazon S3 the body is
    /// not signed. For other services it is empty. See [`sign`](Self::sign) for the other arguments and a
    /// header `X-Amz-Content-Sha256`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::signing::sigv4::{Credentials, Signer, encode};
    ///
    /// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), "eu-central-1", "s3");
    /// let host = "bucket.s3.eu-central-1.amazonaws.com";
    /// let target = format!("/{}", encode("annual report.pdf"));
    /// let target = signer.at(1_440_938_160).presign("GET", host, &target, &[], Duration::from_secs(600))?;
    /// let start = "/annual%20report.pdf?X-Amz-Algorithm=AWS4-HMAC-SHA256\
    ///     &X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Feu-central-1%2Fs3%2Faws4_request\
    ///     &X-Amz-Date=20150830T123600Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature=";
    /// assert!(target.starts_with(start));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`SignError::Expires`] if `expires` is not 1 second to 7 days.
    pub fn presign(
        &self,
        method: &str,
        host: &str,
        target: &str,
        headers: &[(&str, &str)],
        expires: Duration,
    ) -> Result<String, SignError> {
        let expires_s = expires.as_secs();
        if !(1..=EXPIRES_MAX_S).contains(&expires_s) {
            return Err(SignError::Expires);
        }
        let mut digits = String::new();
        push_decimal(&mut digits, expires_s);
        let time = self.time();
        let mut lines = Vec::new();
        push_headers(&mut lines, host, headers, &[]);
        let hash_of_nothing;
        let content_hash = match find(headers, CONTENT_HASH) {
            Some(hash) => hash,
            None if self.is_s3 => "UNSIGNED-PAYLOAD",
            None => {
                hash_of_nothing = hex_digits(&sha256(b""));
                utf8::text(&hash_of_nothing)
            }
        };
        let mut names = Vec::new();
        push_lines(&mut Vec::new(), &mut names, &lines);
        let mut rest = Some(target.as_bytes());
        let path = next_part(&mut rest, b'?').unwrap_or_default();
        let mut query = normalized_query(rest, true);
        for (name, value) in [
            ("X-Amz-Algorithm", ALGORITHM.as_bytes()),
            (
                "X-Amz-Credential",
                &filled(
                    "*/*",
                    &[
                        self.credentials.access_key_id.as_bytes(),
                        &self.scope(&time),
                    ],
                ),
            ),
            ("X-Amz-Date", time.as_bytes()),
            ("X-Amz-Expires", digits.as_bytes()),
            (
                "X-Amz-Security-Token",
                self.credentials.session_token.as_bytes(),
            ),
            ("X-Amz-SignedHeaders", &names),
        ] {
            if !value.is_empty() {
                push_pair(&mut query, name.as_bytes(), value, Escapes::None);
            }
        }
        let authorization = self.authorization(&time, method, path, &query, &lines, content_hash);
        let path = if path.is_empty() { b"/" } else { path };
        // A pattern of one `char` in place of a list has a panic path in std.
        let signature = authorization.rsplit(['=']).next().unwrap_or_default();
        Ok(text(&filled(
            "*?*&X-Amz-Signature=*",
            &[path, &query, signature.as_bytes()],
        )))
    }

    /// Returns the time of the signature, such as `20150830T123600Z`.
    fn time(&self) -> String {
        let time_s = self.time_s.unwrap_or_else(|| sys::unix_time_ms() / 1000);
        let mut text = *b"0000-00-00T00:00:00Z";
        write_rfc_3339(&mut text, i64::try_from(time_s).unwrap_or(i64::MAX), None);
        let time = text.iter().filter(|byte| !matches!(byte, b'-' | b':'));
        time.map(|byte| char::from(*byte)).collect()
    }

    /// Returns the scope of the signature: day, region and service.
    fn scope(&self, time: &str) -> Vec<u8> {
        let day = prefix(time.as_bytes(), 8);
        filled(
            "*/*/*/aws4_request",
            &[day, self.region.as_bytes(), self.service.as_bytes()],
        )
    }

    /// Returns the value of the header `Authorization`, which ends with the signature. The query and the lines
    /// of the headers are sorted.
    fn authorization(
        &self,
        time: &str,
        method: &str,
        path: &[u8],
        query: &[u8],
        headers: &[Line],
        content_hash: &str,
    ) -> String {
        // The canonical request.
        let mut text = Vec::new();
        for byte in method.bytes() {
            text.push(byte.to_ascii_uppercase());
        }
        text.push(b'\n');
        push_path(&mut text, path, self.is_s3);
        push_query(&mut text, query);
        let mut names = Vec::new();
        push_lines(&mut text, &mut names, headers);
        fill(&mut text, "\n*\n*", &[&names, content_hash.as_bytes()]);
        let hash = hex_digits(&sha256(&text));

        let scope = self.scope(time);
        text.clear();
        fill(
            &mut text,
            "AWS4*",
            &[self.credentials.secret_access_key.as_bytes()],
        );
        let mut key = hmac(&text, &[prefix(&scope, 8)]);
        text.clear();
        fill(
            &mut text,
            "AWS4-HMAC-SHA256\n*\n*\n*",
            &[time.as_bytes(), &scope, &hash],
        );
        for part in [
            self.region.as_bytes(),
            self.service.as_bytes(),
            b"aws4_request",
            &text,
        ] {
            key = hmac(&key, &[part]);
        }
        text.clear();
        fill(
            &mut text,
            "AWS4-HMAC-SHA256 Credential=*/*, SignedHeaders=*, Signature=*",
            &[
                self.credentials.access_key_id.as_bytes(),
                &scope,
                &names,
                &hex_digits(&key),
            ],
        );
        utf8::text(&text).into()
    }
}

/// Encodes a text that becomes a segment of a path, or a name or value of a query: all but letters, digits,
/// `-`, `.`, `_` and `~` is escaped.
///
/// ```
/// use tiny_lambda::signing::sigv4::encode;
///
/// let key = "reports/2026/année +1.pdf";
/// let path: Vec<String> = key.split('/').map(encode).collect();
/// assert_eq!(path.join("/"), "reports/2026/ann%C3%A9e%20%2B1.pdf");
/// ```
pub fn encode(text: &str) -> String {
    let mut out = String::new();
    push_percent_encoded(&mut out, text);
    out
}

/// Adds a header that is signed, unless it is empty.
#[inline(never)]
fn add<'a>(
    added: &mut Vec<(&'static str, String)>,
    lines: &mut Vec<Line<'a>>,
    name: &'static str,
    value: &'a str,
) {
    if !value.is_empty() {
        push_sorted(lines, (name.as_bytes(), value.as_bytes()), LOWER_CASE);
        added.push((name, value.into()));
    }
}

/// Appends a text with the values for its stars. The plain form, a call for each part, has a larger code.
#[inline(never)]
fn fill(out: &mut Vec<u8>, template: &str, values: &[&[u8]]) {
    let mut values = values.iter();
    let mut rest = Some(template.as_bytes());
    while let Some(part) = next_part(&mut rest, b'*') {
        push(out, part);
        push(out, values.next().copied().unwrap_or_default());
    }
}

/// Returns a text with the values for its stars.
fn filled(template: &str, values: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    fill(&mut out, template, values);
    out
}

/// Returns a copy of bytes that are UTF-8.
fn text(bytes: &[u8]) -> String {
    utf8::text(bytes).into()
}

#[cfg(test)]
mod tests;
