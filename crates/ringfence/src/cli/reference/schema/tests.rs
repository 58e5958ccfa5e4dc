use serde_json::json;

use super::members;

#[test]
fn each_member_is_a_row_and_nested_ones_have_a_path() {
    let schema = json!({ "type": "object", "required": ["mode", "found"], "properties": {
        "mode": { "oneOf": [{ "type": "string", "const": "a" }, { "type": "string", "const": "b" }] },
        "limit": { "type": "integer", "default": 20, "description": "How many,\nat most." },
        "note": { "type": ["string", "null"], "default": null, "description": "a|b" },
        "since": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
        "found": { "type": "array", "items": { "type": "object", "required": ["line"], "properties": {
            "line": { "type": "integer" },
            "names": { "type": "array", "items": { "type": "string" } },
        } } },
    } });
    insta::assert_snapshot!(members(&schema, "always"), @r"
    | name | type | | meaning |
    |---|---|---|---|
    | `mode` | `a`, `b` | always |  |
    | `limit` | integer | default `20` | How many, at most. |
    | `note` | string | optional | a\|b |
    | `since` | string | optional |  |
    | `found` | array of object | always |  |
    | `found[].line` | integer | always |  |
    | `found[].names` | array of string | optional |  |
    ");
    assert_eq!(members(&json!({ "type": "object" }), "required"), "None.\n");
}
