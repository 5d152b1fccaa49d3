//! Parses the heads of HTTP/1.1 messages (RFC 9112, sections 2 to 7). Pure: one pass over the bytes,
//! and nothing is copied.

use alloc::string::String;

use super::scan;
use crate::encoding::lengths::{add, skip, split, subtract};
use crate::encoding::{digit_value, parse_decimal};
use crate::sys::utf8;

/// The longest head accepted, in bytes. Lambda limits the request line and headers of an invocation
/// to 1 MB in total, so the headers of a reply to `next` are not longer.
pub(crate) const HEAD_LEN_MAX: usize = 1 << 20;

/// Called with each field of a head, in order: its name as it was sent, and its value without the
/// white space around it.
pub(crate) type OnField<'f> = dyn FnMut(&[u8], &[u8]) + 'f;

/// Why a head is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadError {
    /// The first line is not `HTTP/1.x NNN reason`.
    StatusLine,
    /// The first line is not `METHOD target HTTP/1.x`.
    #[cfg(any(test, feature = "emulator"))]
    RequestLine,
    /// A line is not `name: value`.
    Field,
    /// `Content-Length` is not a number, is out of range, or two of them differ.
    Length,
    /// `Transfer-Encoding` is not `chunked`.
    TransferCoding,
    /// The head is longer than [`HEAD_LEN_MAX`].
    TooLong,
}

impl HeadError {
    /// Returns the error message.
    pub(crate) fn text(self) -> &'static str {
        match self {
            HeadError::StatusLine => "malformed status line",
            #[cfg(any(test, feature = "emulator"))]
            HeadError::RequestLine => "malformed request line",
            HeadError::Field => "malformed header line",
            HeadError::Length => "malformed Content-Length",
            HeadError::TransferCoding => "unknown Transfer-Encoding",
            HeadError::TooLong => "head of over 1 MiB",
        }
    }
}

/// How the end of a body is found (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After this many bytes.
    Length(u64),
    /// By the last chunk.
    Chunked,
    /// By the end of the connection.
    UntilClose,
}

/// The head of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    /// The peer closes the connection after this message.
    pub(crate) close: bool,
    /// Length of the head in bytes, the empty line included.
    pub(crate) len: usize,
}

/// The head of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg(any(test, feature = "emulator"))]
pub(crate) struct RequestHead<'b> {
    pub(crate) method: &'b [u8],
    pub(crate) target: &'b [u8],
    pub(crate) framing: Framing,
    /// The peer wants the connection closed after the response.
    pub(crate) close: bool,
    /// Length of the head in bytes, the empty line included.
    pub(crate) len: usize,
}

/// Parses the response head that `bytes` begin with.
///
/// `Ok(None)`: the head is incomplete. Read more and call again; `on_field` is then called with all
/// fields again.
#[inline]
pub(crate) fn response(
    bytes: &[u8],
    on_field: &mut OnField<'_>,
) -> Result<Option<ResponseHead>, HeadError> {
    let Some((line, rest)) = split_line(bytes) else {
        // If the bytes cannot become a status line, there is no need to wait for the line's end.
        if !bytes.iter().zip(b"HTTP/1.").all(|(a, b)| a == b) {
            return Err(HeadError::StatusLine);
        }
        return incomplete(bytes);
    };
    let (minor, status) = status_line(line).ok_or(HeadError::StatusLine)?;
    // The fields of an interim response are not those of the final one.
    let mut ignore = |_: &[u8], _: &[u8]| ();
    let on_field = if status < 200 { &mut ignore } else { on_field };
    let mut message = Message::default();
    let (fields_len, is_whole) = fields(rest, Some(&mut message), on_field)?;
    if !is_whole {
        return incomplete(bytes);
    }
    let framing = match message.framing(minor)? {
        // These statuses have no body, even if the head has a length (RFC 9110, sections 15.2, 15.3.5
        // and 15.4.5).
        _ if matches!(status, 100..=199 | 204 | 304) => Framing::Length(0),
        framing => framing.unwrap_or(Framing::UntilClose),
    };
    Ok(Some(ResponseHead {
        status,
        framing,
        close: message.closes(minor) || framing == Framing::UntilClose,
        len: add(subtract(bytes.len(), rest.len()), fields_len),
    }))
}

