//! [`on_shutdown`]: hooks that run before Lambda ends the process.
//!
//! Lambda sends SIGTERM only to functions with an extension, so the first hook registers an internal one.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::http1::head;
use crate::log;
use crate::runtime::address::{ENDPOINT_ERROR, Endpoint};
use crate::runtime::api;
use crate::runtime::client::{Client, ExchangeError};
use crate::runtime::panic;
use crate::runtime::snapstart;
use crate::sys;

type Hook = Box<dyn FnOnce() + Send>;

/// The stack of the thread that calls the hooks, in bytes. Only pages that are touched use memory.
const STACK_LEN: usize = 256 * 1024;

static HOOKS: Mutex<Vec<Hook>> = Mutex::new(Vec::new());

fn hooks() -> MutexGuard<'static, Vec<Hook>> {
    HOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Registers `f` to be called before Lambda ends the process, for example to write buffered data or to
/// close a connection. Call it in `main`, before `run` and before other threads are started. Hooks are
/// called in reverse order of registration.
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::on_shutdown(|| eprintln!("shutting down"));
///     tiny_lambda::run(|name: String, _| Ok(format!("Hello, {name}!")))
/// }
/// ```
///
/// Lambda sends SIGTERM before it ends a process, but only to functions with an extension. So this
/// registers an internal extension without events. After SIGTERM the hooks have 500 ms, or 300 ms if
/// there are external extensions too, until Lambda kills the process. The process ends with exit code 0
/// as soon as all hooks have returned; it waits for nothing else. An invocation that has timed out may
/// still be running then. If Lambda refuses the extension, an error is logged, the hooks do not run, and
/// everything else works as usual. Source: AWS Lambda Developer Guide, "Understanding the Lambda
/// execution environment lifecycle", Shutdown phase.
///
/// A SIGTERM handler that the function has set itself is called after the hooks.
///
/// On systems other than Linux, macOS and FreeBSD, hooks are never called.
pub fn on_shutdown(f: impl FnOnce() + Send + 'static) {
    let mut hooks = hooks();
    hooks.push(Box::new(f));
    let is_first = hooks.len() == 1;
    drop(hooks);
    if is_first {
        listen();
    }
}

/// Starts the thread that waits for SIGTERM, and makes Lambda send it.
fn listen() {
    if !sys::CAN_WAIT_FOR_SIGTERM {
        return;
    }
    sys::block_sigterm();
    let wait = || {
        sys::wait_for_sigterm();
        shut_down();
    };
    if sys::Thread::spawn(STACK_LEN, Box::new(wait)).is_none() {
        let error = Error::new(ENDPOINT_ERROR, "no thread is left to wait for SIGTERM");
        log::error(None, &error);
        return;
    }
    // `run` reports a malformed address.
    if let Some(Ok(endpoint)) = Endpoint::from_env() {
        if let Err(problem) = register(endpoint) {
            log_failure(endpoint, &problem);
        }
    }
}

/// Calls the hooks and the function's own SIGTERM handler, and ends the process.
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
        // Only a panic is an error here.
        if let Err(error) = panic::run_part(&mut call) {
            log::error(None, &error);
            status = 1;
        }
    }
    sys::call_sigterm_handler();
    sys::claim_exit(status);
    // Unlike `sys::exit`, this does not wait for the lock of standard output: a handler that has timed
    // out may hold it.
    std::process::exit(status)
}

/// Registers an internal extension without events and reports that it is ready, without which Init does
/// not end. Returns what failed.
fn register(endpoint: &'static Endpoint) -> Result<(), String> {
    const REGISTER: &str = "POST extension/register";
    let mut client = Client::new(endpoint);
    let (mut request, mut buffer, mut id) = (Vec::new(), Vec::new(), String::new());
    endpoint.push_register(&mut request);
    let mut on_field = |name: &[u8], value: &[u8]| {
        if name.eq_ignore_ascii_case(api::EXTENSION_ID.as_bytes()) {
            id.clear();
            head::push_text(&mut id, value);
        }
    };
    let sent = client.send([&request, &[], &[]], None);
    let reply = sent
        .and_then(|()| client.receive_with(&mut buffer, &mut on_field))
        .map_err(failed(REGISTER))?;
    if reply.status != 200 || id.is_empty() {
        return Err(format!("{REGISTER}: status {}", reply.status));
    }
    report_ready(client, &id)?;
    // No connection outlives a snapshot.
    snapstart::also_after_restore(Box::new(move || {
        if let Err(problem) = report_ready(Client::new(endpoint), &id) {
            log_failure(endpoint, &problem);
        }
        Ok(())
    }));
    Ok(())
}

/// Asks for an event, which reports that the extension is ready. The connection stays open for the life
/// of the process: a reply would be an event, and the extension has registered for none.
fn report_ready(mut client: Client, id: &str) -> Result<(), String> {
    let mut request = Vec::new();
    client.endpoint.push_event_next(&mut request, id);
    client
        .send([&request, &[], &[]], None)
        .map_err(failed("GET extension/event/next"))?;
    core::mem::forget(client);
    Ok(())
}

/// Returns a function that puts the name of a call before its error.
fn failed(call: &'static str) -> impl Fn(ExchangeError) -> String {
    move |error| format!("{call}: {}", error.text())
}

/// Logs that `on_shutdown` has no effect, and why.
fn log_failure(endpoint: &'static Endpoint, problem: &str) {
    let problem = format!(
        "Extensions API at {}: {problem}: on_shutdown hooks will not run",
        endpoint.authority
    );
    log::error(None, &Error::new(ENDPOINT_ERROR, problem));
}
