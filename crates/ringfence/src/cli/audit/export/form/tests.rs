//! Entries in the forms of other systems; what a caller chose stays within its field.

use serde_json::{Value, json};

use super::{cef, cloudevent, csv, csv_header, ocsf};

fn denied() -> Value {
    json!({
        "index": 7, "time": "2026-11-20T16:45:48.120Z", "entry": "ruling", "call": "0f", "session": "1a",
        "principal": "uid:1000", "action": "call_tool", "server": "files", "target": "a=b|c\n\\,\"d\"",
        "verdict": { "decision": "deny", "reasons": [{ "rule": "=r", "message": "no", "severity": "critical" }] },
    })
}

#[test]
fn a_row_of_csv_has_as_many_cells_as_the_header_and_runs_nothing() {
    let row = csv(&denied());
    assert_eq!(
        row,
        "7,2026-11-20T16:45:48.120Z,ruling,0f,1a,uid:1000,call_tool,files,\"a=b|c\n\\,\"\"d\"\"\",deny,'=r,no,,,"
    );
    assert_eq!(csv_header().split(',').count(), 15);
    // Whoever did something is told by name.
    let by =
        json!({ "index": 1, "entry": "operator", "principal": { "realm": "default", "name": "operator" } });
    assert_eq!(csv(&by), "1,,operator,,,operator,,,,,,,,,");
}

#[test]
fn cef_is_one_line_with_seven_fields_before_the_extension() {
    let line = cef(&denied(), "ringfence/0a");
    assert!(!line.contains('\n'));
    let unescaped = line.replace("\\\\", "").replace("\\|", "");
    let fields: Vec<_> = unescaped.splitn(8, '|').collect();
    assert_eq!((fields[0], fields[4], fields[6]), ("CEF:0", "ruling", "10"));
    assert!(line.contains(r"request=a\=b|c\n\\,"), "{line}");
    assert!(line.contains(r"cs1=\=r"), "{line}");
    assert!(line.ends_with("deviceExternalId=ringfence/0a"), "{line}");
}

#[test]
fn ocsf_tells_calls_as_api_activity_and_the_rest_as_base_events() {
    let time = "2026-11-20T16:45:48.120Z".parse().ok();
    let event = ocsf(&denied(), "ringfence/0a", time);
    assert_eq!((&event["class_uid"], &event["type_uid"]), (&json!(6003), &json!(600_399)));
    assert_eq!(
        (&event["severity_id"], &event["action_id"], &event["status_id"]),
        (&json!(5), &json!(2), &json!(2))
    );
    assert_eq!(event["time"], json!(1_795_193_148_120_u64));
    assert_eq!(event["unmapped"], denied());
    let other = ocsf(&json!({ "index": 1, "entry": "closed" }), "ringfence/0a", time);
    assert_eq!(
        (&other["class_uid"], &other["type_uid"], &other["severity_id"]),
        (&json!(0), &json!(99), &json!(1))
    );
}

#[test]
fn a_cloudevent_has_what_the_specification_asks_for() {
    let event = cloudevent(&denied(), "ringfence/0a");
    assert_eq!(
        event,
        json!({
            "specversion": "1.0", "id": "7", "source": "urn:ringfence:0a", "type": "io.ringfence.journal.ruling",
            "time": "2026-11-20T16:45:48.120Z", "datacontenttype": "application/json", "subject": "0f", "data": denied(),
        })
    );
    assert_eq!(cloudevent(&json!({ "index": 1, "entry": "closed" }), "l").get("subject"), None);
}
