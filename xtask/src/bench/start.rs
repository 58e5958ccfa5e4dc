//! How fast `ringfence serve` answers for the first time, and what it takes when idle; with nothing configured.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::cell::Era;
use super::client::{Client, Endpoint};
use super::floors::Bound;
use super::place::{Place, Running, free_port};
use super::usage::Processes;
use super::{mb, report};
use crate::failure::Failure;
use crate::machine;

/// How often it is started, each time with an empty data directory.
const STARTS: usize = 7;

/// After this long without a call the process counts as idle.
const SETTLED: Duration = Duration::from_secs(2);

/// Milliseconds and megabytes that may not be exceeded.
const FIRST_ANSWER: Bound = Bound::AtMost(100.0);
const IDLE: Bound = Bound::AtMost(15.0);

/// Starts and measures, and prints a table.
pub(super) fn measure(place: &Place, runtime: &Runtime) -> Result<(), Failure> {
    let mut times = Vec::new();
    let mut idle = 0;
    for number in 0..STARTS {
        let home = place.folder(&format!("start-{number}"))?;
        let port = free_port()?;
        let command = place.ringfence_command(&home, port)?;
        let started = machine::now();
        let running = Running::start(command, &home, port)?;
        let endpoint = Endpoint { port, path: "/mcp".to_owned(), tool: String::new() };
        runtime.block_on(Client::open(endpoint, Era::Legacy, Arc::new(AtomicU64::new(1))))?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        if number + 1 == STARTS {
            std::thread::sleep(SETTLED);
            idle = Processes::below(running.number()).resident_memory();
        }
    }
    let slowest = times.iter().copied().fold(0.0, f64::max);
    let middle = report::median(times).ok_or_else(|| Failure::new("no start was measured"))?;
    report::print(&[
        String::new(),
        "| floor | | | holds |".to_owned(),
        "|---|---|--:|---|".to_owned(),
        line(
            "start to first answer, median of 7",
            FIRST_ANSWER,
            middle,
            &format!("{middle:.0} ms (slowest {slowest:.0} ms)"),
        ),
        line("idle RSS", IDLE, idle as f64 * 1.024e-3, &format!("{} MB", mb(idle))),
    ]);
    Ok(())
}

fn line(what: &str, bound: Bound, figure: f64, shown: &str) -> String {
    let holds = if bound.holds(figure) { "yes" } else { "**no**" };
    format!("| {what} | {bound} | {shown} | {holds} |")
}
