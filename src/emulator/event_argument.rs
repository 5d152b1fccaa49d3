//! The events of command lines: JSON, files, standard input, and samples.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::emulator::arguments::did_you_mean;
use crate::emulator::environment::logs::print_line;
use crate::emulator::invoke_api::check_event;
use crate::emulator::message::PAYLOAD_LEN_MAX;
use crate::events::samples;

/// The longest line of a help text, in bytes.
const HELP_WIDTH_MAX: usize = 100;

/// Reads the event that a command line names: JSON, a file (`FILE` or `@FILE`), `-` for standard input, or
/// a sample by its name.
///
/// # Errors
/// A file cannot be read, the event is not JSON, or the text names nothing.
pub(crate) fn read_event(arg: &str) -> Result<Vec<u8>, String> {
    let (source, event) = match (arg, arg.strip_prefix('@')) {
        ("-", _) | (_, Some("-")) => {
            if io::stdin().is_terminal() {
                print_line(
                    "reading the event from standard input, up to the end of the file (Ctrl-D)",
                );
            }
            let read = read_limited(io::stdin().lock());
            let failed = |error| format!("cannot read standard input: {error}");
            ("standard input", read.map_err(failed)?)
        }
        (_, Some(path)) => (path, read_file(path)?),
        (name, None) => match sample(name) {
            Some(event) => (name, event.as_bytes().to_vec()),
            None if exists(arg) => (arg, read_file(arg)?),
            None if looks_like_json(arg) => ("the event", arg.as_bytes().to_vec()),
            None => {
                let suggestion = suggestion(arg);
                return Err(format!(
                    "{arg} is not JSON, a file or a sample{suggestion} (--list-samples lists the samples)"
                ));
            }
        },
    };
    if event.len() > PAYLOAD_LEN_MAX {
        return Err(format!(
            "{source} is too long: Lambda takes no more than {PAYLOAD_LEN_MAX} bytes"
        ));
    }
    if event.trim_ascii().is_empty() {
        return Err(format!("{source} is empty: expected JSON"));
    }
    match check_event(&event) {
        Ok(()) => Ok(event),
        Err(error) => Err(format!("{source} is not JSON: {error}")),
    }
}

fn sample(name: &str) -> Option<&'static str> {
    let sample = samples::ALL.iter().find(|sample| sample.0 == name)?;
    Some(sample.1)
}

/// Returns whether a path exists, or may exist in a folder that cannot be read.
fn exists(path: &str) -> bool {
    let metadata = fs::metadata(path);
    metadata.map_or_else(
        |error| error.kind() == io::ErrorKind::PermissionDenied,
        |_| true,
    )
}

fn read_file(path: &str) -> Result<Vec<u8>, String> {
    if path.is_empty() {
        return Err("expected the path of a file after @".to_owned());
    }
    File::open(path).and_then(read_limited).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => suggestion(path),
            _ => String::new(),
        };
        format!("cannot read the file {path}: {error}{hint}")
    })
}

