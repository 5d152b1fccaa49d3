//! From an event to a [`Request`]: one pass over the JSON, then the kind is known.
//!
//! The shapes are those of the AWS pages "Lambda proxy integrations in API Gateway", "AWS Lambda
//! proxy integrations for HTTP APIs", "Lambda function URLs", "Lambda functions as targets" of
//! Application Load Balancers and of VPC Lattice.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::headers::is_name;
use super::query::{split, split_once};
use super::response_event::Caller;
use super::{Body, HeaderMap, Method, Origin, Request};
use crate::encoding::{decode_base64, push_percent_encoded};
use crate::error::{Error, Result};
use crate::http1::head::is;
use crate::json::{self, Kind, Reader};

/// What an event is called before its kind is known.
pub(super) const REQUEST: &str = "HTTP request";

const DIRECT_INVOKE: &str = "no HTTP request of API Gateway, a function URL, a load balancer or VPC \
    Lattice: this looks like a direct invoke; use `run`";

/// A member that matters, by where [`Found`] keeps it.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Version,
    HttpMethod,
    LatticeMethod,
    Path,
    RawPath,
    SnakePath,
    Resource,
    RawQuery,
    Query,
    SnakeQuery,
    MultiQuery,
    Headers,
    MultiHeaders,
    Cookies,
    Body,
    Base64,
    SnakeBase64,
    /// Has members that matter.
    Context,
    Elb,
    ServiceNetwork,
    Connection,
    EventType,
    Domain,
    Stage,
    Route,
    /// Has members that matter.
    Http,
    Method,
}

const EVENT: &[(&str, At)] = &[
    ("version", At::Version),
    ("httpMethod", At::HttpMethod),
    ("method", At::LatticeMethod),
    ("path", At::Path),
    ("rawPath", At::RawPath),
    ("raw_path", At::SnakePath),
    ("resource", At::Resource),
    ("rawQueryString", At::RawQuery),
    ("queryStringParameters", At::Query),
    ("query_string_parameters", At::SnakeQuery),
    ("multiValueQueryStringParameters", At::MultiQuery),
    ("headers", At::Headers),
    ("multiValueHeaders", At::MultiHeaders),
    ("cookies", At::Cookies),
    ("body", At::Body),
    ("isBase64Encoded", At::Base64),
    ("is_base64_encoded", At::SnakeBase64),
    ("requestContext", At::Context),
];

const CONTEXT: &[(&str, At)] = &[
    ("elb", At::Elb),
    ("serviceNetworkArn", At::ServiceNetwork),
    ("connectionId", At::Connection),
    ("eventType", At::EventType),
    ("domainName", At::Domain),
    ("stage", At::Stage),
    ("routeKey", At::Route),
    ("http", At::Http),
];

const HTTP: &[(&str, At)] = &[("method", At::Method)];

/// What one pass over an event has found. It is read when the kind is known, so that it can be named
/// where a member is odd.
struct Found<'j> {
    event: &'j str,
    /// Where each member begins that is not `null`; 0 is where none can.
    places: [usize; At::Method as usize + 1],
}

/// Reads the request that `event` carries.
///
/// # Errors
/// `Runtime.UnmarshalError` if it carries none.
#[inline(never)]
pub(super) fn read(event: &str) -> Result<Request> {
    let mut found = Found {
        event,
        places: [0; At::Method as usize + 1],
    };
    let mut r = Reader::new(event);
    if let Err(error) = found.read(&mut r, EVENT).and_then(|()| r.end()) {
        let kind = found.origin().map_or(REQUEST, kind);
        return Err(odd(kind, &error, event));
    }
    match found.origin() {
        Some(origin) => Ok(found.request(origin, event)),
        None => Err(Error::new(Error::UNMARSHAL, DIRECT_INVOKE)),
    }
}

/// What an event of this origin is called.
fn kind(origin: Origin) -> &'static str {
    match origin {
        Origin::RestApi => "REST API request",
        Origin::HttpApi => "HTTP API request",
        Origin::FunctionUrl => "function URL request",
        Origin::WebSocket => "WebSocket API request",
        Origin::Alb => "ALB request",
        Origin::LatticeV1 | Origin::LatticeV2 => "VPC Lattice request",
    }
}

