use std::collections::HashSet;

use bytes::Bytes;
use proptest::prelude::*;
use ringfence_model::json::ScanLimits;

use super::*;

const LIMITS: ScanLimits = ScanLimits { bytes: 4096, depth: 16 };

fn parse(text: &str) -> Result<Message, Malformed> {
    Message::parse(Bytes::copy_from_slice(text.as_bytes()), LIMITS)
}

fn json(text: &str) -> JsonText {
    JsonText::try_from(text.to_owned()).unwrap()
}

fn id(text: &str) -> RequestId {
    let text = json(text);
    RequestId::read(&text, text.value()).unwrap()
}

#[test]
fn the_three_kinds_are_told_apart() {
    assert_eq!(
        parse(r#" {"params":{"a":[1, 2]},"method":"tools/call","id":7,"jsonrpc":"2.0"} "#),
        Ok(Message::Request(Request {
            id: id("7"),
            method: "tools/call".into(),
            params: Some(json(r#"{"a":[1, 2]}"#))
        }))
    );
    assert_eq!(
        parse(r#"{"jsonrpc":"2.0","method":"notifications/x"}"#),
        Ok(Message::Notification(Notification { method: "notifications/x".into(), params: None }))
    );
    assert_eq!(
        parse(r#"{"jsonrpc":"2.0","id":"q","result":{"b":1.0}}"#),
        Ok(Message::Response(Response { id: Some(id("\"q\"")), body: Ok(json(r#"{"b":1.0}"#)) }))
    );
    let error = RpcError { code: -32602, message: "no".into(), data: Some(json("[1]")) };
    for (with, expected) in [(r#","id":1"#, Some(id("1"))), (r#","id":null"#, None), ("", None)] {
        assert_eq!(
            parse(&format!(
                r#"{{"jsonrpc":"2.0"{with},"error":{{"code":-32602,"message":"no","data":[1]}}}}"#
            )),
            Ok(Message::Response(Response { id: expected, body: Err(error.clone()) }))
        );
    }
}

#[test]
fn params_share_the_bytes_that_arrived() {
    let bytes = Bytes::from_static(br#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}}"#);
    let Ok(Message::Request(request)) = Message::parse(bytes.clone(), LIMITS) else { panic!("no request") };
    let params = request.params.unwrap().bytes();
    assert!(bytes.as_ptr_range().contains(&params.as_ptr()));
    assert_eq!(request.method, "m");
}

#[test]
fn what_is_not_json_is_a_parse_error() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (text, code) in [
        ("", PARSE_ERROR),
        ("{", PARSE_ERROR),
        ("{} {}", PARSE_ERROR),
        (&*deep, INVALID_REQUEST),
        (&*" ".repeat(5000), INVALID_REQUEST),
        (r#"{"jsonrpc":"2.0","id":1,"method":"safe","method":"evil"}"#, INVALID_REQUEST),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"name":"x","n\u0061me":"y"}}"#, INVALID_REQUEST),
    ] {
        let malformed = parse(text).unwrap_err();
        assert_eq!((malformed.error.code, malformed.id), (code, None), "{text:.40}");
    }
    let not_utf8 = Message::parse(Bytes::from_static(b"{\"jsonrpc\":\"\xff\"}"), LIMITS).unwrap_err();
    assert_eq!(not_utf8.error.code, PARSE_ERROR);
}

#[test]
fn a_batch_is_refused_by_name() {
    let batch = parse(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).unwrap_err();
    assert_eq!(batch.error, RpcError::new(INVALID_REQUEST, "batches are not part of this protocol version"));
}

#[test]
fn an_envelope_of_another_shape_is_refused_to_its_id() {
    for text in [
        r#"{"id":1,"method":"m"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"m"}"#,
        r#"{"jsonrpc":2.0,"id":1,"method":"m"}"#,
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":""}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":5}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"m","params":null}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"m","params":"x"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"m","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"m","extra":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"params":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"x"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":"x"}"#,
    ] {
        let malformed = parse(text).unwrap_err();
        assert_eq!(
            (malformed.error.code, malformed.id),
            (INVALID_REQUEST, Some(Box::new(id("1")))),
            "{text}"
        );
    }
}

#[test]
fn an_id_is_a_string_or_a_whole_number() {
    for wrong in ["null", "1.5", "1.0", "1e3", "true", "[]", "{}", &format!("\"{}\"", "x".repeat(300))] {
        let malformed = parse(&format!(r#"{{"jsonrpc":"2.0","id":{wrong},"method":"m"}}"#)).unwrap_err();
        assert_eq!((malformed.error.code, malformed.id), (INVALID_REQUEST, None), "{wrong:.20}");
        assert!(parse(&format!(r#"{{"jsonrpc":"2.0","id":{wrong},"result":{{}}}}"#)).is_err(), "{wrong:.20}");
    }
}

#[test]
fn an_id_is_itself_however_it_is_spelled() {
    assert_eq!(id(r#""a""#), id(r#""\u0061""#));
    assert_eq!(id(r#""a/b\n""#), id(r#""a\/b\u000A""#));
    assert_eq!(id("0"), id("-0"));
    let different = ["1", "\"1\"", "01e", "12345678901234567890123", "\"A\"", "\"a\"", "\"\"", "-1"]
        .into_iter()
        .filter(|text| JsonText::try_from((*text).to_owned()).is_ok())
        .map(id)
        .collect::<HashSet<_>>();
    assert_eq!(different.len(), 7);
}

#[test]
fn what_is_written_is_exactly_this() {
    let result = json(r#"{ "z" : 1.50 , "a":"\u0041" }"#);
    assert_eq!(
        encode_request(&id("1"), "tools/call", Some(&json(r#"{"name":"x"}"#))),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}"#
    );
    assert_eq!(
        encode_notification("notifications/initialized", None),
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
    );
    assert_eq!(
        encode_result(&id("\"q\""), &result),
        r#"{"jsonrpc":"2.0","id":"q","result":{ "z" : 1.50 , "a":"\u0041" }}"#
    );
    assert_eq!(
        encode_error(Some(&id("2")), &RpcError { code: -1, message: "a\"b".into(), data: Some(result) }),
        r#"{"jsonrpc":"2.0","id":2,"error":{"code":-1,"message":"a\"b","data":{ "z" : 1.50 , "a":"\u0041" }}}"#
    );
    assert_eq!(
        encode_error(None, &RpcError::new(PARSE_ERROR, "not JSON")),
        r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"not JSON"}}"#
    );
}

#[test]
fn a_batch_is_read_message_by_message() {
    let ping = encode_request(&RequestId::from(1), "ping", None);
    let batch = encode_batch(&[ping.clone(), Bytes::from_static(b"7"), ping.clone()]);
    assert!(Message::is_batch(&batch) && Message::is_batch(b" \n[") && !Message::is_batch(&ping));
    let read = Message::parse_batch(batch, LIMITS).unwrap();
    let [Ok(first), Err(wrong), Ok(second)] = read.as_slice() else { panic!("{read:?}") };
    let alone = Message::parse(ping.clone(), LIMITS).unwrap();
    assert_eq!((first, second), (&alone, &alone));
    assert_eq!(wrong.error.code, INVALID_REQUEST);
    let many = encode_batch(&vec![ping.clone(); MOST_OF_BATCH + 1]);
    for whole in [Bytes::from_static(b"[]"), many, Bytes::from_static(b"[1"), ping] {
        assert!(Message::parse_batch(whole.clone(), LIMITS).is_err(), "{whole:?}");
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(method in ".{1,40}", name in ".*", number in any::<i64>(), text in ".{0,40}") {
        let params = JsonText::object([("name", JsonText::string(&name))]);
        let spelled = JsonText::string(&text);
        for id in [RequestId::from(number), RequestId::read(&spelled, spelled.value()).unwrap()] {
            let request = Request { id: id.clone(), method: method.as_str().into(), params: Some(params.clone()) };
            let bytes = encode_request(&id, &method, Some(&params));
            prop_assert_eq!(Message::parse(bytes, LIMITS), Ok(Message::Request(request)));
            let error = RpcError { code: number, message: name.clone(), data: Some(params.clone()) };
            let response = Response { id: Some(id.clone()), body: Err(error.clone()) };
            prop_assert_eq!(
                Message::parse(encode_error(Some(&id), &error), LIMITS),
                Ok(Message::Response(response))
            );
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Message::parse(Bytes::from(bytes), LIMITS);
    }
}
