//! The command `emulator`: its options, and what it prints.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::front::check_json;
use super::{Emulator, Settings};
use crate::sys;

const HELP: &str = "\
Runs a Lambda function locally, as Lambda would.

Usage: emulator [OPTION...] BOOTSTRAP

BOOTSTRAP is the executable that Lambda would start: ours, or any other that speaks the Runtime
API. Without --event it waits for callers:
  POST /2015-03-31/functions/function/invocations    invokes it, as the AWS CLI does with
                                                     --endpoint-url http://127.0.0.1:9000
  any other request                                  is an event of its function URL

Options:
  --event JSON|@FILE|-    invoke it with this event (a file's content, standard input); the
                          response goes to standard output, logs and the REPORT line to standard
                          error. May be repeated. The exit code is 1 if any came to an error
  --port N                listen on this port (default 9000; 0: any that is free)
  --host ADDRESS          listen on this address (default 127.0.0.1: reachable from here only)
  --timeout SECONDS       function timeout (default 3)
  --memory MB             memory setting, told to the function, not enforced (default 128)
  --handler TEXT          handler setting, in _HANDLER (default bootstrap)
  --name TEXT             function name (default function)
  --env NAME=VALUE        set a variable for the function. May be repeated
  --environments N        execution environments for concurrent callers (default 1)
  --concurrency N         invocations at once in one environment, as Managed Instances have
  --freeze                stop the function between invocations, as Lambda does
  --runner PROGRAM        run BOOTSTRAP with this program, such as qemu-aarch64
  --help, --version
";

/// What the command line asks for.
#[derive(Debug, Default)]
struct Asked {
    settings: Settings,
    events: Vec<String>,
    listen: Option<SocketAddr>,
}

/// How the command ends early: with a text and no error, or with an error.
#[derive(Debug, PartialEq, Eq)]
enum Stop {
    Text(String),
    Usage(String),
    Failed(String),
}

/// Runs the command with its arguments, the program's name not among them.
///
/// Its exit code is 0, or 1 if something went wrong or an invocation was an error, or 2 if the
/// arguments make no sense.
pub fn command(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let result = parse(args.into_iter()).and_then(|asked| run(&asked));
    match result {
        Ok(code) => ExitCode::from(code),
        Err(Stop::Text(text)) => {
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(Stop::Usage(text)) => {
            eprintln!("emulator: {text}; see --help");
            ExitCode::from(2)
        }
        Err(Stop::Failed(text)) => {
            eprintln!("emulator: {text}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Asked, Stop> {
    let mut asked = Asked::default();
    asked.settings.log = true;
    let mut port = 9000;
    let mut host = IpAddr::from(Ipv4Addr::LOCALHOST);
    let mut is_option = true;
    while let Some(arg) = args.next() {
        let text = arg.to_str().unwrap_or_default();
        if !is_option || !text.starts_with("--") {
            let earlier = asked.settings.bootstrap.replace(PathBuf::from(&arg));
            if text.starts_with('-') && is_option {
                return Err(Stop::Usage(format!("unknown option {text}")));
            }
            if let Some(earlier) = earlier {
                let text = format!("{} and {text}: one BOOTSTRAP at a time", earlier.display());
                return Err(Stop::Usage(text));
            }
            continue;
        }
        let (name, inline) = match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (text.to_owned(), None),
        };
        match name.as_str() {
            "--" => {
                is_option = false;
                continue;
            }
            "--help" => return Err(Stop::Text(HELP.to_owned())),
            "--version" => {
                let version = concat!("emulator ", env!("CARGO_PKG_VERSION"), "\n");
                return Err(Stop::Text(version.to_owned()));
            }
            _ => {}
        }
        let mut value = || -> Result<String, Stop> {
            let given = inline.clone().map(OsString::from).or_else(|| args.next());
            let given = given.ok_or_else(|| Stop::Usage(format!("{name} needs a value")))?;
            given
                .into_string()
                .map_err(|_| Stop::Usage(format!("{name}: the value is no text")))
        };
        let settings = &mut asked.settings;
        match name.as_str() {
            "--event" => asked.events.push(value()?),
            "--port" => port = number(&name, &value()?)?,
            "--host" => host = number(&name, &value()?)?,
            "--timeout" => {
                let seconds: f64 = number(&name, &value()?)?;
                let timeout = Duration::try_from_secs_f64(seconds)
                    .ok()
                    .filter(|t| !t.is_zero());
                settings.timeout = timeout
                    .ok_or_else(|| Stop::Usage(format!("--timeout {seconds} is out of range")))?;
            }
            "--memory" => settings.memory_mb = number(&name, &value()?)?,
            "--handler" => settings.handler = value()?,
            "--name" => settings.name = value()?,
            "--env" => {
                let given = value()?;
                let Some((key, text)) = given.split_once('=').filter(|(key, _)| !key.is_empty())
                else {
                    return Err(Stop::Usage(format!("--env {given}: NAME=VALUE is wanted")));
                };
                settings.env.push((key.to_owned(), text.to_owned()));
            }
            "--environments" => settings.environments = at_least_one(&name, &value()?)?,
            "--freeze" if inline.is_none() => settings.freeze = true,
            "--concurrency" => settings.concurrency = Some(at_least_one(&name, &value()?)?),
            "--runner" => settings.runner = Some(value()?.into()),
            _ => return Err(Stop::Usage(format!("unknown option {name}"))),
        }
    }
    if asked.settings.bootstrap.is_none() {
        return Err(Stop::Usage("no BOOTSTRAP given".to_owned()));
    }
    asked.listen = asked
        .events
        .is_empty()
        .then_some(SocketAddr::new(host, port));
    Ok(asked)
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, Stop> {
    text.parse()
        .map_err(|_| Stop::Usage(format!("{name} {text}: that is no value for it")))
}

fn at_least_one<T: std::str::FromStr + From<u8> + PartialOrd>(
    name: &str,
    text: &str,
) -> Result<T, Stop> {
    let value = number(name, text)?;
    if value < T::from(1) {
        return Err(Stop::Usage(format!("{name} {text}: at least 1 is wanted")));
    }
    Ok(value)
}

/// The bytes of an event as the command line gives it.
fn read_event(asked: &str) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    let (from, read) = match (asked, asked.strip_prefix('@')) {
        ("-", _) => (
            "standard input",
            io::stdin().lock().read_to_end(&mut bytes).map(drop),
        ),
        (_, Some(path)) => (path, fs::read(path).map(|content| bytes = content)),
        _ => {
            bytes = asked.as_bytes().to_vec();
            ("the event", Ok(()))
        }
    };
    read.map_err(|error| Stop::Failed(format!("{from}: {error}")))?;
    match check_json(&bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Stop::Failed(format!("{from} is not JSON: {error}"))),
    }
}

fn run(asked: &Asked) -> Result<u8, Stop> {
    let failed = |error: io::Error| Stop::Failed(error.to_string());
    let events: Vec<Vec<u8>> = asked
        .events
        .iter()
        .map(|e| read_event(e))
        .collect::<Result<_, _>>()?;
    let mut interrupts = sys::interrupts().map_err(failed)?;
    let mut emulator = Emulator::with(asked.settings.clone()).map_err(failed)?;
    if let Some(addr) = asked.listen {
        let addr = emulator.listen(addr).map_err(failed)?;
        let name = asked
            .settings
            .bootstrap
            .as_deref()
            .unwrap_or(Path::new(""))
            .display();
        eprintln!(
            "{name}: invoke it with\n  \
             curl -d '{{}}' http://{addr}/2015-03-31/functions/function/invocations\n\
             Any other request is an event of its function URL, http://{addr}/\n\
             Ctrl-C ends it."
        );
    }
    let emulator = Arc::new(emulator);
    let is_interrupted = Arc::new(AtomicBool::new(false));
    let (ended, flag) = (Arc::clone(&emulator), Arc::clone(&is_interrupted));
    let watch = move || {
        let mut signal = [0];
        let _ = interrupts.read_exact(&mut signal);
        flag.store(true, Ordering::SeqCst);
        // Its processes are in groups of their own, which no terminal ends.
        ended.end();
        let [signal] = signal.map(i32::from);
        // What a shell says of a program that a signal ended.
        std::process::exit(signal.saturating_add(128));
    };
    let watcher = thread::Builder::new().spawn(watch).map_err(failed)?;
    if asked.listen.is_some() {
        let _ = watcher.join();
        return Ok(0);
    }
    let mut code = 0;
    for event in events {
        let result = emulator.invoke_to_its_end(&event);
        if is_interrupted.load(Ordering::SeqCst) {
            let _ = watcher.join();
            return Ok(1);
        }
        let reply = result.map_err(failed)?;
        let mut out = io::stdout().lock();
        let written = out
            .write_all(&reply.body)
            .and_then(|()| out.write_all(b"\n"));
        written.and_then(|()| out.flush()).map_err(failed)?;
        if reply.is_error() {
            code = 1;
        }
    }
    emulator.end();
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<Asked, Stop> {
        parse(args.iter().map(OsString::from))
    }

    #[test]
    fn options_are_taken_in_both_forms_and_any_order() {
        for args in [
            &[
                "--timeout",
                "1.5",
                "--env",
                "A=b=c",
                "x/bootstrap",
                "--event",
                "{}",
            ][..],
            &["x/bootstrap", "--event={}", "--env=A=b=c", "--timeout=1.5"][..],
        ] {
            let asked = parsed(args).unwrap();
            assert_eq!(asked.settings.timeout, Duration::from_millis(1500));
            assert_eq!(asked.settings.env, [("A".to_owned(), "b=c".to_owned())]);
            assert_eq!(
                asked.settings.bootstrap.as_deref(),
                Some(Path::new("x/bootstrap"))
            );
            assert_eq!((asked.events, asked.listen), (vec!["{}".to_owned()], None));
        }
        let listen = |args: &[&str]| parsed(args).unwrap().listen.unwrap().to_string();
        assert_eq!(listen(&["b"]), "127.0.0.1:9000");
        assert_eq!(listen(&["--port", "0", "b", "--host=::1"]), "[::1]:0");
        let dashed = parsed(&["--", "--b"]).unwrap();
        assert_eq!(dashed.settings.bootstrap.as_deref(), Some(Path::new("--b")));
    }

    #[test]
    fn what_makes_no_sense_is_told_in_a_line() {
        for (args, want) in [
            (&[][..], "no BOOTSTRAP given"),
            (&["--no-such", "b"], "unknown option --no-such"),
            (&["-x"], "unknown option -x"),
            (&["a", "b"], "a and b: one BOOTSTRAP at a time"),
            (&["b", "--port"], "--port needs a value"),
            (
                &["b", "--port", "70000"],
                "--port 70000: that is no value for it",
            ),
            (&["b", "--timeout", "0"], "--timeout 0 is out of range"),
            (&["b", "--timeout=-1"], "--timeout -1 is out of range"),
            (&["b", "--env", "A"], "--env A: NAME=VALUE is wanted"),
            (
                &["b", "--environments", "0"],
                "--environments 0: at least 1 is wanted",
            ),
            (
                &["b", "--concurrency", "x"],
                "--concurrency x: that is no value for it",
            ),
        ] {
            assert_eq!(
                parsed(args).unwrap_err(),
                Stop::Usage(want.to_owned()),
                "{args:?}"
            );
        }
        assert!(matches!(parsed(&["--help"]), Err(Stop::Text(text)) if text == HELP));
    }
}
