//! Access rules: local programs may call, and so may the web pages that the developer has allowed.
//!
//! Any page in the developer's browser can send requests to a port of this machine. Two header fields
//! distinguish such a request from one of a local program. One is the page's origin, which the browser adds
//! (Fetch Standard, "Origin header"; Fetch Metadata Request Headers, "Sec-Fetch-Site"). The other is the
//! host, if the page has made its own name resolve to this machine (DNS rebinding). An address and
//! `localhost` always mean this machine.

use std::net::{IpAddr, Ipv6Addr};

use crate::emulator::server::exchange::HttpRequest;

/// Characters of a header value that a message repeats.
const SHOWN_LEN_MAX: usize = 100;

/// The hosts and origins that are accepted in addition to this machine's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessRules {
    /// Host names in lower case, without a port.
    hosts: Vec<String>,
    /// Origins as [`origin`] returns them.
    origins: Vec<String>,
}

impl AccessRules {
    /// Checks the hosts and origins that a user has given. Returns a message as an error.
    pub(crate) fn new(hosts: &[String], origins: &[String]) -> Result<AccessRules, String> {
        let hosts = hosts.iter().map(|text| {
            host_name(text).ok_or_else(|| {
                format!(
                    "host {text:?}: expected a name without a port, such as host.docker.internal"
                )
            })
        });
        let origins = origins.iter().map(|text| {
            origin(text).ok_or_else(|| {
                format!("origin {text:?}: expected scheme://host[:port], null, or * for any")
            })
        });
        Ok(AccessRules {
            hosts: hosts.collect::<Result<_, _>>()?,
            origins: origins.collect::<Result<_, _>>()?,
        })
    }

    /// Checks a caller's request. Returns the foreign origin that the user has allowed, if the request has
    /// one, or the message for a caller that gets 403.
    pub(crate) fn check<'r>(&self, request: &'r HttpRequest) -> Result<Option<&'r str>, String> {
        self.check_hosts(request, false)?;
        let host = request.header("host").unwrap_or_default();
        let mut allowed = None;
        let mut has_origin = false;
        for value in request.headers("origin") {
            has_origin = true;
            if self.allows(value) {
                allowed = Some(value);
            } else if !is_own(value, host) {
                return Err(format!(
                    "pages of the origin {} are refused; add --allow-origin to allow them",
                    shown(value)
                ));
            }
        }
        let is_foreign = request.headers("sec-fetch-site").any(is_foreign_site);
        if !is_foreign || allowed.is_some() {
            return Ok(allowed);
        }
        // A request for a link or an image has no Origin. A Referer, if there is one, names its page.
        let referrer = request.header("referer").and_then(origin_of_url);
        let is_allowed = !has_origin
            && (self.allows("*") || referrer.is_some_and(|referrer| self.allows(referrer)));
        if is_allowed {
            return Ok(None);
        }
        Err("pages of other origins are refused; add --allow-origin to allow one, or type the address \
             into the browser"
            .to_owned())
    }

    /// Returns the rules under which no foreign origin is accepted.
    pub(crate) fn without_origins(&self) -> AccessRules {
        AccessRules {
            hosts: self.hosts.clone(),
            origins: Vec::new(),
        }
    }

    /// Checks a request to a server for programs only. Every request of a web page is refused.
    ///
    /// A host name of one label is accepted: programs in containers use such names, and no web page can have
    /// a domain of one label.
    pub(crate) fn check_program(&self, request: &HttpRequest) -> Result<(), String> {
        self.check_hosts(request, true)?;
        if request.headers("origin").next().is_some()
            || request.headers("sec-fetch-site").any(is_foreign_site)
        {
            return Err("requests of web pages are refused".to_owned());
        }
        Ok(())
    }

    /// Checks every place where a request names a host. A request without one (HTTP/1.0) does not come from
    /// a browser.
    fn check_hosts(&self, request: &HttpRequest, is_label_accepted: bool) -> Result<(), String> {
        for value in request.headers("host").chain(request.authority.as_deref()) {
            if !self.accepts_host(value, is_label_accepted) {
                return Err(format!(
                    "expected a host that is an address or localhost, found {}; add --host NAME to accept a name",
                    shown(value)
                ));
            }
        }
        // Browsers add no Sec-Fetch-Site to a request to this address, which is this machine too. So a
        // request for an image of any page looks like one for an address that was typed.
        let agent = request.header("user-agent").unwrap_or_default();
        if agent.starts_with("Mozilla/") && request.headers("host").any(is_unspecified) {
            return Err("browsers are refused at this address; use localhost".to_owned());
        }
        Ok(())
    }

    fn accepts_host(&self, value: &str, is_label_accepted: bool) -> bool {
        // An IPv6 address without brackets is not a valid authority, but it is safe: it names no host.
        if value.parse::<Ipv6Addr>().is_ok() {
            return true;
        }
        let Some((host, _)) = split_port(value) else {
            return false;
        };
        if let Some(address) = host.strip_prefix('[') {
            let address = address.strip_suffix(']').unwrap_or_default();
            return address.parse::<Ipv6Addr>().is_ok();
        }
        let Some(name) = host_name(host) else {
            return false;
        };
        name.parse::<IpAddr>().is_ok()
            || name == "localhost"
            // RFC 6761, section 6.3: these names are loopback too.
            || name.ends_with(".localhost")
            || self.hosts.contains(&name)
            || (is_label_accepted && !name.contains('.'))
    }

    fn allows(&self, value: &str) -> bool {
        let wanted = origin(value);
        self.origins
            .iter()
            .any(|allowed| allowed == "*" || Some(allowed) == wanted.as_ref())
    }
}

