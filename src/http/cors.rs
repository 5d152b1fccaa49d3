//! [`Cors`]: cross-origin resource sharing.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::query::split;
use super::{Method, Request, Response, ResponseEvent, error_response};
use crate::error::Result;

/// Cross-origin resource sharing (Fetch Standard, "CORS protocol"): allows scripts of other sites
/// to call a function. HTTP APIs and function URLs can also be configured to do it themselves.
///
/// ```
/// use tiny_lambda::http::{Cors, Method, Request, Response};
///
/// let cors = Cors::new(&["https://shop.example"]).allow_headers(&["content-type"]);
/// let request = Request::new(Method::Get, "/").with_header("Origin", "https://shop.example");
/// let response = cors.handle(request, |_| Ok(Response::text("hi")))?;
/// let allowed = response.headers.get("access-control-allow-origin");
/// assert_eq!(allowed, Some("https://shop.example"));
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    origins: Vec<String>,
    methods: String,
    headers: String,
    exposed_headers: String,
    credentials: bool,
    max_age: Option<Duration>,
}

impl Cors {
    /// Allows scripts of `origins`, such as `https://shop.example`; `*` allows all origins.
    ///
    /// ```
    /// use tiny_lambda::http::Cors;
    ///
    /// let one = Cors::new(&["https://shop.example"]);
    /// let any = Cors::new(&["*"]);
    /// assert_ne!(one, any);
    /// ```
    pub fn new(origins: &[&str]) -> Cors {
        Cors {
            origins: origins.iter().map(|&origin| origin.into()).collect(),
            methods: "GET, HEAD, POST, PUT, PATCH, DELETE".into(),
            headers: String::new(),
            exposed_headers: String::new(),
            credentials: false,
            max_age: None,
        }
    }

    /// Sets the allowed methods. The default is GET, HEAD, POST, PUT, PATCH and DELETE.
    ///
    /// ```
    /// use tiny_lambda::http::{Cors, Method};
    ///
    /// let cors = Cors::new(&["*"]).allow_methods(&[Method::Get, Method::Put]);
    /// # let _ = cors;
    /// ```
    #[must_use]
    pub fn allow_methods(mut self, methods: &[Method]) -> Cors {
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        self.methods = names.join(", ");
        self
    }

    /// Sets the request headers that are allowed in addition to those that browsers always allow.
    /// `Content-Type: application/json` is not among them, so a JSON API needs `content-type` here.
    ///
    /// ```
    /// use tiny_lambda::http::Cors;
    ///
    /// let cors = Cors::new(&["*"]).allow_headers(&["content-type", "x-request-id"]);
    /// # let _ = cors;
    /// ```
    #[must_use]
    pub fn allow_headers(mut self, names: &[&str]) -> Cors {
        self.headers = names.join(", ");
        self
    }

