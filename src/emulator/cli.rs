//! The command `emulator`: its options, and what it prints.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use crate::emulator::arguments::Takes::{Nothing, Value, Values};
use crate::emulator::arguments::{Argument, Arguments, OptionSpec, Takes};
use crate::emulator::environment::logs::{LEVELS, print_line};
use crate::emulator::environment::process::ProcessGroup;
use crate::emulator::event_argument::{help_with_samples, list_of_samples, read_event};
use crate::emulator::server::access;
use crate::emulator::settings::CONCURRENCY_MAX;
use crate::emulator::watch::Watcher;
use crate::emulator::{Emulator, InjectedFault, ParseFaultError, Settings};
use crate::sys;

const HELP: &str = include_str!("cli_help.txt");
const VERSION: &str = concat!("emulator ", env!("CARGO_PKG_VERSION"), "\n");

/// Printed after the message about wrong arguments.
const USAGE: &str = "Usage: emulator [OPTION...] BOOTSTRAP (--help lists the options)";

pub(crate) const fn option(name: &'static str, takes: Takes) -> OptionSpec {
    OptionSpec { name, takes }
}

const OPTIONS: &[OptionSpec] = &[
    option("--event", Values),
    option("--port", Value),
    option("--host", Values),
    option("--allow-origin", Values),
    option("--timeout", Value),
    option("--memory", Value),
    option("--handler", Value),
    option("--name", Value),
    option("--env", Values),
    option("--parameter", Values),
    option("--secret", Values),
    option("--configuration", Values),
    option("--xray", Nothing),
    option("--environments", Value),
    option("--retries", Value),
    option("--concurrency", Value),
    option("--freeze", Nothing),
    option("--extensions", Value),
    option("--snap-start", Nothing),
    option("--fault", Values),
    option("--seed", Value),
    option("--json-log", Value),
    option("--watch", Value),
    option("--build", Value),
    option("--task-root", Value),
    option("--api-host", Value),
    option("--runner", Value),
    option("--list-samples", Nothing),
    option("--help", Nothing),
    option("--version", Nothing),
];

/// The options for callers, which an invocation from the command line does not have.
const CALLER_OPTIONS: [&str; 6] = [
    "--port",
    "--host",
    "--allow-origin",
    "--retries",
    "--watch",
    "--build",
];

/// The arguments of the command, and of a function that serves itself.
#[derive(Debug)]
pub(crate) struct CommandLine {
    pub(crate) settings: Settings,
    pub(crate) events: Vec<String>,
    host: Option<IpAddr>,
    pub(crate) port: u16,
    pub(crate) watch: Option<PathBuf>,
    pub(crate) build: Option<String>,
    /// Whether the function is known to serve web requests.
    pub(crate) is_web: bool,
}

