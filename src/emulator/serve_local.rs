//! Serves a function by its own executable, which a debug build does without Lambda.

use std::env;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::emulator::cli::{self, CommandLine, exit_code, print_response, read_event};
use crate::emulator::environment::logs::print_line;
use crate::emulator::{Emulator, Settings, invoke_in_process};
use crate::runtime::Runtime;
use crate::runtime::handler::Handler;

/// The longest timeout that Lambda has, since the handler may be stopped in a debugger.
const TIMEOUT: Duration = Duration::from_secs(900);

const HELP: &str = include_str!("serve_local_help.txt");

/// Serves `handler` on a local port until Ctrl-C. [`run`](crate::run) and the other `run` functions call this in a debug
/// build if `AWS_LAMBDA_RUNTIME_API` is not set.
///
/// It listens on 127.0.0.1 or the address of `--host`, on port 9000 or the port of `--port` or the
/// variable `PORT`. It refuses requests that name a host other than an address, `localhost` or a name
/// given with `--host`, and requests of web pages of other origins unless `--allow-origin` names them.
///
/// With `--watch` it builds the function again when a file changes that it is built from (the files in
/// cargo's dep-info, manifests, and sources of its package), with `cargo build` or the command of
/// `--build`. Callers wait meanwhile, and get the compiler's output if that fails. The function then runs
/// in a process of its own, and code before this call runs in both processes.
///
/// With the arguments `invoke EVENT` it invokes the function once instead: with JSON, the content of a
/// file, `-` for standard input, or a sample event by its name (`sqs`, `s3`, ... of
/// [`samples`](crate::events::samples)). The response goes to standard output, and the exit code is 1 if
/// it is an error.
///
/// ```no_run
/// use tiny_lambda::{emulator, handler};
///
/// emulator::serve_local(&handler::json(|name: String, _| Ok(format!("Hello, {name}!"))));
/// ```
pub fn serve_local(handler: &dyn Handler) -> ! {
    let args: Vec<String> = env::args().skip(1).collect();
    let result = match args.as_slice() {
        [verb, event, ..] if verb == "invoke" => invoke_once(handler, event),
        [arg] if arg == "--help" => {
            let _ = io::stdout().write_all(HELP.as_bytes());
            Ok(0)
        }
        [verb] if verb == "invoke" => {
            Err("invoke needs an event: JSON, a file, - or the name of a sample".to_owned())
        }
        _ => match parse(args.into_iter(), env::var("PORT").ok()) {
            Ok(options) if options.watch.is_some() => watch(options),
            Ok(options) => serve(handler, options),
            Err(text) => Err(text),
        },
    };
    let code = result.unwrap_or_else(|text| {
        print_line(&text);
        1
    });
    std::process::exit(code)
}

/// Invokes the handler with one event. Returns the exit code.
fn invoke_once(handler: &dyn Handler, event: &str) -> Result<i32, String> {
    let event = read_event(event)?;
    let text = |error: io::Error| error.to_string();
    let settings = Settings {
        timeout: TIMEOUT,
        log: true,
        ..Settings::default()
    };
    let emulator = Emulator::start_with(settings).map_err(text)?;
    let response = invoke_in_process(emulator, handler, &event).map_err(text)?;
    print_response(&response.body).map_err(text)?;
    Ok(i32::from(response.is_error()))
}

fn serve(handler: &dyn Handler, options: CommandLine) -> Result<i32, String> {
    let text = |error: io::Error| error.to_string();
    let mut emulator = Emulator::start_with(options.settings).map_err(text)?;
    let addr = SocketAddr::new(options.host, options.port);
    let addr = emulator.serve_callers(addr, true).map_err(text)?;
    print_line(&format!(
        "AWS_LAMBDA_RUNTIME_API is not set: serving on http://{addr}/ (any request is an event of a \
         function URL).\n\
         Invoke it: curl -d '{{}}' http://{addr}/2015-03-31/functions/function/invocations"
    ));
    match Runtime::at(&emulator.addr().to_string()).serve(handler) {
        Ok(()) => Err("the local Lambda has ended".to_owned()),
        Err(error) => Err(error.error_message().to_owned()),
    }
}

/// Serves this executable as `emulator --watch` does: as a process that is replaced when a file changes
/// that it is built from.
fn watch(mut options: CommandLine) -> Result<i32, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let folder = env::current_dir().map_err(|error| error.to_string())?;
    options.build = options.build.or_else(|| Some(build_command(&program)));
    options.settings.bootstrap = Some(program);
    options.settings.task_root = Some(folder);
    options.settings.env = env::vars().collect();
    options.settings.log = true;
    Ok(exit_code(cli::run(&options)).into())
}

