//! The Extensions API, as far as a runtime needs it: to be told that its process is about to end.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::http1::connection::{self, STALL_TIMEOUT};
use crate::http1::head;
use crate::log;
use crate::runtime::api::{self, Endpoint};
use crate::runtime::panic;
use crate::runtime::response::{CONNECT_TIMEOUT, Trouble};
use crate::runtime::snapstart;
use crate::sys;

type Hook = Box<dyn FnOnce() + Send>;

/// Stack of the thread that calls them, in bytes. It is only used as far as it is touched.
const STACK_LEN: usize = 256 * 1024;

static HOOKS: Mutex<Vec<Hook>> = Mutex::new(Vec::new());

fn hooks() -> MutexGuard<'static, Vec<Hook>> {
    HOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has `f` called when Lambda is about to end the process: to write what is still in memory, or to
/// close a connection. To be called in `main`, before `run` and before there are other threads;
/// those that came last are called first.
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::on_shutdown(|| eprintln!("going"));
///     tiny_lambda::run(|name: String, _| Ok(format!("Hello, {name}!")))
/// }
/// ```
///
/// Lambda says so by SIGTERM, and only to a function that has an extension: this registers one, which
/// hears of no events. Then there are 500 ms, or 300 ms where there are external extensions too,
/// until Lambda kills the process; it ends with exit code 0 as soon as all are done, and waits
/// for nothing else. An invocation may be at work meanwhile: one that has timed out. Where the
/// extension is refused, which is logged, nobody is told, and everything else is as usual. Source:
/// AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle", Shutdown
/// phase.
///
/// A handler of SIGTERM that the function has set itself is called after `f`.
///
/// On systems other than Linux `f` is never called.
pub fn on_shutdown(f: impl FnOnce() + Send + 'static) {
    let mut hooks = hooks();
    hooks.push(Box::new(f));
    let is_first = hooks.len() == 1;
    drop(hooks);
    if is_first {
        listen();
    }
}

#[cfg(target_os = "linux")]
fn listen() {
    sys::block_sigterm();
    let wait = || {
        sys::wait_for_sigterm();
        shut_down();
    };
    if sys::Thread::spawn(STACK_LEN, Box::new(wait)).is_none() {
        let error = Error::new(api::ENDPOINT_ERROR, "no thread is left to wait for SIGTERM");
        log::error(None, &error);
        return;
    }
    // One that is malformed is for `run` to tell.
    if let Some(Ok(endpoint)) = Endpoint::from_env() {
        if let Err(problem) = register(endpoint) {
            complain(endpoint, &problem);
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn listen() {}

fn shut_down() {
    let mut hooks = core::mem::take(&mut *hooks());
    let mut status = 0;
    while let Some(hook) = hooks.pop() {
        let mut hook = Some(hook);
        let mut call = || {
            if let Some(hook) = hook.take() {
                hook();
            }
            Ok(())
        };
        if let Err(error) = panic::guard_part(&mut call) {
            log::error(None, &error);
            status = 1;
        }
    }
    #[cfg(target_os = "linux")]
    sys::call_sigterm_handler();
    sys::claim_exit(status);
    // Unlike `sys::exit`, this does not wait for the lock of standard output, which a handler that has
    // timed out may hold.
    std::process::exit(status)
}

/// What went wrong with a call.
fn told(call: &'static str) -> impl Fn(Trouble) -> String {
    move |trouble| format!("{call}: {}", trouble.text())
}

fn connect(endpoint: &'static Endpoint) -> Result<TcpStream, Trouble> {
    sys::connect(endpoint.addr, CONNECT_TIMEOUT, STALL_TIMEOUT).map_err(Trouble::Connect)
}

fn send(stream: &TcpStream, request: &[u8]) -> Result<(), Trouble> {
    let sent = connection::send(stream, [request, &[], &[]]);
    sent.map_err(|(n, errno)| Trouble::Send(n, errno))
}

/// Registers an extension of no events, and says that it is ready, without which Init does not end.
fn register(endpoint: &'static Endpoint) -> Result<(), String> {
    const REGISTER: &str = "POST extension/register";
    let stream = connect(endpoint).map_err(told(REGISTER))?;
    let (mut request, mut inbox, mut id) = (Vec::new(), Vec::new(), String::new());
    endpoint.push_register(&mut request);
    send(&stream, &request).map_err(told(REGISTER))?;
    let mut on_field = |name: &[u8], value: &[u8]| {
        if name.eq_ignore_ascii_case(api::EXTENSION_ID.as_bytes()) {
            id.clear();
            head::push_text(&mut id, value);
        }
    };
    let len_max = api::REPLY_LEN_MAX;
    let reply = connection::receive(&stream, &mut inbox, false, len_max, &mut on_field)
        .map_err(Trouble::Receive)
        .map_err(told(REGISTER))?;
    if reply.status != 200 || id.is_empty() {
        return Err(format!("{REGISTER}: status {}", reply.status));
    }
    be_ready(endpoint, (!reply.close).then_some(stream), &id)?;
    // No connection outlives a snapshot.
    snapstart::also_after_restore(Box::new(move || {
        if let Err(problem) = be_ready(endpoint, None, &id) {
            complain(endpoint, &problem);
        }
        Ok(())
    }));
    Ok(())
}

/// Waits for an event, on a new connection if there is none. It is left open: an answer would be an
/// event, and there are none.
fn be_ready(
    endpoint: &'static Endpoint,
    stream: Option<TcpStream>,
    id: &str,
) -> Result<(), String> {
    const NEXT: &str = "GET extension/event/next";
    let stream = match stream {
        Some(stream) => stream,
        None => connect(endpoint).map_err(told(NEXT))?,
    };
    let mut request = Vec::new();
    endpoint.push_event_next(&mut request, id);
    send(&stream, &request).map_err(told(NEXT))?;
    core::mem::forget(stream);
    Ok(())
}

fn complain(endpoint: &'static Endpoint, problem: &str) {
    let problem = format!(
        "Extensions API at {}: {problem}: nobody will tell of the shutdown",
        endpoint.authority
    );
    log::error(None, &Error::new(api::ENDPOINT_ERROR, problem));
}
