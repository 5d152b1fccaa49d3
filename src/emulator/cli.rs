//! The command `emulator`: its options, and what it prints.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use crate::emulator::environment::logs::{LEVELS, print_line};
use crate::emulator::environment::process::ProcessGroup;
use crate::emulator::invoke_api::check_event;
use crate::emulator::server::access;
use crate::emulator::watch::Watcher;
use crate::emulator::{Emulator, InjectedFault, ParseFaultError, Settings};
use crate::events::samples;
use crate::sys;

const HELP: &str = include_str!("cli_help.txt");
const VERSION: &str = concat!("emulator ", env!("CARGO_PKG_VERSION"), "\n");

/// The arguments of the command, and of a function that serves itself.
#[derive(Debug)]
pub(crate) struct CommandLine {
    pub(crate) settings: Settings,
    events: Vec<String>,
    pub(crate) host: IpAddr,
    pub(crate) port: u16,
    pub(crate) watch: Option<PathBuf>,
    pub(crate) build: Option<String>,
}

impl Default for CommandLine {
    fn default() -> Self {
        CommandLine {
            settings: Settings::default(),
            events: Vec::new(),
            host: Ipv4Addr::LOCALHOST.into(),
            port: 9000,
            watch: None,
            build: None,
        }
    }
}

/// Why the command ends early.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EarlyExit {
    /// A text was requested. This is not an error.
    Text(String),
    /// The arguments are wrong.
    Usage(String),
    Failed(String),
}

impl EarlyExit {
    fn failed(error: impl Display) -> EarlyExit {
        EarlyExit::Failed(error.to_string())
    }

    /// Returns the error for an option with a value that it cannot have.
    fn value(name: &str, value: &str, why: &str) -> EarlyExit {
        EarlyExit::Usage(format!("{name} {value}: {why}"))
    }
}

/// Runs the command `emulator` with its arguments, without the program's name.
///
/// The exit code is 0, or 1 if something failed or an invocation returned an error, or 2 if the arguments
/// are wrong.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     tiny_lambda::emulator::cli(std::env::args_os().skip(1))
/// }
/// ```
pub fn cli(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let result = parse(args.into_iter()).and_then(|command_line| run(&command_line));
    ExitCode::from(exit_code(result))
}

/// Prints why the command has ended early, if it has. Returns its exit code as a number.
pub(crate) fn exit_code(result: Result<u8, EarlyExit>) -> u8 {
    match result {
        Ok(code) => code,
        Err(EarlyExit::Text(text)) => {
            let _ = io::stdout().write_all(text.as_bytes());
            0
        }
        Err(EarlyExit::Usage(text)) => {
            print_line(&format!("emulator: {text}; see --help"));
            2
        }
        Err(EarlyExit::Failed(text)) => {
            print_line(&format!("emulator: {text}"));
            1
        }
    }
}

fn parse(mut args: impl Iterator<Item = OsString>) -> Result<CommandLine, EarlyExit> {
    let usage = |text: &str| EarlyExit::Usage(text.to_owned());
    let mut command_line = CommandLine::default();
    command_line.settings.log = true;
    let mut allows_options = true;
    while let Some(arg) = args.next() {
        let text = arg.to_str().unwrap_or_default();
        if !allows_options || !text.starts_with('-') {
            let bootstrap = &mut command_line.settings.bootstrap;
            if let Some(earlier) = bootstrap.replace(PathBuf::from(&arg)) {
                let earlier = earlier.display();
                let text = format!("expected one BOOTSTRAP, found {earlier} and {text}");
                return Err(EarlyExit::Usage(text));
            }
            continue;
        }
        let inline = text.split_once('=');
        let name = inline.map_or(text, |(name, _)| name);
        match text {
            "--" => allows_options = false,
            "--help" => return Err(EarlyExit::Text(HELP.to_owned())),
            "--version" => return Err(EarlyExit::Text(VERSION.to_owned())),
            "--freeze" => command_line.settings.freeze = true,
            "--snap-start" => command_line.settings.snap_start = true,
            _ => command_line.set(name, || {
                let inline = inline.map(|(_, value)| OsString::from(value));
                let value = inline.or_else(|| args.next());
                let value = value.ok_or_else(|| usage(&format!("{name} needs a value")))?;
                let not_utf8 = |_| usage(&format!("{name}: the value is not UTF-8"));
                value.into_string().map_err(not_utf8)
            })?,
        }
    }
    if command_line.build.is_some() && command_line.watch.is_none() {
        return Err(usage("--build needs --watch"));
    }
    if command_line.watch.is_some() && !command_line.events.is_empty() {
        return Err(usage(
            "--watch is for callers and cannot be used with --event",
        ));
    }
    if command_line.settings.bootstrap.is_none() {
        return Err(usage("no BOOTSTRAP given"));
    }
    Ok(command_line)
}

