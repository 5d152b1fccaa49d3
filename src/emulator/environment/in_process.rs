//! The invocations that a runtime in this process serves. It has no pipe from which its log could be read, and no
//! environment variables of its own that could name the local services.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Weak};

#[cfg(panic = "unwind")]
use crate::context::current;
use crate::context::local::{LOCAL_LAMBDA, LocalLambda, Service};
use crate::emulator::environment::logs::EnvironmentLog;
use crate::emulator::message::InvocationEvent;
use crate::emulator::server::lock;
use crate::emulator::services::LocalServices;

/// An invocation, and what belongs to its environment.
#[derive(Debug)]
struct RunningInProcess {
    request_id: String,
    /// The X-Ray tracing header.
    trace_header: String,
    log: Weak<EnvironmentLog>,
    services: Weak<LocalServices>,
}

/// The invocations that run, in the order in which they began.
static RUNNING: Mutex<Vec<RunningInProcess>> = Mutex::new(Vec::new());

/// Gives the log lines of an invocation to `log`, and lets it find `services`.
pub(crate) fn begin(
    event: &InvocationEvent,
    log: &Arc<EnvironmentLog>,
    services: &Arc<LocalServices>,
) {
    lock(&RUNNING).push(RunningInProcess {
        request_id: event.request_id.clone(),
        trace_header: event.trace_id.clone().unwrap_or_default(),
        log: Arc::downgrade(log),
        services: Arc::downgrade(services),
    });
    LOCAL_LAMBDA.get_or_init(|| LocalLambda {
        service_addr,
        take_datagram,
        take_line,
    });
}

/// Ends what [`begin`] began.
pub(crate) fn finish(request_id: &str, log: &EnvironmentLog) {
    lock(&RUNNING).retain(|it| it.request_id != request_id || !std::ptr::eq(it.log.as_ptr(), log));
}

/// Returns the request ID of the invocation that this thread serves; `None` if it serves none, such as a thread that a
/// handler has started, or if panics abort.
fn current_id() -> Option<String> {
    #[cfg(panic = "unwind")]
    let id = current::with_context(|cx| cx.request_id.clone());
    #[cfg(not(panic = "unwind"))]
    let id = None::<String>;
    id.filter(|id| !id.is_empty())
}

/// Returns what `get` returns for the invocation that began last, of those that `is_wanted`.
fn latest<T>(
    is_wanted: impl Fn(&RunningInProcess) -> bool,
    get: impl Fn(&RunningInProcess) -> Option<T>,
) -> Option<T> {
    let running = lock(&RUNNING);
    running.iter().rev().find(|it| is_wanted(it)).and_then(get)
}

/// Returns the address of a service for the invocation of this thread. A thread that serves no invocation gets that of
/// the invocation that began last.
fn service_addr(service: Service) -> Option<SocketAddr> {
    let id = current_id();
    let is_wanted = |it: &RunningInProcess| id.as_ref().is_none_or(|id| *id == it.request_id);
    let services = latest(is_wanted, |it| it.services.upgrade())?;
    services.addr(service).ok()
}

/// Takes a datagram with a subsegment of the trace `root`. On a thread that serves no invocation, the trace says to
/// which invocation it belongs.
fn take_datagram(root: &str, datagram: &[u8]) {
    let id = current_id();
    let is_wanted = |it: &RunningInProcess| match &id {
        Some(id) => *id == it.request_id,
        None => it.trace_header.contains(root),
    };
    let services = latest(is_wanted, |it| it.services.upgrade());
    if let Some(listener) = services.and_then(|services| services.xray().ok()) {
        listener.take(datagram);
    }
}

