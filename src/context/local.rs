//! The services of an emulator in this process. The function finds them here instead of in environment variables, because a
//! process cannot change its own variables safely.
//!
//! Nothing sets [`LOCAL_LAMBDA`] in a function on Lambda, so the linker leaves its readers out.

use std::net::SocketAddr;
use std::sync::OnceLock;

/// A service that Lambda or an extension offers to a function on a local address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// The Parameters and Secrets extension (`PARAMETERS_SECRETS_EXTENSION_HTTP_PORT`).
    ParametersAndSecrets,
    /// The AppConfig agent (`AWS_APPCONFIG_EXTENSION_HTTP_PORT`).
    Configuration,
    /// The metadata endpoint (`AWS_LAMBDA_METADATA_API`).
    Metadata,
}

/// The token that the local services accept: in place of `AWS_SESSION_TOKEN` if that is not set, and as
/// `AWS_LAMBDA_METADATA_TOKEN`.
pub(crate) const LOCAL_TOKEN: &str = "local";

/// The functions of the emulator.
#[derive(Debug)]
pub(crate) struct LocalLambda {
    pub(crate) service_addr: fn(Service) -> Option<SocketAddr>,
    pub(crate) take_datagram: fn(&str, &[u8]),
    pub(crate) take_line: fn(Option<&str>, &[u8]),
}

/// Set by the first emulator of this process that runs an invocation for a runtime in this process.
pub(crate) static LOCAL_LAMBDA: OnceLock<LocalLambda> = OnceLock::new();

/// Returns the address at which the emulator of the current invocation serves `service`; `None` if the function
/// runs in no emulator of this process.
#[inline]
pub(crate) fn service_addr(service: Service) -> Option<SocketAddr> {
    (LOCAL_LAMBDA.get()?.service_addr)(service)
}

/// Returns whether an emulator of this process has run an invocation.
pub(crate) fn is_used() -> bool {
    LOCAL_LAMBDA.get().is_some()
}

/// Gives the emulator of the current invocation a datagram for the X-Ray daemon with a subsegment of the trace `root`.
/// A call loses none, whereas a socket loses those that do not fit in its buffer.
pub(crate) fn take_datagram(root: &str, datagram: &[u8]) {
    if let Some(local) = LOCAL_LAMBDA.get() {
        (local.take_datagram)(root, datagram);
    }
}

/// Returns the token for the services at [`service_addr`] if the process has no such variable.
#[inline]
pub(crate) fn token() -> Option<&'static str> {
    LOCAL_LAMBDA.get().map(|_| LOCAL_TOKEN)
}

/// Gives the emulator a line that the function has written to its log, with the line end. It belongs to the invocation
/// with this request ID; `None` stands for the invocation that this thread serves.
pub(crate) fn take_line(request_id: Option<&str>, line: &[u8]) {
    if let Some(local) = LOCAL_LAMBDA.get() {
        (local.take_line)(request_id, line);
    }
}
