//! A function as a process: started with a Runtime API, alone or under a tool, and measured while it is idle.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::server::{Load, Served, Server};

/// Longest wait for a function to serve its load, also under a tool that slows it down.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A function that has served its load and waits for another event.
pub struct Idle {
    pub served: Served,
    /// Time from before the process was started to its first `GET next`.
    pub start: Duration,
    child: Child,
    _api: Server,
}

/// Starts `command`, which is the function or a tool that runs it, and waits until the function is idle.
pub fn run(mut command: Command, load: Load) -> Result<Idle, String> {
    let stderr = std::env::temp_dir().join(format!("bench-{}.stderr", std::process::id()));
    let api = Server::start(load).map_err(|e| format!("no server: {e}"))?;
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.addr().to_string())
        // Lambda sets these too, and some runtimes need them.
        .envs([
            ("AWS_LAMBDA_FUNCTION_NAME", "hello"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/hello"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/22/[$LATEST]0"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("LAMBDA_TASK_ROOT", "/var/task"),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("_HANDLER", "bootstrap"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&stderr).map_err(|e| format!("{}: {e}", stderr.display()))?);
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|e| format!("does not start: {e}"))?;
    let served = loop {
        match api.wait_idle(Duration::from_millis(200)) {
            Some(served) => break served,
            None if begun.elapsed() > TIMEOUT => break Err("timed out".into()),
            None => {
                if let Ok(Some(status)) = child.try_wait() {
                    break Err(format!("ended early: {status}"));
                }
            }
        }
    };
    let said = fs::read_to_string(&stderr).unwrap_or_default();
    let _ = fs::remove_file(&stderr);
    match served {
        Ok(served) => Ok(Idle {
            start: served.first_next - begun,
            served,
            child,
            _api: api,
        }),
        Err(problem) => {
            let _ = child.kill();
            let _ = child.wait();
            let last = said.lines().last().unwrap_or_default();
            Err(format!("{problem} {last}"))
        }
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Idle {
    /// Sends SIGTERM, so that a tool can write its results, and waits until the process has ended.
    pub fn terminate(mut self) {
        // `cpu` returns when all threads sleep, so the instructions up to that point are always counted.
        let _ = self.cpu();
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns the number of page faults so far (proc(5): `minflt` and `majflt`).
    pub fn faults(&self) -> Option<f64> {
        let stat = self.read("stat")?;
        // The name before these fields is in brackets and may contain any byte.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let minor: f64 = fields.get(7)?.parse().ok()?;
        let major: f64 = fields.get(9)?.parse().ok()?;
        Some(minor + major)
    }

    /// Returns `field` of the sum over all mappings in kilobytes (proc(5): `smaps_rollup`). It is exact,
    /// while the figures of `status` are updated late.
    pub fn memory_kb(&self, field: &str) -> Option<f64> {
        field_of(&self.read("smaps_rollup")?, field)
    }

    /// Returns a number in `status` (proc(5)).
    pub fn status(&self, field: &str) -> Option<f64> {
        field_of(&self.read("status")?, field)
    }

    /// Waits until all threads sleep, and returns their CPU time so far (proc(5), `schedstat`).
    pub fn cpu(&self) -> Option<Duration> {
        let tasks = Path::new("/proc")
            .join(self.child.id().to_string())
            .join("task");
        let begun = Instant::now();
        let mut last = None;
        while begun.elapsed() < Duration::from_millis(500) {
            let (mut nanos, mut all_sleep) = (0, true);
            for task in fs::read_dir(&tasks).ok()?.flatten() {
                let stat = fs::read_to_string(task.path().join("stat")).ok()?;
                all_sleep &= stat.rsplit(')').next()?.trim_start().starts_with('S');
                let schedstat = fs::read_to_string(task.path().join("schedstat")).ok()?;
                nanos += schedstat.split(' ').next()?.parse::<u64>().ok()?;
            }
            if all_sleep && last == Some(nanos) {
                return Some(Duration::from_nanos(nanos)).filter(|cpu| !cpu.is_zero());
            }
            last = Some(nanos);
            thread::sleep(Duration::from_micros(200));
        }
        None
    }

    fn read(&self, file: &str) -> Option<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).ok()
    }
}

fn field_of(text: &str, field: &str) -> Option<f64> {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    value.split_whitespace().next()?.parse().ok()
}
