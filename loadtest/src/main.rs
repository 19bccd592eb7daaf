//! `phytoload`: proves what a hub holds.
fn main() {}
