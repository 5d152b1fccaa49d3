//! The X-Ray daemon: receives subsegments over UDP, and returns those of an invocation as a tree.
//!
//! Sources: the README of the repository aws/aws-xray-daemon for the datagrams; AWS X-Ray Developer Guide, "AWS X-Ray
//! segment documents".

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::mem;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::emulator::report::ms;
use crate::emulator::server::lock;
use crate::emulator::services::metrics::one_line;
use crate::json::{self, Object, Value};
use crate::sys;

/// Most documents of an invocation, and their length in bytes. The rest is counted.
const DOCUMENTS_MAX: usize = 10_000;
const DOCUMENTS_LEN_MAX: usize = 4 * 1024 * 1024;
/// Most bytes of datagrams that are kept until an invocation begins or ends, which is when they are read.
const PENDING_LEN_MAX: usize = 2 * DOCUMENTS_LEN_MAX;
/// The deepest tree, in levels. Trees are read by recursion, so deeper subsegments begin trees of their own.
const DEPTH_MAX: usize = 200;
/// The number of problems that are kept at most until the next invocation ends.
const PROBLEMS_MAX: usize = 10;
/// Longest datagram over UDP and IPv4 (RFC 768, RFC 791).
const DATAGRAM_LEN_MAX: usize = 65_507;
/// Bytes of datagrams that the kernel is asked to keep until they are read. It keeps some hundred by default.
const RECEIVE_BUFFER_LEN: u32 = 8 * 1024 * 1024;
/// How long the listener may take to read what it has received. It is only reached if the machine hangs.
const FLUSH_PAUSE: Duration = Duration::from_millis(100);
const FLUSHES_MAX: u32 = 20;

/// A part of the work of an invocation that the function has reported to X-Ray, with the parts that it contains.
///
/// ```
/// use tiny_lambda::emulator::InvokeResponse;
///
/// fn check(response: &InvokeResponse) {
///     let subsegments = response.subsegments();
///     let [order] = subsegments.as_slice() else { panic!("{subsegments:?}") };
///     assert_eq!(order.name, "order");
///     let write = order.find("DynamoDB").expect("a write");
///     assert!(!write.is_fault && write.annotations.contains_key("table"));
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Subsegment {
    /// The name.
    pub name: String,
    /// The ID: 16 hexadecimal digits.
    pub id: String,
    /// The ID of the subsegment that contains this one, or of the function's segment; `None` if none was sent.
    pub parent_id: Option<String>,
    /// The trace, such as `1-5e6722a7-cc56xmpl46db7ae02d4da47e`.
    pub trace_id: String,
    /// `aws` or `remote` for a call; `None` otherwise.
    pub namespace: Option<String>,
    /// How long it took; `None` if the function has not reported its end.
    pub duration: Option<Duration>,
    /// Whether it has failed by a mistake of the caller, as with HTTP's 4xx.
    pub is_error: bool,
    /// Whether it has failed otherwise, as with HTTP's 5xx.
    pub is_fault: bool,
    /// Whether it was throttled, as with HTTP's 429.
    pub is_throttle: bool,
    /// The annotations, by which X-Ray finds traces.
    pub annotations: Object,
    /// The whole document, without the subsegments in it.
    pub document: Object,
    /// The subsegments that it contains, in the order of their start.
    pub subsegments: Vec<Subsegment>,
    start_time: f64,
}

impl Subsegment {
    /// Returns the first subsegment of that name in this one, at any depth.
    ///
    /// ```
    /// # fn f(order: &tiny_lambda::emulator::Subsegment) {
    /// assert!(order.find("DynamoDB").is_some());
    /// # }
    /// ```
    pub fn find(&self, name: &str) -> Option<&Subsegment> {
        self.subsegments.iter().find_map(|inner| match inner {
            inner if inner.name == name => Some(inner),
            inner => inner.find(name),
        })
    }
}

