//! A JSON Schema of ours as a Markdown table: one row per member, nested ones under a path.
//!
//! Knows what `schemars` writes with inlined subschemas, and must never be given a schema of others.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// A table of the members of an object schema; `present` is the word for those that are never left out.
pub(super) fn members(schema: &Value, present: &str) -> String {
    let mut rows = String::new();
    walk(schema, present, "", &mut rows);
    if rows.is_empty() {
        return "None.\n".to_owned();
    }
    format!("| name | type | | meaning |\n|---|---|---|---|\n{rows}")
}

fn walk(schema: &Value, present: &str, path: &str, rows: &mut String) {
    let required: Vec<&str> = array(schema, "required").iter().filter_map(Value::as_str).collect();
    let none = Map::new();
    for (name, member) in schema.get("properties").and_then(Value::as_object).unwrap_or(&none) {
        let path = format!("{path}{name}");
        let meaning = member.get("description").and_then(Value::as_str).unwrap_or_default();
        let presence = match member.get("default") {
            Some(Value::Null) | None if !required.contains(&name.as_str()) => "optional".to_owned(),
            Some(default) if !default.is_null() => format!("default `{default}`"),
            Some(_) | None => present.to_owned(),
        };
        let meaning = meaning.replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(rows, "| `{path}` | {} | {presence} | {meaning} |", type_of(member));
        walk(member, present, &format!("{path}."), rows);
        if let Some(items) = member.get("items") {
            walk(items, present, &format!("{path}[]."), rows);
        }
    }
}

/// The type in a few words. `null` stands for a member that is left out and is not shown.
fn type_of(schema: &Value) -> String {
    let words: Vec<String> = array(schema, "oneOf")
        .iter()
        .filter_map(|word| word.get("const"))
        .chain(array(schema, "enum"))
        .filter(|word| !word.is_null())
        .map(|word| format!("`{}`", word.as_str().map_or_else(|| word.to_string(), str::to_owned)))
        .collect();
    if !words.is_empty() {
        return words.join(", ");
    }
    let alternatives: Vec<String> =
        array(schema, "anyOf").iter().map(type_of).filter(|name| name != "null").collect();
    if !alternatives.is_empty() {
        return alternatives.join(" or ");
    }
    let names = match schema.get("type") {
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect()
        }
        Some(Value::String(name)) => vec![name.as_str()],
        Some(_) | None => vec!["any"],
    };
    match schema.get("items") {
        Some(items) if names == ["array"] => format!("array of {}", type_of(items)),
        Some(_) | None => names.join(" or "),
    }
}

fn array<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests;
