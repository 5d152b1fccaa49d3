//! A function for tests, which start it as a process: it fails in the way that the variable `ACT`
//! names while it starts, and in the way that the event names in an invocation.
#![allow(clippy::panic, reason = "tests need functions that panic")]

use std::io::Write;
use std::time::Duration;

use tiny_lambda::http::Router;
use tiny_lambda::json;
use tiny_lambda::log::{append_key, remove_key};
use tiny_lambda::metrics::{Metrics, Unit};
use tiny_lambda::services::{
    Configuration, Parameter, Secret, configuration, metadata, parameter, secret,
};
use tiny_lambda::{Context, Error, Responder, Result};
use tiny_lambda::{after_restore, before_snapshot, on_shutdown};
use tiny_lambda::{debug, error, info, trace, warn};

pub(crate) fn main() -> ! {
    let what = std::env::var("ACT").unwrap_or_default();
    if what == "log" {
        info!("before run");
    }
    match what.as_str() {
        "init" => tiny_lambda::run_with_init(|| Ok(42), |what, _: u32, _| Ok(*what)),
        "init-http" => tiny_lambda::run_http_with_init(
            || Ok(42),
            |what, r, _| Ok(format!("{what}{}", r.path())),
        ),
        "init-streaming" => tiny_lambda::run_streaming_with_init(
            || Ok(42),
            |what, _: u32, _, out| Ok(write!(out.start("text/plain")?, "{what}")?),
        ),
        "init-bytes" => {
            tiny_lambda::run_bytes_with_init(|| Ok(b"42"), |what, _, _| Ok(what.to_vec()))
        }
        "init-router" => tiny_lambda::run_http_with_init(|| Ok(router(42)), Router::handle),
        "router" => {
            let what = 42;
            tiny_lambda::run_http(Router::new().get("/{path}", |_, _| Ok(what.to_string())))
        }
        "init-http-error" => tiny_lambda::run_http_with_init(no_table, |(), _, _| Ok(())),
        "init-streaming-error" => {
            tiny_lambda::run_streaming_with_init(no_table, |(), _: u32, _, _| Ok(()));
        }
        "init-bytes-error" => tiny_lambda::run_bytes_with_init(no_table, |(), _, _| Ok(Vec::new())),
        "init-http-panic" => {
            tiny_lambda::run_http_with_init(
                || -> Result<()> { panic!("no table") },
                |(), _, _| Ok(()),
            );
        }
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
        "print" => print!("printed in main"),
        "print-init-error" => {
            print!("printed in main");
            tiny_lambda::init(|| -> Result<()> { Err(Error::new("NoTable", "TABLE is not set")) });
        }
        "hook" => set_hook("before run"),
        "hook-init" => tiny_lambda::init(|| {
            set_hook("in init");
            Ok(())
        }),
        "hooks" => {
            set_hook("before init");
            tiny_lambda::init(|| {
                chain_hook("in init");
                Ok(())
            });
        }
        "shutdown-panic" => on_shutdown(|| panic!("too late")),
        "timer" => interrupt_every_ms(),
        "services" => tiny_lambda::run(call_services),
        "services-init" => {
            // A value that is received in the Init phase is not kept.
            eprintln!(
                "{:?}",
                metadata().map(|metadata| metadata.availability_zone_id)
            );
            tiny_lambda::run(call_services)
        }
        _ => {}
    }
    tiny_lambda::run_streaming(act)
}

/// Makes each of the calls. Returns what they return; the first error ends the invocation.
fn call_services(calls: Vec<String>, _: &Context) -> Result<Vec<json::Value>> {
    calls.iter().map(|call| call_service(call)).collect()
}

