//! Signals to processes, and waiting for them.

use std::process::{Child, Command, Output};
use std::sync::mpsc;
use std::thread;

use super::runtime_api::HANG_TIMEOUT;

/// Sends a signal by its name without `SIG`.
#[cfg(unix)]
pub(crate) fn signal(name: &str, pid: u32) {
    let kill = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// Ends a process. Windows has no other signal than `KILL`.
#[cfg(windows)]
pub(crate) fn signal(name: &str, pid: u32) {
    assert_eq!(name, "KILL");
    let mut kill = Command::new("taskkill");
    kill.args(["/F", "/PID", &pid.to_string()]);
    assert!(kill.status().unwrap().success());
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

/// Returns the state of a process, such as `T`, and what follows it; `None` if there is no such process.
#[cfg(target_os = "linux")]
fn state(pid: &str) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(") ")?.1.to_owned())
}

#[cfg(all(unix, not(target_os = "linux")))]
fn state(pid: &str) -> Option<String> {
    let output = Command::new("ps")
        .args(["-o", "state=", "-p", pid])
        .output();
    let state = String::from_utf8(output.unwrap().stdout).unwrap();
    Some(state.trim().to_owned()).filter(|state| !state.is_empty())
}

/// Waits until the state of a process is `wanted` (proc(5), ps(1)).
#[cfg(unix)]
pub(crate) fn wait_for_state(pid: u32, wanted: &str) {
    let limit = std::time::Instant::now() + HANG_TIMEOUT;
    while std::time::Instant::now() < limit {
        if state(&pid.to_string()).unwrap().starts_with(wanted) {
            return;
        }
        thread::yield_now();
    }
    panic!("process {pid} did not reach the state {wanted}");
}

/// Whether a process exists and is not a zombie.
#[cfg(all(feature = "emulator", unix))]
pub(crate) fn is_alive(pid: &str) -> bool {
    // A killed process may be a zombie until its parent has waited for it.
    state(pid).is_some_and(|state| !state.starts_with('Z'))
}

/// Waits until all processes have ended.
#[cfg(all(feature = "emulator", unix))]
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
#[cfg(all(feature = "emulator", unix))]
pub(crate) fn is_ignored(name: &str) -> bool {
    let number = match name {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        _ => return false,
    };
    // Only Linux has this file.
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return false;
    };
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    ignored >> (number - 1) & 1 == 1
}
