//! Characters without a glyph: tags, zero-width characters, bidirectional controls, variation selectors (Unicode 16,
//! chapters 9.2 and 23). Must never report what a script or an emoji needs.

use ringfence_model::finding::Severity;

use super::scan::{Seen, Sightings};

/// Fewer characters of one kind in a row may be an accident of an editor.
const A_FEW: usize = 3;

/// Kinds of characters without a glyph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// U+E0000–E007F: ASCII nobody sees.
    Tag,
    /// Spaces of no width, joiners, fillers, a byte order mark inside.
    ZeroWidth,
    /// Overrides and isolates of direction.
    Bidi,
    /// U+FE00–FE0F and U+E0100–E01EF.
    Variation,
}

/// Adds runs of characters without a glyph.
pub(super) fn look(text: &str, seen: &mut Sightings) {
    let (mut from, mut open) = (0, 0_usize);
    while let Some(start) = next_beyond_ascii(text, from) {
        let rest = text.get(start..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { break };
        from = start + first.len_utf8();
        let Some(kind) = kind(first) else { continue };
        let run: Vec<char> = rest.chars().take_while(|next| self::kind(*next) == Some(kind)).collect();
        from = start + run.iter().map(|character| character.len_utf8()).sum::<usize>();
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(from..).and_then(|after| after.chars().next());
        if kind == Kind::Bidi {
            open += run.iter().filter(|control| opens(**control)).count();
        }
        if let Some(one) = judge(kind, &run, before, after) {
            seen.add(Seen { at: start..from, ..one });
        }
    }
    if open > 0 {
        unclosed(text, open, seen);
    }
}

/// A page of Arabic or Hebrew closes what it opens; a text that shows other than what it says need not.
fn unclosed(text: &str, open: usize, seen: &mut Sightings) {
    let closed = text.chars().filter(|character| matches!(character, '\u{202C}' | '\u{2069}')).count();
    if open > closed {
        seen.add(Seen {
            id: "bidi_unclosed",
            what: "A direction of text that is opened and never closed",
            severity: Severity::Medium,
            confidence: 80,
            at: 0..text.len(),
            decoded: String::new(),
        });
    }
}

/// Where the next character beyond ASCII begins.
fn next_beyond_ascii(text: &str, from: usize) -> Option<usize> {
    text.as_bytes().get(from..)?.iter().position(|byte| *byte >= 0x80).map(|skip| from + skip)
}

/// Whether a run is hidden content, given its neighbours.
fn judge(kind: Kind, run: &[char], before: Option<char>, after: Option<char>) -> Option<Seen> {
    let seen = |id, what, severity, confidence, decoded| {
        Some(Seen { id, what, severity, confidence, at: 0..0, decoded })
    };
    match kind {
        // The flags of England, Scotland and Wales are a black flag with five tags and a cancel tag.
        Kind::Tag if before == Some('\u{1F3F4}') && run.len() <= 7 && run.last() == Some(&'\u{E007F}') => {
            None
        }
        Kind::Tag => {
            let said = run.iter().filter_map(|tag| ascii_of_tag(*tag)).collect();
            seen("unicode_tags", "Text in invisible tag characters", Severity::High, 100, said)
        }
        // A byte order mark begins a file; joiners shape Indic and Arabic scripts and join emoji.
        Kind::ZeroWidth if before.is_none() && run == ['\u{FEFF}'] => None,
        Kind::ZeroWidth if run.len() == 1 && (before.is_some_and(joins) || after.is_some_and(joins)) => None,
        Kind::ZeroWidth if run.len() < A_FEW && !(is_latin(before) && is_latin(after)) => None,
        Kind::ZeroWidth => {
            let severity = if run.len() >= 8 { Severity::High } else { Severity::Medium };
            seen("zero_width", "Characters of no width between letters", severity, 85, bits(run))
        }
        Kind::Bidi if run.iter().all(|control| matches!(control, '\u{202D}' | '\u{202E}')) => seen(
            "bidi_override",
            "Text is shown in another order than it is read",
            Severity::High,
            90,
            String::new(),
        ),
        Kind::Bidi => None,
        // One selector behind a character picks its form.
        Kind::Variation if run.len() == 1 => None,
        Kind::Variation => {
            let said = String::from_utf8_lossy(
                &run.iter().filter_map(|one| byte_of_selector(*one)).collect::<Vec<u8>>(),
            )
            .into_owned();
            seen("variation_selectors", "Bytes in a row of variation selectors", Severity::High, 95, said)
        }
    }
}

/// True for a character without a glyph.
pub(super) const fn is_invisible(character: char) -> bool {
    kind(character).is_some()
}

const fn kind(character: char) -> Option<Kind> {
    match character {
        '\u{E0000}'..='\u{E007F}' => Some(Kind::Tag),
        '\u{200B}'..='\u{200D}'
        | '\u{2060}'..='\u{2064}'
        | '\u{FEFF}'
        | '\u{180E}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{3164}'
        | '\u{FFA0}'
        | '\u{034F}' => Some(Kind::ZeroWidth),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(Kind::Bidi),
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => Some(Kind::Variation),
        _ => None,
    }
}

const fn opens(control: char) -> bool {
    matches!(control, '\u{202A}' | '\u{202B}' | '\u{202D}' | '\u{202E}' | '\u{2066}'..='\u{2068}')
}

fn ascii_of_tag(tag: char) -> Option<char> {
    char::from_u32(u32::from(tag).checked_sub(0xE0000)?)
        .filter(|said| *said == '\n' || !said.is_ascii_control())
}

/// The byte that a selector carries: VS1–16 are 0–15, VS17–256 the rest.
fn byte_of_selector(selector: char) -> Option<u8> {
    let code = u32::from(selector);
    let byte = if code >= 0xE0100 { code - 0xE0100 + 16 } else { code.checked_sub(0xFE00)? };
    u8::try_from(byte).ok()
}

/// Two zero-width characters as bits, eight to a character, if that is text.
fn bits(run: &[char]) -> String {
    let (Some(first), true) = (run.first(), run.len() >= 8) else { return String::new() };
    let read = |one: bool| -> Option<String> {
        let bytes: Vec<u8> = run
            .chunks_exact(8)
            .map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | u8::from((bit == first) == one)))
            .collect();
        String::from_utf8(bytes).ok().filter(|text| text.chars().all(|said| !said.is_control()))
    };
    read(false).or_else(|| read(true)).unwrap_or_default()
}

/// Characters that a joiner belongs next to: emoji, and scripts that are shaped by it.
const fn joins(character: char) -> bool {
    matches!(character as u32,
        0x0590..=0x0DFF | 0x0E00..=0x109F | 0x1780..=0x18AF | 0x2190..=0x2BFF | 0xFE0F | 0x1F000..=0x1FAFF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFC)
}

fn is_latin(character: Option<char>) -> bool {
    character.is_some_and(|character| character.is_ascii_alphanumeric())
}