/// Receives datagrams on a thread until it is dropped.
#[derive(Debug)]
pub(crate) struct XRayListener {
    addr: SocketAddr,
    shared: Arc<Shared>,
    /// Sends empty datagrams to the listener, which mark a point in the order of all datagrams.
    marker: UdpSocket,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    socket: UdpSocket,
    marker_addr: SocketAddr,
    state: Mutex<State>,
    /// A marker has arrived.
    marked: Condvar,
}

#[derive(Debug, Default)]
struct State {
    traces: Vec<TraceLog>,
    /// Datagrams in the order of their arrival. To read them at once would take longer than a function takes to send
    /// them, and the system drops datagrams that wait for too long.
    pending: Vec<Vec<u8>>,
    pending_len: usize,
    /// Problems with datagrams that belong to no invocation, and how many more there were.
    problems: Vec<String>,
    n_more_problems: usize,
    n_markers: u64,
    /// How many datagrams the kernel had dropped when the last invocation ended.
    n_lost: u64,
    is_stopped: bool,
}

/// The documents of an invocation.
#[derive(Debug)]
struct TraceLog {
    request_id: String,
    root: String,
    documents: Vec<Object>,
    len: usize,
    n_dropped: usize,
}

/// What the function has sent during an invocation.
#[derive(Debug, Default)]
pub(crate) struct Traced {
    pub(crate) subsegments: Vec<Subsegment>,
    /// Sentences about datagrams that were ignored.
    pub(crate) problems: Vec<String>,
}