impl CommandLine {
    /// Sets an option that has a value, which `next_value` returns.
    fn set(
        &mut self,
        name: &str,
        mut next_value: impl FnMut() -> Result<String, EarlyExit>,
    ) -> Result<(), EarlyExit> {
        let settings = &mut self.settings;
        match name {
            "--event" => self.events.push(next_value()?),
            "--port" => self.port = number(name, &next_value()?)?,
            "--host" => {
                let value = next_value()?;
                if let Ok(address) = value.parse() {
                    self.host = address;
                } else {
                    let why = "expected an address or a host name";
                    let host = access::host_name(&value);
                    let host = host.ok_or_else(|| EarlyExit::value(name, &value, why))?;
                    settings.hosts.push(host);
                }
            }
            "--allow-origin" => {
                let value = next_value()?;
                let why = "expected scheme://host[:port], null or *";
                let origin = access::origin(&value);
                let origin = origin.ok_or_else(|| EarlyExit::value(name, &value, why))?;
                settings.allowed_origins.push(origin);
            }
            "--timeout" => {
                let value = next_value()?;
                settings.timeout = seconds(name, &value, &value)?;
                if settings.timeout.is_zero() {
                    let why = "expected more than 0 seconds";
                    return Err(EarlyExit::value(name, &value, why));
                }
            }
            "--memory" => settings.memory_mb = number(name, &next_value()?)?,
            "--handler" => settings.handler = next_value()?,
            "--name" => settings.name = next_value()?,
            "--env" => {
                let value = next_value()?;
                let pair = value.split_once('=').filter(|(key, _)| !key.is_empty());
                let wrong = || EarlyExit::value(name, &value, "expected NAME=VALUE");
                let (key, text) = pair.ok_or_else(wrong)?;
                settings.env.push((key.to_owned(), text.to_owned()));
            }
            "--environments" => settings.environments = at_least_one(name, &next_value()?)?,
            "--retries" => {
                let value = next_value()?;
                let (retries, delay) = value.split_once(':').unwrap_or((&value, "60"));
                settings.async_retries = number(name, retries)?;
                settings.async_retry_delay = seconds(name, &value, delay)?;
            }
            "--concurrency" => settings.concurrency = Some(at_least_one(name, &next_value()?)?),
            "--fault" => settings.faults.push(fault(name, &next_value()?)?),
            "--seed" => settings.seed = number(name, &next_value()?)?,
            "--json-log" => settings.json_log_level = Some(level(name, &next_value()?)?),
            "--extensions" => settings.extensions = Some(next_value()?.into()),
            "--watch" => self.watch = Some(next_value()?.into()),
            "--build" => self.build = Some(next_value()?),
            "--task-root" => settings.task_root = Some(next_value()?.into()),
            "--api-host" => settings.api_host = number(name, &next_value()?)?,
            "--runner" => settings.runner = Some(next_value()?.into()),
            _ => return Err(EarlyExit::Usage(format!("unknown option {name}"))),
        }
        Ok(())
    }
}

/// Parses a fault, and the rate after a colon.
fn fault(name: &str, value: &str) -> Result<(InjectedFault, f64), EarlyExit> {
    let wrong = |why: &str| EarlyExit::value(name, value, why);
    let (fault, rate) = value.split_once(':').unwrap_or((value, "1"));
    let fault = fault.parse();
    let fault = fault.map_err(|error: ParseFaultError| wrong(&error.to_string()))?;
    let rate = number(name, rate)?;
    if !(0.0..=1.0).contains(&rate) {
        return Err(wrong("expected a rate from 0 to 1"));
    }
    Ok((fault, rate))
}

/// Parses the name of a log level, in any case.
fn level(name: &str, value: &str) -> Result<String, EarlyExit> {
    let level = value.to_ascii_uppercase();
    if LEVELS.contains(&level.as_str()) {
        return Ok(level);
    }
    let why = format!("expected one of {}", LEVELS.join(", "));
    Err(EarlyExit::value(name, value, &why))
}

/// Parses the value of an option, or a part of one.
fn number<T: FromStr>(name: &str, text: &str) -> Result<T, EarlyExit> {
    let number = text.parse();
    number.map_err(|_| EarlyExit::value(name, text, "invalid value"))
}

