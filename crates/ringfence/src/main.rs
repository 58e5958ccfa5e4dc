//! The binary: reads the command line, runs one command, ends with its exit code.
//!
//! Wiring only. Must never decide what an engine decides, and never print past [`output`].

mod cli;
mod clock;
mod config;
mod control;
mod log;
mod output;
mod paths;
mod problem;
mod reload;
mod serve;
mod shim;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(cli::run(std::env::args_os(), config::env::Environment::of_process()).code())
}