/// Parses the request head that `bytes` begin with. `Ok(None)` means the same as in [`response`].
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn request<'b>(
    bytes: &'b [u8],
    on_field: &mut OnField<'_>,
) -> Result<Option<RequestHead<'b>>, HeadError> {
    let Some((line, rest)) = split_line(bytes) else {
        return incomplete(bytes);
    };
    let (method, target, minor) = request_line(line).ok_or(HeadError::RequestLine)?;
    let mut message = Message::default();
    let (fields_len, is_whole) = fields(rest, Some(&mut message), on_field)?;
    if !is_whole {
        return incomplete(bytes);
    }
    Ok(Some(RequestHead {
        method,
        target,
        // RFC 9112, section 6.3: a request without a length has no body.
        framing: message.framing(minor)?.unwrap_or(Framing::Length(0)),
        close: message.closes(minor),
        len: add(subtract(bytes.len(), rest.len()), fields_len),
    }))
}

/// Appends a field value as text: CR, LF and NUL become spaces (RFC 9110, section 5.5), and bytes
/// that are not UTF-8 become U+FFFD.
pub(crate) fn push_text(text: &mut String, value: &[u8]) {
    let is_plain = scan::text_prefix_len(value) == value.len();
    match utf8::to_str(value) {
        Some(value) if is_plain => text.push_str(value),
        _ => slow_push_text(text, value),
    }
}

fn slow_push_text(text: &mut String, value: &[u8]) {
    let mut clean = value.to_vec();
    for byte in &mut clean {
        if matches!(byte, b'\r' | b'\n' | b'\0') {
            *byte = b' ';
        }
    }
    utf8::push_lossy(text, &clean);
}

/// Returns that the head needs more than these bytes.
fn incomplete<T>(bytes: &[u8]) -> Result<Option<T>, HeadError> {
    let can_end = bytes.len() < HEAD_LEN_MAX;
    can_end.then_some(None).ok_or(HeadError::TooLong)
}

/// Splits off the first line, without its end. A line ends with CR LF, and a recipient may accept LF
/// alone (RFC 9112, section 2.2).
pub(super) fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = bytes.iter().position(|&b| b == b'\n')?;
    let (line, rest) = (bytes.get(..len)?, bytes.get(add(len, 1)..)?);
    // A pattern, since `strip_suffix` of slices contains an assertion, which could panic.
    match line {
        [line @ .., b'\r'] => Some((line, rest)),
        _ => Some((line, rest)),
    }
}

/// Parses `HTTP/1.x NNN[ reason]` and returns the minor version and the status.
fn status_line(line: &[u8]) -> Option<(u8, u16)> {
    let (version, line) = line.split_first_chunk::<7>()?;
    let ([minor, space, status @ ..], reason) = line.split_first_chunk::<5>()?;
    let minor = digit_value(*minor);
    let status = u16::try_from(parse_decimal(status)?).ok()?;
    let is_ok = version == b"HTTP/1."
        && minor <= 9
        && *space == b' '
        && status >= 100
        && matches!(reason, [] | [b' ', ..]);
    is_ok.then_some((minor, status))
}

/// Parses `METHOD target HTTP/1.x` and returns the method, the target and the minor version.
#[cfg(any(test, feature = "emulator"))]
fn request_line(line: &[u8]) -> Option<(&[u8], &[u8], u8)> {
    let mut words = line.split(|&b| b == b' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let is_visible = |b: &u8| b.is_ascii_graphic() || *b >= 0x80;
    let ok = !method.is_empty()
        && method.iter().all(|&b| is_token(b))
        && !target.is_empty()
        && target.iter().all(is_visible)
        && words.next().is_none();
    match version.strip_prefix(b"HTTP/1.")? {
        [minor @ b'0'..=b'9'] if ok => Some((method, target, digit_value(*minor))),
        _ => None,
    }
}

/// The fields that control how a message is framed and whether the connection stays open.
#[derive(Default)]
pub(super) struct Message {
    /// `Content-Length`.
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
}

impl Message {
    /// Returns how the body ends; `None` if no field says so.
    fn framing(&self, minor: u8) -> Result<Option<Framing>, HeadError> {
        match (self.chunked, self.length) {
            // HTTP/1.0 has no transfer codings, so the framing is faulty (RFC 9112, section 6.1).
            (true, _) if minor == 0 => Err(HeadError::TransferCoding),
            // `chunked` overrides a length (RFC 9112, section 6.3).
            (true, _) => Ok(Some(Framing::Chunked)),
            (false, length) => Ok(length.map(Framing::Length)),
        }
    }

    /// Returns whether the connection is closed after the message.
    fn closes(&self, minor: u8) -> bool {
        // A message with both framings may be an attempt at request smuggling, so the connection is
        // not used again (RFC 9112, section 6.1).
        let has_both = self.chunked && self.length.is_some();
        self.close || has_both || (minor == 0 && !self.keep_alive)
    }

    /// Records a field if it is one of these.
    fn record(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        match name.len() {
            14 if scan::is_name(name, b"content-length") => {
                let length = parse_decimal(value).ok_or(HeadError::Length)?;
                if self.length.is_some_and(|earlier| earlier != length) {
                    return Err(HeadError::Length);
                }
                self.length = Some(length);
            }
            17 if scan::is_name(name, b"transfer-encoding") => {
                if self.chunked || !is(value, b"chunked") {
                    return Err(HeadError::TransferCoding);
                }
                self.chunked = true;
            }
            10 if scan::is_name(name, b"connection") => {
                self.close |= list_contains(value, b"close");
                self.keep_alive |= list_contains(value, b"keep-alive");
            }
            _ => {}
        }
        Ok(())
    }
}

/// Returns whether a list (RFC 9110, section 5.6.1) contains `token` in any case.
fn list_contains(list: &[u8], token: &[u8]) -> bool {
    list.split(|&b| b == b',')
        .any(|other| is(trim(other), token))
}

/// Removes white space (RFC 9110, section 5.5) and line ends around a value. A folded value may begin
/// with a line end.
#[inline]
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = value {
        value = rest;
    }
    value
}

