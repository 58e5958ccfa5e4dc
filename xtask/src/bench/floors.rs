//! The floors of SPECIFICATION.md beside what was measured: the cell that is worst, and whether it holds.
//!
//! Must never leave a floor out because its cells were not measured: it says so.

use std::fmt;

use super::cell::{Call, Cell};
use super::report::Row;
use super::target::Kind;

/// A bound on one figure of Ringfence, in the cells that it is about.
struct Floor {
    what: &'static str,
    bound: Bound,
    /// The cells that it is about.
    about: fn(&Cell) -> bool,
    /// The figure; none where a target in it has no number.
    figure: fn(&Row) -> Option<f64>,
}

#[derive(Clone, Copy)]
pub(super) enum Bound {
    AtLeast(f64),
    MoreThan(f64),
    AtMost(f64),
}

const FLOORS: [Floor; 6] = [
    Floor {
        what: "calls a second ÷ nginx, 1 KB",
        bound: Bound::AtLeast(0.5),
        about: |cell| cell.call == Call::Echo(1),
        figure: |row| rate_over(row, Kind::Nginx),
    },
    Floor {
        what: "calls a second ÷ nginx, 10 KB",
        bound: Bound::AtLeast(0.35),
        about: |cell| cell.call == Call::Echo(10),
        figure: |row| rate_over(row, Kind::Nginx),
    },
    Floor {
        what: "calls a second ÷ nginx, 64 KB",
        bound: Bound::AtLeast(0.12),
        about: |cell| cell.call == Call::Echo(64),
        figure: |row| rate_over(row, Kind::Nginx),
    },
    Floor {
        what: "calls a second ÷ mcp-proxy",
        bound: Bound::MoreThan(1.0),
        about: |_| true,
        figure: |row| rate_over(row, Kind::McpProxy),
    },
    Floor {
        what: "CPU ÷ nginx",
        bound: Bound::AtMost(2.5),
        about: |_| true,
        figure: |row| Some(row.medians(Kind::Ringfence)?.cpu? / row.medians(Kind::Nginx)?.cpu?),
    },
    Floor {
        what: "µs added to a 1 KB call at c = 1, p50",
        bound: Bound::AtMost(70.0),
        about: |cell| cell.call == Call::Echo(1) && cell.connections == 1,
        figure: |row| {
            let (own, direct) = (row.medians(Kind::Ringfence)?, row.medians(Kind::Direct)?);
            Some((own.p50.as_secs_f64() - direct.p50.as_secs_f64()) * 1e6)
        },
    },
];

fn rate_over(row: &Row, other: Kind) -> Option<f64> {
    Some(row.medians(Kind::Ringfence)?.rate / row.medians(other)?.rate)
}

/// The floors as Markdown.
pub(super) fn table(rows: &[Row]) -> Vec<String> {
    let mut lines = vec!["| floor | | worst cell | | holds |".to_owned(), "|---|---|---|--:|---|".to_owned()];
    lines.extend(FLOORS.iter().map(|floor| floor.line(rows)));
    lines
}

impl Floor {
    fn line(&self, rows: &[Row]) -> String {
        let about = rows.iter().filter(|row| (self.about)(&row.cell));
        let figures: Vec<(Cell, f64)> = about
            .filter_map(|row| Some((row.cell, (self.figure)(row).filter(|figure| figure.is_finite())?)))
            .collect();
        let worst = figures.iter().copied().reduce(|a, b| if self.bound.prefers(a.1, b.1) { b } else { a });
        let head = format!("| {} | {} |", self.what, self.bound);
        let Some((cell, figure)) = worst else { return format!("{head} | | not measured |") };
        let missing = figures.iter().filter(|(_, figure)| !self.bound.holds(*figure)).count();
        let holds = match missing {
            0 => "yes".to_owned(),
            _ => format!("**no**, in {missing} of {} cells", figures.len()),
        };
        format!("{head} {cell} | {figure:.2} | {holds} |")
    }
}

impl Bound {
    pub(super) fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(bound) => figure >= bound,
            Self::MoreThan(bound) => figure > bound,
            Self::AtMost(bound) => figure <= bound,
        }
    }

    /// True where `one` is further on the good side than `other`.
    fn prefers(self, one: f64, other: f64) -> bool {
        match self {
            Self::AtLeast(_) | Self::MoreThan(_) => one > other,
            Self::AtMost(_) => one < other,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {bound}"),
            Self::MoreThan(bound) => write!(f, "> {bound}"),
            Self::AtMost(bound) => write!(f, "≤ {bound}"),
        }
    }
}

#[cfg(test)]
mod tests;
