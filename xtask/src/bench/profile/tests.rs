use super::*;

const DUMP: &str = "\
fn=(1) main
10 5
cfn=(2) rare
calls=1 20
11 7
cfn=(3) often
calls=40 30
12 90
fn=(3)
30 80
cfn=(3)
calls=2 30
31 4
cfn=(4) within'2
calls=3 40
32 4
fn=(2)
20 7
fn=(5) alone
50 1
";

#[test]
fn what_is_called_most_follows_its_caller() {
    let profile = Profile::of(DUMP);
    assert_eq!(profile.order(), ["main", "often", "within", "rare", "alone"]);
}

#[test]
fn all_that_ran_is_known() {
    let profile = Profile::of(DUMP);
    assert!(profile.has("alone") && profile.has("often"));
    assert!(!profile.has("never"));
}
