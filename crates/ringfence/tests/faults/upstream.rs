//! Upstream servers that hang, die, lie or shout. Each fails alone: the server `well` beside it is served throughout.

use std::io::Write as _;

use serde_json::{Value, json};

use super::client::{Legacy, Modern, Piped, failure, last, text, tool_call};
use super::fake::{Stage, entry, seen};
use super::headers::journal_of;
use super::house::{Kernel, PATIENCE, timed};
use super::web::{self, Web};

/// What the kernel may need beyond what it held before, in KiB, with `limits.response` of 1 MiB.
const ROOM: u64 = 24 << 10;

/// The server beside the faulty one, with a client of its own.
struct Beside(Legacy);

impl Beside {
    fn new(kernel: &Kernel) -> Self {
        let beside = Self(Legacy::open(kernel, "/servers/well/mcp"));
        beside.is_served();
        beside
    }

    #[track_caller]
    fn is_served(&self) {
        assert_eq!(text(&self.0.call(1, "echo", &json!({ "text": "as ever" }))), "as ever");
    }
}

fn ill(stage: &Stage) -> Legacy {
    Legacy::open(&stage.kernel, "/servers/ill/mcp")
}

/// The code in a failed tool call.
fn code(answer: &Value) -> &Value {
    &answer["result"]["_meta"]["io.ringfence/denied"]["code"]
}

#[test]
fn a_call_that_hangs_is_ended_by_the_limit_and_the_server_is_told() {
    let stage = Stage::new(Some("well"), json!({ "timeout": "4s" }));
    let (beside, ill) = (Beside::new(&stage.kernel), ill(&stage));
    let mut hanging = ill.start(1, "hold", &json!({ "file": stage.gate("never") }));
    stage.took("ill", "hold", 1);
    beside.is_served();
    let answer = last(&mut hanging);
    assert_eq!(
        (code(&answer), failure(&answer).contains("did not answer in time")),
        (&json!(1003), true),
        "{answer}"
    );
    stage.was_cancelled("ill", 1);
    assert_eq!(stage.kernel.outcomes("hold"), ["timeout"]);
    assert_eq!(text(&ill.call(2, "echo", &json!({ "text": "again" }))), "again");
    beside.is_served();
    stage.kernel.finish();
}

#[test]
fn the_timeout_of_a_server_goes_before_the_general_one() {
    let stage = Stage::patient("well", "400ms");
    let beside = Beside::new(&stage.kernel);
    let (answer, took) = timed(|| ill(&stage).call(1, "hold", &json!({ "file": stage.gate("never") })));
    assert_eq!(code(&answer), &json!(1003));
    assert!(took < PATIENCE / 2, "{took:?}");
    beside.is_served();
    stage.kernel.finish();
}

#[test]
fn a_server_that_does_not_list_its_tools_cannot_hold_a_call_for_ever() {
    let stage = Stage::new(Some("unlisted"), json!({ "timeout": "4s" }));
    let (beside, ill) = (Beside::new(&stage.kernel), ill(&stage));
    let mut hanging = ill.start(1, "echo", &json!({ "text": "x" }));
    let mut others = [("tools/list", json!({})), ("logging/setLevel", json!({ "level": "error" }))].map(
        |(method, params)| {
            (method, ill.post(&json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": params })))
        },
    );
    beside.is_served();
    let answer = last(&mut hanging);
    assert_eq!(code(&answer), &json!(1004), "{answer}");
    assert!(failure(&answer).contains("`ill` was ready; nothing was done"), "{answer}");
    for (method, other) in &mut others {
        let answer = last(other);
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(method), &json!(1003)), "{answer}");
    }
    beside.is_served();
    stage.kernel.finish();
}

#[test]
fn a_client_may_give_up_a_server_that_does_not_list_its_tools() {
    let stage = Stage::new(Some("unlisted"), json!({}));
    let beside = Beside::new(&stage.kernel);
    let wrap = json!({ "wrap": { "name": "ill", "server": entry(&stage.kernel.home, "ill", "unlisted") } });
    let mut piped = Piped::open(&stage.kernel, &wrap);
    piped.say(&tool_call(1, "echo", &json!({ "text": "x" })));
    seen(&stage.kernel.home, "ill", 1, |event| event["event"] == "start");
    drop(piped);
    // The call ends with its client, so that the session's place is free and the journal knows what came of it.
    super::house::until("the call has ended", || {
        stage.kernel.calls().iter().any(|call| call["target"] == "echo" && call["server"] == "ill")
    });
    beside.is_served();
    stage.kernel.finish();
}

