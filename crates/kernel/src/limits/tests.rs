use ringfence_model::call::Action;
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
    let ada = principal("ada");
    assert!(once.take(&ada, CallId(1), Timestamp(0)));
    assert!(!once.take(&ada, CallId(1), Timestamp(SECOND)));
    assert!(once.take(&ada, CallId(2), Timestamp(SECOND)));
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

#[test]
fn who_uses_up_all_states_locks_out_nobody_else() {
    let once = Once::new(Duration::from_secs(5));
    let (ada, bob, eve) = (principal("ada"), principal("bob"), principal("eve"));
    let most = u128::try_from(MOST_KEYS).unwrap();
    assert!((0..most).all(|id| once.take(&ada, CallId(id), Timestamp(0))));
    assert!(!once.take(&ada, CallId(most), Timestamp(1)), "ada has used all");
    assert!((0..1_000).all(|id| once.take(&bob, CallId(id), Timestamp(1))), "bob has a share of his own");
    assert!(!once.take(&bob, CallId(7), Timestamp(2)), "in which a state counts once, too");
    assert!((1_000..most).any(|id| !once.take(&bob, CallId(id), Timestamp(2))), "but not without end");
    assert!(once.take(&eve, CallId(1), Timestamp(2)));
    assert!(once.take(&ada, CallId(most), Timestamp(6 * SECOND)), "what is over makes room");
}

#[test]
fn who_makes_buckets_without_end_locks_out_nobody_else() {
    let rates = Rates::new("1/h".parse().unwrap());
    let (ada, bob) = (principal("ada"), principal("bob"));
    let rule: Arc<str> = "some".into();
    let most = u128::try_from(MOST_KEYS).unwrap();
    let question = |of: &Principal, id| rates.question(&call(of, id), Timestamp(SECOND));
    assert!((0..most).all(|id| question(&ada, id)));
    assert!(!question(&ada, most));
    assert!(
        !rates.within(&ada, &rule, 1, Duration::from_secs(60), Timestamp(SECOND)),
        "refused, not let through"
    );
    assert!(rates.admit(&bob, Timestamp(SECOND)) && question(&bob, most));
    assert!(rates.within(&bob, &rule, 1, Duration::from_secs(60), Timestamp(SECOND)));
    assert!(!rates.within(&bob, &rule, 1, Duration::from_secs(60), Timestamp(SECOND)));
    assert!(!rates.admit(&bob, Timestamp(SECOND)), "and is held to his own limits");
}

#[test]
fn an_even_share_of_the_places_is_everybodys() {
    let held =
        |ada: usize, bob: usize| std::iter::repeat_n("ada", ada).chain(std::iter::repeat_n("bob", bob));
    assert!(has_room(8, &"ada", held(7, 0)) && !has_room(8, &"ada", held(8, 0)));
    assert!(has_room(8, &"bob", held(8, 3)) && !has_room(8, &"bob", held(8, 4)));
    assert!(has_room(8, &"eve", held(8, 4)));
    // With more principals than places nobody has a share.
    assert!(has_room(4, &"eve", ["a", "b", "c", "c"].into_iter()));
    assert!(!has_room(3, &"eve", ["a", "b", "c"].into_iter()));
}

fn call(principal: &Principal, id: u128) -> Call {
    Call {
        id: CallId(id),
        session: SessionId(1),
        principal: Arc::new(principal.clone()),
        action: Action::Greet { server: None },
        parent: None,
        retries: None,
        received: Timestamp(0),
    }
}
