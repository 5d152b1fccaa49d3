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

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::time::Duration;
use core::{error, fmt, mem};

use super::{hex_digits, hmac, sha256};
use crate::encoding::lengths::{prefix, skip};
use crate::encoding::time::write_rfc_3339;
use crate::encoding::{Escapes, push_decimal, push_percent_encoded, push_percent_normalized};
use crate::http1::head::is;
use crate::sys;
use crate::sys::utf8;

/// The name of the algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Headers that are not signed, since proxies change them (botocore's `SIGNED_HEADERS_BLACKLIST`), and those that
/// the signature adds.
const UNSIGNED_HEADERS: &str = "authorization x-amz-date x-amz-security-token baggage connection \
    expect keep-alive proxy-authenticate proxy-authorization te traceparent tracestate trailer \
    transfer-encoding upgrade user-agent x-amzn-trace-id";

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
            is_s3: matches!(&*service, "s3" | "s3-outposts" | "s3-object-lambda"),
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
    /// is the hash in hexadecimal digits, or `UNSIGNED-PAYLOAD` for a request over TLS whose body is not signed.
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
        let mut lines = Vec::new();
        let mut content_hash = push_headers(&mut lines, host, headers);
        let hash_of_body;
        let mut added_hash = "";
        if content_hash.is_empty() {
            hash_of_body = hex_digits(&sha256(body));
            content_hash = utf8::text(&hash_of_body);
            if self.is_s3 {
                added_hash = content_hash;
            }
        }
        let mut added = Vec::new();
        add(&mut added, &mut lines, "X-Amz-Date", &time);
        add(&mut added, &mut lines, "X-Amz-Content-Sha256", added_hash);
        add(
            &mut added,
            &mut lines,
            "X-Amz-Security-Token",
            &self.credentials.session_token,
        );
        let mut target = Some(target.as_bytes());
        let path = next_part(&mut target, b'?').unwrap_or_default();
        let query = normalized_query(target);
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
        let own_hash = push_headers(&mut lines, host, headers);
        let hash_of_nothing;
        let content_hash = if !own_hash.is_empty() {
            own_hash
        } else if self.is_s3 {
            "UNSIGNED-PAYLOAD"
        } else {
            hash_of_nothing = hex_digits(&sha256(b""));
            utf8::text(&hash_of_nothing)
        };
        let mut names = Vec::new();
        push_lines(&mut Vec::new(), &mut names, &lines);
        let mut rest = Some(target.as_bytes());
        let path = next_part(&mut rest, b'?').unwrap_or_default();
        let mut query = normalized_query(rest);
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
        let mut text = Vec::from(method);
        text.make_ascii_uppercase();
        push(&mut text, b"\n");
        self.push_path(&mut text, path);
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

    /// Appends the path as it is signed.
    fn push_path(&self, out: &mut Vec<u8>, path: &[u8]) {
        let start = out.len();
        let escapes = if self.is_s3 {
            Escapes::All
        } else {
            Escapes::None
        };
        let mut rest = Some(path.strip_prefix(b"/").unwrap_or(path));
        while let Some(segment) = next_part(&mut rest, b'/') {
            // RFC 3986, section 5.2.4, and without empty segments.
            match segment {
                b"" | b"." if !self.is_s3 => {}
                b".." if !self.is_s3 => while out.len() > start && out.pop() != Some(b'/') {},
                _ => {
                    push(out, b"/");
                    push_percent_normalized(out, segment, escapes);
                }
            }
        }
        if out.len() == start || !self.is_s3 && path.last() == Some(&b'/') {
            push(out, b"/");
        }
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

/// A header: its name and value. Or a pair of a query, and nothing.
type Line<'a> = (&'a [u8], &'a [u8]);

/// Adds the headers that are signed. Returns the content hash that they have, or an empty text.
fn push_headers<'a>(
    lines: &mut Vec<Line<'a>>,
    host: &'a str,
    headers: &[(&'a str, &'a str)],
) -> &'a str {
    let mut content_hash = "";
    let mut own_host = host;
    for (name, value) in headers {
        let mut is_signed = true;
        let mut unsigned = Some(UNSIGNED_HEADERS.as_bytes());
        while let Some(other) = next_part(&mut unsigned, b' ') {
            is_signed &= !is(name.as_bytes(), other);
        }
        if is_signed {
            push_sorted(lines, (name.as_bytes(), value.as_bytes()), LOWER_CASE);
        }
        if is(name.as_bytes(), b"host") {
            own_host = "";
        }
        if is(name.as_bytes(), b"x-amz-content-sha256") {
            content_hash = value;
        }
    }
    if !own_host.is_empty() {
        push_sorted(lines, (b"host", own_host.as_bytes()), LOWER_CASE);
    }
    content_hash
}

