use super::is_exponential;

#[test]
fn a_repetition_that_can_be_split_in_many_ways_is_told_from_one_that_cannot() {
    for pattern in [
        r"(a+)+",
        r"([a-z]+)*$",
        r"(\d+)*",
        r"(.*)*x",
        r"(a|aa)+$",
        r"(x+x*)+y",
        r"((a+))+",
        r"(\w+\s?)*",
        r"(([a-z])+.)+[A-Z]",
        r"(?:\w+)+",
        r"(a*){2,}",
    ] {
        assert!(is_exponential(pattern), "{pattern}");
    }
    for pattern in [
        r"a+b*",
        r"(a+,)+",
        r"(\s*,\s*\w+)*",
        r"[a-z]+(-[a-z]+)*",
        r"(ab|cd)+",
        r"(\d{1,3}\.)+",
        r"(a)+",
        r"([+*])+",
        r"^/([^/]+/)*$",
        r"\(a+\)+",
        r"(?:https?://)?\w+",
        r"((a|b)c)*",
    ] {
        assert!(!is_exponential(pattern), "{pattern}");
    }
}
