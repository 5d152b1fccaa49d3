//! `--watch`: the function is built and started again when a source changes.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::folder::{Folder, path};
use crate::support::processes::{is_alive, is_ignored, signal, wait_until_gone};
use crate::support::watched::Watched;

#[test]
fn a_watched_function_is_built_again_when_a_source_changes() {
    let folder = Folder::new("watch");
    let source = Folder::inside(&folder, "source");
    fs::write(source.0.join("code"), "good").unwrap();
    let mut watched = Watched::start(
        Command::new(env!("CARGO_BIN_EXE_emulator"))
            .args(["--timeout", "60", "--port", "0", "--watch", path(&source.0)])
            .args(["--build", "grep good code || { echo bad code; exit 1; }"])
            .arg(folder.function()),
    );
    let pid = r#"{"do":"pid"}"#;
    let first = watched.invoke(pid);
    fs::write(source.0.join("code"), "good, too").unwrap();
    let second = watched.changed(pid, &first);
    assert!(second.parse::<u32>().is_ok(), "{second}");
    fs::write(source.0.join("code"), "worse").unwrap();
    let broken = watched.changed(pid, &second);
    assert!(
        broken.contains("Runtime.BuildError") && broken.contains("bad code"),
        "{broken}"
    );
    fs::write(source.0.join("code"), "good again").unwrap();
    let third = watched.changed(pid, &broken);
    assert!(third.parse::<u32>().is_ok(), "{third}");
    watched.interrupt();
    assert!(!is_alive(&third));
}

/// Returns the number of lines of a file.
fn n_lines(folder: &Folder, name: &str) -> usize {
    let text = fs::read_to_string(folder.0.join(name)).unwrap_or_default();
    text.lines().count()
}