/// Parses a number of seconds that is part of an option's `value`.
fn seconds(name: &str, value: &str, text: &str) -> Result<Duration, EarlyExit> {
    let out_of_range = |_| EarlyExit::value(name, value, "the time is out of range");
    Duration::try_from_secs_f64(number(name, text)?).map_err(out_of_range)
}

fn at_least_one<T: FromStr + Default + PartialEq>(name: &str, text: &str) -> Result<T, EarlyExit> {
    let value = number(name, text)?;
    if value == T::default() {
        return Err(EarlyExit::value(name, text, "expected at least 1"));
    }
    Ok(value)
}

/// Returns the event that a command line names: JSON, a file, `-` for standard input, or a sample.
pub(crate) fn read_event(arg: &str) -> Result<Vec<u8>, String> {
    let sample = samples::ALL.iter().find(|(name, _)| *name == arg);
    let is_file = || Path::new(arg).is_file().then_some(arg);
    let (source, event) = if arg == "-" {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        ("standard input", read.map(|_| bytes))
    } else if let Some((_, event)) = sample {
        ("the sample", Ok(event.as_bytes().to_vec()))
    } else if let Some(path) = arg.strip_prefix('@').or_else(is_file) {
        (path, fs::read(path))
    } else {
        (
            "the event names no file or sample and",
            Ok(arg.as_bytes().to_vec()),
        )
    };
    let event = event.map_err(|error| format!("{source}: {error}"))?;
    match check_event(&event) {
        Ok(()) => Ok(event),
        Err(error) => Err(format!("{source} is not JSON: {error}")),
    }
}

/// Stops everything that the command has started when a signal ends it.
struct SignalHandler {
    /// The process group of the build.
    build_group: Arc<ProcessGroup>,
    emulator: OnceLock<Emulator>,
    has_signal: AtomicBool,
}

impl SignalHandler {
    /// Handles signals on a thread.
    fn start() -> io::Result<Arc<SignalHandler>> {
        let signals = sys::interrupts()?;
        let handler = Arc::new(SignalHandler {
            build_group: Arc::new(ProcessGroup::default()),
            emulator: OnceLock::new(),
            has_signal: AtomicBool::new(false),
        });
        let shared = Arc::clone(&handler);
        thread::Builder::new().spawn(move || shared.exit_on_signal(signals))?;
        Ok(handler)
    }

    /// Waits for a signal, stops what has been started, and exits.
    fn exit_on_signal(&self, mut signals: impl Read) {
        let mut signal = [0];
        let _ = signals.read_exact(&mut signal);
        self.has_signal.store(true, Ordering::SeqCst);
        // The processes have groups of their own, which Ctrl-C in a terminal does not reach.
        self.build_group.end();
        if let Some(emulator) = self.emulator.get() {
            emulator.end();
        }
        let [signal] = signal.map(i32::from);
        // The exit code that shells report for a program that a signal has ended.
        std::process::exit(signal.saturating_add(128));
    }

    /// Returns at once if no signal was received. Otherwise waits until the other thread exits the process.
    fn check(&self) {
        while self.has_signal.load(Ordering::SeqCst) {
            thread::park();
        }
    }
}

/// Runs the function until a signal ends the command, or for the events of the command line. Returns the
/// exit code.
pub(crate) fn run(command_line: &CommandLine) -> Result<u8, EarlyExit> {
    let settings = &command_line.settings;
    let events = command_line.events.iter().map(|event| read_event(event));
    let events: Result<Vec<Vec<u8>>, String> = events.collect();
    let events = events.map_err(EarlyExit::Failed)?;
    sys::raise_descriptor_limit();
    let signals = SignalHandler::start().map_err(EarlyExit::failed)?;
    let watcher = command_line.watch.as_deref().map(|folder| {
        let (build, program) = (command_line.build.clone(), settings.bootstrap.as_deref());
        Watcher::new(folder, build, program, Arc::clone(&signals.build_group))
    });
    if let Some(watcher) = &watcher {
        let built = watcher.build();
        signals.check();
        built.map_err(|_| EarlyExit::failed("the build failed"))?;
    }
    let mut emulator = Emulator::start_with(settings.clone()).map_err(EarlyExit::failed)?;
    warn_of_reserved_variables(settings, emulator.addr());
    if let Some(watcher) = watcher {
        emulator.watch(watcher).map_err(EarlyExit::failed)?;
    }
    if events.is_empty() {
        let addr = SocketAddr::new(command_line.host, command_line.port);
        let addr = emulator.listen(addr).map_err(EarlyExit::failed)?;
        let bootstrap = settings.bootstrap.as_deref().unwrap_or(Path::new(""));
        print_line(&format!(
            "{}: invoke it with\n  \
             curl -d '{{}}' http://{addr}/2015-03-31/functions/function/invocations\n\
             Any other request is an event of its function URL, http://{addr}/\n\
             Ctrl-C ends it.",
            bootstrap.display()
        ));
    }
    let emulator = signals.emulator.get_or_init(|| emulator);
    while events.is_empty() {
        thread::park();
    }
    let mut code = 0;
    for event in events {
        let response = emulator.invoke_to_its_end(&event);
        signals.check();
        let response = response.map_err(EarlyExit::failed)?;
        print_response(&response.body).map_err(EarlyExit::failed)?;
        code |= u8::from(response.is_error());
    }
    emulator.end();
    Ok(code)
}

