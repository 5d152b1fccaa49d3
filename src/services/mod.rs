//! What Lambda and its extensions offer on localhost: parameters, secrets, configuration, metadata.
//!
//! | function | from | extension |
//! | --- | --- | --- |
//! | [`parameter`], [`Parameter`] | AWS Systems Manager Parameter Store | AWS Parameters and Secrets Lambda Extension |
//! | [`secret`], [`Secret`] | AWS Secrets Manager | the same |
//! | [`configuration`](configuration()), [`Configuration`] | AWS AppConfig | AWS AppConfig Agent Lambda extension |
//! | [`metadata`](metadata()) | the Lambda metadata endpoint | none |
//!
//! ```no_run
//! use tiny_lambda::services::{parameter, secret};
//! use tiny_lambda::{Context, Result};
//!
//! fn main() -> ! {
//!     tiny_lambda::run(connect)
//! }
//!
//! fn connect(_: (), _: &Context) -> Result<()> {
//!     let url = parameter("/db/url")?;
//!     let password = secret("db-password")?;
//!     # let _ = (url, password);
//!     Ok(())
//! }
//! ```
//!
//! An extension is a layer of the function. It calls AWS with the function's role and keeps what it has received, so
//! this module has no cache. The calls are plain HTTP on a connection that is kept. They work during an invocation,
//! not in the Init phase: the extensions refuse requests before the first invocation.
//!
//! # Errors
//! A message names the service, the value and the reason: `parameter "/db/url": not found`. A call ends with an
//! error after ten seconds, or earlier if the deadline of the invocation is near.
//!
//! | error type | meaning |
//! | --- | --- |
//! | `ParameterNotFound`, `SecretNotFound`, `ConfigurationNotFound` | there is no such value or version |
//! | `ParameterAccessDenied`, `SecretAccessDenied`, `ConfigurationAccessDenied` | the role of the function may not read it |
//! | `ParameterError`, `SecretError`, `ConfigurationError`, `MetadataError` | everything else: there is no extension, it did not reply in time, its reply is malformed, the value does not have the requested form |
//!
//! The AWS Parameters and Secrets Lambda Extension replies to all failed calls with the text `an unexpected error
//! occurred while executing request`, and writes the reason to the function's log.

pub mod configuration;
pub mod metadata;
pub mod parameters;
pub mod secrets;

pub use configuration::{Configuration, FeatureFlag, FeatureFlags, configuration};
pub use metadata::{Metadata, metadata};
pub use parameters::{Parameter, parameter};
pub use secrets::{Secret, secret};

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::mem;
use core::net::{Ipv4Addr, SocketAddr};
use std::net::TcpStream;

use crate::encoding::{push_decimal, push_percent_encoded};
use crate::error::{Error, Result};
use crate::http1::address::parse_port;
use crate::http1::connection::ReceiveError;
use crate::http1::exchange::{ExchangeError, Kind, Sent, exchange, send_short};
use crate::http1::head::push_text;
use crate::http1::remove_range;
use crate::json::{self, FromJson};
use crate::sys::{self, Errno, IdleStream, utf8};

/// The time limit of a call, in milliseconds.
const TIMEOUT_MS: u64 = 10_000;

/// The longest reply accepted, in bytes. A configuration has up to 2 MB (AWS AppConfig, "Quotas").
const REPLY_LEN_MAX: usize = 4 * 1024 * 1024;

/// The longest text of a service that an error message contains, in bytes.
const TEXT_LEN_MAX: usize = 1024;

/// A service that is called, and the types and texts of its errors.
#[derive(Debug)]
struct Service {
    /// The text before the name in messages: `parameter "`.
    subject: &'static str,
    error_type: &'static str,
    not_found: &'static str,
    access_denied: &'static str,
    /// The error message for a reply that has no value.
    no_value: &'static str,
    /// The end of the message about a refused connection.
    refused: &'static str,
    idle: &'static IdleStream,
}

/// A call of a service. Its steps keep their results in it, since returned values take more code.
#[derive(Debug, Clone)]
struct Call {
    service: &'static Service,
    /// The start of error messages: `parameter "/db/url": `. If the call fails, the reason is appended.
    message: String,
    /// The head of the request. A successful call replaces it by the value that was requested.
    text: String,
    /// The body of the reply.
    body: Vec<u8>,
}

/// The result of a step of a call: an error type, if the step failed. The message of the call has the reason then.
///
/// To make the [`Error`] in one place is less code than to make it in each step.
type Step<T = ()> = Result<T, &'static str>;

/// Ends the request line, and begins the header fields. The servers do not look at the port of the host.
const AFTER_PATH: &str = " HTTP/1.1\r\nHost: localhost\r\n";

impl Call {
    #[inline]
    fn new(service: &'static Service) -> Call {
        Call {
            service,
            message: String::new(),
            text: String::new(),
            body: Vec::new(),
        }
    }

    /// Appends the names to the message, and to the path, percent-encoded, each after its part.
    #[inline]
    fn push_names(&mut self, parts: &[&str], names: &[&str]) {
        let mut before = self.service.subject;
        for (part, name) in parts.iter().zip(names) {
            self.message.push_str(before);
            self.message.push_str(name);
            self.push_path(part, name);
            before = "/";
        }
        self.message.push_str("\": ");
    }

    /// Adds `part` to the path or the query, and then `name`, which is percent-encoded.
    #[inline]
    fn push_path(&mut self, part: &str, name: &str) {
        self.text.push_str(part);
        push_percent_encoded(&mut self.text, name);
    }

