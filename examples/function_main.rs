//! The function of `function.rs` without std's start-up code. Tests check that it behaves the same.

#![cfg_attr(not(test), no_main)]

mod function;

tiny_lambda::main!(function::main());
