//! Heads of HTTP/1.1 messages, read from bytes (RFC 9112, sections 2 to 7): pure, one pass, nothing copied.

use alloc::string::String;
use core::str;

use super::scan;

/// Longest head accepted. Lambda bounds the request line and headers of an invoke at 1 MB in total,
/// and nothing longer can come back in the headers of `next`.
pub(crate) const HEAD_LEN_MAX: usize = 1 << 20;

/// What is called with each field of a head, in order: its name as it was sent, and its value
/// without the white space around it.
pub(crate) type OnField<'f> = dyn FnMut(&[u8], &[u8]) + 'f;

/// What is wrong with a head.
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
    /// `Transfer-Encoding` names something else than `chunked`.
    TransferCoding,
    /// The head is longer than [`HEAD_LEN_MAX`].
    TooLong,
}

impl HeadError {
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
    /// The peer ends the connection after this message.
    pub(crate) close: bool,
    /// Bytes of the head, empty line included.
    pub(crate) len: usize,
}

/// The head of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg(any(test, feature = "emulator"))]
pub(crate) struct RequestHead<'b> {
    pub(crate) method: &'b [u8],
    pub(crate) target: &'b [u8],
    pub(crate) framing: Framing,
    /// The peer wants the connection closed after the answer.
    pub(crate) close: bool,
    /// Bytes of the head, empty line included.
    pub(crate) len: usize,
}

/// Reads a response head from the front of `bytes`.
///
/// `Ok(None)`: the head has not ended, read more and call again (`on_field` then sees the fields
/// anew).
pub(crate) fn response(
    bytes: &[u8],
    on_field: &mut OnField<'_>,
) -> Result<Option<ResponseHead>, HeadError> {
    let Some((line, rest)) = split_line(bytes) else {
        // Not waited for, if it can never become a status line.
        let known = bytes.iter().zip(b"HTTP/1.").all(|(a, b)| a == b);
        return if known {
            unfinished(bytes.len())
        } else {
            Err(HeadError::StatusLine)
        };
    };
    let (minor, status) = status_line(line).ok_or(HeadError::StatusLine)?;
    // The fields of an interim reply say nothing about the final one.
    let on_field: &mut OnField<'_> = if status < 200 {
        &mut |_, _| ()
    } else {
        on_field
    };
    let Some((fields, end)) = fields(rest, on_field)? else {
        return unfinished(bytes.len());
    };
    // RFC 9110, sections 15.2, 15.3.5 and 15.4.5: these have no body, whatever the head says.
    let bodiless = matches!(status, 100..=199 | 204 | 304);
    let framing = match fields.framing(minor)? {
        _ if bodiless => Framing::Length(0),
        Some(framing) => framing,
        None => Framing::UntilClose,
    };
    let len = bytes.len().wrapping_sub(end.len());
    let close = fields.closes(minor) || framing == Framing::UntilClose;
    Ok(Some(ResponseHead {
        status,
        framing,
        close,
        len,
    }))
}

/// Reads a request head from the front of `bytes`; `Ok(None)` as [`response`] has it.
#[cfg(any(test, feature = "emulator"))]
pub(crate) fn request<'b>(
    bytes: &'b [u8],
    on_field: &mut OnField<'_>,
) -> Result<Option<RequestHead<'b>>, HeadError> {
    let unfinished = || {
        if bytes.len() < HEAD_LEN_MAX {
            Ok(None)
        } else {
            Err(HeadError::TooLong)
        }
    };
    let Some((line, rest)) = split_line(bytes) else {
        return unfinished();
    };
    let (method, target, minor) = request_line(line).ok_or(HeadError::RequestLine)?;
    let Some((fields, end)) = fields(rest, on_field)? else {
        return unfinished();
    };
    // RFC 9112, section 6.3: a request without a length has no body.
    let framing = fields.framing(minor)?.unwrap_or(Framing::Length(0));
    let len = bytes.len().wrapping_sub(end.len());
    Ok(Some(RequestHead {
        method,
        target,
        framing,
        close: fields.closes(minor),
        len,
    }))
}

