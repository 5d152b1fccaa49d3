//! Web requests and responses, as API Gateway, function URLs, load balancers and VPC Lattice carry them.
//!
//! A new form of a request or response is a row in `conversion.rs`; what AWS really sends where its
//! documentation says something else is a row in `front_doors.rs`. `golden.rs` has the exact JSON of responses.

mod client;
mod client_peers;
mod conversion;
mod front_doors;
#[cfg(feature = "emulator")]
mod golden;
#[cfg(feature = "emulator")]
mod run_http;