/// Returns whether this is a preflight request (Fetch Standard, "CORS-preflight fetch").
pub(crate) fn is_preflight(request: &HttpRequest) -> bool {
    request.method == "OPTIONS"
        && request.header("origin").is_some()
        && request.header("access-control-request-method").is_some()
}

/// Returns the CORS header fields of a response to a page of `origin`, which is allowed. `exposed` are the
/// fields of the response that the page may read.
pub(crate) fn cors_fields(
    request: &HttpRequest,
    origin: &str,
    exposed: &str,
) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("Access-Control-Allow-Origin", origin.to_owned()),
        ("Vary", "Origin".to_owned()),
    ];
    if !is_preflight(request) {
        fields.push(("Access-Control-Expose-Headers", exposed.to_owned()));
        return fields;
    }
    fields.push(("Access-Control-Allow-Methods", "GET, POST".to_owned()));
    // `*` would not include Authorization, which signed calls have.
    if let Some(asked) = request.non_empty_header("access-control-request-headers") {
        fields.push(("Access-Control-Allow-Headers", asked.to_owned()));
    }
    fields.push(("Access-Control-Max-Age", "600".to_owned()));
    fields.extend(private_network_field(request));
    fields
}

/// Returns the field that allows a request from a public page to this machine ("Private Network Access").
pub(crate) fn private_network_field(request: &HttpRequest) -> Option<(&'static str, String)> {
    let asked = request.header("access-control-request-private-network");
    (asked == Some("true")).then(|| ("Access-Control-Allow-Private-Network", "true".to_owned()))
}

/// Returns the port in a `Host` value, if there is one.
pub(crate) fn port_of(host: &str) -> Option<u16> {
    split_port(host)?.1
}

/// Returns a host name in lower case, without the dot of a fully qualified name; `None` if `text` is not a
/// host name.
pub(crate) fn host_name(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (!name.is_empty() && name.bytes().all(is_allowed)).then(|| name.to_ascii_lowercase())
}

/// Returns an origin in lower case, without a default port, so that equal origins are equal texts; `None` if
/// `text` is not an origin.
pub(crate) fn origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    if text == "*" || text == "null" {
        return Some(text);
    }
    let (scheme, authority) = text.split_once("://")?;
    let is_scheme = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let (host, port) = split_port(authority)?;
    let is_host = host_name(host).is_some() || (host.starts_with('[') && host.ends_with(']'));
    if scheme.is_empty() || !scheme.bytes().all(is_scheme) || !is_host {
        return None;
    }
    let is_default = matches!((scheme, port), ("http", Some(80)) | ("https", Some(443)));
    let port = port.filter(|_| !is_default);
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    Some(format!("{scheme}://{host}{port}"))
}

/// Returns whether an origin is that of the server itself, by the name in the request.
fn is_own(value: &str, host: &str) -> bool {
    // A port forwarder may serve this server as https.
    ["http", "https"].iter().any(|scheme| {
        let own = origin(&format!("{scheme}://{host}"));
        own.is_some() && origin(value) == own
    })
}

/// Returns whether a `Host` value is `0.0.0.0` or `[::]`.
fn is_unspecified(host: &str) -> bool {
    let host = split_port(host).map_or("", |(host, _)| host);
    let address = host.trim_matches(['[', ']', '.']).parse::<IpAddr>();
    address.is_ok_and(|address| address.is_unspecified())
}

/// Returns the origin part of a URL.
fn origin_of_url(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..scheme.len().checked_add(3)?.checked_add(end)?)
}

fn is_foreign_site(value: &str) -> bool {
    !matches!(value, "same-origin" | "none")
}

