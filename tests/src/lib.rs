//! What the whole-program tests share: clips made on the spot, servers that come and go, and the program run as a user runs it.
//!
//! Everything in here panics on failure: it is only for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

pub mod clips;
pub mod command;
pub mod server;
