//! JSON: documents, the types of the crate, and the macros.
//!
//! A new document is a file of the JSON test suite. A new case of `json_struct!` that compiles is a row
//! in `macros.rs`, and one that the compiler refuses is a row in `tests/build/json_macro_errors.rs`.

mod attempts;
mod documents;
mod lenient;
mod macros;
mod types;
