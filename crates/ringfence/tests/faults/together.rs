//! Several clients at once: nothing of one reaches another.

use std::process::Stdio;

use serde_json::{Map, Value, json};

use super::client::{Legacy, Piped, failure, initialize, last, text, tool_call};
use super::fake::{Stage, entry, journal, seen};
use super::house::{Kernel, NOBODY, create, is_root};
use super::http::{Connection, request};

/// The question that a client is asked, with its id.
#[track_caller]
fn question(connection: &mut Connection) -> (Value, String) {
    assert_eq!(connection.head().unwrap().header("content-type"), Some("text/event-stream"));
    let message = connection.message();
    assert_eq!(message["method"], "elicitation/create", "{message}");
    (message["id"].clone(), message["params"]["message"].as_str().unwrap().to_owned())
}

/// An answer to a question.
fn word(id: &Value, word: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": { "action": "accept", "content": { "word": word } } })
}

#[test]
fn two_clients_with_the_same_ids_in_flight_get_their_own_answers() {
    let stage = Stage::with(json!({}), |home| {
        // Both on one process, so that only the ids of the kernel tell them apart.
        let mut shared = entry(home, "ill", "well");
        shared["share"] = json!("all");
        Map::from_iter([("ill".to_owned(), shared)])
    });
    let (gate_a, gate_b) = (stage.gate("a"), stage.gate("b"));
    let (a, b) =
        (Legacy::open(&stage.kernel, "/servers/ill/mcp"), Legacy::open(&stage.kernel, "/servers/ill/mcp"));
    for id in [json!(1), json!("1"), json!("x-\u{e9}"), json!(9_007_199_254_740_993_i64)] {
        let mut of_a = a.start(id.clone(), "hold", &json!({ "file": gate_a, "text": "for a" }));
        let mut of_b = b.start(id.clone(), "hold", &json!({ "file": gate_b, "text": "for b" }));
        create(&gate_b);
        let answer = last(&mut of_b);
        assert_eq!((&answer["id"], text(&answer)), (&id, "for b"));
        create(&gate_a);
        let answer = last(&mut of_a);
        assert_eq!((&answer["id"], text(&answer)), (&id, "for a"));
        for gate in [&gate_a, &gate_b] {
            std::fs::remove_file(gate).unwrap();
        }
    }
    assert_eq!(
        journal(&stage.kernel.home, "ill").iter().filter(|event| event["event"] == "start").count(),
        1
    );
    stage.kernel.finish();
}

