//! Faults on demand: which there are, and when they strike, so that the same seed gives the same run.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use crate::emulator::server::lock;

/// How much of a reply comes in small pieces: its head, and the beginning of its body.
const SPLIT_LEN_MAX: usize = 1500;

/// What may go wrong with a reply of the Runtime API, if it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection ends before the reply.
    CutBefore,
    /// The connection ends within the reply.
    CutWithin,
    /// The connection ends after the reply, unannounced.
    CutAfter,
    /// The reply comes a fifth of a second late.
    Slow,
    /// The reply comes in pieces of a few bytes.
    Split,
    /// The reply's body is chunked, as it may be on Lambda.
    Chunked,
    /// Header names are in lower case.
    LowerCase,
    /// Headers of `next` that may be missing are there, but empty.
    EmptyHeaders,
    /// Headers of `next` that may be missing are.
    NoHeaders,
    /// Deadlines are in 1970.
    Clock,
    /// `next` has nothing to give: 204.
    Status204,
    /// An answer is taken with 200 and an empty body, as cargo-lambda does.
    Status200,
    /// An answer is refused as out of order.
    Status403,
    /// An answer is refused as too late.
    Status410,
    /// A response is refused as too large, and its caller told so.
    Status413,
    /// `next` or an answer meets a platform failure.
    Status500,
}

impl Fault {
    const NAMES: [(&'static str, Fault); 16] = [
        ("cut-before", Fault::CutBefore),
        ("cut-within", Fault::CutWithin),
        ("cut-after", Fault::CutAfter),
        ("slow", Fault::Slow),
        ("split", Fault::Split),
        ("chunked", Fault::Chunked),
        ("lower-case", Fault::LowerCase),
        ("empty-headers", Fault::EmptyHeaders),
        ("no-headers", Fault::NoHeaders),
        ("clock", Fault::Clock),
        ("204", Fault::Status204),
        ("200", Fault::Status200),
        ("403", Fault::Status403),
        ("410", Fault::Status410),
        ("413", Fault::Status413),
        ("500", Fault::Status500),
    ];
}

/// A text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownFault;

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such fault; there are")?;
        for (i, (name, _)) in Fault::NAMES.iter().enumerate() {
            write!(f, "{} {name}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Fault, UnknownFault> {
        let found = Fault::NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, fault)| *fault).ok_or(UnknownFault)
    }
}

/// Draws faults, one request after the other.
#[derive(Debug)]
pub(crate) struct Dice {
    faults: Vec<(Fault, f64)>,
    state: Mutex<u64>,
}

impl Dice {
    pub(crate) fn new(faults: &[(Fault, f64)], seed: u64) -> Dice {
        // A state of zero would stay zero.
        let state = Mutex::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Dice {
            faults: faults.to_vec(),
            state,
        }
    }

    /// The faults that strike this time.
    pub(crate) fn draw(&self) -> Vec<Fault> {
        if self.faults.is_empty() {
            return Vec::new();
        }
        let mut state = lock(&self.state);
        let strikes = |&&(_, rate): &&(Fault, f64)| {
            // Marsaglia's xorshift64*; its upper 32 bits are good enough to draw lots with.
            *state ^= *state >> 12;
            *state ^= *state << 25;
            *state ^= *state >> 27;
            let high = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
            let lot = u32::try_from(high).map_or(0.0, f64::from);
            lot < rate * f64::from(u32::MAX)
        };
        self.faults
            .iter()
            .filter(strikes)
            .map(|(fault, _)| *fault)
            .collect()
    }
}

/// A reply on its way, as faults leave it: in these pieces, and then perhaps no connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mangled {
    pub(crate) pieces: Vec<Vec<u8>>,
    pub(crate) is_cut: bool,
}

