//! Where a text stands that is checked, as the flag says it. Must never know what that changes.

use clap::ValueEnum;
use ringfence_detect::injection::Context;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Place {
    Unknown,
    Result,
    Resource,
    Prompt,
    Message,
    Definition,
    Instructions,
    Argument,
}

impl Place {
    pub(super) const fn context(self) -> Context {
        match self {
            Self::Unknown => Context::Unknown,
            Self::Result => Context::ToolResult,
            Self::Resource => Context::Resource,
            Self::Prompt => Context::Prompt,
            Self::Message => Context::Interim,
            Self::Definition => Context::ToolDefinition,
            Self::Instructions => Context::Instructions,
            Self::Argument => Context::Argument,
        }
    }
}
