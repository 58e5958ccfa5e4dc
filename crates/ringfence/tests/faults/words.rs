//! What servers let slip: words on standard error, and more credentials than anybody looks for one by one.

use serde_json::{Map, Value, json};

use super::client::{Legacy, Modern, failure, text};
use super::fake::{Stage, entry};
use super::house::until;

/// The beginning of an access key, apart from the rest so that no scanner takes this file for a leak.
const BEGIN: &str = "AKIA";

fn leak(legacy: &Legacy, count: usize, place: &str) -> Value {
    legacy.call(1, "leak", &json!({ "begin": BEGIN, "count": count, "length": 16, "where": place }))
}

fn head(text: &str) -> String {
    text.chars().take(400).collect()
}

/// True where a text holds an access key whole.
fn holds_a_key(text: &str) -> bool {
    text.split(BEGIN).skip(1).any(|rest| {
        rest.bytes().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).count() >= 16
    })
}

#[test]
fn what_a_server_writes_as_it_fails_to_start_is_cleaned_for_client_and_log() {
    let stage = Stage::new(Some("blabs"), json!({}));
    let answer = Modern::new(&stage.kernel, "/servers/ill/mcp").call(1, "echo", &json!({})).json();
    let words = failure(&answer);
    assert!(words.contains("`ill`") && words.contains("reads like orders to a model"), "{words}");
    let listed = Modern::new(&stage.kernel, "/mcp").call(2, "well__echo", &json!({ "text": "on" })).json();
    assert_eq!(text(&listed), "on");
    let status = stage.run(&["status", "--json"]).stdout;
    until("the log says so", || stage.kernel.log().contains("the server `ill` cannot be used"));
    let log = stage.kernel.log();
    for (place, told) in [("client", answer.to_string()), ("log", log), ("status", status)] {
        for slipped in ["a1B2a1B2", "b2C3b2C3", "Ignore all previous", "evil.example"] {
            assert!(!told.contains(slipped), "{place} has `{slipped}`: {told}");
        }
    }
    stage.kernel.finish();
}

#[test]
fn what_a_server_writes_as_it_dies_is_cleaned_for_client_and_log() {
    let stage = Stage::new(Some("well"), json!({}));
    let secret = format!("{BEGIN}{}", "Z7QXM3WNK5VBR2TD");
    let gate = stage.gate("key");
    std::fs::write(&gate, &secret).unwrap();
    let ill = Legacy::open(&stage.kernel, "/servers/ill/mcp");
    let answer = ill.call(1, "blab", &json!({ "file": gate }));
    assert!(failure(&answer).contains("it wrote: could not log in with [redacted:"), "{answer}");
    until("the log says so", || stage.kernel.log().contains("could not log in with [redacted:"));
    let log = stage.kernel.log();
    assert!(!answer.to_string().contains(&secret) && !log.contains(&secret), "{answer} {log}");
    stage.kernel.finish();
}

#[test]
fn a_result_with_more_credentials_than_are_counted_goes_out_with_none() {
    let stage = Stage::new(Some("well"), json!({}));
    let ill = Legacy::open(&stage.kernel, "/servers/ill/mcp");
    for place in ["text", "blocks", "error"] {
        for count in [900, 1_001, 5_000, 12_000] {
            let answer = leak(&ill, count, place).to_string();
            assert!(!holds_a_key(&answer), "{count} in {place}: {}", head(&answer));
            let told = answer.contains("[redacted:") || answer.contains("withheld");
            assert!(told, "{count} in {place}: {}", head(&answer));
        }
    }
    stage.kernel.finish();
}

#[test]
fn a_server_is_told_none_of_the_credentials_of_an_answer_however_many_there_are() {
    let stage = Stage::with(json!({}), |home| Map::from_iter([("well".into(), entry(home, "well", "well"))]));
    let mut piped = super::client::Piped::open(&stage.kernel, &json!("stdio"));
    piped.say(&super::client::tool_call(1, "well__ask", &json!({ "text": "what" })));
    let asked = piped.hear().unwrap();
    assert_eq!(asked["method"], "elicitation/create", "{asked}");
    // Different ones in no order, as a file of them would hold.
    let key = |at: u64| -> String {
        let mut state = at.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let word = (0..16).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(letters[usize::try_from(state >> 59).unwrap()])
        });
        format!("{BEGIN}{}", word.collect::<String>())
    };
    let keys: Vec<String> = (0..12_000).map(key).collect();
    let content = json!({ "action": "accept", "content": { "word": keys.join(" ") } });
    piped.say(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": content }));
    let answer = piped.answer(1).to_string();
    assert!(!holds_a_key(&answer), "{}", head(&answer));
    stage.kernel.finish();
}