fn call_service(call: &str) -> Result<json::Value> {
    let (what, name) = call.split_once(' ').unwrap_or((call, ""));
    Ok(match what {
        "parameter" => parameter(name)?.into(),
        "version" => Parameter::new(name).version(3).label("x y").text()?.into(),
        "label" => Parameter::new(name)
            .label("x y")
            .without_decryption()
            .text()?
            .into(),
        "list" => Parameter::new(name).list()?.into(),
        "parameter-json" => Parameter::new(name).json::<Vec<u8>>()?.into(),
        "secret" => secret(name)?.into(),
        "version-id" => Secret::new(name)
            .version_id("b1")
            .version_stage("A/B")
            .text()?
            .into(),
        "bytes" => Secret::new(name).bytes()?.into(),
        "secret-json" => Secret::new(name).json::<Vec<u8>>()?.into(),
        "configuration" => configuration(name, "prod&1", "a b/c")?.into(),
        "configuration-bytes" => Configuration::new(name, "e", "p").bytes()?.into(),
        "configuration-json" => Configuration::new(name, "e", "p").json::<Vec<u8>>()?.into(),
        "flags" | "flag" | "two" | "context" | "bad-context" => {
            let mut call = Configuration::new(name, "e", "p");
            if what != "flags" {
                call = call.flag("a b");
            }
            call = match what {
                "two" => call.flag("c"),
                "context" => call.context("user", "ada").context("country", "GB"),
                "bad-context" => call.context("user", "a\r\nX: y"),
                _ => call,
            };
            let flags = call.flags()?;
            let limit = flags.get("a b").map(|flag| flag.attribute::<u8>("limit"));
            json!([
                flags.is_enabled("a b"),
                flags.is_enabled("c"),
                limit.transpose()?.flatten()
            ])
        }
        "metadata" => metadata()?.availability_zone_id.into(),
        "metadata-json" => metadata()?.json::<json::Object>()?.into(),
        _ => return Err(Error::new("NoCall", call)),
    })
}

fn no_table() -> Result<()> {
    Err(Error::new("NoTable", "TABLE is not set"))
}

fn router(what: u32) -> Router<'static> {
    Router::new().get("/{path}", move |_, _| Ok(what.to_string()))
}

fn say(when: &str, hook: &str) -> Result<()> {
    eprintln!("{when} {hook}");
    Ok(())
}

/// Does what the event says. Each function below handles some of the events.
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
        "overflow" => out.json(&deeper(0, u64::MAX)),
        // About one megabyte of stack.
        "deep" => out.json(&deeper(0, 700)),
        "too large" => out.bytes(vec![b'x'; 7 << 20]),
        "out of memory" => out.json(&vec![1_u8; 1 << 46]),
        event => return catch_or_panic(event, cx, out),
    }
    Ok(())
}