impl Default for CommandLine {
    fn default() -> Self {
        CommandLine {
            settings: Settings::default(),
            events: Vec::new(),
            host: None,
            port: 9000,
            watch: None,
            build: None,
            is_web: false,
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
    pub(crate) fn failed(error: impl Display) -> EarlyExit {
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
    ExitCode::from(exit_code(result, "emulator", USAGE))
}

/// Prints why the program has ended early, if it has. Returns its exit code as a number.
pub(crate) fn exit_code(result: Result<u8, EarlyExit>, program: &str, usage: &str) -> u8 {
    match result {
        Ok(code) => code,
        Err(EarlyExit::Text(text)) => {
            // A reader that has ended, such as `head`, has read what it wanted.
            match print_text(text.as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    print_line(&format!(
                        "{program}: cannot write to standard output: {error}"
                    ));
                    1
                }
                _ => 0,
            }
        }
        Err(EarlyExit::Usage(text)) => {
            print_line(&format!("{program}: {text}\n{usage}"));
            2
        }
        Err(EarlyExit::Failed(text)) => {
            print_line(&format!("{program}: {text}"));
            1
        }
    }
}

fn parse(args: impl Iterator<Item = OsString>) -> Result<CommandLine, EarlyExit> {
    let mut command_line = CommandLine::default();
    command_line.settings.log = true;
    let mut arguments = Arguments::new(args, OPTIONS);
    while let Some(argument) = arguments.read().map_err(EarlyExit::Usage)? {
        match argument {
            Argument::Option("--help", _) => return Err(EarlyExit::Text(help_with_samples(HELP))),
            Argument::Option("--version", _) => return Err(EarlyExit::Text(VERSION.to_owned())),
            Argument::Option("--list-samples", _) => {
                return Err(EarlyExit::Text(list_of_samples()));
            }
            Argument::Option(name, value) => command_line.set(name, value)?,
            Argument::OptionsEnd => {}
            Argument::Word(word) => {
                if word.is_empty() {
                    return Err(EarlyExit::Usage("BOOTSTRAP is empty".to_owned()));
                }
                let bootstrap = &mut command_line.settings.bootstrap;
                if let Some(earlier) = bootstrap.replace(PathBuf::from(&word)) {
                    let (earlier, word) = (earlier.display(), word.to_string_lossy());
                    let hint = match &*word {
                        "invoke" => "; use --event EVENT to invoke it once",
                        _ => "",
                    };
                    let text = format!("expected one BOOTSTRAP, found {earlier} and {word}{hint}");
                    return Err(EarlyExit::Usage(text));
                }
            }
        }
    }
    check_combination(&arguments, "--event")?;
    if command_line.settings.bootstrap.is_none() {
        return Err(EarlyExit::Usage("no BOOTSTRAP given".to_owned()));
    }
    let checked = command_line.settings.check();
    checked.map_err(EarlyExit::Usage)?;
    Ok(command_line)
}

/// Checks that the options may be used together. `event` is the name of the option for one invocation.
pub(crate) fn check_combination<I: Iterator<Item = OsString>>(
    arguments: &Arguments<I>,
    event: &str,
) -> Result<(), EarlyExit> {
    let for_callers = CALLER_OPTIONS.iter().find(|name| arguments.has(name));
    let text = match for_callers {
        Some(name) if arguments.has(event) => {
            format!("{name} is for callers and cannot be used with {event}")
        }
        _ if arguments.has("--build") && !arguments.has("--watch") => {
            "--build needs --watch".to_owned()
        }
        _ => return Ok(()),
    };
    Err(EarlyExit::Usage(text))
}

impl CommandLine {
    /// Sets an option. `value` is empty if it takes none.
    pub(crate) fn set(&mut self, name: &str, value: String) -> Result<(), EarlyExit> {
        let settings = &mut self.settings;
        match name {
            "--event" => self.events.push(value),
            "--port" => self.port = port(name, &value)?,
            "--host" => {
                if let Ok(address) = value.parse() {
                    if let Some(earlier) = self.host.replace(address) {
                        let text = format!("expected one address, found {earlier} too");
                        return Err(EarlyExit::value(name, &value, &text));
                    }
                } else {
                    let why = "expected an address or a host name";
                    let host = access::host_name(&value);
                    let host = host.ok_or_else(|| EarlyExit::value(name, &value, why))?;
                    settings.hosts.push(host);
                }
            }
            "--allow-origin" => {
                let why = "expected scheme://host[:port], null or *";
                let origin = access::origin(&value);
                let origin = origin.ok_or_else(|| EarlyExit::value(name, &value, why))?;
                settings.allowed_origins.push(origin);
            }
            "--timeout" => {
                settings.timeout = seconds(name, &value, &value)?;
                if settings.timeout.is_zero() {
                    let why = "expected more than 0 seconds";
                    return Err(EarlyExit::value(name, &value, why));
                }
            }
            "--memory" => settings.memory_mb = number(name, &value, 1..=u32::MAX)?,
            "--handler" => settings.handler = value,
            "--name" => settings.name = value,
            "--env" => {
                let pair = value.split_once('=').filter(|(key, _)| !key.is_empty());
                let wrong = || EarlyExit::value(name, &value, "expected NAME=VALUE");
                let (key, text) = pair.ok_or_else(wrong)?;
                if settings.env.iter().any(|(earlier, _)| earlier == key) {
                    let text = format!("the variable {key} is given twice");
                    return Err(EarlyExit::value(name, &value, &text));
                }
                settings.env.push((key.to_owned(), text.to_owned()));
            }
            "--parameter" | "--secret" | "--configuration" => {
                let added = settings.services.add_option(name, &value);
                added.map_err(EarlyExit::Usage)?;
            }
            "--xray" => settings.xray = true,
            "--environments" => {
                settings.environments = number(name, &value, 1..=CONCURRENCY_MAX)?.into();
            }
            "--retries" => {
                let (retries, delay) = value.split_once(':').unwrap_or((&value, "60"));
                settings.async_retries = number(name, retries, 0..=u32::MAX)?;
                settings.async_retry_delay = seconds(name, &value, delay)?;
            }
            "--concurrency" => {
                settings.concurrency = Some(number(name, &value, 1..=CONCURRENCY_MAX)?.into());
            }
            "--fault" => settings.faults.push(fault(name, &value)?),
            "--seed" => settings.seed = number(name, &value, 0..=u64::MAX)?,
            "--json-log" => settings.json_log_level = Some(level(name, &value)?),
            "--freeze" => settings.freeze = true,
            "--snap-start" => settings.snap_start = true,
            "--extensions" => settings.extensions = Some(value.into()),
            "--watch" => self.watch = Some(value.into()),
            "--build" => self.build = Some(value),
            "--task-root" => settings.task_root = Some(value.into()),
            "--api-host" => {
                let address = value.parse();
                let wrong = |_| EarlyExit::value(name, &value, "expected an IP address");
                settings.api_host = address.map_err(wrong)?;
            }
            "--runner" => settings.runner = Some(value.into()),
            _ => return Err(EarlyExit::Usage(format!("unknown option {name}"))),
        }
        Ok(())
    }

    /// Returns the address on which the emulator listens for callers.
    pub(crate) fn addr(&self) -> SocketAddr {
        SocketAddr::new(self.host.unwrap_or(Ipv4Addr::LOCALHOST.into()), self.port)
    }
}

/// Parses a port, which has the name `name` in errors.
pub(crate) fn port(name: &str, value: &str) -> Result<u16, EarlyExit> {
    number(name, value, 0..=u16::MAX)
}

/// Parses a fault, and the rate after a colon.
fn fault(name: &str, value: &str) -> Result<(InjectedFault, f64), EarlyExit> {
    let wrong = |why: &str| EarlyExit::value(name, value, why);
    let (fault, rate) = value.split_once(':').unwrap_or((value, "1"));
    let fault = fault.parse();
    let fault = fault.map_err(|error: ParseFaultError| wrong(&error.to_string()))?;
    let rate = rate.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    let rate = rate.ok_or_else(|| wrong("expected a rate from 0 to 1"))?;
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

/// Parses the value of an option, or a part of one, as a number in `range`.
fn number<T: FromStr + PartialOrd + Display>(
    name: &str,
    text: &str,
    range: RangeInclusive<T>,
) -> Result<T, EarlyExit> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    let (min, max) = (range.start(), range.end());
    let why = || format!("expected a number from {min} to {max}");
    number.ok_or_else(|| EarlyExit::value(name, text, &why()))
}

/// Parses a number of seconds that is part of an option's `value`.
fn seconds(name: &str, value: &str, text: &str) -> Result<Duration, EarlyExit> {
    let seconds: Option<f64> = text.parse().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let why = "expected a number of seconds from 0 to 18446744073709551615";
    duration.ok_or_else(|| EarlyExit::value(name, value, why))
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
    if let Some(folder) = command_line.watch.as_deref().filter(|path| !path.is_dir()) {
        let text = format!("--watch {}: no such folder", folder.display());
        return Err(EarlyExit::Failed(text));
    }
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
    let mut emulator = Emulator::start_as(settings.clone()).map_err(EarlyExit::failed)?;
    warn_of_reserved_variables(settings, emulator.addr());
    if let Some(watcher) = watcher {
        emulator.watch(watcher).map_err(EarlyExit::failed)?;
    }
    if events.is_empty() {
        let addr = emulator.listen(command_line.addr());
        let addr = addr.map_err(EarlyExit::failed)?;
        let bootstrap = settings.bootstrap.as_deref().unwrap_or(Path::new(""));
        print_line(&format!(
            "{}: open http://{addr}/ in a browser, or invoke it with\n{}\nCtrl-C ends it.",
            bootstrap.display(),
            commands(addr, command_line.is_web)
        ));
    }
    let emulator = signals.emulator.get_or_init(|| emulator);
    while events.is_empty() {
        thread::park();
    }
    let mut code = 0;
    for event in events {
        let response = emulator.invoke_to_its_end(event.into());
        signals.check();
        let response = response.map_err(EarlyExit::failed)?;
        print_response(&response.body)?;
        code |= u8::from(response.is_error());
        if response.error_type.as_deref() == Some("Sandbox.Timedout") {
            let seconds = settings.timeout.as_secs_f64();
            print_line(&format!(
                "emulator: the timeout is {seconds} seconds; --timeout SECONDS changes it"
            ));
        }
    }
    emulator.end();
    Ok(code)
}

/// Returns the commands that invoke the function. If `is_web`, an event that is not a web request would be an error.
pub(crate) fn commands(addr: SocketAddr, is_web: bool) -> String {
    let web = format!("  curl http://{addr}/");
    if is_web {
        return format!("{web}    # or any other path, as with its function URL");
    }
    let event = format!("  curl -d '{{}}' http://{addr}/2015-03-31/functions/function/invocations");
    format!("{event}\n{web}    # a web request, as its function URL gets it")
}

/// Writes a response to standard output, on a line.
pub(crate) fn print_response(body: &[u8]) -> Result<(), EarlyExit> {
    let failed = |error| {
        EarlyExit::Failed(format!(
            "cannot write the response to standard output: {error}"
        ))
    };
    print_text(&[body, b"\n"].concat()).map_err(failed)
}

fn print_text(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()
}

/// Warns of variables of the function that Lambda sets itself.
fn warn_of_reserved_variables(settings: &Settings, api_addr: SocketAddr) {
    for name in settings.overridden(api_addr) {
        let instead = Settings::instead_of(name);
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
        let args = [
            "b",
            "--xray",
            "--parameter",
            "p=a=b",
            "--parameter=q=",
            "--secret=s=@Cargo.toml",
        ];
        let settings = parsed(&args).unwrap().settings;
        let want =
            [("p", "a=b"), ("q", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(settings.services.parameters, want);
        assert!(settings.xray && !settings.services.secrets.is_empty());
        let listen = |args: &[&str]| parsed(args).unwrap().addr().to_string();
        assert_eq!(listen(&["b"]), "127.0.0.1:9000");
        assert_eq!(listen(&["--port", "0", "b", "--host=::1"]), "[::1]:0");
        let named = parsed(&["--host", "Box.", "--host=::1", "b", "--host", "a.b"]).unwrap();
        assert_eq!(named.settings.hosts, ["box", "a.b"]);
        assert_eq!(named.addr().to_string(), "[::1]:9000");
        let origins = ["b", "--allow-origin=http://A:80/", "--allow-origin", "*"];
        let allowed = parsed(&origins).unwrap().settings.allowed_origins;
        assert_eq!(allowed, ["http://a", "*"]);
        let dashed = parsed(&["--", "--b"]).unwrap();
        assert_eq!(dashed.settings.bootstrap.as_deref(), Some(Path::new("--b")));
    }

    #[test]
    fn seconds_and_names_out_of_range_are_refused() {
        for seconds in ["-1", "nan", "inf", "1e20", "x", "0x1", " 1"] {
            let want = "expected a number of seconds from 0 to 18446744073709551615";
            let want = EarlyExit::value("--timeout", seconds, want);
            assert_eq!(parsed(&["b", "--timeout", seconds]).unwrap_err(), want);
        }
        let want = "the function's name \"a\\nb\": expected 1 to 64 letters, digits, - and _";
        let error = parsed(&["b", "--name=a\nb"]).unwrap_err();
        assert_eq!(error, EarlyExit::Usage(want.to_owned()));
    }

    #[test]
    fn wrong_arguments_are_refused_with_the_reason() {
        for (args, want) in [
            (&[][..], "no BOOTSTRAP given"),
            (&[""], "BOOTSTRAP is empty"),
            (&["--no-such", "b"], "unknown option --no-such"),
            (&["-z"], "unknown option -z"),
            (&["-x"], "unknown option -x; did you mean --xray?"),
            (
                &["--prt", "9126", "b"],
                "unknown option --prt; did you mean --port?",
            ),
            (&["a", "b"], "expected one BOOTSTRAP, found a and b"),
            (&["b", "--port"], "--port needs a value"),
            (&["b", "--freeze=1"], "--freeze takes no value, found 1"),
            (&["b", "--freeze", "--freeze"], "--freeze is given twice"),
            (&["b", "--seed=1", "--seed=1"], "--seed is given twice"),
            (
                &["b", "--host=::1", "--host", "127.0.0.1"],
                "--host 127.0.0.1: expected one address, found ::1 too",
            ),
            (
                &["b", "--env=A=1", "--env=A=2"],
                "--env A=2: the variable A is given twice",
            ),
            (
                &["b", "--port", "70000"],
                "--port 70000: expected a number from 0 to 65535",
            ),
            (
                &["b", "--memory=0"],
                "--memory 0: expected a number from 1 to 4294967295",
            ),
            (
                &["b", "--timeout=a"],
                "--timeout a: expected a number of seconds from 0 to 18446744073709551615",
            ),
            (
                &["b", "--timeout", "0"],
                "--timeout 0: expected more than 0 seconds",
            ),
            (
                &["b", "--retries=:5"],
                "--retries : expected a number from 0 to 4294967295",
            ),
            (
                &["b", "--retries=2:x"],
                "--retries 2:x: expected a number of seconds from 0 to 18446744073709551615",
            ),
            (
                &["b", "--fault=slow:2"],
                "--fault slow:2: expected a rate from 0 to 1",
            ),
            (
                &["b", "--fault=slow:NaN"],
                "--fault slow:NaN: expected a rate from 0 to 1",
            ),
            (&["b", "--env", "A"], "--env A: expected NAME=VALUE"),
            (
                &["b", "--api-host=a"],
                "--api-host a: expected an IP address",
            ),
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
                "--environments 0: expected a number from 1 to 1000",
            ),
            (
                &["b", "--concurrency", "x"],
                "--concurrency x: expected a number from 1 to 1000",
            ),
            (&["b", "--build=a"], "--build needs --watch"),
            (
                &["b", "--event=1", "--port=1"],
                "--port is for callers and cannot be used with --event",
            ),
            (
                &["b", "--watch=.", "--event=1"],
                "--watch is for callers and cannot be used with --event",
            ),
        ] {
            assert_eq!(
                parsed(args).unwrap_err(),
                EarlyExit::Usage(want.to_owned()),
                "{args:?}"
            );
        }
    }

    #[test]
    fn wrong_values_of_local_services_are_refused_and_not_repeated() {
        for (args, want) in [
            (
                &["b", "--secret", "hunter2"][..],
                "--secret: expected NAME=VALUE or NAME=@FILE, found no =",
            ),
            (
                &["b", "--parameter==a"],
                "--parameter: expected NAME=VALUE, found an empty name",
            ),
            (
                &["b", "--configuration=a/e=1"],
                "--configuration a/e: expected APP/ENV/PROFILE=@FILE or APP/ENV/PROFILE=TEXT",
            ),
            (&["b", "--xray=1"], "--xray takes no value, found 1"),
        ] {
            let error = parsed(args).unwrap_err();
            assert_eq!(error, EarlyExit::Usage(want.to_owned()), "{args:?}");
        }
    }

    #[test]
    fn requested_texts_are_no_errors() {
        for (arg, start) in [
            ("--help", HELP),
            ("-h", HELP),
            ("--version", VERSION),
            ("-V", VERSION),
            ("--list-samples", "activemq\nalb\n"),
        ] {
            let exit = parsed(&[arg]).unwrap_err();
            assert!(
                matches!(exit, EarlyExit::Text(text) if text.starts_with(start)),
                "{arg}"
            );
        }
    }

    #[test]
    fn help_and_parser_know_the_options_of_the_table() {
        for OptionSpec { name, takes } in OPTIONS {
            assert!(HELP.contains(&format!(" {name}")), "{name}");
            if *takes == Nothing {
                continue;
            }
            let unknown = EarlyExit::Usage(format!("unknown option {name}"));
            assert_ne!(parsed(&["b", name, "1"]).err(), Some(unknown));
        }
    }
}
