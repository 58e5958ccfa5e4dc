//! `cargo xtask order`: in which order the linker puts the functions of the binary, as callgrind saw them run.
//!
//! What a call runs stands together, then what a start runs. The two thousand functions of a call are spread over 18 MB
//! otherwise: each brings a page of its own, and most of it is never used (ADR 0012). Must never decide what is linked: a
//! name that is not in the binary any more is passed over.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::cell::Cell;
use super::driver::{self, Length};
use super::instructions::{control, numbered};
use super::place::Place;
use super::profile::Profile;
use super::target::{Kind, Target};
use super::{MEASURE, build_optimised};
use crate::args::Args;
use crate::failure::{Context as _, Failure};
use crate::test::install_debian;
use crate::workspace::Workspace;
use crate::{machine, say};

/// Where the order is kept, from the root of the repository; the binary's build script hands it to the linker.
const KEPT: &str = "crates/ringfence/order.txt";

/// Set for the build script: the names of functions stay in the binary.
const NAMES: &str = "RINGFENCE_KEEP_NAMES";

/// Calls of each kind: what is done once for many is seen too, and so is what is done for each.
const CALLS: u64 = 40;

/// Builds for release with the names of functions, and writes the order anew.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let measures = args.flag(MEASURE);
    args.finish()?;
    if measures {
        return record();
    }
    let mut command = build_optimised(Some("ringfence"), &[(NAMES, "1")])?;
    machine::run(command.args(["order", MEASURE]))
}

fn record() -> Result<(), Failure> {
    if !machine::works(machine::program("valgrind").arg("--version")) {
        install_debian(&["valgrind"])?;
    }
    let place = Place::of(&Workspace::find()?)?;
    let (_upstream, port) = place.upstream()?;
    let home = place.folder(Kind::Ringfence.name())?;
    let counts = home.join("callgrind.out");
    let mut callgrind = machine::program("valgrind");
    callgrind.args(["--tool=callgrind", "--demangle=no"]);
    callgrind.arg(format!("--callgrind-out-file={}", counts.display()));
    let target = Target::ringfence_below(Some(callgrind), &home, port, &place)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("runtime")?;
    control("--dump", &target)?;
    let ids = Arc::new(AtomicU64::new(1));
    for cell in Cell::all(false).iter().filter(|cell| cell.connections == 1) {
        say::note(format_args!("{cell}"));
        let (endpoint, processes) = target.way(cell.upstream).map_err(Failure::new)?;
        runtime.block_on(driver::run(endpoint, cell, Length::Calls(CALLS), processes.as_ref(), &ids))?;
    }
    control("--dump", &target)?;
    let start = read(&numbered(&counts, 1))?;
    let calls = read(&numbered(&counts, 2))?;
    let mut order = calls.order();
    let of_calls = order.len();
    order.extend(start.order().into_iter().filter(|name| !calls.has(name)));
    let mut text = String::from("# Made by `cargo xtask order`: what a call runs, then what a start runs.\n");
    for name in order.iter().filter(|name| is_symbol(name)) {
        text.push_str(name);
        text.push('\n');
    }
    machine::write(&place.repository().join(KEPT), &text)?;
    say::result(format_args!("{KEPT}: {} functions, {of_calls} of them of calls", order.len()));
    Ok(())
}

fn read(dump: &Path) -> Result<Profile, Failure> {
    Ok(Profile::of(&machine::read_text(dump)?))
}

/// Not the address that callgrind gives for what has no name.
fn is_symbol(name: &str) -> bool {
    !name.starts_with("0x") && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$'))
}
