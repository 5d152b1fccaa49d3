//! [`Router`]: chooses a handler by method and path.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::response_event::reason_phrase;
use super::{Body, HttpFn, IntoResponse, Method, Request, Response, error_response};
use crate::context::Context;
use crate::error::Result;
use crate::json::Writer;
use crate::sys::utf8;

/// The handler of a route, without its types.
type RouteHandler<'h> = Box<dyn Fn(Request, &Context) -> Result<Response> + Send + Sync + 'h>;

/// Calls the handler whose method and path pattern match a request.
///
/// ```
/// use tiny_lambda::http::{Method, Request, Router};
/// use tiny_lambda::json_struct;
///
/// json_struct! { struct Order { id: u32 } }
///
/// let router = Router::new()
///     .get("/orders/{id}", |request, _| Ok(Order { id: request.param("id")? }))
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
/// [`run_http`](crate::run_http) serves a router, and a router is a [`Handler`](crate::Handler):
///
/// ```no_run
/// use tiny_lambda::http::Router;
///
/// fn main() -> ! {
///     tiny_lambda::run_http(Router::new().get("/ping", |_, _| Ok("pong")))
/// }
/// ```
///
/// # Patterns
/// A pattern begins with a slash. It is compared with the path segment by segment, after decoding:
/// an escaped `/` (`%2F`) does not end a segment and is part of a parameter's value.
///
/// | in a pattern | matches |
/// | --- | --- |
/// | `orders` | the segment `orders`, with the same case |
/// | `{id}` | one segment that is not empty |
/// | `{rest...}` at the end | the rest of the path, which may be empty |
/// | `{*rest}` or `{rest+}` at the end | the rest of the path, which is not empty (as in axum and API Gateway) |
///
/// A trailing slash counts: `/orders` does not match `/orders/`. To serve both, add a route for each.
///
/// If several patterns match the path and the method, the most specific one is used, whatever the
/// order in which they were added: at the first segment in which they differ, text is preferred to
/// a parameter, and a parameter to the rest. Of equal patterns, a route for the method is preferred to
/// one for [`any`](Self::any) method, and an earlier route to a later one.
///
/// Patterns are compared with [`Request::route_path`], which has neither the stage nor the base
/// path of a custom domain name. If no route matches, they are compared with [`Request::path`],
/// which has the base path.
///
/// # Methods
/// If no pattern matches the path, the [`fallback`](Self::fallback) is called; without one the response
/// has status 404. If patterns match the path but not the method, the response has status 405, and
/// `Allow` lists the methods (RFC 9110, section 15.5.6). This includes `OPTIONS`: add a route by
/// [`options`](Self::options), or use [`Cors`](super::Cors), which responds to preflight requests.
///
/// A `HEAD` request without a route of its own is handled by the route for `GET`. Its response has
/// no body, and the length of that body in `Content-Length`.
#[derive(Default)]
pub struct Router<'h> {
    routes: Vec<Route<'h>>,
    has_json_errors: bool,
}

struct Route<'h> {
    method: RouteMethod,
    pattern: String,
    handler: RouteHandler<'h>,
}

