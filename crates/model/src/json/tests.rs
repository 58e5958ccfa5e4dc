use bytes::Bytes;
use proptest::prelude::*;

use super::*;

const LIMITS: ScanLimits = ScanLimits { bytes: 1 << 20, depth: 128 };

fn scan(text: &str) -> Result<JsonText, ScanError> {
    JsonText::scan(Bytes::copy_from_slice(text.as_bytes()), LIMITS)
}

#[test]
fn a_value_is_kept_byte_for_byte_without_the_space_around_it() {
    for text in [
        r#"{"a":1,"b":[true,false,null],"c":{"d":"e"}}"#,
        r#"{ "big" : 12345678901234567890123 , "z":1.50e+10 }"#,
        r#""\ud83d\ude00 \u0041""#,
        "[]",
        "{}",
        "[[],{}]",
        "-0.0E-7",
        "\"\u{7f}é😀\"",
    ] {
        assert_eq!(
            scan(&format!(" \r\n\t{text}\n")).map(|json| json.as_str().to_owned()),
            Ok(text.to_owned())
        );
    }
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "[",
        "]",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{a:1}",
        "{'a':1}",
        "[1 2]",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "NaN",
        "Infinity",
        "-",
        "tru",
        "nul",
        "\"",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u+123\"",
        "\"a\nb\"",
        "\"\u{0}\"",
        "// c\n1",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800x\"",
        "[1}",
        "{\"a\":1]",
        ",",
        ":",
        "\u{feff}1",
    ] {
        assert!(scan(text).is_err(), "{text:?}");
    }
    assert_eq!(scan("1 2"), Err(ScanError::Trailing { at: 2 }));
    assert_eq!(scan("{}{}"), Err(ScanError::Trailing { at: 2 }));
    assert_eq!(JsonText::scan(Bytes::from_static(b"\"\xff\""), LIMITS), Err(ScanError::NotUtf8));
}

