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
//! let url = "https://dynamodb.eu-central-1.amazonaws.com/";
//! let mut headers = vec![
//!     ("Content-Type", "application/x-amz-json-1.0"),
//!     ("X-Amz-Target", "DynamoDB_20120810.GetItem"),
//! ];
//! let body = br#"{"TableName":"orders","Key":{"id":{"S":"a1"}}}"#;
//! let signed = signer.sign("POST", url, &headers, body)?;
//! headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
//! // Send the body with these headers to the URL.
//! # Ok(())
//! # }
//! ```
//!
//! # URLs
//! A URL is given as it is sent. [`encode`] encodes a text that becomes a part of it: a segment of the path, or
//! a name or value of the query. For Amazon S3 the path is encoded again before it is signed, as the service
//! does it, so it does not matter which escapes it has. The same holds for the query of all services, where
//! `+` stands for a space.
//!
//! The results are those of botocore, which the tests compare.

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::time::Duration;
use core::{error, fmt};

use super::{hex, hmac, sha256};
use crate::encoding::lengths::{text_after, text_before, utf8};
use crate::encoding::time::write_rfc_3339;
use crate::encoding::{Escapes, push_decimal, push_percent_encoded, push_percent_normalized};
use crate::http1::head::is;
use crate::sys;

/// The name of the algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Headers that are not signed, since proxies change them, as in botocore (`SIGNED_HEADERS_BLACKLIST`), and the
/// header with the signature.
const UNSIGNED_HEADERS: &str = "authorization baggage connection expect keep-alive proxy-authenticate \
    proxy-authorization te traceparent tracestate trailer transfer-encoding upgrade user-agent x-amzn-trace-id";

/// The longest time for which a presigned URL is valid ("Authenticating Requests: Using Query Parameters" in the
/// Amazon S3 API Reference).
const EXPIRES_MAX_S: u64 = 7 * 24 * 60 * 60;

