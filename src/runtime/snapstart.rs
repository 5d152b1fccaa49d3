//! SnapStart hooks: [`before_snapshot`] and [`after_restore`].
//!
//! Source: AWS Lambda Developer Guide, "Runtime hooks for custom runtimes".

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::error::Result;
use crate::log;
use crate::runtime::address::Endpoint;
use crate::runtime::api;
use crate::runtime::panic;
use crate::runtime::worker::{self, Worker};
use crate::sys;

type Hook = Box<dyn FnOnce() -> Result<()> + Send>;

static BEFORE_SNAPSHOT: Mutex<Vec<Hook>> = Mutex::new(Vec::new());
static AFTER_RESTORE: Mutex<Vec<Hook>> = Mutex::new(Vec::new());

/// [`run_hooks`], once there is a hook. It is called through this pointer so that a function without hooks
/// does not contain it. The plain form is a direct call.
static RUN_HOOKS: OnceLock<fn(&'static Endpoint)> = OnceLock::new();

fn register(hooks: &Mutex<Vec<Hook>>, hook: Hook) {
    let mut hooks = hooks.lock().unwrap_or_else(PoisonError::into_inner);
    hooks.push(hook);
}

fn take(hooks: &Mutex<Vec<Hook>>) -> Vec<Hook> {
    mem::take(&mut hooks.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Registers `f` to be called before Lambda takes a snapshot of the initialised function, for example to
/// close connections or to load data that the snapshot is to contain. Hooks are called in reverse order of
/// registration.
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::before_snapshot(|| Ok(std::fs::remove_file("/tmp/secret")?));
///     tiny_lambda::run(|name: String, _| Ok(format!("Hello, {name}!")))
/// }
/// ```
///
/// [`run`](crate::run) and the other functions like it call the hooks when they start, if SnapStart is on
/// (`AWS_LAMBDA_INITIALIZATION_TYPE` is `snap-start`). If a hook returns an error, Lambda gets it as
/// `Runtime.BeforeSnapshotError`, and the process ends with exit code 1. The same holds for a panic, which is
/// posted as `Runtime.Panic` if panics abort. Source: AWS Lambda Developer Guide, "Runtime hooks for custom runtimes".
pub fn before_snapshot(f: impl FnOnce() -> Result<()> + Send + 'static) {
    register(&BEFORE_SNAPSHOT, Box::new(f));
    RUN_HOOKS.get_or_init(|| run_hooks);
}

/// Registers `f` to be called after Lambda has restored a snapshot, in each execution environment that is
/// restored from it, for example to make connections, credentials and random seeds that these environments
/// must not share. Hooks are called in order of registration, and have ten seconds in all.
///
/// ```no_run
/// use std::sync::Mutex;
/// use std::time::SystemTime;
///
/// static STARTED: Mutex<Option<SystemTime>> = Mutex::new(None);
///
/// fn main() -> ! {
///     tiny_lambda::after_restore(|| {
///         *STARTED.lock()? = Some(SystemTime::now());
///         Ok(())
///     });
///     tiny_lambda::run(|name: String, _| Ok(format!("Hello, {name}!")))
/// }
/// ```
///
/// If a hook returns an error, Lambda gets it as `Runtime.AfterRestoreError`, and the process ends with exit
/// code 1. The same holds for a panic, which is posted as `Runtime.Panic` if panics abort. See
/// [`before_snapshot`] for the conditions under which hooks are called.
pub fn after_restore(f: impl FnOnce() -> Result<()> + Send + 'static) {
    register(&AFTER_RESTORE, Box::new(f));
    RUN_HOOKS.get_or_init(|| run_hooks);
}

/// Registers `f` as [`after_restore`] does, but does not make the function wait for the restore if it has no
/// other hooks.
pub(crate) fn also_after_restore(f: Hook) {
    register(&AFTER_RESTORE, f);
}

/// Calls the hooks and waits for the restore between them, if there are hooks and SnapStart is on.
pub(crate) fn wait_for_restore(endpoint: &'static Endpoint) {
    if let Some(run_hooks) = RUN_HOOKS.get() {
        run_hooks(endpoint);
    }
}

fn run_hooks(endpoint: &'static Endpoint) {
    if sys::env(c"AWS_LAMBDA_INITIALIZATION_TYPE") != Some(b"snap-start") {
        return;
    }
    // Each hook is called once, also if `Runtime::serve` is called several times.
    let (before, after) = (take(&BEFORE_SNAPSHOT), take(&AFTER_RESTORE));
    if before.is_empty() && after.is_empty() {
        return;
    }
    run(
        before.into_iter().rev(),
        api::INIT_ERROR,
        "Runtime.BeforeSnapshotError",
    );
    // A worker of its own, since its connection does not outlive the snapshot.
    if let Err(error) = Worker::new(endpoint).restore_next() {
        log::error(None, &error);
        sys::exit(1);
    }
    run(
        after.into_iter(),
        api::RESTORE_ERROR,
        "Runtime.AfterRestoreError",
    );
}

/// Calls hooks. If one fails, posts its error to `call` and ends the process.
fn run(mut hooks: impl Iterator<Item = Hook>, call: &'static str, error_type: &'static str) {
    if let Err(error) = panic::run_init(call, || hooks.try_for_each(|hook| hook())) {
        worker::init_failed(call, &error.with_type(error_type));
    }
}
