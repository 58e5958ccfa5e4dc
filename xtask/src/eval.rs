//! `cargo xtask eval detect [AREA…]`: the detectors on outside corpora, built for release.
//!
//! Must never be part of `cargo xtask test`: rows of a corpus measure a detector, they do not define it.

use crate::args::Args;
use crate::failure::Failure;
use crate::machine;
use crate::workspace::Workspace;

pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    match args.next_word().as_deref() {
        Some("detect") => {}
        Some(other) => return Err(Failure::new(format!("no eval is called {other:?}: detect is"))),
        None => return Err(Failure::new("which eval? detect")),
    }
    let mut words = vec!["run", "--quiet", "--release", "-p", "ringfence-detect", "--example", "eval", "--"];
    words.extend(args.words().iter().map(String::as_str));
    machine::run(machine::cargo().args(words).current_dir(Workspace::find()?.root))
}