/// Takes a line that the function has written to standard error. A line without a request ID belongs to the invocation
/// of this thread. A thread that serves none may be that of another test, so its line is not taken, except where
/// panics abort: such a process serves one invocation at a time, and no thread knows its request ID.
fn take_line(request_id: Option<&str>, line: &[u8]) {
    let id = request_id.map(str::to_owned).or_else(current_id);
    let is_wanted = |it: &RunningInProcess| match &id {
        Some(id) => *id == it.request_id,
        None => cfg!(panic = "abort"),
    };
    if let Some(log) = latest(is_wanted, |it| it.log.upgrade()) {
        log.write_lines("function", line, false);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::mem;
    use std::net::TcpStream;
    use std::thread;

    use super::*;
    use crate::context::Context;
    use crate::context::local::{self, LOCAL_TOKEN};
    use crate::emulator::{self, Emulator, InvokeRequest, Metric};
    use crate::json::{self, Value};
    use crate::runtime::Runtime;
    use crate::runtime::handler;

    /// Sends a request to a service of the current invocation. Returns the body of its reply.
    fn get(service: Service, target: &str) -> String {
        let addr = local::service_addr(service).unwrap();
        let mut stream = TcpStream::connect(addr).unwrap();
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             X-Aws-Parameters-Secrets-Token: {LOCAL_TOKEN}\r\nAuthorization: Bearer {LOCAL_TOKEN}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn parameter() -> String {
        let reply = get(
            Service::ParametersAndSecrets,
            "/systemsmanager/parameters/get?name=p",
        );
        let document: Value = json::parse(reply.as_bytes()).unwrap();
        let value = document.get("Parameter").and_then(|it| it.get("Value"));
        value.and_then(Value::as_str).unwrap().to_owned()
    }

    fn send_subsegment(cx: &Context, name: &str) {
        let header = cx.xray_trace_id.as_deref().unwrap();
        let root = header
            .strip_prefix("Root=")
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        let datagram = format!(
            "{{\"format\":\"json\",\"version\":1}}\n{{\"name\":\"{name}\",\"id\":\"00000000000000aa\",\
             \"trace_id\":\"{root}\",\"start_time\":1,\"end_time\":2}}"
        );
        local::take_datagram(root, datagram.as_bytes());
    }

    const METRIC: &[u8] =
        b"{\"_aws\":{\"CloudWatchMetrics\":[{\"Namespace\":\"n\",\"Metrics\":[{\"Name\":\"m\"}]}]},\"m\":1}\n";

    #[test]
    fn a_handler_in_this_process_finds_the_services_of_its_emulator() {
        let look = handler::json(|name: String, cx: &Context| {
            send_subsegment(cx, &name);
            local::take_line(None, METRIC);
            let metadata = get(
                Service::Metadata,
                "/2026-01-15/metadata/execution-environment",
            );
            assert_eq!(metadata, r#"{"AvailabilityZoneID":"use1-az1"}"#);
            let path = "/applications/a/environments/e/configurations/c";
            assert_eq!(get(Service::Configuration, path), name);
            Ok(parameter())
        });
        // Several at once, each with values of its own.
        thread::scope(|scope| {
            for name in ["one", "two", "three"] {
                let look = &look;
                scope.spawn(move || {
                    let request = InvokeRequest::new(format!("\"{name}\""))
                        .with_parameter("p", name)
                        .with_configuration("a", "e", "c", name);
                    let response = emulator::invoke(look, request).unwrap();
                    assert_eq!(response.json::<String>().unwrap(), name);
                    let names: Vec<_> = response
                        .subsegments()
                        .into_iter()
                        .map(|it| it.name)
                        .collect();
                    assert_eq!(names, [name]);
                    let metrics: Vec<_> = response.metrics().iter().map(Metric::line).collect();
                    assert_eq!(metrics, ["n m 1"]);
                });
            }
        });
    }

    #[test]
    fn threads_of_a_handler_find_the_services_and_other_runtimes_do_not() {
        // Both in one test, since the emulators of other tests run at the same time.
        let look = handler::json(|(), _: &Context| {
            let thread = thread::spawn(|| local::service_addr(Service::Metadata).is_some());
            let is_found = thread.join().unwrap();
            // A thread that serves another Runtime API has a request ID that no emulator knows.
            let own = current::with_context(|cx| mem::replace(&mut cx.request_id, "other".into()));
            let foreign = local::service_addr(Service::Metadata);
            current::with_context(|cx| cx.request_id = own.unwrap_or_default());
            Ok((is_found, foreign.is_some()))
        });
        let response = emulator::invoke(&look, "null").unwrap();
        assert_eq!(response.text(), "[true,false]");
    }

    #[test]
    fn values_change_between_invocations() {
        let look = handler::json(|(), _: &Context| Ok(parameter()));
        let emulator = Emulator::start().unwrap().parameter("p", "old");
        let addr = emulator.addr().to_string();
        thread::scope(|scope| {
            scope.spawn(|| Runtime::at(&addr).serve(&look).ok());
            let invoke = |request: InvokeRequest| emulator.invoke(request).unwrap();
            assert_eq!(invoke("null".into()).text(), "\"old\"");
            let newer = InvokeRequest::new("null").with_parameter("p", "new");
            assert_eq!(invoke(newer).text(), "\"new\"");
            let last = invoke("null".into());
            assert_eq!(last.text(), "\"new\"");
            // These wait for the end of the invocation.
            assert_eq!(last.subsegments(), []);
            assert_eq!(last.metrics(), []);
            drop(emulator);
        });
    }
}
