//! Reads a [`Request`] from an event. One pass over the JSON notes where the members are; they are
//! read when the front door is known.
//!
//! The forms are those of the AWS pages "Lambda proxy integrations in API Gateway", "AWS Lambda
//! proxy integrations for HTTP APIs", "Lambda function URLs", "Lambda functions as targets" of
//! Application Load Balancers and of VPC Lattice.

use crate::encoding::lengths::{text_after, text_before};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::headers::is_field_name;
use super::query::{split, split_once};
use super::response_event::Caller;
use super::{Body, HeaderMap, Method, Origin, Request};
use crate::encoding::{decode_base64, push_percent_encoded};
use crate::error::{Error, Result};
use crate::http1::head::is;
use crate::json::{self, Kind, Reader};

/// The name of the event in errors before the front door is known.
pub(super) const REQUEST: &str = "HTTP request";

const DIRECT_INVOKE: &str = "expected a request of API Gateway, a function URL, a load balancer or \
    VPC Lattice, found another event: use `run`";

/// Defines the members of the events that are read, and a table of the names in each object.
macro_rules! members {
    ($($table:ident { $($member:ident $name:literal)* })*) => {
        /// A member of an event; an index into [`EventMembers::offsets`].
        #[derive(Clone, Copy, PartialEq)]
        enum Member {
            $($($member,)*)*
        }
        const N_MEMBERS: usize = [$($($name,)*)*].len();
        $(const $table: &[(&str, Member)] = &[$(($name, Member::$member),)*];)*
    };
}

members! {
    EVENT_MEMBERS {
        Version "version"
        HttpMethod "httpMethod"
        LatticeMethod "method"
        Path "path"
        RawPath "rawPath"
        SnakePath "raw_path"
        Resource "resource"
        RawQuery "rawQueryString"
        Query "queryStringParameters"
        SnakeQuery "query_string_parameters"
        MultiQuery "multiValueQueryStringParameters"
        Headers "headers"
        MultiHeaders "multiValueHeaders"
        Cookies "cookies"
        Body "body"
        Base64 "isBase64Encoded"
        SnakeBase64 "is_base64_encoded"
        Context "requestContext"
    }
    CONTEXT_MEMBERS {
        Elb "elb"
        ServiceNetwork "serviceNetworkArn"
        Connection "connectionId"
        EventType "eventType"
        Domain "domainName"
        Stage "stage"
        Route "routeKey"
        Http "http"
    }
    HTTP_MEMBERS {
        Method "method"
    }
}

/// The members that one pass over an event has found. They are read when the front door is known,
/// so that errors can name it.
struct EventMembers<'j> {
    event: &'j str,
    /// The offset of each member's value; 0, at which no value can be, if it is missing or `null`.
    offsets: [usize; N_MEMBERS],
}

/// Reads the request in `event`.
///
/// # Errors
/// `Runtime.UnmarshalError` if the event is not JSON or not a web request.
#[inline(never)]
pub(super) fn read_request(event: &str) -> Result<Request> {
    let mut members = EventMembers {
        event,
        offsets: [0; N_MEMBERS],
    };
    let mut r = Reader::new(event);
    if let Err(error) = members.scan(&mut r, EVENT_MEMBERS).and_then(|()| r.end()) {
        let name = members.origin().map_or(REQUEST, event_name);
        return Err(unmarshal_error(name, &error, event.as_bytes()));
    }
    match members.origin() {
        Some(origin) => Ok(members.request(origin)),
        None => Err(Error::new(Error::UNMARSHAL, DIRECT_INVOKE)),
    }
}

/// Returns the name of an event in errors.
fn event_name(origin: Origin) -> &'static str {
    match origin {
        Origin::RestApi => "REST API request",
        Origin::HttpApi => "HTTP API request",
        Origin::FunctionUrl => "function URL request",
        Origin::WebSocket => "WebSocket API request",
        Origin::Alb => "ALB request",
        Origin::LatticeV1 | Origin::LatticeV2 => "VPC Lattice request",
    }
}

