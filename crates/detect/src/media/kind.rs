//! Formats by their first bytes (the formats' own specifications; RFC 8081, RFC 9512 and IANA for media types).
//! Must never look at a declared type to recognize one.

/// What kind of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text in UTF-8 or UTF-16, markup and scripts among it.
    Text,
    /// A still or moving picture.
    Image,
    /// A PDF document.
    Pdf,
    /// A document, sheet or slides of an office program.
    Office,
    /// Files packed into one.
    Archive,
    /// Sound.
    Audio,
    /// Moving pictures with sound.
    Video,
    /// A font.
    Font,
    /// Machine code or byte code.
    Executable,
    /// Nothing that is known.
    Unknown,
}

/// A format and the kind that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
}

const fn format(kind: Kind, name: &'static str) -> Format {
    Format { kind, name }
}

pub(super) const UNKNOWN: Format = format(Kind::Unknown, "unknown");
pub(super) const TEXT: Format = format(Kind::Text, "text");
pub(super) const DOCX: Format = format(Kind::Office, "docx");
pub(super) const XLSX: Format = format(Kind::Office, "xlsx");
pub(super) const PPTX: Format = format(Kind::Office, "pptx");
pub(super) const ODF: Format = format(Kind::Office, "odf");

/// Where a signature stands, the signature, the format.
const SIGNATURES: [(usize, &[u8], Format); 49] = [
    (0, b"\x89PNG\r\n\x1a\n", format(Kind::Image, "png")),
    (0, b"\xff\xd8\xff", format(Kind::Image, "jpeg")),
    (0, b"GIF87a", format(Kind::Image, "gif")),
    (0, b"GIF89a", format(Kind::Image, "gif")),
    (8, b"WEBP", format(Kind::Image, "webp")),
    (0, b"II*\0", format(Kind::Image, "tiff")),
    (0, b"MM\0*", format(Kind::Image, "tiff")),
    (0, b"8BPS", format(Kind::Image, "psd")),
    (0, b"\0\0\x01\0", format(Kind::Image, "ico")),
    (0, b"\0\0\0\x0cJXL ", format(Kind::Image, "jxl")),
    (0, b"\xff\x0a", format(Kind::Image, "jxl")),
    (4, b"ftypavif", format(Kind::Image, "avif")),
    (4, b"ftypheic", format(Kind::Image, "heic")),
    (4, b"ftypmif1", format(Kind::Image, "heif")),
    (0, b"%PDF-", format(Kind::Pdf, "pdf")),
    (0, b"PK\x03\x04", format(Kind::Archive, "zip")),
    (0, b"PK\x05\x06", format(Kind::Archive, "zip")),
    (0, b"\x1f\x8b\x08", format(Kind::Archive, "gzip")),
    (0, b"BZh", format(Kind::Archive, "bzip2")),
    (0, b"\xfd7zXZ\0", format(Kind::Archive, "xz")),
    (0, b"\x28\xb5\x2f\xfd", format(Kind::Archive, "zstd")),
    (0, b"7z\xbc\xaf\x27\x1c", format(Kind::Archive, "7z")),
    (0, b"Rar!\x1a\x07", format(Kind::Archive, "rar")),
    (0, b"!<arch>\n", format(Kind::Archive, "ar")),
    (0, b"MSCF", format(Kind::Archive, "cab")),
    (257, b"ustar", format(Kind::Archive, "tar")),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", format(Kind::Office, "ole")),
    (0, b"ID3", format(Kind::Audio, "mp3")),
    (0, b"\xff\xfb", format(Kind::Audio, "mp3")),
    (0, b"\xff\xf3", format(Kind::Audio, "mp3")),
    (0, b"\xff\xf1", format(Kind::Audio, "aac")),
    (0, b"fLaC", format(Kind::Audio, "flac")),
    (0, b"OggS", format(Kind::Audio, "ogg")),
    (8, b"WAVE", format(Kind::Audio, "wav")),
    (8, b"AVI ", format(Kind::Video, "avi")),
    (4, b"ftypM4A", format(Kind::Audio, "m4a")),
    (4, b"ftyp", format(Kind::Video, "mp4")),
    (0, b"\x1aE\xdf\xa3", format(Kind::Video, "matroska")),
    (0, b"wOFF", format(Kind::Font, "woff")),
    (0, b"wOF2", format(Kind::Font, "woff2")),
    (0, b"OTTO", format(Kind::Font, "otf")),
    (0, b"\0\x01\0\0\0", format(Kind::Font, "ttf")),
    (0, b"\x7fELF", format(Kind::Executable, "elf")),
    (0, b"\xcf\xfa\xed\xfe", format(Kind::Executable, "mach-o")),
    (0, b"\xce\xfa\xed\xfe", format(Kind::Executable, "mach-o")),
    (0, b"\xca\xfe\xba\xbe", format(Kind::Executable, "mach-o or java class")),
    (0, b"\0asm", format(Kind::Executable, "wasm")),
    (0, b"dex\n03", format(Kind::Executable, "dex")),
    (0, b"dex\n04", format(Kind::Executable, "dex")),
];

