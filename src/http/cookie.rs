//! [`Cookie`]: a cookie that a response sets.

use alloc::string::String;
use core::time::Duration;

use super::headers::{is_field_name, is_field_value};
use super::response::invalid_response;
use crate::encoding::{Digits, decimal};
use crate::error::{Error, Result};
use crate::sys::utf8;

/// A cookie that [`Response::with_cookie`] sets (RFC 6265, section 4.1).
///
/// A new cookie has the attributes `Secure; HttpOnly; SameSite=Lax`: browsers send it over HTTPS
/// only, hide it from scripts, and leave it out of requests that other sites make.
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
/// let cookie = Cookie::new("theme", "dark")?.same_site_strict().without_http_only();
/// assert_eq!(cookie.to_string(), "theme=dark; Secure; SameSite=Strict");
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// [`Response::with_cookie`]: super::Response::with_cookie
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// The name, the value, and the attributes that were added.
    text: String,
    /// The attribute `HttpOnly`, or an empty text.
    http_only: &'static str,
    same_site: &'static str,
}

impl Cookie {
    /// Returns a cookie for this host that browsers keep until they are closed.
    ///
    /// ```
    /// use tiny_lambda::http::Cookie;
    ///
    /// let cookie = Cookie::new("id", "7")?;
    /// assert_eq!(cookie.to_string(), "id=7; Secure; HttpOnly; SameSite=Lax");
    /// assert!(Cookie::new("id", "a;b").is_err());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `name` or `value` has characters that a cookie cannot have. Encode them.
    #[track_caller]
    pub fn new(name: &str, value: &str) -> Result<Cookie> {
        // RFC 6265, section 4.1.1: cookie-octet.
        let is_octet = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b',' | b';' | b'\\');
        if !is_field_name(name) || !value.bytes().all(is_octet) {
            return Err(malformed("name or value"));
        }
        let mut text = String::from(name);
        text.push('=');
        text.push_str(value);
        Ok(Cookie {
            text,
            http_only: "; HttpOnly",
            same_site: "Lax",
        })
    }

    /// Limits the cookie to `path` and the paths below it.
    ///
    /// ```
    /// use tiny_lambda::http::Cookie;
    ///
    /// let cookie = Cookie::new("id", "7")?.path("/orders")?;
    /// assert_eq!(cookie.to_string(), "id=7; Path=/orders; Secure; HttpOnly; SameSite=Lax");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `path` has control characters or semicolons.
    #[track_caller]
    pub fn path(self, path: &str) -> Result<Cookie> {
        self.checked_attribute("; Path=", path, "path")
    }

    /// Makes browsers send the cookie to `domain` and all hosts below it.
    ///
    /// ```
    /// use tiny_lambda::http::Cookie;
    ///
    /// let cookie = Cookie::new("id", "7")?.domain("shop.example")?;
    /// assert_eq!(cookie.to_string(), "id=7; Domain=shop.example; Secure; HttpOnly; SameSite=Lax");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `domain` has control characters or semicolons.
    #[track_caller]
    pub fn domain(self, domain: &str) -> Result<Cookie> {
        self.checked_attribute("; Domain=", domain, "domain")
    }

    /// Sets how long browsers keep the cookie, in whole seconds; zero deletes it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::http::Cookie;
    ///
    /// let deleted = Cookie::new("id", "")?.max_age(Duration::ZERO);
    /// assert_eq!(deleted.to_string(), "id=; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn max_age(self, age: Duration) -> Cookie {
        self.attribute(
            "; Max-Age=",
            utf8::text(decimal(age.as_secs(), &mut Digits::default())),
        )
    }

    /// Removes `HttpOnly`, so that scripts can read the cookie.
    ///
    /// ```
    /// use tiny_lambda::http::Cookie;
    ///
    /// let cookie = Cookie::new("theme", "dark")?.without_http_only();
    /// assert_eq!(cookie.to_string(), "theme=dark; Secure; SameSite=Lax");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn without_http_only(mut self) -> Cookie {
        self.http_only = "";
        self
    }

    /// Sets `SameSite=Strict`: browsers leave the cookie out even when a link of another site is
    /// followed.
    ///
    /// ```
    /// use tiny_lambda::http::Cookie;
    ///
    /// let cookie = Cookie::new("id", "7")?.same_site_strict();
    /// assert_eq!(cookie.to_string(), "id=7; Secure; HttpOnly; SameSite=Strict");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn same_site_strict(mut self) -> Cookie {
        self.same_site = "Strict";
        self
    }

    /// Sets `SameSite=None`: browsers send the cookie with requests that other sites make.
    ///
    /// ```
    /// use tiny_lambda::http::Cookie;
    ///
    /// let cookie = Cookie::new("id", "7")?.same_site_none();
    /// assert_eq!(cookie.to_string(), "id=7; Secure; HttpOnly; SameSite=None");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn same_site_none(mut self) -> Cookie {
        self.same_site = "None";
        self
    }

    /// Adds an attribute whose value has no semicolon, which would start another one.
    #[track_caller]
    fn checked_attribute(self, name: &str, value: &str, part: &str) -> Result<Cookie> {
        if !is_field_value(value) || value.bytes().any(|byte| byte == b';') {
            return Err(malformed(part));
        }
        Ok(self.attribute(name, value))
    }

    fn attribute(mut self, name: &str, value: &str) -> Cookie {
        self.text.push_str(name);
        self.text.push_str(value);
        self
    }

    /// Returns the value of the `Set-Cookie` header.
    pub(super) fn into_value(self) -> String {
        let mut text = self.text;
        for part in ["; Secure", self.http_only, "; SameSite=", self.same_site] {
            text.push_str(part);
        }
        text
    }
}

/// Writes the value of the `Set-Cookie` header.
impl core::fmt::Display for Cookie {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.clone().into_value())
    }
}

#[track_caller]
fn malformed(part: &str) -> Error {
    invalid_response(format_args!("a cookie with a malformed {part}"))
}
