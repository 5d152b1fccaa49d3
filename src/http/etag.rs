//! Entity tags: a response that the caller has already is not sent again.

use alloc::string::String;

use super::{Body, Method, Request, Response};

impl Response {
    /// The same with an `ETag` made from its body (RFC 9110, section 8.8.3), or 304 without a body
    /// if `request` is a `GET` or `HEAD` whose `If-None-Match` names it (section 13.1.2).
    ///
    /// Only what is answered with 200 gets one. The tag is a strong one, of 64 bits: it tells
    /// versions of a page from one another, and is no proof against those who look for two bodies
    /// with one tag.
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
        let tag = tag(self.body.as_bytes());
        self.headers.set("ETag", &tag);
        let is_read = matches!(request.method(), Method::Get | Method::Head);
        let mut lists = request.headers().get_all("if-none-match");
        if is_read && lists.any(|list| names(list, &tag)) {
            self.status = 304;
            self.body = Body::Empty;
            // RFC 9110, section 15.4.5: it is about nothing that is sent.
            self.headers.remove("Content-Type");
        }
        self
    }
}

/// The tag of a body, in quotes: its FNV-1a hash (draft-eastlake-fnv, 64 bits).
fn tag(body: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in body {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut tag = String::from("\"");
    for byte in hash.to_be_bytes() {
        for digit in [byte >> 4, byte & 0xf] {
            let digit = DIGITS.get(usize::from(digit)).copied();
            tag.push(char::from(digit.unwrap_or(b'0')));
        }
    }
    tag.push('"');
    tag
}

/// Whether an `If-None-Match` names `tag`, be it as a weak one (RFC 9110, section 8.8.3.2).
fn names(list: &str, tag: &str) -> bool {
    if list.trim_ascii() == "*" {
        return true;
    }
    let mut rest = list;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        rest = rest.strip_prefix("W/").unwrap_or(rest);
        // A comma may be part of a tag, so that the list is not split at them.
        let Some((other, behind)) = rest.strip_prefix('"').and_then(|text| text.split_once('"'))
        else {
            return false;
        };
        if tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) == Some(other) {
            return true;
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_the_hash_that_its_authors_publish() {
        assert_eq!(tag(b""), "\"cbf29ce484222325\"");
        assert_eq!(tag(b"a"), "\"af63dc4c8601ec8c\"");
        assert_eq!(tag(b"foobar"), "\"85944171f73967e8\"");
    }

    #[test]
    fn a_list_names_a_tag_weak_or_strong() {
        #[track_caller]
        fn check(list: &str, want: bool) {
            assert_eq!(names(list, "\"a\""), want, "{list}");
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
    fn what_the_caller_has_is_not_sent_again() {
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
        const TAG: &str = "\"af63dc4c8601ec8c\"";
        check(Method::Get, 200, None, (200, 1));
        check(Method::Get, 200, Some(TAG), (304, 0));
        check(Method::Head, 200, Some("*"), (304, 0));
        check(Method::Get, 200, Some("\"b\""), (200, 1));
        check(Method::Put, 200, Some(TAG), (200, 1));
        check(Method::Get, 404, Some(TAG), (404, 1));
    }
}