/// Reads a line of the trailer section behind the last chunk (RFC 9112, section 7.1.2): how many
/// bytes it took, and whether it was the empty line that ends the section; `None`: not a whole line.
pub(crate) fn trailer(
    bytes: &[u8],
    on_field: &mut OnField<'_>,
) -> Result<Option<(usize, bool)>, HeadError> {
    let len_until = |rest: &[u8]| bytes.len().wrapping_sub(rest.len());
    match field(bytes)? {
        Line::Unfinished if bytes.len() < HEAD_LEN_MAX => Ok(None),
        Line::Unfinished => Err(HeadError::TooLong),
        Line::End(rest) => Ok(Some((len_until(rest), true))),
        Line::Field(name, value, rest) => {
            on_field(name, value);
            Ok(Some((len_until(rest), false)))
        }
    }
}

/// The bytes of a field value without those that no text should have (RFC 9110, section 5.5: CR,
/// LF and NUL are replaced by spaces), and with U+FFFD for what is not UTF-8.
pub(crate) fn push_text(text: &mut String, value: &[u8]) {
    if scan::before_control(value) == value.len() {
        if let Ok(value) = str::from_utf8(value) {
            text.push_str(value);
            return;
        }
    }
    push_cleaned(text, value);
}

#[cold]
fn push_cleaned(text: &mut String, value: &[u8]) {
    let mut clean = value.to_vec();
    for byte in &mut clean {
        if matches!(byte, b'\r' | b'\n' | b'\0') {
            *byte = b' ';
        }
    }
    let mut rest = clean.as_slice();
    while let Err(error) = str::from_utf8(rest) {
        let (valid, invalid) = rest
            .split_at_checked(error.valid_up_to())
            .unwrap_or_default();
        text.push_str(str::from_utf8(valid).unwrap_or_default());
        text.push('\u{fffd}');
        let invalid_len = error.error_len().unwrap_or(invalid.len());
        rest = invalid.get(invalid_len..).unwrap_or_default();
    }
    text.push_str(str::from_utf8(rest).unwrap_or_default());
}

fn unfinished(len: usize) -> Result<Option<ResponseHead>, HeadError> {
    if len < HEAD_LEN_MAX {
        Ok(None)
    } else {
        Err(HeadError::TooLong)
    }
}

/// The first line of `bytes` without its end, and what follows it. RFC 9112, section 2.2: a line
/// ends with CR LF, and LF alone may be taken for it.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = scan::before_control(bytes);
    // In front of it there may be CR, a tab, or what should not be there.
    while *bytes.get(end)? != b'\n' {
        end = end.wrapping_add(1);
        end = end.wrapping_add(scan::before_control(bytes.get(end..)?));
    }
    let (line, rest) = bytes.split_at_checked(end)?;
    let rest = rest.split_first()?.1;
    // By patterns: `strip_suffix` and its like of slices have an assertion in them.
    let line = match line.split_last() {
        Some((b'\r', line)) => line,
        _ => line,
    };
    Some((line, rest))
}

/// Minor version and status of `HTTP/1.x NNN[ reason]`.
fn status_line(line: &[u8]) -> Option<(u8, u16)> {
    let [b'H', b'T', b'T', b'P', b'/', b'1', b'.', line @ ..] = line else {
        return None;
    };
    let (version, status) = line.split_at_checked(2)?;
    let (status, reason) = status.split_at_checked(3)?;
    match (version, reason) {
        ([minor @ b'0'..=b'9', b' '], [] | [b' ', ..]) => {
            let status = u16::try_from(decimal(status)?).ok()?;
            (status >= 100).then_some((minor.wrapping_sub(b'0'), status))
        }
        _ => None,
    }
}

/// Method, target and minor version of `METHOD target HTTP/1.x`.
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
        [minor @ b'0'..=b'9'] if ok => Some((method, target, minor.wrapping_sub(b'0'))),
        _ => None,
    }
}

/// What the fields say about the message itself.
#[derive(Default)]
struct Fields {
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
}

impl Fields {
    fn framing(&self, minor: u8) -> Result<Option<Framing>, HeadError> {
        match (self.chunked, self.length) {
            // RFC 9112, section 6.1: HTTP/1.0 has no transfer codings, the framing is faulty.
            (true, _) if minor == 0 => Err(HeadError::TransferCoding),
            // Section 6.3: `chunked` overrides a length.
            (true, _) => Ok(Some(Framing::Chunked)),
            (false, length) => Ok(length.map(Framing::Length)),
        }
    }

    fn closes(&self, minor: u8) -> bool {
        // Both lengths at once is how requests are smuggled: not reused (RFC 9112, section 6.1).
        let twofold = self.chunked && self.length.is_some();
        self.close || twofold || (minor == 0 && !self.keep_alive)
    }

