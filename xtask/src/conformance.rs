//! `cargo xtask conformance`: the official suite against a fixture, directly and through Ringfence.
//!
//! What passes directly passes through Ringfence, check by check; how many pass says nothing about us. It must never
//! leave out a check that a run gave.

use std::path::PathBuf;

use serde_json::json;

use crate::args::Args;
use crate::bench::place::{Running, free_port};
use crate::failure::Failure;
use crate::kernel::Kernel;
use crate::workspace::Workspace;
use crate::{machine, say, test};

mod difference;
mod ledger;
mod matrix;
mod suite;

use difference::Difference;
use ledger::Ledger;
use suite::{Checks, Revision};

/// How the suite reaches the fixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The fixture's own HTTP endpoint.
    Direct,
    /// Ringfence, which reaches the fixture over HTTP.
    Http,
    /// Ringfence, which starts the fixture and speaks to it on its pipes.
    Stdio,
}

/// The ways through Ringfence, which are compared with the direct one.
const THROUGH: [Way; 2] = [Way::Http, Way::Stdio];

/// The fixture and the kernel of one run.
struct Stand {
    workspace: Workspace,
    kernel: Kernel,
    _fixture: Running,
    fixture_port: u16,
    over_http: Ledger,
    over_stdio: Ledger,
}

/// Sets up what it needs, then runs both requirement sets, or the one named.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let only: Option<Revision> = args.value("--requirements")?;
    let is_matrix_only = args.flag("--matrix");
    let client: Option<String> = args.value("--client")?;
    args.finish()?;
    let workspace = Workspace::find()?;
    test::all_peers(&workspace)?;
    let mut build = machine::cargo();
    build.args(["build", "--locked", "--package", "ringfence", "--package", "fixture-server"]);
    machine::run(build.current_dir(&workspace.root))?;
    if is_matrix_only {
        return matrix::run(&workspace, client.as_deref());
    }
    let mut stand = Stand::start(workspace)?;
    let mut differences = Vec::new();
    for revision in Revision::ALL.into_iter().filter(|revision| only.is_none_or(|only| only == *revision)) {
        differences.extend(stand.compare(revision)?);
    }
    say::result(format_args!("\nDifferences: {}", differences.len()));
    for difference in &differences {
        say::result(format_args!("- {difference}"));
    }
    // The matrix is run in any case: what differs there is seldom what differs here.
    let matrix = if only.is_none() { matrix::run(&stand.workspace, None) } else { Ok(()) };
    match differences.len() {
        0 => matrix,
        count => Err(Failure::new(format!("conformance: {count} differences from a direct connection"))),
    }
}

impl Stand {
    fn start(workspace: Workspace) -> Result<Self, Failure> {
        let folder = workspace.target.join("conformance");
        let fixture = workspace.target.join("debug/fixture-server");
        let (over_http, over_stdio) =
            (Ledger::empty(folder.join("http.ledger"))?, Ledger::empty(folder.join("stdio.ledger"))?);
        let fixture_port = free_port()?;
        let mut command = machine::program(&fixture);
        command.args(["--http", &fixture_port.to_string(), "--ledger"]).arg(over_http.path());
        let running = Running::start(command, &folder, fixture_port)?;
        let config = json!({
            "version": 1,
            "policy": { "presets": ["strict"], "files": [workspace.root.join("tests/fixture/policy.yaml")] },
            "servers": {
                "http": { "url": format!("http://127.0.0.1:{fixture_port}/mcp") },
                "stdio": { "command": fixture, "args": ["--stdio", "--ledger", over_stdio.path()] },
            },
        });
        let program = workspace.target.join("debug/ringfence");
        let kernel = Kernel::start(&program, &folder.join("kernel"), &config)?;
        Ok(Self { workspace, kernel, _fixture: running, fixture_port, over_http, over_stdio })
    }

    /// Runs one requirement set each way and prints what passed.
    fn compare(&mut self, revision: Revision) -> Result<Vec<Difference>, Failure> {
        let direct = self.run(revision, Way::Direct)?;
        // What the fixture was asked directly is in no journal.
        self.over_http.read()?;
        let mut differences = Vec::new();
        let mut columns = vec![("direct", direct.clone())];
        for way in THROUGH {
            let through = self.run(revision, way)?;
            differences.extend(difference::between(revision, way.name(), &direct, &through));
            differences.extend(self.unrecorded(revision, way)?);
            columns.push((way.name(), through));
        }
        difference::print(revision, &columns);
        Ok(differences)
    }

    fn run(&self, revision: Revision, way: Way) -> Result<Checks, Failure> {
        say::note(format_args!("{}: {}", revision.name(), way.name()));
        suite::run(&self.workspace, revision, &self.url(way), &self.results(revision, way))
    }

    fn url(&self, way: Way) -> String {
        match way {
            Way::Direct => format!("http://127.0.0.1:{}/mcp", self.fixture_port),
            Way::Http | Way::Stdio => {
                format!("http://127.0.0.1:{}/servers/{}/mcp", self.kernel.port, way.name())
            }
        }
    }

    fn results(&self, revision: Revision, way: Way) -> PathBuf {
        self.workspace.target.join("conformance").join(format!("{}-{}", revision.name(), way.name()))
    }

    /// Calls that reached the fixture and are not in the journal, or the other way round.
    fn unrecorded(&mut self, revision: Revision, way: Way) -> Result<Vec<Difference>, Failure> {
        let ledger = match way {
            Way::Direct => return Ok(Vec::new()),
            Way::Http => &mut self.over_http,
            Way::Stdio => &mut self.over_stdio,
        };
        let (got, recorded) = (ledger.read()?, ledger.recorded(&self.kernel, way.name())?);
        let calls: usize = got.values().sum();
        say::result(format_args!(
            "{} {}: {calls} calls reached the fixture, {} are in the journal as let through",
            revision.name(),
            way.name(),
            recorded.values().sum::<usize>()
        ));
        if calls == 0 {
            return Err(Failure::new("no call reached the fixture: nothing was measured"));
        }
        Ok(difference::unrecorded(revision, way.name(), &got, &recorded))
    }
}

impl Way {
    /// The name of the server in the configuration, too.
    const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Http => "http",
            Self::Stdio => "stdio",
        }
    }
}