/// The methods that a route is for.
#[derive(Debug, PartialEq)]
enum RouteMethod {
    One(Method),
    Any,
    /// Any method, if no route matches the path.
    Fallback,
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
            f: impl HttpFn<R> + Send + 'h,
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
        get Get "GET", head Head "HEAD", post Post "POST", put Put "PUT", patch Patch "PATCH",
        delete Delete "DELETE", options Options "OPTIONS"
    );

    /// Adds a route for `method`, also for a method without a function of its own, such as `PURGE`.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::http::{Method, Request, Router};
    ///
    /// let router = Router::new().route(Method::from("PURGE"), "/cache/{key...}", |request, _| {
    ///     request.param::<String>("key")
    /// });
    /// let request = Request::new(Method::from("PURGE"), "/cache/a/b");
    /// let response = router.handle(request, &Context::default())?;
    /// assert_eq!(response.body.as_str(), Some("a/b"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn route<R: IntoResponse>(
        self,
        method: Method,
        pattern: &str,
        f: impl HttpFn<R> + Send + 'h,
    ) -> Self {
        self.add(RouteMethod::One(method), pattern, f)
    }

    /// Adds a route for every method that has no route with the same pattern.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::http::{Method, Request, Router};
    ///
    /// let router = Router::new().any("/echo", |request, _| Ok(request.method().to_string()));
    /// let request = Request::new(Method::from("PURGE"), "/echo");
    /// let response = router.handle(request, &Context::default())?;
    /// assert_eq!(response.body.as_str(), Some("PURGE"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn any<R: IntoResponse>(self, pattern: &str, f: impl HttpFn<R> + Send + 'h) -> Self {
        self.add(RouteMethod::Any, pattern, f)
    }

    /// Sets the handler of requests whose path no route matches. Without it they get status 404.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::http::{Method, Request, Router};
    ///
    /// let router = Router::new().fallback(|request, _| Ok((404, format!("no {}", request.path()))));
    /// let response = router.handle(Request::new(Method::Get, "/tea"), &Context::default())?;
    /// assert_eq!((response.status, response.body.as_str()), (404, Some("no /tea")));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn fallback<R: IntoResponse>(mut self, f: impl HttpFn<R> + Send + 'h) -> Self {
        self.routes
            .retain(|route| route.method != RouteMethod::Fallback || route.pattern != FALLBACK);
        self.add(RouteMethod::Fallback, FALLBACK, f)
    }

    /// Adds the routes of another router, with a prefix in front of their patterns. The pattern `/` of
    /// the other router becomes the prefix without a slash at the end. Its fallback becomes that of the paths
    /// below the prefix.
    ///
    /// The path of the request does not change: [`Request::path`] has the prefix. The prefix may have
    /// parameters.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::http::{Method, Request, Router};
    ///
    /// let orders = Router::new()
    ///     .get("/", |_, _| Ok("all orders"))
    ///     .get("/{id}", |request, _| Ok(format!("order {}", request.param::<u32>("id")?)));
    /// let router = Router::new().nest("/shop/orders", orders);
    /// let response = router.handle(Request::new(Method::Get, "/shop/orders/7"), &Context::default())?;
    /// assert_eq!(response.body.as_str(), Some("order 7"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn nest(mut self, prefix: &str, router: Router<'h>) -> Self {
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        for mut route in router.routes {
            let rest = match route.pattern.as_str() {
                "/" if !prefix.is_empty() => "",
                pattern => pattern,
            };
            route.pattern = [prefix, rest].concat();
            self.push(route);
        }
        self
    }

    /// Sends errors as JSON, `{"message":"Not Found"}`, the form in which API Gateway sends its own.
    ///
    /// This applies to every error that a route returns, with the message of [`http`](super#errors), and for
    /// every response with a status of 400 or more that has no body, such as the router's own 404 and 405
    /// and that of a route which returns `None`. If routers are [nested](Self::nest), call it on the outer one.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::http::{Method, Request, Router};
    ///
    /// let router = Router::new().json_errors().get("/orders/{id}", |request, _| {
    ///     request.param::<u32>("id").map(|id| format!("order {id}"))
    /// });
    /// let body = |path| {
    ///     let response = router.handle(Request::new(Method::Get, path), &Context::default());
    ///     response.map(|response| response.body)
    /// };
    /// assert_eq!(body("/tea")?.as_str(), Some(r#"{"message":"Not Found"}"#));
    /// assert_eq!(body("/orders/x")?.as_str(), Some(r#"{"message":"malformed value of `id`"}"#));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn json_errors(mut self) -> Self {
        self.has_json_errors = true;
        self
    }

    fn add<R: IntoResponse>(
        mut self,
        method: RouteMethod,
        pattern: &str,
        f: impl HttpFn<R> + Send + 'h,
    ) -> Self {
        self.push(Route {
            method,
            pattern: pattern.into(),
            handler: Box::new(move |request: Request, cx: &Context| {
                f(request, cx).map(IntoResponse::into_response)
            }),
        });
        self
    }

    fn push(&mut self, route: Route<'h>) {
        // A route that can never be called is found when the function is tested.
        debug_assert!(
            is_pattern(&route.pattern),
            "malformed pattern of a route: {:?}",
            route.pattern
        );
        self.routes.push(route);
    }

    /// Calls the handler of the route that matches `request`.
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
    /// The error that the handler returns; none after [`json_errors`](Self::json_errors).
    pub fn handle(&self, request: Request, cx: &Context) -> Result<Response> {
        let is_head = *request.method() == Method::Head;
        let mut result = self.call_route(request, cx);
        if self.has_json_errors {
            result = Ok(with_json_error(result));
        }
        if let (Ok(response), true) = (&mut result, is_head) {
            response.omit_body();
        }
        result
    }

    fn call_route(&self, mut request: Request, cx: &Context) -> Result<Response> {
        let path = request.route_path();
        let mut allowed: Vec<&str> = Vec::new();
        let mut found = self.find_route(&request, path, false, &mut allowed);
        if found.is_none() && path.len() < request.path().len() {
            found = self.find_route(&request, request.path(), false, &mut allowed);
        }
        if found.is_none() && !allowed.is_empty() {
            // RFC 9110, section 15.5.6: a 405 must name the methods.
            return Ok(Response::new(405).with_header("Allow", &allowed.join(", ")));
        }
        let found = found.or_else(|| self.find_route(&request, path, true, &mut allowed));
        let Some((route, captures)) = found else {
            return Ok(Response::new(404));
        };
        request.captures = captures;
        (route.handler)(request, cx)
    }

    /// Returns the most specific route that matches `path` and the method of `request`, with its captures.
    /// Appends the methods of routes that match the path only to `allowed`.
    fn find_route<'r>(
        &'r self,
        request: &Request,
        path: &str,
        is_fallback: bool,
        allowed: &mut Vec<&'r str>,
    ) -> Option<(&'r Route<'h>, Captures)> {
        // A fallback also handles an event without a path.
        let segments = request.segments(path);
        let segments = segments.or(is_fallback.then(Vec::new))?;
        let is_head = *request.method() == Method::Head;
        let mut best: Option<(&Route<'h>, Captures)> = None;
        for route in &self.routes {
            if (route.method == RouteMethod::Fallback) != is_fallback {
                continue;
            }
            let Some(captures) = captures(&route.pattern, &segments) else {
                continue;
            };
            if let RouteMethod::One(method) = &route.method {
                let is_get = *method == Method::Get;
                if method != request.method() && !(is_head && is_get) {
                    let head = is_get.then_some("HEAD");
                    for name in [method.as_str()].into_iter().chain(head) {
                        if !allowed.contains(&name) {
                            allowed.push(name);
                        }
                    }
                    continue;
                }
            }
            let order = |route: &'r Route<'h>| {
                let method = match &route.method {
                    RouteMethod::One(method) if method == request.method() => 0,
                    RouteMethod::One(_) => 1,
                    RouteMethod::Any | RouteMethod::Fallback => 2,
                };
                (specificity(&route.pattern), method)
            };
            if best
                .as_ref()
                .is_none_or(|best| order(route) < order(best.0))
            {
                best = Some((route, captures));
            }
        }
        best
    }
}