/// An error about a member, with what is there.
fn odd(kind: &str, error: &json::Error, event: &str) -> Error {
    let there = event.as_bytes().get(error.offset()..).unwrap_or_default();
    Error::unmarshal(kind, error, there)
}

// What is called once is not inlined all the same: that would be 800 bytes more.
impl<'j> Found<'j> {
    /// Notes the members of an object; what is no object has none.
    fn read(&mut self, r: &mut Reader<'j>, members: &[(&str, At)]) -> Result<(), json::Error> {
        if r.peek()? != Kind::Object {
            return r.skip();
        }
        r.begin_object()?;
        while let Some(name) = r.next_member()? {
            let at = members.iter().find(|member| member.0 == name);
            let at = at.map(|member| member.1);
            let is_null = r.peek()? == Kind::Null;
            if let Some(place) = at.and_then(|at| self.places.get_mut(at as usize)) {
                *place = if is_null { 0 } else { r.offset() };
            }
            match at {
                Some(At::Context) => self.read(r, CONTEXT)?,
                Some(At::Http) => self.read(r, HTTP)?,
                _ => r.skip()?,
            }
        }
        Ok(())
    }

    fn place(&self, at: At) -> usize {
        self.places.get(at as usize).copied().unwrap_or(0)
    }

    fn has(&self, at: At) -> bool {
        self.place(at) != 0
    }

