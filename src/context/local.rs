//! What an emulator in this process offers to the function, in place of the environment variables that Lambda
//! sets: a process cannot change its own variables safely.
//!
//! Nothing sets [`LOCAL_LAMBDA`] in a function on Lambda, so the linker leaves its readers out.

use std::net::SocketAddr;
use std::sync::OnceLock;

/// What Lambda offers to a function on a local address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "clients of local services will name them")]
pub(crate) enum Service {
    /// The Parameters and Secrets extension (`PARAMETERS_SECRETS_EXTENSION_HTTP_PORT`).
    ParametersAndSecrets,
    /// The AppConfig agent (`AWS_APPCONFIG_EXTENSION_HTTP_PORT`).
    Configuration,
    /// The metadata endpoint (`AWS_LAMBDA_METADATA_API`).
    Metadata,
    /// The X-Ray daemon, which receives UDP (`AWS_XRAY_DAEMON_ADDRESS`).
    XRay,
}

/// The token that the local services accept: in place of `AWS_SESSION_TOKEN` if that is not set, and as
/// `AWS_LAMBDA_METADATA_TOKEN`.
pub(crate) const LOCAL_TOKEN: &str = "local";

/// The functions of the emulator.
#[derive(Debug)]
pub(crate) struct LocalLambda {
    pub(crate) service_addr: fn(Service) -> Option<SocketAddr>,
    pub(crate) take_line: fn(&[u8]),
}

/// Set by the first emulator of this process that runs an invocation for a runtime in this process.
pub(crate) static LOCAL_LAMBDA: OnceLock<LocalLambda> = OnceLock::new();

/// Returns the address at which the emulator of the current invocation serves `service`; `None` if the function
/// runs in no emulator of this process.
#[allow(dead_code, reason = "clients of local services will call it")]
pub(crate) fn service_addr(service: Service) -> Option<SocketAddr> {
    (LOCAL_LAMBDA.get()?.service_addr)(service)
}

/// Returns the token for the services at [`service_addr`] if the process has no such variable.
#[allow(dead_code, reason = "clients of local services will call it")]
pub(crate) fn token() -> Option<&'static str> {
    LOCAL_LAMBDA.get().map(|_| LOCAL_TOKEN)
}

/// Tells the emulator of the current invocation a line that the function has written to its log by itself, with
/// the line end. Log macros do not need this.
#[allow(dead_code, reason = "metrics will call it")]
pub(crate) fn take_line(line: &[u8]) {
    if let Some(local) = LOCAL_LAMBDA.get() {
        (local.take_line)(line);
    }
}
