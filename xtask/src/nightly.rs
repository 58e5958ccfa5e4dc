//! `cargo xtask nightly`: what takes too long for every change.
//!
//! It asserts only what does not depend on the speed of the machine.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::args::Args;
use crate::bench::cell::{Call, Cell, Era, Upstream};
use crate::bench::driver::{self, Length};
use crate::bench::place::Place;
use crate::bench::target::{Kind, Target};
use crate::bench::{MEASURE, mb, run_optimised};
use crate::failure::{Context as _, Failure};
use crate::say;
use crate::workspace::Workspace;

/// Resident memory after the soak, in KiB: 40 MB.
const MEMORY_LIMIT: u64 = 40_000_000 / 1_024;

/// Memory is read after each such part of the soak.
const PARTS: u64 = 10;

/// Builds for release, then runs with what was built.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let words = args.words().to_vec();
    let measures = args.flag(MEASURE);
    let calls: u64 = args.value("--calls")?.unwrap_or(1_000_000);
    args.finish()?;
    if calls < PARTS {
        return Err(Failure::new(format!("--calls takes {PARTS} or more")));
    }
    if measures { soak(calls) } else { run_optimised(&["nightly"], &words, Some("ringfence")) }
}

/// Calls through Ringfence, in both eras and over both kinds of upstream; fails when memory does not stay bounded.
fn soak(calls: u64) -> Result<(), Failure> {
    let place = Place::of(&Workspace::find()?)?;
    let (_upstream, port) = place.upstream()?;
    let target = Target::start(Kind::Ringfence, port, &place)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("runtime")?;
    let ids = Arc::new(AtomicU64::new(1));
    let mut memory = Vec::new();
    for part in 0..PARTS {
        let era = if part % 2 == 0 { Era::Legacy } else { Era::Modern };
        let upstream = if part % 4 < 2 { Upstream::Http } else { Upstream::Stdio };
        let cell = Cell { era, upstream, call: Call::Echo(1), connections: 8 };
        let (endpoint, processes) = target.way(upstream).map_err(Failure::new)?;
        let sample = runtime.block_on(driver::run(
            endpoint,
            &cell,
            Length::Calls(calls / PARTS),
            processes.as_ref(),
            &ids,
        ))?;
        let resident = processes.map_or(0, |processes| processes.resident_memory());
        memory.push(resident);
        say::result(format_args!(
            "{cell}: {} calls, {:.0}/s, RSS {} MB",
            sample.calls,
            sample.rate,
            mb(resident)
        ));
    }
    let largest = memory.into_iter().max().unwrap_or_default();
    if largest > MEMORY_LIMIT {
        return Err(Failure::new(format!(
            "RSS reached {} MB, the limit is {} MB",
            mb(largest),
            mb(MEMORY_LIMIT)
        )));
    }
    Ok(())
}