/// Why a request cannot be signed.
///
/// ```
/// use tiny_lambda::signing::sigv4::{Credentials, SignError, Signer};
///
/// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), "eu-central-1", "sqs");
/// let error = signer.sign("GET", "sqs.example", &[], b"").unwrap_err();
/// assert_eq!(error, SignError::Url);
/// assert_eq!(error.to_string(), "cannot sign the request: expected a URL with https:// or http:// and a host");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// This environment variable is not set, or is empty. Lambda sets it, but not with SnapStart.
    MissingVariable(&'static str),
    /// The URL does not begin with `https://` or `http://` and a host.
    Url,
    /// A presigned URL is valid for 1 second to 7 days.
    Expires,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = match self {
            SignError::MissingVariable(name) => (*name, " is not set"),
            SignError::Url => ("expected a URL with https:// or http:// and a host", ""),
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

type Result<T> = core::result::Result<T, SignError>;

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
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
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
    pub fn new(access_key_id: &str, secret_access_key: &str) -> Credentials {
        Credentials {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
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
    pub fn with_session_token(mut self, token: &str) -> Credentials {
        self.session_token = Some(token.into());
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
    pub fn from_env() -> Result<Credentials> {
        Ok(Credentials {
            access_key_id: variable(c"AWS_ACCESS_KEY_ID")?,
            secret_access_key: variable(c"AWS_SECRET_ACCESS_KEY")?,
            session_token: variable(c"AWS_SESSION_TOKEN").ok(),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Returns the value of an environment variable that is not empty.
fn variable(name: &'static CStr) -> Result<String> {
    match sys::env(name).map(core::str::from_utf8) {
        Some(Ok(value)) if !value.is_empty() => Ok(value.into()),
        _ => Err(SignError::MissingVariable(utf8(name.to_bytes()))),
    }
}

/// Signs the requests to one service in one region.
///
/// ```
/// use tiny_lambda::signing::sigv4::{Credentials, Signer};
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
/// let signer = Signer::new(credentials, "us-east-1", "service").at(1_440_938_160);
/// let signed = signer.sign("GET", "https://example.amazonaws.com/", &[], b"")?;
/// assert_eq!(signed[0], ("X-Amz-Date", "20150830T123600Z".to_owned()));
/// let signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
/// assert!(signed[1].1.ends_with(&format!(", SignedHeaders=host;x-amz-date, Signature={signature}")));
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Signer {
    credentials: Credentials,
    region: String,
    service: String,
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
    pub fn new(credentials: Credentials, region: &str, service: &str) -> Signer {
        Signer {
            credentials,
            region: region.into(),
            service: service.into(),
            is_s3: matches!(service, "s3" | "s3-outposts" | "s3-object-lambda"),
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
    pub fn from_env(service: &str) -> Result<Signer> {
        let credentials = Credentials::from_env()?;
        Ok(Signer::new(credentials, &variable(c"AWS_REGION")?, service))
    }

    /// Signs with this time, in seconds since the Unix epoch, instead of the current time.
    ///
    /// A service accepts a time that differs from its own by at most five minutes.
    ///
    /// ```
    /// use tiny_lambda::signing::sigv4::{Credentials, Signer};
    ///
    /// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), "eu-central-1", "sqs");
    /// let signed = signer.at(0).sign("GET", "https://sqs.example/", &[], b"")?;
    /// assert_eq!(signed[0], ("X-Amz-Date", "19700101T000000Z".to_owned()));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn at(mut self, time_s: u64) -> Signer {
        self.time_s = Some(time_s);
        self
    }

    /// Returns the headers that a request must have in addition to `headers`: `X-Amz-Date`,
    /// `X-Amz-Security-Token` if the access key has a session token, `X-Amz-Content-Sha256` for Amazon S3, and
    /// `Authorization`.
    ///
    /// All of `headers` are signed, except those that proxies change, such as `User-Agent`. Earlier values of
    /// the returned headers are ignored. The `Host` header is that of the URL if `headers` has none.
    ///
    /// A header `X-Amz-Content-Sha256` in `headers` replaces the hash of the body. Its value is the hash in
    /// hexadecimal digits, or `UNSIGNED-PAYLOAD` for a request over TLS whose body is not signed.
    ///
    /// ```
    /// use tiny_lambda::signing::sigv4::{Credentials, Signer};
    ///
    /// let credentials = Credentials::new("ASIAEXAMPLE", "secret").with_session_token("token");
    /// let signer = Signer::new(credentials, "eu-central-1", "s3");
    /// let url = "https://bucket.s3.eu-central-1.amazonaws.com/orders/a1.json";
    /// let signed = signer.sign("PUT", url, &[("Content-Type", "application/json")], b"{}")?;
    /// let names: Vec<&str> = signed.iter().map(|header| header.0).collect();
    /// let want = ["X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256", "Authorization"];
    /// assert_eq!(names, want);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`SignError::Url`].
    pub fn sign(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Vec<(&'static str, String)>> {
        let url = Url::parse(url)?;
        let time = self.time();
        let content_hash = match content_hash(headers) {
            Some(hash) => hash.into(),
            None => hex(&sha256(body)),
        };
        let mut added = Vec::with_capacity(4);
        added.push(("X-Amz-Date", time.clone()));
        if let Some(token) = &self.credentials.session_token {
            added.push(("X-Amz-Security-Token", token.clone()));
        }
        if self.is_s3 {
            added.push(("X-Amz-Content-Sha256", content_hash.clone()));
        }
        let fields = fields(&url, headers, &added);
        let signature = self.signature(&Request {
            method,
            path: url.path,
            query: &joined(&query_pairs(url.query), Some("="), "&"),
            fields: &fields,
            content_hash: &content_hash,
            time: &time,
        });
        let authorization = concat(&[
            ALGORITHM,
            " Credential=",
            &self.credential(&time),
            ", SignedHeaders=",
            &joined(&fields, None, ";"),
            ", Signature=",
            &signature,
        ]);
        added.push(("Authorization", authorization));
        Ok(added)
    }

    /// Returns a URL with a signature in its query. Who has the URL can send the request until it expires, or
    /// until the access key does: those of Lambda expire after some hours.
    ///
    /// `headers` are headers that the request must have, with exactly these values. For Amazon S3 the body is
    /// not signed. For other services it is empty. See [`sign`](Self::sign) for a header
    /// `X-Amz-Content-Sha256`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::signing::sigv4::{Credentials, Signer, encode};
    ///
    /// let signer = Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), "eu-central-1", "s3");
    /// let key = encode("annual report.pdf");
    /// let url = format!("https://bucket.s3.eu-central-1.amazonaws.com/{key}");
    /// let url = signer.at(1_440_938_160).presign("GET", &url, &[], Duration::from_secs(600))?;
    /// let start = "https://bucket.s3.eu-central-1.amazonaws.com/annual%20report.pdf\
    ///     ?X-Amz-Algorithm=AWS4-HMAC-SHA256\
    ///     &X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Feu-central-1%2Fs3%2Faws4_request\
    ///     &X-Amz-Date=20150830T123600Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature=";
    /// assert!(url.starts_with(start));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`SignError::Expires`] if `expires` is not 1 second to 7 days, and [`SignError::Url`].
    pub fn presign(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        expires: Duration,
    ) -> Result<String> {
        let expires_s = expires.as_secs();
        if !(1..=EXPIRES_MAX_S).contains(&expires_s) {
            return Err(SignError::Expires);
        }
        let url = Url::parse(url)?;
        let time = self.time();
        let content_hash = match content_hash(headers) {
            Some(hash) => hash.into(),
            None if self.is_s3 => "UNSIGNED-PAYLOAD".into(),
            None => hex(&sha256(b"")),
        };
        let fields = fields(&url, headers, &[]);
        let mut query = query_pairs(url.query);
        let mut digits = String::new();
        push_decimal(&mut digits, expires_s);
        for (name, value) in [
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", &self.credential(&time)),
            ("X-Amz-Date", &time),
            ("X-Amz-Expires", &digits),
            ("X-Amz-SignedHeaders", &joined(&fields, None, ";")),
        ] {
            query.push((name.into(), encode(value)));
        }
        if let Some(token) = &self.credentials.session_token {
            query.push(("X-Amz-Security-Token".into(), encode(token)));
        }
        let query = joined(&query, Some("="), "&");
        let signature = self.signature(&Request {
            method,
            path: url.path,
            query: &query,
            fields: &fields,
            content_hash: &content_hash,
            time: &time,
        });
        Ok(concat(&[
            url.scheme,
            url.address,
            "?",
            &query,
            "&X-Amz-Signature=",
            &signature,
        ]))
    }

    /// Returns the time of the signature, such as `20150830T123600Z`.
    fn time(&self) -> String {
        let time_s = self.time_s.unwrap_or_else(|| sys::unix_time_ms() / 1000);
        let mut text = *b"0000-00-00T00:00:00Z";
        write_rfc_3339(&mut text, i64::try_from(time_s).unwrap_or(i64::MAX), None);
        let is_kept = |byte: &&u8| !matches!(byte, b'-' | b':');
        text.iter()
            .filter(is_kept)
            .map(|byte| char::from(*byte))
            .collect()
    }

    /// Returns the id of the access key and the scope of its signature: day, region and service.
    fn credential(&self, time: &str) -> String {
        concat(&[
            &self.credentials.access_key_id,
            "/",
            cut(time, b'T').0,
            "/",
            &self.region,
            "/",
            &self.service,
            "/aws4_request",
        ])
    }

    /// Returns the signature in hexadecimal digits.
    fn signature(&self, request: &Request<'_>) -> String {
        let canonical_request = concat(&[
            &request.method.to_ascii_uppercase(),
            "\n",
            &self.canonical_path(request.path),
            "\n",
            request.query,
            "\n",
            &joined(request.fields, Some(":"), "\n"),
            "\n\n",
            &joined(request.fields, None, ";"),
            "\n",
            request.content_hash,
        ]);
        let hash = hex(&sha256(canonical_request.as_bytes()));
        let credential = self.credential(request.time);
        let scope = cut(&credential, b'/').1.unwrap_or_default();
        let secret = concat(&["AWS4", &self.credentials.secret_access_key]);
        let mut key = hmac(secret.as_bytes(), &[cut(scope, b'/').0.as_bytes()]);
        for part in [&self.region, &self.service, "aws4_request"] {
            key = hmac(&key, &[part.as_bytes()]);
        }
        let parts = [ALGORITHM, "\n", request.time, "\n", scope, "\n", &hash];
        hex(&hmac(&key, &[concat(&parts).as_bytes()]))
    }

    /// Returns a path, which is given without its first `/`, as it is signed.
    fn canonical_path(&self, path: &str) -> String {
        let mut out = String::new();
        let mut rest = Some(path);
        while let Some(path) = rest {
            let (segment, after) = cut(path, b'/');
            rest = after;
            match segment {
                _ if self.is_s3 => {
                    out.push('/');
                    push_percent_normalized(&mut out, segment, Escapes::All);
                }
                // RFC 3986, section 5.2.4, and without empty segments.
                "" | "." => {}
                ".." => while out.pop().is_some_and(|last| last != '/') {},
                // The escapes in the path are escaped again.
                _ => {
                    out.push('/');
                    push_percent_encoded(&mut out, segment);
                }
            }
        }
        if !self.is_s3 && (out.is_empty() || path.as_bytes().last() == Some(&b'/')) {
            out.push('/');
        }
        out
    }
}

/// What is signed.
struct Request<'r> {
    method: &'r str,
    path: &'r str,
    /// The names and values in order, encoded.
    query: &'r str,
    fields: &'r [Pair],
    content_hash: &'r str,
    time: &'r str,
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

/// The parts of a URL, as they were given.
struct Url<'u> {
    /// `https://` or `http://`.
    scheme: &'static str,
    /// The host, the port and the path.
    address: &'u str,
    /// The value of the header `Host`: in lower case, without the scheme's own port.
    host: String,
    /// The path without the `/` that it begins with.
    path: &'u str,
    /// The query without `?`.
    query: &'u str,
}

impl Url<'_> {
    fn parse(url: &str) -> Result<Url<'_>> {
        let parts = [("https://", ":443"), ("http://", ":80")];
        let parts = parts.into_iter().find_map(|(scheme, port)| {
            let rest = url.strip_prefix(scheme)?;
            Some((scheme, port, rest))
        });
        let (scheme, port, rest) = parts.ok_or(SignError::Url)?;
        let (address, query) = cut(cut(rest, b'#').0, b'?');
        let (authority, path) = cut(address, b'/');
        let (user, host) = cut(authority, b'@');
        let host = host.unwrap_or(user);
        let host = host.strip_suffix(port).unwrap_or(host);
        if host.is_empty() {
            return Err(SignError::Url);
        }
        Ok(Url {
            scheme,
            address,
            host: host.to_ascii_lowercase(),
            path: path.unwrap_or_default(),
            query: query.unwrap_or_default(),
        })
    }
}

/// A name and its value.
type Pair = (String, String);

/// Returns the payload hash that `headers` have.
fn content_hash<'h>(headers: &[(&str, &'h str)]) -> Option<&'h str> {
    let is_hash = |name: &str| is(name.as_bytes(), b"x-amz-content-sha256");
    headers
        .iter()
        .find_map(|(name, value)| is_hash(name).then_some(*value))
}

/// Returns the headers that are signed, with names in lower case. The values of a name are joined by commas.
fn fields(url: &Url<'_>, headers: &[(&str, &str)], added: &[(&str, String)]) -> Vec<Pair> {
    let mut fields = Vec::new();
    for (name, value) in added {
        push_field(&mut fields, name, value);
    }
    let mut has_host = false;
    for (name, value) in headers {
        let mut is_signed = !added
            .iter()
            .any(|field| is(name.as_bytes(), field.0.as_bytes()));
        let mut unsigned = Some(UNSIGNED_HEADERS);
        while let Some(names) = unsigned {
            let (first, rest) = cut(names, b' ');
            is_signed &= !is(name.as_bytes(), first.as_bytes());
            unsigned = rest;
        }
        has_host |= is(name.as_bytes(), b"host");
        if is_signed {
            push_field(&mut fields, name, value);
        }
    }
    if !has_host {
        push_field(&mut fields, "host", &url.host);
    }
    fields
}

fn push_field(fields: &mut Vec<Pair>, name: &str, value: &str) {
    let name = name.to_ascii_lowercase();
    let mut text = String::new();
    // Spaces around the value are removed, and those within it become one space.
    for word in value.split_ascii_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    for field in fields.iter_mut() {
        if field.0 == name {
            field.1.push(',');
            field.1.push_str(&text);
            return;
        }
    }
    fields.push((name, text));
}

/// Returns the names and values of a query, encoded.
fn query_pairs(query: &str) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut rest = (!query.is_empty()).then_some(query);
    while let Some(query) = rest {
        let (pair, after) = cut(query, b'&');
        rest = after;
        let (name, value) = cut(pair, b'=');
        let [name, value] = [name, value.unwrap_or_default()].map(|text| {
            let mut out = String::new();
            push_percent_normalized(&mut out, text, Escapes::Form);
            out
        });
        pairs.push((name, value));
    }
    pairs
}

/// Returns the pairs in order, each name followed by `equals` and the value, joined by `between`. `None`
/// leaves the values out.
fn joined(pairs: &[Pair], equals: Option<&str>, between: &str) -> String {
    let mut out = String::new();
    let mut last = None;
    // The next pair is the least of those that are greater than the last one. The plain form is `sort`, which
    // has a larger code.
    loop {
        let rest = pairs
            .iter()
            .filter(|pair| last.is_none_or(|last| *pair > last));
        let Some(next) = rest.min() else {
            return out;
        };
        for (name, value) in pairs.iter().filter(|pair| *pair == next) {
            if !out.is_empty() {
                out.push_str(between);
            }
            out.push_str(name);
            if let Some(equals) = equals {
                out.push_str(equals);
                out.push_str(value);
            }
        }
        last = Some(next);
    }
}

/// Returns the parts of a text as one text. The plain form is `concat` of slices, which has a larger code.
fn concat(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// Returns the text before the first `byte`, and the text after it if there is one. The plain form is
/// `split_once`, which has a larger code. `byte` is ASCII.
fn cut(text: &str, byte: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|other| other == byte) {
        Some(at) => (
            text_before(text, at),
            Some(text_after(text, at.wrapping_add(1))),
        ),
        None => (text, None),
    }
}
