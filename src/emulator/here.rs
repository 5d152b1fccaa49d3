//! A function that serves itself: what a debug build does where there is no Lambda.

use std::env;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use super::command::read_event;
use super::{Emulator, Settings};
use crate::handler::Handler;
use crate::runtime::Runtime;

/// The longest that Lambda has: the handler may be looked at with a debugger.
const TIMEOUT: Duration = Duration::from_secs(900);

/// Serves `handler` on a local port until Ctrl-C: what [`run`](crate::run) and its like do in a
/// debug build where `AWS_LAMBDA_RUNTIME_API` is not set.
///
/// The port is 9000, or what `--port` or the variable `PORT` says. With the arguments `invoke
/// EVENT`, it is invoked once instead: with JSON, a file's content, `-` for standard input, or a
/// sample event by its name (`sqs`, `s3`, ... of [`samples`](crate::events::samples)). The response
/// goes to standard output, and the exit code is 1 if it is an error.
pub fn serve_here(handler: &dyn Handler) -> ! {
    let args: Vec<String> = env::args().skip(1).collect();
    let result = match args.as_slice() {
        [verb, event, ..] if verb == "invoke" => invoke_once(handler, event),
        [verb] if verb == "invoke" => Err("invoke what? JSON, a file, - or a sample".to_owned()),
        _ => serve(handler, port(args.into_iter(), env::var("PORT").ok())),
    };
    match result {
        Ok(code) => std::process::exit(code),
        Err(text) => {
            eprintln!("{text}");
            std::process::exit(1)
        }
    }
}

fn settings() -> Settings {
    Settings {
        timeout: TIMEOUT,
        ..Settings::default()
    }
}

/// Invokes the handler with one event; the exit code.
fn invoke_once(handler: &dyn Handler, event: &str) -> Result<i32, String> {
    let event = read_event(event)?;
    let text = |error: io::Error| error.to_string();
    let emulator = Emulator::with(Settings {
        log: true,
        ..settings()
    })
    .map_err(text)?;
    let addr = emulator.addr().to_string();
    let reply = thread::scope(|scope| {
        scope.spawn(move || drop(Runtime::at(&addr).serve(handler)));
        let reply = emulator.invoke_to_its_end(&event);
        drop(emulator);
        reply
    });
    let reply = reply.map_err(text)?;
    let mut out = io::stdout().lock();
    out.write_all(&reply.body)
        .and_then(|()| out.write_all(b"\n"))
        .map_err(text)?;
    Ok(i32::from(reply.is_error()))
}

fn serve(handler: &dyn Handler, port: Result<u16, String>) -> Result<i32, String> {
    let mut emulator = Emulator::with(settings()).map_err(|error| error.to_string())?;
    let asked = SocketAddr::from((Ipv4Addr::LOCALHOST, port?));
    let addr = emulator
        .serve_callers(asked, true)
        .map_err(|error| error.to_string())?;
    eprintln!(
        "No Lambda around: serving on http://{addr}/ (any request is an event of a function URL).\n\
         Invoke it: curl -d '{{}}' http://{addr}/2015-03-31/functions/function/invocations"
    );
    match Runtime::at(&emulator.addr().to_string()).serve(handler) {
        Ok(()) => Err("the local Lambda has ended".to_owned()),
        Err(error) => Err(error.error_message().to_owned()),
    }
}

/// The port that the arguments or the environment ask for.
fn port(mut args: impl Iterator<Item = String>, variable: Option<String>) -> Result<u16, String> {
    let asked = loop {
        match args.next().as_deref() {
            None => break None,
            Some("--port") => match args.next() {
                Some(value) => break Some(("--port", value)),
                None => return Err("--port needs a number".to_owned()),
            },
            Some(arg) => {
                if let Some(value) = arg.strip_prefix("--port=") {
                    break Some(("--port", value.to_owned()));
                }
            }
        }
    };
    match asked.or(variable.map(|value| ("PORT", value))) {
        None => Ok(9000),
        Some((name, value)) => value
            .parse()
            .map_err(|_| format!("{name} {value}: that is no port")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_asked_for_by_argument_or_variable() {
        let check = |args: &[&str], variable: Option<&str>, want: Result<u16, &str>| {
            let args = args.iter().map(|&arg| arg.to_owned());
            let got = port(args, variable.map(str::to_owned));
            assert_eq!(got.as_ref().map(|&port| port).map_err(String::as_str), want);
        };
        check(&[], None, Ok(9000));
        check(&[], Some("8080"), Ok(8080));
        check(&["--port", "1"], Some("8080"), Ok(1));
        check(&["x", "--port=2"], None, Ok(2));
        check(&["--port"], None, Err("--port needs a number"));
        check(&["--port", "x"], None, Err("--port x: that is no port"));
        check(&[], Some("70000"), Err("PORT 70000: that is no port"));
    }
}
