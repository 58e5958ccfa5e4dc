//! The bridge matrix: real clients and servers of each era, each pair directly and through Ringfence, feature by feature.
//!
//! The direct run is the yardstick. It must never call a cell the same that it did not run both ways.

use std::path::{Path, PathBuf};
use std::thread;

use serde_json::{Value, json};

use crate::failure::{Context as _, Failure};
use crate::kernel::Kernel;
use crate::workspace::Workspace;
use crate::{machine, say};

mod client;
mod compare;
mod feature;
mod server;

use client::{Client, Library};
use compare::{Outcome, Sameness};
use feature::Feature;
use server::{Column, Servers};

/// How a client reaches Ringfence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// It starts `ringfence wrap`.
    Pipe,
    /// The HTTP endpoint of the server behind the kernel.
    Http,
}

const DOORS: [Door; 2] = [Door::Pipe, Door::Http];

/// One pair of client and server, each feature compared.
struct Row {
    name: String,
    /// What the direct run was, where the pair has no direct one.
    yardstick: &'static str,
    cells: Vec<(&'static str, Sameness)>,
}

/// Runs all libraries at once, each with servers and a kernel of its own.
pub(super) fn run(workspace: &Workspace, only: Option<&str>) -> Result<(), Failure> {
    let folder = workspace.target.join("conformance/matrix");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| Failure::at(&folder, &error))?;
    }
    let ran: Vec<Result<Vec<Row>, Failure>> = thread::scope(|scope| {
        let wanted =
            Library::ALL.into_iter().filter(|library| only.is_none_or(|only| only == library.name()));
        let threads: Vec<_> = wanted
            .map(|library| {
                let folder = folder.join(library.name());
                scope.spawn(move || rows(workspace, library, &folder))
            })
            .collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .map(|ran| ran.unwrap_or_else(|_| Err(Failure::new("a thread of the matrix broke off"))))
            .collect()
    });
    let rows: Vec<Row> = ran.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    print(&rows);
    let differences: Vec<String> = rows.iter().flat_map(Row::differences).collect();
    say::result(format_args!("\nDifferences of the matrix: {}", differences.len()));
    for difference in &differences {
        say::result(format_args!("- {difference}"));
    }
    match differences.len() {
        0 => Ok(()),
        count => {
            Err(Failure::new(format!("matrix: {count} cells do not do what the direct connection does")))
        }
    }
}

/// All rows of one library.
fn rows(workspace: &Workspace, library: Library, folder: &Path) -> Result<Vec<Row>, Failure> {
    let servers = Servers::start(workspace, &folder.join("servers"))?;
    let rules = json!({ "rules": [{ "id": "the-matrix-is-not-about-policy", "severity": "low",
        "match": { "server": ["*"], "tool": ["*"] }, "decision": "allow" }] });
    let policy = folder.join("policy.yaml");
    machine::write(&policy, &rules.to_string())?;
    let config = json!({
        "version": 1,
        "policy": { "presets": ["strict"], "files": [policy] },
        "servers": servers.configured(),
    });
    let program = workspace.target.join("debug/ringfence");
    let kernel = Kernel::start(&program, &folder.join("kernel"), &config)?;
    let stand = Stand { kernel, servers, client: Client::new(workspace, library, folder) };
    stand.rows()
}

/// What the rows of one library need.
struct Stand {
    kernel: Kernel,
    servers: Servers,
    client: Client,
}

impl Stand {
    fn rows(mut self) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for column in self.servers.columns() {
            let features = feature::of(&column, &self.servers);
            let (yardstick, direct) = self.direct(&column, &features)?;
            for door in DOORS {
                let entry = self.entry(&column, door);
                let name = format!("{} → {} ({})", self.client.library().name(), column.name, door.name());
                say::note(format_args!("{name}"));
                let through = self.client.visit(&entry, self.client.library().mode(), &features)?;
                let row = Row { name, yardstick, cells: compare::all(&features, &direct, &through) };
                row.differences().for_each(|difference| say::note(format_args!("- {difference}")));
                rows.push(row);
            }
        }
        Ok(rows)
    }

    /// The direct run; where the pair cannot speak to each other, that of the nearest pair that can.
    fn direct(&mut self, column: &Column, features: &[Feature]) -> Result<(&'static str, Outcome), Failure> {
        let mode = self.client.library().mode();
        let direct = self.client.visit(&column.entry, mode, features)?;
        if direct.is_open() {
            return Ok(("itself", direct));
        }
        if let Some(twin) = column.twin.as_ref() {
            let direct = self.client.visit(twin, mode, features)?;
            if direct.is_open() {
                return Ok(("the fixture in the client's era", direct));
            }
        }
        if let Some(other) = self.client.library().other_mode() {
            let direct = self.client.visit(&column.entry, Some(other), features)?;
            if direct.is_open() {
                return Ok(("the client in the server's era", direct));
            }
        }
        Err(Failure::new(format!("no client reaches {} directly: {direct:?}", column.name)))
    }

    fn entry(&self, column: &Column, door: Door) -> Value {
        match door {
            Door::Http => {
                json!({ "url": format!("http://127.0.0.1:{}/servers/{}/mcp", self.kernel.port, column.name) })
            }
            Door::Pipe => {
                let name = format!("w-{}", column.name);
                let mut words = vec!["wrap".to_owned(), "--name".to_owned(), name];
                words.extend(column.words());
                self.kernel.entry(&words)
            }
        }
    }
}

impl Door {
    const fn name(self) -> &'static str {
        match self {
            Self::Pipe => "wrap",
            Self::Http => "HTTP",
        }
    }
}

impl Row {
    fn differences(&self) -> impl Iterator<Item = String> {
        self.cells.iter().filter_map(|(feature, sameness)| match sameness {
            Sameness::Differs(words) => Some(format!("{}, {feature}: {words}", self.name)),
            Sameness::Same | Sameness::More | Sameness::Neither => None,
        })
    }
}

fn print(rows: &[Row]) {
    let names: Vec<&str> = feature::NAMES.to_vec();
    say::result(format_args!("\n| client → server (way in) | yardstick | {} |", names.join(" | ")));
    say::result(format_args!("|---|---|{}", ":-:|".repeat(names.len())));
    for row in rows {
        let cell = |name: &&str| {
            let found = row.cells.iter().find(|(feature, _)| feature == name);
            found.map_or("", |(_, sameness)| sameness.sign())
        };
        let cells: Vec<&str> = names.iter().map(cell).collect();
        say::result(format_args!("| {} | {} | {} |", row.name, row.yardstick, cells.join(" | ")));
    }
    say::result(format_args!(
        "\n`=` the same as directly; `+` more than directly, where the direct pair has no way to do it; `-` neither has it; \
         empty: the server does not offer it"
    ));
}

/// A repository with one commit.
fn repository(path: PathBuf) -> Result<PathBuf, Failure> {
    machine::write(&path.join("file.txt"), "one\n")?;
    let git = |words: &[&str]| {
        let identity = ["-c", "user.name=matrix", "-c", "user.email=matrix@example.org"];
        machine::output(machine::program("git").args(identity).args(words).current_dir(&path)).map(drop)
    };
    git(&["init", "--quiet", "--initial-branch=main"])?;
    git(&["add", "file.txt"])?;
    git(&["commit", "--quiet", "-m", "one"])?;
    path.canonicalize().context("the repository")
}
