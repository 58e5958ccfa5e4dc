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

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_rate_is_per_principal_and_refills() {
    let rates = Rates::new("2/s".parse().unwrap());
    let (ada, bob) = (principal("ada"), principal("bob"));
    let at = |seconds: u64| Timestamp(seconds * SECOND);
    assert!(rates.admit(&ada, at(1)) && rates.admit(&ada, at(1)));
    assert!(!rates.admit(&ada, at(1)));
    assert!(rates.admit(&bob, at(1)));
    assert!(rates.admit(&ada, at(2)));
    assert!(
        rates.admit(&ada, at(2)) && !rates.admit(&ada, Timestamp(0)),
        "a clock that steps back grants nothing"
    );
}

#[test]
fn a_state_counts_once() {
    let once = Once::new(Duration::from_secs(5));
    assert!(once.take(CallId(1), Timestamp(0)));
    assert!(!once.take(CallId(1), Timestamp(SECOND)));
    assert!(once.take(CallId(2), Timestamp(SECOND)));
}

#[test]
fn floods_are_counted_and_drained() {
    let floods = Floods::new();
    let ada = principal("ada");
    floods.count("ringfence.rate", Some(&ada));
    floods.count("ringfence.rate", Some(&ada));
    let expected =
        EntryBody::Aggregate { what: "ringfence.rate".into(), principal: Some("ada".into()), count: 2 };
    assert_eq!(floods.drain(), [expected]);
    assert_eq!(floods.drain(), []);
}