/// Panics that are caught, resumed, or raised in threads and foreign code.
fn catch_or_panic(event: &str, cx: &Context, out: Responder<'_>) -> Result<()> {
    match event {
        "panics in threads" => {
            let n = 8;
            let all = std::sync::Barrier::new(n);
            let ended = std::thread::scope(|scope| {
                let panic = || {
                    all.wait();
                    panic!("of one of the threads")
                };
                let threads: Vec<_> = (0..n).map(|_| scope.spawn(panic)).collect();
                threads
                    .into_iter()
                    .all(|thread: std::thread::ScopedJoinHandle<'_, ()>| thread.join().is_err())
            });
            out.json(&ended);
        }
        "panic while printing" => print!("{Shown}"),
        "panic through C" => through_c(),
        "panic through C in a thread" => {
            let _ = std::thread::spawn(|| through_c()).join();
        }
        "caught" => {
            let _ = std::panic::catch_unwind(|| panic!("that is caught"));
            out.json("went on");
        }
        "caught, then an error" => {
            let _ = std::panic::catch_unwind(|| panic!("that is caught"));
            return Err(Error::new("NoStock", "sold out"));
        }
        "caught, then another" => {
            let _ = std::panic::catch_unwind(|| panic!("that is caught"));
            panic!("of the handler");
        }
        "caught, then through C" => {
            let _ = std::panic::catch_unwind(|| panic!("that is caught"));
            through_c();
        }
        "resumed String" => resume(|| panic!("of a thread, {}", 1)),
        "resumed str" => resume(|| panic!("of a thread, 1")),
        "resumed error" => {
            let error: Box<dyn std::error::Error + Send + Sync> = "of a thread, 1".into();
            std::panic::resume_unwind(Box::new(error))
        }
        "resumed other" => std::panic::resume_unwind(Box::new(7)),
        "resumed bomb" => std::panic::resume_unwind(Box::new(Bomb)),
        "chain hook" => {
            chain_hook("in the handler");
            panic!("of the handler");
        }
        event => return panic_midway(event, cx, out),
    }
    Ok(())
}

/// Panics and errors in the middle of output.
fn panic_midway(event: &str, cx: &Context, out: Responder<'_>) -> Result<()> {
    match event {
        "print part" => print!("a part"),
        "print part, panic" => {
            print!("a part");
            panic!("of the handler");
        }
        "print part, error" => {
            print!("a part");
            return Err(Error::new("NoStock", "sold out"));
        }
        "panic in a thread while printing" => {
            let mut stdout = std::io::stdout().lock();
            let thread = std::thread::spawn(|| panic!("of the handler"));
            let has_panicked = thread.join().is_err();
            write!(stdout, "a part, {has_panicked}")?;
            return Err(Error::new("NoStock", "sold out"));
        }
        "panic in a thread midway" => {
            let mut body = out.start("text/plain")?;
            body.write_all(b"part")?;
            body.flush()?;
            let thread = std::thread::spawn(|| panic!("of a thread"));
            let has_panicked = thread.join().is_err();
            writeln!(body, ", {has_panicked}")?;
        }
        "panic beside a thread that streams" => std::thread::scope(|scope| -> Result<()> {
            let mut body = out.start("text/plain")?;
            body.write_all(b"part")?;
            body.flush()?;
            scope.spawn(move || while body.write_all(&[b'x'; 9000]).is_ok() {});
            std::thread::sleep(Duration::from_millis(20));
            panic!("midway")
        })?,
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
        event => return write_output(event, cx, out),
    }
    Ok(())
}

/// Metrics, and how the invocation ends afterwards.
fn write_metrics(what: &str) -> Result<()> {
    print!("a part");
    tiny_lambda::metrics!("Shop", { "service": "orders" }, "Calls": Count = 1, "Stock": None = -7);
    let mut metrics = Metrics::new("Shop");
    metrics.cold_start().dimension("text", "a\"b");
    metrics.property("order", &[1, 2]);
    metrics.count("Orders", 1);
    metrics.add("Latency", Unit::Milliseconds, 12.5);
    metrics.add_high_resolution("Size", Unit::BytesPerSecond, [-1, 2]);
    Metrics::new("Empty").dimension("service", "none");
    let mut other = Metrics::new("Other");
    other.add("Latency", Unit::Seconds, 1);
    match what {
        "metrics, error" => return Err(Error::new("NoStock", "sold out")),
        "metrics, panic" => panic!("of the handler"),
        "metrics, panic in a panic" => {
            let _bomb = Bomb;
            panic!("of the handler");
        }
        "metrics, invalid" => {
            metrics.count("", 1).dimension("city", "Zürich");
        }
        "metrics, invalid, flush" => {
            metrics.count("", 1);
            metrics.flush()?;
        }
        "metrics, full" => {
            for n in 0..250 {
                other.count(&format!("{n}"), 1);
            }
            metrics.add("Latency", Unit::Milliseconds, vec![0.5; 250]);
        }
        _ => {}
    }
    Ok(())
}

/// Logs, streams and other output.
fn write_output(event: &str, cx: &Context, out: Responder<'_>) -> Result<()> {
    match event {
        "log" => {
            trace!(cx, "at {}", 1);
            debug!(cx, "at {}", 2);
            info!(cx, "at {}\nand more", 3);
            warn!(cx, "at \"{}\"", 4);
            error!(cx, "at {}", 5);
            tiny_lambda::log::write(tiny_lambda::log::Level::Fatal, cx, format_args!("at 6"));
        }
        "log without context" => {
            let at = 3;
            trace!("at {}", 1);
            debug!("at {n}", n = 2);
            info!("at {at}");
            warn!("at 4",);
            error!("at {:>1}", 5);
            let thread = std::thread::spawn(|| info!("in a thread"));
            out.json(&thread.join().is_err());
        }
        "log fields" => {
            let (order, none) = ("a 1", None::<u8>);
            info!(cx, "paid {}", 7, order = order, cents = 250, none = none, shown = %cx.request_id);
            error!(cx, "refused", reason = "two\nlines", tags = ["a", "b"]);
        }
        "log keys" => {
            append_key(cx, "order", "a1");
            append_key(None, "part", &1);
            info!(cx, "first");
            remove_key(cx, "part");
            info!("second", cents = 250);
            return Err(Error::new("Refused", "no stock"));
        }
        "panic with keys" => {
            append_key(cx, "order", "a1");
            panic!("with keys");
        }
        text if text.starts_with("metrics") => write_metrics(text)?,
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
            // Returns after the deadline, so the warning has been written.
            while let Some(left) = cx.remaining().filter(|left| !left.is_zero()) {
                std::thread::sleep(left);
            }
            drop(warning);
        }
        "in time" => drop(cx.warn_before_deadline(Duration::from_secs(1))),
        "print" => out.json(&writeln!(std::io::stdout(), "a line").is_err()),
        "descriptors" => {
            let list = std::process::Command::new("/bin/ls")
                .args(["-l", "/proc/self/fd"])
                .output()?;
            out.json(&String::from_utf8_lossy(&list.stdout).into_owned());
        }
        "trace" => out.json(&std::env::var("_X_AMZN_TRACE_ID").ok()),
        "wait" => loop {
            eprintln!("waiting");
            std::thread::park();
        },
        _ => out.json(event),
    }
    Ok(())
}

