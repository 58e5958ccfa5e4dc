use super::*;

fn secret(yaml: &str) -> Result<(), String> {
    let rules: Vec<Secret> = serde_saphyr::from_str(yaml).map_err(|error| error.to_string())?;
    rules.iter().try_for_each(|rule| rule.lint(&mut BTreeSet::new()))
}

fn pii(yaml: &str) -> Result<(), String> {
    let rules: Vec<Pii> = serde_saphyr::from_str(yaml).map_err(|error| error.to_string())?;
    rules.iter().try_for_each(|rule| rule.lint(&mut BTreeSet::new()))
}

#[test]
fn a_rule_that_could_not_work_is_refused() {
    let sound = "- {id: a_key, what: A, starts: [ab_], pattern: 'ab_[0-9]{9}', found: ['ab_{digits:9}']}";
    assert_eq!(secret(sound), Ok(()));
    for (wrong, by) in [
        ("ab_[0-9]{9}", "ab_[0-9{9}"),
        ("starts: [ab_]", "starts: [ab_], named: [ab]"),
        ("starts: [ab_]", "starts: [a]"),
        ("starts: [ab_]", "starts: [ab_], before: 3"),
        ("starts: [ab_]", "after: [ab_]"),
        ("starts: [ab_]", "named: [AB]"),
        ("found: ['ab_{digits:9}']", "found: []"),
        ("what: A", "what: A, surprise: 1"),
        ("id: a_key", "id: A-Key"),
        ("pattern: 'ab_[0-9]{9}'", "pattern: '[0-9]*'"),
    ] {
        let broken = sound.replace(wrong, by);
        assert!(broken != sound && secret(&broken).is_err(), "{broken}");
    }
}

#[test]
fn bare_digits_need_a_check() {
    let sound = "- {id: a_id, what: A, shapes: ['999999'], words: [a], bare: never, found: ['a 123456']}";
    assert_eq!(pii(sound), Ok(()));
    assert!(pii(&sound.replace("never", "always")).is_err());
    assert_eq!(pii(&sound.replace("bare: never", "bare: always, check: luhn")), Ok(()));
}

#[test]
fn names_become_variants() {
    assert_eq!(camel("crc32_base62"), "Crc32Base62");
}
