//! Sampling: the DEBUG lines of some invocations are written although the log level is higher.

use crate::context::Context;
use crate::sys;

/// The scale of rates.
const BILLION: u64 = 1_000_000_000;

/// Returns whether the DEBUG lines of an invocation are written although the log level is higher: for the fraction
/// `POWERTOOLS_LOGGER_SAMPLE_RATE` of all invocations.
pub(super) fn is_sampled(cx: &Context) -> bool {
    sys::env(c"POWERTOOLS_LOGGER_SAMPLE_RATE").is_some_and(|rate| is_below(&cx.request_id, rate))
}

/// Returns whether a request ID, as a fraction of all request IDs, is below a rate such as `0.1`.
///
/// Lambda's request IDs are random UUIDs, so their first 32 bits are a random number that is the same for all lines
/// of an invocation and needs no state. Nothing is below a rate that is malformed.
fn is_below(request_id: &str, rate: &[u8]) -> bool {
    let (mut limit, mut unit, mut is_fraction) = (0_u64, BILLION, false);
    for byte in rate {
        match byte {
            b'0'..=b'9' => {
                if is_fraction {
                    unit /= 10;
                }
                limit = limit.saturating_add(unit.saturating_mul(u64::from(byte & 15)));
            }
            b'.' if !is_fraction => is_fraction = true,
            _ => return false,
        }
    }
    let mut id = 0_u64;
    for byte in request_id.bytes().take(8) {
        // The low bits of the letters `a` to `f` are 1 to 6.
        let letter = if byte > b'9' { 9 } else { 0 };
        id = (id << 4) | (u64::from(byte & 15).saturating_add(letter) & 15);
    }
    !request_id.is_empty() && (id.saturating_mul(BILLION) >> 32) < limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_the_invocations_is_sampled() {
        #[track_caller]
        fn check(id: &str, rate: &str, want: bool) {
            assert_eq!(is_below(id, rate.as_bytes()), want, "{id} {rate}");
        }
        for (id, rate) in [
            ("00000000-0000", "0.000000001"),
            ("7fffffff-ffff", "0.5"),
            ("7fffffff-ffff", ".5"),
            ("ffffffff-ffff", "1"),
            ("FFFFFFFF-ffff", "1.0"),
            ("ffffffff-ffff", "100000000000000000000"),
            ("19999999-0000", "0.1"),
        ] {
            check(id, rate, true);
        }
        for (id, rate) in [
            ("00000000-0000", "0"),
            ("00000000-0000", "0.0"),
            ("00000000-0000", "0.0000000001"),
            ("00000000-0000", ""),
            ("00000000-0000", "."),
            ("00000000-0000", "-1"),
            ("00000000-0000", "1e0"),
            ("00000000-0000", "1.0.0"),
            ("00000000-0000", " 1"),
            ("00000000-0000", "10%"),
            ("80000000-0000", "0.5"),
            ("1999999a-0000", "0.1"),
            ("ffffffff-ffff", "0.999999999"),
            ("", "1"),
        ] {
            check(id, rate, false);
        }
    }

    #[test]
    fn a_tenth_of_random_ids_is_below_a_tenth() {
        let ids = (0..=255_u8).map(|first| format!("{first:02x}c0ffee-1234"));
        let n = ids.filter(|id| is_below(id, b"0.1")).count();
        assert_eq!(n, 25);
    }
}