#[test]
fn a_server_that_dies_in_mid_answer_fails_that_call_and_is_started_again() {
    let stage = Stage::new(Some("well"), json!({}));
    let (beside, ill) = (Beside::new(&stage.kernel), ill(&stage));
    let first = text(&ill.call(1, "pid", &json!({}))).to_owned();
    let mut other = ill.start(2, "hold", &json!({ "file": stage.gate("never") }));
    stage.took("ill", "hold", 1);
    let dead = ill.call(3, "die", &json!({}));
    let words = failure(&dead);
    assert_eq!(code(&dead), &json!(1004));
    assert!(words.contains("its effect may have happened"), "{words}");
    assert!(words.contains("the disk is on fire"), "what it said last: {words}");
    assert_eq!(code(&last(&mut other)), &json!(1004), "the other call in flight fails, too");
    beside.is_served();
    assert_eq!(stage.kernel.outcomes("die"), ["error"]);
    assert_ne!(text(&ill.call(4, "pid", &json!({}))), first, "a new process");
    stage.kernel.finish();
}

#[test]
fn a_server_that_never_starts_is_named_and_left_to_rest() {
    let stage = Stage::new(Some("dead"), json!({}));
    let beside = Beside::new(&stage.kernel);
    let modern = Modern::new(&stage.kernel, "/servers/ill/mcp");
    let answer = modern.call(1, "echo", &json!({})).json();
    let words = failure(&answer);
    assert_eq!(code(&answer), &json!(1004));
    assert!(words.contains("`ill`") && words.contains("no licence found"), "{words}");
    for _ in 0..50 {
        assert_eq!(code(&modern.call(1, "echo", &json!({})).json()), &json!(1004));
    }
    let starts = stage.journal("ill").iter().filter(|event| event["event"] == "start").count();
    assert!(starts < 20, "started {starts} times for 51 calls");
    beside.is_served();
    stage.kernel.finish();
}

#[test]
fn a_command_that_is_not_there_is_named() {
    let stage = Stage::with(json!({}), |home| {
        let missing = json!({ "command": "/nowhere/no-such-server" });
        [("well".to_owned(), entry(home, "well", "well")), ("ill".to_owned(), missing)].into_iter().collect()
    });
    let beside = Beside::new(&stage.kernel);
    let answer = Modern::new(&stage.kernel, "/servers/ill/mcp").call(1, "echo", &json!({})).json();
    let words = failure(&answer);
    assert!(words.contains("`/nowhere/no-such-server` does not start"), "{words}");
    beside.is_served();
    stage.kernel.finish();
}

#[test]
fn a_server_that_speaks_no_protocol_is_named() {
    let stage = Stage::new(Some("mad"), json!({}));
    let beside = Beside::new(&stage.kernel);
    let answer = Modern::new(&stage.kernel, "/servers/ill/mcp").call(1, "echo", &json!({})).json();
    assert!(failure(&answer).contains("broke the protocol"), "{answer}");
    beside.is_served();
    stage.kernel.finish();
}

#[test]
fn an_answer_under_another_id_reaches_nobody() {
    let stage = Stage::patient("well", "3s");
    let (beside, ill) = (Beside::new(&stage.kernel), ill(&stage));
    // A call in flight beside it: what is not addressed to it must not be given to it.
    let gate = stage.gate("gate");
    let mut other = ill.start(2, "hold", &json!({ "file": gate, "text": "mine" }));
    stage.took("ill", "hold", 1);
    let mut misdelivered = ill.start(1, "answer_another_id", &json!({}));
    seen(&stage.kernel.home, "ill", 1, |event| event["event"] == "misdelivered");
    super::house::create(&gate);
    assert_eq!(text(&last(&mut other)), "mine");
    beside.is_served();
    assert_eq!(code(&last(&mut misdelivered)), &json!(1003));
    assert_eq!(text(&ill.call(3, "echo", &json!({ "text": "on" }))), "on");
    stage.kernel.finish();
}

#[test]
fn a_second_answer_reaches_nobody() {
    let stage = Stage::new(Some("well"), json!({}));
    let mut piped = Piped::open(&stage.kernel, &json!("stdio"));
    piped.say(&tool_call(1, "ill__answer_twice", &json!({})));
    piped.say(&tool_call(2, "ill__echo", &json!({ "text": "on" })));
    let mut heard = [piped.hear().unwrap(), piped.hear().unwrap()];
    heard.sort_by_key(|answer| answer["id"].as_i64());
    assert_eq!((text(&heard[0]), text(&heard[1])), ("first", "on"));
    piped.say(&tool_call(3, "ill__echo", &json!({ "text": "and on" })));
    let next = piped.hear().unwrap();
    assert_eq!((&next["id"], text(&next)), (&json!(3), "and on"));
    drop(piped);
    stage.kernel.finish();
}

