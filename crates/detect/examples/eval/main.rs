//! The detectors on outside corpora: `cargo xtask eval detect [AREA…]`.
//!
//! One area a file, each prints its own table. Must never be part of the tests: rows are for measuring, not for fitting.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that measures and prints")]
#![expect(clippy::disallowed_methods, reason = "it reads the corpora's place and the clock")]

use std::process::ExitCode;

mod benign;
mod code;
mod command;
mod corpus;
#[path = "../train/docs.rs"]
mod docs;
#[path = "../train/examples.rs"]
mod examples;
mod injection;
#[path = "../../src/code/source/tests/pairs.rs"]
mod pairs;
mod peers;
#[path = "../train/phrases.rs"]
mod phrases;
mod pii;
mod score;
mod secret;
mod sql;
mod url;

use corpus::Corpora;

/// Why an area has no table.
type Failure = Box<dyn std::error::Error>;

/// An area: its name, and what prints its table.
type Area = (&'static str, fn(&Corpora) -> Result<(), Failure>);

const AREAS: [Area; 7] = [
    ("code", code::run),
    ("command", command::run),
    ("injection", injection::run),
    ("pii", pii::run),
    ("secret", secret::run),
    ("sql", sql::run),
    ("url", url::run),
];

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|asked| AREAS.iter().all(|(name, _)| name != asked)) {
        let names: Vec<&str> = AREAS.iter().map(|(name, _)| *name).collect();
        eprintln!("no area is called {unknown:?}: {}", names.join(", "));
        return ExitCode::from(2);
    }
    let corpora = Corpora::of_environment();
    for (name, run) in AREAS {
        if !asked.is_empty() && !asked.iter().any(|asked| asked == name) {
            continue;
        }
        println!("## {name}\n");
        if let Err(error) = run(&corpora) {
            eprintln!("{name}: {error}");
            return ExitCode::from(2);
        }
        peers::print(name);
        println!();
    }
    ExitCode::SUCCESS
}
