use super::*;

const MINUTE: u64 = 60_000_000_000;
const NOW: Timestamp = Timestamp(1_000 * MINUTE);

fn after(minutes: u64) -> Timestamp {
    Timestamp(NOW.0 + minutes * MINUTE)
}

struct World {
    graph: Graph,
    principal: Arc<str>,
    tool: Arc<str>,
}

impl World {
    fn new() -> Self {
        Self { graph: Graph::new(), principal: "uid:1".into(), tool: "do".into() }
    }

    fn call(&mut self, call: u128, server: &str, sources: &[u128], time: Timestamp) -> Option<Anomaly> {
        let server = server.parse().unwrap();
        self.graph.made(Made {
            call: CallId(call),
            session: SessionId(1),
            time,
            principal: &self.principal,
            tool: Some((&server, &self.tool)),
            sources: sources.iter().map(|call| CallId(*call)).collect(),
            denied: false,
            leaves: false,
        })
    }

    fn trust(&self, party: &str, time: Timestamp) -> u8 {
        self.graph.trust(&party.parse().unwrap(), time).0
    }
}

#[test]
fn good_signs_raise_trust_a_little_bad_ones_lower_it_much_and_both_fade() {
    let mut world = World::new();
    let mail: Party = "mail".parse().unwrap();
    assert_eq!(world.trust("mail", NOW), 80);
    for _ in 0..10_000 {
        world.graph.sign(&mail, Sign::Served, NOW);
    }
    assert_eq!(world.trust("mail", NOW), 96);
    world.graph.sign(&mail, Sign::Held, NOW);
    assert_eq!(world.trust("mail", NOW), 69);
    // Half the weight after a day: (4 + 1.6) / (4 + 2 + 2).
    assert_eq!(world.trust("mail", after(24 * 60)), 70);
    assert_eq!(world.trust("mail", after(90 * 24 * 60)), 80);
    // A clock that goes back forgives nothing.
    assert_eq!(world.trust("mail", Timestamp(0)), 69);
}

#[test]
fn what_is_made_of_something_is_trusted_no_more_than_that() {
    let mut world = World::new();
    world.call(1, "web", &[], NOW);
    world.call(2, "mail", &[1], NOW);
    world.call(3, "bank", &[2], NOW);
    world.graph.sign(&"web/do".parse().unwrap(), Sign::Steered, NOW);
    assert_eq!(world.trust("web/do", NOW), 40);
    let calls = [1, 2, 3].map(|call| world.graph.trust(&Party::Call(CallId(call)), NOW).0);
    assert_eq!(calls, [40, 40, 40]);
    assert_eq!(world.trust("bank", NOW), 80);
    let of = world.graph.of_call(&world.principal, None, &[CallId(3)], NOW);
    assert_eq!(of, Trust(40));
}

#[test]
fn invalidation_reaches_what_was_made_before_and_what_is_made_later_and_nothing_else() {
    let mut world = World::new();
    world.call(1, "web", &[], after(0));
    world.call(2, "web", &[], after(10));
    world.call(3, "mail", &[2], after(11));
    world.call(4, "files", &[], after(12));
    world.call(5, "bank", &[3, 4], after(13));
    let reached = world.graph.invalidate("web".parse().unwrap(), Some(after(5)));
    assert_eq!(reached.calls, [2, 3, 5].map(CallId));
    assert_eq!(reached.sessions, [SessionId(1)].into());
    world.call(6, "files", &[5], after(20));
    world.call(7, "files", &[4], after(20));
    let invalid = [1, 2, 3, 4, 5, 6, 7].map(|call| world.graph.is_invalid_call(CallId(call)));
    assert_eq!(invalid, [false, true, true, false, true, true, false]);
    assert_eq!(world.trust("web/do", after(21)), 0);
    assert_eq!(world.graph.trust(&Party::Call(CallId(6)), after(21)), Trust::NONE);
    assert_eq!(world.graph.after(&Party::Call(CallId(2)), 10), [3, 5, 6].map(CallId));
    world.graph.restore(&"web".parse().unwrap());
    assert!((1..8).all(|call| !world.graph.is_invalid_call(CallId(call))));
    assert_eq!(world.trust("web", after(21)), 80);
}

#[test]
fn the_graph_of_a_million_calls_is_bounded_and_forgets_the_oldest() {
    let mut world = World::new();
    for call in 1..50_000_u128 {
        world.call(call, "web", &[call - 1], NOW);
    }
    assert_eq!(world.graph.steps.len(), MOST_STEPS);
    assert_eq!(world.graph.by_call.len(), MOST_STEPS);
    let reached = world.graph.invalidate(Party::Call(CallId(49_000)), None);
    assert_eq!(reached.calls.len(), 1_000);
}

#[test]
fn a_minute_unlike_the_others_is_an_anomaly_and_does_not_become_usual() {
    let mut world = World::new();
    let mut call = 0;
    let mut minute = |world: &mut World, at: u64, calls: u64| {
        let mut found = None;
        for second in 0..calls {
            call += 1;
            let time = Timestamp(after(at).0 + second * 1_000_000);
            found = found.or(world.call(call, "web", &[], time));
        }
        found
    };
    for at in 0..20 {
        assert_eq!(minute(&mut world, at, 4 + at % 3), None);
    }
    for at in 20..40 {
        // Each flood is seen when its minute is over; twenty of them do not make it usual.
        let found = minute(&mut world, at, 200);
        assert_eq!(found.is_some(), at > 20, "{at}");
    }
    let found = minute(&mut world, 41, 5).unwrap();
    assert_eq!((found.feature, found.value, found.median), ("calls", 200.0, 5.0));
    assert!(found.score > 3.5);
    assert_eq!(minute(&mut world, 42, 5), None);
}
