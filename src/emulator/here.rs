//! A function that serves itself: what a debug build does where there is no Lambda.

use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{Emulator, Settings};
use crate::handler::Handler;
use crate::runtime::Runtime;

/// The longest that Lambda has: the handler may be looked at with a debugger.
const TIMEOUT: Duration = Duration::from_secs(900);

/// Serves `handler` on a local port until Ctrl-C: what [`run`](crate::run) and its like do in a
/// debug build where `AWS_LAMBDA_RUNTIME_API` is not set.
///
/// The port is 9000, or what `--port` or the variable `PORT` says.
pub fn serve_here(handler: &dyn Handler) -> ! {
    let text = match serve(handler) {
        Ok(()) => "the local Lambda has ended".to_owned(),
        Err(text) => text,
    };
    eprintln!("{text}");
    std::process::exit(1)
}

fn serve(handler: &dyn Handler) -> Result<(), String> {
    let port = port(env::args().skip(1), env::var("PORT").ok())?;
    let settings = Settings {
        timeout: TIMEOUT,
        ..Settings::default()
    };
    let mut emulator = Emulator::with(settings).map_err(|error| error.to_string())?;
    let asked = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let addr = emulator
        .serve_callers(asked, true)
        .map_err(|error| error.to_string())?;
    eprintln!(
        "No Lambda around: serving on http://{addr}/ (any request is an event of a function URL).\n\
         Invoke it: curl -d '{{}}' http://{addr}/2015-03-31/functions/function/invocations"
    );
    let result = Runtime::at(&emulator.addr().to_string()).serve(handler);
    result.map_err(|error| error.error_message().to_owned())
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
