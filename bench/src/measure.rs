//! The measurements of a built function. Some are exact; the others are repeated in rounds, in turn with
//! the other functions.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Idle};
use crate::rivals::Built;
use crate::server::Load;

/// A column of the table.
pub struct Metric {
    /// Its member name in JSON.
    pub key: &'static str,
    /// The two lines above the column.
    pub title: [&'static str; 2],
    pub digits: usize,
}

const fn metric(key: &'static str, title: [&'static str; 2], digits: usize) -> Metric {
    Metric { key, title, digits }
}

pub const SIZE: &str = "executable_bytes";
pub const ZIP: &str = "zip_bytes";
pub const CALLS_START: &str = "system_calls_to_first_next";
pub const CALLS_WARM: &str = "system_calls_per_invocation";
pub const INSTRUCTIONS_START: &str = "instructions_to_first_next";
pub const INSTRUCTIONS_WARM: &str = "instructions_per_invocation";
pub const FAULTS: &str = "page_faults_to_first_next";
pub const RESIDENT: &str = "resident_kb";
pub const ANONYMOUS: &str = "resident_anonymous_kb";
pub const THREADS: &str = "threads";
pub const CPU_START: &str = "cpu_us_to_first_next";
pub const TIME_START: &str = "us_to_first_next";
pub const P50: &str = "latency_p50_us";
pub const P99: &str = "latency_p99_us";
pub const RATE: &str = "invocations_per_second";
pub const ECHO: &str = "echo_6mb_mb_per_second";
pub const ECHO_CPU: &str = "echo_6mb_cpu_ms";
pub const ECHO_PEAK: &str = "echo_6mb_peak_kb";
pub const BYTES: &str = "echo_6mb_bytes_mb_per_second";
pub const BYTES_CPU: &str = "echo_6mb_bytes_cpu_ms";
pub const BYTES_PEAK: &str = "echo_6mb_bytes_peak_kb";

pub const METRICS: &[Metric] = &[
    metric(SIZE, ["executable", "bytes"], 0),
    metric(ZIP, ["zip", "bytes"], 0),
    metric(CALLS_START, ["calls to", "1st next"], 0),
    metric(CALLS_WARM, ["calls per", "invocation"], 1),
    metric(INSTRUCTIONS_START, ["instr. to", "1st next"], 0),
    metric(INSTRUCTIONS_WARM, ["instr. per", "invocation"], 0),
    metric(FAULTS, ["faults to", "1st next"], 0),
    metric(RESIDENT, ["resident", "KB"], 0),
    metric(ANONYMOUS, ["of that", "anon. KB"], 0),
    metric(THREADS, ["threads", ""], 0),
    metric(CPU_START, ["CPU µs to", "1st next"], 0),
    metric(TIME_START, ["µs to", "1st next"], 0),
    metric(P50, ["warm µs", "p50"], 1),
    metric(P99, ["warm µs", "p99"], 1),
    metric(RATE, ["requests", "per second"], 0),
    metric(ECHO, ["6 MB echo", "MB/s"], 0),
    metric(ECHO_CPU, ["6 MB echo", "CPU ms"], 2),
    metric(ECHO_PEAK, ["6 MB echo", "peak KB"], 0),
    metric(BYTES, ["as bytes", "MB/s"], 0),
    metric(BYTES_CPU, ["as bytes", "CPU ms"], 2),
    metric(BYTES_PEAK, ["as bytes", "peak KB"], 0),
];

/// The metrics that are the same in each run, and under emulation.
pub const COUNTED: &[&str] = &[
    SIZE,
    ZIP,
    CALLS_START,
    CALLS_WARM,
    INSTRUCTIONS_START,
    INSTRUCTIONS_WARM,
];

/// The metrics that contain time. They are compared within a round, never across rounds.
pub const TIMED: &[&str] = &[
    CPU_START, TIME_START, P50, P99, RATE, ECHO, ECHO_CPU, BYTES, BYTES_CPU,
];

/// The figures of one function, and the reasons for those that are missing.
#[derive(Default)]
pub struct Figures {
    pub values: BTreeMap<&'static str, f64>,
    /// One sample for each round that succeeded, by the number of the round.
    pub samples: BTreeMap<&'static str, BTreeMap<usize, f64>>,
    pub problems: Vec<String>,
}

impl Figures {
    pub fn set(&mut self, key: &'static str, value: Option<f64>) {
        match value {
            Some(value) => {
                self.values.insert(key, value);
            }
            None => self.problem(&format!("{key} could not be measured")),
        }
    }

    fn sample(&mut self, key: &'static str, round: usize, value: Option<f64>) {
        match value {
            Some(value) => {
                self.samples.entry(key).or_default().insert(round, value);
            }
            None => self.problem(&format!("{key} could not be measured")),
        }
    }

