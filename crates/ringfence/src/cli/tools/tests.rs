use serde_json::json;

use super::{arguments, content, row, verdict};
use crate::problem::Exit;

#[test]
fn the_exit_code_says_why_a_call_failed() {
    let denied =
        |code: i64| json!({"isError": true, "content": [], "_meta": {"io.ringfence/denied": {"code": code}}});
    assert_eq!(verdict(&json!({"content": []})), Exit::Yes);
    assert_eq!(verdict(&json!({"content": [], "isError": true})), Exit::Finding);
    assert_eq!(verdict(&denied(1001)), Exit::Denied);
    assert_eq!(verdict(&denied(1002)), Exit::Denied);
    assert_eq!(verdict(&denied(1004)), Exit::Upstream);
}

#[test]
fn arguments_are_one_strict_json_object() {
    let digits = "{\"a\": [12345678901234567890123]}";
    assert_eq!(arguments(&format!(" {digits}\n")).unwrap(), digits);
    for (given, message) in [
        ("[1]", "--args: a JSON object is expected"),
        ("{\"a\": 1, \"a\": 2}", "--args: duplicate key at byte 9"),
        ("{}{}", "--args: something follows the value at byte 2"),
    ] {
        assert_eq!(arguments(given).unwrap_err().message, message, "{given}");
    }
}

#[test]
fn what_a_person_sees_of_a_result_and_of_a_tool() {
    let result = json!({"content": [{"type": "text", "text": "a\u{1b}[2J"}, {"type": "image", "data": "…"}]});
    assert_eq!(content(&result), "a\\u{1b}[2J\n[image]");
    let tool = json!({
        "name": "mail__send", "effects": ["network", "send"], "source": "inferred",
        "irreversible": true, "egress": false, "held": "name too long",
    });
    assert_eq!(
        row(&tool),
        ["mail__send", "network, send", "inferred", "irreversible, held back: name too long"]
    );
    assert_eq!(row(&json!({"name": "x", "effects": []})), ["x", "unknown", "", ""]);
    let silent = json!({"server": "mail", "error": "it does not answer"});
    assert_eq!(row(&silent), ["mail__?", "", "", "it does not answer"]);
}
