//! `cargo xtask abuse`: what hostile clients and servers do, against a whole kernel, while another client goes on.
//!
//! Each case has a bound of time and of memory. It must never pass a case whose innocent client was not served.

use std::time::Duration;

use crate::args::Args;
use crate::bench::{MEASURE, mb, run_optimised};
use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{machine, say};

mod arena;
mod canary;
mod cases;
mod hostile;
mod piped;
mod wire;

use arena::Arena;

/// Most that a call of the innocent client may take, whatever happens beside it.
const CANARY_LIMIT: Duration = Duration::from_secs(5);

/// One thing that somebody does.
struct Case {
    name: &'static str,
    /// Longest that it may take.
    within: Duration,
    /// Most memory that the kernel may need for it beyond what it held before, in KiB.
    memory: u64,
    run: fn(&Arena) -> Result<(), Failure>,
}

/// What a case came to.
struct Outcome {
    took: Duration,
    /// Peak over what was held before, in KiB.
    memory: u64,
    canary: Duration,
    /// Why it does not hold.
    fault: Option<String>,
}

/// Builds for release, then runs all cases, or those whose name holds `--only`.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    if args.flag("--upstream") {
        args.finish()?;
        return piped::serve();
    }
    let words = args.words().to_vec();
    let measures = args.flag(MEASURE);
    let only: Option<String> = args.value("--only")?;
    args.finish()?;
    if !measures {
        return run_optimised(&["abuse"], &words, Some("ringfence"));
    }
    let arena = Arena::start(&Workspace::find()?)?;
    say::result(format_args!("| case | result | time | bound | memory MB | bound | canary ms |"));
    say::result(format_args!("|---|---|--:|--:|--:|--:|--:|"));
    let mut faults = Vec::new();
    let wanted = |case: &&Case| only.as_deref().is_none_or(|only| case.name.contains(only));
    for case in cases::ALL.iter().filter(wanted) {
        let outcome = measure(case, &arena)?;
        say::result(format_args!("{}", row(case, &outcome)));
        faults.extend(outcome.fault.map(|fault| format!("{}: {fault}", case.name)));
    }
    let served = arena.canary.end()?;
    say::result(format_args!(
        "\nThe canary made {} calls; the worst took {} ms.",
        served.calls,
        served.worst.as_millis()
    ));
    faults.extend(arena.finish());
    if faults.is_empty() { Ok(()) } else { Err(Failure::new(faults.join("\n"))) }
}

fn measure(case: &Case, arena: &Arena) -> Result<Outcome, Failure> {
    arena.canary.begin();
    let before = arena.held()?;
    let began = machine::now();
    let ran = (case.run)(arena);
    let took = began.elapsed();
    let memory = arena.peak()?.saturating_sub(before);
    let canary = arena.canary.worst();
    let mut faults: Vec<String> = ran.err().map(|failure| failure.to_string()).into_iter().collect();
    if took > case.within {
        faults.push(format!("took {took:?}, bound {:?}", case.within));
    }
    if memory > case.memory {
        faults.push(format!("needed {memory} KiB, bound {} KiB", case.memory));
    }
    faults.extend(canary.as_ref().err().map(|fault| format!("the canary was not served: {fault}")));
    let canary = canary.unwrap_or_default();
    if canary > CANARY_LIMIT {
        faults.push(format!("a call of the canary took {canary:?}"));
    }
    let fault = (!faults.is_empty()).then(|| faults.join("; "));
    Ok(Outcome { took, memory, canary, fault })
}

fn row(case: &Case, outcome: &Outcome) -> String {
    format!(
        "| {} | {} | {:.1} s | {:.0} s | {} | {} | {} |",
        case.name,
        outcome.fault.as_deref().unwrap_or("holds"),
        outcome.took.as_secs_f64(),
        case.within.as_secs_f64(),
        mb(outcome.memory),
        mb(case.memory),
        outcome.canary.as_millis()
    )
}
