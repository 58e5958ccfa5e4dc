use super::*;

fn args(line: &str) -> Args {
    Args(line.split_whitespace().map(str::to_owned).collect())
}

#[test]
fn options_are_taken_wherever_they_stand() {
    let mut given = args("gateway --rounds 7 --quick --seconds=0.5");
    assert_eq!(given.next_word().as_deref(), Some("gateway"));
    assert!(given.flag("--quick"));
    assert_eq!(given.value::<u32>("--rounds"), Ok(Some(7)));
    assert_eq!(given.value::<f64>("--seconds"), Ok(Some(0.5)));
    assert_eq!(given.value::<u32>("--calls"), Ok(None));
    assert_eq!(given.finish(), Ok(()));
}

#[test]
fn a_bad_value_a_missing_one_and_an_unknown_word_are_errors() {
    assert!(args("--rounds many").value::<u32>("--rounds").is_err());
    assert!(args("--rounds").value::<u32>("--rounds").is_err());
    assert_eq!(args("--slow x").finish(), Err(Failure::new("not understood: --slow x")));
}
