//! `cargo xtask nightly`: what takes too long for every change: fuzzing, hundreds of kills, sessions by the thousand, a soak.
//!
//! It asserts only what does not depend on the speed of the machine.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::args::Args;
use crate::bench::cell::{Call, Cell, Era, Upstream};
use crate::bench::client::Client;
use crate::bench::driver::{self, Length};
use crate::bench::place::Place;
use crate::bench::target::{Kind, Target};
use crate::bench::{MEASURE, mb, run_optimised};
use crate::failure::{Context as _, Failure};
use crate::workspace::Workspace;
use crate::{machine, say};

/// Resident memory after the soak, in KiB: 40 MB.
const MEMORY_LIMIT: u64 = 40_000_000 / 1_024;

/// Memory is read after each such part of the soak.
const PARTS: u64 = 10;

/// Sessions that are opened and kept, and what each may cost, in bytes.
const SESSIONS: u64 = 900;
const SESSION_LIMIT: u64 = 20_000;

/// How often a kernel is killed that clients call.
const KILLS: &str = "300";

/// Sessions before those, for what is set up once.
const FIRST_SESSIONS: u64 = 100;

/// Builds for release, then runs with what was built.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let words = args.words().to_vec();
    let measures = args.flag(MEASURE);
    let calls: u64 = args.value("--calls")?.unwrap_or(1_000_000);
    let seconds: u64 = args.value("--fuzz")?.unwrap_or(60);
    args.finish()?;
    if calls < PARTS {
        return Err(Failure::new(format!("--calls takes {PARTS} or more")));
    }
    if measures {
        sessions()?;
        return soak(calls);
    }
    fuzz(seconds)?;
    killed()?;
    run_optimised(&["nightly"], &words, Some("ringfence"))
}

/// Every target for so many seconds, as many at once as the machine has processors.
fn fuzz(seconds: u64) -> Result<(), Failure> {
    if seconds == 0 {
        return Ok(());
    }
    let workspace = Workspace::find()?;
    let mut command = machine::cargo();
    command.args(["test", "--locked", "--package", "fuzz-targets"]).current_dir(&workspace.root);
    command.env("BOLERO_RANDOM_TEST_TIME_MS", (seconds * 1_000).to_string());
    // The time is the bound.
    command.env("BOLERO_RANDOM_ITERATIONS", usize::MAX.to_string());
    machine::run(&mut command)
}

/// A kernel that is killed under load so many times: nothing acknowledged is missing.
fn killed() -> Result<(), Failure> {
    let workspace = Workspace::find()?;
    let mut command = machine::cargo();
    command.args(["test", "--locked", "--package", "ringfence", "--test", "faults", "killed::"]);
    command.env("RINGFENCE_KILLS", KILLS).current_dir(&workspace.root);
    machine::run(&mut command)
}

/// What an open session costs that nobody uses.
fn sessions() -> Result<(), Failure> {
    let place = Place::of(&Workspace::find()?)?;
    let (_upstream, port) = place.upstream()?;
    let target = Target::start(Kind::Ringfence, port, &place)?;
    let (endpoint, processes) = target.way(Upstream::Http).map_err(Failure::new)?;
    let processes = processes.ok_or_else(|| Failure::new("ringfence has no process"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("runtime")?;
    let ids = Arc::new(AtomicU64::new(1));
    let open = |count: u64| {
        runtime.block_on(async {
            for _ in 0..count {
                // Its connection ends here; the session does not.
                Client::open(endpoint.clone(), Era::Legacy, Arc::clone(&ids)).await?;
            }
            Ok::<_, Failure>(processes.resident_memory() * 1_024)
        })
    };
    let before = open(FIRST_SESSIONS)?;
    let after = open(SESSIONS)?;
    let each = after.saturating_sub(before) / SESSIONS;
    say::result(format_args!("{SESSIONS} sessions more: {each} bytes each"));
    if each > SESSION_LIMIT {
        return Err(Failure::new(format!("a session costs {each} bytes, the limit is {SESSION_LIMIT}")));
    }
    Ok(())
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
