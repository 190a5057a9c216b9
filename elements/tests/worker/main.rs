//! The base class of the analysis elements, driven by a model whose duration and errors the test controls.
//!
//! Nothing here sleeps or measures time: threads meet at the model's gate (`fake::Control`), and a wait that lasts 30 s is
//! reported as the deadlock that it is.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "this is a test")]

mod cycles;
mod errors;
mod events;
mod fake;
mod modes;
mod rig;
mod timing;
