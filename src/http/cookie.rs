//! [`Cookie`]: what a response has a browser remember.

use alloc::string::String;
use core::time::Duration;

use super::headers::{is_name, is_value};
use super::response::unsendable;
use crate::error::{Error, Result};

/// A cookie to be set (RFC 6265, section 4.1), for [`Response::with_cookie`].
///
/// It begins as one that only HTTPS and no script can read, and that other sites' requests do
/// not carry along (`Secure; HttpOnly; SameSite=Lax`).
///
/// ```
/// use core::time::Duration;
/// use tiny_lambda::http::Cookie;
///
/// let cookie = Cookie::new("session", "31d4d96e")?.path("/")?.max_age(Duration::from_secs(3600));
/// assert_eq!(
///     cookie.to_string(),
///     "session=31d4d96e; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax"
/// );
/// assert!(Cookie::new("session", "x; Domain=example.com").is_err());
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// [`Response::with_cookie`]: super::Response::with_cookie
#[derive(Debug, Clone)]
pub struct Cookie {
    text: String,
    readable_by_scripts: bool,
    same_site: &'static str,
}

impl Cookie {
    /// A cookie for this host, until the browser is closed.
    ///
    /// # Errors
    /// If `name` or `value` has characters that a cookie cannot have: encode them.
    #[track_caller]
    pub fn new(name: &str, value: &str) -> Result<Cookie> {
        // RFC 6265, section 4.1.1: cookie-octet.
        let is_octet = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b',' | b';' | b'\\');
        if !is_name(name) || !value.bytes().all(is_octet) {
            return Err(malformed("name or value"));
        }
        let mut text = String::from(name);
        text.push('=');
        text.push_str(value);
        Ok(Cookie {
            text,
            readable_by_scripts: false,
            same_site: "Lax",
        })
    }

    /// Limits it to paths below `path`.
    ///
    /// # Errors
    /// If `path` has control characters or semicolons.
    #[track_caller]
    pub fn path(self, path: &str) -> Result<Cookie> {
        if !is_attribute(path) {
            return Err(malformed("path"));
        }
        Ok(self.attribute("; Path=", path))
    }

    /// Gives it to hosts below `domain` too.
    ///
    /// # Errors
    /// If `domain` has control characters or semicolons.
    #[track_caller]
    pub fn domain(self, domain: &str) -> Result<Cookie> {
        if !is_attribute(domain) {
            return Err(malformed("domain"));
        }
        Ok(self.attribute("; Domain=", domain))
    }

    /// Keeps it for so long, in whole seconds; zero takes it back.
    #[must_use]
    pub fn max_age(self, age: Duration) -> Cookie {
        let seconds = crate::json::Number::from(age.as_secs());
        self.attribute("; Max-Age=", seconds.as_str())
    }

    /// Lets scripts read it: without `HttpOnly`.
    #[must_use]
    pub fn readable_by_scripts(mut self) -> Cookie {
        self.readable_by_scripts = true;
        self
    }

    /// `SameSite=Strict`: not even a link from another site carries it along.
    #[must_use]
    pub fn strict(mut self) -> Cookie {
        self.same_site = "Strict";
        self
    }

    /// `SameSite=None`: other sites' requests carry it along.
    #[must_use]
    pub fn cross_site(mut self) -> Cookie {
        self.same_site = "None";
        self
    }

    fn attribute(mut self, name: &str, value: &str) -> Cookie {
        self.text.push_str(name);
        self.text.push_str(value);
        self
    }

    /// The value of the `Set-Cookie` header.
    pub(super) fn into_value(self) -> String {
        let mut text = self.text;
        text.push_str("; Secure");
        if !self.readable_by_scripts {
            text.push_str("; HttpOnly");
        }
        text.push_str("; SameSite=");
        text.push_str(self.same_site);
        text
    }
}

/// The value of the `Set-Cookie` header.
impl core::fmt::Display for Cookie {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.clone().into_value())
    }
}

fn is_attribute(value: &str) -> bool {
    is_value(value) && !value.bytes().any(|byte| byte == b';')
}

#[track_caller]
fn malformed(what: &str) -> Error {
    unsendable(format_args!("a cookie with a malformed {what}"))
}
