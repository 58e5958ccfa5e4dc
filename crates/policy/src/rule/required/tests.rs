use proptest::prelude::*;

use super::*;

fn needs(expression: &str) -> Option<Vec<String>> {
    literals(expression).map(|all| all.into_iter().map(|one| String::from_utf8(one).unwrap()).collect())
}

#[test]
fn a_literal_is_needed_only_where_every_match_holds_it() {
    let some =
        |literals: &[&str]| Some(literals.iter().map(|literal| (*literal).to_owned()).collect::<Vec<_>>());
    assert_eq!(needs("^/etc/shadow$"), some(&["/etc/shadow"]));
    assert_eq!(needs("(delete|truncate) +from"), some(&["delete", "truncate"]));
    assert_eq!(needs("a+(secret)?[0-9]+key_id"), some(&["key_id"]));
    assert_eq!(needs("(abc){2,}"), some(&["abc"]));
    assert_eq!(needs("(secret)*"), None);
    assert_eq!(needs("(?i)secret"), None);
    assert_eq!(needs("secret|.*"), None);
    assert_eq!(needs("ab"), None);
}

proptest! {
    #[test]
    fn what_matches_holds_one_of_the_literals(
        expression in "(\\(abc\\|bcd\\)|abc|[a-c]|\\(bcd\\)\\?|\\.\\*|cda\\+){1,5}",
        text in "[a-d]{0,14}",
    ) {
        let regex = regex::Regex::new(&expression).unwrap();
        if let (Some(literals), true) = (needs(&expression), regex.is_match(&text)) {
            prop_assert!(literals.iter().any(|literal| text.contains(literal)), "{expression} {text} {literals:?}");
        }
    }
}
