//! The address of a peer: `host:port`, without a resolver.

use core::mem;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::head;
use crate::encoding::{parse_decimal, parse_number};

/// The error for a host name, unless the feature `dns` is on.
pub(crate) const NOT_AN_ADDRESS: &str =
    "its host must be an IP address or localhost (other names need the feature `dns`)";

/// Reads `host:port`, where the host is an IP address or `localhost`. Without a port, it is HTTP's: 80.
#[inline]
pub(crate) fn socket_addr(authority: &str) -> core::result::Result<SocketAddr, &'static str> {
    // The last colon precedes the port, unless it is part of an IPv6 address in brackets.
    let (host, port) = match split_last(authority) {
        Some((host, port)) if !authority.ends_with(']') => (host, parse_port(port.as_bytes())),
        _ => (authority, Some(80)),
    };
    let port = port.ok_or("its port must be 1 to 65535")?;
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

/// Reads the number of a port, from 1 to 65535. Port 0 is reserved (RFC 6335, section 6).
#[inline]
pub(crate) fn parse_port(text: &[u8]) -> Option<u16> {
    let port = parse_decimal(text).filter(|port| matches!(port, 1..=0xffff))?;
    u16::try_from(port).ok()
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
    Err(NOT_AN_ADDRESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

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
