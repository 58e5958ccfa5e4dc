//! The load: each connection has one call in flight, and every answer is checked.
//!
//! The first wrong answer ends the run: a number never covers up a fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::cell::Cell;
use super::client::{Client, Endpoint};
use super::usage::Processes;
use super::wire::Caller;
use crate::failure::{Context as _, Failure};
use crate::machine;

/// How long a run lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// Measures for `measure` after running for `warm_up`.
    Time { warm_up: Duration, measure: Duration },
    /// This many calls, all measured.
    Calls(u64),
}

/// What one run gave.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) calls: u64,
    /// Calls a second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// CPU seconds of the target for 10,000 calls; none for a target without a process.
    pub(crate) cpu: Option<f64>,
}

/// Runs one cell against one endpoint. `ids` gives every call of the whole bench an id of its own.
pub(crate) async fn run(
    endpoint: &Endpoint,
    cell: &Cell,
    length: Length,
    processes: Option<&Processes>,
    ids: &Arc<AtomicU64>,
) -> Result<Sample, Failure> {
    let caller = Caller::new(cell.era, cell.call, &endpoint.tool);
    let mut clients = Vec::with_capacity(cell.connections);
    for _ in 0..cell.connections {
        clients.push(Client::open(endpoint.clone(), cell.era, Arc::clone(ids)).await?);
    }
    let phase = Arc::new(Phase::of(length));
    let mut workers = JoinSet::new();
    for client in clients {
        workers.spawn(work(client, caller.clone(), Arc::clone(&phase)));
    }
    match length {
        Length::Time { warm_up, measure } => {
            tokio::time::sleep(warm_up).await;
            let meter = Meter::start(processes);
            phase.measuring.store(true, Ordering::Release);
            // A worker that ends before its time has a fault to tell.
            if let Ok(Some(early)) = tokio::time::timeout(measure, workers.join_next()).await {
                early.context("a worker")??;
            }
            phase.stopping.store(true, Ordering::Release);
            let used = meter.stop();
            sample(joined(workers).await?, used)
        }
        Length::Calls(_) => {
            let meter = Meter::start(processes);
            let latencies = joined(workers).await?;
            sample(latencies, meter.stop())
        }
    }
}

/// What all workers measured; the first fault ends the rest.
async fn joined(mut workers: JoinSet<Result<Vec<Duration>, Failure>>) -> Result<Vec<Duration>, Failure> {
    let mut latencies = Vec::new();
    while let Some(done) = workers.join_next().await {
        latencies.extend(done.context("a worker")??);
    }
    Ok(latencies)
}

/// Reads the clock and the processes at both ends of a window.
struct Meter<'a> {
    started: Instant,
    processes: Option<(&'a Processes, Duration)>,
}

/// The length of a window, and the CPU time of the processes in it.
type Used = (Duration, Option<Duration>);

impl<'a> Meter<'a> {
    fn start(processes: Option<&'a Processes>) -> Self {
        Self { started: machine::now(), processes: processes.map(|processes| (processes, processes.cpu())) }
    }

    fn stop(self) -> Used {
        let cpu = self.processes.map(|(processes, before)| processes.cpu().saturating_sub(before));
        (self.started.elapsed(), cpu)
    }
}

/// One call, to learn whether the target takes this kind at all.
pub(crate) async fn probe(endpoint: &Endpoint, cell: &Cell, ids: &Arc<AtomicU64>) -> Result<(), Failure> {
    let caller = Caller::new(cell.era, cell.call, &endpoint.tool);
    let mut client = Client::open(endpoint.clone(), cell.era, Arc::clone(ids)).await?;
    client.call(&caller).await?;
    client.close().await
}

/// What the workers are to do now.
struct Phase {
    measuring: AtomicBool,
    stopping: AtomicBool,
    /// Calls that are left to make.
    left: AtomicU64,
}

impl Phase {
    fn of(length: Length) -> Self {
        let (left, measuring) = match length {
            Length::Time { .. } => (u64::MAX, false),
            Length::Calls(calls) => (calls, true),
        };
        Self {
            measuring: AtomicBool::new(measuring),
            stopping: AtomicBool::new(false),
            left: AtomicU64::new(left),
        }
    }

    fn take_one(&self) -> bool {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.is_ok() && !self.stopping.load(Ordering::Acquire)
    }
}

/// Calls until told to stop; gives the time of each measured call.
async fn work(mut client: Client, caller: Caller, phase: Arc<Phase>) -> Result<Vec<Duration>, Failure> {
    let mut latencies = Vec::new();
    while phase.take_one() {
        let measured = phase.measuring.load(Ordering::Acquire);
        let took = client.call(&caller).await?;
        // A call that ends after the window would be a call more than the window held.
        if measured && !phase.stopping.load(Ordering::Acquire) {
            latencies.push(took);
        }
    }
    client.close().await?;
    Ok(latencies)
}

fn sample(mut latencies: Vec<Duration>, (elapsed, cpu): Used) -> Result<Sample, Failure> {
    latencies.sort_unstable();
    let at = |percent: usize| {
        latencies.get((latencies.len() * percent / 100).min(latencies.len().saturating_sub(1))).copied()
    };
    let (Some(p50), Some(p99)) = (at(50), at(99)) else {
        return Err(Failure::new("not one call was answered in the time"));
    };
    let calls = latencies.len() as u64;
    Ok(Sample {
        calls,
        rate: calls as f64 / elapsed.as_secs_f64(),
        p50,
        p99,
        cpu: cpu.map(|cpu| cpu.as_secs_f64() * 10_000.0 / calls as f64),
    })
}
