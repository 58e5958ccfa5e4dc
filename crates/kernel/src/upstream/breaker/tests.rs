use super::*;

#[test]
fn rests_double_up_to_a_bound_and_end_with_success() {
    let mut breaker = Breaker::new();
    assert_eq!(breaker.resting(Timestamp(0)), None);
    breaker.failed(Timestamp(0), "first");
    assert_eq!(breaker.resting(Timestamp(249_999_999)), Some((1, "first".into())));
    assert_eq!(breaker.resting(Timestamp(250_000_000)), None);
    for _ in 0..40 {
        breaker.failed(Timestamp(0), "again");
    }
    assert_eq!(breaker.resting(Timestamp(0)), Some((30, "again".into())));
    breaker.succeeded();
    assert_eq!(breaker.resting(Timestamp(0)), None);
}
