//! The servers of the matrix: published ones, and the fixture in one era only.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::bench::place::{Running, free_port};
use crate::failure::Failure;
use crate::machine;
use crate::workspace::Workspace;

/// Elements of a page of the fixture.
const PAGE: &str = "2";

/// Whose features a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Everything,
    Git,
    Fixture,
}

/// A server over one transport.
pub(super) struct Column {
    /// Its name in the configuration, too.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// As a client names it.
    pub(super) entry: Value,
    /// The same server speaking the other era, where there is one.
    pub(super) twin: Option<Value>,
}

impl Column {
    /// What stands behind `ringfence wrap --name NAME`.
    pub(super) fn words(&self) -> Vec<String> {
        if let Some(url) = self.entry.get("url").and_then(Value::as_str) {
            return vec!["--url".to_owned(), url.to_owned()];
        }
        let arguments = self.entry.get("args").and_then(Value::as_array);
        let command = self.entry.get("command").into_iter().chain(arguments.into_iter().flatten());
        let command = command.filter_map(Value::as_str).map(str::to_owned);
        std::iter::once("--".to_owned()).chain(command).collect()
    }
}

/// The running servers of one library's rows.
pub(super) struct Servers {
    everything: Vec<String>,
    everything_port: u16,
    git: Vec<String>,
    pub(super) repository: PathBuf,
    fixture: String,
    legacy_port: u16,
    modern_port: u16,
    _running: [Running; 3],
}

impl Servers {
    pub(super) fn start(workspace: &Workspace, folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| Failure::at(folder, &error))?;
        let peers = workspace.root.join("tests/peers");
        let words = |parts: &[&str]| -> Vec<String> {
            parts.iter().map(|part| peers.join(part).to_string_lossy().into_owned()).collect()
        };
        let [node, script] =
            ["node_modules/.bin/node", "node_modules/@modelcontextprotocol/server-everything/dist/index.js"];
        let everything = words(&[node, script]);
        let fixture = workspace.target.join("debug/fixture-server").to_string_lossy().into_owned();
        let [everything_port, legacy_port, modern_port] = [free_port()?, free_port()?, free_port()?];
        let run = |name: &str, mut command: Command, port: u16| {
            let home = folder.join(name);
            std::fs::create_dir_all(&home).map_err(|error| Failure::at(&home, &error))?;
            command.env("PORT", port.to_string());
            Running::start(command, &home, port)
        };
        let remote_fixture = |era: &str, port: u16| {
            let mut command = machine::program(&fixture);
            command.args(["--http", &port.to_string(), "--era", era, "--page", PAGE]);
            run(era, command, port)
        };
        let mut command = machine::program(peers.join(node));
        command.arg(peers.join(script)).arg("streamableHttp");
        let running = [
            run("everything", command, everything_port)?,
            remote_fixture("legacy", legacy_port)?,
            remote_fixture("modern", modern_port)?,
        ];
        let git = words(&["venv/bin/mcp-server-git"]);
        let repository = super::repository(folder.join("repository"))?;
        Ok(Self {
            everything,
            everything_port,
            git,
            repository,
            fixture,
            legacy_port,
            modern_port,
            _running: running,
        })
    }

    pub(super) fn columns(&self) -> Vec<Column> {
        let url = |port: u16| json!({ "url": format!("http://127.0.0.1:{port}/mcp") });
        let command = |words: &[String], more: &[&str]| {
            let arguments = words.iter().skip(1).map(String::as_str).chain(more.iter().copied());
            json!({ "command": words.first(), "args": arguments.collect::<Vec<_>>() })
        };
        let fixture = |era: &str| {
            command(std::slice::from_ref(&self.fixture), &["--stdio", "--era", era, "--page", PAGE])
        };
        let column = |name, kind, entry, twin| Column { name, kind, entry, twin };
        let (legacy, modern) = (fixture("legacy"), fixture("modern"));
        let (legacy_http, modern_http) = (url(self.legacy_port), url(self.modern_port));
        vec![
            column("everything", Kind::Everything, command(&self.everything, &["stdio"]), None),
            column("everything-http", Kind::Everything, url(self.everything_port), None),
            column("git", Kind::Git, command(&self.git, &[]), None),
            column("legacy", Kind::Fixture, legacy.clone(), Some(modern.clone())),
            column("legacy-http", Kind::Fixture, legacy_http.clone(), Some(modern_http.clone())),
            column("modern", Kind::Fixture, modern, Some(legacy)),
            column("modern-http", Kind::Fixture, modern_http, Some(legacy_http)),
        ]
    }

    /// All of them, as the configuration names them.
    pub(super) fn configured(&self) -> Value {
        let columns = self.columns().into_iter();
        columns.map(|column| (column.name.to_owned(), column.entry)).collect::<Map<_, _>>().into()
    }
}
