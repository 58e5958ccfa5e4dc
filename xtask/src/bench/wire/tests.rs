use serde_json::Value;

use super::*;
use crate::fixture::{Answer as FixtureAnswer, answer};

fn answered(sent: &Sent) -> String {
    match answer(&sent.body, |_| true) {
        FixtureAnswer::Message(text) => text,
        FixtureAnswer::Nothing | FixtureAnswer::Welcome(_) | FixtureAnswer::UnknownMethod(_) => {
            panic!("the fixture does not know the call")
        }
    }
}

#[test]
fn every_call_is_answered_by_the_fixture_and_checked() {
    for era in [Era::Legacy, Era::Modern] {
        for call in [Call::Echo(1), Call::Echo(64), Call::List] {
            let caller = Caller::new(era, call, "echo");
            for id in [16, 17] {
                let sent = caller.build(id);
                serde_json::from_slice::<Value>(&sent.body).unwrap();
                assert_eq!(caller.check(&sent, answered(&sent).as_bytes()), Ok(()), "{era} {call} {id}");
            }
        }
    }
}

#[test]
fn the_text_has_the_size_it_says() {
    for kib in [1, 10, 64] {
        let sent = Caller::new(Era::Legacy, Call::Echo(kib), "echo").build(1);
        assert!((kib * 1024..kib * 1024 + 64).contains(&sent.text().len()), "{}", sent.text().len());
    }
}

#[test]
fn the_answer_to_another_call_an_error_and_a_changed_text_are_no_answers() {
    let caller = Caller::new(Era::Legacy, Call::Echo(1), "echo");
    for id in [32, 33] {
        let sent = caller.build(id);
        let right = answered(&sent);
        let wrong = [
            answered(&caller.build(id + 1)),
            right.replace("quarter", "QUARTER"),
            right.replace("\"isError\":false", "\"isError\":true"),
            right.replace(&format!("\"id\":{id}"), "\"id\":5"),
            format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":1001,"message":"denied"}}}}"#),
            String::new(),
        ];
        for answer in wrong {
            assert!(caller.check(&sent, answer.as_bytes()).is_err(), "{answer}");
        }
        let list = Caller::new(Era::Legacy, Call::List, "echo");
        let short = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[]}}}}"#);
        assert!(list.check(&list.build(id), short.as_bytes()).is_err());
    }
}

#[test]
fn the_answer_is_the_last_event_of_a_stream() {
    let stream = ": hello\r\n\r\nevent: message\r\ndata: {\"method\":\"x\"}\r\n\r\nid: 1\ndata: {\"id\":\ndata: 1}\n\n";
    assert_eq!(last_event(stream), "{\"id\":\n1}");
}
