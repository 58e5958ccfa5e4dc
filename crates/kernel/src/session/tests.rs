use ringfence_model::label::{Confidentiality, Integrity};
use ringfence_model::principal::Authentication;

use super::*;

const IDLE: Duration = Duration::from_secs(10);

fn at(seconds: u64) -> Timestamp {
    Timestamp(seconds * 1_000_000_000)
}

fn principal(name: &str) -> Arc<Principal> {
    Arc::new(Principal {
        realm: "default".parse().unwrap(),
        name: name.into(),
        authentication: Authentication::PeerCredentials { uid: 1 },
        scopes: Arc::new([]),
    })
}

fn client(pid: u32) -> SessionKey {
    SessionKey::ClientProcess { pid, started: 7 }
}

const READ_SECRET: Label =
    Label { confidentiality: Confidentiality::Secret, pii: false, integrity: Integrity::Untrusted };

fn remembering() -> Remembering {
    Remembering { most: 1 << 16, seed: 1, lexicon: Arc::new(ringfence_flow::Lexicon::new()) }
}

#[test]
fn shims_of_one_client_share_and_others_do_not() {
    let sessions = Sessions::new(10, IDLE, remembering());
    let ada = principal("ada");
    let (first, new) = sessions.obtain(&ada, client(1), SessionId(1), at(1), None).unwrap();
    assert!(new);
    let (again, new) = sessions.obtain(&ada, client(1), SessionId(2), at(1), None).unwrap();
    assert!(!new && again.id == first.id);
    assert_ne!(sessions.obtain(&ada, client(2), SessionId(3), at(1), None).unwrap().0.id, first.id);
    assert_ne!(
        sessions.obtain(&principal("bob"), client(1), SessionId(4), at(1), None).unwrap().0.id,
        first.id
    );
}

#[test]
fn a_restart_launders_nothing_within_the_idle_time() {
    let left = |name: &str, seconds| LeftFloor {
        realm: "default".parse().unwrap(),
        principal: name.into(),
        floor: READ_SECRET,
        used: at(seconds),
    };
    let floor_of = |sessions: &Sessions, name, now| {
        sessions.obtain(&principal(name), client(1), SessionId(1), now, None).unwrap().0.floor()
    };
    for (seconds, expected) in [(0, Label::FRESH), (95, READ_SECRET)] {
        let sessions = Sessions::new(10, IDLE, remembering());
        sessions.inherit(&[left("ada", seconds)], at(100));
        assert_eq!(floor_of(&sessions, "ada", at(101)), expected, "used at {seconds}");
    }
    let sessions = Sessions::new(10, IDLE, remembering());
    sessions.inherit(&[left("ada", 95)], at(100));
    assert_eq!(floor_of(&sessions, "bob", at(101)), Label::FRESH);
}

#[test]
fn a_fresh_session_launders_nothing() {
    let sessions = Sessions::new(10, IDLE, remembering());
    let ada = principal("ada");
    let (first, _) = sessions.obtain(&ada, client(1), SessionId(1), at(1), None).unwrap();
    assert_eq!(first.raise(READ_SECRET), Some(READ_SECRET));
    assert_eq!(first.raise(READ_SECRET), None);
    let floor_of =
        |pid, id, now| sessions.obtain(&ada, client(pid), SessionId(id), now, None).unwrap().0.floor();
    assert_eq!(floor_of(2, 2, at(2)), READ_SECRET, "from a living session");
    sessions.end(SessionId(1), at(3));
    sessions.end(SessionId(2), at(3));
    assert_eq!(floor_of(3, 3, at(4)), READ_SECRET, "from an ended session");
    sessions.end(SessionId(3), at(4));
    assert_eq!(
        sessions.obtain(&principal("bob"), client(9), SessionId(9), at(4), None).unwrap().0.floor(),
        Label::FRESH
    );
    sessions.sweep(at(40));
    assert_eq!(floor_of(4, 4, at(40)), Label::FRESH, "after the idle time");
}

#[test]
fn idle_sessions_end_and_held_ones_stay() {
    let sessions = Sessions::new(2, IDLE, remembering());
    let ada = principal("ada");
    let (held, _) = sessions.obtain(&ada, client(1), SessionId(1), at(1), None).unwrap();
    let link = held.link();
    sessions.obtain(&ada, client(2), SessionId(2), at(1), None).unwrap();
    assert_eq!(sessions.sweep(at(20)), [SessionId(2)]);
    drop(link);
    assert_eq!(sessions.sweep(at(20)), [SessionId(1)]);
    assert_eq!(sessions.count(), 0);
}

#[test]
fn calls_in_flight_are_bounded_and_given_back() {
    let sessions = Sessions::new(1, IDLE, remembering());
    let (session, _) = sessions.obtain(&principal("ada"), client(1), SessionId(1), at(1), None).unwrap();
    let first = session.enter(at(1), 1).unwrap();
    assert_eq!(session.enter(at(1), 1).unwrap_err(), TooManyInFlight(1));
    drop(first);
    assert!(session.enter(at(1), 1).is_ok());
}

