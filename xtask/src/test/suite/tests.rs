use super::*;

#[test]
fn the_summary_of_nextest_is_counted() {
    let count = |line| summary(line).map(|count| (count.passed, count.failed));
    assert_eq!(count("     Summary [   0.042s] 14 tests run: 14 passed, 0 skipped"), Some((14, 0)));
    assert_eq!(
        count(" Summary [ 9s] 9 tests run: 6 passed (2 slow, 1 leaky), 2 failed, 1 timed out, 3 skipped"),
        Some((6, 3))
    );
    assert_eq!(count("Summary [ 9s] 1/7 tests run: 0 passed, 1 exec failed, 0 skipped"), Some((0, 1)));
    assert_eq!(count("    PASS [ 0.004s] xtask a::b"), None);
}

#[test]
fn the_last_line_is_plain() {
    assert_eq!(Count { passed: 412, failed: 3 }.to_string(), "412 passed, 3 failed");
}