/// Reads all bytes, or one more than an event may have.
fn read_limited(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let len_max = u64::try_from(PAYLOAD_LEN_MAX).unwrap_or(u64::MAX);
    source
        .take(len_max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns whether a text is JSON, or was meant to be.
fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty()
        || text.starts_with(['{', '[', '"', '\''])
        || check_event(text.as_bytes()).is_ok()
}

/// Returns `; did you mean ...?` with the samples and the files of the same folder whose names resemble
/// `arg`.
fn suggestion(arg: &str) -> String {
    let folder = Path::new(arg).parent().unwrap_or(Path::new(""));
    // The folder of a bare name is empty.
    let entries = fs::read_dir(Path::new(".").join(folder))
        .into_iter()
        .flatten();
    let paths = entries
        .flatten()
        .map(|entry| folder.join(entry.file_name()));
    let files = paths.filter_map(|path| path.into_os_string().into_string().ok());
    let names = samples::ALL.iter().map(|sample| sample.0.to_owned());
    let names: Vec<String> = names.chain(files).collect();
    did_you_mean(arg, names.iter().map(String::as_str))
}

/// Returns the names of the samples, one on a line.
pub(crate) fn list_of_samples() -> String {
    let lines = samples::ALL.iter().map(|(name, _)| format!("{name}\n"));
    lines.collect()
}

/// Returns `help` and the names of the samples.
pub(crate) fn help_with_samples(help: &str) -> String {
    let mut text = format!("{help}\nSamples:");
    let mut width = usize::MAX;
    for (name, _) in samples::ALL {
        let len = name.len().saturating_add(1);
        width = width.saturating_add(len);
        if width > HELP_WIDTH_MAX {
            text.push_str("\n ");
            width = len.saturating_add(1);
        }
        text.push(' ');
        text.push_str(name);
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_error(arg: &str, want: &str) {
        let error = read_event(arg).unwrap_err();
        assert!(error.starts_with(want), "{error}");
    }

    #[test]
    fn json_and_samples_are_events() {
        for event in [r#"{"a": 1}"#, " [1]\n", "-5", "null", "true", r#""a""#] {
            assert_eq!(read_event(event).unwrap(), event.as_bytes());
        }
        for (name, event) in samples::ALL {
            assert_eq!(read_event(name).unwrap(), event.as_bytes());
        }
    }

    #[test]
    fn an_error_says_what_was_found_and_where() {
        check_error(
            "{",
            "the event is not JSON: expected a member's name in quotes, found the end of the text at $ (offset 1, line 1",
        );
        check_error(
            "{name:Ada}",
            "the event is not JSON: expected a member's name in quotes",
        );
        check_error("'{}'", "the event is not JSON: expected a value");
        check_error("", "the event is empty: expected JSON");
        check_error(" ", "the event is empty: expected JSON");
        check_error(
            "sqz",
            "sqz is not JSON, a file or a sample; did you mean sqs?",
        );
        check_error(
            "SQS",
            "SQS is not JSON, a file or a sample; did you mean sqs?",
        );
        check_error(
            "sqs.json",
            "sqs.json is not JSON, a file or a sample; did you mean sqs?",
        );
        check_error(
            "http-api",
            "http-api is not JSON, a file or a sample; did you mean http_api?",
        );
        check_error("tru", "tru is not JSON, a file or a sample");
        check_error("@sqz", "cannot read the file sqz: ");
        check_error("@", "expected the path of a file after @");
        #[cfg(unix)]
        check_error(
            "/dev/zero",
            "/dev/zero is too long: Lambda takes no more than 6291556 bytes",
        );
        // A file of the same name is suggested once.
        check_error("@@Cargo.toml", "cannot read the file @Cargo.toml: ");
        check_error("src", "cannot read the file src: ");
        check_error("Cargo.toml", "Cargo.toml is not JSON: ");
        check_error("@Cargo.toml", "Cargo.toml is not JSON: ");
        // Files of the same folder are suggested too.
        check_error(
            "Cargo.tml",
            "Cargo.tml is not JSON, a file or a sample; did you mean Cargo.toml?",
        );
        check_error("@src/lb.rs", "cannot read the file src/lb.rs: ");
        // Windows writes \ between the parts of a path.
        let error = read_event("@src/lb.rs").unwrap_err().replace('\\', "/");
        assert!(error.ends_with("; did you mean src/lib.rs?"), "{error}");
    }

    #[test]
    fn help_has_the_name_of_each_sample_on_lines_of_limited_length() {
        let help = help_with_samples("help\n");
        assert!(
            help.starts_with("help\n\nSamples:\n  activemq alb "),
            "{help}"
        );
        assert!(
            help.lines().all(|line| line.len() <= HELP_WIDTH_MAX),
            "{help}"
        );
        let words = |text: &str| {
            text.split_whitespace()
                .skip(2)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let names = list_of_samples();
        assert_eq!(words(&help), words(&format!("help Samples: {names}")));
    }
}
