//! What the tests share: no test is in here, and no subject. A helper that only one folder needs is in
//! that folder. `tests/build/` has the same helpers.

#[cfg(feature = "emulator")]
pub(crate) mod client;
#[cfg(all(feature = "emulator", unix))]
pub(crate) mod folder;
pub(crate) mod function;
pub(crate) mod malformed_replies;
pub(crate) mod processes;
pub(crate) mod runtime_api;
pub(crate) mod sockets;
#[cfg(all(feature = "emulator", unix))]
pub(crate) mod watched;