/// Writes a response to standard output, on a line.
pub(crate) fn print_response(body: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(&[body, b"\n"].concat())?;
    out.flush()
}

/// Warns of variables of the function that Lambda sets itself.
fn warn_of_reserved_variables(settings: &Settings, api_addr: SocketAddr) {
    for name in settings.overridden(api_addr) {
        let instead = match name {
            "AWS_REGION"
            | "AWS_DEFAULT_REGION"
            | "AWS_ACCESS_KEY_ID"
            | "AWS_SECRET_ACCESS_KEY"
            | "AWS_SESSION_TOKEN" => "; set it in the emulator's own environment",
            _ => "",
        };
        print_line(&format!(
            "emulator: --env {name} has no effect, Lambda sets this variable itself{instead}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<CommandLine, EarlyExit> {
        parse(args.iter().map(OsString::from))
    }

    #[test]
    fn options_have_two_forms_and_any_order() {
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
            let command_line = parsed(args).unwrap();
            assert_eq!(command_line.settings.timeout, Duration::from_millis(1500));
            assert_eq!(
                command_line.settings.env,
                [("A".to_owned(), "b=c".to_owned())]
            );
            assert_eq!(
                command_line.settings.bootstrap.as_deref(),
                Some(Path::new("x/bootstrap"))
            );
            assert_eq!(command_line.events, ["{}"]);
        }
        let listen = |args: &[&str]| {
            let command_line = parsed(args).unwrap();
            SocketAddr::new(command_line.host, command_line.port).to_string()
        };
        assert_eq!(listen(&["b"]), "127.0.0.1:9000");
        assert_eq!(listen(&["--port", "0", "b", "--host=::1"]), "[::1]:0");
        let named = parsed(&["--host", "Box.", "--host=::1", "b", "--host", "a.b"]).unwrap();
        assert_eq!(named.settings.hosts, ["box", "a.b"]);
        assert_eq!(named.host.to_string(), "::1");
        let origins = ["b", "--allow-origin=http://A:80/", "--allow-origin", "*"];
        let allowed = parsed(&origins).unwrap().settings.allowed_origins;
        assert_eq!(allowed, ["http://a", "*"]);
        let dashed = parsed(&["--", "--b"]).unwrap();
        assert_eq!(dashed.settings.bootstrap.as_deref(), Some(Path::new("--b")));
    }

    #[test]
    fn wrong_arguments_are_refused_with_the_reason() {
        for (args, want) in [
            (&[][..], "no BOOTSTRAP given"),
            (&["--no-such", "b"], "unknown option --no-such"),
            (&["-x"], "unknown option -x"),
            (&["a", "b"], "expected one BOOTSTRAP, found a and b"),
            (&["b", "--port"], "--port needs a value"),
            (&["b", "--port", "70000"], "--port 70000: invalid value"),
            (
                &["b", "--timeout", "0"],
                "--timeout 0: expected more than 0 seconds",
            ),
            (
                &["b", "--timeout=-1"],
                "--timeout -1: the time is out of range",
            ),
            (
                &["b", "--fault=slow:2"],
                "--fault slow:2: expected a rate from 0 to 1",
            ),
            (&["b", "--env", "A"], "--env A: expected NAME=VALUE"),
            (
                &["b", "--host", "box:80"],
                "--host box:80: expected an address or a host name",
            ),
            (
                &["b", "--allow-origin", "localhost:5173"],
                "--allow-origin localhost:5173: expected scheme://host[:port], null or *",
            ),
            (
                &["b", "--environments", "0"],
                "--environments 0: expected at least 1",
            ),
            (
                &["b", "--concurrency", "x"],
                "--concurrency x: invalid value",
            ),
        ] {
            assert_eq!(
                parsed(args).unwrap_err(),
                EarlyExit::Usage(want.to_owned()),
                "{args:?}"
            );
        }
        assert!(matches!(parsed(&["--help"]), Err(EarlyExit::Text(text)) if text == HELP));
    }
}
