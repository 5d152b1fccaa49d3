//! Entity tags: a body that the caller already has is not sent again.

use alloc::string::String;

use super::{Body, Method, Request, Response};
use crate::encoding::push_hex;

impl Response {
    /// Returns the response with an `ETag` made from its body (RFC 9110, section 8.8.3). If
    /// `request` is a `GET` or `HEAD` request whose `If-None-Match` lists that tag, the status is
    /// 304 and the body empty (section 13.1.2).
    ///
    /// Only a response with status 200 gets a tag. The tag is a strong one, a hash of 64 bits: it
    /// distinguishes versions of a page, but somebody who wants two bodies with one tag can find
    /// them.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request, Response};
    ///
    /// let request = Request::new(Method::Get, "/prices");
    /// let first = Response::text("tea 2.50").with_etag(&request);
    /// let tag = first.headers.get("etag").unwrap_or_default();
    /// let again = request.with_header("If-None-Match", tag);
    /// let second = Response::text("tea 2.50").with_etag(&again);
    /// assert_eq!((second.status, second.body.len()), (304, 0));
    /// let third = Response::text("tea 2.60").with_etag(&again);
    /// assert_eq!(third.status, 200);
    /// ```
    #[must_use]
    pub fn with_etag(mut self, request: &Request) -> Response {
        if self.status != 200 {
            return self;
        }
        let tag = entity_tag(self.body.as_bytes());
        self.headers.insert("ETag", &tag);
        let is_read = matches!(request.method(), Method::Get | Method::Head);
        let mut lists = request.headers().get_all("if-none-match");
        if is_read && lists.any(|list| contains_tag(list, &tag)) {
            self.status = 304;
            self.body = Body::Empty;
            // RFC 9110, section 15.4.5: a 304 has no metadata of a body that it does not send.
            self.headers.remove("Content-Type");
        }
        self
    }
}

/// Returns the tag of a body in quotes: its FNV-1a hash of 64 bits (draft-eastlake-fnv).
fn entity_tag(body: &[u8]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in body {
        // FNV-1a multiplies modulo 2^64.
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut tag = String::from("\"");
    for byte in hash.to_be_bytes() {
        push_hex(&mut tag, byte);
    }
    tag.push('"');
    tag
}

/// Returns whether the value of `If-None-Match` lists `tag`, as a strong or a weak tag (RFC 9110,
/// section 8.8.3.2).
fn contains_tag(list: &str, tag: &str) -> bool {
    if list.trim_ascii() == "*" {
        return true;
    }
    let mut rest = list;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        rest = rest.strip_prefix("W/").unwrap_or(rest);
        // The list is not split at commas: a tag may contain one.
        let Some((other, after)) = rest.strip_prefix('"').and_then(|text| text.split_once('"'))
        else {
            return false;
        };
        if tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) == Some(other) {
            return true;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_the_published_hashes() {
        assert_eq!(entity_tag(b""), "\"CBF29CE484222325\"");
        assert_eq!(entity_tag(b"a"), "\"AF63DC4C8601EC8C\"");
        assert_eq!(entity_tag(b"foobar"), "\"85944171F73967E8\"");
    }

    #[test]
    fn a_list_contains_a_tag_weak_or_strong() {
        #[track_caller]
        fn check(list: &str, want: bool) {
            assert_eq!(contains_tag(list, "\"a\""), want, "{list}");
        }
        check("\"a\"", true);
        check("W/\"a\"", true);
        check("*", true);
        check("  *", true);
        check("\"b\", W/\"c\" ,\"a\"", true);
        check("\"b\",,\"a\"", true);
        check("\"b, \", \"a\"", true);
        check("\"b,\"a\"", false);
        check("", false);
        check("a", false);
        check("\"a", false);
        check("\"A\"", false);
        check("\"b\"", false);
        check("w/\"a\"", false);
        check("\"b\" *", false);
    }

    #[test]
    fn a_body_that_the_caller_has_is_not_sent_again() {
        #[track_caller]
        fn check(method: Method, status: u16, matching: Option<&str>, want: (u16, usize)) {
            let mut request = Request::new(method, "/");
            if let Some(matching) = matching {
                request = request.with_header("If-None-Match", matching);
            }
            let response = Response::text("a").with_status(status).with_etag(&request);
            assert_eq!((response.status, response.body.len()), want);
            let has_type = response.headers.get("content-type").is_some();
            assert_eq!(has_type, want.0 != 304);
            assert_eq!(response.headers.get("etag").is_some(), status == 200);
        }
        const TAG: &str = "\"AF63DC4C8601EC8C\"";
        check(Method::Get, 200, None, (200, 1));
        check(Method::Get, 200, Some(TAG), (304, 0));
        check(Method::Head, 200, Some("*"), (304, 0));
        check(Method::Get, 200, Some("\"b\""), (200, 1));
        check(Method::Put, 200, Some(TAG), (200, 1));
        check(Method::Get, 404, Some(TAG), (404, 1));
    }
}
