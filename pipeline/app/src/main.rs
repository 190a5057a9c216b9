//! The program `ego`.

fn main() {}
