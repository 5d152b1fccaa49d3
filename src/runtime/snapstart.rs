//! SnapStart: what is done before a snapshot is taken, and after it was restored.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::error::Result;
use crate::log;
use crate::runtime::address::Endpoint;
use crate::runtime::api;
use crate::runtime::panic;
use crate::runtime::worker::{self, Worker};
use crate::sys;

type Hook = Box<dyn FnOnce() -> Result<()> + Send>;

struct Hooks {
    before: Vec<Hook>,
    after: Vec<Hook>,
}

static HOOKS: Mutex<Hooks> = Mutex::new(Hooks {
    before: Vec::new(),
    after: Vec::new(),
});

/// What calls the hooks: behind a pointer, so that a function without hooks does not hold the code.
static SNAPSHOT: OnceLock<fn(&'static Endpoint)> = OnceLock::new();

fn hooks() -> MutexGuard<'static, Hooks> {
    let _ = SNAPSHOT.set(snapshot);
    HOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has `f` called before Lambda takes a snapshot of the initialised function: to close connections,
/// or to load what shall be part of the snapshot. Those that came last are called first.
///
/// It is called where SnapStart is on (`AWS_LAMBDA_INITIALIZATION_TYPE` is `snap-start`), when
/// `run` and its like begin. An error or a panic of it is posted as `Runtime.BeforeSnapshotError`
/// or as that panic, and ends the process. Source: AWS Lambda Developer Guide, "Runtime hooks for
/// custom runtimes".
pub fn before_snapshot(f: impl FnOnce() -> Result<()> + Send + 'static) {
    hooks().before.push(Box::new(f));
}

/// Has `f` called after Lambda has restored a snapshot, in each execution environment that comes of
/// it: for new connections, credentials and random seeds, which all of them would share otherwise.
/// Those that came first are called first, within ten seconds.
///
/// An error or a panic of it is posted as `Runtime.AfterRestoreError`, and ends the process. See
/// [`before_snapshot`].
pub fn after_restore(f: impl FnOnce() -> Result<()> + Send + 'static) {
    hooks().after.push(Box::new(f));
}

/// The same, where the function has hooks of its own: without them nobody waits for the restore.
pub(crate) fn also_after_restore(f: Hook) {
    let mut hooks = HOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    hooks.after.push(f);
}

/// Lets the snapshot be taken, if there are hooks, and SnapStart is on.
pub(crate) fn restore(endpoint: &'static Endpoint) {
    if let Some(snapshot) = SNAPSHOT.get() {
        snapshot(endpoint);
    }
}

fn snapshot(endpoint: &'static Endpoint) {
    if sys::env(c"AWS_LAMBDA_INITIALIZATION_TYPE") != Some(b"snap-start") {
        return;
    }
    // Each is called once, however often the function is served.
    let mut hooks = hooks();
    let (before, after) = (mem::take(&mut hooks.before), mem::take(&mut hooks.after));
    drop(hooks);
    if before.is_empty() && after.is_empty() {
        return;
    }
    let done = panic::run_init(api::INIT_ERROR, || {
        before.into_iter().rev().try_for_each(|hook| hook())
    });
    if let Err(error) = done {
        worker::init_failed(
            api::INIT_ERROR,
            &error.with_type("Runtime.BeforeSnapshotError"),
        );
    }
    // The connection does not outlive the snapshot, so it is not used again.
    if let Err(error) = Worker::new(endpoint).restore_next() {
        log::error(None, &error);
        sys::exit(1);
    }
    let done = panic::run_init(api::RESTORE_ERROR, || {
        after.into_iter().try_for_each(|hook| hook())
    });
    if let Err(error) = done {
        worker::init_failed(
            api::RESTORE_ERROR,
            &error.with_type("Runtime.AfterRestoreError"),
        );
    }
}
