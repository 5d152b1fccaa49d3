//! The runtime: what it asks the Runtime API, and what it does with each reply.
//!
//! A new case of a malformed reply is a row in `support/malformed_replies.rs`. A new thing that a
//! handler does is an arm in `examples/function.rs` and a row in the table of a test.

mod concurrency;
mod faults;
mod figures;
#[cfg(unix)]
mod hostile;
mod logs;
mod places;
mod process;
mod serve;
#[cfg(unix)]
mod shutdown;
mod streaming;
#[cfg(all(feature = "emulator", unix))]
mod tracing;

use tiny_lambda::{Error, Handler, Runtime};

use crate::support::runtime_api::{Request, Step, converse};

/// Plays `script` to a runtime with `handler`, which ends when the script has. Returns what the
/// Runtime API was asked, and why the runtime ended.
pub(crate) fn play(script: &[Step], handler: &dyn Handler) -> (Vec<Request>, Error) {
    let mut end = None;
    let requests = converse(script, |addr| {
        let result = Runtime::at(&addr.to_string()).serve(handler);
        end = Some(result.expect_err("the Runtime API has gone"));
    });
    (requests, end.unwrap())
}
