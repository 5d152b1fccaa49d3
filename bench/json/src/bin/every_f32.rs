//! Writes every `f32` as std does, and reads it again. Takes ten minutes on two cores.
//! Usage: every_f32 [STEP], which checks each STEPth float only
use std::fmt::Write;
use tiny_lambda::json::{self, Writer};

fn main() {
    let step = std::env::args().nth(1).map_or(1, |step| step.parse().unwrap());
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..n_threads {
            scope.spawn(move || {
                let (mut out, mut want) = (Vec::new(), String::new());
                for bits in (0..1 << 31).step_by(step).skip(thread).step_by(n_threads) {
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
    println!("floats: every f32 (step {step}) is written as std writes it, and read back");
}
