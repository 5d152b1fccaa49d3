//! Watching a folder: when a file in it changes the function is built again, and its processes are replaced.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::environment::Environment;
use super::function::Function;

/// How often the folder is looked at.
const INTERVAL: Duration = Duration::from_millis(250);
/// How deep: a folder that contains itself through a link has an end.
const DEPTH_MAX: u32 = 32;
/// How much of a failed build's output callers get: its end.
const TEXT_LEN_MAX: usize = 16 * 1024;

/// What is watched, and what is done about it.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) folder: PathBuf,
    /// A shell command that builds the function; `None`: it is only started again.
    pub(super) build: Option<String>,
}

/// The thread that watches; dropping it ends it.
#[derive(Debug)]
pub(super) struct Watcher {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Watch {
    /// Builds the function; an error is what the build has written.
    pub(super) fn build(&self) -> Result<(), String> {
        let Some(build) = &self.build else {
            return Ok(());
        };
        let output = Command::new("sh")
            .arg("-c")
            .arg(build)
            .current_dir(&self.folder)
            .output();
        let output = output.map_err(|error| format!("{build}: {error}"))?;
        let text = [output.stdout, output.stderr].concat();
        let _ = io::stderr().lock().write_all(&text);
        if output.status.success() {
            return Ok(());
        }
        let start = text.len().saturating_sub(TEXT_LEN_MAX);
        Err(String::from_utf8_lossy(text.get(start..).unwrap_or_default()).into_owned())
    }

    /// Watches from now on. While it is built invocations wait; what they get if that fails is an
    /// error with the build's output.
    pub(super) fn start(
        self,
        function: Arc<Function>,
        environments: Vec<Arc<Environment>>,
    ) -> io::Result<Watcher> {
        let (stop, stopped) = channel();
        let watch = move || {
            let mut seen = fingerprint(&self.folder, DEPTH_MAX);
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let now = fingerprint(&self.folder, DEPTH_MAX);
                if now == seen {
                    continue;
                }
                function.pause();
                let broken = self.build().err();
                if broken.is_none() {
                    for environment in &environments {
                        environment.replace();
                    }
                }
                // What the build itself has written into the folder is no change.
                seen = fingerprint(&self.folder, DEPTH_MAX);
                let result = if broken.is_none() {
                    "started again"
                } else {
                    "the build failed"
                };
                eprintln!("{} has changed: {result}", self.folder.display());
                function.resume(broken);
            }
        };
        let thread = thread::Builder::new()
            .name("emulator watch folder".to_owned())
            .spawn(watch)?;
        Ok(Watcher {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// A number that changes with the files below `folder`: their names, lengths and times. Hidden
/// ones do not count, and neither does what cargo builds.
fn fingerprint(folder: &Path, depth: u32) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let mut sum = 0_u64;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") || name == "target" {
            continue;
        }
        let Ok(metadata) = fs::metadata(entry.path()) else {
            continue;
        };
        let mut hasher = DefaultHasher::new();
        entry.path().hash(&mut hasher);
        if metadata.is_dir() {
            if let Some(depth) = depth.checked_sub(1) {
                fingerprint(&entry.path(), depth).hash(&mut hasher);
            }
        } else {
            metadata.len().hash(&mut hasher);
            metadata.modified().ok().hash(&mut hasher);
        }
        // Folders list their entries in any order.
        sum = sum.wrapping_add(hasher.finish());
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_changes_with_the_files_that_count() {
        let folder = std::env::temp_dir().join(format!("tiny-lambda-watch-{}", std::process::id()));
        fs::create_dir_all(folder.join("src")).unwrap();
        let mut seen = fingerprint(&folder, DEPTH_MAX);
        let mut changes = |what: &str, does: bool| {
            let now = fingerprint(&folder, DEPTH_MAX);
            assert_eq!(now != seen, does, "{what}");
            seen = now;
        };
        changes("nothing", false);
        fs::write(folder.join("src/a.rs"), "1").unwrap();
        changes("a new file", true);
        fs::write(folder.join("src/a.rs"), "12").unwrap();
        changes("a longer file", true);
        fs::write(folder.join(".hidden"), "1").unwrap();
        changes("a hidden file", false);
        fs::create_dir_all(folder.join("target/debug")).unwrap();
        fs::write(folder.join("target/debug/x"), "1").unwrap();
        changes("a built file", false);
        fs::rename(folder.join("src/a.rs"), folder.join("src/b.rs")).unwrap();
        changes("a new name", true);
        fs::remove_file(folder.join("src/b.rs")).unwrap();
        changes("a file less", true);
        fs::remove_dir_all(&folder).unwrap();
    }
}
