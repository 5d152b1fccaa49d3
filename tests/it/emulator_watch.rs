//! The local Lambda that builds and starts its function again when a source changes: the command, and `cargo run`.

use std::fs;
use std::io::{BufRead, BufReader, copy, sink};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::emulator_process::{Folder, is_alive, path};

/// A local Lambda that says in its log where it is.
struct Watched {
    child: Child,
    client: Client,
    reading: JoinHandle<()>,
}

impl Watched {
    fn start(command: &mut Command) -> Watched {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let addr: SocketAddr = loop {
            let before = said.len();
            assert_ne!(log.read_line(&mut said).unwrap(), 0, "{said}");
            if let Some((_, rest)) = said[before..].split_once("http://") {
                break rest.split('/').next().unwrap().parse().unwrap();
            }
        };
        Watched {
            child,
            client: Client::connect(addr),
            reading: thread::spawn(move || drop(copy(&mut log, &mut sink()))),
        }
    }

    fn invoke(&mut self, event: &str) -> String {
        let line = "POST /2015-03-31/functions/function/invocations";
        self.client.request(line, "", event.as_bytes()).text()
    }

    /// The first answer that is not `from`. Whoever calls while it is built waits, so that it is
    /// the new one's.
    fn changed(&mut self, event: &str, from: &str) -> String {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            let now = self.invoke(event);
            if now != from {
                return now;
            }
            assert!(Instant::now() < limit, "nothing changed");
        }
    }

    /// Ends it as Ctrl-C does.
    fn interrupt(mut self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(130));
        self.reading.join().unwrap();
    }
}

#[test]
fn a_watched_function_is_built_and_started_again() {
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

#[test]
fn cargo_run_with_watch_builds_again_and_keeps_its_port() {
    let folder = Folder::new("cargo run");
    let manifest = format!(
        "[package]\nname = \"watched\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\ntiny-lambda = {{ path = \"{}\" }}\n",
        env!("CARGO_MANIFEST_DIR"),
    );
    fs::write(folder.0.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir_all(folder.0.join("src")).unwrap();
    let write = |answer: &str| {
        let code = format!(
            "fn main() -> ! {{ tiny_lambda::run(|_: tiny_lambda::json::Value, _| Ok({answer})) }}"
        );
        fs::write(folder.0.join("src/main.rs"), code).unwrap();
    };
    write("1");
    // Where its dependency has been built by the time that this runs again.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("watched");
    let mut watched = Watched::start(
        Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline", "--", "--watch", "--port=0"])
            .current_dir(&folder.0)
            .env("CARGO_TARGET_DIR", &target)
            .env("GREETING", "hello"),
    );
    assert_eq!(watched.invoke("{}"), "1");
    write("std::env::var(\"GREETING\")?");
    assert_eq!(watched.changed("{}", "1"), "\"hello\"");
    write("nothing_of_that_name");
    let broken = watched.changed("{}", "\"hello\"");
    assert!(broken.contains("Runtime.BuildError"), "{broken}");
    assert!(broken.contains("nothing_of_that_name"), "{broken}");
    write("std::process::id().to_string()");
    let id = watched.changed("{}", &broken);
    watched.interrupt();
    assert!(!is_alive(id.trim_matches('"')));
}
