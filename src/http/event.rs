//! From an event to a [`Request`]: one pass over the JSON, then the kind is known.
//!
//! The shapes are those of the AWS pages "Lambda proxy integrations in API Gateway", "AWS Lambda
//! proxy integrations for HTTP APIs", "Lambda function URLs", "Lambda functions as targets" of
//! Application Load Balancers and of VPC Lattice.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::answer::Caller;
use super::headers::{is_name, is_value};
use super::{Body, HeaderMap, Method, Origin, Request};
use crate::encoding::{decode_base64, push_percent_encoded};
use crate::json::{self, Kind, Reader};
use crate::{Error, Result};

/// The type of an error about the event itself.
const UNMARSHAL_ERROR: &str = "Runtime.UnmarshalError";

/// A text of an event, or the mark that something was there, by its place in [`Found::texts`].
#[derive(Clone, Copy)]
enum Text {
    Version,
    Method,
    Path,
    RawPath,
    RawQuery,
    Body,
    Elb,
    ServiceNetwork,
    Connection,
    EventType,
    Stage,
    Domain,
    Route,
    Http,
    HttpMethod,
    Base64,
    SnakeCase,
    MultiValue,
    Last,
}

/// How a member is read.
#[derive(Clone, Copy)]
enum How {
    /// A string or `null`.
    Strict(Text),
    /// A string; what is none counts as nothing.
    Lax(Text),
    /// Anything but `null` and `false` leaves a mark.
    Mark(Text),
    /// An object with members of its own, which leaves a mark; what is none counts as nothing.
    Nested(Text, &'static [(&'static str, How)]),
    Headers,
    MultiHeaders,
    Cookies,
    Query,
    MultiQuery,
    IsBase64,
}

const EVENT: &[(&str, How)] = &[
    ("version", How::Lax(Text::Version)),
    ("httpMethod", How::Strict(Text::Method)),
    ("method", How::Strict(Text::Method)),
    ("path", How::Strict(Text::Path)),
    ("rawPath", How::Strict(Text::RawPath)),
    ("raw_path", How::Strict(Text::SnakeCase)),
    ("rawQueryString", How::Strict(Text::RawQuery)),
    ("cookies", How::Cookies),
    ("headers", How::Headers),
    ("multiValueHeaders", How::MultiHeaders),
    ("queryStringParameters", How::Query),
    ("query_string_parameters", How::Query),
    ("multiValueQueryStringParameters", How::MultiQuery),
    ("requestContext", How::Nested(Text::Last, CONTEXT)),
    ("body", How::Strict(Text::Body)),
    ("isBase64Encoded", How::IsBase64),
    ("is_base64_encoded", How::IsBase64),
];

const CONTEXT: &[(&str, How)] = &[
    ("elb", How::Mark(Text::Elb)),
    ("serviceNetworkArn", How::Mark(Text::ServiceNetwork)),
    ("connectionId", How::Mark(Text::Connection)),
    ("eventType", How::Lax(Text::EventType)),
    ("domainName", How::Lax(Text::Domain)),
    ("stage", How::Lax(Text::Stage)),
    ("routeKey", How::Lax(Text::Route)),
    ("http", How::Nested(Text::Http, HTTP)),
];

const HTTP: &[(&str, How)] = &[("method", How::Strict(Text::HttpMethod))];

/// What one pass over an event has found.
#[derive(Default)]
struct Found<'j> {
    texts: [Option<Cow<'j, str>>; Text::Last as usize + 1],
    /// Where the body stands; an end of 0 says nowhere.
    body: (usize, usize),
    query: Option<Reader<'j>>,
    multi_query: Option<Reader<'j>>,
    headers: HeaderMap,
    cookies: String,
}

/// Reads the request that `event` carries.
///
/// # Errors
/// `Runtime.UnmarshalError` if it carries none, or what it says contradicts itself.
pub(super) fn read(event: &str) -> Result<Request> {
    let mut found = Found::default();
    let mut r = Reader::new(event);
    if let Err(error) = found.read(&mut r, EVENT).and_then(|()| r.end()) {
        return Err(Error::new(UNMARSHAL_ERROR, error));
    }
    match found.origin() {
        Some(origin) => found.into_request(origin, event),
        None => Err(Error::new(UNMARSHAL_ERROR, DIRECT_INVOKE)),
    }
}

const DIRECT_INVOKE: &str = "the event is no HTTP request of API Gateway, a function URL, an \
    Application Load Balancer or VPC Lattice: this looks like a direct invoke; use `run`";

impl<'j> Found<'j> {
    fn get(&self, text: Text) -> Option<&str> {
        self.texts.get(text as usize)?.as_deref()
    }

    fn has(&self, text: Text) -> bool {
        self.get(text).is_some()
    }