/// The bit that makes an upper-case letter of ASCII a lower-case letter.
const LOWER_CASE: u8 = 0x20;

/// Adds a line, which is ordered by its first text, after those with the same. `=` is less than all other
/// characters, so that a query is ordered by name and then by value. The bits of `case` are set in upper-case
/// letters. The plain form is `sort_by`, which has a larger code.
#[inline(never)]
fn push_sorted<'a>(lines: &mut Vec<Line<'a>>, line: Line<'a>, case: u8) {
    lines.push(line);
    let mut rest = lines.as_mut_slice();
    while let [before @ .., last] = rest {
        match before.last_mut() {
            Some(previous) if is_before(last.0, previous.0, case) => mem::swap(previous, last),
            _ => return,
        }
        rest = before;
    }
}

/// Returns whether a line with the first text `a` comes before one with `b`.
fn is_before(a: &[u8], b: &[u8], case: u8) -> bool {
    let order = |byte: &u8| match byte {
        b'=' => 0,
        b'A'..=b'Z' => byte | case,
        _ => *byte,
    };
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (order(a), order(b));
        if a != b {
            return a < b;
        }
    }
    a.len() < b.len()
}

/// Appends sorted headers as they are signed, and their names: in lower case, with the values of a name joined
/// by commas, without spaces around a value, and with one for several spaces within it.
fn push_lines(out: &mut Vec<u8>, names: &mut Vec<u8>, headers: &[Line]) {
    let mut last: &[u8] = b"";
    for (name, value) in headers {
        if is(name, last) {
            // The line break.
            out.pop();
            push(out, b",");
        } else {
            last = name;
            if !names.is_empty() {
                push(names, b";");
            }
            let start = names.len();
            push(names, name);
            names.make_ascii_lowercase();
            push(out, skip(names, start));
            push(out, b":");
        }
        let start = out.len();
        for word in value.split(u8::is_ascii_whitespace) {
            if !word.is_empty() {
                if out.len() > start {
                    push(out, b" ");
                }
                push(out, word);
            }
        }
        push(out, b"\n");
    }
}

/// Returns a query with names and values encoded.
fn normalized_query(query: Option<&[u8]>) -> Vec<u8> {
    let mut normalized = Vec::new();
    let mut rest = query.filter(|query| !query.is_empty());
    while let Some(pair) = next_part(&mut rest, b'&') {
        let mut value = Some(pair);
        let name = next_part(&mut value, b'=').unwrap_or_default();
        push_pair(
            &mut normalized,
            name,
            value.unwrap_or_default(),
            Escapes::Form,
        );
    }
    normalized
}

/// Appends a pair to a query.
#[inline(never)]
fn push_pair(query: &mut Vec<u8>, name: &[u8], value: &[u8], escapes: Escapes) {
    if !query.is_empty() {
        push(query, b"&");
    }
    push_percent_normalized(query, name, escapes);
    push(query, b"=");
    push_percent_normalized(query, value, escapes);
}

/// Appends an encoded query with its pairs sorted by name and value, and line breaks around it.
fn push_query(out: &mut Vec<u8>, query: &[u8]) {
    let mut lines = Vec::new();
    let mut rest = Some(query);
    while let Some(pair) = next_part(&mut rest, b'&') {
        push_sorted(&mut lines, (pair, b""), 0);
    }
    let mut before: &[u8] = b"\n";
    for (pair, _) in &lines {
        push(out, before);
        push(out, pair);
        before = b"&";
    }
    push(out, b"\n");
}

