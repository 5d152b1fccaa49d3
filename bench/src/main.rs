//! Measures functions on tiny-lambda and on other runtimes, in one run on this machine.

mod build_times;
mod chart;
mod knobs;
mod measure;
mod number;
mod process;
mod qemu;
mod report;
mod rivals;
mod server;
mod tools;

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use measure::{Effort, Figures};
use rivals::{Arch, Built, Folders, RIVALS};

const USAGE: &str = "\
Usage: cargo run --release --manifest-path bench/Cargo.toml [-- OPTION...]

Builds a function on each runtime, runs them in turn against one Runtime API on 127.0.0.1, and
prints a table. It writes the figures to bench/results/ARCH.json and bench/chart.svg.

Run as root on Debian, it installs the tools that are missing: a C compiler for each architecture,
strace, valgrind, qemu. The end of the output names what could not be measured.

  --quick        takes at most two minutes: runs fewer rounds, leaves out what is not built by then,
                 installs nothing and writes no files
  --only TEXT    measures only runtimes with TEXT in their name, and the limit; writes no files
  --knobs        only measures the effect of each compiler and linker option, and writes it to
                 bench/results/knobs-ARCH.txt
  --build-times  only measures a clean build, and a rebuild after a change, in seconds
  --help         prints this text
";

/// Time limit of a run with --quick.
const QUICK: Duration = Duration::from_secs(110);
/// The part of [`QUICK`] in which functions are built.
const QUICK_BUILDS: Duration = Duration::from_secs(50);

const FULL_EFFORT: Effort = Effort {
    starts: 101,
    warm_rounds: 15,
    warm_invocations: 2000,
    echo_rounds: 9,
    echo_invocations: 8,
    counted_invocations: 200,
    emulated_invocations: 10,
};
const QUICK_EFFORT: Effort = Effort {
    starts: 15,
    warm_rounds: 3,
    warm_invocations: 1000,
    echo_rounds: 3,
    echo_invocations: 3,
    counted_invocations: 20,
    emulated_invocations: 0,
};

/// A function that is measured, and its figures.
pub struct Subject {
    pub built: Built,
    pub figures: Figures,
}

/// The results of a run.
pub struct Results {
    pub subjects: Vec<Subject>,
    /// Functions for the other architecture, which are emulated.
    pub emulated: Vec<Subject>,
    /// The functions and measurements that were left out, each with the reason.
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
        Some("--knobs") => {
            tools::install(progress);
            return knobs::print(&folders, progress);
        }
        Some(_) => return build_times::print(&folders, progress),
        None => {}
    }
    if let Some(only) = &only
        && !RIVALS
            .iter()
            .any(|rival| rival.name.contains(only.as_str()))
    {
        let names: Vec<_> = RIVALS.iter().map(|rival| rival.name).collect();
        return Err(format!(
            "no runtime has {only:?} in its name: {}",
            names.join("; ")
        ));
    }
    if !is_quick {
        tools::install(progress);
    }
    let plan = Plan {
        is_quick,
        only: only.as_deref(),
        effort: if is_quick { QUICK_EFFORT } else { FULL_EFFORT },
        progress,
    };
    let results = measure_all(&folders, plan)?;
    print!("{}", report::text(&results));
    if !is_quick && only.is_none() {
        report::save(&results, &folders)?;
    }
    Ok(())
}

/// Prints the current step to standard error, with the seconds since the start.
#[derive(Clone, Copy)]
pub struct Progress(Instant);

impl Progress {
    pub fn say(self, what: &str) {
        eprintln!("[{:3} s] {what}", self.0.elapsed().as_secs());
    }
}

