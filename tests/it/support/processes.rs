//! Signals to processes, and waiting for them.

use std::process::{Child, Command, Output};
use std::sync::mpsc;
use std::thread;

use super::runtime_api::HANG_TIMEOUT;

/// Sends a signal by its name without `SIG`.
pub(crate) fn signal(name: &str, pid: u32) {
    let kill = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// Waits for the end of a process, and kills it after `HANG_TIMEOUT`.
pub(crate) fn wait_for_end(child: Child) -> Output {
    let id = child.id();
    let (ended, has_ended) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let late = has_ended.recv_timeout(HANG_TIMEOUT);
        if late == Err(mpsc::RecvTimeoutError::Timeout) {
            signal("KILL", id);
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    watch.join().unwrap();
    output
}

/// Waits until the state of a process in /proc is `state` (proc(5)).
#[cfg(target_os = "linux")]
pub(crate) fn wait_for_state(pid: u32, state: &str) {
    let limit = std::time::Instant::now() + HANG_TIMEOUT;
    while std::time::Instant::now() < limit {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        if stat.rsplit_once(") ").unwrap().1.starts_with(state) {
            return;
        }
        thread::yield_now();
    }
    panic!("process {pid} did not reach the state {state}");
}

/// Whether a process exists and is not a zombie.
#[cfg(all(feature = "emulator", target_os = "linux"))]
pub(crate) fn is_alive(pid: &str) -> bool {
    // A killed process may be a zombie until its parent has waited for it.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Waits until all processes have ended.
#[cfg(all(feature = "emulator", target_os = "linux"))]
#[track_caller]
pub(crate) fn wait_until_gone(pids: &[&str]) {
    let limit = std::time::Instant::now() + HANG_TIMEOUT;
    while let Some(pid) = pids.iter().find(|pid| is_alive(pid)) {
        assert!(
            std::time::Instant::now() < limit,
            "{pid} of {pids:?} is left behind"
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Whether this process was started with a signal ignored, as `nohup` does. Its children then ignore
/// the signal too, and go on.
#[cfg(all(feature = "emulator", target_os = "linux"))]
pub(crate) fn is_ignored(name: &str) -> bool {
    let number = match name {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        _ => return false,
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    ignored >> (number - 1) & 1 == 1
}
