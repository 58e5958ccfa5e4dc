//! What a person said yes to, and what was never asked of them.

use serde_json::{Map, json};

use super::bridge::{Talker, able};
use super::fake::Stage;
use super::tasks::{MODERN, server};

#[test]
fn a_yes_counts_for_the_rules_that_asked_and_for_no_other() {
    // The second asks as soon as the call has been tried before.
    let rules = "rules:\n  - { id: always, severity: low, match: { tool: echo }, decision: ask, message: look }\n  \
                 - { id: soon, severity: high, match: { tool: echo, when: recent.calls.minute > 2 }, decision: ask, \
                 message: often }\n";
    let stage = Stage::ruled(rules, |home| Map::from_iter([("new".into(), server(home, "new", MODERN))]));
    let mut client = Talker::with(&stage.kernel, MODERN, &json!("stdio"), able());
    assert_eq!(client.call("new__echo", json!({ "text": "x" })), "x");
    let asked = client.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].1["message"].as_str().unwrap().contains("(rule soon)"), "{asked:?}");
    // Where both ask at once, one answer is for both.
    assert_eq!(client.call("new__echo", json!({ "text": "y" })), "y");
    let asked = client.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    drop(client);
    stage.kernel.finish();
}
