//! One file: read within its bound, recognized, looked at by the detectors. Must never be read past the bound.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use ringfence_detect::media::{self, Kind};
use ringfence_model::finding::{Category, Finding, Severity};

use super::cache::Cache;
use super::engines::Engines;
use super::subject::Subject;

/// Most bytes of a file that are read.
const LARGEST: u64 = 8 << 20;

/// What was found in a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scanned {
    pub(super) subject: Subject,
    pub(super) findings: Vec<Finding>,
    /// Its content is of a kind that is not read, such as a picture.
    pub(super) is_unread: bool,
    /// It is longer than what is read.
    pub(super) is_cut: bool,
}

/// Scans the file at `path`, or takes what is known of the same content.
///
/// # Errors
/// The file cannot be read.
pub(super) fn scan(path: &Path, engines: &Engines, cache: &mut Cache) -> io::Result<Scanned> {
    let mut bytes = Vec::new();
    let read = File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    let is_cut = read as u64 > LARGEST;
    bytes.truncate(usize::try_from(LARGEST).unwrap_or(usize::MAX));
    let content = media::inspect_blob(&bytes, None);
    let text = content.text.as_deref().unwrap_or_default();
    let subject = match content.kind {
        Kind::Text => Subject::of(path, text),
        Kind::Image
        | Kind::Pdf
        | Kind::Office
        | Kind::Archive
        | Kind::Audio
        | Kind::Video
        | Kind::Font
        | Kind::Executable
        | Kind::Unknown => Subject::Binary,
    };
    let is_unread = |finding: &Finding| {
        finding.category == Category::Uninspected
            && finding.severity < Severity::High
            && finding.id != "truncated"
    };
    let key = cache.key(&subject, &bytes);
    let findings = match cache.get(&key) {
        Some(known) => known,
        None => {
            let mut findings = engines.inspect(&subject, text);
            findings.extend(content.findings.iter().filter(|finding| !is_unread(finding)).cloned());
            findings
        }
    };
    cache.put(key, &findings);
    Ok(Scanned { subject, findings, is_unread: content.findings.iter().any(is_unread), is_cut })
}
