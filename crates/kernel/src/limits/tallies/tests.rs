use ringfence_model::principal::Authentication;

use super::*;

fn principal(name: &str) -> Principal {
    Principal {
        realm: "default".parse().unwrap(),
        name: name.into(),
        authentication: Authentication::PeerCredentials { uid: 1 },
        scopes: Arc::new([]),
    }
}

const fn second(second: u64) -> Timestamp {
    Timestamp(second * 1_000_000_000)
}

#[test]
fn calls_and_denials_slide_out_of_their_windows() {
    let (tallies, one, other) = (Tallies::new(), principal("a"), principal("b"));
    for _ in 0..9 {
        let _ = tallies.called(&one, second(86_400));
    }
    tallies.denied(&one, second(86_400));
    let recent = tallies.called(&one, second(86_401));
    assert_eq!(recent.calls, Counts { minute: 10, hour: 10, day: 10 });
    assert_eq!(recent.denied, Counts { minute: 1, hour: 1, day: 1 });
    assert_eq!(tallies.called(&other, second(86_401)).calls.day, 1, "each principal has its own count");
    // Half of the minute before lies within the last minute; rounded up.
    assert_eq!(tallies.called(&one, second(86_490)).calls.minute, 6);
    let later = tallies.called(&one, second(86_600));
    assert_eq!((later.calls.minute, later.denied.minute, later.denied.hour), (1, 0, 1));
    assert_eq!(
        tallies.called(&one, second(86_400 + 3 * 86_400)).calls,
        Counts { minute: 1, hour: 1, day: 1 }
    );
}

#[test]
fn a_clock_that_goes_back_forgives_nothing() {
    let (tallies, one) = (Tallies::new(), principal("a"));
    for _ in 0..5 {
        let _ = tallies.called(&one, second(86_400));
    }
    assert!(tallies.called(&one, second(80_000)).calls.minute >= 6);
}
