//! Measures functions on tiny-lambda beside those on other runtimes, all in one run on this machine.

mod chart;
mod knobs;
mod measure;
mod process;
mod report;
mod rivals;
mod server;

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use measure::{Effort, Figures};
use rivals::{Arch, Built, Folders, RIVALS};

const USAGE: &str = "\
Usage: cargo run --release --manifest-path bench/Cargo.toml [-- OPTION...]

Builds a function on each runtime, runs them in turn against one Runtime API on 127.0.0.1, and
prints a table; the same goes to bench/results/ARCH.json and bench/chart.svg.

  --quick        within two minutes: fewer rounds; what is not built by then is left out, and
                 the files stay as they are
  --only TEXT    only those with TEXT in their name, and the limit; the files stay as they are
  --knobs        instead: what each compiler and linker option brings
  --build-times  instead: seconds of a clean build, and of a rebuild after a change
  --help
";

/// What all functions together may take with --quick, and their builds of that.
const QUICK: Duration = Duration::from_secs(110);
const QUICK_BUILDS: Duration = Duration::from_secs(50);

const FULL_EFFORT: Effort = Effort {
    starts: 101,
    warm_rounds: 15,
    warm_invocations: 2000,
    echo_rounds: 9,
    echo_invocations: 8,
    counted_invocations: 200,
};
const QUICK_EFFORT: Effort = Effort {
    starts: 15,
    warm_rounds: 3,
    warm_invocations: 1000,
    echo_rounds: 3,
    echo_invocations: 3,
    counted_invocations: 20,
};

/// A function that is measured, and what was found.
pub struct Subject {
    pub built: Built,
    pub figures: Figures,
}

/// What a run has found.
pub struct Results {
    pub subjects: Vec<Subject>,
    /// What was left out, and why.
    pub skipped: Vec<String>,
    pub effort: Effort,
}

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Vec<String>) -> Result<(), String> {
    let (mut is_quick, mut only, mut instead) = (false, None, None);
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => is_quick = true,
            "--only" => only = Some(args.next().ok_or("--only needs a value")?),
            "--knobs" | "--build-times" => instead = Some(arg),
            "--help" => {
                print!("{USAGE}");
                return Ok(());
            }
            _ => return Err(format!("unknown option {arg}: see --help")),
        }
    }
    let folders = Folders::find()?;
    let progress = Progress(Instant::now());
    match instead.as_deref() {
        Some("--knobs") => return knobs::print(&folders, progress),
        Some(_) => return knobs::print_build_times(&folders, progress),
        None => {}
    }
    let results = measure_all(&folders, is_quick, only.as_deref(), progress)?;
    print!("{}", report::text(&results));
    if !is_quick && only.is_none() {
        report::save(&results, &folders)?;
    }
    Ok(())
}

/// Says on standard error what is going on, and since when.
#[derive(Clone, Copy)]
pub struct Progress(Instant);

impl Progress {
    pub fn say(self, what: &str) {
        eprintln!("[{:3} s] {what}", self.0.elapsed().as_secs());
    }
}

/// Adds the target of the architecture to the toolchain, where it is missing.
pub fn need_target(arch: Arch) {
    // Where there is no rustup, the build says what is missing.
    let _ = Command::new("rustup")
        .args(["target", "add", arch.target()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

fn measure_all(
    folders: &Folders,
    is_quick: bool,
    only: Option<&str>,
    progress: Progress,
) -> Result<Results, String> {
    let effort = if is_quick { QUICK_EFFORT } else { FULL_EFFORT };
    let (mut subjects, mut skipped) = (Vec::new(), Vec::new());
    need_target(Arch::HOST);
    let mut in_order: Vec<&rivals::Rival> = RIVALS.iter().collect();
    in_order.sort_by_key(|rival| rival.build_cost());
    for rival in in_order {
        if only.is_some_and(|only| !rival.name.contains(only) && rival.name != rivals::LIMIT) {
            continue;
        }
        progress.say(&format!("building {}", rival.name));
        let deadline = is_quick.then(|| progress.0 + QUICK_BUILDS);
        match rivals::build(rival, Arch::HOST, folders, deadline) {
            Ok(built) => subjects.push(Subject {
                built,
                figures: Figures::default(),
            }),
            Err(problem) => skipped.push(format!("{}: {problem}", rival.name)),
        }
    }
    let place = |subject: &Subject| RIVALS.iter().position(|r| r.name == subject.built.name);
    subjects.sort_by_key(place);
    if subjects.is_empty() {
        return Err(format!("nothing could be built: {}", skipped.join("; ")));
    }
    let is_late = || is_quick && progress.0.elapsed() > QUICK;

    for Subject { built, figures } in &mut subjects {
        progress.say(&format!(
            "{}: bytes, memory, system calls, instructions",
            built.name
        ));
        measure::sizes(&built.hello, figures);
        measure::memory(&built.hello, &built.echo, figures);
        if is_late() {
            continue;
        }
        measure::system_calls(&built.hello, &folders.work, effort, figures);
        measure::instructions(&built.hello, &folders.work, effort, figures);
    }
    // In turn, and each round begins with another one, so that what disturbs the machine for a
    // while disturbs them all alike.
    let mut rounds = |what: &str, n: usize, f: &mut dyn FnMut(&mut Subject, usize)| {
        progress.say(&format!("{what}, {n} rounds"));
        for round in 0..n {
            if is_late() {
                return;
            }
            for i in 0..subjects.len() {
                let i = (i + round) % subjects.len();
                f(&mut subjects[i], round);
            }
        }
    };
    rounds("starts", effort.starts, &mut |subject, round| {
        measure::start(&subject.built.hello, round, &mut subject.figures);
    });
    rounds(
        "warm invocations",
        effort.warm_rounds,
        &mut |subject, round| {
            measure::warm(&subject.built.hello, round, effort, &mut subject.figures);
        },
    );
    rounds(
        "6 MB there and back",
        effort.echo_rounds,
        &mut |subject, round| {
            measure::echo(&subject.built.echo, round, effort, &mut subject.figures);
        },
    );
    for subject in &mut subjects {
        subject.figures.settle();
    }
    progress.say("done");
    Ok(Results {
        subjects,
        skipped,
        effort,
    })
}