    /// Takes note of a field that says how the message ends.
    fn take(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        if scan::is_name(name, b"content-length") {
            let length = decimal(value).ok_or(HeadError::Length)?;
            if self.length.is_some_and(|earlier| earlier != length) {
                return Err(HeadError::Length);
            }
            self.length = Some(length);
        } else if scan::is_name(name, b"transfer-encoding") {
            if self.chunked || !is(value, b"chunked") {
                return Err(HeadError::TransferCoding);
            }
            self.chunked = true;
        } else if scan::is_name(name, b"connection") {
            for token in value.split(|&b| b == b',').map(<[u8]>::trim_ascii) {
                self.close |= is(token, b"close");
                self.keep_alive |= is(token, b"keep-alive");
            }
        }
        Ok(())
    }
}

/// Reads fields up to the empty line: what they say about the message, and what follows them.
fn fields<'b>(
    bytes: &'b [u8],
    on_field: &mut OnField<'_>,
) -> Result<Option<(Fields, &'b [u8])>, HeadError> {
    let mut fields = Fields::default();
    let mut rest = bytes;
    loop {
        match field(rest)? {
            Line::Unfinished => return Ok(None),
            Line::End(end) => return Ok(Some((fields, end))),
            Line::Field(name, value, next) => {
                // The three names of interest begin with C or T; most others do not.
                if matches!(name.first(), Some(b'c' | b'C' | b't' | b'T')) {
                    fields.take(name, value)?;
                }
                on_field(name, value);
                rest = next;
            }
        }
    }
}

/// One line of a head, and what follows it.
enum Line<'b> {
    Unfinished,
    End(&'b [u8]),
    Field(&'b [u8], &'b [u8], &'b [u8]),
}

fn field(bytes: &[u8]) -> Result<Line<'_>, HeadError> {
    let Some((line, mut rest)) = split_line(bytes) else {
        return Ok(Line::Unfinished);
    };
    if line.is_empty() {
        return Ok(Line::End(rest));
    }
    let mut colon = scan::plain(line);
    while line.get(colon).is_some_and(|&b| is_token(b)) {
        colon = colon.wrapping_add(1);
    }
    let (name, value) = line.split_at_checked(colon).ok_or(HeadError::Field)?;
    let Some((b':', mut value)) = value.split_first() else {
        return Err(HeadError::Field);
    };
    if name.is_empty() {
        return Err(HeadError::Field);
    }
    // A line that begins with a blank goes on with the value before it (RFC 9112, section 5.2).
    let start = line.len().wrapping_sub(value.len());
    loop {
        match rest.first() {
            None => return Ok(Line::Unfinished),
            Some(b' ' | b'\t') => {
                let Some((_, next)) = split_line(rest) else {
                    return Ok(Line::Unfinished);
                };
                let end = bytes.len().wrapping_sub(next.len());
                value = bytes.get(start..end).ok_or(HeadError::Field)?;
                rest = next;
            }
            Some(_) => break,
        }
    }
    Ok(Line::Field(name, value.trim_ascii(), rest))
}

/// RFC 9110, section 5.6.2: what a name may consist of.
pub(crate) fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// A number in decimal digits alone, or `None`.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    number(text, 10)
}

/// A number in digits of a `radix` up to 16 alone, or `None`.
pub(crate) fn number(text: &[u8], radix: u8) -> Option<u64> {
    let mut number = 0_u64;
    for &b in text {
        let digit = match b {
            b'0'..=b'9' => b.wrapping_sub(b'0'),
            _ => (b | 32).wrapping_sub(b'a').saturating_add(10),
        };
        if digit >= radix {
            return None;
        }
        number = number
            .checked_mul(radix.into())?
            .checked_add(digit.into())?;
    }
    (!text.is_empty()).then_some(number)
}

/// Whether `text` is `word`, whatever the case of its letters. std's own comparison takes pieces of
/// equal length, with an assertion that the compiler does not see through at level z.
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
        check_fields(
            "x: a\r\n b\r\n\tc\r\ny: d\r\n",
            &[("x", "a   b  \tc"), ("y", "d")],
        );
        check_fields("x: \u{e9}\0\u{1}\r\n", &[("x", "\u{e9} \u{1}")]);
    }

    #[test]
    fn a_field_that_is_none_is_refused() {
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
    fn a_value_that_is_no_text_is_marked() {
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
