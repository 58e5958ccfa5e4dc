//! The `table` of a rule file.
//!
//! Must never fill in a row or a cell that was not written, nor take one that is milder for strangers than for the user.

use std::sync::Arc;

use ringfence_model::verdict::Decision;

use super::read::{Fields, Reader};
use super::rules::{DECISIONS, SEVERITIES};
use super::tree::Node;
use crate::table::{Flows, Line, MadeUp, Row, Table};

const TABLE: [&str; 3] = ["made_up", "flows", "rows"];
const FLOWS: [&str; 3] = ["secret", "pii", "internal"];
const MADE_UP: [(&str, MadeUp); 2] = [("model", MadeUp::Model), ("floor", MadeUp::Floor)];
const COLUMNS: [&str; 4] = ["own", "model", "nobody", "strangers"];
const LINE: [&str; 8] = ["severity", "message", "alternative", "all", "own", "model", "nobody", "strangers"];

pub(super) fn table(reader: &mut Reader<'_>, node: &Node) -> Option<Table> {
    let fields = reader.fields(node, "`table`", &TABLE)?;
    let made_up = needed(reader, &fields, "`table`", "made_up")
        .and_then(|node| reader.word(node, "`made_up`", &MADE_UP));
    let flows = needed(reader, &fields, "`table`", "flows").and_then(|node| flows(reader, node));
    let names = Row::ALL.map(Row::name);
    let rows =
        needed(reader, &fields, "`table`", "rows").and_then(|node| reader.fields(node, "`rows`", &names))?;
    // All are read before any is missed, so that all errors show.
    let lines = Row::ALL.map(|row| line(reader, &rows, row));
    let lines: Vec<Line> = lines.into_iter().collect::<Option<_>>()?;
    Some(Table { made_up: made_up?, flows: flows?, lines: lines.try_into().ok()? })
}

fn flows(reader: &mut Reader<'_>, node: &Node) -> Option<Flows> {
    let fields = reader.fields(node, "`flows`", &FLOWS)?;
    let [secret, pii, internal] = FLOWS.map(|kind| decision(reader, &fields, "`flows`", kind));
    Some(Flows { secret: secret?, pii: pii?, internal: internal? })
}

fn line(reader: &mut Reader<'_>, rows: &Fields<'_>, row: Row) -> Option<Line> {
    let what = format!("row `{}`", row.name());
    let node = needed(reader, rows, "`rows`", row.name())?;
    let fields = reader.fields(node, &what, &LINE)?;
    let severity = needed(reader, &fields, &what, "severity")
        .and_then(|node| reader.word(node, "`severity`", &SEVERITIES));
    let message = needed(reader, &fields, &what, "message").and_then(|node| reader.text(node, "`message`"));
    let alternative = match fields.get("alternative") {
        Some(node) => Some(Arc::from(reader.text(node, "`alternative`")?)),
        None => None,
    };
    let cells = cells(reader, &fields, &what)?;
    if !cells.is_sorted() {
        let hint = "write own ≤ model ≤ nobody ≤ strangers, with allow below ask below deny".to_owned();
        reader.error(
            fields.at,
            format!("{what} is milder where what steers the call is less trustworthy"),
            Some(hint),
        );
        return None;
    }
    Some(Line { cells, severity: severity?, message: message?.into(), alternative, rule: row.rule() })
}

fn cells(reader: &mut Reader<'_>, fields: &Fields<'_>, what: &str) -> Option<[Decision; 4]> {
    if fields.get("all").is_some() {
        if let Some((key, at, _)) = fields.members().find(|(key, _, _)| COLUMNS.contains(key)) {
            reader.error(at, format!("{what} says `all` and `{key}`"), Some("write one of them".to_owned()));
            return None;
        }
        return decision(reader, fields, what, "all").map(|all| [all; 4]);
    }
    let [own, model, nobody, strangers] = COLUMNS.map(|column| decision(reader, fields, what, column));
    Some([own?, model?, nobody?, strangers?])
}

fn decision(reader: &mut Reader<'_>, fields: &Fields<'_>, what: &str, key: &str) -> Option<Decision> {
    needed(reader, fields, what, key).and_then(|node| reader.word(node, &format!("`{key}`"), &DECISIONS))
}

fn needed<'n>(reader: &mut Reader<'_>, fields: &Fields<'n>, what: &str, key: &str) -> Option<&'n Node> {
    let found = fields.get(key);
    if found.is_none() {
        let hint = "`ringfence policy presets show standard` shows a whole table".to_owned();
        reader.error(fields.at, format!("{what} needs `{key}`"), Some(hint));
    }
    found
}
