//! Raw requests to the Runtime API: status, headers, body, and whether the connection stays open.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use tiny_lambda::emulator::Emulator;

/// A request, its reply, and the reason if AWS's own emulator replies differently.
///
/// In requests, a line that begins with `-` is the usual Host field, and lines end with LF. A reply consists
/// of the first line, the headers, the body, and whether the connection stays open. The headers are sorted by
/// name and do not contain `Date` and `Content-Length`.
pub(crate) const CHECKS: [(&str, &str, Option<&str>); 45] = [
    (
        "GET /2018-06-01/ping HTTP/1.1\n-\n",
        "200 OK|Content-Type: text/plain; charset=utf-8|pong|open",
        None,
    ),
    (
        "GET /2018-06-01/ping?x=1 HTTP/1.1\nhOST: a\n\n",
        "200 OK|Content-Type: text/plain; charset=utf-8|pong|open",
        None,
    ),
    (
        "GET http://elsewhere/2018-06-01/ping HTTP/1.1\n-\n",
        "200 OK|Content-Type: text/plain; charset=utf-8|pong|open",
        None,
    ),
    (
        "GET /2018-06-01/ping HTTP/1.1\n-Connection: close\n\n",
        "200 OK|Connection: close; Content-Type: text/plain; charset=utf-8|pong|closed",
        None,
    ),
    (
        "HEAD /2018-06-01/ping HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: GET||open",
        None,
    ),
    (
        "POST /2018-06-01/ping HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: GET||open",
        None,
    ),
    (
        "get /2018-06-01/ping HTTP/1.1\n-\n",
        "405 Method Not Allowed|||open",
        None,
    ),
    ("OPTIONS * HTTP/1.1\n-\n", "200 OK|||open", None),
    ("GET / HTTP/1.1\n-\n", NOT_FOUND, None),
    ("GET /2018-06-01/PING HTTP/1.1\n-\n", NOT_FOUND, None),
    ("GET //2018-06-01/ping HTTP/1.1\n-\n", NOT_FOUND, None),
    (
        "GET /2018-06-01/runtime/invocation/next/ HTTP/1.1\n-\n",
        NOT_FOUND,
        None,
    ),
    (
        "POST /2018-06-01/runtime/invocation/x HTTP/1.1\n-\n",
        NOT_FOUND,
        None,
    ),
    (
        "GET /2018-06-01/runtime/restore/next HTTP/1.1\n-\n",
        NOT_FOUND,
        None,
    ),
    (
        "DELETE /2018-06-01/runtime/restore/next HTTP/1.1\n-\n",
        NOT_FOUND,
        None,
    ),
    (
        "POST /2018-06-01/runtime/restore/error HTTP/1.1\n-\n",
        NOT_FOUND,
        None,
    ),
    (
        "GET /2020-01-01/extension/other HTTP/1.1\n-\n",
        NOT_FOUND,
        None,
    ),
    ("GET /2021-04-23/credentials HTTP/1.1\n-\n", NOT_FOUND, None),
    (
        "HEAD /2018-06-01/runtime/invocation/next HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: GET||open",
        None,
    ),
    (
        "OPTIONS /2018-06-01/runtime/invocation/next HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: GET||open",
        None,
    ),
    (
        "GET /2018-06-01/runtime/invocation/x/response HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: POST||open",
        None,
    ),
    (
        "DELETE /2018-06-01/runtime/invocation/x/error HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: POST||open",
        None,
    ),
    (
        "GET /2018-06-01/runtime/init/error HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: POST||open",
        None,
    ),
    (
        "GET /2020-01-01/extension/register HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: POST||open",
        None,
    ),
    (
        "POST /2020-01-01/extension/event/next HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: GET||open",
        None,
    ),
    (
        "GET /2020-08-15/logs HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: PUT||open",
        None,
    ),
    (
        "GET /2022-07-01/telemetry HTTP/1.1\n-\n",
        "405 Method Not Allowed|Allow: PUT||open",
        None,
    ),
    (
        "PUT /2022-07-01/telemetry HTTP/1.1\n-Content-Length: 2\n\n{}",
        "403 Forbidden|Content-Type: application/json|{\"errorMessage\":\"Missing Lambda-Extension-Identifier \
         header\",\"errorType\":\"Extension.MissingExtensionIdentifier\"}\n|open",
        Some("it has no Telemetry API, and replies 202 to all"),
    ),
    (
        "POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\n-Content-Length: 1\n\n1",
        UNKNOWN_ID,
        None,
    ),
    (
        "POST /2018-06-01/runtime/invocation//response HTTP/1.1\n-Content-Length: 1\n\n1",
        UNKNOWN_ID,
        None,
    ),
    (
        "POST /2018-06-01/runtime/invocation/a%2fb/error HTTP/1.1\n-Content-Length: 2\n\n{}",
        UNKNOWN_ID,
        None,
    ),
    (
        "POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\n-Transfer-Encoding: chunked\n\n1\n7\n0\n\n",
        UNKNOWN_ID,
        None,
    ),
    (
        "POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\n-Content-Length: 2\nContent-Length: 2\n\n12",
        UNKNOWN_ID,
        None,
    ),
    (
        "POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\n-Expect: 100-continue\nContent-Length: 2\n\n",
        "400 Bad Request|Connection: close; Content-Type: application/json|{\"errorMessage\":\"Invalid request \
         ID\",\"errorType\":\"InvalidRequestID\"}\n|closed",
        None,
    ),
    (
        "POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\n-Expect: other\nContent-Length: 2\n\n12",
        "417 Expectation Failed|Connection: close; Content-Type: text/plain; charset=utf-8||closed",
        Some("its refusal of no text has no type either"),
    ),
    (
        "POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\n-Transfer-Encoding: gzip, chunked\n\n0\n\n",
        "501 Not Implemented|Connection: close; Content-Type: text/plain; charset=utf-8|Unsupported transfer \
         encoding|closed",
        None,
    ),
    ("GET /2018-06-01/ping HTTP/1.1\n\n", NO_HOST, None),
    (
        "GET /2018-06-01/ping HTTP/1.1\nHost: a\nHost: b\n\n",
        BAD_REQUEST,
        None,
    ),
    ("GET ping HTTP/1.1\n-\n", BAD_REQUEST, None),
    ("GET HTTP/1.1\n-\n", BAD_REQUEST, None),
    (
        "POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\n-Content-Length: 1\nContent-Length: 2\n\n12",
        BAD_REQUEST,
        None,
    ),
    (
        "POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\n-Content-Length: +2\n\n12",
        BAD_REQUEST,
        None,
    ),
    (
        "GET /2018-06-01/ping HTTP/2.0\n-\n",
        "505 HTTP Version Not Supported: unsupported protocol version|Connection: close; Content-Type: \
         text/plain; charset=utf-8|505 HTTP Version Not Supported: unsupported protocol version|closed",
        None,
    ),
    (
        "GET /2018-06-01/ping HTTP/1.0\n\n",
        "200 OK|Connection: close; Content-Type: text/plain; charset=utf-8|pong|closed",
        Some("it closes without a word"),
    ),
    (
        "GET /2018-06-01/ping HTTP/1.0\nConnection: keep-alive\n\n",
        "200 OK|Connection: keep-alive; Content-Type: text/plain; charset=utf-8|pong|open",
        None,
    ),
];