impl XRayListener {
    pub(crate) fn start() -> io::Result<XRayListener> {
        let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let (socket, marker) = (bind()?, bind()?);
        sys::enlarge_receive_buffer(&socket, RECEIVE_BUFFER_LEN);
        let addr = socket.local_addr()?;
        let shared = Arc::new(Shared {
            socket,
            marker_addr: marker.local_addr()?,
            state: Mutex::default(),
            marked: Condvar::new(),
        });
        let receiver = Arc::clone(&shared);
        let thread = thread::Builder::new().name("emulator X-Ray".to_owned());
        let thread = thread.spawn(move || receiver.receive_all())?;
        Ok(XRayListener {
            addr,
            shared,
            marker,
            thread: Some(thread),
        })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes a datagram that was not sent over the socket.
    pub(crate) fn take(&self, datagram: &[u8]) {
        lock(&self.shared.state).push(datagram);
    }

    /// Keeps the documents of a trace for an invocation. `header` is the tracing header.
    pub(crate) fn begin(&self, request_id: &str, header: &str) {
        let mut fields = header.split(';');
        let root = fields.find_map(|field| field.trim().strip_prefix("Root="));
        let mut state = lock(&self.shared.state);
        // What has arrived belongs to earlier invocations.
        state.take_pending();
        state.traces.push(TraceLog {
            request_id: request_id.to_owned(),
            root: root.unwrap_or_default().to_owned(),
            documents: Vec::new(),
            len: 0,
            n_dropped: 0,
        });
    }

    /// Returns what the function has sent since the invocation began.
    pub(crate) fn finish(&self, request_id: &str) -> Traced {
        // A full buffer drops markers, too. They do not count.
        let n_lost_now = n_lost(self.addr.port());
        self.flush();
        let mut state = lock(&self.shared.state);
        state.take_pending();
        let mut problems = mem::take(&mut state.problems);
        let n_more = mem::take(&mut state.n_more_problems);
        if n_more > 0 {
            problems.push(format!("{n_more} more datagrams were ignored"));
        }
        let n_lost_before = mem::replace(&mut state.n_lost, n_lost(self.addr.port()));
        if n_lost_now > n_lost_before {
            problems.push(format!(
                "{} subsegments were lost: the function sent them faster than the system's buffer took them \
                 (sysctl net.core.rmem_max enlarges it)",
                n_lost_now.saturating_sub(n_lost_before)
            ));
        }
        let index = state
            .traces
            .iter()
            .position(|trace| trace.request_id == request_id);
        let Some(mut trace) = index.map(|index| state.traces.remove(index)) else {
            return Traced {
                subsegments: Vec::new(),
                problems,
            };
        };
        drop(state);
        let mut received = Vec::new();
        for document in mem::take(&mut trace.documents) {
            flatten(document, "", "", &mut received);
        }
        let n_more = received.len().saturating_sub(DOCUMENTS_MAX);
        trace.n_dropped = trace.n_dropped.saturating_add(n_more);
        received.truncate(DOCUMENTS_MAX);
        if trace.n_dropped > 0 {
            problems.push(format!(
                "{} subsegments were left out: an invocation may have {DOCUMENTS_MAX}, and {DOCUMENTS_LEN_MAX} bytes",
                trace.n_dropped
            ));
        }
        Traced {
            subsegments: nest(received),
            problems,
        }
    }

    /// Waits until the thread has read every datagram that was sent before.
    fn flush(&self) {
        let mut state = lock(&self.shared.state);
        let before = state.n_markers;
        for _ in 0..FLUSHES_MAX {
            // A full buffer drops the marker; then it is sent again.
            let _ = self.marker.send_to(b"", self.addr);
            let is_behind = |state: &mut State| state.n_markers == before;
            let waited = self
                .shared
                .marked
                .wait_timeout_while(state, FLUSH_PAUSE, is_behind);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.n_markers != before {
                return;
            }
        }
    }
}

impl Drop for XRayListener {
    fn drop(&mut self) {
        lock(&self.shared.state).is_stopped = true;
        if let Some(thread) = self.thread.take() {
            // The system drops the marker only if there is another datagram, which wakes the thread too.
            while self.marker.send_to(b"", self.addr).is_err() && !thread.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn receive_all(&self) {
        let mut datagram = vec![0; DATAGRAM_LEN_MAX];
        loop {
            let received = self.socket.recv_from(&mut datagram);
            let mut state = lock(&self.state);
            if state.is_stopped {
                return;
            }
            match received {
                Ok((_, from)) if from == self.marker_addr => {
                    state.n_markers = state.n_markers.saturating_add(1);
                    self.marked.notify_all();
                }
                Ok((len, _)) => state.push(datagram.get(..len).unwrap_or_default()),
                Err(_) => {
                    drop(state);
                    thread::sleep(Duration::from_millis(1));
                }
            }
        }
    }
}

impl State {
    fn push(&mut self, datagram: &[u8]) {
        // An empty datagram takes memory, too.
        let len = datagram.len().saturating_add(size_of::<Vec<u8>>());
        self.pending_len = self.pending_len.saturating_add(len);
        self.pending.push(datagram.to_vec());
        if self.pending_len > PENDING_LEN_MAX {
            self.take_pending();
        }
    }

    fn take_pending(&mut self) {
        self.pending_len = 0;
        for datagram in mem::take(&mut self.pending) {
            self.take(&datagram);
        }
    }

    fn take(&mut self, datagram: &[u8]) {
        let problem = match read_datagram(datagram) {
            Err(why) => format!("a datagram of {} bytes was ignored: {why}", datagram.len()),
            Ok(document) => {
                let text = |name: &str| {
                    document
                        .get(name)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                };
                let (name, root) = (text("name"), text("trace_id"));
                let mut latest_first = self.traces.iter_mut().rev();
                if let Some(trace) = latest_first.find(|trace| trace.root == root) {
                    trace.len = trace.len.saturating_add(datagram.len());
                    if trace.documents.len() < DOCUMENTS_MAX && trace.len <= DOCUMENTS_LEN_MAX {
                        trace.documents.push(document);
                    } else {
                        trace.n_dropped = trace.n_dropped.saturating_add(1);
                    }
                    return;
                }
                one_line(&format!(
                    "the subsegment {name:?} of the trace {root:?} was ignored: no invocation of this trace is running"
                ))
            }
        };
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        } else {
            self.n_more_problems = self.n_more_problems.saturating_add(1);
        }
    }
}

/// Returns how many datagrams to a UDP port of this machine the kernel has dropped because the socket's buffer was full:
/// the last column of `/proc/net/udp` (proc_net_udp(5)), which only Linux has.
fn n_lost(port: u16) -> u64 {
    let table = fs::read_to_string("/proc/net/udp").unwrap_or_default();
    let addr = format!(":{port:04X}");
    let mut lines = table.lines();
    let line = lines.find(|line| {
        let local_addr = line.split_whitespace().nth(1);
        local_addr.is_some_and(|local_addr| local_addr.ends_with(&addr))
    });
    let n_lost = line.and_then(|line| line.split_whitespace().last());
    n_lost.and_then(|n_lost| n_lost.parse().ok()).unwrap_or(0)
}

/// Reads the document of a datagram.
fn read_datagram(datagram: &[u8]) -> Result<Object, String> {
    let mut lines = datagram.splitn(2, |&b| b == b'\n');
    let (header, body) = (lines.next().unwrap_or_default(), lines.next());
    let header: Option<Value> = json::parse(header).ok();
    let is_format = |header: &Value| {
        header.get("format").and_then(Value::as_str) == Some("json")
            && header.get("version").and_then(Value::as_u64) == Some(1)
    };
    let body = body.filter(|_| header.as_ref().is_some_and(is_format));
    let body = body.ok_or(r#"expected the line {"format":"json","version":1}"#)?;
    let document: Value = json::parse(body).map_err(|error| error.to_string())?;
    let Value::Object(document) = document else {
        return Err("expected an object".to_owned());
    };
    for name in ["name", "id", "trace_id"] {
        if document
            .get(name)
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
        {
            return Err(format!("expected the member {name:?} with a text"));
        }
    }
    let id = document
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if id.len() != 16 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!(
            "expected 16 hexadecimal digits as the id, found {id:?}"
        ));
    }
    if document.get("start_time").and_then(Value::as_f64).is_none() {
        return Err("expected the member \"start_time\" with a number".to_owned());
    }
    Ok(document)
}

/// Makes a tree.
fn nest(received: Vec<Subsegment>) -> Vec<Subsegment> {
    let mut flat: Vec<Option<Subsegment>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for subsegment in received {
        // The last document of an id replaces one that was sent while it was in progress.
        let place = places.get(&subsegment.id).and_then(|&n| flat.get_mut(n));
        if let Some(place) = place {
            *place = Some(subsegment);
            continue;
        }
        if !subsegment.id.is_empty() {
            places.insert(subsegment.id.clone(), flat.len());
        }
        flat.push(Some(subsegment));
    }
    // The indices of the children of each parent ID.
    let mut inner: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut roots = Vec::new();
    for (index, it) in flat.iter().enumerate() {
        let parent_id = it.as_ref().and_then(|it| it.parent_id.as_ref());
        match parent_id.filter(|id| places.contains_key(*id)) {
            Some(parent_id) => inner.entry(parent_id.clone()).or_default().push(index),
            None => roots.push(index),
        }
    }
    // Subsegments that name each other in a circle come last.
    let mut tree = Vec::new();
    for index in roots.into_iter().chain(0..flat.len()) {
        tree.extend(take_with_inner(&mut flat, &inner, index, 1));
    }
    sort(&mut tree);
    tree
}

fn sort(subsegments: &mut [Subsegment]) {
    subsegments.sort_by(|a, b| a.start_time.total_cmp(&b.start_time));
}

/// Takes the subsegment at `index` and those that name it as their parent.
fn take_with_inner(
    flat: &mut [Option<Subsegment>],
    inner: &BTreeMap<String, Vec<usize>>,
    index: usize,
    depth: usize,
) -> Option<Subsegment> {
    let mut taken = flat.get_mut(index)?.take()?;
    let ids = inner.get(&taken.id).filter(|_| depth < DEPTH_MAX);
    for &index in ids.into_iter().flatten() {
        let it = take_with_inner(flat, inner, index, depth.saturating_add(1));
        taken.subsegments.extend(it);
    }
    sort(&mut taken.subsegments);
    Some(taken)
}

/// Reads a document and those within it, which have it as their parent.
fn flatten(mut document: Object, parent_id: &str, trace_id: &str, out: &mut Vec<Subsegment>) {
    let inner = document.remove("subsegments");
    let text = |name: &str| Some(document.get(name)?.as_str()?.to_owned());
    let number = |name: &str| document.get(name).and_then(Value::as_f64);
    let flag = |name: &str| document.get(name) == Some(&Value::Bool(true));
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let start_time = number("start_time").unwrap_or_default();
    let seconds = number("end_time").map(|end| (end - start_time).max(0.0));
    let subsegment = Subsegment {
        name: text("name").unwrap_or_default(),
        id: text("id").unwrap_or_default(),
        parent_id: given(parent_id).or_else(|| text("parent_id")),
        trace_id: text("trace_id").unwrap_or_else(|| trace_id.to_owned()),
        namespace: text("namespace"),
        duration: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        is_error: flag("error"),
        is_fault: flag("fault"),
        is_throttle: flag("throttle"),
        annotations: match document.get("annotations") {
            Some(Value::Object(annotations)) => annotations.clone(),
            _ => Object::new(),
        },
        subsegments: Vec::new(),
        start_time,
        document,
    };
    let (id, trace_id) = (subsegment.id.clone(), subsegment.trace_id.clone());
    out.push(subsegment);
    if let Some(Value::Array(inner)) = inner {
        for it in inner {
            if let Value::Object(it) = it {
                flatten(it, &id, &trace_id, out);
            }
        }
    }
}

/// Returns the lines that show a tree, each with a line end.
pub(crate) fn tree_text(subsegments: &[Subsegment]) -> String {
    let mut text = String::new();
    push_lines(&mut text, subsegments, 1);
    text
}

fn push_lines(text: &mut String, subsegments: &[Subsegment], depth: usize) {
    for it in subsegments {
        let mut line = it.name.clone();
        if let Some(namespace) = &it.namespace {
            let _ = write!(line, " ({namespace})");
        }
        match it.duration {
            Some(duration) => {
                let _ = write!(line, " {} ms", ms(duration));
            }
            None => line.push_str(" in progress"),
        }
        let flags = [
            (it.is_error, " error"),
            (it.is_throttle, " throttle"),
            (it.is_fault, " fault"),
        ];
        for (_, flag) in flags.iter().filter(|(is_set, _)| *is_set) {
            line.push_str(flag);
        }
        for (name, value) in &it.annotations {
            let _ = write!(line, " {name}={value}");
        }
        let _ = writeln!(
            text,
            "{:1$}{2}",
            "",
            depth.saturating_mul(2),
            one_line(&line)
        );
        push_lines(text, &it.subsegments, depth.saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"format": "json", "version": 1}"#;

    #[test]
    fn a_datagram_is_a_header_line_and_a_document() {
        #[track_caller]
        fn check(datagram: &str, want: &str) {
            let got = read_datagram(datagram.as_bytes()).err().unwrap_or_default();
            assert_eq!(got, want, "{datagram}");
        }
        let document =
            r#"{"name":"n","id":"00000000000000af","trace_id":"1-2-3","start_time":1.5}"#;
        check(&format!("{HEADER}\n{document}"), "");
        check(&format!("{HEADER}\r\n{document}\n"), "");
        let no_header = r#"expected the line {"format":"json","version":1}"#;
        check("", no_header);
        check(HEADER, no_header);
        check(document, no_header);
        check(
            &format!("{{\"format\":\"json\",\"version\":2}}\n{document}"),
            no_header,
        );
        check(
            &format!("{{\"format\":\"xml\",\"version\":1}}\n{document}"),
            no_header,
        );
        check(&format!("{HEADER}{document}"), no_header);
        check(&format!("{HEADER}\n[]"), "expected an object");
        for (name, wrong) in [
            ("name", r#""name":"n""#),
            ("id", r#""id":"00000000000000af""#),
            ("trace_id", r#""trace_id":"1-2-3""#),
        ] {
            for other in [
                r#""other":1"#.to_owned(),
                format!("\"{name}\":1"),
                format!("\"{name}\":\"\""),
            ] {
                let want = format!("expected the member \"{name}\" with a text");
                check(
                    &format!("{HEADER}\n{}", document.replace(wrong, &other)),
                    &want,
                );
            }
        }
        let want = "expected the member \"start_time\" with a number";
        check(
            &format!("{HEADER}\n{}", document.replace("1.5", "\"1\"")),
            want,
        );
        for id in [
            "af",
            "00000000000000a",
            "00000000000000ag",
            "00000000000000afa",
        ] {
            let want = format!("expected 16 hexadecimal digits as the id, found {id:?}");
            check(
                &format!("{HEADER}\n{}", document.replace("00000000000000af", id)),
                &want,
            );
        }
        assert!(read_datagram(format!("{HEADER}\n{{\"a\":").as_bytes()).is_err());
        assert!(read_datagram(b"\xff\n\xff").is_err());
    }

    fn flat(documents: &[&str]) -> Vec<Subsegment> {
        let mut received = Vec::new();
        for text in documents {
            let document = json::parse(text.as_bytes()).unwrap();
            flatten(document, "", "", &mut received);
        }
        received
    }

    #[test]
    fn subsegments_nest_by_their_parents() {
        #[track_caller]
        fn check(documents: &[&str], want: &str) {
            assert_eq!(tree_text(&nest(flat(documents))), want);
        }
        check(&[], "");
        let a = r#"{"name":"a","id":"1","parent_id":"f","start_time":1,"end_time":1.25,"annotations":{"order":"o1","n":2}}"#;
        let b = r#"{"name":"b","id":"2","parent_id":"1","start_time":1.1,"end_time":1.2,"namespace":"aws","fault":true,"error":true}"#;
        let c = r#"{"name":"c","id":"3","parent_id":"2","start_time":1.1,"in_progress":true,"throttle":true}"#;
        let a_line = "  a 250.00 ms order=\"o1\" n=2\n";
        let b_line = "    b (aws) 100.00 ms error fault\n";
        let c_line = "      c in progress throttle\n";
        let whole = [a_line, b_line, c_line].concat();
        check(&[a, b, c], &whole);
        check(&[c, b, a], &whole);
        check(&[b, c, a], &whole);
        // A document replaces an earlier one of the same id.
        let d = r#"{"name":"d","id":"4","start_time":0,"in_progress":true}"#;
        check(&[d], "  d in progress\n");
        check(
            &[d, &d.replace("\"in_progress\":true", "\"end_time\":2")],
            "  d 2000.00 ms\n",
        );
        // Their order is that of their start.
        check(
            &[&a.replace("\"id\":\"1\"", "\"id\":\"9\""), d],
            &["  d in progress\n", a_line].concat(),
        );
        // Documents within documents, as aws-xray-sdk sends them.
        let outer =
            format!(r#"{{"name":"o","id":"5","start_time":1,"end_time":1,"subsegments":[{b},3]}}"#);
        check(&[&outer], &["  o 0.00 ms\n", b_line].concat());
        // A circle, and a subsegment that contains itself.
        let x = r#"{"name":"x","id":"6","parent_id":"7","start_time":1,"end_time":1}"#;
        let y = r#"{"name":"y","id":"7","parent_id":"6","start_time":1,"end_time":1}"#;
        check(&[x, y], "  x 0.00 ms\n    y 0.00 ms\n");
        check(&[&x.replace("\"7\"", "\"6\"")], "  x 0.00 ms\n");
        // A name cannot forge a line, and a clock that went back is no negative time.
        let z = r#"{"name":"z\n\u001b[2J","id":"8","start_time":2,"end_time":1}"#;
        check(&[z], "  z  [2J 0.00 ms\n");
    }

    /// What aws-xray-sdk 2.15.0 for Python has sent.
    #[test]
    fn datagrams_of_awss_own_client_are_read() {
        let datagrams = [
            r#"{"id": "9c2255d6bd84be23", "name": "DynamoDB", "start_time": 1796070560.875768, "parent_id": "ed86422909c6bae8", "in_progress": false, "trace_id": "1-5bef4de7-ad49b0e87f6ef6c87fc2e700", "type": "subsegment", "namespace": "aws", "end_time": 1796070560.875786}"#,
            r#"{"id": "ed86422909c6bae8", "name": "order", "start_time": 1796070560.8757246, "parent_id": "53995c3f42cd8ad8", "in_progress": false, "annotations": {"order": "o1"}, "trace_id": "1-5bef4de7-ad49b0e87f6ef6c87fc2e700", "type": "subsegment", "namespace": "local", "end_time": 1796070560.8800514}"#,
        ];
        for document in datagrams {
            let datagram = format!("{{\"format\":\"json\",\"version\":1}}\n{document}");
            assert!(read_datagram(datagram.as_bytes()).is_ok());
        }
        let tree = nest(flat(&datagrams));
        let want = "  order (local) 4.33 ms order=\"o1\"\n    DynamoDB (aws) 0.02 ms\n";
        assert_eq!(tree_text(&tree), want);
    }

    #[test]
    fn datagrams_are_kept_until_an_invocation_begins_or_ends() {
        let mut state = State::default();
        for _ in 0..300 {
            state.push(b"x");
        }
        assert_eq!((state.pending.len(), state.problems.len()), (300, 0));
        state.take_pending();
        assert_eq!((state.pending.len(), state.pending_len), (0, 0));
        assert_eq!(state.problems.len(), PROBLEMS_MAX);
        for datagram in [vec![0; DATAGRAM_LEN_MAX], Vec::new()] {
            for _ in 0..=PENDING_LEN_MAX / (datagram.len() + 24) {
                state.push(&datagram);
            }
            assert_eq!(state.pending.len(), 0, "{}", datagram.len());
        }
    }

    /// More than the system's buffer holds are sent without a pause: what is lost is counted.
    #[test]
    fn datagrams_that_the_kernel_drops_are_counted() {
        let listener = XRayListener::start().unwrap();
        let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.begin("a", "Root=1-a");
        let text = |id: usize| {
            let filler = "x".repeat(400);
            format!(
                "{HEADER}\n{{\"name\":\"n\",\"id\":\"{id:016x}\",\"trace_id\":\"1-a\",\"start_time\":1,\"metadata\":\"{filler}\"}}"
            )
        };
        {
            // The thread stops at its next datagram.
            let _state = lock(&listener.shared.state);
            for id in 0..5000 {
                let _ = sender.send_to(text(id).as_bytes(), listener.addr());
            }
        }
        let traced = listener.finish("a");
        let n_lost: usize = match traced.problems.as_slice() {
            [] => 0,
            [problem] => problem.split(' ').next().unwrap().parse().unwrap(),
            problems => panic!("{problems:?}"),
        };
        if cfg!(target_os = "linux") {
            assert_eq!(traced.subsegments.len() + n_lost, 5000);
        }
        // The next invocation does not report the same loss again.
        listener.begin("b", "Root=1-b");
        assert_eq!(listener.finish("b").problems, Vec::<String>::new());
    }

    #[test]
    fn a_deep_tree_is_cut_and_a_wide_one_is_made_fast() {
        let document = |id: usize, parent_id: usize| {
            format!(
                "{{\"name\":\"n\",\"id\":\"{id}\",\"parent_id\":\"{parent_id}\",\"start_time\":1,\"end_time\":1}}"
            )
        };
        let tree = |parent_of: &dyn Fn(usize) -> usize| {
            let documents: Vec<_> = (1..=DOCUMENTS_MAX)
                .map(|id| document(id, parent_of(id)))
                .collect();
            nest(flat(
                &documents.iter().map(String::as_str).collect::<Vec<_>>(),
            ))
        };
        assert_eq!(tree(&|_| 0).len(), DOCUMENTS_MAX);
        assert_eq!(tree(&|id| id - 1).len(), DOCUMENTS_MAX / DEPTH_MAX);
        assert_eq!(tree(&|id| usize::from(id > 1)).len(), 1);
    }

    #[test]
    fn an_invocation_has_a_bounded_number_of_subsegments() {
        let listener = XRayListener::start().unwrap();
        let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let send = |root: &str, id: usize, filler: usize| {
            let filler = "x".repeat(filler);
            let text = format!(
                "{HEADER}\n{{\"name\":\"n\",\"id\":\"{id:016x}\",\"trace_id\":\"{root}\",\"start_time\":1,\"metadata\":\"{filler}\"}}"
            );
            sender.send_to(text.as_bytes(), listener.addr()).unwrap();
            // The system's buffer for datagrams is smaller than all of these.
            listener.flush();
        };
        listener.begin("a", "Self=1; Root=1-a;Parent=2;Sampled=1");
        for id in 0..=DOCUMENTS_MAX {
            let text = format!(
                "{HEADER}\n{{\"name\":\"n\",\"id\":\"{id:016x}\",\"trace_id\":\"1-a\",\"start_time\":1}}"
            );
            listener.take(text.as_bytes());
        }
        let traced = listener.finish("a");
        assert_eq!(traced.subsegments.len(), DOCUMENTS_MAX);
        assert!(
            traced.problems[0].starts_with("1 subsegments were left out"),
            "{:?}",
            traced.problems
        );
        listener.begin("b", "Root=1-b");
        for id in 0..=DOCUMENTS_LEN_MAX / 65_000 {
            send("1-b", id, 65_000);
        }
        let traced = listener.finish("b");
        assert_eq!(traced.subsegments.len(), DOCUMENTS_LEN_MAX / 65_160);
        assert_eq!(traced.problems.len(), 1);
        // Those within another document count, too, also if each contains the next one.
        listener.begin("d", "Root=1-d");
        let mut parent_id = String::new();
        for n in 0..DOCUMENTS_MAX / 10 {
            let mut inner = String::new();
            for id in (n * 20..(n + 1) * 20).rev() {
                inner = format!(
                    "{{\"name\":\"n\",\"id\":\"{id:016x}\",\"parent_id\":\"{parent_id}\",\"trace_id\":\"1-d\",\"start_time\":1,\"subsegments\":[{inner}]}}"
                );
            }
            parent_id = format!("{:016x}", n * 20 + 19);
            sender
                .send_to(format!("{HEADER}\n{inner}").as_bytes(), listener.addr())
                .unwrap();
            listener.flush();
        }
        let traced = listener.finish("d");
        assert!(
            traced.problems[0].starts_with("10000 subsegments were left out"),
            "{:?}",
            traced.problems
        );
        // Late ones, of which a few are named.
        for id in 0..PROBLEMS_MAX + 2 {
            send("1-b", id, 0);
        }
        listener.begin("c", "");
        let traced = listener.finish("c");
        assert_eq!(traced.subsegments, []);
        assert_eq!(traced.problems.len(), PROBLEMS_MAX + 1);
        let want = r#"the subsegment "n" of the trace "1-b" was ignored: no invocation of this trace is running"#;
        assert_eq!(traced.problems[0], want);
        assert_eq!(
            traced.problems[PROBLEMS_MAX],
            "2 more datagrams were ignored"
        );
    }
}