/// Returns the command with which cargo builds `program`, whose path contains the profile and the kind.
fn build_command(program: &Path) -> String {
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    let folders: Vec<_> = program.iter().rev().skip(1).take(2).collect();
    let (kind, profile) = match folders.as_slice() {
        [kind, profile] if *kind == "examples" => ("example", *profile),
        [profile, ..] => ("bin", *profile),
        [] => ("bin", OsStr::new("debug")),
    };
    // The profile `dev` writes to the folder `debug`.
    let profile = match profile.to_string_lossy() {
        profile if profile == "debug" => "dev".into(),
        profile => profile,
    };
    format!("cargo build --quiet --profile {profile} --{kind} {name}")
}

/// Parses the arguments of a function that serves itself. Unknown ones belong to the function.
/// `port_variable` is the variable `PORT`.
fn parse(
    mut args: impl Iterator<Item = String>,
    port_variable: Option<String>,
) -> Result<CommandLine, String> {
    let mut options = CommandLine::default();
    options.settings.timeout = TIMEOUT;
    let mut port = port_variable.map(|value| ("PORT", value));
    while let Some(arg) = args.next() {
        let inline = arg.split_once('=');
        let name = inline.map_or(arg.as_str(), |(name, _)| name);
        let mut value = |kind| {
            let inline = inline.map(|(_, value)| value.to_owned());
            let value = inline.or_else(|| args.next());
            value.ok_or_else(|| format!("{name} needs {kind}"))
        };
        match name {
            "--port" => port = Some(("--port", value("a number")?)),
            "--host" => {
                let value = value("an address or a host name")?;
                match value.parse() {
                    Ok(address) => options.host = address,
                    Err(_) => options.settings.hosts.push(value),
                }
            }
            "--allow-origin" => options.settings.allowed_origins.push(value("an origin")?),
            "--build" => options.build = Some(value("a command")?),
            "--watch" => {
                let package = env::var_os("CARGO_MANIFEST_DIR")
                    .ok_or("--watch needs `cargo run`, which sets CARGO_MANIFEST_DIR")?;
                options.watch = Some(package.into());
            }
            _ => {}
        }
    }
    if let Some((name, value)) = port {
        let port = value.parse();
        options.port = port.map_err(|_| format!("{name} {value}: expected a port number"))?;
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_comes_from_an_argument_or_a_variable() {
        let check = |args: &[&str], variable: Option<&str>, want: Result<u16, &str>| {
            let args = args.iter().map(|&arg| arg.to_owned());
            let got = parse(args, variable.map(str::to_owned)).map(|options| options.port);
            assert_eq!(got.as_ref().map(|&port| port).map_err(String::as_str), want);
        };
        check(&[], None, Ok(9000));
        check(&[], Some("8080"), Ok(8080));
        check(&["--port", "1"], Some("8080"), Ok(1));
        check(&["x", "--port=2"], None, Ok(2));
        check(&["--watch", "--build", "make --port=3"], None, Ok(9000));
        check(&["--port"], None, Err("--port needs a number"));
        check(&["--build"], None, Err("--build needs a command"));
        check(
            &["--port", "x"],
            None,
            Err("--port x: expected a port number"),
        );
        check(
            &[],
            Some("70000"),
            Err("PORT 70000: expected a port number"),
        );
    }

    #[test]
    fn hosts_and_origins_come_from_arguments() {
        let args = [
            "--host",
            "a.b",
            "x",
            "--host=0.0.0.0",
            "--allow-origin",
            "http://a",
            "--allow-origin=*",
        ];
        let options = parse(args.iter().map(|&arg| arg.to_owned()), None).unwrap();
        assert_eq!(options.host.to_string(), "0.0.0.0");
        assert_eq!(options.settings.hosts, ["a.b"]);
        assert_eq!(options.settings.allowed_origins, ["http://a", "*"]);
    }

    #[test]
    fn a_watched_function_is_built_as_before() {
        let check = |program: &str, want: &str| {
            let want = format!("cargo build --quiet --profile {want}");
            assert_eq!(build_command(Path::new(program)), want);
        };
        check("/p/target/debug/hello", "dev --bin hello");
        check("/p/target/debug/examples/hello", "dev --example hello");
        check("/t/quick/hello", "quick --bin hello");
    }
}
