//! Content that a person does not see and a model reads: invisible characters, comments, carriers, look-alike letters.
//!
//! Each finding comes with what it says, so that it can be looked at again. Must never change a text, nor decode a second
//! layer.

mod carrier;
mod homoglyph;
mod invisible;
mod link;
mod markup;
mod scan;

pub use homoglyph::skeleton;
pub use scan::{Hidden, reveal, scan};
pub(crate) use scan::{may_hold, scan_signed};

/// Ids of hidden content.
const IDS: [&str; 10] = [
    "ansi_escape",
    "bidi_override",
    "bidi_unclosed",
    "css_hidden",
    "encoded_text",
    "exfiltration_link",
    "homoglyph",
    "html_comment",
    "variation_selectors",
    "zero_width",
];

/// True for the id of a finding of this module that an operator may turn off. Text in tag characters has no honest use.
pub(crate) fn is_known(id: &str) -> bool {
    IDS.contains(&id)
}

#[cfg(test)]
mod tests;
