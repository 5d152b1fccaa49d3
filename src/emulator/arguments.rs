//! Command lines: options, their values and other words, and suggestions for misspelt ones. Pure.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;

/// An option of a command line.
#[derive(Debug)]
pub(crate) struct OptionSpec {
    /// Its name with the hyphens. A name without hyphens is a subcommand.
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
}

/// The values of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    Value,
    /// A value, and the option may be repeated.
    Values,
}

/// An argument that was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// An option of the table by its name, and its value; the value is empty if it takes none.
    Option(&'static str, String),
    Word(OsString),
    /// The argument `--`. Each argument after it is a word.
    OptionsEnd,
}

/// Reads arguments by a table of options.
#[derive(Debug)]
pub(crate) struct Arguments<I> {
    args: I,
    options: &'static [OptionSpec],
    options_ended: bool,
    /// The options that were read.
    given: Vec<&'static str>,
}

impl<I: Iterator<Item = OsString>> Arguments<I> {
    pub(crate) fn new(args: I, options: &'static [OptionSpec]) -> Arguments<I> {
        Arguments {
            args,
            options,
            options_ended: false,
            given: Vec::new(),
        }
    }

    /// Returns whether an option was read.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.given.contains(&name)
    }

    /// Reads an argument, and the next one if that is its value. Returns `None` at the end.
    ///
    /// # Errors
    /// Returns a message if an option is unknown, is given twice, lacks its value, or has a value that it does not
    /// take.
    pub(crate) fn read(&mut self) -> Result<Option<Argument>, String> {
        let Some(arg) = self.args.next() else {
            return Ok(None);
        };
        let is_option = arg.as_encoded_bytes().starts_with(b"-");
        let text = match arg.to_str() {
            Some(text) if !self.options_ended => text,
            None if is_option && !self.options_ended => {
                return Err(format!("{} is not UTF-8", arg.to_string_lossy()));
            }
            _ => return Ok(Some(Argument::Word(arg))),
        };
        if text == "--" {
            self.options_ended = true;
            return Ok(Some(Argument::OptionsEnd));
        }
        let inline = text.split_once('=').filter(|_| is_option);
        let name = match inline.map_or(text, |(name, _)| name) {
            "-h" => "--help",
            "-V" => "--version",
            name => name,
        };
        let Some(option) = self.options.iter().find(|option| option.name == name) else {
            if is_option {
                let names = self.options.iter().map(|option| option.name);
                return Err(format!(
                    "unknown option {name}{}",
                    did_you_mean(name, names)
                ));
            }
            return Ok(Some(Argument::Word(arg)));
        };
        if option.takes != Takes::Values && self.has(name) {
            return Err(format!("{name} is given twice"));
        }
        self.given.push(option.name);
        let inline = inline.map(|(_, value)| value);
        let value = match (option.takes, inline) {
            (Takes::Nothing, Some(value)) => {
                return Err(format!("{name} takes no value, found {value}"));
            }
            (Takes::Nothing, None) => String::new(),
            (_, Some(value)) => value.to_owned(),
            (_, None) => {
                let value = self.args.next();
                let value = value.ok_or_else(|| format!("{name} needs a value"))?;
                let text = value.into_string();
                text.map_err(|value| format!("{name} {}: not UTF-8", value.to_string_lossy()))?
            }
        };
        if inline.is_none() && matches!(value.as_str(), "-h" | "--help") {
            return Ok(Some(Argument::Option("--help", String::new())));
        }
        // A value that begins with two hyphens is an option after a forgotten value.
        if inline.is_none() && value.starts_with("--") {
            let mut text = format!("{name} needs a value, found {value}");
            if is_option {
                let _ = write!(text, " (write {name}={value} if that is the value)");
            }
            return Err(text);
        }
        if value.is_empty() && option.takes != Takes::Nothing {
            return Err(format!("{name} needs a value, found an empty text"));
        }
        Ok(Some(Argument::Option(option.name, value)))
    }
}

/// The largest number of edits between a misspelt name and what was meant.
const N_EDITS_MAX: usize = 3;
/// The largest number of names in a suggestion.
const N_SUGGESTIONS_MAX: usize = 5;

