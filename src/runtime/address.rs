//! The address of the Runtime API: reads `AWS_LAMBDA_RUNTIME_API` into an [`Endpoint`].

use alloc::boxed::Box;
use core::net::SocketAddr;

use crate::error::{Error, Result};
use crate::http1::address::socket_addr;
use crate::sys;

/// The `errorType` of a failure between the runtime and the Runtime API.
pub(crate) const ENDPOINT_ERROR: &str = "Runtime.LambdaRuntimeClientError";

/// The address of a Runtime API.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) addr: SocketAddr,
    /// Host and port as they were given, for the header `Host` and for messages.
    pub(crate) authority: &'static str,
    /// The start of every path, without a slash at its end. Empty on Lambda; cargo-lambda's emulator has one
    /// per function.
    pub(crate) base: &'static str,
}

impl Endpoint {
    /// Returns the Runtime API of Lambda; `None` if the process does not run in Lambda.
    pub(crate) fn from_env() -> Option<Result<&'static Endpoint>> {
        let text = sys::env(sys::ENDPOINT_VARIABLE)?;
        // U+FFFD makes a text that is not UTF-8 a malformed address.
        Some(Endpoint::parse(
            sys::utf8::to_str(text).unwrap_or("\u{fffd}"),
        ))
    }

    /// Reads an address of the form `host:port`, optionally with `http://` before it and a path after it, as
    /// some emulators have it. The result is never freed.
    pub(crate) fn parse(text: &'static str) -> Result<&'static Endpoint> {
        let invalid = |why: &str| {
            let parts = ["AWS_LAMBDA_RUNTIME_API is \"", text, "\": ", why];
            Error::of(ENDPOINT_ERROR, &parts)
        };
        let rest = text.strip_prefix("http://").unwrap_or(text);
        let slash = rest.bytes().position(|b| b == b'/').unwrap_or(rest.len());
        let (authority, base) = rest.split_at_checked(slash).unwrap_or((rest, ""));
        let base = base.strip_suffix("/").unwrap_or(base);
        if authority.starts_with("https:") {
            return Err(invalid("the Runtime API is plain http"));
        }
        if !rest
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'@'))
        {
            return Err(invalid("it must be host:port"));
        }
        let addr = socket_addr(authority).map_err(invalid)?;
        Ok(Box::leak(Box::new(Endpoint {
            addr,
            authority,
            base,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    /// 12.1: 1.
    #[test]
    fn addresses_of_lambda_and_of_emulators_are_read() {
        #[track_caller]
        fn check(text: &'static str, addr: &str, base: &str) {
            let endpoint = Endpoint::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(
                (endpoint.addr.to_string().as_str(), endpoint.base),
                (addr, base)
            );
        }
        check("127.0.0.1:9001", "127.0.0.1:9001", "");
        check("169.254.100.1:9001", "169.254.100.1:9001", "");
        check("[::1]:9001", "[::1]:9001", "");
        check("localhost:9001", "127.0.0.1:9001", "");
        check("LocalHost", "127.0.0.1:80", "");
        check("127.0.0.1", "127.0.0.1:80", "");
        check("[::1]", "[::1]:80", "");
        check("http://127.0.0.1:9001", "127.0.0.1:9001", "");
        check("http://127.0.0.1:9001/", "127.0.0.1:9001", "");
        check("http://[::]:9000/.rt/hello", "[::]:9000", "/.rt/hello");
        check(
            "http://127.0.0.1:9000/.rt/hello/",
            "127.0.0.1:9000",
            "/.rt/hello",
        );
        check("127.0.0.1:9000/base", "127.0.0.1:9000", "/base");
    }

    #[test]
    fn a_malformed_address_is_refused_with_its_text_and_the_reason() {
        #[track_caller]
        fn check(text: &'static str, why: &str) {
            let error = Endpoint::parse(text).expect_err(text);
            assert_eq!(
                error.error_message(),
                format!("AWS_LAMBDA_RUNTIME_API is \"{text}\": {why}")
            );
            assert_eq!(error.error_type(), "Runtime.LambdaRuntimeClientError");
        }
        let shape = "it must be host:port";
        check("", shape);
        check(":9001", shape);
        check("127.0.0.1:9001 ", shape);
        check("user@127.0.0.1:9001", shape);
        check("127.0.0.1:9001/a?b", shape);
        check("caf\u{e9}:80", shape);
        check("https://127.0.0.1:9001", "the Runtime API is plain http");
        let port = "its port must be 1 to 65535";
        check("127.0.0.1:", port);
        check("127.0.0.1:65536", port);
        check("127.0.0.1:0", port);
        check("http://[::1]:00/base", port);
        check("localhost:-1", port);
        check("localhost:http", port);
        if cfg!(not(feature = "dns")) {
            let host =
                "its host must be an IP address or localhost (other names need the feature `dns`)";
            check("example.test:9001", host);
            check("256.0.0.1:9001", host);
            check("[127.0.0.1]:9001", host);
            check("::1:9001", host);
        }
    }
}
