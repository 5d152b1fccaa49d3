//! Signals to processes, and waiting for them.

use std::process::{Child, Command, Output};
use std::sync::mpsc;
use std::thread;
#[cfg(target_os = "linux")]
use std::{
    fs,
    time::{Duration, Instant},
};

use super::runtime_api::PATIENCE;

/// Sends a signal by its name without `SIG`.
pub(crate) fn signal(name: &str, pid: u32) {
    let kill = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// Waits for the end of a process; one that does not come is a failure.
pub(crate) fn ends(child: Child) -> Output {
    let id = child.id();
    let (ended, has_ended) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let late = has_ended.recv_timeout(PATIENCE);
        if late == Err(mpsc::RecvTimeoutError::Timeout) {
            signal("KILL", id);
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    watch.join().unwrap();
    output
}

/// Reads the state of a process until it is that.
#[cfg(target_os = "linux")]
pub(crate) fn becomes(pid: u32, state: &str) {
    let limit = std::time::Instant::now() + PATIENCE;
    while std::time::Instant::now() < limit {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        if stat.rsplit_once(") ").unwrap().1.starts_with(state) {
            return;
        }
        thread::yield_now();
    }
    panic!("process {pid} never came to be {state}");
}

/// Whether a process exists and is no zombie.
#[cfg(target_os = "linux")]
pub(crate) fn is_alive(pid: &str) -> bool {
    // A process that has been killed may be a zombie for whoever adopts it.
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Waits until none of the processes is left.
#[cfg(target_os = "linux")]
#[track_caller]
pub(crate) fn all_end(pids: &[&str]) {
    let limit = Instant::now() + PATIENCE;
    while let Some(pid) = pids.iter().find(|pid| is_alive(pid)) {
        assert!(Instant::now() < limit, "{pid} of {pids:?} is left behind");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether this process was started with a signal ignored, as `nohup` does. Its children then ignore
/// the signal too, and go on.
#[cfg(target_os = "linux")]
pub(crate) fn is_ignored(name: &str) -> bool {
    let number = match name {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        _ => return false,
    };
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    ignored >> (number - 1) & 1 == 1
}
