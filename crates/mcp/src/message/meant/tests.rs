use super::{Meant, meant};
use crate::message::RequestId;

#[test]
fn an_answer_is_told_by_its_id_whatever_is_wrong_in_it() {
    let deep =
        format!(r#"{{"jsonrpc":"2.0","id":3,"result":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for text in [
        r#"{"jsonrpc":"2.0","id":3,"result":{},"error":{"code":1,"message":"x"}}"#,
        r#"{"id":3,"result":{"a":1,"a":2}}"#,
        r#"{"result":"text","\u0069d":3}"#,
        r#"{"id":3,"result":{},"result":{}}"#,
        &deep,
    ] {
        assert_eq!(meant(text.as_bytes()), Meant::Answer(3), "{}", text.get(..60).unwrap_or(text));
    }
    assert_eq!(meant(b"{\"id\":3,\"result\":{\"a\":\"\xff\"}}"), Meant::Answer(3));
}

#[test]
fn what_has_a_method_is_no_answer() {
    let request = |text: &str| meant(text.as_bytes());
    assert_eq!(request(r#"{"id":3,"method":"ping","result":{}}"#), Meant::Request(RequestId::from(3)));
    assert_eq!(request(r#"{"method":"ping","params":[]}"#), Meant::Notice);
    assert_eq!(request(r#"{"id":{},"method":"ping"}"#), Meant::Notice);
}

#[test]
fn where_the_id_is_not_clear_nothing_is_guessed() {
    for text in [
        r#"{"id":3,"id":4,"result":{}}"#,
        r#"{"id":3,"\u0069d":4,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":3"#,
        r#"{"id":3,"result":{}} {}"#,
        r#"[{"id":3,"result":{}}]"#,
        r#"{"id":null,"result":{}}"#,
        r#"{"hello":"there"}"#,
        "{starting up}",
    ] {
        assert_eq!(meant(text.as_bytes()), Meant::Unclear, "{text}");
    }
    // Not one of ours: nothing of ours fails.
    assert_eq!(meant(br#"{"id":"3","result":[]}"#), Meant::Notice);
}
