//! What a finding says of a content as a whole. Must never hold a byte of it.

use std::borrow::Cow;

use ringfence_model::finding::Severity::{self, High, Low, Medium};
use ringfence_model::finding::{Category, Finding, Span};

use super::Kind;

/// What a finding says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule {
    id: &'static str,
    category: Category,
    severity: Severity,
    message: &'static str,
    reference: &'static str,
}

const fn rule(
    id: &'static str,
    category: Category,
    severity: Severity,
    message: &'static str,
    reference: &'static str,
) -> Rule {
    Rule { id, category, severity, message, reference }
}

const fn unread(severity: Severity, message: &'static str) -> Rule {
    rule("uninspected", Category::Uninspected, severity, message, "CWE-693")
}

const IMAGE: Rule = unread(Low, "An image: text that is drawn in it was not read");
const RECORDING: Rule = unread(Low, "A recording: what is said in it was not heard");
const FONT: Rule = unread(Low, "A font");
const PDF: Rule = unread(Medium, "A PDF document: its text was not read");
const ARCHIVE: Rule = unread(Medium, "An archive whose format is not opened here");
const UNKNOWN: Rule = unread(Medium, "Binary content of no known format");

pub(super) const DAMAGED: Rule = unread(Medium, "A part of this document or archive cannot be read");
pub(super) const ENCRYPTED: Rule = unread(Medium, "A part of this document or archive is encrypted");
pub(super) const NESTED: Rule = unread(Medium, "A part of this archive is no text, and was not opened");
pub(super) const TRUNCATED: Rule = rule(
    "truncated",
    Category::Uninspected,
    Medium,
    "The content is larger than what is inspected of one",
    "CWE-693",
);
pub(super) const BOMB: Rule = rule(
    "decompression_bomb",
    Category::Uninspected,
    High,
    "The archive unpacks to far more than its size: it was not read to its end",
    "CWE-409",
);
pub(super) const ESCAPING_NAME: Rule = rule(
    "archive_path_traversal",
    Category::Code,
    High,
    "A name in the archive leads out of the folder that it is unpacked to",
    "CWE-22",
);
pub(super) const MACROS: Rule = rule(
    "office_macros",
    Category::Code,
    High,
    "The document holds macros, which run when it is opened",
    "CWE-506",
);
pub(super) const EXECUTABLE: Rule =
    rule("executable_content", Category::Code, Medium, "The content is a program for a machine", "CWE-434");
pub(super) const MISMATCH: Rule = rule(
    "media_type_mismatch",
    Category::Hidden,
    Medium,
    "The content is not of the kind that its media type says",
    "CWE-351",
);
pub(super) const POLYGLOT: Rule =
    rule("polyglot_content", Category::Hidden, Medium, "An archive hides in the image", "CWE-436");

/// What is said of a kind whose text is not read.
pub(super) const fn uninspected(kind: Kind) -> Option<&'static Rule> {
    match kind {
        Kind::Text => None,
        Kind::Image => Some(&IMAGE),
        Kind::Audio | Kind::Video => Some(&RECORDING),
        Kind::Font => Some(&FONT),
        Kind::Pdf => Some(&PDF),
        Kind::Archive | Kind::Office => Some(&ARCHIVE),
        Kind::Executable | Kind::Unknown => Some(&UNKNOWN),
    }
}

impl Rule {
    pub(super) fn is_uninspected(&self) -> bool {
        self.category == Category::Uninspected
    }

    /// The finding of this rule over a content of `length` bytes.
    pub(super) fn finding(&self, length: usize) -> Finding {
        Finding {
            id: Cow::Borrowed(self.id),
            category: self.category,
            severity: self.severity,
            confidence: 95,
            span: Span { start: 0, end: length, line: 1, column: 1 },
            message: self.message.to_owned(),
            alternative: None,
            reference: Some(Cow::Borrowed(self.reference)),
        }
    }
}
