//! Serves a function by its own executable, which a debug build does without Lambda.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use crate::emulator::arguments::Takes::{Nothing, Value, Values};
use crate::emulator::arguments::{Argument, Arguments, OptionSpec, did_you_mean};
use crate::emulator::cli::{
    self, CommandLine, EarlyExit, check_combination, exit_code, option, print_response,
};
use crate::emulator::environment::logs::print_line;
use crate::emulator::event_argument::{help_with_samples, list_of_samples, read_event};
use crate::emulator::{Emulator, Settings, invoke_in_process};
use crate::runtime::Runtime;
use crate::runtime::handler::Handler;

/// The longest timeout that Lambda has, since the handler may be stopped in a debugger.
const TIMEOUT: Duration = Duration::from_secs(900);

const HELP: &str = include_str!("serve_local_help.txt");

/// Printed after the message about wrong arguments.
const USAGE: &str =
    "Usage: cargo run -- [OPTION...] | invoke EVENT   (cargo run -- --help lists the options)";

const OPTIONS: &[OptionSpec] = &[
    option("--port", Value),
    option("--host", Values),
    option("--allow-origin", Values),
    option("--watch", Nothing),
    option("--build", Value),
    option("--parameter", Values),
    option("--secret", Values),
    option("--configuration", Values),
    option("--xray", Nothing),
    option("invoke", Value),
    option("--list-samples", Nothing),
    option("--help", Nothing),
];

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
/// The options `--parameter`, `--secret` and `--configuration` set what the local services of AWS hold, and `--xray`
/// shows subsegments; `--help` describes them.
///
/// These are all arguments of the process. Others are refused: the usage is printed, and the exit code is 2.
/// A function with arguments of its own expects them after `--`, and reads them from [`std::env::args`].
///
/// ```no_run
/// use tiny_lambda::{emulator, handler};
///
/// emulator::serve_local(&handler::json(|name: String, _| Ok(format!("Hello, {name}!"))));
/// ```
pub fn serve_local(handler: &dyn Handler) -> ! {
    let result = parse(env::args_os().skip(1), env::var("PORT").ok());
    let result = result.and_then(|mut options| {
        options.is_web = is_web(handler);
        match options.events.as_slice() {
            [event, ..] => invoke_once(handler, event, options.settings.clone()),
            [] if options.watch.is_some() => watch(options),
            [] => serve(handler, options),
        }
    });
    exit(result)
}

#[cfg(debug_assertions)]
fn is_web(handler: &dyn Handler) -> bool {
    use crate::{http::Request, json::FromJson};
    handler.event_kind() == Request::kind()
}

#[cfg(not(debug_assertions))]
fn is_web(_: &dyn Handler) -> bool {
    false
}

/// Prints the help or the samples and exits, if the arguments of this process request that. The code of the Init
/// phase, which may need a network, calls this first. A test that runs such code has other arguments.
pub(crate) fn print_requested_text() {
    let options = parse(env::args_os().skip(1), None);
    if let Err(text @ EarlyExit::Text(_)) = options {
        exit(Err(text));
    }
}

fn exit(result: Result<u8, EarlyExit>) -> ! {
    let program = env::current_exe().unwrap_or_default();
    let program = program.file_stem().unwrap_or(OsStr::new("function"));
    std::process::exit(exit_code(result, &program.to_string_lossy(), USAGE).into())
}

/// Invokes the handler with one event. Returns the exit code.
fn invoke_once(
    handler: &dyn Handler,
    event: &str,
    mut settings: Settings,
) -> Result<u8, EarlyExit> {
    let event = read_event(event).map_err(EarlyExit::Failed)?;
    settings.log = true;
    let emulator = Emulator::start_as(settings).map_err(EarlyExit::failed)?;
    let response = invoke_in_process(emulator, handler, event.into()).map_err(EarlyExit::failed)?;
    print_response(&response.body)?;
    Ok(response.is_error().into())
}