/// Adds the name of the event and the JSON at the error's offset to an error of the JSON reader.
#[track_caller]
pub(super) fn unmarshal_error(name: &str, error: &json::Error, event: &[u8]) -> Error {
    let found = event.get(error.offset()..).unwrap_or_default();
    Error::unmarshal(name, error, found)
}

// `inline(never)` on functions that are called once saves 800 bytes; plain form: no attribute.
impl<'j> EventMembers<'j> {
    /// Notes the offsets of the members of an object. A value that is not an object has no members.
    fn scan(&mut self, r: &mut Reader<'j>, names: &[(&str, Member)]) -> Result<(), json::Error> {
        if r.peek()? != Kind::Object {
            return r.skip();
        }
        r.begin_object()?;
        while let Some(name) = r.next_member()? {
            let member = names.iter().find(|entry| entry.0 == name);
            let member = member.map(|entry| entry.1);
            let is_null = r.peek()? == Kind::Null;
            if let Some(offset) = member.and_then(|member| self.offsets.get_mut(member as usize)) {
                *offset = if is_null { 0 } else { r.offset() };
            }
            match member {
                Some(Member::Context) => self.scan(r, CONTEXT_MEMBERS)?,
                Some(Member::Http) => self.scan(r, HTTP_MEMBERS)?,
                _ => r.skip()?,
            }
        }
        Ok(())
    }

    /// Returns whether the event has a member that is not `null`.
    fn has(&self, member: Member) -> bool {
        self.get(member).is_some()
    }

