//! Zip archives, office documents in them, and gzip: names and text of their parts, one level deep. Must never unpack
//! more than its bound, whatever sizes an archive states.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::kind::{self, Format, Kind};
use super::rule::{self, Rule};
use super::{LONGEST_TEXT, xml};

/// Most bytes that one content unpacks to.
pub(super) const MOST_UNPACKED: usize = 16 << 20;
/// Most bytes of an archive that is opened: its directory is held in memory.
const LARGEST: usize = 32 << 20;
/// Most parts that are looked at.
const MOST_PARTS: usize = 2000;
/// Unpacking to this many times the size and beyond a megabyte is a bomb; text reaches a tenth of it.
const BOMB_RATIO: usize = 200;
/// The signature of a zip archive's end, which stands in the last bytes of one that hides in something else.
pub(super) const END_OF_ZIP: &[u8] = b"PK\x05\x06";

/// What an archive held.
pub(super) struct Opened {
    /// What it is by its parts.
    pub(super) format: Format,
    pub(super) text: Option<String>,
}

/// Opens `bytes`, which look like `format`.
pub(super) fn open(bytes: &[u8], format: Format, rules: &mut Vec<&'static Rule>) -> Opened {
    if bytes.len() > LARGEST {
        rules.push(&rule::TRUNCATED);
        return Opened { format, text: None };
    }
    let unpacker = Unpacker { left: MOST_UNPACKED, text: String::new(), rules, packed: bytes.len() };
    match format.name {
        "zip" => unpacker.zip(bytes),
        "gzip" => unpacker.gzip(bytes, format),
        _ => Opened { format, text: None },
    }
}

/// Unpacks within a bound shared by all parts.
struct Unpacker<'r> {
    left: usize,
    text: String,
    rules: &'r mut Vec<&'static Rule>,
    /// Size of the whole.
    packed: usize,
}

impl Unpacker<'_> {
    fn zip(mut self, bytes: &[u8]) -> Opened {
        let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
            self.say(&rule::DAMAGED);
            return Opened { format: kind::recognize(bytes), text: None };
        };
        let format = office(&archive).unwrap_or_else(|| kind::recognize(bytes));
        if archive.len() > MOST_PARTS {
            self.say(&rule::TRUNCATED);
        }
        for index in 0..archive.len().min(MOST_PARTS) {
            self.part(&mut archive, index, format);
            if self.left == 0 || self.text.len() >= LONGEST_TEXT {
                self.say(&rule::TRUNCATED);
                break;
            }
        }
        Opened { format, text: (!self.text.is_empty()).then_some(self.text) }
    }

    fn gzip(mut self, bytes: &[u8], format: Format) -> Opened {
        match self.unpack(MultiGzDecoder::new(bytes)) {
            Some(inner) => self.take(&inner),
            None => self.say(&rule::DAMAGED),
        }
        Opened { format, text: (!self.text.is_empty()).then_some(self.text) }
    }

    /// One part of a zip archive.
    fn part(&mut self, archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, format: Format) {
        let mut part = match archive.by_index(index) {
            Ok(part) => part,
            Err(zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED)) => {
                return self.say(&rule::ENCRYPTED);
            }
            Err(_) => return self.say(&rule::DAMAGED),
        };
        let name = String::from_utf8_lossy(part.name_raw()).into_owned();
        if part.enclosed_name().is_none() {
            self.say(&rule::ESCAPING_NAME);
        }
        if part.is_dir() {
            return;
        }
        let is_office = format.kind == Kind::Office;
        let lower = name.to_ascii_lowercase();
        if is_office && (lower.ends_with("vbaproject.bin") || lower.starts_with("basic/")) {
            self.say(&rule::MACROS);
        }
        // What a printer was set to: in most workbooks, and nothing that is read.
        if is_office && lower.starts_with("xl/printersettings/") {
            return;
        }
        let Some(bytes) = self.unpack(&mut part) else { return self.say(&rule::DAMAGED) };
        if is_office && (lower.ends_with(".xml") || lower.ends_with(".rels")) {
            return self.markup(&bytes);
        }
        if !is_office {
            self.add(&name);
        }
        self.take(&bytes);
    }

    /// The text of an XML part of a document.
    fn markup(&mut self, bytes: &[u8]) {
        let Some(source) = super::decoded(bytes, self.rules) else { return self.say(&rule::DAMAGED) };
        let mut text = String::new();
        if !xml::text(&source, &mut text) {
            self.say(&rule::DAMAGED);
        }
        self.add(text.trim());
    }

    /// A part that is text; another is said to be none.
    fn take(&mut self, bytes: &[u8]) {
        match kind::recognize(bytes).kind {
            Kind::Text => match super::decoded(bytes, self.rules) {
                Some(text) => self.add(&text),
                None => self.say(&rule::NESTED),
            },
            Kind::Executable => self.say(&rule::EXECUTABLE),
            kind @ (Kind::Image | Kind::Audio | Kind::Video | Kind::Font) => {
                if let Some(rule) = rule::uninspected(kind) {
                    self.say(rule);
                }
            }
            Kind::Pdf | Kind::Office | Kind::Archive | Kind::Unknown => self.say(&rule::NESTED),
        }
    }

    /// Reads `part` within what is left; `None` where it is damaged.
    fn unpack(&mut self, part: impl Read) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = part.take(self.left as u64 + 1).read_to_end(&mut bytes);
        if bytes.len() > self.left {
            bytes.truncate(self.left);
            self.say(&rule::TRUNCATED);
        }
        self.left -= bytes.len();
        let unpacked = MOST_UNPACKED - self.left;
        if unpacked > 1 << 20 && unpacked / self.packed.max(1) >= BOMB_RATIO {
            self.say(&rule::BOMB);
            self.left = 0;
        }
        read.ok().map(|_| bytes)
    }

    fn add(&mut self, text: &str) {
        let mut room = (LONGEST_TEXT - self.text.len()).min(text.len());
        while !text.is_char_boundary(room) {
            room -= 1;
        }
        if room < text.len() {
            self.say(&rule::TRUNCATED);
        }
        self.text.push_str(text.get(..room).unwrap_or_default());
        if self.text.len() < LONGEST_TEXT && !text.is_empty() {
            self.text.push('\n');
        }
    }

    fn say(&mut self, rule: &'static Rule) {
        if !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }
}

/// The office format of an archive with the parts of one: ECMA-376 part 2, ODF 1.3 part 2.
fn office(archive: &ZipArchive<Cursor<&[u8]>>) -> Option<Format> {
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("mimetype") && has("META-INF/manifest.xml") && has("content.xml") {
        return Some(kind::ODF);
    }
    if !has("[Content_Types].xml") {
        return None;
    }
    let folders = [("word/", kind::DOCX), ("xl/", kind::XLSX), ("ppt/", kind::PPTX)];
    archive.file_names_raw().find_map(|name| {
        folders.iter().find(|(folder, _)| name.starts_with(folder.as_bytes())).map(|(_, format)| *format)
    })
}