/// Adds the architecture's target to the toolchain if it is missing.
pub fn need_target(arch: Arch) {
    // Without rustup, the build fails and names what is missing.
    let _ = Command::new("rustup")
        .args(["target", "add", arch.target()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Which functions are measured, and how often.
#[derive(Clone, Copy)]
struct Plan<'a> {
    is_quick: bool,
    only: Option<&'a str>,
    effort: Effort,
    progress: Progress,
}

impl Plan<'_> {
    fn is_late(self) -> bool {
        self.is_quick && self.progress.0.elapsed() > QUICK
    }

    /// Builds all functions for `arch`, in the order of the table. Adds those that cannot be built to `skipped`.
    fn build(self, arch: Arch, folders: &Folders, skipped: &mut Vec<String>) -> Vec<Subject> {
        let mut subjects = Vec::new();
        need_target(arch);
        let mut in_order: Vec<&rivals::Rival> = RIVALS.iter().collect();
        in_order.sort_by_key(|rival| rival.build_cost());
        for rival in in_order {
            let is_wanted = |only| rival.name.contains(only) || rival.name == rivals::LIMIT;
            if !self.only.is_none_or(is_wanted) {
                continue;
            }
            let name = format!("{}, {}", rival.name, arch.name());
            self.progress.say(&format!("building {name}"));
            let deadline = self.is_quick.then(|| self.progress.0 + QUICK_BUILDS);
            match rivals::build(rival, arch, folders, deadline) {
                Ok(built) => subjects.push(Subject {
                    built,
                    figures: Figures::default(),
                }),
                // The path of this machine's folder is not published.
                Err(problem) => {
                    let root = format!("{}/", folders.root.display());
                    skipped.push(format!("{name}: {}", problem.replace(&root, "")));
                }
            }
        }
        let place = |subject: &Subject| RIVALS.iter().position(|r| r.name == subject.built.name);
        subjects.sort_by_key(place);
        subjects
    }

    /// Measures what is the same in each run (bytes, system calls, instructions), and memory.
    fn count(self, folders: &Folders, subjects: &mut [Subject]) {
        for Subject { built, figures } in subjects {
            let name = built.name;
            self.progress.say(&format!(
                "{name}: bytes, memory, system calls, instructions"
            ));
            measure::sizes(&built.hello, figures);
            measure::memory(built, figures);
            if self.is_late() {
                figures
                    .problems
                    .push("not measured: the time limit of --quick has passed".into());
                continue;
            }
            measure::system_calls(&built.hello, &folders.work, self.effort, figures);
            measure::instructions(&built.hello, &folders.work, self.effort, figures);
        }
    }

    /// Measures times. The functions run in turn, and each round begins with another one, so that a
    /// disturbance of the machine affects all of them alike.
    fn time(self, subjects: &mut [Subject]) {
        let effort = self.effort;
        let mut rounds = |what: &str, n: usize, f: &mut dyn FnMut(&mut Subject, usize)| {
            self.progress.say(&format!("{what}, {n} rounds"));
            let len = subjects.len().max(1);
            for round in 0..n {
                subjects.rotate_left(1 % len);
                for subject in &mut *subjects {
                    if !self.is_late() {
                        f(subject, round);
                    }
                }
            }
            subjects.rotate_right(n % len);
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
            "echoes of 6 MB",
            effort.echo_rounds,
            &mut |subject, round| {
                measure::echo(&subject.built, round, effort, &mut subject.figures);
            },
        );
        for subject in subjects {
            subject.figures.settle();
        }
    }

    /// Counts the same for the architecture that this machine does not have.
    fn emulate(self, folders: &Folders, skipped: &mut Vec<String>) -> Vec<Subject> {
        let arch = Arch::HOST.other();
        if self.is_quick {
            skipped.push(format!("{}: takes longer than --quick has", arch.name()));
            return Vec::new();
        }
        let mut subjects = self.build(arch, folders, skipped);
        for Subject { built, figures } in &mut subjects {
            let name = built.name;
            self.progress.say(&format!(
                "{name}, {}: bytes, system calls, instructions",
                arch.name()
            ));
            measure::sizes(&built.hello, figures);
            qemu::measure(
                &built.hello,
                arch.qemu(),
                &folders.work,
                self.effort,
                figures,
            );
        }
        subjects
    }
}

fn measure_all(folders: &Folders, plan: Plan) -> Result<Results, String> {
    let mut skipped = Vec::new();
    let mut subjects = plan.build(Arch::HOST, folders, &mut skipped);
    if subjects.is_empty() {
        return Err(format!("nothing could be built: {}", skipped.join("; ")));
    }
    plan.count(folders, &mut subjects);
    plan.time(&mut subjects);
    let emulated = plan.emulate(folders, &mut skipped);
    if plan.only.is_none() {
        skipped.push(rivals::ABSENT.into());
    }
    plan.progress.say("done");
    Ok(Results {
        subjects,
        emulated,
        skipped,
        effort: plan.effort,
    })
}
