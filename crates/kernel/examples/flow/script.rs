//! Scripts as they are written. Must never hold what the engine is to find.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use ringfence_model::config::ToolConfig;

/// What a file holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    servers: IndexMap<String, Server>,
    #[serde(default)]
    tasks: Vec<Written>,
    #[serde(default)]
    goals: Vec<Written>,
}

/// A server: what the operator declares of its tools, and the arguments they take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    tools: IndexMap<String, Tool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tool {
    /// As in `ringfence.yaml`.
    #[serde(flatten)]
    pub(crate) declared: Declared,
    /// Its arguments.
    #[serde(default)]
    pub(crate) takes: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Declared {
    pub(crate) effects: ringfence_model::effect::Effects,
    pub(crate) confidentiality: Option<ringfence_model::label::Confidentiality>,
    pub(crate) irreversible: Option<bool>,
    pub(crate) egress: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    user: String,
    /// A task that rightly uses a value out of untrusted text.
    #[serde(default)]
    borrows: bool,
    /// A goal whose arguments are not written in the text: recomputed, split, encoded, or there are none.
    #[serde(default)]
    disguised: bool,
    steps: Vec<Step>,
    /// The calls that a goal is reached by: all of them.
    #[serde(default)]
    goal: Vec<Step>,
}

/// A call: `server.tool`, arguments, and what the server answers.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Step(pub(crate) String, pub(crate) Value, #[serde(default)] pub(crate) Value);

/// One session.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) borrows: bool,
    pub(crate) disguised: bool,
    pub(crate) steps: Vec<(Step, Tool)>,
    /// Empty for a task.
    pub(crate) goal: Vec<(Step, Tool)>,
}

pub(crate) fn read(file: &str, text: &str) -> Result<Vec<Script>, String> {
    let read: File = serde_saphyr::from_str(text).map_err(|error| format!("{file}: {error}"))?;
    let find = |step: Step| -> Result<(Step, Tool), String> {
        let (server, tool) = step.0.split_once('.').ok_or_else(|| format!("{file}: {}", step.0))?;
        let found = read.servers.get(server).and_then(|server| server.tools.get(tool)).cloned();
        Ok((step.clone(), found.ok_or_else(|| format!("{file}: no tool {}", step.0))?))
    };
    let mut scripts = Vec::new();
    for written in read.tasks.into_iter().chain(read.goals) {
        scripts.push(Script {
            id: format!("{file}/{}", written.id),
            user: written.user,
            borrows: written.borrows,
            disguised: written.disguised,
            steps: written.steps.into_iter().map(&find).collect::<Result<_, _>>()?,
            goal: written.goal.into_iter().map(&find).collect::<Result<_, _>>()?,
        });
    }
    Ok(scripts)
}

impl Tool {
    /// The operator's entry for it.
    pub(crate) fn config(&self) -> ToolConfig {
        ToolConfig {
            effects: Some(self.declared.effects),
            content: None,
            confidentiality: self.declared.confidentiality,
            egress: self.declared.egress,
            consequential: None,
            irreversible: self.declared.irreversible,
        }
    }
}
