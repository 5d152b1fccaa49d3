//! Subsegments of X-Ray: which datagrams a process sends to its daemon.

use std::net::UdpSocket;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tiny_lambda::emulator::{Emulator, InvokeRequest, Settings};
use tiny_lambda::json::{self, Value};
use tiny_lambda::xray::{self, Trace};
use tiny_lambda::{Context, Error};

use crate::support::folder::Folder;
use crate::support::runtime_api::HANG_TIMEOUT;

/// Not a test, but the function that tests start: makes the subsegments that its event names.
#[test]
#[ignore = "is a function, started by other tests"]
fn the_function() {
    static N_HERE: Mutex<u32> = Mutex::new(0);
    static ARRIVED: Condvar = Condvar::new();

    tiny_lambda::run(|event: String, cx: &Context| {
        match event.as_str() {
            "one" => xray::subsegment("one", || ()),
            "nested" => xray::subsegment("outer", || xray::subsegment("inner", || ())),
            "panic" => xray::subsegment("outer", || {
                xray::subsegment_with("inner", |it| {
                    it.annotation("seen", true);
                    panic!("test");
                });
            }),
            "error" => xray::try_subsegment("one", |_| Err(Error::new("NoStock", "sold out")))?,
            "thread" => xray::subsegment("outer", || {
                let trace = Trace::current();
                thread::scope(|scope| {
                    scope.spawn(|| {
                        trace.subsegment("inner", || xray::subsegment("innermost", || ()));
                    });
                });
            }),
            "context" => thread::scope(|scope| {
                scope.spawn(|| Trace::of(cx).subsegment("one", || ()));
            }),
            // Two invocations are within their subsegments at the same time.
            "meet" => xray::subsegment("outer", || {
                let mut n_here = N_HERE.lock().unwrap();
                *n_here += 1;
                ARRIVED.notify_all();
                let both = ARRIVED.wait_timeout_while(n_here, HANG_TIMEOUT, |n| *n < 2);
                drop(both.unwrap());
                xray::subsegment("inner", || ());
            }),
            _ => return Err(Error::msg("unknown event")),
        }
        Ok(())
    });
}

/// An X-Ray daemon, and an emulator whose function sends to it.
struct Traced {
    daemon: UdpSocket,
    emulator: Emulator,
    _folder: Folder,
}

impl Traced {
    fn new(name: &str, concurrency: Option<u32>) -> Traced {
        let daemon = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        let addr = daemon.local_addr().unwrap().to_string();
        Traced::with_addr(name, concurrency, daemon, Some(&addr))
    }

    fn with_addr(
        name: &str,
        concurrency: Option<u32>,
        daemon: UdpSocket,
        addr: Option<&str>,
    ) -> Traced {
        daemon.set_read_timeout(Some(HANG_TIMEOUT)).unwrap();
        let folder = Folder::new(name);
        let this = std::env::current_exe().unwrap();
        let mut settings = Settings::default();
        settings.bootstrap = Some(folder.script(&format!(
            "exec '{}' --ignored --exact runtime::tracing::the_function --nocapture",
            this.display()
        )));
        settings.timeout = Duration::from_secs(60);
        settings.concurrency = concurrency;
        let addr = addr.map(|addr| ("AWS_XRAY_DAEMON_ADDRESS".to_owned(), addr.to_owned()));
        settings.env.extend(addr);
        Traced {
            daemon,
            emulator: Emulator::start_with(settings).unwrap(),
            _folder: folder,
        }
    }

    /// Invokes the function. Returns the message of its error.
    fn invoke(&self, event: &str, trace_id: &str) -> Option<String> {
        let request = InvokeRequest::new(format!("{event:?}")).with_xray_trace_id(trace_id);
        self.emulator.invoke(request).unwrap().error_message()
    }

    /// Receives a subsegment.
    fn receive(&self) -> Subsegment {
        let mut datagram = vec![0; 65_536];
        let len = self.daemon.recv(&mut datagram).unwrap();
        let text = std::str::from_utf8(&datagram[..len]).unwrap();
        let (header, document) = text.split_once('\n').unwrap();
        assert_eq!(header, r#"{"format":"json","version":1}"#);
        Subsegment(json::parse(document.as_bytes()).unwrap())
    }
}

struct Subsegment(Value);

impl Subsegment {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).unwrap().as_str().unwrap()
    }

    /// Checks its name, trace and parent. Returns its ID.
    #[track_caller]
    fn check(&self, name: &str, root: &str, parent_id: &str) -> &str {
        let names = ["type", "name", "trace_id", "parent_id"];
        let got = names.map(|name| self.text(name));
        assert_eq!(got, ["subsegment", name, root, parent_id]);
        let time = |name| self.0.get(name).unwrap().as_f64().unwrap();
        assert!(time("start_time") > 1.7e9 && time("end_time") >= time("start_time"));
        let id = self.text("id");
        assert_eq!(id.len(), 16);
        assert!(id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        id
    }
}

const ROOTS: [&str; 2] = [
    "1-5759e988-bd862e3fe1be46a994272793",
    "1-67891233-abcdef012345678912345678",
];
const PARENTS: [&str; 2] = ["53995c3f42cd8ad8", "0123456789abcdef"];

fn header(index: usize) -> String {
    format!("Root={};Parent={};Sampled=1", ROOTS[index], PARENTS[index])
}

#[test]
fn each_invocation_has_its_own_trace() {
    let traced = Traced::new("traces", None);
    for index in [0, 1, 0] {
        let header = header(index)
            + if index == 0 {
                ";Lineage=1:a5d2c1f5:0"
            } else {
                ""
            };
        assert_eq!(traced.invoke("one", &header), None);
        traced.receive().check("one", ROOTS[index], PARENTS[index]);
    }
}

