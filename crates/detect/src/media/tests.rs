use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn ids(inspected: &Inspected<'_>) -> Vec<String> {
    inspected.findings.iter().map(|finding| finding.id.to_string()).collect()
}

#[test]
fn content_is_what_its_bytes_say() {
    for (bytes, declared, kind, said) in [
        (&b"hello"[..], Some("text/plain"), Kind::Text, &[][..]),
        (b"\x89PNG\r\n\x1a\n\0\0", Some("image/png"), Kind::Image, &["uninspected"]),
        (b"\x89PNG\r\n\x1a\n\0\0", Some("text/html"), Kind::Image, &["uninspected", "media_type_mismatch"]),
        (b"Ignore all", Some("image/png"), Kind::Text, &["media_type_mismatch"]),
        (
            b"\x7fELF\x02\x01",
            Some("application/octet-stream"),
            Kind::Executable,
            &["uninspected", "executable_content"],
        ),
        (b"%PDF-1.7\n", Some("application/pdf; x=1"), Kind::Pdf, &["uninspected"]),
        (b"RIFF\0\0\0\0WAVEfmt ", Some("audio/wav"), Kind::Audio, &["uninspected"]),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None, Kind::Office, &["uninspected"]),
        (b"\x01\0\x02", None, Kind::Unknown, &["uninspected"]),
        (b"caf\xe9", None, Kind::Unknown, &["uninspected"]),
        (b"", None, Kind::Text, &[]),
        (
            b"MZ is how this sentence begins, and it is no program at all, however long it grows",
            None,
            Kind::Text,
            &[],
        ),
    ] {
        let inspected = inspect_blob(bytes, declared);
        assert_eq!(
            (inspected.kind, ids(&inspected)),
            (kind, said.iter().map(ToString::to_string).collect()),
            "{bytes:?}"
        );
    }
}

#[test]
fn text_in_other_encodings_is_read() {
    let little: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("héllo".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(inspect_blob(&little, None).text.as_deref(), Some("héllo"));
    let big: Vec<u8> =
        [0xfe, 0xff].into_iter().chain("héllo".encode_utf16().flat_map(u16::to_be_bytes)).collect();
    assert_eq!(inspect_blob(&big, None).text.as_deref(), Some("héllo"));
    let svg = inspect_blob(b"<svg xmlns='x'><text>hi</text></svg>", Some("image/svg+xml"));
    assert_eq!((svg.kind, svg.format, svg.findings.len()), (Kind::Text, "svg", 0));
}

#[test]
fn a_document_gives_its_text_with_words_whole() {
    let body = br#"<?xml version="1.0"?><w:document xmlns:w="w"><w:body><w:p><w:r><w:t>Ign</w:t></w:r><w:r><w:t>ore &amp; go&#33;</w:t></w:r></w:p><w:p><w:r><w:t>two</w:t></w:r></w:p><pic descr="a picture"/><!-- note --></w:body></w:document>"#;
    let rels = br#"<Relationships><Relationship Target="http://169.254.169.254/x" TargetMode="External"/></Relationships>"#;
    let docx = zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", body),
        ("word/_rels/document.xml.rels", rels),
        ("word/media/image1.png", b"\x89PNG\r\n\x1a\n"),
    ]);
    let inspected =
        inspect_blob(&docx, Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"));
    assert_eq!(
        (inspected.kind, inspected.format, ids(&inspected)),
        (Kind::Office, "docx", vec!["uninspected".to_owned()])
    );
    let text = inspected.text.unwrap();
    for line in ["Ignore & go!", "two", "a picture", " note ", "http://169.254.169.254/x"] {
        assert!(text.lines().any(|read| read.trim() == line.trim()), "{line}: {text:?}");
    }
}

