//! From an event to a [`Request`]: one pass over the JSON, then the kind is known.
//!
//! The shapes are those of the AWS pages "Lambda proxy integrations in API Gateway", "AWS Lambda
//! proxy integrations for HTTP APIs", "Lambda function URLs", "Lambda functions as targets" of
//! Application Load Balancers and of VPC Lattice.

use alloc::borrow::Cow;
use alloc::string::String;

use super::answer::Caller;
use super::headers::{is_name, is_value};
use super::{Body, HeaderMap, Method, Origin, Request};
use crate::encoding::{self, push_percent_encoded};
use crate::json::{self, Kind, Reader};
use crate::{Error, Result};

/// The type of an error about the event itself.
const UNMARSHAL_ERROR: &str = "Runtime.UnmarshalError";

/// What one pass over an event has found.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one mark of one kind of event"
)]
struct Found<'j> {
    is_version_2: bool,
    method: Option<Cow<'j, str>>,
    path: Option<Cow<'j, str>>,
    raw_path: Option<Cow<'j, str>>,
    /// VPC Lattice, version 1, alone writes with underscores.
    is_snake_case: bool,
    raw_query: Option<Cow<'j, str>>,
    query: Option<Reader<'j>>,
    multi_query: Option<Reader<'j>>,
    headers: HeaderMap,
    is_multi_value: bool,
    cookies: String,
    body: Option<Cow<'j, str>>,
    is_base64: bool,
    context: RequestContext<'j>,
}

/// What the member `requestContext` tells about the kind.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one mark of one kind of event"
)]
struct RequestContext<'j> {
    is_elb: bool,
    is_lattice: bool,
    is_http: bool,
    event_type: Option<Cow<'j, str>>,
    has_connection: bool,
    method: Option<Cow<'j, str>>,
    stage: Option<Cow<'j, str>>,
    domain_name: Option<Cow<'j, str>>,
    route_key: Option<Cow<'j, str>>,
}

/// Reads the request that `event` carries.
///
/// # Errors
/// `Runtime.UnmarshalError` if it carries none, or what it says contradicts itself.
pub(super) fn read(event: &str) -> Result<Request> {
    let mut found = Found::default();
    let mut r = Reader::new(event);
    let body = match found.read(&mut r) {
        Ok(body) => body,
        Err(error) => return Err(Error::new(UNMARSHAL_ERROR, error)),
    };
    let Some(origin) = found.origin() else {
        return Err(Error::new(UNMARSHAL_ERROR, DIRECT_INVOKE));
    };
    found.into_request(origin, without(event, body))
}

const DIRECT_INVOKE: &str = "the event is no HTTP request of API Gateway, a function URL, an \
    Application Load Balancer or VPC Lattice: this looks like a direct invoke; use `run`";

/// `event` with the body's place taken by `null`.
fn without(event: &str, body: (usize, usize)) -> String {
    let before = event.get(..body.0).unwrap_or(event);
    let behind = event.get(body.1..).unwrap_or_default();
    let mut text = String::with_capacity(before.len().wrapping_add(behind.len()).wrapping_add(4));
    text.push_str(before);
    if body.1 != 0 {
        text.push_str("null");
    }
    text.push_str(behind);
    text
}

impl<'j> Found<'j> {
    /// Reads a whole event. Returns where its body stands; an end of 0 says nowhere.
    fn read(&mut self, r: &mut Reader<'j>) -> Result<(usize, usize), json::Error> {
        let mut body = (usize::MAX, 0);
        if r.peek()? != Kind::Object {
            r.skip()?;
            r.end()?;
            return Ok(body);
        }
        r.begin_object()?;
        while let Some(name) = r.next_member()? {
            match &*name {
                "version" => self.is_version_2 = any_text(r)?.as_deref() == Some("2.0"),
                "httpMethod" | "method" => self.method = text(r)?,
                "path" => self.path = text(r)?,
                "rawPath" => self.raw_path = text(r)?,
                "raw_path" => {
                    self.is_snake_case = true;
                    self.raw_path = text(r)?;
                }
                "rawQueryString" => self.raw_query = text(r)?,
                "queryStringParameters" | "query_string_parameters" => {
                    self.query = object(r)?;
                }
                "multiValueQueryStringParameters" => self.multi_query = object(r)?,
                "headers" if self.is_multi_value => r.skip()?,
                "headers" => self.read_headers(r)?,
                "multiValueHeaders" => {
                    // The same once more, and better; unless it is empty.
                    let single = core::mem::take(&mut self.headers);
                    self.is_multi_value = r.peek()? == Kind::Object;
                    self.read_headers(r)?;
                    if self.headers.is_empty() {
                        self.headers = single;
                    }
                }
                "cookies" => self.read_cookies(r)?,
                "body" => {
                    let start = r.offset();
                    self.body = text(r)?;
                    body = (start, r.offset());
                }
                "isBase64Encoded" | "is_base64_encoded" => {
                    self.is_base64 = !r.null_if_next() && r.bool()?;
                }
                "requestContext" => self.context.read(r)?,
                _ => r.skip()?,
            }
        }
        r.end()?;
        Ok(body)
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
        let context = &self.context;
        let has_method = self.method.is_some();
        if context.is_elb {
            return Some(Origin::Alb);
        }
        if context.has_connection && context.event_type.is_some() {
            return Some(Origin::WebSocket);
        }
        if context.is_http && self.is_version_2 {
            // `https://<url-id>.lambda-url.<region>.on.aws`
            let domain = context.domain_name.as_deref().unwrap_or_default();
            let is_url = domain.split('.').nth(1) == Some("lambda-url");
            return Some(if is_url {
                Origin::FunctionUrl
            } else {
                Origin::HttpApi
            });
        }
        if context.is_lattice && has_method {
            return Some(Origin::LatticeV2);
        }
        if self.is_snake_case && has_method {
            return Some(Origin::LatticeV1);
        }
        if has_method && self.path.is_some() {
            return Some(Origin::RestApi);
        }
        None
    }