    /// Sets the response headers that scripts may read.
    ///
    /// ```
    /// use tiny_lambda::http::{Cors, Method, Request, Response};
    ///
    /// let cors = Cors::new(&["*"]).expose_headers(&["x-total"]);
    /// let request = Request::new(Method::Get, "/").with_header("Origin", "https://shop.example");
    /// let response = cors.handle(request, |_| Ok(Response::text("hi")))?;
    /// assert_eq!(response.headers.get("access-control-expose-headers"), Some("x-total"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn expose_headers(mut self, names: &[&str]) -> Cors {
        self.exposed_headers = names.join(", ");
        self
    }

    /// Allows requests with cookies. It has no effect for an origin that only `*` allows: browsers
    /// then refuse credentials.
    ///
    /// ```
    /// use tiny_lambda::http::{Cors, Method, Request, Response};
    ///
    /// let cors = Cors::new(&["https://shop.example"]).allow_credentials();
    /// let request = Request::new(Method::Get, "/").with_header("Origin", "https://shop.example");
    /// let response = cors.handle(request, |_| Ok(Response::text("hi")))?;
    /// assert_eq!(response.headers.get("access-control-allow-credentials"), Some("true"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn allow_credentials(mut self) -> Cors {
        self.credentials = true;
        self
    }

    /// Sets how long browsers cache the response to a preflight request, in whole seconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::http::Cors;
    ///
    /// let cors = Cors::new(&["https://shop.example"]).max_age(Duration::from_secs(600));
    /// # let _ = cors;
    /// ```
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Cors {
        self.max_age = Some(age);
        self
    }

    /// Responds to a preflight request, calls `f` for any other request, and adds the CORS headers
    /// to the response. For an origin that is not allowed no `Access-Control` header is added, so
    /// the browser hides the response from the script.
    ///
    /// If `f` returns an error, or a response that cannot be sent, the error response has the CORS
    /// headers too, so that scripts can read its status; see [`http`](super#errors). The error is
    /// not returned: [`run_http`](crate::run_http) and [`Request::encode_response`] log it.
    ///
    /// ```
    /// use tiny_lambda::http::{Cors, Method, Request, Response};
    ///
    /// let cors = Cors::new(&["https://shop.example"]);
    /// let preflight = Request::new(Method::Options, "/orders")
    ///     .with_header("Origin", "https://shop.example")
    ///     .with_header("Access-Control-Request-Method", "PUT");
    /// let response = cors.handle(preflight, |_| Ok(Response::text("not called")))?;
    /// assert_eq!(response.status, 204);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// None. The return type is `Result` because that of a handler is.
    pub fn handle(
        &self,
        request: Request,
        f: impl FnOnce(Request) -> Result<Response>,
    ) -> Result<Response> {
        let origin = request.header("origin");
        let allowed = origin
            .and_then(|origin| self.allowed_origin(origin))
            .map(String::from);
        let is_preflight = *request.method() == Method::Options
            && request.header("access-control-request-method").is_some();
        let caller = request.caller();
        let mut response = if is_preflight {
            Response::new(204)
        } else {
            let response = f(request).and_then(|response| {
                ResponseEvent::new(&response, caller)?;
                Ok(response)
            });
            response.unwrap_or_else(error_response)
        };
        self.add_headers(&mut response, allowed.as_deref(), is_preflight);
        Ok(response)
    }

    /// Returns the value of `Access-Control-Allow-Origin` for a request from `origin`; `None` if it
    /// is not allowed.
    fn allowed_origin<'o>(&self, origin: &'o str) -> Option<&'o str> {
        if self.origins.iter().any(|allowed| allowed == origin) {
            return Some(origin);
        }
        let is_open = self.origins.iter().any(|allowed| allowed == "*");
        is_open.then_some("*")
    }

    /// Adds the CORS headers to a response; `allowed` is the result of `allowed_origin`.
    fn add_headers(&self, response: &mut Response, allowed: Option<&str>, is_preflight: bool) {
        let headers = &mut response.headers;
        if let Some(origin) = allowed {
            if is_preflight {
                headers.insert("Access-Control-Allow-Methods", &self.methods);
                if !self.headers.is_empty() {
                    headers.insert("Access-Control-Allow-Headers", &self.headers);
                }
                if let Some(age) = self.max_age {
                    let age = age.as_secs().to_string();
                    headers.insert("Access-Control-Max-Age", &age);
                }
            }
            headers.insert("Access-Control-Allow-Origin", origin);
            if self.credentials && origin != "*" {
                headers.insert("Access-Control-Allow-Credentials", "true");
            }
            if !is_preflight && !self.exposed_headers.is_empty() {
                headers.insert("Access-Control-Expose-Headers", &self.exposed_headers);
            }
        }
        // The response depends on the origin: a cache must not serve it to another one.
        let names = headers.get_all("vary").flat_map(|list| split(list, b','));
        let varies = |name: &str| matches!(name.trim_ascii(), "*" | "Origin" | "origin");
        if self.origins.iter().any(|origin| origin != "*") && !names.into_iter().any(varies) {
            headers.append("Vary", "Origin");
        }
    }
}
