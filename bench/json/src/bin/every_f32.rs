//! Writes every `f32` as std does, and reads it again. Takes ten minutes on two cores.
//! Usage: every_f32 [STEP [FIRST END]], which checks each STEPth float only, and those whose bits without the sign
//! are in FIRST..END: eight runs of 268435456 each check every float
use std::fmt::Write;
use tiny_lambda::json::{self, Writer};

fn main() {
    let argument = |n, default| std::env::args().nth(n).map_or(default, |argument| argument.parse().unwrap());
    let (step, first, end) = (argument(1, 1), argument(2, 0), argument(3, 1 << 31));
    assert!(step > 0 && first <= end && end <= 1 << 31, "floats are out of range");
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..n_threads {
            scope.spawn(move || {
                let (mut out, mut want) = (Vec::new(), String::new());
                for bits in (first..end).step_by(step).skip(thread).step_by(n_threads) {
                    let bits = bits as u32;
                    let value = f32::from_bits(bits);
                    want.clear();
                    if value.is_finite() {
                        write!(want, "-{value:?}").unwrap();
                    }
                    for (value, bits, want) in [(value, bits, want.get(1..)), (-value, bits | 1 << 31, Some(&*want))] {
                        out.clear();
                        let mut w = Writer::new(out);
                        json::ToJson::to_json(&value, &mut w);
                        out = w.into_inner();
                        if !value.is_finite() {
                            assert_eq!(out, b"null");
                            continue;
                        }
                        assert_eq!(Some(&*out), want.map(str::as_bytes));
                        assert_eq!(json::parse::<f32>(&out).map(f32::to_bits).ok(), Some(bits), "{want:?}");
                    }
                }
            });
        }
    });
    let n = (first..end).step_by(step).count() * 2;
    println!("floats: {n} f32 of bits {first}..{end} and both signs (step {step}) are written as by std, and read back");
}
