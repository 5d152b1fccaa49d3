//! The canonical request: its headers, path and query in the one form that is signed ("Create a signed AWS API
//! request" in the AWS Identity and Access Management User Guide, step 1).

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use crate::encoding::lengths::{prefix, skip};
use crate::encoding::{Escapes, push_percent_normalized};
use crate::http1::head::is;

/// Headers that are not signed, since proxies change them (botocore's `SIGNED_HEADERS_BLACKLIST`), and the one that
/// has the signature.
pub(super) const UNSIGNED_HEADERS: &str = "authorization baggage connection expect keep-alive proxy-authenticate \
    proxy-authorization te traceparent tracestate trailer transfer-encoding upgrade user-agent x-amzn-trace-id";

/// The name and the value of a header, or a pair of a query and an empty text.
pub(super) type Line<'a> = (&'a [u8], &'a [u8]);

/// Adds the headers of a request that are signed, except those that the signature adds itself.
pub(super) fn push_headers<'a>(
    lines: &mut Vec<Line<'a>>,
    host: &'a str,
    headers: &[(&'a str, &'a str)],
    added: &[(&str, String)],
) {
    for (name, value) in headers {
        let mut is_signed = !added
            .iter()
            .any(|(other, _)| is(name.as_bytes(), other.as_bytes()));
        let mut unsigned = Some(UNSIGNED_HEADERS.as_bytes());
        while let Some(other) = next_part(&mut unsigned, b' ') {
            is_signed &= !is(name.as_bytes(), other);
        }
        if is_signed {
            push_sorted(lines, (name.as_bytes(), value.as_bytes()), LOWER_CASE);
        }
    }
    if find(headers, "host").is_none() {
        push_sorted(lines, (b"host", host.as_bytes()), LOWER_CASE);
    }
}

/// Returns the value of the first header with a name.
#[inline(never)]
pub(super) fn find<'a>(headers: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    let is_it = |header: &&(&str, &str)| is(header.0.as_bytes(), name.as_bytes());
    Some(headers.iter().find(is_it)?.1)
}

/// The bit that makes an upper-case letter of ASCII a lower-case letter.
pub(super) const LOWER_CASE: u8 = 0x20;

/// Adds a line, which is ordered by its first text, after those with the same. `=` is less than all other
/// characters, so that a query is ordered by name and then by value. The bits of `case` are set in upper-case
/// letters. The plain form is `sort_by`, which has a larger code.
#[inline(never)]
pub(super) fn push_sorted<'a>(lines: &mut Vec<Line<'a>>, line: Line<'a>, case: u8) {
    lines.push(line);
    let mut rest = lines.as_mut_slice();
    while let [before @ .., last] = rest {
        match before.last_mut() {
            Some(previous) if is_before(last.0, previous.0, case) => mem::swap(previous, last),
            _ => return,
        }
        rest = before;
    }
}

/// Returns whether a line with the first text `a` comes before one with `b`.
fn is_before(a: &[u8], b: &[u8], case: u8) -> bool {
    let order = |byte: &u8| match byte {
        b'=' => 0,
        b'A'..=b'Z' => byte | case,
        _ => *byte,
    };
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (order(a), order(b));
        if a != b {
            return a < b;
        }
    }
    a.len() < b.len()
}

/// Appends sorted headers as they are signed, and their names: in lower case, with the values of a name joined
/// by commas, without spaces around a value, and with one for several spaces within it.
pub(super) fn push_lines(out: &mut Vec<u8>, names: &mut Vec<u8>, headers: &[Line]) {
    let mut last: &[u8] = b"";
    for (name, value) in headers {
        if is(name, last) {
            // Replaces the line break of the value before by a comma.
            out.pop();
            out.push(b',');
        } else {
            last = name;
            for byte in *name {
                let byte = byte.to_ascii_lowercase();
                names.push(byte);
                out.push(byte);
            }
            names.push(b';');
            out.push(b':');
        }
        let start = out.len();
        for word in value.split(u8::is_ascii_whitespace) {
            if !word.is_empty() {
                if out.len() > start {
                    out.push(b' ');
                }
                push(out, word);
            }
        }
        out.push(b'\n');
    }
    // The last semicolon.
    names.pop();
}

/// Appends the path as it is signed.
pub(super) fn push_path(out: &mut Vec<u8>, path: &[u8], is_s3: bool) {
    let start = out.len();
    let escapes = if is_s3 { Escapes::All } else { Escapes::None };
    let mut rest = Some(path.strip_prefix(b"/").unwrap_or(path));
    while let Some(segment) = next_part(&mut rest, b'/') {
        // RFC 3986, section 5.2.4, and without empty segments.
        match segment {
            b"" | b"." if !is_s3 => {}
            b".." if !is_s3 => while out.len() > start && out.pop() != Some(b'/') {},
            _ => {
                out.push(b'/');
                push_percent_normalized(out, segment, escapes);
            }
        }
    }
    if out.len() == start || !is_s3 && path.last() == Some(&b'/') {
        out.push(b'/');
    }
}

/// Returns a query with names and values encoded. As in botocore, an empty pair is signed as `=`, and is left out of a
/// presigned target.
pub(super) fn normalized_query(query: Option<&[u8]>, is_presigned: bool) -> Vec<u8> {
    let mut normalized = Vec::new();
    let mut rest = query.filter(|query| !query.is_empty());
    while let Some(pair) = next_part(&mut rest, b'&') {
        if is_presigned && pair.is_empty() {
            continue;
        }
        let mut value = Some(pair);
        let name = next_part(&mut value, b'=').unwrap_or_default();
        push_pair(
            &mut normalized,
            name,
            value.unwrap_or_default(),
            Escapes::Form,
        );
    }
    normalized
}

/// Appends a pair to a query.
#[inline(never)]
pub(super) fn push_pair(query: &mut Vec<u8>, name: &[u8], value: &[u8], escapes: Escapes) {
    if !query.is_empty() {
        query.push(b'&');
    }
    push_percent_normalized(query, name, escapes);
    query.push(b'=');
    push_percent_normalized(query, value, escapes);
}

/// Appends an encoded query with its pairs sorted by name and value, and line breaks around it.
pub(super) fn push_query(out: &mut Vec<u8>, query: &[u8]) {
    let mut lines = Vec::new();
    let mut rest = Some(query);
    while let Some(pair) = next_part(&mut rest, b'&') {
        push_sorted(&mut lines, (pair, b""), 0);
    }
    let mut before: &[u8] = b"\n";
    for (pair, _) in &lines {
        push(out, before);
        push(out, pair);
        before = b"&";
    }
    out.push(b'\n');
}

/// Appends bytes. The plain form is `extend_from_slice`, which is inlined.
#[inline(never)]
pub(super) fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
}

/// Returns the bytes before the first `end`, or all if there is none, and moves `rest` after that. The plain form is
/// `split`, which is inlined.
#[inline(never)]
pub(super) fn next_part<'a>(rest: &mut Option<&'a [u8]>, end: u8) -> Option<&'a [u8]> {
    let bytes = (*rest)?;
    let len = bytes.iter().position(|byte| *byte == end);
    *rest = len.map(|len| skip(bytes, len.wrapping_add(1)));
    Some(prefix(bytes, len.unwrap_or(bytes.len())))
}
