//! Conditions on where arguments came from, on the time, and on how often somebody called.
//!
//! Must never take a window that nobody counts.

use ringfence_model::provenance::{Role, Word};
use ringfence_model::tally::Window;
use ringfence_model::trust::Trust;

use super::conditions::{CONFIDENTIALITIES, names};
use super::read::{Reader, keep};
use super::tree::{At, Node, Value};
use crate::rule::{Counted, DAY, Pointer, ProvenanceMatch, RateMatch, TimeMatch, WordMatch};

const ROLES: [(&str, Role); 2] = [("content", Role::Content), ("consequential", Role::Consequential)];
pub(crate) const WORDS: [(&str, Word); 8] = [
    ("user", Word::User),
    ("configured", Word::Configured),
    ("referred", Word::Referred),
    ("trusted", Word::Trusted),
    ("model", Word::Model),
    ("asserted", Word::Asserted),
    ("near", Word::Near),
    ("untrusted", Word::Untrusted),
];
const DAYS: [(&str, u8); 9] = [
    ("mon", 0x01),
    ("tue", 0x02),
    ("wed", 0x04),
    ("thu", 0x08),
    ("fri", 0x10),
    ("sat", 0x20),
    ("sun", 0x40),
    ("weekday", 0x1F),
    ("weekend", 0x60),
];
const WINDOWS: [(&str, Window); 3] = [("1m", Window::Minute), ("1h", Window::Hour), ("1d", Window::Day)];

/// Conditions on where values came from.
pub(super) fn provenance(reader: &mut Reader<'_>, node: &Node) -> Option<ProvenanceMatch> {
    let known = ["pointer", "role", "word", "confidentiality", "pii", "server"];
    let fields = reader.fields(node, "`provenance`", &known)?;
    if !["word", "confidentiality", "pii", "server"].iter().any(|key| fields.get(key).is_some()) {
        let hint = "use one of: word, confidentiality, pii, server".to_owned();
        reader.error(fields.at, "`provenance` needs a condition on the value".to_owned(), Some(hint));
        return None;
    }
    let pointers = fields.get("pointer").map(|node| pointers(reader, node));
    let role = fields.get("role").map(|node| reader.word(node, "`role`", &ROLES));
    let word = fields.get("word").map(|node| word(reader, node));
    let confidentiality =
        fields.get("confidentiality").map(|node| reader.word(node, "`confidentiality`", &CONFIDENTIALITIES));
    let pii = fields.get("pii").map(|node| reader.flag(node, "`pii`"));
    let server = fields.get("server").map(|node| names(reader, node, "`server`"));
    Some(ProvenanceMatch {
        pointers: all(pointers)?,
        role: all(role)?,
        word: all(word)?,
        confidentiality: all(confidentiality)?,
        pii: all(pii)?,
        server: all(server)?,
    })
}

/// What is not there is no condition; what could not be read is an error.
fn all<T>(found: Option<Option<T>>) -> Option<Option<T>> {
    found.map_or(Some(None), |found| found.map(Some))
}