    fn into_request(mut self, origin: Origin, event: String) -> Result<Request> {
        let context = &self.context;
        let method = match origin {
            Origin::HttpApi | Origin::FunctionUrl => context.method.as_deref(),
            _ => self.method.as_deref(),
        };
        let method = match (method, origin) {
            (Some(method), _) => Method::from(method),
            (None, Origin::WebSocket) => Method::Get,
            (None, _) => return Err(missing("a method")),
        };
        let raw_path = match origin {
            // Routes take the place of paths there: `$connect`, `$default`, the user's own.
            Origin::WebSocket => {
                let route = context.route_key.as_deref().unwrap_or("$default");
                Some(Cow::Owned(["/", route].concat()))
            }
            Origin::HttpApi | Origin::FunctionUrl | Origin::LatticeV1 => self.raw_path.take(),
            _ => self.path.take(),
        };
        let Some(raw_path) = raw_path else {
            return Err(missing("a path"));
        };
        let (path, path_query) = raw_path.split_once('?').unwrap_or((&raw_path, ""));
        let path = match origin {
            Origin::HttpApi => without_stage(path, context.stage.as_deref()),
            _ => path,
        };
        let mut query_string = String::new();
        if let Some(query) = &self.raw_query {
            query_string.push_str(query);
        } else if let Some(r) = self.multi_query.as_mut().or(self.query.as_mut()) {
            // An Application Load Balancer alone hands on what was encoded.
            let pushed = push_query(&mut query_string, r, origin != Origin::Alb);
            pushed.map_err(|error| Error::new(UNMARSHAL_ERROR, error))?;
        } else {
            query_string.push_str(path_query);
        }
        if !self.cookies.is_empty() {
            self.headers.append("cookie", &self.cookies);
        }
        let body = match (self.body, self.is_base64) {
            (None, _) => Body::Empty,
            (Some(text), false) => Body::Text(text.into_owned()),
            (Some(text), true) => match encoding::base64(text.as_bytes()) {
                Ok(bytes) => Body::Bytes(bytes),
                Err(error) => {
                    let message = format_args!("{error} of $.body, which isBase64Encoded says");
                    return Err(Error::new(UNMARSHAL_ERROR, message));
                }
            },
        };
        Ok(Request {
            caller: Caller {
                origin,
                is_multi_value: self.is_multi_value,
            },
            method,
            path: path.into(),
            raw_path: raw_path.into_owned(),
            query_string,
            headers: self.headers,
            body,
            event,
            captures: alloc::vec::Vec::new(),
        })
    }
}

impl<'j> RequestContext<'j> {
    fn read(&mut self, r: &mut Reader<'j>) -> Result<(), json::Error> {
        if r.peek()? != Kind::Object {
            return r.skip();
        }
        r.begin_object()?;
        while let Some(name) = r.next_member()? {
            match &*name {
                "elb" => self.is_elb = is_there(r)?,
                "serviceNetworkArn" => self.is_lattice = is_there(r)?,
                "connectionId" => self.has_connection = is_there(r)?,
                "eventType" => self.event_type = any_text(r)?,
                "stage" => self.stage = any_text(r)?,
                "domainName" => self.domain_name = any_text(r)?,
                "routeKey" => self.route_key = any_text(r)?,
                "http" if r.peek()? == Kind::Object => {
                    self.is_http = true;
                    r.begin_object()?;
                    while let Some(name) = r.next_member()? {
                        match &*name {
                            "method" => self.method = text(r)?,
                            _ => r.skip()?,
                        }
                    }
                }
                _ => r.skip()?,
            }
        }
        Ok(())
    }
}

#[cold]
fn missing(what: &str) -> Error {
    Error::new(
        UNMARSHAL_ERROR,
        format_args!("the HTTP request lacks {what}"),
    )
}

/// A string; `null` is none.
fn text<'j>(r: &mut Reader<'j>) -> Result<Option<Cow<'j, str>>, json::Error> {
    if r.null_if_next() {
        return Ok(None);
    }
    r.string().map(Some)
}

/// A string; anything else is none.
fn any_text<'j>(r: &mut Reader<'j>) -> Result<Option<Cow<'j, str>>, json::Error> {
    if r.peek()? == Kind::String {
        return r.string().map(Some);
    }
    r.skip()?;
    Ok(None)
}

/// Whether something else than `null` comes next.
fn is_there(r: &mut Reader<'_>) -> Result<bool, json::Error> {
    let is_there = r.peek()? != Kind::Null;
    r.skip()?;
    Ok(is_there)
}

/// Where an object stands that has members.
fn object<'j>(r: &mut Reader<'j>) -> Result<Option<Reader<'j>>, json::Error> {
    let is_object = r.peek()? == Kind::Object;
    let here = r.clone();
    r.skip()?;
    let is_empty = !is_object || {
        let mut r = here.clone();
        r.begin_object()?;
        r.next_member()?.is_none()
    };
    Ok((!is_empty).then_some(here))
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
fn without_stage<'p>(path: &'p str, stage: Option<&str>) -> &'p str {
    let rest = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
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
            assert_eq!(without_stage(path, Some(stage)), want);
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
