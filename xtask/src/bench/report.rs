//! The tables: medians over the rounds, and the ratios that the floors are about.

use std::time::Duration;

use super::cell::Cell;
use super::driver::Sample;
use super::target::Kind;
use crate::{machine, say};

/// What one target gave in one cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Measured {
    /// One for each round.
    Samples(Vec<Sample>),
    /// It cannot do this, or did it wrong: why.
    Not(String),
}

/// All targets in one cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) cell: Cell,
    pub(crate) targets: Vec<(Kind, Measured)>,
}

/// Medians of one target in one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Medians {
    pub(super) rate: f64,
    slowest: f64,
    fastest: f64,
    pub(super) p50: Duration,
    p99: Duration,
    pub(super) cpu: Option<f64>,
}

impl Row {
    pub(super) fn medians(&self, kind: Kind) -> Option<Medians> {
        self.targets.iter().find(|(own, _)| *own == kind).and_then(|(_, measured)| match measured {
            Measured::Samples(samples) => Medians::of(samples),
            Measured::Not(_) => None,
        })
    }
}

impl Medians {
    fn of(samples: &[Sample]) -> Option<Self> {
        let rates = || samples.iter().map(|sample| sample.rate);
        let cpu: Vec<f64> = samples.iter().filter_map(|sample| sample.cpu).collect();
        Some(Self {
            rate: median(rates().collect())?,
            slowest: rates().reduce(f64::min)?,
            fastest: rates().reduce(f64::max)?,
            p50: Duration::from_secs_f64(median(
                samples.iter().map(|sample| sample.p50.as_secs_f64()).collect(),
            )?),
            p99: Duration::from_secs_f64(median(
                samples.iter().map(|sample| sample.p99.as_secs_f64()).collect(),
            )?),
            cpu: median(cpu),
        })
    }
}

/// The middle one; of an even number the mean of the middle two.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let lower = if values.len().is_multiple_of(2) { *values.get(middle - 1)? } else { upper };
    Some((lower + upper) / 2.0)
}

/// The machine, as far as it explains the numbers.
pub(crate) fn machine_line() -> String {
    let read = |path: &str| machine::read_text(std::path::Path::new(path)).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches(['\t', ' ', ':']));
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let load = read("/proc/loadavg");
    format!(
        "{cores} × {}, Linux {}, load {} at the start",
        model.unwrap_or("unknown CPU"),
        read("/proc/sys/kernel/osrelease").trim(),
        load.split(' ').next().unwrap_or_default()
    )
}

/// The main table as Markdown.
pub(crate) fn table(rows: &[Row]) -> Vec<String> {
    let mut lines = vec![
        "| era | upstream | call | c | target | calls/s (slowest–fastest round) | p50 µs | + direct | p99 µs | CPU s / 10,000 | ÷ nginx | ÷ mcp-proxy |".to_owned(),
        "|---|---|---|--:|---|--:|--:|--:|--:|--:|--:|--:|".to_owned(),
    ];
    for row in rows {
        for (kind, measured) in &row.targets {
            lines.push(line(row, *kind, measured));
        }
    }
    lines
}

fn line(row: &Row, kind: Kind, measured: &Measured) -> String {
    let cell = row.cell;
    let head = format!(
        "| {} | {} | {} | {} | {} |",
        cell.era,
        cell.upstream,
        cell.call,
        cell.connections,
        kind.name()
    );
    let medians = match measured {
        Measured::Not(reason) => return format!("{head} n/a: {} | | | | | | |", one_line(reason)),
        Measured::Samples(samples) => Medians::of(samples),
    };
    let Some(own) = medians else { return format!("{head} n/a: no round | | | | | | |") };
    let ratio = |other: Kind| match row.medians(other) {
        Some(other_medians) if other != kind => format!("{:.2}", own.rate / other_medians.rate),
        Some(_) | None => String::new(),
    };
    let added = match row.medians(Kind::Direct) {
        Some(direct) if kind != Kind::Direct => format!("{:+.0}", micros(own.p50) - micros(direct.p50)),
        Some(_) | None => String::new(),
    };
    format!(
        "{head} {:.0} ({:.0}–{:.0}) | {:.0} | {added} | {:.0} | {} | {} | {} |",
        own.rate,
        own.slowest,
        own.fastest,
        micros(own.p50),
        micros(own.p99),
        own.cpu.map(|cpu| format!("{cpu:.2}")).unwrap_or_default(),
        ratio(Kind::Nginx),
        ratio(Kind::McpProxy)
    )
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// A cell of a table holds no bar and no line break.
fn one_line(reason: &str) -> String {
    let flat: String = reason.chars().map(|c| if c == '|' || c.is_control() { ' ' } else { c }).collect();
    flat.chars().take(160).collect()
}

/// Prints the table.
pub(crate) fn print(lines: &[String]) {
    for line in lines {
        say::result(format_args!("{line}"));
    }
}

#[cfg(test)]
mod tests;