fn pointers(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Box<str>>> {
    let mut all = Some(Vec::new());
    for node in reader.one_or_more(node, "`pointer`")? {
        let text = reader.text(node, "`pointer`");
        let pointer = text.and_then(|text| match Pointer::parse(text) {
            Ok(_) => Some(text.into()),
            Err(bad) => {
                reader.error(node.at, format!("`{text}` names no argument: {bad}"), None);
                None
            }
        });
        keep(&mut all, pointer);
    }
    all
}

/// A word for it and all less trustworthy ones, or a list of exactly these.
fn word(reader: &mut Reader<'_>, node: &Node) -> Option<WordMatch> {
    if matches!(node.value, Value::List(_)) {
        return reader.words(node, "`word`", &WORDS).map(WordMatch::OneOf);
    }
    reader.word(node, "`word`", &WORDS).map(WordMatch::AtLeast)
}

/// A part of the week.
pub(super) fn time(reader: &mut Reader<'_>, node: &Node) -> Option<TimeMatch> {
    let fields = reader.fields(node, "`time`", &["days", "from", "to", "offset"])?;
    if fields.get("days").is_none() && fields.get("from").is_none() && fields.get("to").is_none() {
        let hint =
            "for example { days: weekday, from: \"09:00\", to: \"17:00\", offset: \"+02:00\" }".to_owned();
        reader.error(fields.at, "`time` needs `days`, `from` or `to`".to_owned(), Some(hint));
        return None;
    }
    let mut whole = true;
    let mut window = TimeMatch::ALWAYS;
    for (key, _, node) in fields.members() {
        whole &= match key {
            "days" => reader
                .words(node, "`days`", &DAYS)
                .map(|days| window.days = days.iter().fold(0, |set, day| set | day))
                .is_some(),
            "from" => clock(reader, node, "`from`").map(|minute| window.from = minute).is_some(),
            "to" => clock(reader, node, "`to`").map(|minute| window.to = minute).is_some(),
            "offset" => offset(reader, node).map(|offset| window.offset = offset).is_some(),
            _ => false,
        };
    }
    if whole && window.from == window.to {
        reader.error(fields.at, "`from` and `to` are the same: that is no time at all".to_owned(), None);
        return None;
    }
    whole.then_some(window)
}

/// `HH:MM`, up to 24:00; minutes of the day.
fn clock(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<u32> {
    let text = reader.text(node, what)?;
    minutes(text).filter(|minutes| *minutes <= DAY).or_else(|| bad_clock(reader, node.at, what, text))
}

fn offset(reader: &mut Reader<'_>, node: &Node) -> Option<i32> {
    let text = reader.text(node, "`offset`")?;
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (None, Some(rest)) => (-1, rest),
        (None, None) => return bad_clock(reader, node.at, "`offset`", text),
    };
    // The widest offsets in use are -12:00 and +14:00.
    match minutes(rest).filter(|minutes| *minutes <= 14 * 60) {
        Some(minutes) => i32::try_from(minutes).ok().map(|minutes| sign * minutes),
        None => bad_clock(reader, node.at, "`offset`", text),
    }
}

fn bad_clock<T>(reader: &mut Reader<'_>, at: At, what: &str, text: &str) -> Option<T> {
    let hint = "write it in quotes, as \"09:30\"; an offset from UTC as \"+02:00\"".to_owned();
    reader.error(at, format!("{what} cannot be `{text}`"), Some(hint));
    None
}

fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse().ok())
            .flatten()
    };
    let (hours, minutes): (u32, u32) = (number(hours)?, number(minutes)?);
    (minutes < 60).then_some(hours * 60 + minutes)
}

/// How little the call is trusted: `{ below: N }`, in hundredths.
pub(super) fn trust(reader: &mut Reader<'_>, node: &Node) -> Option<Trust> {
    let fields = reader.fields(node, "`trust`", &["below"])?;
    let Some(below) = fields.get("below") else {
        let hint = "for example { below: 30 }".to_owned();
        reader.error(fields.at, "`trust` needs `below`".to_owned(), Some(hint));
        return None;
    };
    let hundredths = match below.value {
        Value::Integer(count) => u8::try_from(count).ok().filter(|count| (1..=100).contains(count)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            None
        }
    };
    if hundredths.is_none() {
        reader.error(below.at, "`below` must be a whole number from 1 to 100".to_owned(), None);
    }
    hundredths.map(Trust)
}

/// How often somebody called lately.
pub(super) fn rate(reader: &mut Reader<'_>, node: &Node) -> Option<RateMatch> {
    let fields = reader.fields(node, "`rate`", &["calls", "denied", "per"])?;
    let (counted, node, per) = match (fields.get("calls"), fields.get("denied"), fields.get("per")) {
        (Some(node), None, Some(per)) => (Counted::Calls, node, per),
        (None, Some(node), Some(per)) => (Counted::Denied, node, per),
        (_, _, _) => {
            let hint = "for example { calls: { above: 100 }, per: 1m }".to_owned();
            reader.error(fields.at, "`rate` needs `calls` or `denied`, and `per`".to_owned(), Some(hint));
            return None;
        }
    };
    let per = reader.word(per, "`per`", &WINDOWS);
    let inner = reader.fields(node, "a count", &["above"])?;
    let Some(above) = inner.get("above") else {
        reader.error(inner.at, "a count needs `above`".to_owned(), None);
        return None;
    };
    let above_count = match above.value {
        Value::Integer(count) => u32::try_from(count).ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            None
        }
    };
    if above_count.is_none() {
        reader.error(above.at, "`above` must be a whole number from 0".to_owned(), None);
    }
    Some(RateMatch { what: counted, above: above_count?, per: per? })
}
