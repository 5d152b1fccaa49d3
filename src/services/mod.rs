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

/// What is called, and how its errors are named.
#[derive(Debug)]
struct Service {
    error_type: &'static str,
    not_found: &'static str,
    access_denied: &'static str,
    /// The error message for a reply that has no value.
    no_value: &'static str,
    /// The end of the message about a refused connection.
    refused: &'static str,
    idle: &'static IdleStream,
}

/// A call of a service. The reply is received into the call, since values that are passed on cost more.
#[derive(Debug, Clone)]
struct Call {
    service: &'static Service,
    /// The start of error messages: `parameter "/db/url": `.
    subject: String,
    /// The head of the request; at first only the method and the path.
    head: String,
    /// The body of the reply.
    body: Vec<u8>,
}

/// Ends the request line, and begins the header fields. The servers do not look at the port of the host.
const AFTER_PATH: &str = " HTTP/1.1\r\nHost: localhost\r\n";

impl Call {
    /// Makes a call. Each name follows the first text of its part in the subject. In the head it is percent-encoded and
    /// follows the second text.
    #[inline]
    fn new<const N: usize>(
        service: &'static Service,
        parts: &[[&str; 2]],
        names: [&str; N],
    ) -> Call {
        let mut call = Call {
            service,
            subject: String::new(),
            head: String::new(),
            body: Vec::new(),
        };
        for ([words, part], name) in parts.iter().zip(names) {
            call.subject.push_str(words);
            call.subject.push_str(name);
            call.push_path(part, name);
        }
        call.subject.push_str("\": ");
        call
    }

    /// Adds `part` to the path or the query, and then `name`, which is percent-encoded.
    #[inline]
    fn push_path(&mut self, part: &str, name: &str) {
        self.head.push_str(part);
        push_percent_encoded(&mut self.head, name);
    }

    #[inline]
    #[track_caller]
    fn error(&self, error_type: &'static str, why: &str, more: &str) -> Error {
        Error::of(error_type, &[&self.subject, why, more]).here()
    }

    /// Returns the error that this call failed because of `why` and `more`.
    #[inline]
    #[track_caller]
    fn failed(&self, why: &str, more: &str) -> Error {
        self.error(self.service.error_type, why, more)
    }

    /// Returns the address of an extension on this machine: at the port in the variable, or at `port` if the variable
    /// is not set or empty.
    #[inline]
    #[track_caller]
    fn local(&self, variable: &CStr, port: u16) -> Result<SocketAddr> {
        let port = match sys::env(variable) {
            None | Some([]) => port,
            Some(text) => match parse_port(text) {
                Some(port) => port,
                None => {
                    return Err(
                        self.failed(utf8::text(variable.to_bytes()), " is not a port number")
                    );
                }
            },
        };
        Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
    }

    /// Sends the request to `addr`. Returns the status of the reply.
    #[inline]
    #[track_caller]
    fn send(&mut self, addr: SocketAddr, end_ms: u64) -> Result<u16> {
        let kind = Kind {
            is_head: false,
            body_len_max: REPLY_LEN_MAX,
            end_ms,
        };
        let send = |stream: &TcpStream| send_short(stream, self.head.as_bytes());
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
            Err(error) => Err(self.failed(
                &error.text(),
                match error {
                    ExchangeError::Connect(Errno::CONNECTION_REFUSED) => self.service.refused,
                    _ => "",
                },
            )),
        }
    }

    /// Checks the status of the reply.
    ///
    /// # Errors
    /// The status is not 200. 403 and 404 stand for access that is denied and for a value that is not there.
    #[inline]
    #[track_caller]
    fn check(&mut self, status: u16) -> Result<()> {
        let (error_type, why) = match status {
            200 => return Ok(()),
            403 => (self.service.access_denied, "access denied"),
            404 => (self.service.not_found, "not found"),
            _ => (self.service.error_type, "status "),
        };
        self.subject.push_str(why);
        if !matches!(status, 403 | 404) {
            push_decimal(&mut self.subject, status.into());
        }
        let mut text = self.body.get(..TEXT_LEN_MAX).unwrap_or(&self.body);
        while let [rest @ .., b' ' | b'\r' | b'\n'] = text {
            text = rest;
        }
        // The body of another status may be the value, which may be secret.
        if status >= 400 && !text.is_empty() {
            self.subject.push_str(": ");
            push_text(&mut self.subject, text);
        }
        Err(self.error(error_type, "", ""))
    }

    /// Returns the body of the reply as text.
    #[inline]
    #[track_caller]
    fn text(&mut self) -> Result<String> {
        let mut copy = String::new();
        match utf8::to_str(&self.body) {
            Some(text) => copy.push_str(text),
            None => return Err(self.failed("expected text, found bytes that are not UTF-8", "")),
        }
        Ok(copy)
    }

    /// Reads a value that may be secret as JSON. The error has the place of the problem, but no part of the value.
    #[track_caller]
    fn secret_json<T: FromJson>(&self, text: &str) -> Result<T> {
        match json::parse_after_bom(text.as_bytes()) {
            Ok(value) => Ok(value),
            Err(error) => {
                let why = "its JSON does not have the requested form at ";
                Err(self.failed(why, error.path()))
            }
        }
    }

    /// Returns the error for a reply that cannot be read as JSON at `path`. It may contain a secret.
    #[inline]
    #[track_caller]
    fn malformed(&self, path: &str) -> Error {
        self.failed("malformed reply: unexpected JSON at ", path)
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

/// Appends the parts.
#[inline]
fn push_all(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}
