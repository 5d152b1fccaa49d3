//! Compares tiny-lambda with serde_json on generated documents, value by value, and floats with
//! std. Usage: differential [DOCUMENTS [FLOATS [SEED]]]
use serde_json::Value as Theirs;
use tiny_lambda::json::{self, Ignored, Value as Ours};

/// xorshift64*: a seed gives the same documents on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len() as u64) as usize]
    }
}

fn space(random: &mut Random, text: &mut String) {
    if random.below(4) == 0 {
        text.push_str(random.one_of(&[" ", "\n  ", "\t", "\r\n", "          ", " \n\n\t "]));
    }
}

fn string(random: &mut Random, text: &mut String) {
    text.push('"');
    for _ in 0..random.below(6) {
        match random.below(16) {
            0..8 => text.push_str(random.one_of(&["a", "key", "name", "x-amzn-trace-id", "plain text of some length"])),
            8..10 => text.push_str(random.one_of(&["\u{e9}", "\u{20ac}", "\u{1d11e}", "\u{7f}", "\u{2028}", "\u{0}x"][..5])),
            10..13 => text.push_str(random.one_of(&["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"])),
            13 => *text += &format!("\\u{:04x}", random.below(0xd800)),
            14 => *text += &format!("\\u{:04X}\\u{:04x}", 0xd800 + random.below(0x400), 0xdc00 + random.below(0x400)),
            _ => text.push_str(random.one_of(&["\\ud800", "\\udc00x", "\\x", "\u{1}", "\\u12"])),
        }
    }
    text.push('"');
}

fn number(random: &mut Random, text: &mut String) {
    match random.below(8) {
        0 => *text += &random.below(100).to_string(),
        1 => *text += &(random.next() as i64).to_string(),
        2 => *text += &random.next().to_string(),
        3 => text.push_str(random.one_of(&["0", "-0", "-0.0", "1e5", "1E+2", "0.1", "1e-7", "123456789012345678901234567890"])),
        4 => *text += &format!("{:e}", f64::from_bits(random.next())).replace("NaN", "1").replace("inf", "2"),
        5 => *text += &format!("{}.{}", random.below(1000), random.below(1_000_000)),
        6 => *text += &format!("{}{}e{}", random.next(), random.next(), random.below(600) as i64 - 330),
        _ => text.push_str(random.one_of(&["01", "-", "1.", ".5", "1e", "+1", "1e400", "-1e-400"])),
    }
}

fn value(random: &mut Random, depth: u64, text: &mut String) {
    space(random, text);
    match random.below(if depth > 4 { 8 } else { 12 }) {
        0 => text.push_str("null"),
        1 => text.push_str("true"),
        2 => text.push_str("false"),
        3..5 => number(random, text),
        5..8 => string(random, text),
        8..10 => {
            text.push('[');
            for index in 0..random.below(5) {
                if index > 0 {
                    text.push(',');
                }
                value(random, depth + 1, text);
            }
            space(random, text);
            text.push(']');
        }
        _ => {
            text.push('{');
            for index in 0..random.below(5) {
                if index > 0 {
                    text.push(',');
                }
                space(random, text);
                string(random, text);
                space(random, text);
                text.push(':');
                value(random, depth + 1, text);
            }
            space(random, text);
            text.push('}');
        }
    }
    space(random, text);
}

fn same(ours: &Ours, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (Ours::Null, Theirs::Null) => true,
        (Ours::Bool(a), Theirs::Bool(b)) => a == b,
        (Ours::String(a), Theirs::String(b)) => a == b,
        (Ours::Number(a), Theirs::Number(b)) => match (b.as_u64(), b.as_i64(), b.as_f64()) {
            (Some(b), ..) => a.to_u64() == Some(b),
            (_, Some(b), _) => a.to_i64() == Some(b),
            (.., Some(b)) => a.to_f64().map(f64::to_bits) == Some(b.to_bits()),
            _ => false,
        },
        (Ours::Array(a), Theirs::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Ours::Object(a), Theirs::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
    let n_documents = arguments.next().unwrap_or(1_000_000);
    let n_floats = arguments.next().unwrap_or(1_000_000);
    let mut random = Random(arguments.next().unwrap_or(0x9e37_79b9_7f4a_7c15));
    let (mut accepted, mut refused, mut kept) = (0_u64, 0_u64, 0_u64);
    let mut text = String::new();
    for _ in 0..n_documents {
        text.clear();
        value(&mut random, 0, &mut text);
        let mut bytes = std::mem::take(&mut text).into_bytes();
        // One in four is damaged.
        if random.below(4) == 0 && !bytes.is_empty() {
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(3) {
                0 => bytes[at] = random.next() as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let ours = json::parse::<Ours>(&bytes);
        // A value that is skipped may contain half of a surrogate pair.
        let is_half_pair = |error: &json::Error| error.to_string().contains("surrogate");
        if !ours.as_ref().is_err_and(is_half_pair) {
            assert_eq!(json::parse::<Ignored>(&bytes).err(), ours.as_ref().err().cloned(), "{shown}");
        }
        match (&ours, serde_json::from_slice::<Theirs>(&bytes)) {
            (Ok(ours), Ok(theirs)) => {
                assert!(same(ours, &theirs), "{shown}\n{ours}\n{theirs}");
                let written = json::to_vec(ours);
                let read: Theirs = serde_json::from_slice(&written).expect(&shown);
                assert!(same(ours, &read), "{shown}");
                accepted += 1;
            }
            (Err(_), Err(_)) => refused += 1,
            // Beyond f64: serde_json refuses it, even in a member that another one replaces.
            (Ok(_), Err(error)) if error.to_string().starts_with("number out of range") => kept += 1,
            (ours, theirs) => panic!("{shown}\nours: {ours:?}\ntheirs: {theirs:?}"),
        }
        text = String::from_utf8(bytes).unwrap_or_default();
    }
    println!("documents: {accepted} read alike, {refused} refused by both, {kept} kept with a number beyond f64");

    let mut checked = 0_u64;
    for index in 0..n_floats {
        text.clear();
        match index % 4 {
            // All bits, short decimals, long decimals, and the exact middle of two floats.
            0 => text = format!("{:e}", f64::from_bits(random.next())),
            1 => text = format!("{}.{}", random.below(1 << 40), random.below(1_000_000)),
            2 => text = format!("{}.{}e{}", random.below(10), random.next(), random.below(660) as i64 - 340),
            _ => {
                let low = 1.0 + random.below(1 << 52) as f64 / (1_u64 << 52) as f64;
                text = format!("{low:.52}5");
            }
        }
        let Ok(want) = text.parse::<f64>() else { continue };
        if text.contains('N') || text.contains('i') {
            continue;
        }
        let got = json::parse::<f64>(text.as_bytes());
        if want.is_finite() {
            assert_eq!(got.map(f64::to_bits).ok(), Some(want.to_bits()), "{text}");
            assert_eq!(json::to_vec(&want), format!("{want:?}").into_bytes(), "{text}");
        } else {
            assert!(got.is_err(), "{text}");
        }
        let want: f32 = text.parse().unwrap();
        if want.is_finite() {
            assert_eq!(json::parse::<f32>(text.as_bytes()).map(f32::to_bits).ok(), Some(want.to_bits()), "{text}");
            assert_eq!(json::to_vec(&want), format!("{want:?}").into_bytes(), "{text}");
        }
        checked += 1;
    }
    println!("floats: {checked} read and written as std does, as f64 and as f32");
}
