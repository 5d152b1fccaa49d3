//! The report of a run, as text and as JSON.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use tiny_lambda::json::{self, Object, ToJson, Value};

use crate::measure::{COUNTED, Figures, METRICS, Metric, TIMED};
use crate::number::number;
use crate::rivals::{Arch, Folders, LIMIT, OFFICIAL};
use crate::{Results, Subject, chart};

/// Returns tables that fit a terminal's width, and the conditions of the measurement.
pub fn text(results: &Results) -> String {
    let mut text = String::new();
    let all: Vec<&Metric> = METRICS.iter().collect();
    for columns in all.chunks(9) {
        push_figures(&mut text, &results.subjects, columns);
    }
    if !results.emulated.is_empty() {
        let arch = Arch::HOST.other().name();
        let _ = writeln!(text, "{arch}, under qemu:\n");
        push_figures(&mut text, &results.emulated, &only(COUNTED));
    }
    for base in [LIMIT, OFFICIAL] {
        let Some(other) = figures_of(results, base) else {
            continue;
        };
        let _ = writeln!(
            text,
            "Ratios to {base}, medians of the ratios of all rounds:\n"
        );
        let columns = only(TIMED);
        let rows = results.subjects.iter().map(|subject| {
            let cell = |m: &&Metric| {
                let ratio = subject.figures.ratio(other, m.key);
                ratio.map_or("-".into(), |ratio| number(ratio, 2))
            };
            (subject.built.name, columns.iter().map(cell).collect())
        });
        push_table(&mut text, &heads_of(&columns), &rows.collect::<Vec<_>>());
    }
    let _ = writeln!(text, "{}", conditions(results));
    for skipped in problems(results) {
        let _ = writeln!(text, "not measured: {skipped}");
    }
    text
}

fn only(keys: &[&str]) -> Vec<&'static Metric> {
    METRICS.iter().filter(|m| keys.contains(&m.key)).collect()
}

fn heads_of(columns: &[&Metric]) -> Vec<[String; 2]> {
    columns.iter().map(|m| m.title.map(String::from)).collect()
}

fn push_figures(text: &mut String, subjects: &[Subject], columns: &[&Metric]) {
    let rows = subjects.iter().map(|subject| {
        let cell = |m: &&Metric| {
            let value = subject.figures.values.get(m.key);
            value.map_or("-".into(), |value| number(*value, m.digits))
        };
        (subject.built.name, columns.iter().map(cell).collect())
    });
    push_table(text, &heads_of(columns), &rows.collect::<Vec<_>>());
}

fn figures_of<'r>(results: &'r Results, name: &str) -> Option<&'r Figures> {
    let mut subjects = results.subjects.iter();
    Some(&subjects.find(|subject| subject.built.name == name)?.figures)
}

fn problems(results: &Results) -> Vec<String> {
    let subjects = results.subjects.iter().chain(&results.emulated);
    let of_subjects = subjects.flat_map(|subject| {
        let problems = subject.figures.problems.iter();
        problems.map(|problem| format!("{}: {problem}", subject.built.name))
    });
    results.skipped.iter().cloned().chain(of_subjects).collect()
}

/// Returns the version line of the compiler.
pub fn rustc() -> String {
    let rustc = Command::new("rustc").arg("--version").output();
    let version = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    version.unwrap_or_default()
}

fn conditions(results: &Results) -> String {
    let effort = results.effort;
    format!(
        "{}, {} static musl, {} processors; {} starts, {} x {} invocations, {} x {} of 6 MB",
        rustc(),
        Arch::HOST.name(),
        std::thread::available_parallelism().map_or(0, usize::from),
        effort.starts,
        effort.warm_rounds,
        effort.warm_invocations,
        effort.echo_rounds,
        effort.echo_invocations,
    )
}

/// Appends a table with names on the left and figures on the right.
pub fn push_table(text: &mut String, heads: &[[String; 2]], rows: &[(&str, Vec<String>)]) {
    let width = |text: &str| text.chars().count();
    let name_width = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let mut widths: Vec<usize> = heads
        .iter()
        .map(|head| width(&head[0]).max(width(&head[1])))
        .collect();
    for (_, cells) in rows {
        for (cell, wide) in cells.iter().zip(&mut widths) {
            *wide = width(cell).max(*wide);
        }
    }
    let mut line = |name: &str, cells: Vec<&str>| {
        let _ = write!(text, "{name:name_width$}");
        for (cell, wide) in cells.iter().zip(&widths) {
            let _ = write!(text, "  {cell:>wide$}");
        }
        text.push('\n');
    };
    line("", heads.iter().map(|head| head[0].as_str()).collect());
    line("", heads.iter().map(|head| head[1].as_str()).collect());
    for (name, cells) in rows {
        line(name, cells.iter().map(String::as_str).collect());
    }
    text.push('\n');
}

/// Writes bench/results/ARCH.json and bench/chart.svg.
pub fn save(results: &Results, folders: &Folders) -> Result<(), String> {
    let name = format!("results/{}.json", Arch::HOST.name());
    write(folders, &name, &json(results))?;
    write(folders, "chart.svg", &chart::svg(results))
}

/// Writes a file of this package.
pub fn write(folders: &Folders, name: &str, text: &str) -> Result<(), String> {
    let path = folders.root.join("bench").join(name);
    let folder = path.parent().unwrap_or(&path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .map_err(|e| format!("{}: {e}", path.display()))?;
    eprintln!("bench: wrote bench/{name}");
    Ok(())
}

fn json(results: &Results) -> String {
    // One line for each function, so that a diff of two runs is readable.
    let lines = |objects: Vec<Object>| {
        let lines: Vec<String> = objects.iter().map(json_text).collect();
        lines.join(",\n")
    };
    let emulated = results.emulated.iter();
    let emulated = emulated.map(|subject| function(subject, &only(COUNTED)));
    let native = results.subjects.iter().map(|subject| {
        let mut object = function(subject, &METRICS.iter().collect::<Vec<_>>());
        for (base, name) in [(LIMIT, "to_limit"), (OFFICIAL, "to_lambda_runtime_tuned")] {
            let ratio = |key: &str| subject.figures.ratio(figures_of(results, base)?, key);
            let ratios: Object = TIMED
                .iter()
                .map(|key| (*key, Value::from(ratio(key).map(|ratio| rounded(ratio, 3)))))
                .collect();
            object.insert(format!("paired_ratios_{name}"), Value::from(ratios));
        }
        object
    });
    format!(
        "{{\"conditions\":{},\n\"{}\":[\n{}\n],\n\"{}_emulated\":[\n{}\n],\n\"not_measured\":{}}}\n",
        json_text(&conditions(results)),
        Arch::HOST.name(),
        lines(native.collect()),
        Arch::HOST.other().name(),
        lines(emulated.collect()),
        json_text(&problems(results)),
    )
}

/// Returns the figures of one function; a figure that was not measured is `null`.
fn function(subject: &Subject, metrics: &[&Metric]) -> Object {
    let mut function = Object::default();
    function.insert("name", subject.built.name);
    for m in metrics {
        let value = subject.figures.values.get(m.key);
        function.insert(m.key, value.map(|value| rounded(*value, m.digits)));
    }
    function
}

fn rounded(value: f64, digits: usize) -> Value {
    let text = format!("{value:.digits$}");
    json::parse(text.as_bytes()).unwrap_or(Value::Null)
}

fn json_text(value: &impl ToJson) -> String {
    String::from_utf8(json::to_vec(value)).unwrap_or_default()
}