    pub fn problem(&mut self, problem: &str) {
        let problem = problem.trim().to_owned();
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Makes each sampled figure's value the median of its samples.
    pub fn settle(&mut self) {
        for (key, samples) in &self.samples {
            let samples = samples.values().copied().collect();
            if let Some(median) = median(samples) {
                self.values.insert(key, median);
            }
        }
    }

    /// Returns the median of the ratios to `other` in each round.
    pub fn ratio(&self, other: &Figures, key: &str) -> Option<f64> {
        let (ours, theirs) = (self.samples.get(key)?, other.samples.get(key)?);
        let ratio = |(round, value): (&usize, &f64)| Some(value / theirs.get(round)?);
        median(ours.iter().filter_map(ratio).collect())
    }
}

pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 0 {
        let (a, b) = (values.get(middle.checked_sub(1)?)?, values.get(middle)?);
        return Some(f64::midpoint(*a, *b));
    }
    values.get(middle).copied()
}

/// How often each measurement is repeated.
#[derive(Clone, Copy)]
pub struct Effort {
    pub starts: usize,
    pub warm_rounds: usize,
    pub warm_invocations: usize,
    pub echo_rounds: usize,
    pub echo_invocations: usize,
    /// Invocations in the first run under a tool that counts. A second run has twice as many; the difference
    /// of the two counts is that of the invocations alone.
    pub counted_invocations: usize,
    /// The number of invocations in the first run under qemu. It is smaller, since traces of qemu are long.
    pub emulated_invocations: usize,
}

/// Length in bytes of the longest JSON string that Lambda accepts (6 MB, "Lambda quotas").
const ECHO_LEN: usize = 6 << 20;
/// Invocations after which the memory is measured.
const RESIDENT_AFTER: usize = 1000;
/// Bytes of a zip of one file named `bootstrap` in addition to the deflated ones: the local header, the
/// central directory's header and the end record, with the name in the first two (APPNOTE, section 4.3).
const ZIP_FRAME_LEN: usize = 30 + 46 + 22 + 2 * "bootstrap".len();
/// Bytes of gzip's header, checksum and length (RFC 1952).
const GZIP_FRAME_LEN: usize = 10 + 8;

/// Measures the executable, and the zip that Lambda gets, in bytes.
pub fn sizes(exe: &Path, figures: &mut Figures) {
    figures.set(SIZE, fs::metadata(exe).ok().map(|meta| meta.len() as f64));
    match Command::new("gzip").arg("-9nc").arg(exe).output() {
        Ok(gzip) if gzip.status.success() => {
            let len = gzip.stdout.len() - GZIP_FRAME_LEN + ZIP_FRAME_LEN;
            figures.set(ZIP, Some(len as f64));
        }
        _ => figures.problem("the size of the zip needs the command gzip"),
    }
}

/// Counts the system calls of all threads in a trace. The count up to the first `next` begins after `execve`
/// and includes the call that sends the request.
pub fn system_calls(exe: &Path, work: &Path, effort: Effort, figures: &mut Figures) {
    let count = |n: usize| -> Result<(usize, usize), String> {
        let trace = work.join("strace.txt");
        let mut command = Command::new("strace");
        // `-D` makes strace a background process, so that the function is our own child, which is killed.
        command.args(["-D", "-f", "-qq", "-s", "128", "-e", "signal=none", "-o"]);
        command.arg(&trace).arg(exe);
        let idle = process::run(command, Load::hello(n))?;
        drop(idle);
        let text = settled(&trace);
        let calls = text.lines().filter(|line| {
            // "PID name(arguments) = result". A call that another thread's call interrupts has two lines; the
            // second begins with "<", so it is not counted.
            let call = line
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .trim_start();
            call.starts_with(|c: char| c.is_ascii_lowercase())
        });
        let all = calls.clone().count();
        let first = calls
            .clone()
            .position(|line| line.contains("/invocation/next "));
        // The position counts from 0, so it does not include execve.
        Ok((first.ok_or("no request in the trace")?, all))
    };
    let n = effort.counted_invocations;
    match (count(n), count(2 * n)) {
        (Ok((to_next, once)), Ok((_, twice))) => {
            figures.set(CALLS_START, Some(to_next as f64));
            figures.set(CALLS_WARM, Some((twice as f64 - once as f64) / n as f64));
        }
        (Err(problem), _) | (_, Err(problem)) => {
            figures.problem(&format!("system calls by strace: {problem}"));
        }
    }
}

/// Reads a file that another process is writing, as soon as it has not grown for 50 ms.
fn settled(file: &Path) -> String {
    let mut last = 0;
    loop {
        std::thread::sleep(Duration::from_millis(50));
        let len = fs::metadata(file).map_or(0, |meta| meta.len());
        if len == last {
            return fs::read_to_string(file).unwrap_or_default();
        }
        last = len;
    }
}

