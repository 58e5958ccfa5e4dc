//! Variables, parameters and aliases, as far as the text sets them. Must never answer with a value that a branch, a read
//! or the environment may have changed.

use std::ops::Range;

use super::expand::{HOME, MAYBE, bounded};
use super::machine::Machine;
use super::program;
use super::syntax::Assignment;
use crate::code::rule;
use crate::code::source::credentials::assigned_to;

/// What a variable is known to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Known(String),
    Empty,
    /// The text does not set it: the environment may.
    Unset,
    Unknown,
}

impl Machine<'_, '_> {
    pub(super) fn assignment(&mut self, assignment: &Assignment, lasting: bool, span: Range<usize>) {
        let texts: Vec<String> = assignment.values.iter().map(|word| self.text(word)).collect();
        let text = texts.join(" ");
        if program::is_hijacking(&assignment.name, &text) {
            self.findings.add(&rule::HIJACK, span.clone());
        }
        // Prompts are expanded again whenever they are shown.
        if matches!(assignment.name.as_str(), "PS0" | "PS1" | "PS2" | "PS3" | "PS4")
            && text.contains(['`', '$'])
            && text.contains(['`', '('])
        {
            self.findings.add(&rule::HIJACK, span.clone());
        }
        if matches!(assignment.name.as_str(), "HISTFILE" | "HISTSIZE" | "HISTFILESIZE" | "SAVEHIST")
            && matches!(text.as_str(), "" | "0" | "/dev/null")
        {
            self.findings.add(&rule::HISTORY_WIPE, span.clone());
        }
        if let Some(rule) = assigned_to(&assignment.name, &text) {
            self.findings.add(rule, span);
        }
        let value = if assignment.append {
            match self.variable(&assignment.name) {
                Value::Known(before) => Value::Known(bounded(before + &text)),
                Value::Empty => Value::Known(text),
                Value::Unset | Value::Unknown => Value::Unknown,
            }
        } else {
            Value::Known(bounded(text))
        };
        if lasting {
            self.assign(&assignment.name, value);
        }
    }

    /// Sets a variable; inside a branch, it then may or may not be set.
    pub(super) fn assign(&mut self, name: &str, value: Value) {
        let same = self.variables.get(name) == Some(&value);
        let value = if self.branches > 0 && !same && self.variables.contains_key(name) {
            Value::Unknown
        } else {
            value
        };
        let value = match (self.branches, value) {
            // Set in a branch only: what the environment says is the other possibility.
            (1.., Value::Known(text)) if !same => Value::Known(format!("{text}{MAYBE}")),
            (_, value) => value,
        };
        self.variables.insert(name.to_owned(), value);
    }

    /// The value of a variable or parameter.
    pub(super) fn variable(&self, name: &str) -> Value {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        let known = |text: &str| Value::Known(text.to_owned());
        match name {
            "HOME" => known(HOME),
            "IFS" => known(" \t\n"),
            "PWD" => known("."),
            "TMPDIR" | "TMP" | "TEMP" => known("/tmp"),
            "$" | "?" | "#" | "!" | "RANDOM" | "SECONDS" | "UID" | "EUID" | "PPID" | "BASHPID" | "LINENO" => {
                known("0")
            }
            "-" | "_" => Value::Unknown,
            "@" | "*" => {
                self.positional.as_ref().map_or(Value::Unknown, |arguments| match arguments.as_slice() {
                    [] => Value::Empty,
                    some => Value::Known(some.join(" ")),
                })
            }
            number if number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty() => {
                match (&self.positional, number.parse::<usize>().ok().and_then(|at| at.checked_sub(1))) {
                    (Some(arguments), Some(at)) => arguments.get(at).map_or(Value::Empty, |text| known(text)),
                    (_, _) => Value::Unknown,
                }
            }
            _ => Value::Unset,
        }
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.variables.insert(name.to_owned(), Value::Empty);
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.variables.insert(name.to_owned(), Value::Unknown);
    }

    pub(super) fn arguments(&self) -> Option<&[String]> {
        self.positional.as_deref()
    }

    /// Drops `count` positional parameters; all are unknown where the count is.
    pub(super) fn shift(&mut self, count: Option<usize>) {
        self.positional = match (self.positional.take(), count) {
            (Some(arguments), Some(count)) if self.branches == 0 => {
                Some(arguments.into_iter().skip(count).collect())
            }
            (_, _) => None,
        };
    }

    pub(super) fn set_positional(&mut self, arguments: &[String]) {
        self.positional = Some(arguments.to_vec());
    }

    pub(super) fn alias(&mut self, name: &str, text: &str) {
        self.aliases.insert(name.to_owned(), text.to_owned());
    }
}

impl Value {
    /// The text, or the mark for what is not known.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Known(text) => text,
            Self::Empty => String::new(),
            Self::Unset | Self::Unknown => super::expand::UNKNOWN.to_string(),
        }
    }
}
