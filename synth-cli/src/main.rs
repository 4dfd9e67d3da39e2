//! synth
fn main() {}
