//! What is known of tools, as the configuration would say it: for an operator to review and take over.
//!
//! Must never be loaded by itself: what nobody has read is not declared.

use std::fmt::Write as _;

use serde_json::Value;

use crate::output;

/// What stands above the servers.
const HEAD: &str = "\
## What the tools of each server are taken to do, and how that is known. Read it, correct it, and move it under the
## server's entry in ringfence.yaml: what stands there is the operator's word and is not inferred any more.
";

/// The name under which the kernel's own tools are listed.
const OWN: &str = "ringfence";

/// The `tools` of each server in `listed`, the rows of `tools.list`; none where no server has tools.
pub(crate) fn declarations(listed: &[Value]) -> Option<String> {
    let mut out = format!("{HEAD}servers:\n");
    let mut server = None;
    for row in listed {
        let Some(named) = row.get("server").and_then(Value::as_str).filter(|name| *name != OWN) else {
            continue;
        };
        if let Some(error) = row.get("error").and_then(Value::as_str) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "  ## {named}: {}", one_line(error));
            continue;
        }
        if server != Some(named) {
            server = Some(named);
            let _ = writeln!(out, "  {named}:\n    tools:");
        }
        tool(&mut out, row);
    }
    server.map(|_| out)
}

fn tool(out: &mut String, row: &Value) {
    let name = row.get("tool").and_then(Value::as_str).unwrap_or_default();
    let list = |key: &str| match row.get(key).and_then(Value::as_array).map(Vec::as_slice) {
        None | Some([]) => None,
        Some(items) => Some(items.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")),
    };
    let is = |key: &str| row.get(key).and_then(Value::as_bool) == Some(true);
    let effects = list("effects").map(|effects| effects.replace('"', ""));
    let mut facts = vec![format!("effects: [{}]", effects.as_deref().unwrap_or_default())];
    facts.extend(
        ["irreversible", "egress"].into_iter().filter(|key| is(key)).map(|key| format!("{key}: true")),
    );
    facts.extend(list("consequential").map(|pointers| format!("consequential: [{pointers}]")));
    let known_by = row.get("source").and_then(Value::as_str).unwrap_or("unknown");
    // What is not known is not declared: the line is there to be filled in.
    let mark = if effects.is_none() { "# " } else { "" };
    let _ = writeln!(out, "      {mark}{}: {{ {} }} # {known_by}", Value::from(name), facts.join(", "));
}

/// A server's own words, where they can do no harm to the file.
fn one_line(text: &str) -> String {
    output::visible(text).replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests;