    /// Returns a reader at a member's value; `None` if it is missing or `null`.
    fn get(&self, member: Member) -> Option<Reader<'j>> {
        let offset = *self.offsets.get(member as usize)?;
        (offset != 0).then(|| Reader::at(self.event, offset))
    }

    /// Returns the text of a member. A value that is not a string, as in test events written by
    /// hand, is returned as JSON.
    fn text(&self, member: Member) -> Option<Cow<'j, str>> {
        let mut r = self.get(member)?;
        let text = r.clone().string();
        text.or_else(|_| r.raw().map(Cow::Borrowed)).ok()
    }

    /// Returns the front door that sent the event, by the members that only its events have. Two of
    /// them are enough, so one missing member does no harm, and one that the event of a direct
    /// invocation happens to have does not make it a request.
    fn origin(&self) -> Option<Origin> {
        use Member::{
            Base64, Body, Connection, Elb, EventType, Headers, Http, HttpMethod, LatticeMethod,
            Path, RawPath, RawQuery, Resource, ServiceNetwork, SnakeBase64, SnakePath, SnakeQuery,
        };
        let is_2 = usize::from(self.text(Member::Version).as_deref() == Some("2.0"));
        let has_two = |members: &[Member], n_others: usize| {
            let n_members = members.iter().filter(|&&member| self.has(member)).count();
            n_members.saturating_add(n_others) > 1
        };
        Some(if self.has(Elb) {
            Origin::Alb
        } else if self.has(Connection) || self.has(EventType) {
            Origin::WebSocket
        } else if self.has(ServiceNetwork) {
            Origin::LatticeV2
        } else if has_two(&[Http, RawPath, RawQuery], is_2) {
            // `https://<url-id>.lambda-url.<region>.on.aws`
            let domain = self.text(Member::Domain).unwrap_or_default();
            if split(&domain, b'.').nth(1) == Some("lambda-url") {
                Origin::FunctionUrl
            } else {
                Origin::HttpApi
            }
        } else if has_two(&[SnakePath, SnakeBase64, SnakeQuery, LatticeMethod], 0) {
            Origin::LatticeV1
        } else if has_two(&[LatticeMethod, Path], is_2) {
            Origin::LatticeV2
        } else if has_two(&[HttpMethod, Path, Resource, Base64], 0)
            || self.has(Base64) && (self.has(Body) || self.has(Headers))
        {
            Origin::RestApi
        } else {
            return None;
        })
    }

    /// Returns whether the front door has decoded the path, except `%2F`: an HTTP API has. Its
    /// requests in payload format 1.0 differ from those of a REST API in having a version.
    fn has_decoded_path(&self, origin: Origin) -> bool {
        origin == Origin::HttpApi
            || origin == Origin::RestApi && self.text(Member::Version).as_deref() == Some("1.0")
    }

    /// Reads the request.
    #[inline(never)]
    fn request(&self, origin: Origin) -> Request {
        let (method, path) = match origin {
            Origin::HttpApi | Origin::FunctionUrl => (Member::Method, Member::RawPath),
            Origin::LatticeV1 => (Member::LatticeMethod, Member::SnakePath),
            Origin::LatticeV2 => (Member::LatticeMethod, Member::Path),
            Origin::WebSocket => (Member::HttpMethod, Member::Route),
            Origin::RestApi | Origin::Alb => (Member::HttpMethod, Member::Path),
        };
        let is_socket = origin == Origin::WebSocket;
        let (default_method, default_path) = if is_socket {
            ("GET", "$default")
        } else {
            ("", "")
        };
        let method = self.text(method).unwrap_or(Cow::Borrowed(default_method));
        let target = self.text(path).unwrap_or(Cow::Borrowed(default_path));
        // In a decoded path, `?` is part of the path (recorded events in hotsock/voker).
        let has_decoded_path = self.has_decoded_path(origin);
        let (path, path_query) = if has_decoded_path {
            (&*target, "")
        } else {
            split_once(&target, b'?')
        };
        let mut raw_path = String::new();
        if is_socket {
            // A route such as `$connect` or `$default` is used as the path.
            raw_path.push('/');
        }
        raw_path.push_str(path);
        let path = match self.text(Member::Stage) {
            Some(stage) if has_decoded_path => without_stage(&raw_path, &stage),
            _ => &raw_path,
        };
        Request {
            caller: Caller {
                origin,
                // The target group of a load balancer sends either single or multiple values.
                is_multi_value: self.has(Member::MultiHeaders) || self.has(Member::MultiQuery),
            },
            method: Method::from(&*method),
            path: path.into(),
            query_string: self.query(origin, path_query),
            headers: self.headers(),
            raw_path,
            has_decoded_path,
            body: self.body(event_name(origin)),
            event: self.without_body(),
            captures: Vec::new(),
        }
    }

    /// Returns the encoded query.
    #[inline(never)]
    fn query(&self, origin: Origin, path_query: &str) -> String {
        let mut query = String::from(self.text(Member::RawQuery).unwrap_or_default());
        for member in [Member::MultiQuery, Member::Query, Member::SnakeQuery] {
            if let (Some(mut r), true) = (self.get(member), query.is_empty()) {
                // Only the names and values of an Application Load Balancer are still encoded.
                // There is no error: the first pass has read the value.
                let _ = push_query(&mut query, &mut r, origin != Origin::Alb);
            }
        }
        if query.is_empty() {
            query.push_str(path_query);
        }
        query
    }

    /// Returns the headers, and the `cookies` of a version 2.0 event as one `cookie` header.
    ///
    /// A header with an invalid name is left out; control characters in values become spaces (RFC
    /// 9110, section 5.5).
    #[inline(never)]
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut cookies = String::new();
        if let Some(mut r) = self.get(Member::Cookies) {
            let _ = for_each_text(&mut r, &mut |cookie| {
                push_separated(&mut cookies, "; ", cookie);
            });
        }
        for member in [Member::MultiHeaders, Member::Headers] {
            // `headers` repeats the last value of each header of `multiValueHeaders`.
            let n_before = headers.len();
            if let Some(mut r) = self.get(member) {
                let _ = for_each_pair(&mut r, &mut |name, value| {
                    let is_same = |field: (&str, &str)| is(field.0.as_bytes(), name.as_bytes());
                    if !cookies.is_empty() && is_same(("cookie", "")) {
                        push_new_cookies(&mut cookies, value);
                    } else if is_field_name(name) && !headers.iter().take(n_before).any(is_same) {
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

    /// Returns the body, or the error that [`Request::body`] returns.
    #[inline(never)]
    fn body(&self, event_name: &str) -> Result<Body> {
        let Some(mut r) = self.get(Member::Body) else {
            return Ok(Body::Empty);
        };
        let is_base64 = match self.get(Member::Base64).or(self.get(Member::SnakeBase64)) {
            Some(mut r) => r.bool(),
            None => Ok(false),
        };
        match (r.string(), is_base64) {
            (Ok(text), Ok(false)) => Ok(Body::Text(text.into_owned())),
            (Ok(text), Ok(true)) => match decode_base64(text.as_bytes()) {
                Ok(bytes) => Ok(Body::Bytes(bytes)),
                Err(error) => {
                    // `format_args!` is not in a variable: before Rust 1.89 it would not live long
                    // enough.
                    Err(Error::unmarshal(
                        event_name,
                        &format_args!("$.isBase64Encoded is true, but $.body is {error}"),
                        text.as_bytes(),
                    ))
                }
            },
            (Err(error), _) | (_, Err(error)) => {
                Err(unmarshal_error(event_name, &error, self.event.as_bytes()))
            }
        }
    }

    /// Returns the event with `null` in place of the body.
    #[inline(never)]
    fn without_body(&self) -> String {
        let Some(mut r) = self.get(Member::Body) else {
            return self.event.into();
        };
        let mut text = String::from(text_before(self.event, r.offset()));
        text.push_str("null");
        let _ = r.skip();
        text.push_str(text_after(self.event, r.offset()));
        text
    }
}

type OnText<'f> = &'f mut dyn FnMut(&str);

/// Calls `on_text` for a string, or for each string of an array. Numbers and booleans, which test
/// events written by hand may have, are passed as their JSON; `null` and objects are skipped.
pub(super) fn for_each_text(r: &mut Reader<'_>, on_text: OnText<'_>) -> Result<(), json::Error> {
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
                for_each_text(r, on_text)?;
            }
            Ok(())
        }
        Kind::Null | Kind::Object => r.skip(),
    }
}

type OnPair<'f> = &'f mut dyn FnMut(&str, &str);

/// Calls `on_pair` for each name and value of an object whose values are strings or arrays of
/// strings. A value that is not an object is skipped.
pub(super) fn for_each_pair(r: &mut Reader<'_>, on_pair: OnPair<'_>) -> Result<(), json::Error> {
    if r.peek()? != Kind::Object {
        return r.skip();
    }
    r.begin_object()?;
    while let Some(name) = r.next_member()? {
        for_each_text(r, &mut |value| on_pair(&name, value))?;
    }
    Ok(())
}

/// Appends a query with the names and values of an object.
#[inline(never)]
fn push_query(query: &mut String, r: &mut Reader<'_>, encode: bool) -> Result<(), json::Error> {
    for_each_pair(r, &mut |name, value| {
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

/// Appends the cookies of a `cookie` header that `cookies` does not have. The event of a function
/// URL has its `cookies` in `headers` too, that of an HTTP API has not (recorded events in
/// aws-lambda-web-adapter, "Double cookie headers").
fn push_new_cookies(cookies: &mut String, header: &str) {
    for cookie in split(header, b';').map(str::trim_ascii) {
        let is_same = |known: &str| known.trim_ascii() == cookie;
        if !cookie.is_empty() && !split(cookies, b';').any(is_same) {
            push_separated(cookies, "; ", cookie);
        }
    }
}

/// Appends `more`, after `separator` unless `text` is empty.
pub(super) fn push_separated(text: &mut String, separator: &str, more: &str) {
    if !text.is_empty() {
        text.push_str(separator);
    }
    text.push_str(more);
}

/// Returns `path` without its first segment if that is `stage`.
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
    fn a_stage_is_removed_only_as_the_first_segment() {
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