const NOT_FOUND: &str = "404 Not Found|Content-Type: text/plain; charset=utf-8; X-Content-Type-Options: \
                         nosniff|404 page not found\n|open";
const UNKNOWN_ID: &str = "400 Bad Request|Content-Type: application/json|{\"errorMessage\":\"Invalid request \
                          ID\",\"errorType\":\"InvalidRequestID\"}\n|open";
const BAD_REQUEST: &str = "400 Bad Request|Connection: close; Content-Type: text/plain; charset=utf-8|400 Bad Request|closed";
const NO_HOST: &str = "400 Bad Request: missing required Host header|Connection: close; Content-Type: \
                       text/plain; charset=utf-8|400 Bad Request: missing required Host header|closed";

/// Sends `request`, and then a second one to find out whether the connection is open.
pub(crate) fn exchange(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let request = request.replace("\n-", "\nHost: a\n").replace('\n', "\r\n");
    let last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    while !is_whole(&bytes, request.starts_with("HEAD")) {
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(n @ 1..) => bytes.extend_from_slice(&piece[..n]),
            _ => break,
        }
    }
    // The server may have closed the connection.
    let _ = stream.write_all(last.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let mut fields: Vec<&str> = lines
        .filter(|line| !line.starts_with("Date:") && !line.starts_with("Content-Length:"))
        .collect();
    fields.sort_unstable();
    let state = if rest.is_empty() { "closed" } else { "open" };
    let status = status.split_once(' ').map_or(status, |(_, status)| status);
    format!("{status}|{}|{body}|{state}", fields.join("; "))
}

fn is_whole(bytes: &[u8], to_head: bool) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("Content-Length: "));
    to_head || length.is_some_and(|length| length.parse() == Ok(body.len()))
}

/// 12.2: 1 and 13.
#[test]
fn each_raw_request_gets_exactly_this_reply() {
    let emulator = Emulator::start().unwrap();
    for (request, want, _) in CHECKS {
        assert_eq!(exchange(emulator.addr(), request), want, "{request}");
    }
}
