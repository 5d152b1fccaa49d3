//! A function that serves itself: what a debug build does where there is no Lambda.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::emulator::cli::{read_event, run_with};
use crate::emulator::environment::logs::say;
use crate::emulator::{Emulator, Settings};
use crate::handler::Handler;
use crate::runtime::Runtime;

/// The longest that Lambda has: the handler may be looked at with a debugger.
const TIMEOUT: Duration = Duration::from_secs(900);

const HELP: &str = "\
A function that serves itself, since there is no Lambda around (AWS_LAMBDA_RUNTIME_API is not set).

  --port N          listen on 127.0.0.1, on this port (default: what PORT says, or 9000)
  --host ADDRESS    listen on this address instead
  --host NAME       serve requests to this host name too, besides addresses and localhost
  --allow-origin ORIGIN
                    let web pages of this origin call the function (* for any)
  --watch           build it again when a file changes that it is built of; callers wait meanwhile
  --build COMMAND   with --watch: how it is built (default: as cargo has built it)
  invoke EVENT      instead: invoke it once, with JSON, a file, - for standard input, or the name of
                    a sample (sqs, s3, http_api, ...)
";

/// Serves `handler` on a local port until Ctrl-C: what [`run`](crate::run) and its like do in a
/// debug build where `AWS_LAMBDA_RUNTIME_API` is not set.
///
/// It listens on 127.0.0.1, or the address that `--host` says, and the port is 9000, or what `--port` or
/// the variable `PORT` says. Requests that name a host other than an address, `localhost` or a name
/// given with `--host`, and those of web pages of other origins, are refused unless `--allow-origin`
/// names the origin.
///
/// With `--watch` the function is built again when a file changes that it is built of (those that
/// cargo's dep-info names, manifests, and sources of its package), by `cargo build` or what `--build`
/// says; callers wait meanwhile, and get what the compiler says if that fails. It runs in a process
/// of its own then, and what stands in front of this call runs in both. With the arguments `invoke
/// EVENT`, it is invoked once instead: with JSON, a file's content, `-` for standard input, or a
/// sample event by its name (`sqs`, `s3`, ... of [`samples`](crate::events::samples)). The response
/// goes to standard output, and the exit code is 1 if it is an error.
pub fn serve_here(handler: &dyn Handler) -> ! {
    let args: Vec<String> = env::args().skip(1).collect();
    let result = match args.as_slice() {
        [verb, event, ..] if verb == "invoke" => invoke_once(handler, event),
        [arg] if arg == "--help" => {
            let _ = io::stdout().write_all(HELP.as_bytes());
            Ok(0)
        }
        [verb] if verb == "invoke" => Err("invoke what? JSON, a file, - or a sample".to_owned()),
        _ => match Asked::parse(args.into_iter(), env::var("PORT").ok()) {
            Ok(asked) if asked.watch => watch(&asked),
            Ok(asked) => serve(handler, &asked),
            Err(text) => Err(text),
        },
    };
    match result {
        Ok(code) => std::process::exit(code),
        Err(text) => {
            say(&text);
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

fn serve(handler: &dyn Handler, asked: &Asked) -> Result<i32, String> {
    let settings = Settings {
        hosts: asked.hosts.clone(),
        allowed_origins: asked.origins.clone(),
        ..settings()
    };
    let mut emulator = Emulator::with(settings).map_err(|error| error.to_string())?;
    let addr = emulator
        .serve_callers(SocketAddr::new(asked.host, asked.port), true)
        .map_err(|error| error.to_string())?;
    say(&format!(
        "No Lambda around: serving on http://{addr}/ (any request is an event of a function URL).\n\
         Invoke it: curl -d '{{}}' http://{addr}/2015-03-31/functions/function/invocations"
    ));
    match Runtime::at(&emulator.addr().to_string()).serve(handler) {
        Ok(()) => Err("the local Lambda has ended".to_owned()),
        Err(error) => Err(error.error_message().to_owned()),
    }
}

/// Serves this executable as the command `emulator` does with `--watch`: as a process that is
/// replaced when a file changes that it is built of.
fn watch(asked: &Asked) -> Result<i32, String> {
    let Some(folder) = env::var_os("CARGO_MANIFEST_DIR") else {
        return Err("--watch goes with `cargo run`, which says where the sources are".to_owned());
    };
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let build = match &asked.build {
        Some(build) => build.clone(),
        None => build_command(&program),
    };
    let here = env::current_dir().map_err(|error| error.to_string())?;
    let mut args: Vec<OsString> = vec![
        "--host".into(),
        asked.host.to_string().into(),
        "--port".into(),
        asked.port.to_string().into(),
        "--timeout".into(),
        TIMEOUT.as_secs().to_string().into(),
        "--watch".into(),
        folder,
        "--build".into(),
        build.into(),
        "--task-root".into(),
        here.into(),
    ];
    let hosts = asked.hosts.iter().map(|host| ("--host", host));
    let origins = asked
        .origins
        .iter()
        .map(|origin| ("--allow-origin", origin));
    for (name, value) in hosts.chain(origins) {
        args.push(name.into());
        args.push(value.into());
    }
    for (name, value) in env::vars() {
        args.push("--env".into());
        args.push(format!("{name}={value}").into());
    }
    args.push("--".into());
    args.push(program.into());
    Ok(run_with(args.into_iter()).into())
}

/// How cargo builds `program` again, by where it has put it.
fn build_command(program: &Path) -> String {
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    let folders: Vec<_> = program.iter().rev().skip(1).take(2).collect();
    let (kind, profile) = match folders.as_slice() {
        [kind, profile] if *kind == "examples" => ("example", *profile),
        [profile, ..] => ("bin", *profile),
        [] => ("bin", OsStr::new("debug")),
    };
    // The profile `dev` has a folder of another name.
    let profile = match profile.to_string_lossy() {
        profile if profile == "debug" => "dev".into(),
        profile => profile,
    };
    format!("cargo build --quiet --profile {profile} --{kind} {name}")
}

/// What the arguments and the environment ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    host: IpAddr,
    port: u16,
    /// Names of hosts besides this machine's own.
    hosts: Vec<String>,
    /// Origins whose pages are served.
    origins: Vec<String>,
    watch: bool,
    build: Option<String>,
}

impl Asked {
    /// Arguments that are none of ours are the function's own.
    fn parse(
        mut args: impl Iterator<Item = String>,
        variable: Option<String>,
    ) -> Result<Asked, String> {
        let mut port = variable.map(|value| ("PORT", value));
        let (mut watch, mut build) = (false, None);
        let mut host = IpAddr::from(Ipv4Addr::LOCALHOST);
        let (mut hosts, mut origins) = (Vec::new(), Vec::new());
        while let Some(arg) = args.next() {
            let (name, inline) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (arg.as_str(), None),
            };
            let mut value = |what| {
                let given = inline.clone().or_else(|| args.next());
                given.ok_or_else(|| format!("{name} needs {what}"))
            };
            match name {
                "--port" => port = Some(("--port", value("a number")?)),
                "--host" => {
                    let value = value("an address or a host name")?;
                    match value.parse() {
                        Ok(address) => host = address,
                        Err(_) => hosts.push(value),
                    }
                }
                "--allow-origin" => origins.push(value("an origin")?),
                "--build" => build = Some(value("a command")?),
                "--watch" => watch = true,
                _ => {}
            }
        }
        let port = match port {
            None => 9000,
            Some((name, value)) => value
                .parse()
                .map_err(|_| format!("{name} {value}: that is no port"))?,
        };
        Ok(Asked {
            host,
            port,
            hosts,
            origins,
            watch,
            build,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_asked_for_by_argument_or_variable() {
        let check = |args: &[&str], variable: Option<&str>, want: Result<u16, &str>| {
            let args = args.iter().map(|&arg| arg.to_owned());
            let got = Asked::parse(args, variable.map(str::to_owned)).map(|asked| asked.port);
            assert_eq!(got.as_ref().map(|&port| port).map_err(String::as_str), want);
        };
        check(&[], None, Ok(9000));
        check(&[], Some("8080"), Ok(8080));
        check(&["--port", "1"], Some("8080"), Ok(1));
        check(&["x", "--port=2"], None, Ok(2));
        check(&["--watch", "--build", "make --port=3"], None, Ok(9000));
        check(&["--port"], None, Err("--port needs a number"));
        check(&["--build"], None, Err("--build needs a command"));
        check(&["--port", "x"], None, Err("--port x: that is no port"));
        check(&[], Some("70000"), Err("PORT 70000: that is no port"));
    }

    #[test]
    fn hosts_and_origins_are_named_by_argument() {
        let args = [
            "--host",
            "a.b",
            "x",
            "--host=0.0.0.0",
            "--allow-origin",
            "http://a",
            "--allow-origin=*",
        ];
        let asked = Asked::parse(args.iter().map(|&arg| arg.to_owned()), None).unwrap();
        assert_eq!(asked.host.to_string(), "0.0.0.0");
        assert_eq!(asked.hosts, ["a.b"]);
        assert_eq!(asked.origins, ["http://a", "*"]);
    }

    #[test]
    fn what_is_watched_is_built_as_it_was() {
        let check = |program: &str, want: &str| {
            let want = format!("cargo build --quiet --profile {want}");
            assert_eq!(build_command(Path::new(program)), want);
        };
        check("/p/target/debug/hello", "dev --bin hello");
        check("/p/target/debug/examples/hello", "dev --example hello");
        check("/t/quick/hello", "quick --bin hello");
    }
}