    fn get(&self, at: At) -> Option<Reader<'j>> {
        let place = self.place(at);
        (place != 0).then(|| Reader::at(self.event, place))
    }

    /// A member's text. One that is no string, as in test events written by hand, counts as its
    /// JSON.
    fn text(&self, at: At) -> Option<Cow<'j, str>> {
        let mut r = self.get(at)?;
        match r.clone().string() {
            Ok(text) => Some(text),
            Err(_) => Some(Cow::Borrowed(r.raw().ok()?)),
        }
    }

    /// Who sent this, by what only they send. One member that is missing or odd hides nobody, and
    /// one that a direct invoke happens to have makes it no request.
    fn origin(&self) -> Option<Origin> {
        let count = |marks: &[At]| marks.iter().filter(|at| self.has(**at)).count();
        let is_2 = usize::from(self.text(At::Version).as_deref() == Some("2.0"));
        Some(if self.has(At::Elb) {
            Origin::Alb
        } else if self.has(At::Connection) || self.has(At::EventType) {
            Origin::WebSocket
        } else if self.has(At::ServiceNetwork) {
            Origin::LatticeV2
        } else if count(&[At::Http, At::RawPath, At::RawQuery]).saturating_add(is_2) > 1 {
            // `https://<url-id>.lambda-url.<region>.on.aws`
            let domain = self.text(At::Domain).unwrap_or_default();
            if split(&domain, b'.').nth(1) == Some("lambda-url") {
                Origin::FunctionUrl
            } else {
                Origin::HttpApi
            }
        } else if count(&[
            At::SnakePath,
            At::SnakeBase64,
            At::SnakeQuery,
            At::LatticeMethod,
        ]) > 1
        {
            Origin::LatticeV1
        } else if count(&[At::LatticeMethod, At::Path]).saturating_add(is_2) > 1 {
            Origin::LatticeV2
        } else if count(&[At::HttpMethod, At::Path, At::Resource, At::Base64]) > 1
            || self.has(At::Base64) && count(&[At::Body, At::Headers]) > 0
        {
            Origin::RestApi
        } else {
            return None;
        })
    }

    /// Whether the path is decoded already, all but `%2F`: that of an HTTP API is. Its requests in
    /// payload format 1.0 differ from those to a REST API in having a version.
    fn has_decoded_path(&self, origin: Origin) -> bool {
        origin == Origin::HttpApi
            || origin == Origin::RestApi && self.text(At::Version).as_deref() == Some("1.0")
    }

    #[inline(never)]
    fn request(&self, origin: Origin, event: &str) -> Request {
        let (method, path) = match origin {
            Origin::HttpApi | Origin::FunctionUrl => (At::Method, At::RawPath),
            Origin::LatticeV1 => (At::LatticeMethod, At::SnakePath),
            Origin::LatticeV2 => (At::LatticeMethod, At::Path),
            Origin::WebSocket => (At::HttpMethod, At::Route),
            Origin::RestApi | Origin::Alb => (At::HttpMethod, At::Path),
        };
        let is_socket = origin == Origin::WebSocket;
        let or = if is_socket {
            ("GET", "$default")
        } else {
            ("", "")
        };
        let method = self.text(method).unwrap_or(Cow::Borrowed(or.0));
        let target = self.text(path).unwrap_or(Cow::Borrowed(or.1));
        // A `?` in a decoded path does not begin a query (recorded events in hotsock/voker).
        let has_decoded_path = self.has_decoded_path(origin);
        let (path, path_query) = if has_decoded_path {
            (&*target, "")
        } else {
            split_once(&target, b'?')
        };
        let mut raw_path = String::new();
        if is_socket {
            // Routes take the place of paths there: `$connect`, `$default`, the user's own.
            raw_path.push('/');
        }
        raw_path.push_str(path);
        let path = match self.text(At::Stage) {
            Some(stage) if has_decoded_path => without_stage(&raw_path, &stage),
            _ => &raw_path,
        };
        Request {
            caller: Caller {
                origin,
                // A load balancer's target group has one or the other.
                is_multi_value: self.has(At::MultiHeaders) || self.has(At::MultiQuery),
            },
            method: Method::from(&*method),
            path: path.into(),
            query_string: self.query(origin, path_query),
            headers: self.headers(),
            raw_path,
            has_decoded_path,
            body: self.body(kind(origin), event),
            event: self.without_body(event),
            captures: Vec::new(),
        }
    }

    #[inline(never)]
    fn query(&self, origin: Origin, path_query: &str) -> String {
        let mut query = String::from(self.text(At::RawQuery).unwrap_or_default());
        for at in [At::MultiQuery, At::Query, At::SnakeQuery] {
            if let (Some(mut r), true) = (self.get(at), query.is_empty()) {
                // An Application Load Balancer alone hands on what was encoded. What one pass has
                // found whole has no error in it.
                let _ = push_query(&mut query, &mut r, origin != Origin::Alb);
            }
        }
        if query.is_empty() {
            query.push_str(path_query);
        }
        query
    }

    /// Returns the headers, with the `cookies` of a version 2.0 event among them.
    ///
    /// A name that no header can have leaves the header out; control characters in a value become
    /// spaces (RFC 9110, section 5.5).
    #[inline(never)]
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut cookies = String::new();
        if let Some(mut r) = self.get(At::Cookies) {
            let _ = each_text(&mut r, &mut |cookie| {
                push_separated(&mut cookies, "; ", cookie);
            });
        }
        for at in [At::MultiHeaders, At::Headers] {
            // `headers` has the last value of each header of `multiValueHeaders` again.
            let n_before = headers.len();
            if let Some(mut r) = self.get(at) {
                let _ = each_pair(&mut r, &mut |name, value| {
                    let is_same = |field: (&str, &str)| is(field.0.as_bytes(), name.as_bytes());
                    if !cookies.is_empty() && is_same(("cookie", "")) {
                        push_new_cookies(&mut cookies, value);
                    } else if is_name(name) && !headers.iter().take(n_before).any(is_same) {
                        headers.append(name, value);
                    }
                });
            }
        }
        if !cookies.is_empty() {
            headers.append("cookie", &cookies);
        }
        headers.replace_controls();
        headers
    }

    /// The body, or why there is none to be read.
    #[inline(never)]
    fn body(&self, kind: &str, event: &str) -> Result<Body> {
        let Some(mut r) = self.get(At::Body) else {
            return Ok(Body::Empty);
        };
        let is_base64 = match self.get(At::Base64).or(self.get(At::SnakeBase64)) {
            Some(mut r) => r.bool(),
            None => Ok(false),
        };
        match (r.string(), is_base64) {
            (Ok(text), Ok(false)) => Ok(Body::Text(text.into_owned())),
            (Ok(text), Ok(true)) => match decode_base64(text.as_bytes()) {
                Ok(bytes) => Ok(Body::Bytes(bytes)),
                Err(error) => {
                    // No variable for it: until Rust 1.89 it would not live that long.
                    Err(Error::unmarshal(
                        kind,
                        &format_args!("$.isBase64Encoded is true, but $.body is {error}"),
                        text.as_bytes(),
                    ))
                }
            },
            (Err(error), _) | (_, Err(error)) => Err(odd(kind, &error, event)),
        }
    }

    /// The event with `null` in the body's place.
    #[inline(never)]
    fn without_body(&self, event: &str) -> String {
        let Some(mut r) = self.get(At::Body) else {
            return event.into();
        };
        let before = event.get(..r.offset()).unwrap_or_default();
        let _ = r.skip();
        let behind = event.get(r.offset()..).unwrap_or_default();
        let len = before.len().saturating_add(behind.len());
        let mut text = String::with_capacity(len.saturating_add(4));
        for part in [before, "null", behind] {
            text.push_str(part);
        }
        text
    }
}

