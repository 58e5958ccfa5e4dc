//! What is measured: one kind of call, in one era, over one kind of upstream, by so many connections at once.

use std::fmt;
use std::str::FromStr;

/// The era of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// `initialize` and a session for each connection.
    Legacy,
    /// Each request stands for itself.
    Modern,
}

/// How the proxy reaches the upstream server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upstream {
    Http,
    Stdio,
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// `tools/call` with a text of so many KiB, which comes back.
    Echo(usize),
    /// `tools/list` of a hundred tools.
    List,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) era: Era,
    pub(crate) upstream: Upstream,
    pub(crate) call: Call,
    /// Connections, each with one call in flight.
    pub(crate) connections: usize,
}

impl Cell {
    /// All rows; `quick` leaves a few that together meet every part.
    pub(crate) fn all(quick: bool) -> Vec<Self> {
        let calls = [Call::Echo(1), Call::Echo(10), Call::Echo(64), Call::List];
        let mut cells = Vec::new();
        for upstream in [Upstream::Http, Upstream::Stdio] {
            for era in [Era::Legacy, Era::Modern] {
                for call in calls {
                    cells.extend([1, 8, 32].map(|connections| Self { era, upstream, call, connections }));
                }
            }
        }
        if quick {
            cells.retain(|cell| {
                cell.connections == 1 || (cell.connections == 8 && cell.call == Call::Echo(1))
            });
            cells.retain(|cell| cell.upstream == Upstream::Http || cell.call == Call::Echo(1));
        }
        cells
    }
}

impl fmt::Display for Era {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Stdio => "stdio",
        })
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Echo(kib) => write!(f, "{kib}k"),
            Self::List => f.write_str("list"),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:c{}", self.era, self.upstream, self.call, self.connections)
    }
}

/// Which cells were asked for: `legacy:http:1k:c1`, with `*` for any and a missing end for any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection(Vec<String>);

impl FromStr for Selection {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.split(':').map(str::to_owned).collect()))
    }
}

impl Selection {
    pub(crate) fn takes(&self, cell: &Cell) -> bool {
        let name = cell.to_string();
        let mut parts = name.split(':');
        self.0.iter().all(|wanted| parts.next().is_some_and(|part| wanted == "*" || wanted == part))
    }
}

#[cfg(test)]
mod tests;