fn conversation(id: u128) -> (SessionKey, SessionId) {
    (SessionKey::Conversation(SessionId(id)), SessionId(id))
}

#[test]
fn conversations_lock_out_neither_the_command_line_nor_the_principals_own_session() {
    let sessions = Sessions::new(64, IDLE, remembering());
    let ada = principal("ada");
    let mut links = Vec::new();
    for id in 0..48 {
        let (key, id) = conversation(id);
        links.push(sessions.obtain(&ada, key, id, at(1), None).unwrap().0.link());
    }
    let (key, id) = conversation(48);
    assert_eq!(sessions.obtain(&ada, key.clone(), id, at(5), None).unwrap_err(), TooManySessions(48));
    for pid in 0..15 {
        let (shim, _) =
            sessions.obtain(&ada, client(pid), SessionId(100 + u128::from(pid)), at(5), None).unwrap();
        links.push(shim.link());
    }
    assert_eq!(
        sessions.obtain(&ada, client(99), SessionId(199), at(9), None).unwrap_err(),
        TooManySessions(63),
        "the last place is no shim's"
    );
    assert!(sessions.obtain(&ada, SessionKey::Principal, SessionId(200), at(9), None).is_ok());
    links.truncate(47);
    assert!(
        sessions.obtain(&ada, key, id, at(9), None).is_ok(),
        "the one that nobody holds any more made room"
    );
    assert!(!sessions.holds(SessionId(47)) && sessions.holds(SessionId(46)));
}

#[test]
fn the_longest_unused_session_that_nobody_holds_makes_room_and_leaves_its_floor() {
    let sessions = Sessions::new(3, IDLE, remembering());
    let ada = principal("ada");
    let open = |pid, id, now| sessions.obtain(&ada, client(pid), SessionId(id), now, None);
    let held = open(1, 1, at(1)).unwrap().0.link();
    let read = open(2, 2, at(2)).unwrap().0.raise(READ_SECRET);
    assert_eq!(read, Some(READ_SECRET));
    open(3, 3, at(3)).unwrap();
    assert_eq!(open(4, 4, at(3)).unwrap_err(), TooManySessions(3), "all have just been handed out");
    let (fourth, new) = open(4, 4, at(6)).unwrap();
    assert_eq!((new, fourth.floor()), (true, READ_SECRET));
    let left: Vec<SessionId> = sessions.report().into_iter().map(|row| row.id).collect();
    assert_eq!(left, [held.session().id, SessionId(3), SessionId(4)]);
}

#[test]
fn a_session_is_left_alone_from_when_its_last_connection_has_gone() {
    let sessions = Sessions::new(10, IDLE, remembering());
    let ada = principal("ada");
    let (session, _) = sessions.obtain(&ada, client(1), SessionId(1), at(1), None).unwrap();
    // Neither of these ends with a process.
    for (key, id) in [(SessionKey::Principal, 2), (SessionKey::Conversation(SessionId(3)), 3)] {
        sessions.obtain(&ada, key, SessionId(id), at(1), None).unwrap();
    }
    let (one, two) = (session.link(), session.link());
    assert_eq!(sessions.left_alone(at(5)), []);
    drop(one);
    assert_eq!(sessions.left_alone(at(6)), []);
    drop(two);
    let left =
        |since| LeftAlone { session: SessionId(1), pid: 1, started: 7, since: Duration::from_secs(since) };
    assert_eq!(sessions.left_alone(at(7)), [left(0)]);
    assert_eq!(sessions.left_alone(at(9)), [left(2)]);
    let running = session.enter(at(9), 1).unwrap();
    assert_eq!(sessions.left_alone(at(12)), []);
    drop(running);
    assert_eq!(sessions.left_alone(at(20)), [left(0)], "counted anew");
}

#[test]
fn who_takes_all_places_locks_out_and_turns_out_nobody_else() {
    let sessions = Sessions::new(64, IDLE, remembering());
    let (ada, bob) = (principal("ada"), principal("bob"));
    let open = |of: &Arc<Principal>, id, now| {
        let (key, id) = conversation(id);
        sessions.obtain(of, key, id, now, None).map(|(session, _)| session)
    };
    // What is oldest, and nobody holds, is bob's: it is not his place that ada takes.
    assert!(open(&bob, 999, at(1)).is_ok());
    let links: Vec<_> = (0..47).map(|id| open(&ada, id, at(5)).unwrap().link()).collect();
    assert_eq!(open(&ada, 100, at(9)).unwrap_err(), TooManySessions(48));
    assert!(sessions.holds(SessionId(999)));
    let theirs: Vec<_> = (200..223).map(|id| open(&bob, id, at(9)).unwrap().link()).collect();
    assert!(sessions.holds(SessionId(999)) && open(&bob, 300, at(9)).is_ok());
    assert!(!sessions.holds(SessionId(999)), "of his half his own makes room");
    assert!(open(&bob, 301, at(9)).is_err(), "and he has no more than half");
    drop((links, theirs));
}