    fn set(&mut self, text: Text, value: Option<Cow<'j, str>>) {
        if let Some(place) = self.texts.get_mut(text as usize) {
            *place = value;
        }
    }

    /// Reads an object's members; what is no object counts as nothing.
    fn read(&mut self, r: &mut Reader<'j>, members: &[(&str, How)]) -> Result<(), json::Error> {
        if r.peek()? != Kind::Object {
            return r.skip();
        }
        r.begin_object()?;
        while let Some(name) = r.next_member()? {
            match members.iter().find(|member| member.0 == name) {
                Some((_, how)) => self.read_member(r, *how)?,
                None => r.skip()?,
            }
        }
        Ok(())
    }

    fn read_member(&mut self, r: &mut Reader<'j>, how: How) -> Result<(), json::Error> {
        let start = r.offset();
        let kind = r.peek()?;
        let mark = Some(Cow::Borrowed(""));
        match how {
            How::Strict(text) if kind != Kind::Null => {
                let value = r.string()?;
                if matches!(text, Text::Body) {
                    self.body = (start, r.offset());
                }
                self.set(text, Some(value));
            }
            How::Lax(text) if kind == Kind::String => {
                let value = r.string()?;
                self.set(text, Some(value));
            }
            How::Mark(text) if kind != Kind::Null => {
                r.skip()?;
                self.set(text, mark);
            }
            How::Nested(text, members) if kind == Kind::Object => {
                self.read(r, members)?;
                self.set(text, mark);
            }
            How::IsBase64 if kind != Kind::Null => {
                let is_base64 = r.bool()?;
                self.set(Text::Base64, mark.filter(|_| is_base64));
            }
            How::Headers if !self.has(Text::MultiValue) => self.read_headers(r)?,
            How::MultiHeaders if kind == Kind::Object => {
                // The same once more, and better; unless it is empty.
                let single = core::mem::take(&mut self.headers);
                self.set(Text::MultiValue, mark);
                self.read_headers(r)?;
                if self.headers.is_empty() {
                    self.headers = single;
                }
            }
            How::Cookies => self.read_cookies(r)?,
            How::Query => {
                self.query = Some(r.clone());
                r.skip()?;
            }
            How::MultiQuery => {
                self.multi_query = Some(r.clone());
                r.skip()?;
            }
            _ => r.skip()?,
        }
        Ok(())
    }

    fn read_headers(&mut self, r: &mut Reader<'j>) -> Result<(), json::Error> {
        let headers = &mut self.headers;
        each_pair(r, &mut |r, name, value| {
            if !is_name(name) || !is_value(value) {
                return Err(r.error("a header's name or value has characters that it cannot have"));
            }
            headers.append(name, value);
            Ok(())
        })
    }

    /// The `cookies` of a version 2.0 event, which are not among the headers then.
    fn read_cookies(&mut self, r: &mut Reader<'j>) -> Result<(), json::Error> {
        let cookies = &mut self.cookies;
        each_text(r, &mut |r, cookie| {
            if !is_value(cookie) {
                return Err(r.error("a cookie has characters that it cannot have"));
            }
            push_separated(cookies, "; ", cookie);
            Ok(())
        })
    }

    /// Who sent this, by what only they send.
    fn origin(&self) -> Option<Origin> {
        let has_method = self.has(Text::Method);
        Some(if self.has(Text::Elb) {
            Origin::Alb
        } else if self.has(Text::Connection) && self.has(Text::EventType) {
            Origin::WebSocket
        } else if self.has(Text::Http) && self.get(Text::Version) == Some("2.0") {
            // `https://<url-id>.lambda-url.<region>.on.aws`
            let domain = self.get(Text::Domain).unwrap_or_default();
            if domain.split('.').nth(1) == Some("lambda-url") {
                Origin::FunctionUrl
            } else {
                Origin::HttpApi
            }
        } else if self.has(Text::ServiceNetwork) && has_method {
            Origin::LatticeV2
        } else if self.has(Text::SnakeCase) && has_method {
            Origin::LatticeV1
        } else if has_method && self.has(Text::Path) {
            Origin::RestApi
        } else {
            return None;
        })
    }

