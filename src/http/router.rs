//! [`Router`]: chooses a handler by method and path.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{Body, IntoResponse, Method, Request, Response};
use crate::context::Context;
use crate::error::Result;

/// The handler of a route, without its types.
type Route<'h> = Box<dyn Fn(Request, &Context) -> Result<Response> + Send + Sync + 'h>;

/// Calls the handler whose method and path pattern match a request.
///
/// In a pattern, `{name}` matches one segment that is not empty, and `{name...}` at the end matches
/// the rest of the path, which may be empty. Segments are compared after decoding, and an escaped
/// `/` does not end a segment. If several patterns match, the one that was added first is used.
///
/// Patterns are compared with [`Request::route_path`], which has neither the stage nor the base
/// path of a custom domain name. If no route matches, they are compared with [`Request::path`],
/// which has the base path.
///
/// ```
/// use tiny_lambda::http::{Method, Request, Response, Router};
///
/// let router = Router::new()
///     .get("/orders/{id}", |request, _| {
///         let id: u32 = request.param("id")?;
///         Ok(format!("order {id}"))
///     })
///     .delete("/orders/{id}", |_, _| Ok(()));
/// let cx = tiny_lambda::Context::default();
/// let status = |method, path| router.handle(Request::new(method, path), &cx).map(|r| r.status);
/// assert_eq!(status(Method::Get, "/orders/7"), Ok(200));
/// assert_eq!(status(Method::Head, "/orders/7"), Ok(200));
/// assert_eq!(status(Method::Put, "/orders/7"), Ok(405));
/// assert_eq!(status(Method::Get, "/orders"), Ok(404));
/// assert_eq!(status(Method::Get, "/orders/7/"), Ok(404));
/// ```
///
/// If no pattern matches, the response has status 404; if only the method does not match, 405 and
/// `Allow`. A `HEAD` request is handled by the route for `GET`, and its response has no body.
#[derive(Default)]
pub struct Router<'h> {
    routes: Vec<(Method, String, Route<'h>)>,
}

macro_rules! methods {
    ($($name:ident $method:ident $text:literal),*) => {$(
        #[doc = concat!("Adds a route for `", $text, "`.")]
        ///
        /// ```
        /// use tiny_lambda::Context;
        /// use tiny_lambda::http::{Method, Request, Router};
        ///
        #[doc = concat!("let router = Router::new().", stringify!($name), "(\"/tea\", |_, _| Ok(\"tea\"));")]
        #[doc = concat!("let request = Request::new(Method::", stringify!($method), ", \"/tea\");")]
        /// assert_eq!(router.handle(request, &Context::default())?.status, 200);
        /// # Ok::<(), tiny_lambda::Error>(())
        /// ```
        #[must_use]
        pub fn $name<R: IntoResponse>(
            self,
            pattern: &str,
            f: impl Fn(Request, &Context) -> Result<R> + Send + Sync + 'h,
        ) -> Self {
            self.route(Method::$method, pattern, f)
        }
    )*};
}