/// Makes a signal interrupt the process every millisecond, as profilers do.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "std has no signals")]
fn interrupt_every_ms() {
    use std::ffi::{c_int, c_long};

    const SIGALRM: c_int = 14;
    const ITIMER_REAL: c_int = 0;

    unsafe extern "C" {
        fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
        fn siginterrupt(number: c_int, interrupts: c_int) -> c_int;
        fn setitimer(which: c_int, new: *const [c_long; 4], old: *mut [c_long; 4]) -> c_int;
    }
    extern "C" fn ignore(_: c_int) {}

    // `struct itimerval`: the interval and the first value, each in seconds and microseconds.
    let every_ms = [0, 1000, 0, 1000];
    // SAFETY: the handler does nothing; `every_ms` is readable, and a null pointer means that the
    // old timer is not returned (signal(2), siginterrupt(3), setitimer(2)).
    unsafe {
        signal(SIGALRM, ignore);
        siginterrupt(SIGALRM, 1);
        setitimer(ITIMER_REAL, &raw const every_ms, std::ptr::null_mut());
    }
}

/// Only Linux is tested with a timer.
#[cfg(not(target_os = "linux"))]
fn interrupt_every_ms() {}

/// Sets a panic hook that writes a line and replaces the earlier hook.
fn set_hook(name: &'static str) {
    std::panic::set_hook(Box::new(move |_| eprintln!("hook {name}")));
}

/// Sets a panic hook that writes a line and calls the earlier hook.
fn chain_hook(name: &'static str) {
    let earlier = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        eprintln!("hook {name}");
        earlier(info);
    }));
}

extern "C" fn through_c() {
    panic!("of the handler");
}

/// Panics with the payload of a thread that panicked.
fn resume(f: impl FnOnce() + Send + 'static) {
    if let Err(payload) = std::thread::spawn(f).join() {
        std::panic::resume_unwind(payload);
    }
}

/// Panics while it is displayed.
struct Shown;

impl std::fmt::Display for Shown {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("of the handler")
    }
}

/// Calls itself `n_max` times, with 800 to 1,600 bytes of stack each time.
fn deeper(n: u64, n_max: u64) -> u64 {
    let local = std::hint::black_box([n; 100]);
    if n == n_max {
        return 0;
    }
    deeper(n.wrapping_add(1), n_max).wrapping_add(local[7])
}

/// Panics when it is dropped, for example while a panic with it as payload is handled.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}