impl fmt::Debug for Router<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self
            .routes
            .iter()
            .map(|route| (&route.method, &route.pattern));
        f.debug_list().entries(routes).finish()
    }
}

/// Gives a JSON body to the response of an error, and to a response with an error's status and no body.
fn with_json_error(result: Result<Response>) -> Response {
    let (mut response, message) = match result {
        Ok(response) if response.status < 400 || !response.body.is_empty() => return response,
        Ok(response) => {
            let reason = reason_phrase(response.status).unwrap_or("Error");
            (response, String::from(reason))
        }
        Err(error) => {
            let response = error_response(error);
            let message = response.body.as_str().unwrap_or_default().into();
            (response, message)
        }
    };
    let mut w = Writer::default();
    w.begin_object();
    w.member("message", &message);
    w.end_object();
    response.headers.insert("Content-Type", "application/json");
    response.body = Body::from(utf8::into_text(w.into_inner()));
    response
}

/// The names in a pattern and the decoded text that each has matched.
pub(super) type Captures = Vec<(String, String)>;

/// The pattern of a fallback: it has no name for the rest of the path.
const FALLBACK: &str = "/{...}";

/// A segment of a pattern.
#[derive(Debug)]
enum Part<'p> {
    Text(&'p str),
    Parameter(&'p str),
    /// The rest of the path; the second member is whether it may be empty.
    Rest(&'p str, bool),
}

impl<'p> Part<'p> {
    fn parse(text: &'p str) -> Part<'p> {
        let name = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        let Some(name) = name else {
            return Part::Text(text);
        };
        if let Some(name) = name.strip_suffix("...") {
            return Part::Rest(name, true);
        }
        match name.strip_prefix('*').or(name.strip_suffix('+')) {
            Some(name) => Part::Rest(name, false),
            None => Part::Parameter(name),
        }
    }
}

/// Returns the segments of a pattern; `None` if it does not begin with a slash.
fn parts(pattern: &str) -> Option<impl Iterator<Item = Part<'_>>> {
    Some(pattern.strip_prefix('/')?.split('/').map(Part::parse))
}

/// Returns the rank of a pattern among those that match the same path. The smallest one is preferred.
fn specificity(pattern: &str) -> Vec<u8> {
    let kind = |part| match part {
        Part::Text(_) => 0,
        Part::Parameter(_) => 1,
        Part::Rest(_, false) => 2,
        Part::Rest(_, true) => 3,
    };
    parts(pattern).map_or_else(Vec::new, |parts| parts.map(kind).collect())
}

/// Returns whether a pattern can match a path.
fn is_pattern(pattern: &str) -> bool {
    let Some(parts) = parts(pattern) else {
        return false;
    };
    let mut has_ended = false;
    for part in parts {
        let is_valid = match part {
            Part::Text(text) => !text.contains(['{', '}']),
            Part::Parameter(name) => !name.is_empty(),
            Part::Rest(..) => true,
        };
        if has_ended || !is_valid {
            return false;
        }
        has_ended = matches!(part, Part::Rest(..));
    }
    true
}

/// Returns the captures if `pattern` matches the path with these segments.
pub(super) fn captures(pattern: &str, segments: &[String]) -> Option<Captures> {
    let mut captures = Vec::new();
    let mut segments = segments.iter();
    for part in parts(pattern)? {
        let (name, value) = match part {
            Part::Rest(name, may_be_empty) => {
                let rest: Vec<&str> = segments.by_ref().map(String::as_str).collect();
                let rest = rest.join("/");
                if rest.is_empty() && !may_be_empty {
                    return None;
                }
                (name, rest)
            }
            Part::Parameter(name) => match segments.next()? {
                // `/orders/` does not match `/orders/{id}`.
                segment if segment.is_empty() => return None,
                segment => (name, segment.clone()),
            },
            Part::Text(text) if text == segments.next()? => continue,
            Part::Text(_) => return None,
        };
        captures.push((name.into(), value));
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
            let got = captures(pattern, &segments);
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
        for pattern in ["/f/{*rest}", "/f/{rest+}"] {
            check(pattern, "/f/a/b", Some(&[("rest", "a/b")]));
            check(pattern, "/f/a/", Some(&[("rest", "a/")]));
            check(pattern, "/f/a%2Fb", Some(&[("rest", "a/b")]));
            check(pattern, "/f/", None);
            check(pattern, "/f", None);
        }
        check("/f/{rest...}/x", "/f/a/x", None);
    }

    #[test]
    fn a_pattern_that_can_match_no_path_is_malformed() {
        for pattern in [
            "/",
            "/a",
            "/a/",
            "/{x}/b",
            "/{x}/{rest...}",
            "/{...}",
            "/a:b",
            "/*",
        ] {
            assert!(is_pattern(pattern), "{pattern}");
        }
        for pattern in [
            "",
            "a",
            "/{}",
            "/{x",
            "/a}",
            "/{x}.txt",
            "/{rest...}/x",
            "/{*rest}/x",
        ] {
            assert!(!is_pattern(pattern), "{pattern}");
        }
    }

    /// Each list is in the order of preference, whatever the order in which the routes were added.
    #[test]
    fn the_most_specific_pattern_is_used() {
        #[track_caller]
        fn check(path: &str, patterns: &[&str]) {
            for from in 0..patterns.len() {
                let mut order = patterns[from..].to_vec();
                for _ in 0..order.len() {
                    order.rotate_left(1);
                    let router = order.iter().fold(Router::new(), |router, &pattern| {
                        router.get(pattern, move |_, _| Ok(pattern.to_owned()))
                    });
                    let request = Request::new(Method::Get, path);
                    let got = router.handle(request, &Context::default()).unwrap();
                    assert_eq!(got.body.as_str(), Some(patterns[from]), "{order:?}");
                }
            }
        }
        check(
            "/a/b",
            &[
                "/a/b",
                "/a/{x}",
                "/a/{x+}",
                "/a/{x...}",
                "/{x}/b",
                "/{x}/{y}",
                "/{x}/{*y}",
                "/{*x}",
                "/{x...}",
            ],
        );
        check("/a", &["/a", "/a/{x...}", "/{x}", "/{x+}", "/{x...}"]);
        check("/a/", &["/a/", "/a/{x...}", "/{x}/", "/{x+}", "/{x...}"]);
        check("/", &["/", "/{x...}"]);
        // If two patterns are equally specific, the first one is used.
        let router = Router::new()
            .get("/{a}", |_, _| Ok("first"))
            .get("/{b}", |_, _| Ok("second"));
        let got = router.handle(Request::new(Method::Get, "/x"), &Context::default());
        assert_eq!(got.unwrap().body.as_str(), Some("first"));
    }
}