#[test]
fn words_between_messages_are_passed_over_and_broken_messages_are_not() {
    let stage = Stage::new(Some("well"), json!({}));
    let (beside, ill) = (Beside::new(&stage.kernel), ill(&stage));
    assert_eq!(text(&ill.call(1, "mutter", &json!({}))), "in spite of it");
    let gate = stage.gate("gate");
    let mut other = ill.start(4, "hold", &json!({ "file": gate, "text": "mine" }));
    stage.took("ill", "hold", 1);
    let answer = ill.call(2, "talk_nonsense", &json!({}));
    assert_eq!(code(&answer), &json!(1004));
    assert!(failure(&answer).contains("broke the protocol: duplicate key"), "{answer}");
    beside.is_served();
    super::house::create(&gate);
    assert_eq!(text(&last(&mut other)), "mine", "its answer was not the broken one");
    assert_eq!(text(&ill.call(3, "echo", &json!({ "text": "on" }))), "on");
    stage.kernel.finish();
}

#[test]
fn a_number_of_more_than_64_bits_reaches_the_command_line_with_all_its_digits() {
    let stage = Stage::new(Some("well"), json!({}));
    let ran = stage.run(&["tools", "call", "ill__big", "--json"]);
    assert!(ran.stdout.contains(r#""n": 1000000000000000000000000000001"#), "{ran:?}");
    stage.kernel.finish();
}

#[test]
fn an_answer_of_a_gigabyte_is_cut_off_and_takes_no_memory() {
    let stage = Stage::new(Some("well"), json!({ "response": "1MiB" }));
    let (beside, ill) = (Beside::new(&stage.kernel), ill(&stage));
    assert_eq!(text(&ill.call(1, "echo", &json!({ "text": "before" }))), "before");
    let before = stage.kernel.peak();
    let mut shouting = ill.start(2, "answer_at_length", &json!({ "mebibytes": 1024 }));
    stage.took("ill", "answer_at_length", 1);
    beside.is_served();
    let answer = last(&mut shouting);
    assert_eq!(code(&answer), &json!(1004));
    assert!(failure(&answer).contains("the server's answer exceeds 1048576 bytes"), "{answer}");
    assert_eq!(text(&ill.call(3, "echo", &json!({ "text": "after" }))), "after", "the conversation goes on");
    let peak = stage.kernel.peak();
    assert!(peak - before < ROOM, "{peak} KiB, before {before}");
    beside.is_served();
    stage.kernel.finish();
}

#[test]
fn a_server_that_never_reads_takes_no_memory_and_ends_by_the_limit() {
    let stage = Stage::patient("well", "1s");
    let (beside, ill) = (Beside::new(&stage.kernel), ill(&stage));
    assert_eq!(code(&ill.call(0, "stop_reading", &json!({}))), &json!(1003));
    let before = stage.kernel.peak();
    let argument = "x".repeat(1 << 20);
    // More than any pipe and queue holds: 16 MiB, some at a time as agents would.
    for round in 0..2_i64 {
        let mut calls: Vec<_> =
            (1..=8).map(|id| ill.start(round * 8 + id, "echo", &json!({ "text": argument }))).collect();
        beside.is_served();
        for call in &mut calls {
            assert_eq!(code(&last(call)), &json!(1003));
        }
    }
    // Eight messages in flight, each of them held a few times over on its way; not sixteen.
    let peak = stage.kernel.peak();
    assert!(peak - before < 64 << 10, "{peak} KiB, before {before}");
    stage.kernel.finish();
}

#[test]
fn a_flood_within_a_call_loses_notices_but_not_the_answer() {
    let stage = Stage::new(Some("well"), json!({}));
    let beside = Beside::new(&stage.kernel);
    let mut piped = Piped::open(&stage.kernel, &json!("stdio"));
    let before = stage.kernel.peak();
    piped.say(&tool_call(1, "ill__flood", &json!({ "count": 20_000 })));
    beside.is_served();
    let mut notices = 0;
    let answer = loop {
        let message = piped.hear().unwrap();
        if message["id"] == 1 {
            break message;
        }
        assert_eq!(message["method"], "notifications/message", "{message}");
        notices += 1;
    };
    assert_eq!(text(&answer), "flooded");
    assert!((1..10_000).contains(&notices), "{notices} of 20,000 passed");
    let peak = stage.kernel.peak();
    assert!(peak - before < ROOM, "{peak} KiB, before {before}");
    let journal = journal_of(&stage.kernel).len();
    assert!(journal < 16 << 20, "the journal grew to {journal} bytes");
    drop(piped);
    stage.kernel.finish();
}

#[test]
fn a_flood_between_calls_fills_neither_memory_nor_journal() {
    let stage = Stage::new(Some("well"), json!({}));
    let beside = Beside::new(&stage.kernel);
    let ill = ill(&stage);
    let before = (stage.kernel.peak(), journal_of(&stage.kernel).len());
    assert_eq!(text(&ill.call(1, "flood_later", &json!({ "count": 10_000 }))), "wait for it");
    seen(&stage.kernel.home, "ill", 1, |event| event["event"] == "flooded");
    beside.is_served();
    assert_eq!(text(&ill.call(2, "echo", &json!({ "text": "on" }))), "on");
    let peak = stage.kernel.peak();
    assert!(peak - before.0 < ROOM, "{peak} KiB, before {}", before.0);
    let entries = journal_of(&stage.kernel).matches(r#""action":"notify""#).count();
    assert!(entries < 5_000, "{entries} of 10,000 notices were written down one by one");
    beside.is_served();
    stage.kernel.finish();
}

/// A kernel with a server over HTTP that answers tool calls as `misbehave` does.
fn over_http(
    misbehave: impl Fn(&Value, &mut std::net::TcpStream) + Send + Sync + 'static,
) -> (Stage, Modern) {
    let web = Web::start(misbehave);
    let stage = Stage::with(json!({ "response": "1MiB" }), |home| {
        let mut entry_of_web = web.entry();
        entry_of_web["timeout"] = json!("3s");
        [("well".to_owned(), entry(home, "well", "well")), ("web".to_owned(), entry_of_web)]
            .into_iter()
            .collect()
    });
    let modern = Modern::new(&stage.kernel, "/servers/web/mcp");
    (stage, modern)
}

#[test]
fn a_server_over_http_that_answers_wrongly_fails_that_call() {
    let (stage, modern) = over_http(|call, out| {
        let right = json!({ "jsonrpc": "2.0", "id": call["id"], "result": {
            "resultType": "complete", "content": [{ "type": "text", "text": "well" }] } });
        match call["params"]["arguments"]["fault"].as_str().unwrap_or_default() {
            "nothing" => {}
            "half" => {
                web::head(out, "200 OK", 5_000);
                let _ = out.write_all(b"{\"jsonrpc\":\"2.0\",");
            }
            "page" => web::write(out, "200 OK", "<html>Please log in</html>"),
            "another id" => {
                let mut wrong = right;
                wrong["id"] = json!(4_711);
                web::answer(out, &wrong);
            }
            "twice" => {
                web::write(
                    out,
                    "200 OK",
                    &format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{}},"result":{{}}}}"#, call["id"]),
                );
            }
            "status" => web::write(out, "502 Bad Gateway", "upstream of the upstream"),
            "nonsense" => {
                let _ = out.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
            }
            _ => web::answer(out, &right),
        }
    });
    let beside = Beside::new(&stage.kernel);
    for fault in ["nothing", "half", "page", "another id", "twice", "status", "nonsense"] {
        let answer = modern.call(1, "ill", &json!({ "fault": fault })).json();
        assert_eq!(code(&answer), &json!(1004), "{fault}: {answer}");
        assert!(failure(&answer).contains("the server `web`: "), "{fault}: {answer}");
        let well = modern.call(2, "ill", &json!({})).json();
        assert_eq!(text(&well), "well", "after {fault}");
    }
    beside.is_served();
    stage.kernel.finish();
}

