//! What reads bytes of strangers, fed with any bytes: one test for each reader, run for a second by `cargo xtask test`
//! and for a minute by `cargo xtask nightly`.
//!
//! A target compares with something written by somebody else, or with the way back; that nothing breaks is the least.
//!
//! Without more the inputs are random, made of the pieces that matter to the reader. Guided by coverage:
//! `cargo install cargo-bolero`, then `cargo +nightly bolero test -p fuzz-targets TARGET` (libFuzzer; needs a nightly
//! toolchain and clang).

#[cfg(test)]
mod code;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod message;
#[cfg(test)]
mod pieces;
#[cfg(test)]
mod scanner;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod sse;
#[cfg(test)]
mod text;