/// Returns `; did you mean ...?` with the names that resemble `text`, or nothing if none does.
pub(crate) fn did_you_mean<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> String {
    let normalized = |text: &str| {
        let text = text.trim_start_matches('-').to_ascii_lowercase();
        text.replace('_', "-")
    };
    let text = normalized(text);
    let n_edits_max = text.len().div_euclid(3).clamp(1, N_EDITS_MAX);
    let rank = |name: &str| {
        let name = normalized(name);
        // A name of one letter resembles every other one.
        let n_edits = (0..=n_edits_max)
            .filter(|&n| n < name.len())
            .find(|&n| is_within(n, text.as_bytes(), name.as_bytes()));
        let is_part = || {
            let contains = |whole: &str, part: &str| part.len() > 2 && whole.contains(part);
            let is_start = !text.is_empty() && name.starts_with(&text);
            is_start || contains(&name, &text) || contains(&text, &name)
        };
        n_edits.or_else(|| is_part().then_some(N_EDITS_MAX.saturating_add(1)))
    };
    let mut ranked: Vec<(usize, &str)> =
        names.filter_map(|name| Some((rank(name)?, name))).collect();
    let mut seen = BTreeSet::new();
    ranked.retain(|(_, name)| seen.insert(*name));
    let best = ranked.iter().map(|(rank, _)| *rank).min();
    ranked.retain(|(rank, _)| Some(*rank) == best);
    ranked.truncate(N_SUGGESTIONS_MAX);
    let mut suggestion = String::new();
    for (index, (_, name)) in ranked.iter().enumerate() {
        let is_last = index.saturating_add(1) == ranked.len();
        let before = match (index, is_last) {
            (0, _) => "; did you mean ",
            (_, true) => " or ",
            (_, false) => ", ",
        };
        let _ = write!(suggestion, "{before}{name}");
    }
    if !suggestion.is_empty() {
        suggestion.push('?');
    }
    suggestion
}

