//! Counts system calls and instructions for the architecture that this machine does not have, with qemu.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Command;

use crate::measure::{
    CALLS_START, CALLS_WARM, Effort, Figures, INSTRUCTIONS_START, INSTRUCTIONS_WARM,
};
use crate::process;
use crate::server::Load;

/// Counts the system calls and instructions of a function in qemu's traces.
pub fn measure(exe: &Path, qemu: &str, work: &Path, effort: Effort, figures: &mut Figures) {
    let log = work.join("qemu.log");
    let traced = |options: &[&str], n: usize, line: &mut dyn FnMut(&str)| -> Result<(), String> {
        let mut command = Command::new(qemu);
        command.args(options).arg("-D").arg(&log).arg(exe);
        process::run(command, Load::hello(n))?.terminate();
        let file = File::open(&log).map_err(|e| format!("no trace: {e}"))?;
        for text in BufReader::new(file).lines() {
            line(&text.map_err(|e| format!("no trace: {e}"))?);
        }
        fs::remove_file(&log).map_err(|e| e.to_string())
    };
    let help = Command::new(qemu).arg("-help").output();
    let help = help.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let Ok(help) = help else {
        figures.problem(&format!("system calls and instructions need {qemu}"));
        return;
    };
    // The option was renamed in qemu 8.1.
    let one_by_one = if help.contains("one-insn-per-tb") {
        "-one-insn-per-tb"
    } else {
        "-singlestep"
    };
    let instructions = |n: usize| {
        let mut count = 0;
        traced(&[one_by_one, "-d", "exec,nochain"], n, &mut |line| {
            count += u32::from(line.starts_with("Trace "));
        })?;
        Ok::<_, String>(f64::from(count))
    };
    let calls = |n: usize| {
        let (mut count, mut to_next, mut sockets) = (0_u32, None, Vec::new());
        traced(&["-strace"], n, &mut |line| {
            // "PID name(arguments) = result"
            let Some((name, rest)) = line.split_once('(') else {
                return;
            };
            let Some((pid, name)) = name.split_once(' ') else {
                return;
            };
            if pid.parse::<u32>().is_err() {
                return;
            }
            count += 1;
            if name == "socket" {
                sockets.extend(line.rsplit("= ").next().map(str::to_owned));
            }
            let is_send = ["sendto", "sendmsg", "write", "writev"].contains(&name);
            let fd = rest.split([',', ')']).next().unwrap_or_default();
            if is_send && to_next.is_none() && sockets.iter().any(|socket| socket == fd) {
                to_next = Some(count);
            }
        })?;
        let to_next = to_next.ok_or("no request in the trace")?;
        Ok::<_, String>((f64::from(to_next), f64::from(count)))
    };
    let n = effort.emulated_invocations;
    let all = || -> Result<[f64; 4], String> {
        let (to_next, calls_once) = calls(n)?;
        let (_, calls_twice) = calls(2 * n)?;
        let (start, once, twice) = (instructions(0)?, instructions(n)?, instructions(2 * n)?);
        let per = |once: f64, twice: f64| (twice - once) / n as f64;
        Ok([
            to_next,
            per(calls_once, calls_twice),
            start,
            per(once, twice),
        ])
    };
    match all() {
        Ok(values) => {
            let keys = [
                CALLS_START,
                CALLS_WARM,
                INSTRUCTIONS_START,
                INSTRUCTIONS_WARM,
            ];
            for (key, value) in keys.into_iter().zip(values) {
                figures.set(key, Some(value));
            }
        }
        Err(problem) => figures.problem(&format!("under {qemu}: {problem}")),
    }
}