fn wait_for_lines(folder: &Folder, name: &str, n: usize) {
    let limit = Instant::now() + Duration::from_secs(60);
    while n_lines(folder, name) < n {
        assert!(Instant::now() < limit, "{name} has no {n} lines");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Returns the command that watches the folder `source`, with a build that adds a line to `builds`.
fn watch_source(folder: &Folder, source: &Folder, build: &str, more: &[&str]) -> Command {
    let build = format!("echo >>'{}'; {build}", path(&folder.0.join("builds")));
    let mut command = Command::new(env!("CARGO_BIN_EXE_emulator"));
    command
        .args(["--timeout", "60", "--port", "0", "--watch", path(&source.0)])
        .args(["--build", &build])
        .args(more)
        .arg(folder.function());
    command
}

#[test]
fn a_change_during_a_build_starts_another_build() {
    let folder = Folder::new("watch saves");
    let source = Folder::inside(&folder, "source");
    let code = source.0.join("code");
    fs::write(&code, "1").unwrap();
    // A build adds this line when it has read the code, so that it has not read what is saved later.
    let builds = |n| wait_for_lines(&folder, "read", n);
    // A change during the first build, before the emulator serves callers, counts too.
    let build = "read -r v <code; echo $v >>../read; \
                 while [ ! -e \"../go $v\" ]; do sleep 0.01; done; [ $v != 4 ]";
    // Replaces the one byte in place: a file that is truncated first is empty for a moment.
    let save = |v: &str| {
        let mut file = fs::OpenOptions::new().write(true).open(&code).unwrap();
        file.write_all(v.as_bytes()).unwrap();
    };
    let go = |v: &str| fs::write(folder.0.join(format!("go {v}")), "").unwrap();
    let mut watched = thread::scope(|scope| {
        scope.spawn(|| {
            builds(1);
            save("2");
            go("1");
            go("2");
        });
        Watched::start(&mut watch_source(&folder, &source, build, &[]))
    });
    builds(2);
    save("3");
    builds(3);
    // Saved as by an editor that writes another file and renames it. This build fails.
    fs::write(source.0.join("code~"), "4").unwrap();
    fs::rename(source.0.join("code~"), &code).unwrap();
    go("3");
    go("4");
    builds(4);
    let broken = watched.invoke("{}");
    assert!(broken.contains("Runtime.BuildError"), "{broken}");
    // A fourth change in a row that a build may have made would count as made by the build. A change
    // counts so until a second after a build.
    thread::sleep(Duration::from_secs(2));
    save("5");
    builds(5);
    go("5");
    let pid = watched.invoke(r#"{"do":"pid"}"#);
    assert!(pid.parse::<u32>().is_ok(), "{pid}");
    thread::sleep(Duration::from_millis(700));
    assert_eq!(n_lines(&folder, "builds"), 5);
    watched.interrupt();
}

#[test]
fn files_that_the_build_or_the_function_writes_do_not_cause_builds_without_end() {
    // The function, the build and the log write to the folder; Git ignores one file.
    thread::scope(|scope| {
        for (name, build, n_max) in [
            ("function", "true", 1 + 2),
            ("build", "echo >>made", 1 + 3),
            ("failing", "echo >>made; false", 1 + 3),
            ("same", "echo the same >made", 1 + 1),
            ("log", "echo build", 1),
            ("pipe", "echo build", 1 + 5),
            ("ignored", "echo >>ignored.txt", 1),
            ("target", "mkdir -p target; echo >>target/made", 1),
        ] {
            scope.spawn(move || check_number_of_builds(name, build, n_max));
        }
    });
}

/// Watches a folder into which `name` writes for some seconds: at most `n_max` builds run.
fn check_number_of_builds(name: &str, build: &str, n_max: usize) {
    let folder = Folder::new(&format!("watch own {name}"));
    let source = Folder::inside(&folder, "source");
    fs::write(source.0.join(".gitignore"), "ignored.*\n").unwrap();
    if name == "failing" {
        // The first build succeeds.
        fs::write(source.0.join("made"), "").unwrap();
    }
    let build = build.replace("; false", "; [ $(wc -l <made) -lt 2 ]");
    let mut command = watch_source(&folder, &source, &build, &[]);
    let mut watched = if name == "log" || name == "pipe" {
        let log = source.0.join("log");
        let mut reader = None;
        if name == "log" {
            let log = fs::File::create(log).unwrap();
            command.stdout(log.try_clone().unwrap()).stderr(log);
        } else {
            // The reader writes the log a little later, as tee(1) may.
            let script = "while read -r line; do sleep 0.05; echo \"$line\" >>\"$0\"; done";
            let mut shell = Command::new("sh");
            shell.args(["-c", script]).arg(log);
            let shell = reader.insert(shell.stdin(Stdio::piped()).spawn().unwrap());
            command.stderr(shell.stdin.take().unwrap());
        }
        let mut child = command.spawn().unwrap();
        thread::sleep(Duration::from_secs(if name == "pipe" { 5 } else { 2 }));
        signal("INT", child.id());
        child.wait().unwrap();
        // `command` holds the other end of the pipe.
        drop(command);
        if let Some(mut reader) = reader {
            reader.wait().unwrap();
        }
        let n = n_lines(&folder, "builds");
        assert!((1..=n_max).contains(&n), "{name}: {n} builds");
        return;
    } else {
        Watched::start(&mut command)
    };
    let limit = Instant::now() + Duration::from_secs(2);
    while Instant::now() < limit {
        if name == "function" {
            let to = source.0.join("written");
            watched.invoke(&format!(r#"{{"do":"write","to":"{}"}}"#, path(&to)));
        }
        thread::sleep(Duration::from_millis(50));
    }
    let n = n_lines(&folder, "builds");
    assert!(n <= n_max, "{name}: {n} builds");
    watched.interrupt();
}

#[test]
fn a_build_ends_with_the_command_whichever_signal_ends_it() {
    for name in ["INT", "TERM", "HUP", "QUIT", "KILL"] {
        if is_ignored(name) {
            continue;
        }
        let folder = Folder::new(&format!("watch build {name}"));
        let source = Folder::inside(&folder, "source");
        let build = "sleep 1000 & echo $$ >../pids; echo $! >>../pids; wait";
        let mut child = watch_source(&folder, &source, build, &[])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for_lines(&folder, "pids", 2);
        let pids = fs::read_to_string(folder.0.join("pids")).unwrap();
        let pids: Vec<&str> = pids.lines().collect();
        assert!(pids.iter().all(|pid| is_alive(pid)));
        signal(name, child.id());
        child.wait().unwrap();
        wait_until_gone(&pids);
    }
}