/// Parses the complete fields that `bytes` begin with, up to the empty line after them.
///
/// Returns their length in bytes, the empty line included, and whether that line was reached.
/// `message` records the fields that it knows.
pub(super) fn fields(
    bytes: &[u8],
    mut message: Option<&mut Message>,
    on_field: &mut OnField<'_>,
) -> Result<(usize, bool), HeadError> {
    let mut rest = bytes;
    let is_end = loop {
        let mut name_len = scan::name_prefix_len(rest);
        if rest.get(name_len) != Some(&b':') {
            name_len = token_len(rest, name_len);
        }
        let (name, value) = split(rest, name_len);
        match value {
            [b':', value @ ..] if !name.is_empty() => {
                let Some((value, next)) = split_value(value) else {
                    break false;
                };
                let value = trim(value);
                on_field(name, value);
                if let Some(message) = &mut message {
                    message.record(name, value)?;
                }
                rest = next;
            }
            [] | [b'\r'] => break false,
            [b'\n', end @ ..] | [b'\r', b'\n', end @ ..] if name.is_empty() => {
                rest = end;
                break true;
            }
            _ => return Err(HeadError::Field),
        }
    };
    Ok((subtract(bytes.len(), rest.len()), is_end))
}

/// Returns the length of the token that `bytes` begin with; the first `known_len` bytes are known to
/// belong to it.
#[inline(never)]
fn token_len(bytes: &[u8], known_len: usize) -> usize {
    let rest = skip(bytes, known_len);
    let more = rest.iter().position(|&b| !is_token(b));
    add(known_len, more.unwrap_or(rest.len()))
}

/// Splits a field's value off, which ends at the next line. `None` if the first byte of that line
/// has not been received: a space would continue the value.
fn split_value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (value, end) = bytes.split_at_checked(scan::text_prefix_len(bytes))?;
    match end {
        [b'\r', b'\n', next @ ..] if !matches!(next, [] | [b' ' | b'\t', ..]) => {
            Some((value, next))
        }
        _ => slow_split_value(bytes),
    }
}

/// Does the same as [`split_value`] for all values: also if the value contains bytes other than text, ends
/// with LF alone, or is folded. A line that begins with white space continues the value before it (RFC 9112,
/// section 5.2).
#[inline(never)]
fn slow_split_value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut len = 0;
    loop {
        let line_len = skip(bytes, len).iter().position(|&b| b == b'\n')?;
        len = add(len, add(line_len, 1));
        if !matches!(bytes.get(len)?, b' ' | b'\t') {
            return bytes.split_at_checked(len);
        }
    }
}

/// Returns whether a token, such as a field's name, may contain this byte (RFC 9110, section 5.6.2).
pub(crate) fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

