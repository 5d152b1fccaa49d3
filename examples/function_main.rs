//! The same as `function`, without std's start-up, from which nobody should be able to tell it.

#![cfg_attr(not(test), no_main)]

mod function;

tiny_lambda::main!(function::main());
