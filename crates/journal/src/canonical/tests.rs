use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::*;

fn text(value: &impl Serialize) -> String {
    let mut out = b"before".to_vec();
    Canonical::new().write(&mut out, value).unwrap();
    String::from_utf8(out.split_off(6)).unwrap()
}

#[test]
fn members_are_in_the_order_of_rfc_8785() {
    // The names of RFC 8785 section 3.2.3, in the order given there.
    let unordered = json!({
        "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"
    });
    let read: serde_json::Map<String, Value> = serde_json::from_str(&text(&unordered)).unwrap();
    let values: Vec<_> = read.values().map(|value| value.as_str().unwrap()).collect();
    let order = [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ];
    assert_eq!(values, order);
    assert_eq!(
        text(&json!({"b": {"d": [{"z": 1, "y": {}}], "c": null}, "a": "\u{0007}\u{7f}\"\\/"})),
        "{\"a\":\"\\u0007\u{7f}\\\"\\\\/\",\"b\":{\"c\":null,\"d\":[{\"y\":{},\"z\":1}]}}"
    );
}

#[test]
fn a_number_that_readers_differ_about_is_not_written() {
    for number in [json!(u64::MAX), json!(1_u64 << 53), json!(i64::MIN), json!(0.5)] {
        Canonical::new().write(&mut Vec::new(), &json!({ "a": number })).unwrap_err();
    }
    assert_eq!(
        text(&json!([9_007_199_254_740_991_u64, -9_007_199_254_740_991_i64])),
        "[9007199254740991,-9007199254740991]"
    );
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Plain,
    Wide { z: u8, a: Option<bool> },
    Boxed(Box<Pair>),
}

#[derive(Serialize)]
struct Pair {
    pair: (u8, &'static str),
    outside: Outside,
}

#[derive(Serialize)]
enum Outside {
    Unit,
    One(char),
    Two(i8, ()),
    Named { b: u8, a: u8 },
}

#[derive(Serialize)]
struct Flat {
    v: u8,
    #[serde(flatten)]
    body: Tagged,
}

#[test]
fn every_shape_that_serde_has_is_what_serde_json_makes_of_it() {
    let outside = [Outside::Unit, Outside::One('"'), Outside::Two(-1, ()), Outside::Named { b: 1, a: 2 }];
    let boxed = outside.map(|outside| Tagged::Boxed(Box::new(Pair { pair: (1, "\u{1}\n"), outside })));
    let plain = [Tagged::Plain, Tagged::Wide { z: 1, a: None }, Tagged::Wide { z: 1, a: Some(true) }];
    for body in plain.into_iter().chain(boxed) {
        let flat = Flat { v: 3, body };
        assert_eq!(text(&flat), text(&serde_json::to_value(&flat).unwrap()));
    }
}

#[test]
fn names_are_text_and_nothing_comes_written_elsewhere() {
    let numbered = std::collections::BTreeMap::from([(1, "one")]);
    Canonical::new().write(&mut Vec::new(), &numbered).unwrap_err();
    let raw = serde_json::value::RawValue::from_string("{\"b\":1,\"a\":1.5}".into()).unwrap();
    Canonical::new().write(&mut Vec::new(), &raw).unwrap_err();
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Text of all lengths, so that what is special falls at every place of a word.
    #[test]
    fn text_is_escaped_as_serde_json_does(written in "[ -~\\x00-\\x1f\"\\\\é😀]{0,40}") {
        let ours = text(&written);
        prop_assert_eq!(&ours, &serde_json::to_string(&written).unwrap());
        prop_assert_eq!(ours, text(&format_args!("{written}")));
    }

    #[test]
    fn it_is_the_same_value_and_the_same_text_again(value in values()) {
        let once = text(&value);
        let read: Value = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(&read, &value);
        prop_assert_eq!(text(&read), once.clone());
        // The other implementation: over the text, for pins and approvals.
        let scanned = ringfence_model::json::JsonText::try_from(once.clone()).unwrap();
        prop_assert_eq!(scanned.value().canonical(), once);
    }
}
