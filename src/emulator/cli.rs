//! The command `emulator`: its options, and what it prints.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::emulator::environment::logs::{LEVELS, say};
use crate::emulator::environment::process::Group;
use crate::emulator::invoke_api::check_event;
use crate::emulator::server::access;
use crate::emulator::server::lock;
use crate::emulator::watch::Watch;
use crate::emulator::{Emulator, Settings, UnknownFault};
use crate::events::samples;
use crate::sys;

const HELP: &str = "\
Runs a Lambda function locally, as Lambda would.

Usage: emulator [OPTION...] BOOTSTRAP

BOOTSTRAP is the executable that Lambda would start: ours, or any other that speaks the Runtime
API. Without --event it waits for callers:
  POST /2015-03-31/functions/function/invocations    invokes it, as the AWS CLI does with
                                                     --endpoint-url http://127.0.0.1:9000
  any other request                                  is an event of its function URL
The head of a request has 10 seconds to come, its body 20 and one more for each 4 KB; then the answer
is 408. Where there are too many connections, those that are idle longest are closed.

Options:
  --event EVENT           invoke it with this event: JSON, @FILE, - for standard input, or the name
                          of a sample (sqs, s3, http_api, ...). The response goes to standard
                          output, logs and the REPORT line to standard error. May be repeated. The
                          exit code is 1 if any came to an error
  --port N                listen on this port (default 9000, which AWS's documentation publishes its
                          emulator's 8080 as; 0: any that is free)
  --host ADDRESS          listen on this address (default 127.0.0.1: reachable from here only)
  --host NAME             serve requests to this host name too, such as host.docker.internal. Others are
                          refused with 403, but for addresses and localhost. May be repeated
  --allow-origin ORIGIN   let web pages of this origin (such as http://localhost:5173, or * for any)
                          call the function; those of others are refused with 403. The Invoke API
                          answers their CORS preflight requests; for the function URL the function
                          does. May be repeated
  --timeout SECONDS       function timeout (default 3)
  --memory MB             memory setting, told to the function, not enforced (default 128)
  --handler TEXT          handler setting, in _HANDLER (default bootstrap)
  --name TEXT             function name (default function)
  --env NAME=VALUE        set a variable for the function. May be repeated
  --environments N        execution environments for concurrent callers (default 1)
  --retries N[:SECONDS]   repeat asynchronous invocations that failed so often, the first time after
                          so many seconds, the second time after twice as many (default 2:60)
  --concurrency N         invocations at once in one environment, as Managed Instances have
  --freeze                stop the function between invocations, as Lambda does
  --extensions DIR        start the executables in DIR as external extensions
  --snap-start            as a SnapStart function, which is restored after its init
  --fault NAME[:RATE]     let something go wrong with that share of the replies that the function
                          gets (default 1, which is all): cut-before, cut-within, cut-after, slow,
                          split, chunked, lower-case, empty-headers, no-headers, clock, 204, 200,
                          403, 410, 413, 500. May be repeated
  --seed N                same seed, same faults (default 1)
  --json-log LEVEL        log format JSON, from that level on (TRACE, DEBUG, INFO, WARN, ERROR, FATAL)
  --watch DIR             start the function again when a file changes that it is built of: what
                          cargo's dep-info and manifests name, or, without these, a file in DIR
                          that Git does not ignore. Callers wait
  --build COMMAND         with --watch: first run this in DIR (such as 'cargo build'), at the start
                          too. If it fails callers get its output
  --task-root DIR         where the function starts, and its LAMBDA_TASK_ROOT (default: the folder of
                          BOOTSTRAP)
  --api-host ADDRESS      where the Runtime API listens (default 127.0.0.1). Lambda's is 169.254.100.1:
                          any address of this machine will do
  --runner PROGRAM        run BOOTSTRAP with this program, such as qemu-aarch64
  --help, --version
";

/// What the command line asks for.
#[derive(Debug)]
struct Asked {
    settings: Settings,
    events: Vec<String>,
    host: IpAddr,
    port: u16,
    watch: Option<PathBuf>,
    build: Option<String>,
}

impl Default for Asked {
    fn default() -> Self {
        Asked {
            settings: Settings::default(),
            events: Vec::new(),
            host: Ipv4Addr::LOCALHOST.into(),
            port: 9000,
            watch: None,
            build: None,
        }
    }
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
    ExitCode::from(run_with(args.into_iter()))
}

/// The same; the exit code as a number.
pub(crate) fn run_with(args: impl Iterator<Item = OsString>) -> u8 {
    let result = parse(args).and_then(|asked| run(&asked));
    match result {
        Ok(code) => code,
        Err(Stop::Text(text)) => {
            let _ = io::stdout().write_all(text.as_bytes());
            0
        }
        Err(Stop::Usage(text)) => {
            say(&format!("emulator: {text}; see --help"));
            2
        }
        Err(Stop::Failed(text)) => {
            say(&format!("emulator: {text}"));
            1
        }
    }
}

/// The options that have a value.
const WITH_VALUE: [&str; 21] = [
    "--event",
    "--port",
    "--host",
    "--timeout",
    "--memory",
    "--handler",
    "--name",
    "--env",
    "--environments",
    "--retries",
    "--concurrency",
    "--fault",
    "--seed",
    "--json-log",
    "--extensions",
    "--runner",
    "--watch",
    "--build",
    "--task-root",
    "--api-host",
    "--allow-origin",
];

fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Asked, Stop> {
    let mut asked = Asked::default();
    asked.settings.log = true;
    let mut is_option = true;
    while let Some(arg) = args.next() {
        let text = arg.to_str().unwrap_or_default();
        if !is_option || !text.starts_with('-') {
            if let Some(earlier) = asked.settings.bootstrap.replace(PathBuf::from(&arg)) {
                let text = format!("{} and {text}: one BOOTSTRAP at a time", earlier.display());
                return Err(Stop::Usage(text));
            }
            continue;
        }
        let (name, inline) = match text.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (text, None),
        };
        match text {
            "--" => is_option = false,
            "--help" => return Err(Stop::Text(HELP.to_owned())),
            "--version" => {
                let version = concat!("emulator ", env!("CARGO_PKG_VERSION"), "\n");
                return Err(Stop::Text(version.to_owned()));
            }
            "--freeze" => asked.settings.freeze = true,
            "--snap-start" => asked.settings.snap_start = true,
            _ if WITH_VALUE.contains(&name) => {
                let given = inline.or_else(|| args.next());
                let given = given.ok_or_else(|| Stop::Usage(format!("{name} needs a value")))?;
                let no_text = |_| Stop::Usage(format!("{name}: the value is no text"));
                set(&mut asked, name, given.into_string().map_err(no_text)?)?;
            }
            _ => return Err(Stop::Usage(format!("unknown option {name}"))),
        }
    }
    if asked.build.is_some() && asked.watch.is_none() {
        return Err(Stop::Usage("--build goes with --watch".to_owned()));
    }
    if asked.watch.is_some() && !asked.events.is_empty() {
        return Err(Stop::Usage(
            "--watch goes with callers, not with --event".to_owned(),
        ));
    }
    if asked.settings.bootstrap.is_none() {
        return Err(Stop::Usage("no BOOTSTRAP given".to_owned()));
    }
    Ok(asked)
}

/// Sets an option that has a value.
fn set(asked: &mut Asked, name: &str, value: String) -> Result<(), Stop> {
    let wrong = |why: &str| Stop::Usage(format!("{name} {value}: {why}"));
    let settings = &mut asked.settings;
    match name {
        "--event" => asked.events.push(value),
        "--port" => asked.port = number(name, &value)?,
        "--host" => {
            if let Ok(address) = value.parse() {
                asked.host = address;
            } else {
                let name = access::host_name(&value);
                let name = name.ok_or_else(|| wrong("an address or a host name is wanted"))?;
                settings.hosts.push(name);
            }
        }
        "--allow-origin" => {
            let origin = access::origin(&value);
            let origin =
                origin.ok_or_else(|| wrong("scheme://host[:port], null or * is wanted"))?;
            settings.allowed_origins.push(origin);
        }
        "--timeout" => {
            let timeout = Duration::try_from_secs_f64(number(name, &value)?).ok();
            let timeout = timeout.filter(|timeout| !timeout.is_zero());
            settings.timeout = timeout.ok_or_else(|| wrong("that is out of range"))?;
        }
        "--memory" => settings.memory_mb = number(name, &value)?,
        "--handler" => settings.handler = value,
        "--name" => settings.name = value,
        "--env" => {
            let pair = value.split_once('=').filter(|(key, _)| !key.is_empty());
            let (key, text) = pair.ok_or_else(|| wrong("NAME=VALUE is wanted"))?;
            settings.env.push((key.to_owned(), text.to_owned()));
        }
        "--environments" => settings.environments = at_least_one(name, &value)?,
        "--retries" => {
            let (times, seconds) = value.split_once(':').unwrap_or((&value, "60"));
            settings.async_retries = number(name, times)?;
            let delay = Duration::try_from_secs_f64(number(name, seconds)?).ok();
            settings.async_retry_delay = delay.ok_or_else(|| wrong("that is out of range"))?;
        }
        "--concurrency" => settings.concurrency = Some(at_least_one(name, &value)?),
        "--fault" => {
            let (fault, rate) = value.split_once(':').unwrap_or((&value, "1"));
            let fault = fault
                .parse()
                .map_err(|error: UnknownFault| wrong(&error.to_string()))?;
            let rate: f64 = number(name, rate)?;
            if !(0.0..=1.0).contains(&rate) {
                return Err(wrong("rates are from 0 to 1"));
            }
            settings.faults.push((fault, rate));
        }
        "--seed" => settings.seed = number(name, &value)?,
        "--json-log" => {
            let level = value.to_ascii_uppercase();
            if !LEVELS.contains(&level.as_str()) {
                return Err(wrong("there is no such level"));
            }
            settings.json_log_level = Some(level);
        }
        "--extensions" => settings.extensions = Some(value.into()),
        "--watch" => asked.watch = Some(value.into()),
        "--build" => asked.build = Some(value),
        "--task-root" => settings.task_root = Some(value.into()),
        "--api-host" => settings.api_host = number(name, &value)?,
        _ => settings.runner = Some(value.into()),
    }
    Ok(())
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

/// The bytes of an event as a command line gives it: JSON, a file, `-` for standard input, or the
/// name of a sample event. An error is a sentence.
pub(crate) fn read_event(asked: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let sample = samples::ALL.iter().find(|(name, _)| *name == asked);
    let file = asked
        .strip_prefix('@')
        .or_else(|| Path::new(asked).is_file().then_some(asked));
    let (from, read) = match (asked, sample, file) {
        ("-", ..) => (
            "standard input",
            io::stdin().lock().read_to_end(&mut bytes).map(drop),
        ),
        (_, Some((_, event)), _) => {
            bytes = event.as_bytes().to_vec();
            ("the sample", Ok(()))
        }
        (_, _, Some(path)) => (path, fs::read(path).map(|content| bytes = content)),
        _ => {
            bytes = asked.as_bytes().to_vec();
            ("the event", Ok(()))
        }
    };
    read.map_err(|error| format!("{from}: {error}"))?;
    match check_event(&bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(format!("{from} is not JSON: {error}")),
    }
}

/// What a signal that ends the command has to end with it.
struct Running {
    /// That of the build.
    group: Arc<Group>,
    emulator: Mutex<Option<Arc<Emulator>>>,
    is_interrupted: AtomicBool,
}

impl Running {
    /// Waits for a signal, and ends the process with everything that it has started.
    fn end_on_signal(&self, mut signals: impl Read) {
        let mut signal = [0];
        let _ = signals.read_exact(&mut signal);
        self.is_interrupted.store(true, Ordering::SeqCst);
        // Processes are in groups of their own, which no terminal ends.
        self.group.end();
        let emulator = lock(&self.emulator).clone();
        if let Some(emulator) = emulator {
            emulator.end();
        }
        let [signal] = signal.map(i32::from);
        // What a shell says of a program that a signal ended.
        std::process::exit(signal.saturating_add(128));
    }
}

fn run(asked: &Asked) -> Result<u8, Stop> {
    let failed = |error: io::Error| Stop::Failed(error.to_string());
    let events = asked
        .events
        .iter()
        .map(|event| read_event(event).map_err(Stop::Failed));
    let events: Vec<Vec<u8>> = events.collect::<Result<_, _>>()?;
    sys::raise_descriptor_limit();
    let interrupts = sys::interrupts().map_err(failed)?;
    let group = Arc::new(Group::default());
    let running = Arc::new(Running {
        group: Arc::clone(&group),
        emulator: Mutex::new(None),
        is_interrupted: AtomicBool::new(false),
    });
    let shared = Arc::clone(&running);
    let watcher = thread::Builder::new()
        .spawn(move || shared.end_on_signal(interrupts))
        .map_err(failed)?;
    let watch = asked.watch.clone().map(|folder| {
        let program = asked.settings.bootstrap.clone();
        Watch::new(folder, asked.build.clone(), program, group)
    });
    if let Some(watch) = &watch {
        let built = watch.build();
        if running.is_interrupted.load(Ordering::SeqCst) {
            let _ = watcher.join();
            return Ok(1);
        }
        built.map_err(|_| Stop::Failed("the build failed".to_owned()))?;
    }
    let mut emulator = Emulator::with(asked.settings.clone()).map_err(failed)?;
    for name in asked.settings.overridden(emulator.addr()) {
        let instead = match name {
            "AWS_REGION"
            | "AWS_DEFAULT_REGION"
            | "AWS_ACCESS_KEY_ID"
            | "AWS_SECRET_ACCESS_KEY"
            | "AWS_SESSION_TOKEN" => "; set it in the emulator's own environment",
            _ => "",
        };
        say(&format!(
            "emulator: --env {name} has no effect, Lambda sets this variable itself{instead}"
        ));
    }
    if let Some(watch) = watch {
        emulator.watch(watch).map_err(failed)?;
    }
    if events.is_empty() {
        let addr = SocketAddr::new(asked.host, asked.port);
        let addr = emulator.listen(addr).map_err(failed)?;
        let name = asked
            .settings
            .bootstrap
            .as_deref()
            .unwrap_or(Path::new(""))
            .display();
        say(&format!(
            "{name}: invoke it with\n  \
             curl -d '{{}}' http://{addr}/2015-03-31/functions/function/invocations\n\
             Any other request is an event of its function URL, http://{addr}/\n\
             Ctrl-C ends it."
        ));
    }
    let emulator = Arc::new(emulator);
    *lock(&running.emulator) = Some(Arc::clone(&emulator));
    if events.is_empty() {
        let _ = watcher.join();
        return Ok(0);
    }
    let mut code = 0;
    for event in events {
        let result = emulator.invoke_to_its_end(&event);
        if running.is_interrupted.load(Ordering::SeqCst) {
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
            assert_eq!(asked.events, ["{}"]);
        }
        let listen = |args: &[&str]| {
            let asked = parsed(args).unwrap();
            SocketAddr::new(asked.host, asked.port).to_string()
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
            (
                &["b", "--timeout", "0"],
                "--timeout 0: that is out of range",
            ),
            (&["b", "--timeout=-1"], "--timeout -1: that is out of range"),
            (
                &["b", "--fault=slow:2"],
                "--fault slow:2: rates are from 0 to 1",
            ),
            (&["b", "--env", "A"], "--env A: NAME=VALUE is wanted"),
            (
                &["b", "--host", "box:80"],
                "--host box:80: an address or a host name is wanted",
            ),
            (
                &["b", "--allow-origin", "localhost:5173"],
                "--allow-origin localhost:5173: scheme://host[:port], null or * is wanted",
            ),
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
