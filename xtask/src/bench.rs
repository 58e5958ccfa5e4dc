//! `cargo xtask bench gateway`: Ringfence beside no proxy, nginx and the crate `mcp-proxy`, in one run.
//! `cargo xtask bench instructions`: what a call costs the kernel by itself, for comparing two states of the code.
//!
//! Rounds are interleaved and every target has the same upstream server, so that what the machine does meanwhile
//! falls on all alike. It must never count a call whose answer it did not check.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::args::Args;
use crate::failure::{Context as _, Failure};
use crate::workspace::Workspace;
use crate::{machine, say};

pub(crate) mod cell;
pub(crate) mod client;
pub(crate) mod driver;
mod floors;
mod instructions;
pub(crate) mod order;
pub(crate) mod place;
mod profile;
mod report;
mod start;
pub(crate) mod target;
pub(crate) mod usage;
mod wire;

use cell::{Cell, Selection};
use driver::Length;
use place::Place;
use report::{Measured, Row};
use target::{Kind, Target};

/// Set on the optimised program that measures; the one that cargo runs only builds it.
pub(crate) const MEASURE: &str = "--measure";

struct Options {
    kinds: Vec<Kind>,
    cells: Vec<Cell>,
    rounds: usize,
    warm_up: Duration,
    measure: Duration,
}

/// Builds for release, then measures with what was built.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    match args.next_word().as_deref() {
        Some("gateway") => {}
        Some("instructions") => return instructions::run(args),
        Some("detect") => return crate::eval::example("ringfence-detect", "bench", &["--release"], &args),
        Some("flow") => return crate::eval::example("ringfence-flow", "bench", &["--release"], &args),
        Some("policy") => return crate::eval::example("ringfence-policy", "bench", &["--release"], &args),
        Some(other) => {
            return Err(Failure::new(format!(
                "no bench is called {other:?}: gateway, instructions, detect, flow and policy are"
            )));
        }
        None => return Err(Failure::new("which bench? gateway, instructions, detect, flow or policy")),
    }
    let words = args.words().to_vec();
    let measures = args.flag(MEASURE);
    let options = Options::of(args)?;
    if measures {
        return measure(&options);
    }
    let ringfence = options.kinds.contains(&Kind::Ringfence).then_some("ringfence");
    run_optimised(&["bench", "gateway"], &words, ringfence)
}

/// Builds xtask and another package for release, and runs this task again as the program that came of it.
pub(crate) fn run_optimised(task: &[&str], words: &[String], package: Option<&str>) -> Result<(), Failure> {
    let mut command = build_optimised(package, &[])?;
    machine::run(command.args(task).args(words).arg(MEASURE))
}

/// Builds xtask and another package for release; the xtask that came of it, to be run.
fn build_optimised(package: Option<&str>, environment: &[(&str, &str)]) -> Result<Command, Failure> {
    let workspace = Workspace::find()?;
    let packages = ["xtask"].into_iter().chain(package).flat_map(|name| ["--package", name]);
    let mut build = machine::cargo();
    build.args(["build", "--release", "--locked"]).args(packages).envs(environment.iter().copied());
    machine::run(build.current_dir(&workspace.root))?;
    let mut command = machine::program(workspace.target.join("release/xtask"));
    command.current_dir(&workspace.root);
    Ok(command)
}

impl Options {
    fn of(mut args: Args) -> Result<Self, Failure> {
        let quick = args.flag("--quick");
        let only: Option<String> = args.value("--only")?;
        let selection: Option<Selection> = args.value("--cell")?;
        let rounds = args.value("--rounds")?.unwrap_or(if quick { 2 } else { 5 });
        let seconds: f64 = args.value("--seconds")?.unwrap_or(if quick { 0.5 } else { 2.0 });
        args.finish()?;
        let measure = Duration::try_from_secs_f64(seconds).context("--seconds")?;
        let kinds = match only {
            None => Kind::ALL.to_vec(),
            Some(names) => names.split(',').map(kind).collect::<Result<_, _>>()?,
        };
        let mut cells = Cell::all(quick && selection.is_none());
        cells.retain(|cell| selection.as_ref().is_none_or(|selection| selection.takes(cell)));
        if cells.is_empty() || rounds == 0 || measure.is_zero() {
            return Err(Failure::new(
                "nothing to measure: --cell takes ERA:UPSTREAM:CALL:cN, as legacy:http:1k:c8",
            ));
        }
        Ok(Self { kinds, cells, rounds, warm_up: measure / 5, measure })
    }
}