/// Returns whether at most `n` edits turn `a` into `b`. An edit inserts, removes or replaces a letter, or
/// swaps two adjacent ones.
fn is_within(n: usize, a: &[u8], b: &[u8]) -> bool {
    match (a, b) {
        ([], []) => true,
        ([x, a @ ..], [y, b @ ..]) if x == y => is_within(n, a, b),
        _ => n.checked_sub(1).is_some_and(|n| {
            let inserts = || matches!(b, [_, b @ ..] if is_within(n, a, b));
            let removes = || matches!(a, [_, a @ ..] if is_within(n, a, b));
            let replaces = || matches!((a, b), ([_, a @ ..], [_, b @ ..]) if is_within(n, a, b));
            let swaps = || {
                matches!((a, b), ([v, w, a @ ..], [x, y, b @ ..])
                    if (v, w) == (y, x) && is_within(n, a, b))
            };
            inserts() || removes() || replaces() || swaps()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: &[OptionSpec] = &[
        OptionSpec {
            name: "--port",
            takes: Takes::Value,
        },
        OptionSpec {
            name: "--env",
            takes: Takes::Values,
        },
        OptionSpec {
            name: "--watch",
            takes: Takes::Nothing,
        },
        OptionSpec {
            name: "--help",
            takes: Takes::Nothing,
        },
        OptionSpec {
            name: "invoke",
            takes: Takes::Value,
        },
    ];

    /// Reads all arguments. The result is as text: `name=value` for options.
    fn read(args: &[&str]) -> Result<Vec<String>, String> {
        let mut arguments = Arguments::new(args.iter().map(OsString::from), OPTIONS);
        let mut found = Vec::new();
        while let Some(argument) = arguments.read()? {
            found.push(match argument {
                Argument::Option(name, value) => format!("{name}={value}"),
                Argument::Word(word) => word.into_string().unwrap(),
                Argument::OptionsEnd => "end".to_owned(),
            });
        }
        Ok(found)
    }

    #[test]
    fn options_have_two_forms_and_words_may_stand_anywhere() {
        #[track_caller]
        fn check(args: &[&str], want: &[&str]) {
            assert_eq!(read(args).unwrap(), want, "{args:?}");
        }
        check(&[], &[]);
        check(&["--port", "1", "a"], &["--port=1", "a"]);
        check(&["a", "--port=1"], &["a", "--port=1"]);
        check(
            &["--env=A=b=c", "--env", "B=-"],
            &["--env=A=b=c", "--env=B=-"],
        );
        check(
            &["--watch", "--", "--port", "--"],
            &["--watch=", "end", "--port", "--"],
        );
        check(&["invoke", "-5"], &["invoke=-5"]);
        check(&["invoke", "-"], &["invoke=-"]);
        check(&["--port=--5"], &["--port=--5"]);
        check(&["a=b", "=", ""], &["a=b", "=", ""]);
        for help in [
            &["-h"][..],
            &["--help"],
            &["--port", "--help"],
            &["invoke", "-h"],
        ] {
            check(help, &["--help="]);
        }
    }

    #[test]
    fn wrong_options_are_errors() {
        #[track_caller]
        fn check(args: &[&str], want: &str) {
            assert_eq!(read(args).unwrap_err(), want, "{args:?}");
        }
        check(
            &["--prt", "1"],
            "unknown option --prt; did you mean --port?",
        );
        check(&["--prt=1"], "unknown option --prt; did you mean --port?");
        check(&["-port"], "unknown option -port; did you mean --port?");
        check(&["--PORT"], "unknown option --PORT; did you mean --port?");
        check(&["--no-such"], "unknown option --no-such");
        check(&["-x"], "unknown option -x");
        check(&["-"], "unknown option -");
        check(&["--port"], "--port needs a value");
        check(&["--port="], "--port needs a value, found an empty text");
        check(&["--port", ""], "--port needs a value, found an empty text");
        check(
            &["--port", "--watch"],
            "--port needs a value, found --watch (write --port=--watch if that is the value)",
        );
        check(
            &["invoke", "--watch"],
            "invoke needs a value, found --watch",
        );
        check(&["--watch=a"], "--watch takes no value, found a");
        check(&["--port=1", "--port", "2"], "--port is given twice");
        check(&["--watch", "--watch"], "--watch is given twice");
        check(&["invoke", "1", "invoke", "2"], "invoke is given twice");
    }

    #[cfg(unix)]
    #[test]
    fn arguments_that_are_not_utf_8_are_words_or_errors() {
        use std::os::unix::ffi::OsStringExt;
        let read = |arg: &[u8]| {
            let args = [OsString::from_vec(arg.to_vec())].into_iter();
            Arguments::new(args, OPTIONS).read()
        };
        assert!(matches!(read(b"a\xff"), Ok(Some(Argument::Word(_)))));
        assert_eq!(
            read(b"--port=\xff").unwrap_err(),
            "--port=\u{fffd} is not UTF-8"
        );
    }

    #[test]
    fn the_most_similar_names_are_suggested() {
        #[track_caller]
        fn check(text: &str, want: &str) {
            let names = [
                "--port",
                "--host",
                "--timeout",
                "sqs",
                "sns",
                "ses",
                "http_api",
                "sqs_api",
            ];
            assert_eq!(did_you_mean(text, names.into_iter()), want, "{text}");
        }
        assert_eq!(did_you_mean("x", ["o", "p"].into_iter()), "");
        assert_eq!(
            did_you_mean("aa", ["ab", "ab"].into_iter()),
            "; did you mean ab?"
        );
        check("sqz", "; did you mean sqs?");
        check("qss", "; did you mean sqs?");
        check("sq", "; did you mean sqs?");
        check("sxs", "; did you mean sqs, sns or ses?");
        check("SQS", "; did you mean sqs?");
        check("sqs_", "; did you mean sqs?");
        check("sqs_a", "; did you mean sqs or sqs_api?");
        check("HTTP-API", "; did you mean http_api?");
        check("api", "; did you mean http_api or sqs_api?");
        check("sqs_event", "; did you mean sqs?");
        check("--prot", "; did you mean --port?");
        check("--timout", "; did you mean --timeout?");
        check("--ort", "; did you mean --port?");
        check("kinesis", "");
        check("", "");
        check("\u{e9}\u{e9}", "");
    }
}