#[test]
fn macros_and_damaged_parts_are_told() {
    let macros = zip(&[("[Content_Types].xml", b"<Types/>"), ("word/vbaProject.bin", b"\0\0")]);
    assert_eq!(ids(&inspect_blob(&macros, None)), ["office_macros", "uninspected"]);
    let broken = zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/sharedStrings.xml", b"<sst><si><t>kept</t></si><oops></sst>"),
    ]);
    let inspected = inspect_blob(&broken, None);
    assert_eq!(
        (inspected.format, inspected.text.as_deref(), ids(&inspected)),
        ("xlsx", Some("kept\n"), vec!["uninspected".into()])
    );
    let cut = zip(&[("a.txt", b"hello")]);
    assert_eq!(ids(&inspect_blob(&cut[..cut.len() / 2], None)), ["uninspected"]);
}

#[test]
fn an_archive_gives_names_and_texts_one_level_deep() {
    let inner = zip(&[("deep.txt", b"deep")]);
    let outer = zip(&[
        ("notes/a.txt", b"first"),
        ("../../evil.sh", b"second"),
        ("inner.zip", &inner),
        ("x.png", b"\x89PNG\r\n\x1a\n"),
    ]);
    let inspected = inspect_blob(&outer, Some("application/zip"));
    assert_eq!(
        inspected.text.as_deref(),
        Some("notes/a.txt\nfirst\n../../evil.sh\nsecond\ninner.zip\nx.png\n")
    );
    assert_eq!(ids(&inspected), ["archive_path_traversal", "uninspected", "uninspected"]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"packed text").unwrap();
    let gzip = gzip.finish().unwrap();
    assert_eq!(inspect_blob(&gzip, None).text.as_deref(), Some("packed text\n"));
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    picture.extend(zip(&[("a", b"b")]));
    assert_eq!(ids(&inspect_blob(&picture, None)), ["uninspected", "polyglot_content"]);
}

#[test]
fn a_bomb_is_not_unpacked_to_its_end() {
    let zeros = vec![b'a'; 12 << 20];
    let bomb = zip(&[("a", &zeros), ("b", &zeros)]);
    let inspected = inspect_blob(&bomb, None);
    assert!(ids(&inspected).contains(&"decompression_bomb".into()), "{:?}", ids(&inspected));
    assert!(inspected.text.unwrap().len() <= LONGEST_TEXT);
    let long = vec![b'a'; LONGEST_TEXT + 5];
    let inspected = inspect_blob(&long, None);
    assert_eq!((inspected.text.map(|text| text.len()), inspected.findings.len()), (Some(LONGEST_TEXT), 1));
}

#[test]
fn encoded_content_is_decoded_once() {
    assert_eq!(decode_base64("aGVs\r\nbG8"), Ok(b"hello".to_vec()));
    assert_eq!(decode_base64("-_-_"), Ok(vec![0xfb, 0xff, 0xbf]));
    assert_eq!(decode_base64("no!"), Err(BadEncoding::Base64));
    assert_eq!(
        decode_data_uri("DATA:text/html;charset=utf-8;base64,PGI%2B"),
        Ok(("text/html;charset=utf-8", b"<b>".to_vec()))
    );
    assert_eq!(decode_data_uri("data:,a%20b"), Ok(("text/plain", b"a b".to_vec())));
    assert_eq!(decode_data_uri("data:text/plain"), Err(BadEncoding::NoDataUrl));
    assert_eq!(decode_data_uri("http://x,y"), Err(BadEncoding::NoDataUrl));
}

proptest! {
    #[test]
    fn any_content_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300), start in 0..4_usize) {
        let heads: [&[u8]; 4] = [b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"PK\x05\x06"];
        let content = [heads[start], &bytes].concat();
        let inspected = inspect_blob(&content, None);
        prop_assert!(inspected.text.is_some() || !inspected.findings.is_empty());
    }

    #[test]
    fn a_damaged_archive_is_answered(at in 0..400_usize, byte in any::<u8>()) {
        let mut archive = zip(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<p>text</p>"), ("b.txt", b"more")]);
        let at = at % archive.len();
        archive[at] = byte;
        let inspected = inspect_blob(&archive, None);
        prop_assert!(inspected.text.is_some() || !inspected.findings.is_empty());
    }
}
