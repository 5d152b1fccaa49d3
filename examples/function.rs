//! Whatever can go wrong, on demand: what tests start as a process. `ACT` says how it begins, events go on.
#![allow(clippy::panic, reason = "that is what it is for")]

use std::io::Write;
use std::time::Duration;

use tiny_lambda::{Context, Error, Responder, Result};
use tiny_lambda::{after_restore, before_snapshot, on_shutdown};
use tiny_lambda::{debug, error, info, trace, warn};

pub(crate) fn main() -> ! {
    let what = std::env::var("ACT").unwrap_or_default();
    match what.as_str() {
        "init" => tiny_lambda::run_with_init(|| Ok(42), |what, _: u32, _| Ok(*what)),
        "init-error" => tiny_lambda::init(|| Err(Error::new("NoTable", "TABLE is not set"))),
        "init-panics" => tiny_lambda::init(|| -> Result<()> {
            let _bomb = Bomb;
            panic!("no table")
        }),
        "init-panic" => tiny_lambda::init(|| -> Result<()> { panic!("no table") }),
        "snapshot" => {
            for hook in ["1", "2"] {
                before_snapshot(move || say("before", hook));
                after_restore(move || say("after", hook));
            }
        }
        "before-error" => before_snapshot(|| Err(Error::new("Open", "still open"))),
        "before-panic" => before_snapshot(|| panic!("still open")),
        "after-error" => after_restore(|| Err(Error::new("Seed", "no seed"))),
        "after-panic" => after_restore(|| panic!("no seed")),
        "shutdown" | "shutdown-snapshot" => {
            if what == "shutdown-snapshot" {
                after_restore(|| say("after", "1"));
            }
            on_shutdown(|| eprintln!("shut down last"));
            on_shutdown(|| eprintln!("shut down first"));
        }
        "panic" => panic!("of main"),
        "shutdown-panic" => on_shutdown(|| panic!("too late")),
        _ => {}
    }
    tiny_lambda::run_streaming(act)
}

/// Returns the bytes of `n` frames of one kilobyte each, which are all on the stack at one time.
#[inline(never)]
fn frames(n: usize) -> usize {
    let frame = [1_u8; 1024];
    let len = std::hint::black_box(&frame).len();
    n.checked_sub(1)
        .map_or(0, |rest| frames(rest).saturating_add(len))
}

fn say(when: &str, hook: &str) -> Result<()> {
    eprintln!("{when} {hook}");
    Ok(())
}

fn act(event: String, cx: &Context, out: Responder<'_>) -> Result<()> {
    match event.as_str() {
        "error" => return Err(Error::new("NoStock", "sold out")),
        "panic" => panic!("of the handler"),
        "panic in a panic" => std::panic::panic_any(Bomb),
        "panic while panicking" => {
            let _bomb = Bomb;
            panic!("of the handler");
        }
        "panic while panicking midway" => {
            let _bomb = Bomb;
            let mut body = out.start("text/plain")?;
            body.write_all(b"part")?;
            body.flush()?;
            panic!("midway");
        }
        "abort" => std::process::abort(),
        "exit" => std::process::exit(3),
        "overflow" => out.json(&deeper(0)),
        "a megabyte of frames" => out.json(&frames(1024)),
        "out of memory" => out.json(&vec![1_u8; 1 << 46]),
        "panic in a thread" => {
            let thread = std::thread::spawn(|| panic!("of a thread"));
            out.json(&thread.join().is_err());
        }
        "panic midway" => {
            let mut body = out.start("text/plain")?;
            body.write_all(b"part")?;
            body.flush()?;
            panic!("midway");
        }
        "log" => {
            trace!(cx, "at {}", 1);
            debug!(cx, "at {}", 2);
            info!(cx, "at {}\nand more", 3);
            warn!(cx, "at \"{}\"", 4);
            error!(cx, "at {}", 5);
            tiny_lambda::log::write(tiny_lambda::log::Level::Fatal, cx, format_args!("at 6"));
        }
        "log much" => info!(cx, "{}", "x".repeat(1 << 20)),
        text if text.starts_with("much ") => {
            let much = text.trim_start_matches("much ").repeat(10 << 20);
            return Err(Error::new("Much", much));
        }
        "stream" => {
            let mut body = out.start("text/plain")?;
            for part in ["one", "two", "three"] {
                body.write_all(part.as_bytes())?;
                body.flush()?;
            }
        }
        "late" => {
            let warning = cx.warn_before_deadline(Duration::from_secs(3600));
            // Comes back when the line has been written.
            while let Some(left) = cx.remaining().filter(|left| !left.is_zero()) {
                std::thread::sleep(left);
            }
            drop(warning);
        }
        "in time" => drop(cx.warn_before_deadline(Duration::from_secs(1))),
        "print" => out.json(&writeln!(std::io::stdout(), "a line").is_err()),
        "trace" => out.json(&std::env::var("_X_AMZN_TRACE_ID").ok()),
        "wait" => loop {
            eprintln!("waiting");
            std::thread::park();
        },
        _ => out.json(&event),
    }
    Ok(())
}

/// More than any stack holds.
fn deeper(n: u64) -> u64 {
    let local = std::hint::black_box([n; 100]);
    if n == u64::MAX {
        return 0;
    }
    deeper(n.wrapping_add(1)).wrapping_add(local[7])
}

/// Panics while it is dropped, which is while the panic that carries it is dealt with.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}
