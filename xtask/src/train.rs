//! `cargo xtask train injection`: makes the weights of the injection model from the corpora, built for release.
//!
//! Must never be part of `cargo xtask test`: the weights are committed, and change only where somebody means them to.

use crate::args::Args;
use crate::failure::Failure;
use crate::machine;
use crate::workspace::Workspace;

pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    match args.next_word().as_deref() {
        Some("injection") => args.finish()?,
        Some(other) => return Err(Failure::new(format!("no model is called {other:?}: injection is"))),
        None => return Err(Failure::new("train what? injection")),
    }
    let words = ["run", "--quiet", "--release", "-p", "ringfence-detect", "--example", "train"];
    machine::run(machine::cargo().args(words).current_dir(Workspace::find()?.root))
}
