use super::{Unexpanded, expand};
use crate::config::env::Environment;

#[test]
fn each_form_is_replaced_and_the_rest_stays() {
    let env = Environment::of(&[("TOKEN", "t0"), ("EMPTY", "")]);
    for (text, expected) in [
        ("", ""),
        ("plain $HOME {x}", "plain $HOME {x}"),
        ("Bearer ${TOKEN}", "Bearer t0"),
        ("${TOKEN}${TOKEN}", "t0t0"),
        ("${env:TOKEN}", "t0"),
        ("${NONE:-a:-b}", "a:-b"),
        ("${NONE:-}", ""),
        ("${TOKEN:-x}", "t0"),
        ("$${TOKEN}", "${TOKEN}"),
        ("ü${TOKEN}ü", "üt0ü"),
    ] {
        assert_eq!(expand(text, &env), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn what_cannot_be_replaced_is_named() {
    let env = Environment::default();
    for (text, expected) in [
        ("a ${NONE} b", Unexpanded::Missing("NONE".into())),
        ("${input:key}", Unexpanded::Form("${input:key}".into())),
        ("${}", Unexpanded::Form("${}".into())),
        ("${1A}", Unexpanded::Form("${1A}".into())),
        ("${A B}", Unexpanded::Form("${A B}".into())),
        ("x ${OPEN", Unexpanded::Form("${".into())),
        ("pass${w#rd}", Unexpanded::Form("${…}".into())),
    ] {
        assert_eq!(expand(text, &env), Err(expected), "{text}");
    }
}

#[test]
fn a_replaced_value_is_not_expanded_again() {
    let env = Environment::of(&[("A", "${B}"), ("B", "secret")]);
    assert_eq!(expand("${A}", &env), Ok("${B}".into()));
}
