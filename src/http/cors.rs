//! [`Cors`]: which other sites' scripts may call a function.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::query::split;
use super::{Answer, Method, Request, Response, failure};
use crate::error::Result;

/// Cross-origin resource sharing (Fetch Standard, "CORS protocol"), for functions whose front door
/// does not do it: API Gateway's HTTP APIs and function URLs can.
///
/// ```
/// use tiny_lambda::http::{Cors, Method, Request, Response};
///
/// let cors = Cors::new(&["https://shop.example"]).allow_headers(&["content-type"]);
/// let request = Request::new(Method::Get, "/").with_header("Origin", "https://shop.example");
/// let response = cors.answer(request, |_| Ok(Response::text("hi")))?;
/// let allowed = response.headers.get("access-control-allow-origin");
/// assert_eq!(allowed, Some("https://shop.example"));
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cors {
    origins: Vec<String>,
    methods: String,
    headers: String,
    exposed_headers: String,
    credentials: bool,
    max_age: Option<Duration>,
}

impl Cors {
    /// Allows scripts from `origins`, such as `https://shop.example`, or from everywhere: `*`.
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

    /// Allows these methods. Without it: GET, HEAD, POST, PUT, PATCH and DELETE.
    #[must_use]
    pub fn allow_methods(mut self, methods: &[Method]) -> Cors {
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        self.methods = names.join(", ");
        self
    }

    /// Allows requests with these headers, beside those that are always allowed. `Content-Type`
    /// is, but not with `application/json`.
    #[must_use]
    pub fn allow_headers(mut self, names: &[&str]) -> Cors {
        self.headers = names.join(", ");
        self
    }

    /// Lets scripts read these headers of responses.
    #[must_use]
    pub fn expose_headers(mut self, names: &[&str]) -> Cors {
        self.exposed_headers = names.join(", ");
        self
    }

    /// Allows requests with cookies. Origins must be named then: `*` allows nobody to send them.
    #[must_use]
    pub fn allow_credentials(mut self) -> Cors {
        self.credentials = true;
        self
    }

    /// Has browsers remember a preflight's answer for so long, in whole seconds.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Cors {
        self.max_age = Some(age);
        self
    }

    /// Answers a preflight itself and everything else with `f`, and marks the response. A caller
    /// that is not allowed gets no mark, so that its browser hides the response.
    ///
    /// The response to an error of `f`, or to a response that cannot be sent, is marked too, so that
    /// scripts can read its status: see [`http`](super#errors). The error itself is not returned;
    /// [`run_http`](crate::run_http) and [`Request::answer`] log it.
    ///
    /// # Errors
    /// None. It is a `Result` because a handler returns one.
    pub fn answer(
        &self,
        request: Request,
        f: impl FnOnce(Request) -> Result<Response>,
    ) -> Result<Response> {
        let origin = request.header("origin");
        let allowed = origin
            .and_then(|origin| self.allowed(origin))
            .map(String::from);
        let is_preflight = *request.method() == Method::Options
            && request.header("access-control-request-method").is_some();
        let caller = request.caller();
        let mut response = if is_preflight {
            let mut response = Response::new(204);
            if allowed.is_some() {
                self.mark_preflight(&mut response);
            }
            response
        } else {
            let response = f(request).and_then(|response| {
                Answer::new(&response, caller)?;
                Ok(response)
            });
            response.unwrap_or_else(failure)
        };
        self.mark(&mut response, allowed.as_deref(), is_preflight);
        Ok(response)
    }

    /// What `origin` is told that is allowed.
    fn allowed<'o>(&self, origin: &'o str) -> Option<&'o str> {
        if self.origins.iter().any(|allowed| allowed == origin) {
            return Some(origin);
        }
        let is_open = self.origins.iter().any(|allowed| allowed == "*");
        is_open.then_some("*")
    }

    fn mark(&self, response: &mut Response, allowed: Option<&str>, is_preflight: bool) {
        let headers = &mut response.headers;
        if let Some(origin) = allowed {
            headers.set("Access-Control-Allow-Origin", origin);
            if self.credentials && origin != "*" {
                headers.set("Access-Control-Allow-Credentials", "true");
            }
            if !is_preflight && !self.exposed_headers.is_empty() {
                headers.set("Access-Control-Expose-Headers", &self.exposed_headers);
            }
        }
        // Caches must not give one site the response that was made for another.
        let names = headers.get_all("vary").flat_map(|list| split(list, b','));
        let varies = |name: &str| matches!(name.trim_ascii(), "*" | "Origin" | "origin");
        if self.origins.iter().any(|origin| origin != "*") && !names.into_iter().any(varies) {
            headers.append("Vary", "Origin");
        }
    }

    fn mark_preflight(&self, response: &mut Response) {
        let headers = &mut response.headers;
        headers.set("Access-Control-Allow-Methods", &self.methods);
        if !self.headers.is_empty() {
            headers.set("Access-Control-Allow-Headers", &self.headers);
        }
        if let Some(age) = self.max_age {
            let seconds = crate::json::Number::from(age.as_secs());
            headers.set("Access-Control-Max-Age", seconds.as_str());
        }
    }
}