/// What becomes of a reply; `head` ends with `Content-Length` and an empty line, if it has a body.
pub(crate) fn mangle(faults: &[Fault], head: &str, body: &[u8]) -> Mangled {
    let has = |fault| faults.contains(&fault);
    let mut head = head.to_owned();
    let mut body = body.to_vec();
    let length = format!("Content-Length: {}\r\n", body.len());
    if has(Fault::Chunked) && head.contains(&length) {
        head = head.replace(&length, "Transfer-Encoding: chunked\r\n");
        let halves = body.chunks(body.len().div_ceil(2).max(1));
        let chunk = |half: &[u8]| {
            [
                format!("{:x};x=y\r\n", half.len()).as_bytes(),
                half,
                b"\r\n",
            ]
            .concat()
        };
        body = halves
            .flat_map(chunk)
            .chain(*b"0\r\nX-Trailer: x\r\n\r\n")
            .collect();
    }
    if has(Fault::LowerCase) {
        let line = |line: &str| match line.split_once(':') {
            Some((name, value)) => format!("{}:{value}", name.to_ascii_lowercase()),
            None => line.to_owned(),
        };
        head = head.split_inclusive("\r\n").map(line).collect();
    }
    let mut bytes = [head.as_bytes(), &body].concat();
    if has(Fault::CutBefore) {
        bytes.clear();
    } else if has(Fault::CutWithin) {
        bytes.truncate(bytes.len() / 2);
    }
    let is_cut = [Fault::CutBefore, Fault::CutWithin, Fault::CutAfter]
        .into_iter()
        .any(has);
    let mut pieces = Vec::new();
    if has(Fault::Split) {
        let (start, rest) = bytes.split_at(bytes.len().min(SPLIT_LEN_MAX));
        pieces.extend(start.chunks(3).map(<[u8]>::to_vec));
        bytes = rest.to_vec();
    }
    if !bytes.is_empty() {
        pieces.push(bytes);
    }
    Mangled { pieces, is_cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_names() {
        for (name, fault) in Fault::NAMES {
            assert_eq!(name.parse(), Ok(fault));
        }
        let error = "cut".parse::<Fault>().unwrap_err().to_string();
        assert!(
            error.starts_with("no such fault; there are cut-before, cut-within,"),
            "{error}"
        );
    }

    #[test]
    fn replies_are_mangled() {
        let head = "HTTP/1.1 200 OK\r\nX-Y: Z\r\nContent-Length: 3\r\n\r\n";
        let check = |faults: &[Fault], want: &str, is_cut: bool| {
            let got = mangle(faults, head, b"abc");
            assert_eq!(
                String::from_utf8(got.pieces.concat()).unwrap(),
                want,
                "{faults:?}"
            );
            assert_eq!(got.is_cut, is_cut, "{faults:?}");
        };
        let whole = format!("{head}abc");
        check(&[], &whole, false);
        check(&[Fault::CutAfter], &whole, true);
        check(&[Fault::CutBefore], "", true);
        check(&[Fault::CutWithin], &whole[..whole.len() / 2], true);
        check(&[Fault::Split], &whole, false);
        assert!(
            mangle(&[Fault::Split], head, b"abc")
                .pieces
                .iter()
                .all(|piece| piece.len() <= 3)
        );
        let lower = "HTTP/1.1 200 OK\r\nx-y: Z\r\ncontent-length: 3\r\n\r\nabc";
        check(&[Fault::LowerCase], lower, false);
        let chunked = "HTTP/1.1 200 OK\r\nX-Y: Z\r\nTransfer-Encoding: chunked\r\n\r\n\
                       2;x=y\r\nab\r\n1;x=y\r\nc\r\n0\r\nX-Trailer: x\r\n\r\n";
        check(&[Fault::Chunked], chunked, false);
    }

    #[test]
    fn a_seed_gives_the_same_faults_at_the_asked_rate() {
        let draw = |seed| {
            let dice = Dice::new(
                &[
                    (Fault::Slow, 0.25),
                    (Fault::Split, 1.0),
                    (Fault::Clock, 0.0),
                ],
                seed,
            );
            (0..1000).map(|_| dice.draw()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let count = |fault| {
            draw(7)
                .iter()
                .filter(|drawn| drawn.contains(&fault))
                .count()
        };
        assert!(
            (200..300).contains(&count(Fault::Slow)),
            "{}",
            count(Fault::Slow)
        );
        assert_eq!((count(Fault::Split), count(Fault::Clock)), (1000, 0));
    }
}
