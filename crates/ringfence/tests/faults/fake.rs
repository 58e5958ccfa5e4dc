//! The misbehaving server of `server.py` as an entry of the configuration, and its side of the story.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::house::{Home, Kernel, Ran, until};

/// A kernel with fake servers.
pub(crate) struct Stage {
    pub(crate) kernel: Kernel,
    home: Arc<Home>,
}

/// An entry for a server with this fault; its side of the story goes to `NAME.journal` in the home.
pub(crate) fn entry(home: &Home, name: &str, fault: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/server.py");
    json!({
        "command": "python3",
        "args": ["-I", "-S", script, home.path(&format!("{name}.journal")), fault],
        "tools": { "*": { "effects": ["read"], "egress": false } },
    })
}

/// What a server did.
pub(crate) fn journal(home: &Home, name: &str) -> Vec<Value> {
    let bytes = std::fs::read(home.path(&format!("{name}.journal"))).unwrap_or_default();
    // What follows the last line end is being written.
    let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
    bytes[..end].split(|byte| *byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// Waits until the server has done something `count` times.
#[track_caller]
pub(crate) fn seen(home: &Home, name: &str, count: usize, is: impl Fn(&Value) -> bool) {
    until(&format!("{name} sees it {count} times"), || {
        journal(home, name).iter().filter(|event| is(event)).count() >= count
    });
}

/// Waits until no process of the server is left.
#[track_caller]
pub(crate) fn is_gone(home: &Home, name: &str) {
    let pids: Vec<i64> = journal(home, name).iter().filter_map(|event| event["pid"].as_i64()).collect();
    assert!(!pids.is_empty(), "{name} was never started");
    until(&format!("{name} is gone"), || pids.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists()));
}

impl Stage {
    /// A kernel with a well-behaved server `well` and, where a fault is named, a server `ill`.
    pub(crate) fn new(fault: Option<&str>, limits: Value) -> Self {
        Self::with(limits, |home| {
            let mut servers = Map::new();
            servers.insert("well".into(), entry(home, "well", "well"));
            if let Some(fault) = fault {
                servers.insert("ill".into(), entry(home, "ill", fault));
            }
            servers
        })
    }

    /// As [`Self::new`], where calls of `ill` may take this long and those of `well` as long as they like.
    pub(crate) fn patient(fault: &str, timeout: &str) -> Self {
        Self::with(json!({}), |home| {
            let mut ill = entry(home, "ill", fault);
            ill["timeout"] = json!(timeout);
            Map::from_iter([("well".into(), entry(home, "well", "well")), ("ill".into(), ill)])
        })
    }

    /// A kernel with these servers.
    pub(crate) fn with(limits: Value, servers: impl FnOnce(&Home) -> Map<String, Value>) -> Self {
        let home = Home::new();
        let config = json!({ "servers": servers(&home), "limits": limits });
        home.write("ringfence.yaml", &config.to_string());
        Self { kernel: Kernel::start_in(&home), home }
    }

    /// A kernel with these servers and rules of policy, a YAML text.
    pub(crate) fn ruled(rules: &str, servers: impl FnOnce(&Home) -> Map<String, Value>) -> Self {
        let home = Home::new();
        let mut config = json!({ "servers": servers(&home) });
        if !rules.is_empty() {
            let file = home.write("rules.yaml", rules);
            config["policy"] = json!({ "presets": ["standard"], "files": [file] });
        }
        home.write("ringfence.yaml", &config.to_string());
        Self { kernel: Kernel::start_in(&home), home }
    }

    /// Waits until the server has taken this many calls of a tool.
    #[track_caller]
    pub(crate) fn took(&self, name: &str, tool: &str, count: usize) {
        seen(&self.home, name, count, |event| event["event"] == "call" && event["tool"] == tool);
    }

    /// Waits until the server has heard of this many cancellations.
    #[track_caller]
    pub(crate) fn was_cancelled(&self, name: &str, count: usize) {
        seen(&self.home, name, count, |event| event["event"] == "cancelled");
    }

    pub(crate) fn journal(&self, name: &str) -> Vec<Value> {
        journal(&self.home, name)
    }

    /// Runs `ringfence` beside the kernel.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.home.run(arguments)
    }

    /// A file in the home that a held call can wait for.
    pub(crate) fn gate(&self, name: &str) -> std::path::PathBuf {
        self.home.path(name)
    }
}
