//! Texts that something runs: which arguments hold one, and what it would do, in the words that rules use.
//!
//! Must never rank what could not be read below what could.

use serde::{Deserialize, Serialize};

/// What an argument holds by its name, whatever its tool is said to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeArgument {
    /// A shell command.
    Command,
    /// SQL.
    Sql,
    /// SQL, or a query in words.
    Query,
    /// Python.
    Python,
    /// JavaScript or TypeScript.
    JavaScript,
    /// Code of a language that only a sibling argument or the code itself tells.
    Code,
}

impl CodeArgument {
    /// What an argument of this name holds, in any case and with any separators; none where the name says nothing.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let lower: String =
            name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        match lower.as_str() {
            "command" | "cmd" | "commands" | "shell" | "shellcommand" | "bash" | "bashcommand"
            | "cmdline" | "commandline" | "terminal" | "script" | "shellscript" | "bashscript" | "exec"
            | "run" | "argv" => Some(Self::Command),
            "sql" | "sqlquery" | "sqlqueries" | "sqlstatement" | "sqlstatements" | "sqltext" | "rawsql"
            | "ddl" | "dml" => Some(Self::Sql),
            "query" | "queries" | "querystring" | "statement" | "statements" => Some(Self::Query),
            "python" | "pythoncode" | "pycode" | "pythonscript" => Some(Self::Python),
            "javascript" | "js" | "jscode" | "typescript" | "nodecode" => Some(Self::JavaScript),
            "code" | "sourcecode" | "snippet" | "program" | "sourcetext" | "codeblock" => Some(Self::Code),
            _ => None,
        }
    }
}

/// What SQL does to data. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlClass {
    /// Only reads.
    Read,
    /// Adds or changes named rows or definitions.
    Write,
    /// Not known: no statement that we know, or one whose effect is decided when it runs.
    Unknown,
    /// Removes, or changes without limit.
    Destructive,
}

/// What can be said of a shell command. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandClass {
    /// All of it was read and resolved, and nothing in it is worse than severity low.
    Safe,
    /// Something was not resolved, or is harm only in some settings.
    Unknown,
    /// It holds something of severity high or critical.
    Unsafe,
}

/// A text of the arguments and what it would do if it were run as SQL or as a shell command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runnable<'a> {
    /// The value as it stands in the arguments, quotes and escapes with it: a string, or a list of the words of a command.
    pub raw: &'a str,
    /// As SQL.
    pub sql: SqlClass,
    /// As a shell command.
    pub command: CommandClass,
}