#[test]
fn a_key_may_stand_once_however_it_is_written() {
    assert_eq!(scan(r#"{"a":1,"a":2}"#), Err(ScanError::DuplicateKey { at: 7 }));
    assert_eq!(scan(r#"{"name":1,"n\u0061me":2}"#), Err(ScanError::DuplicateKey { at: 10 }));
    assert_eq!(scan(r#"[{"x":{"a/":1,"a\/":2}}]"#), Err(ScanError::DuplicateKey { at: 14 }));
    assert!(scan(r#"{"a":{"a":{"a":1}},"b":{"a":1}}"#).is_ok());
    let many = |last: &str| {
        let keys: Vec<String> = (0..200).map(|n| format!("\"k{n}\":{{\"k{n}\":{n}}}")).collect();
        format!("{{{},\"{last}\":0}}", keys.join(","))
    };
    assert!(scan(&many("k200")).is_ok());
    assert!(matches!(scan(&many("k7")), Err(ScanError::DuplicateKey { .. })));
    assert!(matches!(scan(&many("\\u006b199")), Err(ScanError::DuplicateKey { .. })));
}

#[test]
fn size_and_depth_are_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(scan(&nested(128)).is_ok());
    assert_eq!(scan(&nested(129)), Err(ScanError::TooDeep { at: 128, limit: 128 }));
    assert!(matches!(scan(&"[".repeat(10_000)), Err(ScanError::TooDeep { .. })));
    assert!(matches!(scan(&"{\"a\":".repeat(10_000)), Err(ScanError::TooDeep { .. })));
    let small = ScanLimits { bytes: 4, depth: 1 };
    assert_eq!(
        JsonText::scan(Bytes::from_static(b"12345"), small),
        Err(ScanError::TooLarge { size: 5, limit: 4 })
    );
}

#[test]
fn a_cursor_reads_what_stands_there() {
    let json =
        scan(r#"{"a\u0062": [1, {"x":"\"y\\\u00e9\ud83d\ude00"} , "s"], "n":-2.5e1, "t":true, "":null}"#)
            .unwrap();
    let value = json.value();
    assert_eq!(value.get("ab").map(Json::kind), Some(Kind::Array));
    assert_eq!(value.pointer("/ab/1/x").and_then(Json::as_str).as_deref(), Some("\"y\\é😀"));
    assert_eq!(value.pointer("/ab/2").map(Json::raw), Some("\"s\""));
    assert_eq!(value.pointer("/ab/3"), None);
    assert_eq!(value.pointer("/ab/00"), None);
    assert_eq!(value.pointer("/n").and_then(Json::as_f64), Some(-25.0));
    assert_eq!(value.pointer("/n").and_then(Json::as_i64), None);
    assert_eq!(value.pointer("/t").and_then(Json::as_bool), Some(true));
    assert_eq!(value.pointer("/").map(Json::is_null), Some(true));
    assert_eq!(value.pointer(""), Some(value));
    assert_eq!(json.share(value.get("t").unwrap()).as_str(), "true");
    let mut strings = Vec::new();
    value.strings(&mut |string| strings.push(string.as_str().unwrap().into_owned()));
    assert_eq!(strings, ["ab", "x", "\"y\\é😀", "s", "n", "t", ""]);
}

#[test]
fn a_splice_changes_only_its_part() {
    let json = scan(r#"{ "id" : 7,"keep": {"z":1,  "a":2} ,"params":{}}"#).unwrap();
    let value = json.value();
    let mut splice = Splice::new(&json);
    splice.replace(value.get("id").unwrap(), &JsonText::string("new\n"));
    splice.set(value.get("params").unwrap(), "_meta", &JsonText::empty_object());
    splice.set(value.get("keep").unwrap(), "a", &JsonText::null());
    assert_eq!(
        splice.finish().as_str(),
        r#"{ "id" : "new\n","keep": {"z":1,  "a":null} ,"params":{"_meta":{}}}"#
    );
    assert_eq!(Splice::new(&json).finish().bytes().as_ptr(), json.bytes().as_ptr());
}

#[test]
fn a_member_is_removed_with_its_comma() {
    for (key, left) in [
        ("a", r#"{ "b":2 , "c":3 }"#),
        ("b", r#"{ "a":1, "c":3 }"#),
        ("c", r#"{ "a":1, "b":2 }"#),
        ("d", r#"{ "a":1, "b":2 , "c":3 }"#),
    ] {
        let json = scan(r#"{ "a":1, "b":2 , "c":3 }"#).unwrap();
        let mut splice = Splice::new(&json);
        splice.remove(json.value(), key);
        assert_eq!(splice.finish().as_str(), left);
    }
    let one = scan(r#"{"a":1}"#).unwrap();
    let mut splice = Splice::new(&one);
    splice.remove(one.value(), "a");
    assert_eq!(splice.finish().as_str(), "{}");
}

fn tree() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Into::into),
        ".*".prop_map(serde_json::Value::String),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::btree_map(".{0,6}", inner, 0..8)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Rebuilds a tree through the cursor alone.
fn rebuild(json: Json<'_>) -> serde_json::Value {
    match json.kind() {
        Kind::Object => serde_json::Value::Object(
            json.members().map(|(key, value)| (key.as_str().unwrap().into_owned(), rebuild(value))).collect(),
        ),
        Kind::Array => json.elements().map(rebuild).collect::<Vec<_>>().into(),
        Kind::String => json.as_str().unwrap().into_owned().into(),
        Kind::Number => json.as_i64().map_or_else(|| json.as_f64().unwrap().into(), Into::into),
        Kind::Null | Kind::Bool => json.as_bool().into(),
    }
}

proptest! {
    #[test]
    fn what_serde_writes_we_read_alike(tree in tree()) {
        for text in [tree.to_string(), serde_json::to_string_pretty(&tree).unwrap()] {
            let json = scan(&text).unwrap();
            prop_assert_eq!(&rebuild(json.value()), &tree);
        }
    }

    #[test]
    fn what_we_accept_serde_accepts(text in r#"[\[\]{}",:\\u0-9a-eE+.tn -]{0,40}"#) {
        if scan(&text).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn quoted_text_reads_back(text in ".*") {
        let json = JsonText::string(&text);
        prop_assert_eq!(json.value().as_str().unwrap(), text.as_str());
    }
}

#[test]
fn a_member_is_found_the_same_in_short_and_long_objects() {
    let long = "x".repeat(10_000);
    for filler in ["", &long] {
        let few = scan(&format!(
            r#"{{"first":1, "l\u006fng":"{filler}","in":{{"last":2}},"esc\"aped":[3] , "last":{{"a":4}}}}"#
        ))
        .unwrap();
        let many: Vec<String> = (0..40).map(|number| format!(r#""k{number}":"{number}{filler}""#)).collect();
        let many = scan(&format!("{{{}}}", many.join(","))).unwrap();
        let array = scan(&format!(r#"["first",1,"{filler}"]"#)).unwrap();
        for text in [few, many, array] {
            // Twice: the second time from what is remembered, and by a copy, too.
            for text in [text.clone(), text.clone(), text] {
                for key in ["first", "long", "in", "esc\"aped", "last", "a", "k0", "k39", "none", ""] {
                    assert_eq!(text.get(key), text.value().get(key), "{key}");
                    assert_eq!(text.get(key), text.value().get(key), "{key}");
                }
            }
        }
    }
}
