//! How good results are, measured against the truth: the numbers of papers, each with a known answer in its tests.
//!
//! [`interval`] says how sure a figure is, [`pose`] measures hands, [`detection`] boxes, [`action`] labels over time.

pub mod action;
pub mod detection;
pub mod interval;
pub mod pose;