#[test]
fn a_server_over_http_that_hangs_or_never_ends_is_cut_off() {
    let (stage, modern) = over_http(|call, out| match call["params"]["arguments"]["fault"].as_str() {
        Some("hang") => {
            // Until the kernel closes the connection.
            let _ = std::io::Read::read(out, &mut [0; 1]);
        }
        Some("gigabyte") => {
            web::head(out, "200 OK", 1 << 30);
            let _ = out
                .write_all(format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{"x":""#, call["id"]).as_bytes());
            let block = vec![b'x'; 1 << 20];
            while out.write_all(&block).is_ok() {}
        }
        _ => {
            let _ = out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ");
            let block = vec![b'x'; 1 << 20];
            while out.write_all(&block).is_ok() {}
        }
    });
    let beside = Beside::new(&stage.kernel);
    let hung = modern.call(1, "ill", &json!({ "fault": "hang" })).json();
    assert_eq!(code(&hung), &json!(1003), "{hung}");
    let before = stage.kernel.peak();
    for fault in ["gigabyte", "endless event"] {
        let answer = modern.call(1, "ill", &json!({ "fault": fault })).json();
        assert_eq!(code(&answer), &json!(1004), "{fault}: {answer}");
        beside.is_served();
    }
    let peak = stage.kernel.peak();
    assert!(peak - before < ROOM, "{peak} KiB, before {before}");
    stage.kernel.finish();
}