impl<'h> Router<'h> {
    /// Returns a router without routes.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::http::{Method, Request, Router};
    ///
    /// let response = Router::new().handle(Request::new(Method::Get, "/"), &Context::default())?;
    /// assert_eq!(response.status, 404);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn new() -> Router<'h> {
        Router::default()
    }

    methods!(
        get Get "GET", post Post "POST", put Put "PUT", patch Patch "PATCH", delete Delete "DELETE"
    );

    /// Adds a route for any method.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::http::{Method, Request, Router};
    ///
    /// let router = Router::new().route(Method::from("PURGE"), "/cache/{key...}", |request, _| {
    ///     Ok(request.param::<String>("key")?)
    /// });
    /// let request = Request::new(Method::from("PURGE"), "/cache/a/b");
    /// let response = router.handle(request, &Context::default())?;
    /// assert_eq!(response.body.as_str(), Some("a/b"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn route<R: IntoResponse>(
        mut self,
        method: Method,
        pattern: &str,
        f: impl Fn(Request, &Context) -> Result<R> + Send + Sync + 'h,
    ) -> Self {
        let f = Box::new(move |request: Request, cx: &Context| {
            f(request, cx).map(IntoResponse::into_response)
        });
        self.routes.push((method, pattern.into(), f));
        self
    }

    /// Calls the handler of the first route that matches `request`.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::http::{Method, Request, Router};
    ///
    /// let router = Router::new().get("/ping", |_, _| Ok("pong"));
    /// let response = router.handle(Request::new(Method::Get, "/ping"), &Context::default())?;
    /// assert_eq!(response.body.as_str(), Some("pong"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error that the handler returns.
    pub fn handle(&self, mut request: Request, cx: &Context) -> Result<Response> {
        let path = request.route_path();
        let mut allowed: Vec<&str> = Vec::new();
        let mut found = self.find_route(&request, path, &mut allowed);
        if found.is_none() && path.len() < request.path().len() {
            found = self.find_route(&request, request.path(), &mut allowed);
        }
        if let Some((f, captures)) = found {
            let is_head = *request.method() == Method::Head;
            request.captures = captures;
            let mut response = f(request, cx)?;
            if is_head {
                response.body = Body::Empty;
            }
            return Ok(response);
        }
        if allowed.is_empty() {
            return Ok(Response::new(404));
        }
        // RFC 9110, section 15.5.6: a 405 must name the methods.
        Ok(Response::new(405).with_header("Allow", &allowed.join(", ")))
    }

    /// Returns the first route that matches `path` and the method of `request`, with its captures.
    /// Appends the methods of routes that match the path only to `allowed`.
    fn find_route<'r>(
        &'r self,
        request: &Request,
        path: &str,
        allowed: &mut Vec<&'r str>,
    ) -> Option<(&'r Route<'h>, Captures)> {
        let segments = request.segments(path)?;
        let is_head = *request.method() == Method::Head;
        for (method, pattern, f) in &self.routes {
            let Some(captures) = captures(pattern, "...", &segments) else {
                continue;
            };
            if method == request.method() || is_head && *method == Method::Get {
                return Some((f, captures));
            }
            let head = (*method == Method::Get).then_some("HEAD");
            for name in [method.as_str()].into_iter().chain(head) {
                if !allowed.contains(&name) {
                    allowed.push(name);
                }
            }
        }
        None
    }
}

impl fmt::Debug for Router<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.routes.iter().map(|route| (&route.0, &route.1));
        f.debug_list().entries(routes).finish()
    }
}

/// The names in a pattern and the decoded text that each has matched.
pub(super) type Captures = Vec<(String, String)>;

/// Returns the captures if `pattern` matches the path with these segments. `rest_mark` is the text after the
/// name of a parameter that matches the rest of the path.
pub(super) fn captures(pattern: &str, rest_mark: &str, segments: &[String]) -> Option<Captures> {
    let mut captures = Vec::new();
    let mut segments = segments.iter();
    for part in pattern.strip_prefix('/')?.split('/') {
        let name = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'));
        if let Some(name) = name.and_then(|name| name.strip_suffix(rest_mark)) {
            let rest: Vec<&str> = segments.by_ref().map(String::as_str).collect();
            captures.push((name.into(), rest.join("/")));
            break;
        }
        let segment = segments.next()?;
        match name {
            // `/orders/` does not match `/orders/{id}`.
            Some(_) if segment.is_empty() => return None,
            Some(name) => captures.push((name.into(), segment.clone())),
            None if part == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(captures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_segment_by_segment() {
        #[track_caller]
        fn check(pattern: &str, path: &str, want: Option<&[(&str, &str)]>) {
            let request = Request::new(Method::Get, path);
            let segments = request.segments(path).unwrap();
            let got = captures(pattern, "...", &segments);
            let got: Option<Vec<(&str, &str)>> = got
                .as_ref()
                .map(|got| got.iter().map(|c| (c.0.as_str(), c.1.as_str())).collect());
            assert_eq!(got.as_deref(), want, "{pattern} {path}");
        }
        check("/", "/", Some(&[]));
        check("/", "/a", None);
        check("/a", "/a", Some(&[]));
        check("/a", "/a/", None);
        check("/a/", "/a/", Some(&[]));
        check("/a", "/A", None);
        check("/{x}", "/a", Some(&[("x", "a")]));
        check("/{x}", "/", None);
        check("/{x}/b/{y}", "/1/b/2", Some(&[("x", "1"), ("y", "2")]));
        check("/{x}/b/{y}", "/1/c/2", None);
        check("/{x}", "/a%2Fb%20c", Some(&[("x", "a/b c")]));
        check("/caf%C3%A9", "/caf%C3%A9", None);
        check("/caf\u{e9}", "/caf%C3%A9", Some(&[]));
        check("/f/{rest...}", "/f/a/b", Some(&[("rest", "a/b")]));
        check("/f/{rest...}", "/f/", Some(&[("rest", "")]));
        check("/f/{rest...}", "/f", Some(&[("rest", "")]));
        check("/f/{rest...}", "/g", None);
        check("a", "/a", None);
    }
}
