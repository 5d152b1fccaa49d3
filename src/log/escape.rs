//! Escapes in text lines. A terminal or a viewer interprets control characters: text that anyone has sent to the
//! function could hide or forge parts of the log.

use alloc::vec::Vec;
use core::slice;

use crate::encoding::hex_digit;
use crate::encoding::lengths::skip;

/// Returns the control character at the start of a text; a space for another character.
///
/// These are the control characters of Unicode (general category Cc), the line and paragraph separators, and the
/// controls of bidirectional text (Unicode Standard Annex #9, "Directional Formatting Characters") that embed, override
/// or isolate.
const fn first(text: &[u8]) -> u16 {
    let code = match text {
        [0xc2, low, ..] => *low as u16,
        [0xe2, high, low, ..] => 0x2000 | ((*high & 0x3f) as u16) << 6 | (*low & 0x3f) as u16,
        [byte, ..] if byte.is_ascii() => *byte as u16,
        _ => b' ' as u16,
    };
    if matches!(code, 0..0x20 | 0x7f..0xa0 | 0x2028..=0x202e | 0x2066..=0x2069) {
        code
    } else {
        b' ' as u16
    }
}

/// Returns how many bytes a character has.
const fn len_of(code: u16) -> usize {
    match code {
        0..0x80 => 1,
        0x80..0x800 => 2,
        _ => 3,
    }
}

/// Returns whether a text has a control character.
pub(super) const fn has_controls(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [_, after @ ..] = rest {
        if first(rest) != b' ' as u16 {
            return true;
        }
        rest = after;
    }
    false
}

/// Escapes control characters from `start` on as JSON does, in four hexadecimal digits. Tabs and line ends stay.
#[inline(never)]
pub(super) fn escape(out: &mut Vec<u8>, start: usize) {
    let text = skip(out, start).to_vec();
    out.truncate(start);
    let mut rest = text.as_slice();
    while let [byte, ..] = rest {
        let code = first(rest);
        let mut escape = *b"\\u0000";
        let shown = match code {
            0x20 | 0x09 | 0x0a | 0x0d => slice::from_ref(byte),
            _ => {
                let mut digits = code;
                for digit in escape.iter_mut().skip(2).rev() {
                    let [_, low] = digits.to_be_bytes();
                    *digit = hex_digit(low);
                    digits >>= 4;
                }
                &escape
            }
        };
        out.extend_from_slice(shown);
        rest = skip(rest, len_of(code));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let mut out = [b"\x1b", text.as_bytes()].concat();
        escape(&mut out, 1);
        assert_eq!(String::from_utf8(out).unwrap(), ["\x1b", want].concat());
    }

    #[test]
    fn control_characters_are_escaped() {
        check("\0\x08\x0b\x1f", r"\u0000\u0008\u000b\u001f");
        check("\x1b[2J ~", r"\u001b[2J ~");
        check("a\nb\tc", "a\nb\tc");
        check("a\r\nb\rc", "a\r\nb\rc");
        check(
            "größe … 日本 \u{a0}\u{10ffff}",
            "größe … 日本 \u{a0}\u{10ffff}",
        );
    }

    /// Each character is escaped exactly if it is a control character by another definition.
    #[test]
    fn each_character_is_escaped_or_unchanged() {
        for c in '\0'..='\u{3000}' {
            let is_direction = matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let is_control = c.is_control() || is_direction;
            let text = String::from(c);
            assert_eq!(has_controls(&text), is_control, "{c:?}");
            if !matches!(c, '\t' | '\n' | '\r') {
                let want = format!("\\u{:04x}", u32::from(c));
                check(&text, if is_control { &want } else { &text });
            }
        }
    }
}
