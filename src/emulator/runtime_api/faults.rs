//! The faults that the Runtime API can inject, and how a seed decides which replies get them.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use crate::emulator::server::fault_injection::{Cut, ResponseFaults};
use crate::emulator::server::lock;

/// A fault in a reply of the Runtime API.
///
/// [`Settings::faults`](crate::emulator::Settings::faults) says which of them occur, and how often.
/// [`FromStr`] reads the names of `emulator --fault`.
///
/// ```
/// use tiny_lambda::emulator::{InjectedFault, Settings};
///
/// let mut settings = Settings::default();
/// settings.faults.push((InjectedFault::Slow, 0.1));
/// assert_eq!("cut-before".parse(), Ok(InjectedFault::CutBefore));
/// assert_eq!(InjectedFault::CutBefore.to_string(), "cut-before");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InjectedFault {
    /// The connection ends before the reply.
    CutBefore,
    /// The connection ends within the reply.
    CutWithin,
    /// The connection ends after the reply, unannounced.
    CutAfter,
    /// The reply is sent 200 ms late.
    Slow,
    /// The reply is sent in pieces of a few bytes.
    Split,
    /// The reply's body is chunked, as it may be on Lambda.
    Chunked,
    /// Header names are in lower case.
    LowerCase,
    /// Optional headers of `next` are present but empty.
    EmptyHeaders,
    /// Optional headers of `next` are missing.
    NoHeaders,
    /// Deadlines are in 1970.
    Clock,
    /// `next` returns 204 and no event.
    Status204,
    /// A response is accepted with 200 and an empty body, as cargo-lambda does.
    Status200,
    /// A response gets status 403, which Lambda sends for a response that is out of order.
    Status403,
    /// A response gets status 410, which Lambda sends for a late response.
    Status410,
    /// A response gets status 413, which Lambda sends for a response that is too large. The caller gets an
    /// error.
    Status413,
    /// `next` or a response gets 500, a platform failure.
    Status500,
}

impl InjectedFault {
    const NAMES: [(&'static str, InjectedFault); 16] = [
        ("cut-before", InjectedFault::CutBefore),
        ("cut-within", InjectedFault::CutWithin),
        ("cut-after", InjectedFault::CutAfter),
        ("slow", InjectedFault::Slow),
        ("split", InjectedFault::Split),
        ("chunked", InjectedFault::Chunked),
        ("lower-case", InjectedFault::LowerCase),
        ("empty-headers", InjectedFault::EmptyHeaders),
        ("no-headers", InjectedFault::NoHeaders),
        ("clock", InjectedFault::Clock),
        ("204", InjectedFault::Status204),
        ("200", InjectedFault::Status200),
        ("403", InjectedFault::Status403),
        ("410", InjectedFault::Status410),
        ("413", InjectedFault::Status413),
        ("500", InjectedFault::Status500),
    ];
}

/// The error for a text that names no [`InjectedFault`].
///
/// ```
/// use tiny_lambda::emulator::InjectedFault;
///
/// let error = "late".parse::<InjectedFault>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown fault; expected one of cut-before"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseFaultError;

impl fmt::Display for ParseFaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = InjectedFault::NAMES.map(|(name, _)| name).join(", ");
        write!(f, "unknown fault; expected one of {names}")
    }
}

impl std::error::Error for ParseFaultError {}

/// Writes the name that [`FromStr`] reads.
impl fmt::Display for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = InjectedFault::NAMES.iter().find(|named| named.1 == *self);
        f.write_str(named.map_or("", |named| named.0))
    }
}

impl FromStr for InjectedFault {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<InjectedFault, ParseFaultError> {
        let mut names = InjectedFault::NAMES.iter();
        let found = names.find(|(name, _)| *name == text);
        found.map(|(_, fault)| *fault).ok_or(ParseFaultError)
    }
}

/// The faults of one call. Those of [`response_faults`](Self::response_faults) are injected by the response
/// writer, the others by the Runtime API itself.
#[derive(Debug, Default)]
pub(crate) struct CallFaults(Vec<InjectedFault>);

impl CallFaults {
    pub(crate) fn has(&self, fault: InjectedFault) -> bool {
        self.0.contains(&fault)
    }

    pub(crate) fn response_faults(&self) -> ResponseFaults {
        let cuts = [
            (InjectedFault::CutBefore, Cut::Before),
            (InjectedFault::CutWithin, Cut::Within),
            (InjectedFault::CutAfter, Cut::After),
        ];
        let cut = cuts.into_iter().find(|(fault, _)| self.has(*fault));
        ResponseFaults {
            is_slow: self.has(InjectedFault::Slow),
            is_split: self.has(InjectedFault::Split),
            is_chunked: self.has(InjectedFault::Chunked),
            is_lower_case: self.has(InjectedFault::LowerCase),
            cut: cut.map(|(_, cut)| cut),
        }
    }
}

/// Decides at random which calls get which faults. The same seed gives the same decisions.
#[derive(Debug)]
pub(crate) struct FaultInjector {
    /// Faults and their rates, from 0 to 1.
    faults: Vec<(InjectedFault, f64)>,
    state: Mutex<u64>,
}

impl FaultInjector {
    pub(crate) fn new(faults: &[(InjectedFault, f64)], seed: u64) -> FaultInjector {
        // The multiplication spreads small seeds; the state must not be zero, or it stays zero.
        let state = Mutex::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        FaultInjector {
            faults: faults.to_vec(),
            state,
        }
    }

    /// Returns the faults of the next call.
    pub(crate) fn draw(&self) -> CallFaults {
        let mut state = lock(&self.state);
        let is_drawn = |&&(_, rate): &&(InjectedFault, f64)| {
            // Marsaglia's xorshift64*, of which the upper 32 bits are used.
            *state ^= *state >> 12;
            *state ^= *state << 25;
            *state ^= *state >> 27;
            let high = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
            let number = u32::try_from(high).map_or(0.0, f64::from);
            number < rate * f64::from(u32::MAX)
        };
        let drawn = self.faults.iter().filter(is_drawn);
        CallFaults(drawn.map(|(fault, _)| *fault).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_names() {
        for (name, fault) in InjectedFault::NAMES {
            assert_eq!(name.parse(), Ok(fault));
        }
        let error = "cut".parse::<InjectedFault>().unwrap_err().to_string();
        assert!(
            error.starts_with("unknown fault; expected one of cut-before, cut-within,"),
            "{error}"
        );
    }

    #[test]
    fn a_seed_gives_the_same_faults_at_the_asked_rate() {
        let draw = |seed| {
            let injector = FaultInjector::new(
                &[
                    (InjectedFault::Slow, 0.25),
                    (InjectedFault::Split, 1.0),
                    (InjectedFault::Clock, 0.0),
                ],
                seed,
            );
            (0..1000).map(|_| injector.draw().0).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let count = |fault| {
            draw(7)
                .iter()
                .filter(|drawn| drawn.contains(&fault))
                .count()
        };
        let n_slow = count(InjectedFault::Slow);
        assert!((200..300).contains(&n_slow), "{n_slow}");
        assert_eq!(
            (count(InjectedFault::Split), count(InjectedFault::Clock)),
            (1000, 0)
        );
    }
}