#[test]
fn an_id_that_is_in_flight_is_not_taken_twice() {
    let stage = Stage::new(None, json!({}));
    let gate = stage.gate("gate");
    let legacy = Legacy::open(&stage.kernel, "/servers/well/mcp");
    let mut first = legacy.start(7, "hold", &json!({ "file": gate, "text": "first" }));
    stage.took("well", "hold", 1);
    let refused = legacy.start(7, "echo", &json!({ "text": "second" })).answer().unwrap().json();
    assert_eq!(
        refused,
        json!({ "jsonrpc": "2.0", "id": 7,
        "error": { "code": -32600, "message": "a request with this id is running" } })
    );
    // The same id in another spelling is the same; as another type it is another.
    assert_eq!(text(&last(&mut legacy.start("7", "echo", &json!({ "text": "string" })))), "string");
    create(&gate);
    let answer = last(&mut first);
    assert_eq!((&answer["id"], text(&answer)), (&json!(7), "first"));
    assert_eq!(text(&legacy.call(7, "echo", &json!({ "text": "free again" }))), "free again");

    let mut piped = Piped::open(&stage.kernel, &json!("stdio"));
    let never = stage.gate("never");
    piped.say(&tool_call("\u{61}b", "well__hold", &json!({ "file": never })));
    stage.took("well", "hold", 2);
    piped.say_raw(br#"{"jsonrpc":"2.0","id":"\u0061b","method":"ping"}"#);
    assert_eq!(piped.hear().unwrap()["error"]["message"], "a request with this id is running");
    drop(piped);
    stage.kernel.finish();
}

#[test]
fn interleaved_questions_reach_the_session_that_they_belong_to() {
    let stage = Stage::new(None, json!({}));
    let (a, b) =
        (Legacy::open(&stage.kernel, "/servers/well/mcp"), Legacy::open(&stage.kernel, "/servers/well/mcp"));
    assert_ne!(
        text(&a.call(1, "pid", &json!({}))),
        text(&b.call(1, "pid", &json!({}))),
        "a process for each"
    );
    let mut of_a = a.start(2, "ask", &json!({ "text": "is this a?" }));
    let (id_a, asked) = question(&mut of_a);
    assert_eq!(asked, "is this a?");
    let mut of_b = b.start(2, "ask", &json!({ "text": "is this b?" }));
    let (id_b, asked) = question(&mut of_b);
    assert_eq!(asked, "is this b?");
    // Each answers the other's question, too: it does not count.
    for (client, foreign, own, said) in [(&b, &json!(99), &id_b, "I am b"), (&a, &json!(98), &id_a, "I am a")]
    {
        assert_eq!(client.post(&word(foreign, "not mine")).answer().unwrap().status, 202);
        assert_eq!(client.post(&word(own, said)).answer().unwrap().status, 202);
    }
    let said = |connection: &mut Connection| loop {
        let message = connection.message();
        if message.get("method").is_none() {
            break serde_json::from_str::<Value>(text(&message)).unwrap()["content"]["word"].clone();
        }
    };
    assert_eq!((said(&mut of_a), said(&mut of_b)), (json!("I am a"), json!("I am b")));
    stage.kernel.finish();
}

#[test]
fn a_question_that_could_be_of_two_calls_is_asked_beside_them_or_refused() {
    let stage = Stage::new(None, json!({}));
    let client = Legacy::open(&stage.kernel, "/servers/well/mcp");
    let mut first = client.start(1, "ask", &json!({ "text": "one" }));
    let (id, asked) = question(&mut first);
    assert_eq!(asked, "one");
    // Now two calls are in flight on one process: whose the second question is, nobody knows.
    let second = last(&mut client.start(2, "ask", &json!({ "text": "two" })));
    let said: Value = serde_json::from_str(text(&second)).unwrap();
    assert_eq!(said, json!({ "code": 1003, "message": "cancelled by the client" }));
    // Where the client listens beside its calls, it is asked there, as the server itself would have asked it.
    let mut beside = client.listen(None);
    assert_eq!(beside.head().unwrap().status, 200);
    let mut third = client.start(3, "ask", &json!({ "text": "three" }));
    let asked = loop {
        let message = beside.message();
        if message["method"] == "elicitation/create" {
            break message;
        }
    };
    assert_eq!(asked["params"]["message"], "three");
    assert_eq!(client.post(&word(&asked["id"], "third")).answer().unwrap().status, 202);
    let answer = last(&mut third);
    assert_eq!(serde_json::from_str::<Value>(text(&answer)).unwrap()["content"]["word"], "third");
    assert_eq!(client.post(&word(&id, "first")).answer().unwrap().status, 202);
    let answer = first.message();
    assert_eq!(serde_json::from_str::<Value>(text(&answer)).unwrap()["content"]["word"], "first");
    stage.kernel.finish();
}

#[test]
fn a_question_beside_calls_that_nobody_answers_ends_and_holds_nothing_up() {
    let stage = Stage::new(None, json!({ "person": "300ms" }));
    let client = Legacy::open(&stage.kernel, "/servers/well/mcp");
    let gate = stage.gate("gate");
    let mut held = client.start(1, "hold", &json!({ "file": gate, "text": "held" }));
    stage.took("well", "hold", 1);
    let mut beside = client.listen(None);
    assert_eq!(beside.head().unwrap().status, 200);
    for (turn, leaves) in [(2, false), (3, true)] {
        let mut asking = client.start(turn, "ask", &json!({ "text": format!("anybody? {turn}") }));
        let asked = loop {
            let message = beside.message();
            if message["method"] == "elicitation/create" {
                break message;
            }
        };
        if leaves {
            drop(beside);
            beside = client.listen(None);
            assert_eq!(beside.head().unwrap().status, 200);
        }
        // The user says nothing: the server hears so, and its call ends.
        let said: Value = serde_json::from_str(text(&last(&mut asking))).unwrap();
        assert!(said["code"].is_i64(), "{said}");
        // What comes too late belongs to nothing.
        assert_eq!(client.post(&word(&asked["id"], "late")).answer().unwrap().status, 202);
        assert_eq!(text(&client.call(10 + turn, "echo", &json!({ "text": "on" }))), "on");
    }
    create(&gate);
    assert_eq!(text(&last(&mut held)), "held");
    stage.kernel.finish();
}

#[test]
fn a_question_of_a_shared_server_that_could_be_of_two_calls_reaches_nobody() {
    let stage = Stage::with(json!({}), |home| {
        let mut shared = entry(home, "ill", "well");
        shared["share"] = json!("all");
        Map::from_iter([("ill".to_owned(), shared)])
    });
    let (a, b) =
        (Legacy::open(&stage.kernel, "/servers/ill/mcp"), Legacy::open(&stage.kernel, "/servers/ill/mcp"));
    assert_eq!(text(&a.call(1, "pid", &json!({}))), text(&b.call(1, "pid", &json!({}))), "one process");
    let gate = stage.gate("gate");
    let mut held = a.start(2, "hold", &json!({ "file": gate, "text": "a" }));
    stage.took("ill", "hold", 1);
    let asked = b.start(2, "ask", &json!({ "text": "whose password?" })).answer().unwrap();
    // Alone, and no stream: nobody was asked anything.
    assert_eq!(asked.header("content-type"), Some("application/json"));
    let asked = asked.json();
    let said: Value = serde_json::from_str(text(&asked)).unwrap();
    assert_eq!(said["code"], -32600);
    seen(&stage.kernel.home, "ill", 1, |event| {
        event["event"] == "response" && event["error"]["code"] == -32600
    });
    create(&gate);
    let answer = held.head().unwrap();
    assert!(answer.status == 200);
    let all = if answer.header("content-type") == Some("text/event-stream") {
        held.message()
    } else {
        held.rest(answer).json()
    };
    assert_eq!(text(&all), "a", "and a heard only its answer");
    stage.kernel.finish();
}

#[test]
fn two_users_have_processes_and_questions_of_their_own() {
    if !is_root() {
        return;
    }
    let shares = ["session", "principal"];
    let kernel = Kernel::start_as(NOBODY, |home| {
        let server = |share: &str| {
            let mut server = entry(home, share, "well");
            server["share"] = json!(share);
            (share.to_owned(), server)
        };
        json!({ "servers": shares.map(server).into_iter().collect::<Map<_, _>>() })
    });
    // One client is root over HTTP, the other `nobody` behind a shim.
    let mut shim = kernel.home.command(&["serve", "--stdio"]);
    let mut shim = shim.stdin(Stdio::piped()).spawn().unwrap();
    let mut nobody = super::client::Shim::of(&mut shim);
    nobody.open();
    for share in shares {
        let root = Legacy::open(&kernel, "/mcp");
        let tool = |name: &str| format!("{share}__{name}");
        let pid = text(&root.call(1, &tool("pid"), &json!({}))).to_owned();
        nobody.say(&tool_call(1, &tool("pid"), &json!({})));
        assert_ne!(text(&nobody.answer(1)), pid, "{share}: a process for each");

        let mut of_root = root.start(2, &tool("ask"), &json!({ "text": "root?" }));
        nobody.say(&tool_call(2, &tool("ask"), &json!({ "text": "nobody?" })));
        if share == "session" {
            let (id, asked) = question(&mut of_root);
            assert_eq!(asked, "root?");
            let theirs = nobody.hear();
            assert_eq!(
                (&theirs["method"], &theirs["params"]["message"]),
                (&json!("elicitation/create"), &json!("nobody?"))
            );
            nobody.say(&word(&theirs["id"], "nobody"));
            assert_eq!(root.post(&word(&id, "root")).answer().unwrap().status, 202);
            let said = |answer: &Value| {
                serde_json::from_str::<Value>(text(answer)).unwrap()["content"]["word"].clone()
            };
            assert_eq!(said(&nobody.answer(2)), "nobody");
            assert_eq!(said(&of_root.message()), "root");
        }
    }
    let principals: std::collections::BTreeSet<String> = kernel
        .calls()
        .iter()
        .filter(|call| call["target"] == "pid")
        .map(|call| call["principal"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(principals.into_iter().collect::<Vec<_>>(), ["uid:0", "uid:65534"]);
    drop(nobody);
    let _ = shim.wait();
    kernel.finish();
}

#[test]
fn a_client_over_its_limit_of_calls_is_told_and_others_are_not_limited() {
    let stage = Stage::new(None, json!({ "in_flight": 4 }));
    let gate = stage.gate("gate");
    let (greedy, modest) =
        (Legacy::open(&stage.kernel, "/servers/well/mcp"), Legacy::open(&stage.kernel, "/mcp"));
    let mut held: Vec<_> = (1..=4).map(|id| greedy.start(id, "hold", &json!({ "file": gate }))).collect();
    stage.took("well", "hold", 4);
    let refused = greedy.call(5, "echo", &json!({ "text": "x" }));
    assert!(failure(&refused).contains("too many calls in flight"), "{refused}");
    assert_eq!(refused["result"]["_meta"]["io.ringfence/denied"]["code"], 1006);
    assert_eq!(text(&modest.call(1, "well__echo", &json!({ "text": "other" }))), "other");
    create(&gate);
    assert!(held.iter_mut().all(|call| text(&last(call)) == "held"));
    assert_eq!(text(&greedy.call(6, "echo", &json!({ "text": "free" }))), "free");
    stage.kernel.finish();
}

#[test]
fn sessions_over_the_limit_never_cost_one_that_is_busy() {
    let stage = Stage::new(None, json!({ "sessions": 4 }));
    let gate = stage.gate("gate");
    // A part of the places is kept for others than legacy clients over HTTP, who may come and go as they like.
    let mut busy: Vec<_> = (1..=3)
        .map(|count| {
            let client = Legacy::open(&stage.kernel, "/servers/well/mcp");
            let held = client.start(1, "hold", &json!({ "file": gate }));
            stage.took("well", "hold", count);
            (client, held)
        })
        .collect();
    let sent = request("POST", "/servers/well/mcp", &[], initialize().to_string());
    for _ in 0..5 {
        let refused = Connection::with(stage.kernel.address, &sent).answer().unwrap();
        assert_eq!(refused.status, 503, "{refused:?}");
        let message = refused.json()["error"]["message"].take();
        assert!(message.as_str().unwrap().ends_with("sessions are open; no more are allowed"), "{message}");
    }
    stage.kernel.serves_others();
    create(&gate);
    assert!(busy.iter_mut().all(|(_, held)| text(&last(held)) == "held"));
    // Of sessions that nobody uses the oldest makes room.
    let newest = Legacy::open(&stage.kernel, "/servers/well/mcp");
    assert_eq!(text(&newest.call(1, "echo", &json!({ "text": "in" }))), "in");
    let ping = json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" });
    let statuses: Vec<u16> =
        busy.iter().map(|(client, _)| client.post(&ping).answer().unwrap().status).collect();
    assert_eq!(statuses, [404, 200, 200]);
    stage.kernel.finish();
}