/// Counts instructions in user space with callgrind. Those up to the first `next` end where the function
/// waits for an event.
pub fn instructions(exe: &Path, work: &Path, effort: Effort, figures: &mut Figures) {
    let count = |n: usize| -> Result<f64, String> {
        let out = work.join("callgrind.out");
        let _ = fs::remove_file(&out);
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--quiet"]);
        command
            .arg(format!("--callgrind-out-file={}", out.display()))
            .arg(exe);
        process::run(command, Load::hello(n))?.terminate();
        let text = fs::read_to_string(&out).map_err(|e| format!("no result: {e}"))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        total
            .and_then(|total| total.trim().parse().ok())
            .ok_or("no total".into())
    };
    let n = effort.counted_invocations;
    let per = |once: f64, twice: f64| (twice - once) / n as f64;
    match (count(0), count(n), count(2 * n)) {
        (Ok(start), Ok(once), Ok(twice)) => {
            figures.set(INSTRUCTIONS_START, Some(start));
            figures.set(INSTRUCTIONS_WARM, Some(per(once, twice)));
        }
        (Err(problem), ..) | (_, Err(problem), _) | (.., Err(problem)) => {
            figures.problem(&format!("instructions by valgrind: {problem}"));
        }
    }
}

fn with<T>(
    figures: &mut Figures,
    exe: &Path,
    load: Load,
    f: impl FnOnce(&Idle, &mut Figures) -> T,
) {
    match process::run(Command::new(exe), load) {
        Ok(idle) => {
            f(&idle, figures);
        }
        Err(problem) => figures.problem(&problem),
    }
}

/// Measures page faults of the start, memory after many invocations, and memory with large events.
pub fn memory(built: &Built, figures: &mut Figures) {
    with(figures, &built.hello, Load::hello(0), |idle, figures| {
        figures.set(FAULTS, idle.faults());
    });
    let many = Load::hello(RESIDENT_AFTER);
    with(figures, &built.hello, many, |idle, figures| {
        figures.set(RESIDENT, idle.memory_kb("Rss"));
        figures.set(ANONYMOUS, idle.memory_kb("Anonymous"));
        figures.set(THREADS, idle.status("Threads"));
    });
    for (exe, [_, _, peak]) in echoes(built) {
        with(figures, exe, Load::echo(ECHO_LEN, 3), |idle, figures| {
            figures.set(peak, idle.status("VmHWM"));
        });
    }
}

/// Returns the function that echoes JSON and, where the runtime has one, the function that echoes bytes. The
/// keys are those of the rate, the CPU time and the memory.
fn echoes(built: &Built) -> impl Iterator<Item = (&Path, [&'static str; 3])> {
    let text = (built.echo.as_path(), [ECHO, ECHO_CPU, ECHO_PEAK]);
    let bytes = built.echo_bytes.as_deref();
    let bytes = bytes.map(|exe| (exe, [BYTES, BYTES_CPU, BYTES_PEAK]));
    [text].into_iter().chain(bytes)
}

/// Measures one start: CPU time and elapsed time until the first `GET next`.
pub fn start(exe: &Path, round: usize, figures: &mut Figures) {
    with(figures, exe, Load::hello(0), |idle, figures| {
        figures.sample(CPU_START, round, idle.cpu().map(micros));
        figures.sample(TIME_START, round, Some(micros(idle.start)));
    });
}

/// Measures latency and rate in one run of many invocations.
pub fn warm(exe: &Path, round: usize, effort: Effort, figures: &mut Figures) {
    with(
        figures,
        exe,
        Load::hello(effort.warm_invocations),
        |idle, figures| {
            let mut latencies = idle.served.latencies.clone();
            latencies.sort();
            let at = |part: f64| {
                let index = (latencies.len() as f64 * part) as usize;
                latencies.get(index).copied().map(micros)
            };
            figures.sample(P50, round, at(0.50));
            figures.sample(P99, round, at(0.99));
            let rate = latencies.len() as f64 / idle.served.elapsed.as_secs_f64();
            figures.sample(RATE, round, Some(rate));
        },
    );
}

/// Measures one run of the largest events. The rate is megabytes per second in one direction. It includes the
/// server's work, and leaves out the first event, for which buffers grow. The CPU time per event is the
/// function's alone, and includes its start.
pub fn echo(built: &Built, round: usize, effort: Effort, figures: &mut Figures) {
    for (exe, [rate, cpu, _]) in echoes(built) {
        let load = Load::echo(ECHO_LEN, effort.echo_invocations + 1);
        with(figures, exe, load, |idle, figures| {
            let latencies = idle.served.latencies.get(1..).unwrap_or_default();
            let time: Duration = latencies.iter().sum();
            let megabytes = (latencies.len() * ECHO_LEN) as f64 / 1e6;
            figures.sample(rate, round, Some(megabytes / time.as_secs_f64()));
            let n = idle.served.latencies.len() as f64;
            figures.sample(cpu, round, idle.cpu().map(|cpu| micros(cpu) / 1e3 / n));
        });
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
