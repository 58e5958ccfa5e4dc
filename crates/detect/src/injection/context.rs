//! Where a text stands, and what that changes. Must never make a place one where nothing is found.

/// A text up to here is looked at whole where it is not known what it is.
const WHOLE: usize = 64 * 1024;

/// Where a text stands. The same words are ordinary in one place and an attack in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Name, title, description, schema of a tool, a resource or a prompt. Looked at whole.
    ToolDefinition,
    /// A server's instructions: guidance for the model is what they are for. Looked at whole.
    Instructions,
    /// Content of a tool result.
    ToolResult,
    /// Content of a resource.
    Resource,
    /// Messages of a prompt template: orders to the model are what it is for.
    Prompt,
    /// Progress, log messages, sampling and elicitation text.
    Interim,
    /// Arguments of a call: the model's words, and through them what others told it.
    Argument,
    /// Not known: as strict as the strictest.
    Unknown,
}

impl Context {
    /// The model's score from which a window is an attack.
    #[must_use]
    pub const fn threshold(self) -> f32 {
        match self {
            Self::ToolDefinition | Self::Unknown => 0.42,
            Self::ToolResult | Self::Resource | Self::Interim => 0.55,
            Self::Instructions => 0.9,
            Self::Prompt | Self::Argument => 0.95,
        }
    }

    /// True where all of a text of so many bytes is looked at, not only what the prefilter points to.
    pub(super) const fn is_inspected_whole(self, bytes: usize) -> bool {
        match self {
            Self::ToolDefinition | Self::Instructions => true,
            Self::Unknown => bytes <= WHOLE,
            Self::ToolResult | Self::Resource | Self::Prompt | Self::Interim | Self::Argument => false,
        }
    }

    /// True where an order to whoever reads is worth a note.
    pub(super) const fn notes_orders(self) -> bool {
        match self {
            Self::ToolResult | Self::Resource | Self::Interim | Self::Unknown => true,
            Self::ToolDefinition | Self::Instructions | Self::Prompt | Self::Argument => false,
        }
    }
}