fn serve(handler: &dyn Handler, mut options: CommandLine) -> Result<u8, EarlyExit> {
    let addr = options.addr();
    // The runtime in this process writes its log to standard error by itself.
    options.settings.prints_notes = true;
    let mut emulator = Emulator::start_as(options.settings).map_err(EarlyExit::failed)?;
    let addr = emulator.serve_callers(addr, true);
    let addr = addr.map_err(EarlyExit::failed)?;
    print_line(&format!(
        "Not in Lambda (AWS_LAMBDA_RUNTIME_API is not set): serving http://{addr}/ until Ctrl-C.\n\
         Open that address in a browser, or invoke the function with\n{}",
        cli::commands(addr, options.is_web)
    ));
    match Runtime::at(&emulator.addr().to_string()).serve(handler) {
        Ok(()) => Err(EarlyExit::failed("the local Lambda has ended")),
        Err(error) => Err(EarlyExit::failed(error.error_message())),
    }
}

/// Serves this executable as `emulator --watch` does: as a process that is replaced when a file changes
/// that it is built from.
fn watch(mut options: CommandLine) -> Result<u8, EarlyExit> {
    let program = env::current_exe().map_err(EarlyExit::failed)?;
    let folder = env::current_dir().map_err(EarlyExit::failed)?;
    options.build = options.build.or_else(|| Some(build_command(&program)));
    options.settings.bootstrap = Some(program);
    options.settings.task_root = Some(folder);
    // `env::vars` panics at a variable that is not UTF-8.
    let utf_8 = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    options.settings.env = env::vars_os().filter_map(utf_8).collect();
    options.settings.log = true;
    cli::run(&options)
}

/// Returns the command with which cargo builds `program`, whose path is TARGET_DIR/[TRIPLE/]PROFILE/[examples/]NAME.
/// The path does not contain the features.
fn build_command(program: &Path) -> String {
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    let mut folder = program.parent().unwrap_or(program);
    let mut kind = "bin";
    if folder.ends_with("examples") {
        kind = "example";
        folder = folder.parent().unwrap_or(folder);
    }
    let profile = match folder.file_name().unwrap_or(OsStr::new("debug")) {
        // The profile `dev` writes to the folder `debug`.
        profile if profile == "debug" => "dev".into(),
        profile => profile.to_string_lossy(),
    };
    let mut command = format!("cargo build --quiet --profile {profile} --{kind} {name}");
    let mut target_dir = folder.parent();
    if let Some(triple) = target_dir.and_then(Path::file_name).and_then(as_triple) {
        command = format!("{command} --target {triple}");
        target_dir = target_dir.and_then(Path::parent);
    }
    if let Some(target_dir) = target_dir.and_then(Path::to_str) {
        command = format!("{command} --target-dir {}", quoted(target_dir));
    }
    command
}

/// Returns `folder` if it is named as a target of this architecture, such as `x86_64-unknown-linux-musl`.
fn as_triple(folder: &OsStr) -> Option<&str> {
    let name = folder.to_str()?;
    let (arch, rest) = name.split_once('-')?;
    let arch = if arch == "i686" { "x86" } else { arch };
    (arch.starts_with(env::consts::ARCH) && rest.contains('-')).then_some(name)
}

