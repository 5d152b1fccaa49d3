//! The address of the Runtime API: reads `AWS_LAMBDA_RUNTIME_API` into an [`Endpoint`].

use alloc::boxed::Box;
use core::mem;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::encoding::{parse_decimal, parse_number};
use crate::error::{Error, Result};
use crate::http1::head;
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

/// Reads `host:port`, where the host is an IP address or `localhost`. Without a port, it is HTTP's: 80.
fn socket_addr(authority: &str) -> core::result::Result<SocketAddr, &'static str> {
    // The last colon precedes the port, unless it is part of an IPv6 address in brackets.
    let (host, port) = match split_last(authority) {
        Some((host, port)) if !authority.ends_with(']') => (host, parse_decimal(port.as_bytes())),
        _ => (authority, Some(80)),
    };
    let port = port.and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or("its port is not a number up to 65535")?;
    let ip = match host.as_bytes() {
        [b'[', host @ .., b']'] => ipv6(host).map(IpAddr::V6),
        name if head::is(name, b"localhost") => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        host => ipv4(host).map(IpAddr::V4),
    };
    match ip {
        Some(ip) => Ok(SocketAddr::new(ip, port)),
        None if host.is_empty() => Err("it must be host:port"),
        None => resolve(host, port),
    }
}

/// Returns the texts before and after the last colon. The plain form is `rsplit_once`, which is 600 bytes
/// more.
fn split_last(text: &str) -> Option<(&str, &str)> {
    let (front, colon) = text.split_at_checked(text.bytes().rposition(|b| b == b':')?)?;
    Some((front, colon.get(1..)?))
}

// The plain form of `ipv4` and `ipv6` is std's `FromStr`, which is 4 KB more, most of it for forms that
// URLs do not have.

/// Reads four decimal numbers without leading zeros (RFC 3986, section 3.2.2).
fn ipv4(host: &[u8]) -> Option<Ipv4Addr> {
    let (mut bits, mut n_octets) = (0, 0_u32);
    for text in host.split(|&b| b == b'.') {
        let is_plain = text.len() == 1 || text.first() != Some(&b'0');
        let octet = u8::try_from(parse_decimal(text).filter(|_| is_plain)?).ok()?;
        bits = bits << 8 | u32::from(octet);
        n_octets = n_octets.saturating_add(1);
    }
    (n_octets == 4).then(|| Ipv4Addr::from(bits))
}

/// Reads eight groups of hexadecimal digits, or fewer with `::` for one or more groups of zeros (RFC 4291,
/// section 2.2, forms 1 and 2).
fn ipv6(host: &[u8]) -> Option<Ipv6Addr> {
    let (mut groups, mut n) = ([[0; 2]; 8], 0_usize);
    // The number of groups before `::`, once it has been read.
    let (mut gap, mut rest) = match host {
        [b':', b':', rest @ ..] => (Some(0), rest),
        _ => (None, host),
    };
    while !rest.is_empty() {
        let len = rest.iter().position(|&b| b == b':').unwrap_or(rest.len());
        let (digits, after) = rest.split_at_checked(len)?;
        let group = u16::try_from(parse_number(digits, 16)?).ok()?;
        *groups.get_mut(n).filter(|_| len <= 4)? = group.to_be_bytes();
        n = n.saturating_add(1);
        rest = match after {
            [b':', b':', after @ ..] if gap.is_none() => {
                gap = Some(n);
                after
            }
            [b':', after @ ..] if !after.is_empty() => after,
            [] => after,
            _ => return None,
        };
    }
    // `::` replaces at least one group of zeros. The groups after it move to the end.
    let mut end = groups.len();
    if (n == end) != gap.is_none() {
        return None;
    }
    while n > gap.unwrap_or(n) {
        (n, end) = (n.saturating_sub(1), end.saturating_sub(1));
        let group = mem::take(groups.get_mut(n)?);
        *groups.get_mut(end)? = group;
    }
    let octets: [u8; 16] = groups.as_flattened().try_into().ok()?;
    Some(Ipv6Addr::from(octets))
}

/// Looks up a host name.
#[cfg(feature = "dns")]
fn resolve(host: &str, port: u16) -> core::result::Result<SocketAddr, &'static str> {
    use std::net::ToSocketAddrs;
    let addrs = (host, port).to_socket_addrs();
    addrs
        .ok()
        .and_then(|mut addrs| addrs.next())
        .ok_or("its host name has no address")
}

/// Refuses other names: a resolver is 45 KB, and Lambda uses an IP address.
#[cfg(not(feature = "dns"))]
fn resolve(_: &str, _: u16) -> core::result::Result<SocketAddr, &'static str> {
    Err("its host must be an IP address or localhost (other names need the feature `dns`)")
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
        let port = "its port is not a number up to 65535";
        check("127.0.0.1:", port);
        check("127.0.0.1:65536", port);
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

    #[test]
    fn ip_addresses_are_read_as_std_reads_them() {
        let words = [
            "", ":", "::", "1", "0", "ffff", "10000", "g", ".", "255", "256", "01", "1.2.3.4",
        ];
        for a in words {
            for b in words {
                for c in words {
                    for text in [
                        format!("{a}{b}{c}"),
                        format!("{a}:{b}:{c}"),
                        format!("{a}.{b}.{c}.7"),
                    ] {
                        // Form 3 of RFC 4291, an IPv4 address at the end, is left out.
                        if !(text.contains(':') && text.contains('.')) {
                            assert_eq!(ipv6(text.as_bytes()), text.parse().ok(), "{text}");
                        }
                        assert_eq!(ipv4(text.as_bytes()), text.parse().ok(), "{text}");
                    }
                }
            }
        }
        for text in [
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:9",
            ":1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:",
            "1:2:3:4:5:6:7:",
            "00001::",
            "1::3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::2::3",
        ] {
            assert_eq!(ipv6(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }
}