/// Formats that are text as well, by how their text begins, without regard to case.
const MARKUP: [(&[u8], Format); 2] =
    [(b"<svg", format(Kind::Text, "svg")), (b"{\\rtf", format(Kind::Text, "rtf"))];

/// Bytes at the begin that tell text from other content.
const SAMPLE: usize = 8 * 1024;

/// The format of `bytes`. What claims to be text may still not decode.
pub(super) fn recognize(bytes: &[u8]) -> Format {
    let begins =
        |at: usize, signature: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(signature));
    if let Some((.., format)) = SIGNATURES.iter().find(|(at, signature, _)| begins(*at, signature)) {
        return *format;
    }
    if begins(0, b"MZ") && is_portable_executable(bytes) {
        return format(Kind::Executable, "pe");
    }
    if begins(0, b"BM") && bytes.get(6..10) == Some(&[0; 4]) {
        return format(Kind::Image, "bmp");
    }
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    if matches!(sample, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return TEXT;
    }
    if memchr::memchr(0, sample).is_some() {
        return UNKNOWN;
    }
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
    let starts = |begin: &[u8]| text.get(..begin.len()).is_some_and(|head| head.eq_ignore_ascii_case(begin));
    MARKUP.iter().find(|(begin, _)| starts(begin)).map_or(TEXT, |(_, format)| *format)
}

/// `MZ`, and at the offset that stands at 0x3c `PE` (Microsoft PE format, section «MS-DOS stub»).
fn is_portable_executable(bytes: &[u8]) -> bool {
    let Some(Ok(offset)) = bytes.get(0x3c..0x40).map(<[u8; 4]>::try_from) else { return false };
    usize::try_from(u32::from_le_bytes(offset))
        .ok()
        .and_then(|offset| bytes.get(offset..))
        .is_some_and(|rest| rest.starts_with(b"PE\0\0"))
}

/// True where the media type `declared` names another kind. Types that say nothing, such as `application/octet-stream`,
/// contradict nothing but a program.
pub(super) fn contradicts(declared: &str, format: Format) -> bool {
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (top, sub) = essence.split_once('/').unwrap_or((essence.as_str(), ""));
    let is = |kinds: &[Kind]| kinds.contains(&format.kind);
    match (top, sub) {
        ("image", "svg+xml") => !is(&[Kind::Text]),
        ("image", _) => !is(&[Kind::Image]),
        // Sound and pictures share containers.
        ("audio" | "video", _) => !is(&[Kind::Audio, Kind::Video]),
        ("text", _) => !is(&[Kind::Text]),
        ("font", _) => !is(&[Kind::Font]),
        ("application", "json" | "xml" | "yaml" | "javascript" | "toml" | "sql") => !is(&[Kind::Text]),
        ("application", sub) if sub.ends_with("+json") || sub.ends_with("+xml") => !is(&[Kind::Text]),
        ("application", "pdf") => !is(&[Kind::Pdf]),
        ("application", "zip") => !is(&[Kind::Archive, Kind::Office]),
        ("application", sub) if sub.starts_with("vnd.openxmlformats") || sub.starts_with("vnd.oasis") => {
            !is(&[Kind::Office])
        }
        _ => false,
    }
}
