//! What a file is to an agent, by its name and first line. Must never read more than it is given.

use std::path::Path;

use ringfence_detect::code::Language;
use serde::Serialize;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Subject {
    /// `SKILL.md`: what an agent learns, with scripts beside it.
    Skill,
    /// What an agent reads before it works: CLAUDE.md, AGENTS.md, rules of editors.
    Instructions,
    /// Servers that a client starts or connects to.
    McpConfig,
    /// Program code.
    #[serde(serialize_with = "code")]
    Code(Language),
    /// What a running server says of a tool, a prompt or itself.
    Definition,
    /// Any other text.
    Document,
    /// Not text.
    Binary,
}

/// Instruction files by name, in lower case.
const INSTRUCTIONS: [&str; 15] = [
    ".clinerules",
    ".cursorrules",
    ".goosehints",
    ".roorules",
    ".rules",
    ".windsurfrules",
    "agent.md",
    "agents.md",
    "agents.override.md",
    "claude.local.md",
    "claude.md",
    "conventions.md",
    "copilot-instructions.md",
    "gemini.md",
    "qwen.md",
];

/// Folders whose Markdown files agents read.
const INSTRUCTION_FOLDERS: [&str; 10] = [
    ".claude",
    ".clinerules",
    ".continue",
    ".cursor",
    ".gemini",
    ".kiro",
    ".roo",
    ".windsurf",
    "instructions",
    "rules",
];

/// Configurations of MCP clients by name, in lower case.
const MCP_CONFIGS: [&str; 9] = [
    ".claude.json",
    ".mcp.json",
    "claude_desktop_config.json",
    "cline_mcp_settings.json",
    "mcp-config.json",
    "mcp.json",
    "mcp_config.json",
    "mcp_settings.json",
    "mcpservers.json",
];

impl Subject {
    /// What the text file at `path` is; `text` is its content.
    pub(super) fn of(path: &Path, text: &str) -> Self {
        let name = name(path);
        if is_skill(path) {
            return Self::Skill;
        }
        if MCP_CONFIGS.contains(&name.as_str()) {
            return Self::McpConfig;
        }
        let markdown = [".md", ".mdc", ".markdown"].iter().any(|ending| name.ends_with(ending));
        let for_agents = || {
            path.components()
                .any(|part| part.as_os_str().to_str().is_some_and(|part| INSTRUCTION_FOLDERS.contains(&part)))
        };
        if INSTRUCTIONS.contains(&name.as_str()) || name.ends_with(".mdc") || (markdown && for_agents()) {
            return Self::Instructions;
        }
        match language(&name, text) {
            Some(language) => Self::Code(language),
            None => Self::Document,
        }
    }

    /// True for what an agent reads as its orders.
    pub(super) const fn is_orders(&self) -> bool {
        matches!(self, Self::Skill | Self::Instructions)
    }
}

/// True for the file that makes its folder a skill.
pub(super) fn is_skill(path: &Path) -> bool {
    name(path) == "skill.md"
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The language of a program by its ending, else by the interpreter of its first line.
fn language(name: &str, text: &str) -> Option<Language> {
    let of =
        |name: &str| Some(Language::parse(name)).filter(|language| !matches!(language, Language::Other(_)));
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending);
    if let Some(language) = ending.and_then(of) {
        return Some(language);
    }
    let interpreter = text.lines().next()?.strip_prefix("#!")?;
    let mut words = interpreter.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = words.find(|word| !matches!(*word, "env") && !word.starts_with('-'))?;
    of(program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
}

fn code<S: serde::Serializer>(_: &Language, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_unit()
}
