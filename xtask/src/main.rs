//! The project's own tasks, run as `cargo xtask TASK`.
//!
//! Apart from the layers: nothing here is shipped, and no crate may depend on it.

use std::process::ExitCode;

mod abuse;
mod args;
mod bench;
mod conformance;
mod eval;
mod failure;
mod fixture;
mod generate;
mod kernel;
mod machine;
mod nightly;
mod say;
mod test;
mod tidy;
mod train;
mod workspace;

use args::Args;
use failure::Failure;

const USAGE: &str = "\
cargo xtask TASK
  test    [--only STEP]       set up what the tests need, then run every check
  tidy                        the rules of the house: layers, purity, names, sizes, words
  gen     [--check] [--only FOLDER]   write the generated files, or only say which are stale
  bench   gateway [--quick] [--only TARGET,…] [--cell ERA:UPSTREAM:CALL:cN] [--rounds N] [--seconds S]
  bench   instructions [--cell ERA:UPSTREAM:CALL] [--calls N]   instructions of one call, by callgrind
  bench   detect              what a look at a message, a text, a command and a program costs, against its floor
  bench   flow                what indexing a result and tracing an argument costs
  bench   policy              what a verdict costs with 10 to 10,000 rules
  order                       the order of functions in the binary, from what runs at a start and in calls
  abuse   [--only CASE]   hostile clients and servers against a kernel, while another client goes on
  conformance [--requirements REVISION | --matrix [--client NAME]]   the official suite against a fixture, and real clients and servers
                              of each era with each other: directly and through Ringfence
  eval    detect [AREA…]      the detectors on the corpora in RINGFENCE_CORPORA (docs/corpora.md)
  eval    flow [--details]    tasks and planted goals along the real path, with and without the user's words
  train   injection           the weights of the injection model, from the same corpora
  nightly [--calls N] [--fuzz SECONDS]   the long checks: fuzz targets, kills, sessions, a soak of the gateway
  fixture --http PORT | --stdio    the upstream MCP server of the bench";

fn main() -> ExitCode {
    match run(Args::of_process()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::note(format_args!("\nxtask: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: Args) -> Result<(), Failure> {
    match args.next_word().as_deref() {
        Some("test") => test::run(args),
        Some("tidy") => tidy::run(args),
        Some("gen") => generate::run(args),
        Some("bench") => bench::run(args),
        Some("order") => bench::order::run(args),
        Some("abuse") => abuse::run(args),
        Some("conformance") => conformance::run(args),
        Some("eval") => eval::run(args),
        Some("train") => train::run(args),
        Some("nightly") => nightly::run(args),
        Some("fixture") => fixture::run(args),
        Some("help" | "--help" | "-h") => {
            say::result(format_args!("{USAGE}"));
            Ok(())
        }
        Some(other) => Err(Failure::new(format!("no task is called {other:?}\n{USAGE}"))),
        None => Err(Failure::new(USAGE)),
    }
}