#[test]
fn an_inner_subsegment_is_sent_first_and_names_the_outer_one() {
    let traced = Traced::new("nested traces", None);
    assert_eq!(traced.invoke("nested", &header(0)), None);
    let (inner, outer) = (traced.receive(), traced.receive());
    let outer_id = outer.check("outer", ROOTS[0], PARENTS[0]);
    assert_ne!(inner.check("inner", ROOTS[0], outer_id), outer_id);
    assert_eq!(outer.0.get("fault"), None);
}

#[test]
fn subsegments_of_other_threads_are_nested_too() {
    let traced = Traced::new("traces of threads", None);
    assert_eq!(traced.invoke("thread", &header(0)), None);
    let [innermost, inner, outer] = [(); 3].map(|()| traced.receive());
    let outer_id = outer.check("outer", ROOTS[0], PARENTS[0]);
    let inner_id = inner.check("inner", ROOTS[0], outer_id);
    innermost.check("innermost", ROOTS[0], inner_id);
    assert_eq!(traced.invoke("context", &header(1)), None);
    traced.receive().check("one", ROOTS[1], PARENTS[1]);
}

#[test]
fn only_sampled_traces_with_root_and_parent_are_sent() {
    let traced = Traced::new("unsampled traces", None);
    let sampled = header(0);
    let (_, parent) = sampled.split_once(';').unwrap();
    let root = sampled.replace(&format!("Parent={};", PARENTS[0]), "");
    for header in [
        &sampled.replace("Sampled=1", "Sampled=0"),
        &sampled.replace(";Sampled=1", ""),
        parent,
        &root,
        "Root=1-x;Parent=y;Sampled=1",
        "nonsense",
    ] {
        assert_eq!(traced.invoke("nested", header), None);
    }
    // Without a header the emulator makes one that is not sampled.
    assert_eq!(traced.emulator.invoke("\"one\"").unwrap().text(), "null");
    // The first datagram that arrives.
    assert_eq!(traced.invoke("one", &header(1)), None);
    traced.receive().check("one", ROOTS[1], PARENTS[1]);
}

#[test]
fn an_error_is_a_fault_with_a_cause() {
    let traced = Traced::new("traces of errors", None);
    let message = traced.invoke("error", &header(0));
    assert_eq!(message.as_deref(), Some("sold out"));
    let one = traced.receive();
    one.check("one", ROOTS[0], PARENTS[0]);
    assert_eq!(one.0.get("fault"), Some(&true.into()));
    let exception = one.0.pointer("/cause/exceptions/0").unwrap();
    assert_eq!(exception.get("type"), Some(&"NoStock".into()));
    assert_eq!(exception.get("message"), Some(&"sold out".into()));
}

#[test]
fn a_panic_that_unwinds_is_a_fault() {
    let traced = Traced::new("traces of panics", None);
    assert!(traced.invoke("panic", &header(0)).is_some());
    let (inner, outer) = (traced.receive(), traced.receive());
    let outer_id = outer.check("outer", ROOTS[0], PARENTS[0]);
    inner.check("inner", ROOTS[0], outer_id);
    assert_eq!(inner.0.pointer("/annotations/seen"), Some(&true.into()));
    for it in [&inner, &outer] {
        assert_eq!(it.0.get("fault"), Some(&true.into()));
    }
    // The subsegments of the panic have ended.
    assert_eq!(traced.invoke("one", &header(1)), None);
    let one = traced.receive();
    one.check("one", ROOTS[1], PARENTS[1]);
    assert_eq!(one.0.get("fault"), None);
}

#[test]
fn two_invocations_at_once_have_their_own_traces() {
    let traced = Traced::new("traces at once", Some(2));
    thread::scope(|scope| {
        let invocations = [0, 1].map(|index| {
            let traced = &traced;
            scope.spawn(move || traced.invoke("meet", &header(index)))
        });
        for invocation in invocations {
            assert_eq!(invocation.join().unwrap(), None);
        }
    });
    let all = [(); 4].map(|()| traced.receive());
    for (root, parent) in ROOTS.into_iter().zip(PARENTS) {
        let find = |name| {
            let is_it = |it: &&Subsegment| it.text("name") == name && it.text("trace_id") == root;
            all.iter().find(is_it).unwrap()
        };
        let outer_id = find("outer").check("outer", root, parent);
        find("inner").check("inner", root, outer_id);
    }
}

#[test]
fn a_daemon_that_is_not_there_changes_nothing() {
    let socket = || UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let closed = socket().local_addr().unwrap().to_string();
    for addr in [
        None,
        Some(""),
        Some(closed.as_str()),
        Some("127.0.0.1"),
        Some("127.0.0.1:65536"),
        Some("xray.invalid:2000"),
        Some("tcp:127.0.0.1:2000"),
        Some("\u{e9}"),
        // No route, or a broadcast without permission: an error of the socket.
        Some("255.255.255.255:2000"),
    ] {
        let traced = Traced::with_addr("no daemon", None, socket(), addr);
        for event in ["nested", "thread", "nested"] {
            assert_eq!(traced.invoke(event, &header(0)), None, "{addr:?}");
        }
    }
}

#[test]
fn the_address_may_name_udp_and_tcp() {
    let daemon = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let addr = daemon.local_addr().unwrap();
    let addr = format!("tcp:127.0.0.1:1 udp:{addr}");
    let traced = Traced::with_addr("two addresses", None, daemon, Some(&addr));
    assert_eq!(traced.invoke("one", &header(0)), None);
    traced.receive().check("one", ROOTS[0], PARENTS[0]);
}