    /// Returns the error if the last step failed.
    #[inline]
    #[track_caller]
    fn end(&self, step: Step) -> Result<()> {
        match step {
            Ok(()) => Ok(()),
            Err(error_type) => Err(Error::of(error_type, &[&self.message]).here()),
        }
    }

    /// Returns the value, or the error if the last step failed.
    #[inline]
    #[track_caller]
    fn take_text(&mut self, step: Step) -> Result<String> {
        self.end(step)?;
        Ok(mem::take(&mut self.text))
    }

    /// Appends the reason to the message. Returns the error type.
    #[inline]
    fn failed<T>(&mut self, why: &str) -> Step<T> {
        self.message.push_str(why);
        Err(self.service.error_type)
    }

    /// Returns the address of an extension on this machine: at the port in the variable, or at `port` if the variable
    /// is not set or empty.
    #[inline]
    fn local(&mut self, variable: &CStr, port: u16) -> Step<SocketAddr> {
        let port = match sys::env(variable) {
            None | Some([]) => Some(port),
            Some(text) => parse_port(text),
        };
        let Some(port) = port else {
            self.message.push_str(utf8::text(variable.to_bytes()));
            return self.failed(" is not a port number");
        };
        Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
    }

    /// Sends the request to `addr`. Returns the status of the reply.
    #[inline]
    fn send(&mut self, addr: SocketAddr, end_ms: u64) -> Step<u16> {
        let kind = Kind {
            is_head: false,
            body_len_max: REPLY_LEN_MAX,
            end_ms,
        };
        let send = |stream: &TcpStream| send_short(stream, self.text.as_bytes());
        // The method is GET, which is idempotent.
        let can_repeat = |_: &TcpStream, _: &Sent, error: &ReceiveError| error.is_hangup();
        match exchange(
            addr,
            self.service.idle,
            kind,
            &mut self.body,
            send,
            can_repeat,
        ) {
            Ok(reply) => {
                self.body.truncate(reply.body.end);
                remove_range(&mut self.body, 0, reply.body.start);
                Ok(reply.status)
            }
            Err(error) => {
                self.message.push_str(&error.text());
                self.failed(match error {
                    ExchangeError::Connect(Errno::CONNECTION_REFUSED) => self.service.refused,
                    _ => "",
                })
            }
        }
    }

    /// Checks the status of the reply.
    ///
    /// # Errors
    /// The status is not 200. 403 and 404 stand for access that is denied and for a value that is not there.
    #[inline]
    fn check(&mut self, status: u16) -> Step {
        let (error_type, why) = match status {
            200 => return Ok(()),
            403 => (self.service.access_denied, "access denied"),
            404 => (self.service.not_found, "not found"),
            _ => (self.service.error_type, "status "),
        };
        self.message.push_str(why);
        if !matches!(status, 403 | 404) {
            push_decimal(&mut self.message, status.into());
        }
        let mut text = self.body.get(..TEXT_LEN_MAX).unwrap_or(&self.body);
        while let [rest @ .., b' ' | b'\r' | b'\n'] = text {
            text = rest;
        }
        // The body of another status may be the value, which may be secret.
        if status >= 400 && !text.is_empty() {
            self.message.push_str(": ");
            push_text(&mut self.message, text);
        }
        Err(error_type)
    }

    /// Makes the body of the reply the value.
    #[inline]
    fn read_text(&mut self) -> Step {
        match utf8::to_str(&self.body) {
            Some(text) => {
                self.text.clear();
                self.text.push_str(text);
                Ok(())
            }
            None => self.failed("expected text, found bytes that are not UTF-8"),
        }
    }

    /// Reads the value, which may be secret, as JSON. The error has the place of the problem, but no part of the value.
    #[track_caller]
    fn secret_json<T: FromJson>(&mut self, step: Step) -> Result<T> {
        self.end(step)?;
        match json::parse_after_bom(self.text.as_bytes()) {
            Ok(value) => Ok(value),
            Err(error) => {
                let why = "its JSON does not have the requested form at ";
                Err(Error::of(self.service.error_type, &[&self.message, why, error.path()]).here())
            }
        }
    }

    /// Adds to the message that the reply cannot be read as JSON, and where. It may contain a secret.
    #[inline]
    fn malformed<T>(&mut self, error: &json::Error) -> Step<T> {
        self.message
            .push_str("malformed reply: unexpected JSON at ");
        self.failed(error.path())
    }
}

/// The services of an emulator in this process.
#[cfg(feature = "emulator")]
use crate::context::local as emulated;
#[cfg(not(feature = "emulator"))]
mod emulated {
    #[derive(Debug)]
    pub(crate) enum Service {
        ParametersAndSecrets,
        Configuration,
        Metadata,
    }

    #[inline]
    pub(crate) fn service_addr(_: Service) -> Option<core::net::SocketAddr> {
        None
    }

    #[inline]
    pub(crate) fn token() -> Option<&'static str> {
        None
    }
}

/// Returns whether a field of a header may have this value (RFC 9110, section 5.5).
///
/// `http::is_field_value` is faster, and 150 bytes more in a function that does not use it otherwise.
#[inline]
fn is_field_value(text: &str) -> bool {
    text.bytes()
        .all(|b| matches!(b, b'\t' | b' '..=b'~' | 0x80..))
}

/// Appends the parts.
#[inline]
fn push_all(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}