/// Returns whether `text` is `word` in any case. std's `eq_ignore_ascii_case` of slices contains an
/// assertion that the compiler does not remove at opt-level z.
pub(crate) fn is(text: &[u8], word: &[u8]) -> bool {
    text.len() == word.len()
        && text
            .iter()
            .zip(word)
            .all(|(a, b)| a.eq_ignore_ascii_case(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn read(head: &[u8]) -> Result<Option<ResponseHead>, HeadError> {
        response(head, &mut |_, _| ())
    }

    #[track_caller]
    fn check(head: &str, want: Result<(u16, Framing, bool), HeadError>) {
        let got = read(head.as_bytes()).map(|head| head.expect("a whole head"));
        assert_eq!(
            got.map(|h| (h.status, h.framing, h.close)),
            want,
            "{head:?}"
        );
        let got = got.map(|head| head.len);
        assert!(got.is_err() || got == Ok(head.len()), "{head:?}");
    }

    #[track_caller]
    fn check_fields(lines: &str, want: &[(&str, &str)]) {
        let mut got = Vec::new();
        let head = alloc::format!("HTTP/1.1 200 OK\r\n{lines}\r\n");
        let keep = &mut |name: &[u8], value: &[u8]| {
            let mut text = String::new();
            push_text(&mut text, value);
            got.push((String::from_utf8(name.to_vec()).unwrap(), text));
        };
        response(head.as_bytes(), keep).unwrap().unwrap();
        let got: Vec<_> = got.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn status_line_has_a_version_and_three_digits() {
        let ok = |status| Ok((status, Framing::UntilClose, true));
        check("HTTP/1.1 202 Accepted\r\n\r\n", ok(202));
        check("HTTP/1.1 202 \r\n\r\n", ok(202));
        check("HTTP/1.1 202\r\n\r\n", ok(202));
        check("HTTP/1.0 500 not good at all\r\n\r\n", ok(500));
        check("HTTP/1.1 599 caf\u{e9}\r\n\r\n", ok(599));
        check("HTTP/1.1 200 OK\n\n", ok(200));
        for line in [
            "HTTP/1.1 2x2 OK",
            "HTTP/1.1 20 OK",
            "HTTP/1.1 2000 OK",
            "HTTP/1.1 099 OK",
            "HTTP/1.1 -20 OK",
            "HTTP/1.1  200 OK",
            "HTTP/1.1\t200 OK",
            "HTTP/1.1200 OK",
            "HTTP/1. 200 OK",
            "HTTP/1.10 200 OK",
            "HTTP/2 200 OK",
            "http/1.1 200 OK",
            " HTTP/1.1 200 OK",
            "ICY 200 OK",
            "",
        ] {
            check(
                &alloc::format!("{line}\r\n\r\n"),
                Err(HeadError::StatusLine),
            );
        }
        assert_eq!(read(b"\x16\x03\x01 not http"), Err(HeadError::StatusLine));
        assert_eq!(read(b"HTTP/3"), Err(HeadError::StatusLine));
        assert_eq!(read(b"HTT"), Ok(None));
        assert_eq!(read(b""), Ok(None));
    }

    #[test]
    fn a_body_ends_by_length_by_chunks_or_with_the_connection() {
        let at = |status: &str, lines: &str| alloc::format!("HTTP/1.{status}\r\n{lines}\r\n");
        let ok = |framing, close| Ok((200, framing, close));
        let check = |status: &str, lines: &str, want| check(&at(status, lines), want);
        check(
            "1 200",
            "Content-Length: 0\r\n",
            ok(Framing::Length(0), false),
        );
        check(
            "1 200",
            "cOntent-lEngth:17\r\n",
            ok(Framing::Length(17), false),
        );
        check(
            "1 200",
            "Content-Length: 5\r\ncontent-length: 5\r\n",
            ok(Framing::Length(5), false),
        );
        check(
            "1 200",
            "Transfer-Encoding: Chunked\r\n",
            ok(Framing::Chunked, false),
        );
        check("1 200", "", ok(Framing::UntilClose, true));
        check(
            "1 200",
            "Connection: close\r\nContent-Length: 1\r\n",
            ok(Framing::Length(1), true),
        );
        check(
            "1 200",
            "connection: x, CLOSE\r\nContent-Length: 1\r\n",
            ok(Framing::Length(1), true),
        );
        check(
            "0 200",
            "Content-Length: 1\r\n",
            ok(Framing::Length(1), true),
        );
        let kept = "Content-Length: 1\r\nConnection: Keep-Alive\r\n";
        check("0 200", kept, ok(Framing::Length(1), false));
        let both = "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n";
        check("1 200", both, ok(Framing::Chunked, true));
        check("1 204", "", Ok((204, Framing::Length(0), false)));
        check("1 100", "", Ok((100, Framing::Length(0), false)));
        check(
            "1 304",
            "Content-Length: 9\r\n",
            Ok((304, Framing::Length(0), false)),
        );
    }

    #[test]
    fn a_malformed_or_unknown_framing_is_an_error() {
        let at = |status: &str, lines: &str| alloc::format!("HTTP/1.{status}\r\n{lines}\r\n");
        let check = |status: &str, lines: &str, want| check(&at(status, lines), want);
        let length = Err(HeadError::Length);
        for value in [
            "",
            "-1",
            "+1",
            "1 1",
            "1,1",
            "0x1",
            "1.0",
            "1e3",
            "18446744073709551616",
        ] {
            check(
                "1 200",
                &alloc::format!("Content-Length: {value}\r\n"),
                length,
            );
        }
        check(
            "1 200",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            length,
        );
        let coding = Err(HeadError::TransferCoding);
        for value in ["gzip", "gzip, chunked", "identity", "", "chunked, chunked"] {
            check(
                "1 200",
                &alloc::format!("Transfer-Encoding: {value}\r\n"),
                coding,
            );
        }
        check("0 200", "Transfer-Encoding: chunked\r\n", coding);
    }

    #[test]
    fn fields_are_trimmed_and_in_order() {
        check_fields("", &[]);
        check_fields("a: b\r\nA:B\r\n", &[("a", "b"), ("A", "B")]);
        check_fields("x: \t a b \t\r\n", &[("x", "a b")]);
        check_fields("x:\r\ny: \r\n", &[("x", ""), ("y", "")]);
        check_fields("x: a:b\r\n", &[("x", "a:b")]);
        check_fields("x:\r\n a\r\ny: \n\t\n b\r\n", &[("x", "a"), ("y", "b")]);
        check_fields(
            "x: a\r\n b\r\n\tc\r\ny: d\r\n",
            &[("x", "a   b  \tc"), ("y", "d")],
        );
        check_fields("x: \u{e9}\0\u{1}\r\n", &[("x", "\u{e9} \u{1}")]);
    }

    #[test]
    fn a_malformed_field_is_an_error() {
        for line in [
            "nocolon",
            ": empty",
            "na me: x",
            "name : x",
            "n\u{e9}: x",
            " x: y",
            "\0: x",
        ] {
            let head = alloc::format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n");
            assert_eq!(read(head.as_bytes()), Err(HeadError::Field), "{line:?}");
        }
    }

    #[test]
    fn a_value_that_is_not_text_is_marked() {
        let mut text = String::new();
        push_text(&mut text, b"a\xff\xc3\xa9\rb\xc3");
        assert_eq!(text, "a\u{fffd}\u{e9} b\u{fffd}");
    }

    #[test]
    fn a_head_cut_at_any_byte_wants_more() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nx: y\r\n z\r\n\r\nabc";
        let len = head.len() - 3;
        for cut in 0..len {
            assert_eq!(read(&head[..cut]), Ok(None), "{cut}");
        }
        for cut in len..=head.len() {
            assert_eq!(read(&head[..cut]).unwrap().unwrap().len, len, "{cut}");
        }
    }

    #[test]
    fn a_head_has_a_limit() {
        let mut head = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
        head.resize(HEAD_LEN_MAX - 1, b'x');
        assert_eq!(read(&head), Ok(None));
        head.push(b'x');
        assert_eq!(read(&head), Err(HeadError::TooLong));
    }

    #[test]
    fn request_line_has_three_words() {
        #[track_caller]
        fn check(line: &str, want: Result<(&str, &str, bool), HeadError>) {
            let text = alloc::format!("{line}\r\nHost: h\r\n\r\n");
            let got = request(text.as_bytes(), &mut |_, _| ()).map(|head| {
                let head = head.expect("a whole head");
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                (text(head.method), text(head.target), head.close)
            });
            let got = got
                .as_ref()
                .map(|(m, t, c)| (m.as_str(), t.as_str(), *c))
                .map_err(|e| *e);
            assert_eq!(got, want, "{line:?}");
        }
        check("GET / HTTP/1.1", Ok(("GET", "/", false)));
        check("POST /a?b HTTP/1.0", Ok(("POST", "/a?b", true)));
        for line in [
            "GET /",
            "GET / HTTP/2",
            "GET  / HTTP/1.1",
            "GET /a b HTTP/1.1",
            "G(T / HTTP/1.1",
            "",
        ] {
            check(line, Err(HeadError::RequestLine));
        }
    }
}
