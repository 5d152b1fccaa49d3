//! A local Lambda that builds its function again when a source changes.

use std::io::{BufRead, BufReader, copy, sink};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::client::Client;

/// A local Lambda whose log has its address.
pub(crate) struct Watched {
    pub(crate) child: Child,
    client: Client,
    reading: JoinHandle<()>,
}

impl Watched {
    pub(crate) fn start(command: &mut Command) -> Watched {
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

    pub(crate) fn invoke(&mut self, event: &str) -> String {
        let line = "POST /2015-03-31/functions/function/invocations";
        self.client.request(line, "", event.as_bytes()).text()
    }

    /// Invokes the function until the response is not `from`. A call waits while the function is built,
    /// so the new function gives the response.
    pub(crate) fn changed(&mut self, event: &str, from: &str) -> String {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            let now = self.invoke(event);
            if now != from {
                return now;
            }
            assert!(Instant::now() < limit, "nothing changed");
        }
    }

    /// Ends the local Lambda as Ctrl-C does.
    pub(crate) fn interrupt(mut self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(130));
        self.reading.join().unwrap();
    }
}
