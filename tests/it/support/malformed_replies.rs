//! Malformed replies, each with a part of its error message.

/// Malformed status lines.
const STATUS_LINES: &[&[u8]] = &[
    b"garbage",
    b"\0\xff\xfe\r\n\r\n",
    b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 2x0 OK\r\n\r\n",
    b"HTTP/1.1 20 OK\r\n\r\n",
    b"HTTP/1.1 2000 OK\r\n\r\n",
    b"HTTP/1.1 099 OK\r\n\r\n",
    b"HTTP/1.1 -20 OK\r\n\r\n",
    b"HTTP/1.1 0x1 OK\r\n\r\n",
    b"HTTP/1.1  200 OK\r\n\r\n",
    b"HTTP/1.1 200OK\r\n\r\n",
    b"HTTP/1.1 OK 200\r\n\r\n",
    b"HTTP/1.1\r\n\r\n",
    b"http/1.1 200 OK\r\n\r\n",
    // Other protocols.
    b"HTTP/2 200 OK\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\0\0\x12\x04\0\0\0\0\0",
    b"\x15\x03\x01\0\x02\x02\x28",
    b"SSH-2.0-OpenSSH\r\n",
    b"<html>\r\n",
    b"{}",
];

/// Malformed heads after the status line and the request id, by error message.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "malformed header line",
        &[
            "no field\r\n\r\n",
            "a b: c\r\n\r\n",
            ": c\r\n\r\n",
            "Content-Length : 3\r\n\r\n\"7\"",
            "X\0: 3\r\n\r\n",
            "\u{e9}: 3\r\n\r\n",
            "\rX: 3\r\n\r\n",
        ],
    ),
    (
        "malformed Content-Length",
        &[
            "Content-Length: -1\r\n\r\n",
            "Content-Length: +3\r\n\r\n\"7\"",
            "Content-Length: 3x\r\n\r\n\"7\"",
            "Content-Length: \r\n\r\n",
            "Content-Length: 0x3\r\n\r\n\"7\"",
            "Content-Length: 3, 3\r\n\r\n\"7\"",
            "Content-Length: 3 3\r\n\r\n\"7\"",
            "Content-Length: 3\r\n 3\r\n\r\n\"7\"",
            "Content-Length: 1e0\r\n\r\n\"",
            "Content-Length: 3.0\r\n\r\n\"7\"",
            "Content-Length: 3\0\r\n\r\n\"7\"",
            "Content-Length: \u{ff13}\r\n\r\n\"7\"",
            "Content-Length: 3\r\nContent-Length: 4\r\n\r\n\"7\"",
            "Content-Length: 18446744073709551616\r\n\r\n",
            "Content-Length: 99999999999999999999999999\r\n\r\n",
        ],
    ),
    (
        "unknown Transfer-Encoding",
        &[
            "Transfer-Encoding: gzip\r\n\r\n",
            "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked, gzip\r\n\r\n",
            "Transfer-Encoding: xchunked\r\n\r\n",
            "Transfer-Encoding: chunked;q=1\r\n\r\n",
            "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n\"7\"",
            "Transfer-Encoding:\r\nContent-Length: 3\r\n\r\n\"7\"",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        ],
    ),
    (
        "body too long",
        &[
            "Content-Length: 18446744073709551615\r\n\r\n",
            "Content-Length: 9223372036854775807\r\n\r\n",
            "Content-Length: 4294967299\r\n\r\n",
        ],
    ),
    (
        "closed within the head",
        &["", "Content", "Content-Length: 3\r\n"],
    ),
    (
        "closed within the body",
        &["Content-Length: 4\r\n\r\n\"7\""],
    ),
];

/// Malformed chunked bodies, by error message.
const CHUNKS: &[(&str, &[&str])] = &[
    (
        "malformed chunk size",
        &[
            "-1\r\n",
            "x\r\n",
            "\r\n",
            "0x3\r\n\"7\"\r\n",
            "+3\r\n\"7\"\r\n",
            " 3\r\n\"7\"\r\n",
            "3 3\r\n\"7\"\r\n",
            "3,\r\n\"7\"\r\n",
            "3\0\r\n\"7\"\r\n",
            ";a=b\r\n",
            "3\r\n\"7\"\r\n-0\r\n\r\n",
            "10000000000000000\r\n",
        ],
    ),
    ("body too long", &["ffffffffffffffff\r\n"]),
    (
        "malformed chunk end",
        &[
            "3\r\n\"7\"0\r\n\r\n",
            "3\r\n\"7\"\r0\r\n\r\n",
            "2\r\n\"7\"\r\n0\r\n\r\n",
        ],
    ),
    (
        "malformed trailer",
        &["0\r\nno field\r\n\r\n", "0\r\n: x\r\n\r\n"],
    ),
    (
        "closed within the body",
        &[
            "",
            "3",
            "3\r",
            "4\r\n\"7\"",
            "3\r\n\"7\"",
            "3\r\n\"7\"\r",
            "3\r\n\"7\"\r\n",
            "3\r\n\"7\"\r\n0",
            "3\r\n\"7\"\r\n0\r\n",
            "3\r\n\"7\"\r\n0\r\nX: y\r\n",
        ],
    ),
];

/// Replies that exceed a limit, and others that are in no table above.
fn others() -> Vec<(Vec<u8>, &'static str)> {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(100);
    let reason = "HTTP/1.1 200 ".to_owned() + &"x".repeat(1 << 21);
    let switched = "HTTP/1.1 101 Switching Protocols\r\n\r\n".to_owned();
    let blank = "HTTP/1.1 200 OK\r\n X: y\r\n\r\n".to_owned();
    let old = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned();
    vec![
        (interim.into_bytes(), "unexpected interim reply"),
        (switched.into_bytes(), "unexpected "),
        (blank.into_bytes(), "malformed header line"),
        (old.into_bytes(), "unknown Transfer-Encoding"),
        (reason.into_bytes(), "head of over 1 MiB"),
        (with(&"X: y\r\n".repeat(200_000)), "head of over 1 MiB"),
        (with(&"x".repeat(1 << 21)), "head of over 1 MiB"),
        (chunked(&"0".repeat(1 << 16)), "malformed chunk size"),
        (
            chunked(&("1;".to_owned() + &"x".repeat(1 << 16))),
            "malformed chunk size",
        ),
        (
            chunked(&("0\r\n".to_owned() + &"X: y\r\n".repeat(200_000))),
            "malformed trailer",
        ),
    ]
}

/// Returns a status line and a request id, followed by `rest`.
pub(crate) fn with(rest: &str) -> Vec<u8> {
    let id = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536\r\n";
    (id.to_owned() + rest).into_bytes()
}

fn chunked(rest: &str) -> Vec<u8> {
    with(&("Transfer-Encoding: chunked\r\n\r\n".to_owned() + rest))
}

/// Returns all malformed replies.
pub(crate) fn malformed() -> Vec<(Vec<u8>, &'static str)> {
    let mut all = others();
    all.extend(
        STATUS_LINES
            .iter()
            .map(|line| (line.to_vec(), "malformed status line")),
    );
    for (want, texts) in FIELDS {
        all.extend(texts.iter().map(|text| (with(text), *want)));
    }
    for (want, texts) in CHUNKS {
        all.extend(texts.iter().map(|text| (chunked(text), *want)));
    }
    all
}