fn kind(name: &str) -> Result<Kind, Failure> {
    let found = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    let names = Kind::ALL.map(Kind::name).join(", ");
    found.ok_or_else(|| Failure::new(format!("--only takes some of {names}")))
}

fn measure(options: &Options) -> Result<(), Failure> {
    let place = Place::of(&Workspace::find()?)?;
    let machine_line = report::machine_line();
    let (_upstream, port) = place.upstream()?;
    let mut targets = Vec::new();
    let mut absent = Vec::new();
    for kind in &options.kinds {
        match Target::start(*kind, port, &place) {
            Ok(target) => targets.push(target),
            Err(failure) => {
                say::note(format_args!("{} does not start: {failure}", kind.name()));
                absent.push(format!("{} did not start: {failure}", kind.name()));
            }
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("runtime")?;
    let ids = Arc::new(AtomicU64::new(1));
    let mut rows = Vec::new();
    for cell in &options.cells {
        rows.push(runtime.block_on(measure_cell(cell, options, &targets, &ids)));
    }
    report::print(&[
        format!("{machine_line}; medians of {} rounds of {:?} each.", options.rounds, options.measure),
        String::new(),
    ]);
    report::print(&report::table(&rows));
    report::print(&[String::new()]);
    report::print(&floors::table(&rows));
    print_memory(&targets);
    let wrong = rows.iter().any(|row| {
        row.targets.iter().any(|(kind, m)| *kind == Kind::Ringfence && matches!(m, Measured::Not(_)))
    });
    drop(targets);
    if options.kinds.contains(&Kind::Ringfence)
        && absent.iter().all(|line| !line.starts_with(Kind::Ringfence.name()))
    {
        start::measure(&place, &runtime)?;
    }
    if wrong {
        absent.push("ringfence has cells without a number".to_owned());
    }
    if absent.is_empty() { Ok(()) } else { Err(Failure::new(absent.join("\n"))) }
}

/// Every round meets every target, each round beginning with the next one.
async fn measure_cell(cell: &Cell, options: &Options, targets: &[Target], ids: &Arc<AtomicU64>) -> Row {
    let mut measured = Vec::new();
    for target in targets {
        let probed = match target.way(cell.upstream) {
            Ok((endpoint, _)) => {
                driver::probe(endpoint, cell, ids).await.map_err(|failure| failure.to_string())
            }
            Err(reason) => Err(reason.to_owned()),
        };
        measured.push(match probed {
            Ok(()) => (target.kind, Measured::Samples(Vec::new())),
            Err(reason) => (target.kind, Measured::Not(reason)),
        });
    }
    for round in 0..options.rounds {
        for turn in 0..targets.len() {
            let index = (round + turn) % targets.len();
            if let (Some(target), Some((_, result))) = (targets.get(index), measured.get_mut(index)) {
                add_round(cell, options, target, ids, result).await;
            }
        }
    }
    Row { cell: *cell, targets: measured }
}

async fn add_round(
    cell: &Cell,
    options: &Options,
    target: &Target,
    ids: &Arc<AtomicU64>,
    result: &mut Measured,
) {
    let (Measured::Samples(samples), Ok((endpoint, processes))) = (&mut *result, target.way(cell.upstream))
    else {
        return;
    };
    let length = Length::Time { warm_up: options.warm_up, measure: options.measure };
    match driver::run(endpoint, cell, length, processes.as_ref(), ids).await {
        Ok(sample) => {
            let (rate, p50) = (sample.rate, sample.p50.as_secs_f64() * 1e6);
            say::note(format_args!("{cell} {}: {rate:.0}/s, p50 {p50:.0} µs", target.kind.name()));
            samples.push(sample);
        }
        Err(failure) => {
            say::note(format_args!("{cell} {}: {failure}", target.kind.name()));
            *result = Measured::Not(failure.to_string());
        }
    }
}

/// Peak resident memory of each target after all cells.
fn print_memory(targets: &[Target]) {
    report::print(&[String::new(), "| target | peak RSS MB |".to_owned(), "|---|--:|".to_owned()]);
    for target in targets.iter().filter(|target| target.kind != Kind::Direct) {
        let each = target
            .processes()
            .iter()
            .map(|processes| mb(processes.peak_memory()))
            .collect::<Vec<_>>()
            .join(" + ");
        say::result(format_args!("| {} | {each} |", target.kind.name()));
    }
}

/// KiB as MB with one digit.
pub(crate) fn mb(kib: u64) -> String {
    format!("{:.1}", kib as f64 * 1.024e-3)
}