/// Appends bytes. The plain form is `extend_from_slice`, which is inlined.
#[inline(never)]
fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
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

/// Returns the bytes before the first `end`, or all if there is none, and moves `rest` after that. The plain form is
/// `split`, which is inlined.
#[inline(never)]
fn next_part<'a>(rest: &mut Option<&'a [u8]>, end: u8) -> Option<&'a [u8]> {
    let bytes = (*rest)?;
    let len = bytes.iter().position(|byte| *byte == end);
    *rest = len.map(|len| skip(bytes, len.wrapping_add(1)));
    Some(prefix(bytes, len.unwrap_or(bytes.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::hex;

    fn signer(service: &'static str) -> Signer {
        let credentials =
            Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        Signer::new(credentials, "us-east-1", service).at(1_440_938_160)
    }

    fn authorization(signer: &Signer, target: &str, headers: &[(&str, &str)]) -> String {
        let host = "example.amazonaws.com";
        let added = signer.sign("GET", host, target, headers, b"");
        let (name, value) = added.last().unwrap();
        assert_eq!(*name, "Authorization");
        value.clone()
    }

    /// Checks a case of AWS's "Signature Version 4 Test Suite".
    fn check_suite(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8], want: &str) {
        let host = "example.amazonaws.com";
        let signed = signer("service").sign(method, host, target, headers, body);
        assert_eq!(signed[0], ("X-Amz-Date", "20150830T123600Z".into()));
        let authorization = &signed[1].1;
        let (credential, signature) = authorization.rsplit_once("Signature=").unwrap();
        assert_eq!(signature, want, "{target} {headers:?}");
        let start = "AWS4-HMAC-SHA256 \
            Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
        assert!(credential.starts_with(start), "{credential}");
    }

    #[test]
    fn methods_headers_and_bodies_of_the_test_suite() {
        check_suite(
            "GET",
            "/",
            &[
                ("My-Header1", "value2"),
                ("My-Header1", "value2"),
                ("My-Header1", "value1"),
            ],
            b"",
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        );
        check_suite(
            "GET",
            "/",
            &[
                ("My-Header1", "value4"),
                ("My-Header1", "value1"),
                ("My-Header1", "value3"),
                ("My-Header1", "value2"),
            ],
            b"",
            "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
        );
        check_suite(
            "GET",
            "/",
            &[("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            b"",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        );
        check_suite(
            "GET",
            "/",
            &[],
            b"",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        );
        check_suite(
            "GET",
            "/",
            &[],
            b"",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        );
        check_suite(
            "POST",
            "/",
            &[],
            b"",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        );
        check_suite(
            "POST",
            "/",
            &[("My-Header1", "value1")],
            b"",
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        );
        check_suite(
            "POST",
            "/",
            &[("My-Header1", "VALUE1")],
            b"",
            "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        );
        check_suite(
            "POST",
            "/",
            &[],
            b"",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        );
        check_suite(
            "POST",
            "/",
            &[("Content-Type", "application/x-www-form-urlencoded")],
            b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        );
    }

    #[test]
    fn paths_and_queries_of_the_test_suite() {
        fn check(method: &str, target: &str, want: &str) {
            check_suite(method, target, &[], b"", want);
        }
        check(
            "GET",
            "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        );
        check(
            "GET",
            "/?Param1=value1",
            "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
        );
        check(
            "GET",
            "/?Param1=value2&Param1=Value1",
            "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
        );
        check(
            "GET",
            "/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        );
        check(
            "GET",
            "/?Param1=value2&Param1=value1",
            "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
        );
        check(
            "GET",
            "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        );
        check(
            "GET",
            "/?\u{1234}=bar",
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        );
        check(
            "POST",
            "/?Param1=value1",
            "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        );
        check(
            "POST",
            "/?Param1=value1",
            "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        );
        check(
            "GET",
            "/example/..",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        );
        check(
            "GET",
            "/example1/example2/../..",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        );
        check(
            "GET",
            "//",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        );
        check(
            "GET",
            "/./",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        );
        check(
            "GET",
            "/./example",
            "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
        );
        check(
            "GET",
            "//example//",
            "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
        );
    }

    #[test]
    fn paths_of_s3_are_encoded_once_and_kept() {
        fn check(path: &str, want_s3: &str, want_other: &str) {
            for (service, want) in [("s3", want_s3), ("sqs", want_other)] {
                let mut got = b"GET\n".to_vec();
                signer(service).push_path(&mut got, path.as_bytes());
                assert_eq!(
                    got.strip_prefix(b"GET\n"),
                    Some(want.as_bytes()),
                    "{service} {path}"
                );
            }
        }
        check("", "/", "/");
        check("/", "/", "/");
        check("//", "//", "/");
        check("a/b", "/a/b", "/a/b");
        check("/a//b/", "/a//b/", "/a/b/");
        check("/a/./b/..", "/a/./b/..", "/a");
        check("/..", "/..", "/");
        check("/../../a/..//", "/../../a/..//", "/");
        check("/a b/%20+", "/a%20b/%20%2B", "/a%20b/%2520%2B");
        check(
            "/\u{fc}%c3%bc%FC",
            "/%C3%BC%C3%BC%FC",
            "/%C3%BC%25c3%25bc%25FC",
        );
        check("/a%2Fb%2e%", "/a%2Fb.%25", "/a%252Fb%252e%25");
        check("/...", "/...", "/...");
    }

    /// The server decodes a query before it signs it.
    #[test]
    fn all_encodings_of_a_query_have_the_same_signature() {
        let want = authorization(&signer("sqs"), "/?a=x%2Fy%20z&b=&b=1", &[]);
        for query in ["b=1&a=x/y+z&b", "b&b=1&%61=x%2fy z", "b=&a=x/y%20z&b=1"] {
            assert_eq!(
                authorization(&signer("sqs"), &["/?", query].concat(), &[]),
                want
            );
        }
        let other = authorization(&signer("sqs"), "/?a=x%2Fy%2Bz&b=&b=1", &[]);
        assert_ne!(other, want);
        assert_eq!(
            authorization(&signer("sqs"), "/?", &[]),
            authorization(&signer("sqs"), "/", &[])
        );
        assert_eq!(
            authorization(&signer("sqs"), "", &[]),
            authorization(&signer("sqs"), "/", &[])
        );
    }

    #[test]
    fn headers_that_proxies_change_are_not_signed() {
        let signer = signer("sqs");
        let names = |headers: &[(&str, &str)]| {
            let value = authorization(&signer, "/", headers);
            let (_, rest) = value.split_once("SignedHeaders=").unwrap();
            String::from(rest.split_once(", ").unwrap().0)
        };
        assert_eq!(names(&[]), "host;x-amz-date");
        for name in UNSIGNED_HEADERS.split(' ') {
            assert_eq!(names(&[(name, "x")]), "host;x-amz-date", "{name}");
            assert_eq!(names(&[(&name.to_uppercase(), "x")]), "host;x-amz-date");
        }
        assert_eq!(
            names(&[("X-B", ""), ("a", ""), ("x-b", "1")]),
            "a;host;x-amz-date;x-b"
        );
        assert_eq!(names(&[("a-b", ""), ("a", "")]), "a;a-b;host;x-amz-date");
        assert_eq!(
            authorization(&signer, "/", &[("HOST", "example.amazonaws.com")]),
            authorization(&signer, "/", &[])
        );
        assert_ne!(
            authorization(&signer, "/", &[("Host", "other")]),
            authorization(&signer, "/", &[])
        );
    }

    #[test]
    fn a_content_hash_of_the_caller_is_used() {
        for service in ["s3", "sqs"] {
            let signer = signer(service);
            let hash = hex(&sha256(b"{}"));
            let own = [("x-amz-content-sha256", &*hash)];
            let of_body = signer.sign("PUT", "h", "/", &[], b"{}");
            let of_header = signer.sign("PUT", "h", "/", &own, b"another body");
            let (is_s3, n_added) = (service == "s3", of_body.len() - of_header.len());
            assert_eq!(n_added, usize::from(is_s3));
            assert_eq!(of_body.last() == of_header.last(), is_s3);
        }
        let unsigned = [("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")];
        let s3 = signer("s3");
        let signed = |body| s3.sign("PUT", "h", "/", &unsigned, body);
        assert_eq!(signed(b"a"), signed(b"b"));
    }

    /// "Authenticating Requests: Using Query Parameters" in the Amazon S3 API Reference.
    #[test]
    fn a_presigned_url_is_that_of_the_reference() {
        let credentials = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        );
        let signer = Signer::new(credentials, "us-east-1", "s3").at(1_369_353_600);
        let host = "examplebucket.s3.amazonaws.com";
        let day = Duration::from_secs(86_400);
        let target = signer.presign("GET", host, "/test.txt", &[], day).unwrap();
        let want = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert_eq!(target.rsplit('=').next(), Some(want));
    }

    #[test]
    fn a_presigned_target_without_a_path_has_the_root() {
        let presign = |target| {
            signer("sqs")
                .presign("GET", "h", target, &[], Duration::from_secs(1))
                .unwrap()
        };
        for (target, same) in [("", "/"), ("?a=b", "/?a=b")] {
            assert_eq!(presign(target), presign(same));
            assert!(presign(target).starts_with("/?"));
        }
    }

    #[test]
    fn a_presigned_url_is_valid_for_1_second_to_7_days() {
        fn check(expires: Duration, want: Option<&str>) {
            let target = signer("s3").presign("GET", "h", "/?a=b&X=1", &[], expires);
            let expires = target.as_ref().map(|target| {
                let (_, rest) = target.split_once("&X-Amz-Expires=").unwrap();
                rest.split('&').next().unwrap()
            });
            assert_eq!(expires, want.ok_or(&SignError::Expires));
        }
        check(Duration::ZERO, None);
        check(Duration::from_millis(999), None);
        check(Duration::from_secs(1), Some("1"));
        check(Duration::from_secs(604_800), Some("604800"));
        check(Duration::from_secs(604_801), None);
        check(Duration::MAX, None);
    }

    #[test]
    fn secrets_are_in_no_debug_output_and_no_error() {
        let credentials = Credentials::new("AKID", "SECRET").with_session_token("TOKEN");
        let signer = Signer::new(credentials, "eu-central-1", "s3");
        let text = alloc::format!("{signer:?} {signer:#?}");
        assert!(
            text.contains("AKID") && text.contains("eu-central-1"),
            "{text}"
        );
        assert!(
            !text.contains("SECRET") && !text.contains("TOKEN"),
            "{text}"
        );
        let error = signer
            .presign("GET", "h", "/", &[], Duration::ZERO)
            .unwrap_err();
        let text = alloc::format!("{error} {error:?}");
        assert!(
            !text.contains("SECRET") && !text.contains("TOKEN"),
            "{text}"
        );
        let error = SignError::MissingVariable("AWS_REGION");
        let want = "cannot sign the request: AWS_REGION is not set";
        assert_eq!(alloc::format!("{error}"), want);
    }

    /// No input may panic. Miri is a thousand times slower.
    #[test]
    fn odd_targets_and_headers_are_signed() {
        let parts = [
            "", "/", "?", "&", "=", "%", "%4", "%zz", "..", "\u{fc}", "\0", "\r\n", " ",
        ];
        let n_parts = if cfg!(miri) { 2 } else { parts.len() };
        for first in parts.iter().take(n_parts) {
            for second in parts.iter().take(n_parts) {
                for third in parts {
                    let text = [*first, second, third].concat();
                    for service in ["s3", "sqs", ""] {
                        let signer = signer(service).at(u64::MAX);
                        let headers = [(&*text, &*text), (third, "x"), (third, "")];
                        signer.sign(&text, &text, &text, &headers, text.as_bytes());
                        let day = Duration::from_secs(86_400);
                        assert!(signer.presign(&text, &text, &text, &headers, day).is_ok());
                    }
                }
            }
        }
    }

    #[test]
    fn times_have_the_basic_format() {
        let time = |time_s| signer("s3").at(time_s).time();
        assert_eq!(time(0), "19700101T000000Z");
        assert_eq!(time(1_709_210_096), "20240229T123456Z");
        assert_eq!(time(u64::MAX), "99991231T235959Z");
    }
}