type OnText<'f> = &'f mut dyn FnMut(&str);

/// Reads a string, or each string of an array. Numbers and booleans, which test events written by
/// hand may have, count as their text; `null` and whatever else counts as nothing.
pub(super) fn each_text(r: &mut Reader<'_>, on_text: OnText<'_>) -> Result<(), json::Error> {
    match r.peek()? {
        Kind::String => {
            let text = r.string()?;
            on_text(&text);
            Ok(())
        }
        Kind::Number | Kind::Bool => {
            on_text(r.raw()?);
            Ok(())
        }
        Kind::Array => {
            r.begin_array()?;
            while r.next_element()? {
                each_text(r, on_text)?;
            }
            Ok(())
        }
        Kind::Null | Kind::Object => r.skip(),
    }
}

type OnPair<'f> = &'f mut dyn FnMut(&str, &str);

/// Reads an object whose values are strings or arrays of them; what is no object counts as none.
pub(super) fn each_pair(r: &mut Reader<'_>, on_pair: OnPair<'_>) -> Result<(), json::Error> {
    if r.peek()? != Kind::Object {
        return r.skip();
    }
    r.begin_object()?;
    while let Some(name) = r.next_member()? {
        each_text(r, &mut |value| on_pair(&name, value))?;
    }
    Ok(())
}

/// Writes a query from its names and values.
#[inline(never)]
fn push_query(query: &mut String, r: &mut Reader<'_>, encode: bool) -> Result<(), json::Error> {
    each_pair(r, &mut |name, value| {
        push_separated(query, "&", "");
        for (separator, text) in [("", name), ("=", value)] {
            query.push_str(separator);
            if encode {
                push_percent_encoded(query, text);
            } else {
                query.push_str(text);
            }
        }
    })
}

/// Appends the cookies of a `cookie` header that are not there. A function URL has the event's `cookies`
/// in `headers` too, an HTTP API has not (recorded events in aws-lambda-web-adapter, "Double cookie
/// headers").
fn push_new_cookies(cookies: &mut String, header: &str) {
    for cookie in split(header, b';').map(str::trim_ascii) {
        let is_same = |known: &str| known.trim_ascii() == cookie;
        if !cookie.is_empty() && !split(cookies, b';').any(is_same) {
            push_separated(cookies, "; ", cookie);
        }
    }
}

pub(super) fn push_separated(text: &mut String, separator: &str, more: &str) {
    if !text.is_empty() {
        text.push_str(separator);
    }
    text.push_str(more);
}

/// `path` without its first segment where that is `stage`.
fn without_stage<'p>(path: &'p str, stage: &str) -> &'p str {
    let rest = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage));
    match rest {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_the_first_segment_or_not_there() {
        #[track_caller]
        fn check(path: &str, stage: &str, want: &str) {
            assert_eq!(without_stage(path, stage), want);
        }
        check("/prod/a/b", "prod", "/a/b");
        check("/prod/", "prod", "/");
        check("/prod", "prod", "/");
        check("/product", "prod", "/product");
        check("/a/prod", "prod", "/a/prod");
        check("/a", "$default", "/a");
        check("", "prod", "");
        check("/", "", "/");
    }
}
