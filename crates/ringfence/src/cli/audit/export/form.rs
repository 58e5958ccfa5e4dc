//! An entry of the journal in the forms of other systems. Pure. Must never let what a caller chose end a field or a line.

use ringfence_model::id::Timestamp;
use serde_json::{Value, json};

/// Version of OCSF that is written.
const OCSF: &str = "1.3.0";

/// The columns of CSV: name, and where the value stands in an entry.
const COLUMNS: [(&str, &str); 15] = [
    ("index", "/index"),
    ("time", "/time"),
    ("entry", "/entry"),
    ("call", "/call"),
    ("session", "/session"),
    ("principal", "/principal"),
    ("action", "/action"),
    ("server", "/server"),
    ("target", "/target"),
    ("decision", "/verdict/decision"),
    ("rule", "/verdict/reasons/0/rule"),
    ("reason", "/verdict/reasons/0/message"),
    ("outcome", "/outcome"),
    ("code", "/code"),
    ("took_us", "/took_us"),
];

fn at(entry: &Value, pointer: &str) -> String {
    match entry.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        // A principal that is told whole.
        Some(Value::Object(members)) => {
            members.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        Some(other) => other.to_string(),
    }
}

/// The first line.
pub(super) fn csv_header() -> String {
    COLUMNS.map(|(name, _)| name).join(",")
}

/// RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it.
pub(super) fn csv(entry: &Value) -> String {
    let cell = |(_, pointer): (&str, &str)| {
        let mut text = at(entry, pointer);
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            text.insert(0, '\'');
        }
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    COLUMNS.map(cell).join(",")
}

/// How grave an entry is, from 0 to 10 as CEF has it: of what was let through nothing.
fn gravity(entry: &Value) -> u8 {
    let blocked = at(entry, "/verdict/decision") == "deny" || at(entry, "/outcome") == "withheld";
    match &*at(entry, "/verdict/reasons/0/severity") {
        "critical" if blocked => 10,
        "high" if blocked => 8,
        "medium" if blocked => 5,
        _ if blocked => 3,
        _ => 0,
    }
}

/// ArcSight Common Event Format, version 0.
pub(super) fn cef(entry: &Value, log: &str) -> String {
    let header = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ");
    let value =
        |text: &str| text.replace('\\', "\\\\").replace('=', "\\=").replace('\n', "\\n").replace('\r', "\\r");
    let kind = at(entry, "/entry");
    let what = at(entry, "/target");
    let name = if what.is_empty() { kind.clone() } else { format!("{kind} {what}") };
    let mut extension = Vec::new();
    for (key, pointer) in [
        ("rt", "/time"),
        ("externalId", "/index"),
        ("suser", "/principal"),
        ("act", "/verdict/decision"),
        ("outcome", "/outcome"),
        ("dhost", "/server"),
        ("request", "/target"),
        ("msg", "/verdict/reasons/0/message"),
        ("cs1", "/verdict/reasons/0/rule"),
        ("cs2", "/call"),
        ("cs3", "/session"),
    ] {
        let text = at(entry, pointer);
        if !text.is_empty() {
            extension.push(format!("{key}={}", value(&text)));
        }
    }
    extension.extend([
        "cs1Label=rule".to_owned(),
        "cs2Label=call".to_owned(),
        "cs3Label=session".to_owned(),
        format!("deviceExternalId={}", value(log)),
    ]);
    let version = env!("CARGO_PKG_VERSION");
    let (kind, name, gravity) = (header(&kind), header(&name), gravity(entry));
    format!("CEF:0|Ringfence|ringfence|{version}|{kind}|{name}|{gravity}|{}", extension.join(" "))
}

/// OCSF: API Activity (6003) of what was judged or ended, Base Event of the rest; the entry whole in `unmapped`.
pub(super) fn ocsf(entry: &Value, log: &str, time: Option<Timestamp>) -> Value {
    let metadata = json!({
        "version": OCSF,
        "product": { "name": "Ringfence", "vendor_name": "Ringfence", "version": env!("CARGO_PKG_VERSION") },
        "log_name": log,
        "uid": format!("{log}/{}", at(entry, "/index")),
        "sequence": entry.get("index"),
        "profiles": ["security_control"],
    });
    let time = time.map(Timestamp::millis);
    let kind = at(entry, "/entry");
    let severity = match gravity(entry) {
        0 => 1,
        1..=3 => 2,
        4..=6 => 3,
        7..=8 => 4,
        _ => 5,
    };
    if kind != "ruling" && kind != "outcome" {
        return json!({
            "class_uid": 0, "category_uid": 0, "activity_id": 99, "activity_name": kind, "type_uid": 99,
            "severity_id": severity, "time": time, "metadata": metadata, "unmapped": entry,
        });
    }
    // Of a call that is only judged nobody knows yet how it ends.
    let (status, action) = match (&*kind, &*at(entry, "/verdict/decision"), &*at(entry, "/outcome")) {
        ("outcome", _, "ok") => (1, 1),
        ("outcome", ..) => (2, 1),
        (_, "allow", _) => (0, 1),
        (_, "deny", _) => (2, 2),
        _ => (0, 0),
    };
    json!({
        "class_uid": 6003, "category_uid": 6, "activity_id": 99, "activity_name": at(entry, "/action"), "type_uid": 600_399,
        "severity_id": severity, "time": time, "metadata": metadata,
        "status_id": status, "action_id": action,
        "actor": { "user": { "name": at(entry, "/principal") }, "session": { "uid": at(entry, "/session") } },
        "api": {
            "operation": at(entry, "/target"),
            "service": { "name": at(entry, "/server") },
            "request": { "uid": at(entry, "/call") },
        },
        "src_endpoint": { "svc_name": "ringfence" },
        "unmapped": entry,
    })
}

/// CloudEvents 1.0, JSON format.
pub(super) fn cloudevent(entry: &Value, log: &str) -> Value {
    let mut event = json!({
        "specversion": "1.0",
        "id": at(entry, "/index"),
        "source": format!("urn:{}", log.replace('/', ":")),
        "type": format!("io.ringfence.journal.{}", at(entry, "/entry")),
        "time": at(entry, "/time"),
        "datacontenttype": "application/json",
        "data": entry,
    });
    if let (Some(call), Value::Object(members)) = (entry.get("call"), &mut event) {
        members.insert("subject".into(), call.clone());
    }
    event
}

#[cfg(test)]
mod tests;