/// Returns `text` as one word for the system's shell.
fn quoted(text: &str) -> String {
    if cfg!(windows) {
        // A path there has no quotes.
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Parses the arguments of a function that serves itself. `port_variable` is the variable `PORT`.
fn parse(
    args: impl Iterator<Item = OsString>,
    port_variable: Option<String>,
) -> Result<CommandLine, EarlyExit> {
    let usage = |text: &str| EarlyExit::Usage(text.to_owned());
    let mut options = CommandLine::default();
    options.settings.timeout = TIMEOUT;
    let mut arguments = Arguments::new(args, OPTIONS);
    // The command `emulator` has `--event` in place of `invoke`.
    let wrong = |text: String| match text.as_str() {
        "unknown option --event" => EarlyExit::Usage(format!("{text}; use invoke EVENT")),
        _ => EarlyExit::Usage(text),
    };
    while let Some(argument) = arguments.read().map_err(wrong)? {
        match argument {
            Argument::Option("--help", _) => return Err(EarlyExit::Text(help_with_samples(HELP))),
            Argument::Option("--list-samples", _) => {
                return Err(EarlyExit::Text(list_of_samples()));
            }
            Argument::Option("--watch", _) => {
                let package = env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| {
                    usage("--watch needs `cargo run`, which sets CARGO_MANIFEST_DIR")
                })?;
                options.watch = Some(package.into());
            }
            Argument::Option("invoke", event) => options.events.push(event),
            Argument::Option(name, value) => options.set(name, value)?,
            Argument::OptionsEnd if arguments.has("--watch") => {
                return Err(usage(
                    "--watch starts the function without arguments of its own",
                ));
            }
            Argument::OptionsEnd => break,
            Argument::Word(word) => {
                let word = word.to_string_lossy();
                let hint = if arguments.has("invoke") {
                    "; invoke takes one EVENT: quote it if it has spaces".to_owned()
                } else if read_event(&word).is_ok() {
                    "; invoke EVENT invokes the function with an event".to_owned()
                } else {
                    did_you_mean(&word, OPTIONS.iter().map(|option| option.name))
                };
                let text = format!("unexpected argument {word}{hint}");
                return Err(EarlyExit::Usage(text));
            }
        }
    }
    check_combination(&arguments, "invoke")?;
    let variable = port_variable.filter(|value| !value.is_empty() && !arguments.has("--port"));
    if let Some(value) = variable {
        options.port = cli::port("the variable PORT", &value)?;
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str], port_variable: Option<&str>) -> Result<CommandLine, EarlyExit> {
        let args = args.iter().map(OsString::from);
        parse(args, port_variable.map(str::to_owned))
    }

    #[test]
    fn the_port_comes_from_an_argument_or_a_variable() {
        #[track_caller]
        fn check(args: &[&str], variable: Option<&str>, want: Result<u16, &str>) {
            let got = parsed(args, variable).map(|options| options.port);
            let want = want.map_err(|text| EarlyExit::Usage(text.to_owned()));
            assert_eq!(got, want, "{args:?}");
        }
        check(&[], None, Ok(9000));
        check(&[], Some("8080"), Ok(8080));
        check(&[], Some(""), Ok(9000));
        check(&["--port", "1"], Some("8080"), Ok(1));
        check(&["--port", "1"], Some("x"), Ok(1));
        check(&["--port=2"], None, Ok(2));
        check(&["--watch", "--build", "make --port=3"], None, Ok(9000));
        check(&["--", "--port=2", "x"], None, Ok(9000));
        check(&["--port"], None, Err("--port needs a value"));
        check(
            &["--port", "x"],
            None,
            Err("--port x: expected a number from 0 to 65535"),
        );
        check(
            &[],
            Some("70000"),
            Err("the variable PORT 70000: expected a number from 0 to 65535"),
        );
    }

    #[test]
    fn unknown_arguments_are_refused() {
        #[track_caller]
        fn check(args: &[&str], want: &str) {
            let error = parsed(args, None).unwrap_err();
            assert_eq!(error, EarlyExit::Usage(want.to_owned()), "{args:?}");
        }
        check(
            &["--prt", "9126"],
            "unknown option --prt; did you mean --port?",
        );
        check(&["foo"], "unexpected argument foo");
        check(
            &["port", "1"],
            "unexpected argument port; did you mean --port?",
        );
        for event in ["sqs", "{}", "@src/events/samples/sqs.json"] {
            let hint = "invoke EVENT invokes the function with an event";
            check(&[event], &format!("unexpected argument {event}; {hint}"));
        }
        check(&["--event=1"], "unknown option --event; use invoke EVENT");
        check(&[""], "unexpected argument ");
        check(
            &["--port", "1", "inovke", "sqs"],
            "unexpected argument inovke; did you mean invoke?",
        );
        check(
            &["invoke", "{name:", "Ada}"],
            "unexpected argument Ada}; invoke takes one EVENT: quote it if it has spaces",
        );
        check(&["invoke"], "invoke needs a value");
        check(&["invoke", "a", "invoke", "b"], "invoke is given twice");
        check(&["--watch=src"], "--watch takes no value, found src");
        check(&["--build", "make"], "--build needs --watch");
        for args in [
            &["--port=1", "invoke", "1"][..],
            &["invoke", "1", "--port=1"],
        ] {
            check(args, "--port is for callers and cannot be used with invoke");
        }
        check(
            &["invoke", "1", "--watch"],
            "--watch is for callers and cannot be used with invoke",
        );
        check(
            &["--watch", "--", "own"],
            "--watch starts the function without arguments of its own",
        );
        check(
            &["--host=a:b:c"],
            "--host a:b:c: expected an address or a host name",
        );
        check(
            &["--allow-origin=a"],
            "--allow-origin a: expected scheme://host[:port], null or *",
        );
    }

    #[test]
    fn hosts_and_origins_come_from_arguments() {
        let args = [
            "--host",
            "a.b",
            "--host=0.0.0.0",
            "--allow-origin",
            "http://a",
            "--allow-origin=*",
        ];
        let options = parsed(&args, None).unwrap();
        assert_eq!(options.addr().to_string(), "0.0.0.0:9000");
        assert_eq!(options.settings.hosts, ["a.b"]);
        assert_eq!(options.settings.allowed_origins, ["http://a", "*"]);
    }

    #[test]
    fn local_services_have_options() {
        let args = [
            "--parameter",
            "p=1",
            "--xray",
            "invoke",
            "{}",
            "--secret=s=x",
        ];
        let settings = parsed(&args, None).unwrap().settings;
        assert_eq!(settings.services.secrets, [("s".to_owned(), b"x".to_vec())]);
        assert!(settings.xray && settings.services.parameters.len() == 1);
        let error = parsed(&["--secret=hunter2"], None).unwrap_err();
        let want = "--secret: expected NAME=VALUE or NAME=@FILE, found no =";
        assert_eq!(error, EarlyExit::Usage(want.to_owned()));
    }

    #[test]
    fn help_and_parser_know_the_options_of_the_table() {
        for OptionSpec { name, takes } in OPTIONS {
            assert!(HELP.contains(&format!(" {name}")), "{name}");
            let exit = match takes {
                Nothing => parsed(&[name], None).err(),
                Value | Values => parsed(&[name, "1"], None).err(),
            };
            let unknown = EarlyExit::Usage(format!("unknown option {name}"));
            assert_ne!(exit, Some(unknown));
        }
    }

    #[test]
    fn the_printed_command_fits_the_handler() {
        use crate::handler;
        use crate::http::{Request, Router};
        let is_web = super::is_web;
        assert!(is_web(&Router::new()));
        assert!(is_web(&handler::http(|_, _| Ok(""))));
        assert!(is_web(&handler::json(|_: Request, _| Ok(()))));
        assert!(is_web(&handler::streaming(|_: Request, _, _| Ok(()))));
        assert!(!is_web(&handler::streaming(|_: u32, _, _| Ok(()))));
        assert!(!is_web(&handler::json(
            |_: crate::events::sqs::SqsEvent, _| Ok(())
        )));
        assert!(!is_web(&handler::bytes(|_, _| Ok(Vec::new()))));
        let addr = "127.0.0.1:9000".parse().unwrap();
        let web = "  curl http://127.0.0.1:9000/    # ";
        let event =
            "  curl -d '{}' http://127.0.0.1:9000/2015-03-31/functions/function/invocations\n";
        assert!(cli::commands(addr, true).starts_with(web));
        assert!(cli::commands(addr, false).starts_with(&format!("{event}{web}")));
    }

    #[test]
    #[cfg_attr(windows, ignore = "paths and quotes of POSIX systems")]
    fn a_watched_function_is_built_as_before() {
        let check = |program: &str, want: &str| {
            let want = format!("cargo build --quiet --profile {want}");
            assert_eq!(build_command(Path::new(program)), want, "{program}");
        };
        check(
            "/p/target/debug/hello",
            "dev --bin hello --target-dir '/p/target'",
        );
        check(
            "/p/target/debug/examples/hello",
            "dev --example hello --target-dir '/p/target'",
        );
        check("/t/quick/hello", "quick --bin hello --target-dir '/t'");
        check(
            "/Ada's files/debug/hello",
            r"dev --bin hello --target-dir '/Ada'\''s files'",
        );
        let arch = match env::consts::ARCH {
            "x86" => "i686",
            arch => arch,
        };
        let triple = format!("{arch}-unknown-linux-musl");
        check(
            &format!("/t/{triple}/debug/hello"),
            &format!("dev --bin hello --target {triple} --target-dir '/t'"),
        );
        check(
            &format!("/t/{triple}/release/examples/hello"),
            &format!("release --example hello --target {triple} --target-dir '/t'"),
        );
        // A folder of the user may have a similar name.
        let other = format!("{arch}-builds");
        check(
            &format!("/{other}/debug/hello"),
            &format!("dev --bin hello --target-dir '/{other}'"),
        );
        check("hello", "dev --bin hello");
    }
}