/// Splits an authority without userinfo into host and port; `None` if it is malformed or the port is 0.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        // RFC 3986, section 3.2.3: an empty port is the same as none.
        Some((host, "")) => return Some((host, None)),
        // A colon within brackets is part of an address.
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => return Some((authority, None)),
    };
    let is_decimal = port.bytes().all(|b| b.is_ascii_digit());
    let port = port.parse().ok().filter(|port| is_decimal && *port > 0)?;
    Some((host, Some(port)))
}

/// Returns a header value as a message repeats it.
fn shown(value: &str) -> String {
    let text: String = value.chars().take(SHOWN_LEN_MAX).collect();
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fields: &[(&str, &str)], authority: Option<&str>) -> HttpRequest {
        let mut request = HttpRequest::default();
        request.method = "GET".to_owned();
        request.target = "/".to_owned();
        request.authority = authority.map(str::to_owned);
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        request.fields = fields.iter().map(own).collect();
        request
    }

    fn access(hosts: &[&str], origins: &[&str]) -> AccessRules {
        let own = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        AccessRules::new(&own(hosts), &own(origins)).unwrap()
    }

    #[test]
    fn hosts_of_this_machine_are_accepted() {
        let access = access(&["Host.Docker.internal", "box."], &[]);
        for host in [
            "127.0.0.1",
            "127.0.0.1:9000",
            "127.0.0.1.:9000",
            "127.0.0.1:",
            "192.168.1.5:9000",
            "0.0.0.0:9000",
            "[::1]",
            "[::1]:9000",
            "::1",
            "localhost",
            "LOCALHOST:9000",
            "localhost.:9000",
            "api.localhost:9000",
            "host.docker.internal:9000",
            "HOST.DOCKER.INTERNAL.",
            "box",
        ] {
            assert!(
                access.check(&request(&[("Host", host)], None)).is_ok(),
                "{host}"
            );
        }
        // HTTP/1.0 needs no host, and an absolute target has one too.
        assert!(access.check(&request(&[], None)).is_ok());
        let absolute = request(&[("Host", "localhost")], Some("127.0.0.1:9000"));
        assert!(access.check(&absolute).is_ok());
    }

    #[test]
    fn other_hosts_are_refused() {
        let access = access(&["box"], &["*"]);
        for host in [
            "",
            "evil.example",
            "evil.example:9000",
            "evil.example.",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1.nip.io",
            "evillocalhost",
            ".localhost.evil",
            "localhost@evil.example",
            "localhost:9000@evil.example",
            "evil.example@localhost",
            "evil.example#localhost",
            "evil.example/localhost",
            "evil.example, localhost",
            "localhost, evil.example",
            "localhost evil.example",
            "localhost:9000:9000",
            "localhost:x",
            "localhost:70000",
            "localhost:+80",
            "localhost:0",
            "localhost:65536",
            "[::1",
            "[::1]x",
            "[::1]evil.example",
            "[evil.example]",
            "[127.0.0.1]",
            "box.evil.example",
            "other",
            "localhost\u{fffd}",
        ] {
            let refused = access.check(&request(&[("Host", host)], None)).is_err();
            assert!(refused, "{host:?}");
            // An absolute target and a second field are checked too.
            let refused = access
                .check(&request(&[("Host", "localhost")], Some(host)))
                .is_err();
            assert!(refused, "{host:?}");
            let fields = [("Host", "localhost"), ("HOST", host)];
            assert!(access.check(&request(&fields, None)).is_err(), "{host:?}");
        }
    }

    /// `Some(true)`: it is allowed as a foreign origin.
    #[track_caller]
    fn check(access: &AccessRules, fields: &[(&str, &str)], want: Option<bool>) {
        let fields = [&[("Host", "localhost:9000")], fields].concat();
        let request = request(&fields, None);
        let got = access.check(&request);
        assert_eq!(got.ok().map(|origin| origin.is_some()), want, "{fields:?}");
    }

    #[test]
    fn foreign_pages_are_refused() {
        let none = access(&[], &[]);
        for own in [
            "http://localhost:9000",
            "HTTP://LOCALHOST:9000",
            "https://localhost:9000",
        ] {
            check(&none, &[("Origin", own)], Some(false));
            check(
                &none,
                &[("Origin", own), ("Sec-Fetch-Site", "same-origin")],
                Some(false),
            );
            check(
                &none,
                &[("Origin", own), ("Sec-Fetch-Site", "cross-site")],
                None,
            );
            check(
                &none,
                &[("Origin", own), ("Origin", "http://evil.example")],
                None,
            );
        }
        for foreign in [
            "http://evil.example",
            "http://localhost",
            "http://localhost:3000",
            "http://127.0.0.1:9000",
            "http://localhost:9000.evil.example",
            "http://localhost:9000@evil.example",
            "http://evil.example/localhost:9000",
            "ftp://localhost:9000",
            "localhost:9000",
            "null",
            "",
        ] {
            check(&none, &[("Origin", foreign)], None);
            check(
                &none,
                &[("Origin", foreign), ("Sec-Fetch-Site", "none")],
                None,
            );
        }
        check(&none, &[], Some(false));
        for (site, want) in [
            ("none", Some(false)),
            ("same-origin", Some(false)),
            ("cross-site", None),
            ("same-site", None),
            ("", None),
            ("other", None),
        ] {
            check(
                &none,
                &[("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate")],
                want,
            );
        }
    }

    #[test]
    fn browsers_are_refused_at_the_unspecified_address() {
        let access = access(&[], &[]);
        let agent = ("User-Agent", "Mozilla/5.0 (X11) Firefox/120.0");
        for host in ["0.0.0.0:9000", "0.0.0.0", "[::]:9000", "0.0.0.0."] {
            let refused = access
                .check(&request(&[("Host", host), agent], None))
                .is_err();
            assert!(refused, "{host}");
            let fields = [("Host", host), agent];
            let refused = access.check_program(&request(&fields, None)).is_err();
            assert!(refused, "{host}");
            let curl = ("User-Agent", "curl/8.5.0");
            let served = access
                .check(&request(&[("Host", host), curl], None))
                .is_ok();
            assert!(served, "{host}");
        }
        assert!(
            access
                .check(&request(&[("Host", "127.0.0.1"), agent], None))
                .is_ok()
        );
    }

    #[test]
    fn named_origins_are_allowed() {
        let named = access(&[], &["http://localhost:3000/", "https://App.example:443"]);
        for origin in [
            "http://localhost:3000",
            "https://app.example",
            "HTTPS://APP.EXAMPLE",
        ] {
            check(&named, &[("Origin", origin)], Some(true));
            check(
                &named,
                &[("Origin", origin), ("Sec-Fetch-Site", "cross-site")],
                Some(true),
            );
        }
        for origin in [
            "https://localhost:3000",
            "http://app.example",
            "null",
            "http://localhost",
        ] {
            check(&named, &[("Origin", origin)], None);
        }
        let link = ("Sec-Fetch-Site", "same-site");
        check(&named, &[link], None);
        check(
            &named,
            &[link, ("Referer", "http://localhost:3000/a?b=c")],
            Some(false),
        );
        check(
            &named,
            &[link, ("Referer", "http://localhost:3000?b")],
            Some(false),
        );
        check(
            &named,
            &[link, ("Referer", "http://localhost:3000.evil.example/")],
            None,
        );
        check(&named, &[link, ("Referer", "http://localhost:9000/")], None);
        check(&access(&[], &["null"]), &[("Origin", "null")], Some(true));
        let any = access(&[], &["*"]);
        for origin in ["null", "http://evil.example"] {
            check(
                &any,
                &[("Origin", origin), ("Sec-Fetch-Site", "cross-site")],
                Some(true),
            );
        }
        check(&any, &[link], Some(false));
    }

    #[test]
    fn a_server_for_programs_refuses_pages() {
        let access = access(&["box.example"], &["*"]);
        let check = |fields: &[(&str, &str)], want: bool| {
            let got = access.check_program(&request(fields, None)).is_ok();
            assert_eq!(got, want, "{fields:?}");
        };
        for host in [
            "127.0.0.1:9001",
            "[::1]:9001",
            "localhost",
            "lambda:9001",
            "box.example",
        ] {
            check(&[("Host", host)], true);
            check(&[("Host", host), ("Origin", "http://localhost")], false);
            check(&[("Host", host), ("Origin", "")], false);
            check(&[("Host", host), ("Sec-Fetch-Site", "cross-site")], false);
        }
        for host in ["evil.example", "evil.example.", "", "lambda@evil"] {
            check(&[("Host", host)], false);
        }
    }

    #[test]
    fn malformed_names_and_origins_are_refused() {
        let own = |text: &str| vec![text.to_owned()];
        for host in ["", "a:80", "http://a", "a b", "a/b", "*", "[::1]"] {
            assert!(AccessRules::new(&own(host), &[]).is_err(), "{host}");
        }
        for origin in [
            "",
            "localhost:3000",
            "http://",
            "http://a/b",
            "http://a:x",
            "http://a:0",
            "http://a:65536",
            "http://a b",
        ] {
            assert!(AccessRules::new(&[], &own(origin)).is_err(), "{origin}");
        }
    }
}
