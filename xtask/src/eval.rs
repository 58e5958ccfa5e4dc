//! `cargo xtask eval detect [AREA…]`: the detectors on outside corpora, built for release. `cargo xtask eval flow`: scripted
//! sessions along the real path.
//!
//! Must never be part of `cargo xtask test`: rows of a corpus measure a detector, they do not define it.

use crate::args::Args;
use crate::failure::Failure;
use crate::machine;
use crate::workspace::Workspace;

pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    match args.next_word().as_deref() {
        Some("detect") => {}
        Some("flow") => return example("ringfence-kernel", "flow", &[], &args),
        Some(other) => {
            return Err(Failure::new(format!("no eval is called {other:?}: detect and flow are")));
        }
        None => return Err(Failure::new("which eval? detect, flow")),
    }
    example("ringfence-detect", "eval", &["--release"], &args)
}

/// Runs an example with the words that follow.
pub(crate) fn example(package: &str, name: &str, flags: &[&str], args: &Args) -> Result<(), Failure> {
    let mut words = vec!["run", "--quiet", "-p", package, "--example", name];
    words.extend(flags);
    words.push("--");
    words.extend(args.words().iter().map(String::as_str));
    machine::run(machine::cargo().args(words).current_dir(Workspace::find()?.root))
}
