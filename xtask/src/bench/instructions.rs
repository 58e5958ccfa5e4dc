//! `cargo xtask bench instructions`: how many instructions one call costs the kernel, counted by callgrind.
//!
//! The same on a busy machine as on an idle one, so it decides between two states of the code. Must never be read as
//! time: what the operating system does for a call is not in it, and callgrind's processor has no SHA instructions, so
//! that digests count for ten times what they cost.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::cell::{Cell, Selection};
use super::driver::{self, Length};
use super::place::Place;
use super::target::{Kind, Target};
use super::{MEASURE, report, run_optimised};
use crate::args::Args;
use crate::failure::{Context as _, Failure};
use crate::test::install_debian;
use crate::workspace::Workspace;
use crate::{machine, say};

/// Calls before those that count: connections, catalogue and caches are there then.
const WARM_UP: u64 = 100;

/// Builds for release, then counts with what was built.
pub(super) fn run(mut args: Args) -> Result<(), Failure> {
    let words = args.words().to_vec();
    let measures = args.flag(MEASURE);
    let selection: Option<Selection> = args.value("--cell")?;
    let calls: u64 = args.value("--calls")?.unwrap_or(1_000);
    args.finish()?;
    if !measures {
        return run_optimised(&["bench", "instructions"], &words, Some("ringfence"));
    }
    let mut cells = Cell::all(false);
    cells.retain(|cell| {
        cell.connections == 1 && selection.as_ref().is_none_or(|selection| selection.takes(cell))
    });
    if cells.is_empty() || calls == 0 {
        return Err(Failure::new("nothing to count: --cell takes ERA:UPSTREAM:CALL, as legacy:http:1k"));
    }
    count(&cells, calls)
}

fn count(cells: &[Cell], calls: u64) -> Result<(), Failure> {
    if !machine::works(machine::program("valgrind").arg("--version")) {
        install_debian(&["valgrind"])?;
    }
    let place = Place::of(&Workspace::find()?)?;
    let (_upstream, port) = place.upstream()?;
    let home = place.folder(Kind::Ringfence.name())?;
    let counts = home.join("callgrind.out");
    let mut callgrind = machine::program("valgrind");
    callgrind.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", counts.display()));
    let target = Target::ringfence_below(Some(callgrind), &home, port, &place)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("runtime")?;
    let ids = Arc::new(AtomicU64::new(1));
    report::print(&["| era | upstream | call | instructions |".to_owned(), "|---|---|---|--:|".to_owned()]);
    for (index, cell) in cells.iter().enumerate() {
        let (endpoint, processes) = target.way(cell.upstream).map_err(Failure::new)?;
        let run = |calls| {
            let calls = Length::Calls(calls);
            runtime.block_on(driver::run(endpoint, cell, calls, processes.as_ref(), &ids))
        };
        run(WARM_UP)?;
        control("--zero", &target)?;
        run(calls)?;
        control("--dump", &target)?;
        let each = total(&numbered(&counts, index + 1))? / calls;
        say::result(format_args!("| {} | {} | {} | {each} |", cell.era, cell.upstream, cell.call));
    }
    say::note(format_args!("`callgrind_annotate FILE` says where they went: {}.1 and on", counts.display()));
    Ok(())
}

pub(super) fn control(order: &str, target: &Target) -> Result<(), Failure> {
    let mut command = machine::program("callgrind_control");
    command.arg(order);
    for number in target.numbers() {
        command.arg(number.to_string());
    }
    machine::output(&mut command).map(drop)
}

/// Where callgrind puts its dump of this number.
pub(super) fn numbered(counts: &Path, number: usize) -> PathBuf {
    PathBuf::from(format!("{}.{number}", counts.display()))
}

/// The sum of a dump (Callgrind Format Specification, `totals`).
fn total(dump: &Path) -> Result<u64, Failure> {
    let text = machine::read_text(dump)?;
    let line = text.lines().rev().find_map(|line| line.strip_prefix("totals:"));
    let total = line.and_then(|rest| rest.trim().parse().ok());
    total.ok_or_else(|| Failure::new(format!("{}: no total", dump.display())))
}