    fn into_request(mut self, origin: Origin, event: &str) -> Result<Request> {
        let (method, path) = match origin {
            Origin::HttpApi | Origin::FunctionUrl => (Text::HttpMethod, Text::RawPath),
            Origin::LatticeV1 => (Text::Method, Text::SnakeCase),
            Origin::WebSocket => (Text::Method, Text::Route),
            _ => (Text::Method, Text::Path),
        };
        let method = match self.get(method) {
            Some(method) => Method::from(method),
            None if origin == Origin::WebSocket => Method::Get,
            None => return Err(missing("a method")),
        };
        let route = (origin == Origin::WebSocket).then_some("$default");
        let Some(target) = self.get(path).or(route) else {
            return Err(missing("a path"));
        };
        let (path, path_query) = target.split_once('?').unwrap_or((target, ""));
        let mut raw_path = String::new();
        if route.is_some() {
            // Routes take the place of paths there: `$connect`, `$default`, the user's own.
            raw_path.push('/');
        }
        raw_path.push_str(path);
        let path = match self.get(Text::Stage) {
            Some(stage) if origin == Origin::HttpApi => without_stage(&raw_path, stage),
            _ => &raw_path,
        };
        let path = String::from(path);
        let mut query_string = String::new();
        if let Some(query) = self.get(Text::RawQuery) {
            query_string.push_str(query);
        } else {
            let sources = [&self.multi_query, &self.query];
            for r in sources.into_iter().flatten() {
                if query_string.is_empty() {
                    // An Application Load Balancer alone hands on what was encoded.
                    let encode = origin != Origin::Alb;
                    let pushed = push_query(&mut query_string, &mut r.clone(), encode);
                    pushed.map_err(|error| Error::new(UNMARSHAL_ERROR, error))?;
                }
            }
            if query_string.is_empty() {
                query_string.push_str(path_query);
            }
        }
        if !self.cookies.is_empty() {
            self.headers.append("cookie", &self.cookies);
        }
        Ok(Request {
            caller: Caller {
                origin,
                is_multi_value: self.has(Text::MultiValue),
            },
            method,
            path,
            raw_path,
            query_string,
            body: self.body()?,
            event: self.without_body(event),
            headers: self.headers,
            captures: Vec::new(),
        })
    }

    fn body(&mut self) -> Result<Body> {
        let is_base64 = self.has(Text::Base64);
        let text = self.texts.get_mut(Text::Body as usize);
        let Some(text) = text.and_then(Option::take) else {
            return Ok(Body::Empty);
        };
        if !is_base64 {
            return Ok(Body::Text(text.into_owned()));
        }
        decode_base64(text.as_bytes())
            .map(Body::Bytes)
            .map_err(|error| {
                let message = format!("$.isBase64Encoded is true, but $.body is {error}");
                Error::new(UNMARSHAL_ERROR, message)
            })
    }

    /// The event with the body's place taken by `null`.
    fn without_body(&self, event: &str) -> String {
        let (start, end) = self.body;
        let behind = event.get(end..).unwrap_or_default();
        let mut text = String::with_capacity(start.saturating_add(behind.len()).saturating_add(4));
        if end != 0 {
            text.push_str(event.get(..start).unwrap_or_default());
            text.push_str("null");
        }
        text.push_str(behind);
        text
    }
}

#[cold]
fn missing(what: &str) -> Error {
    Error::new(
        UNMARSHAL_ERROR,
        format_args!("the HTTP request lacks {what}"),
    )
}

type OnText<'f, 'j> = &'f mut dyn FnMut(&Reader<'j>, &str) -> Result<(), json::Error>;

/// Reads a string, or each string of an array. Numbers and booleans, which test events written by
/// hand may have, count as their text; `null` and whatever else counts as nothing.
fn each_text<'j>(r: &mut Reader<'j>, on_text: OnText<'_, 'j>) -> Result<(), json::Error> {
    match r.peek()? {
        Kind::String => {
            let text = r.string()?;
            on_text(r, &text)
        }
        Kind::Number | Kind::Bool => {
            let text = r.raw()?;
            on_text(r, text)
        }
        Kind::Array => {
            r.begin_array()?;
            while r.next_element()? {
                if r.peek()? == Kind::Array {
                    r.skip()?;
                } else {
                    each_text(r, on_text)?;
                }
            }
            Ok(())
        }
        Kind::Null | Kind::Object => r.skip(),
    }
}

type OnPair<'f, 'j> = &'f mut dyn FnMut(&Reader<'j>, &str, &str) -> Result<(), json::Error>;

/// Reads an object whose values are strings or arrays of them; what is no object counts as none.
pub(super) fn each_pair<'j>(
    r: &mut Reader<'j>,
    on_pair: OnPair<'_, 'j>,
) -> Result<(), json::Error> {
    if r.peek()? != Kind::Object {
        return r.skip();
    }
    r.begin_object()?;
    while let Some(name) = r.next_member()? {
        each_text(r, &mut |r, value| on_pair(r, &name, value))?;
    }
    Ok(())
}

/// Writes a query from its names and values.
fn push_query(query: &mut String, r: &mut Reader<'_>, encode: bool) -> Result<(), json::Error> {
    each_pair(r, &mut |_, name, value| {
        push_separated(query, "&", "");
        for (separator, text) in [("", name), ("=", value)] {
            query.push_str(separator);
            if encode {
                push_percent_encoded(query, text);
            } else {
                query.push_str(text);
            }
        }
        Ok(())
    })
}

fn push_separated(text: &mut String, separator: &str, more: &str) {
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
