//! A clock that jumps, forward or back, makes nothing last longer than it should.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ringfence_kernel::builtin::Builtin;
use ringfence_kernel::call::Target;
use ringfence_kernel::env::Env;
use ringfence_model::call::Action;
use ringfence_model::config::Config;
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::id::Timestamp;
use ringfence_model::json::JsonText;
use ringfence_model::principal::Scope;

use super::world::{Probe, World};

const MINUTE: u64 = 60_000_000_000;
const BEGINNING: u64 = 30_000_000 * MINUTE;

struct Clocked {
    world: World,
    clock: Arc<AtomicU64>,
}

impl Clocked {
    fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(BEGINNING));
        let hand = Arc::clone(&clock);
        let env = Env::with_clock(Box::new(move || Timestamp(hand.load(Ordering::SeqCst)))).unwrap();
        let world = World::at("", &[Scope::Call, Scope::Vouch], Config::standard(), env);
        Self { world, clock }
    }

    /// True where a payment that the user said these words of, or none, goes through so many minutes from the beginning.
    async fn pays(&self, minutes: i64, words: Option<&str>) -> bool {
        let now = BEGINNING.checked_add_signed(minutes * MINUTE as i64).unwrap();
        self.clock.store(now, Ordering::SeqCst);
        let probe = Probe::new(Effects::of(&[Effect::Pay]));
        let tool: Arc<dyn Builtin> = Arc::clone(&probe) as _;
        let arguments = JsonText::empty_object();
        let server = "probe-server".parse().unwrap();
        let action = Action::CallTool { server, tool: "probe".into(), arguments: arguments.clone() };
        let mut request = self.world.request(action, Target::Builtin(tool));
        let words =
            words.map(|words| JsonText::object([("io.ringfence/user-text", JsonText::string(words))]));
        let members = [("arguments", arguments)].into_iter().chain(words.map(|words| ("_meta", words)));
        request.params = JsonText::object(members.collect::<Vec<_>>());
        self.world.kernel.run(request).await;
        probe.ran() == 1
    }
}

#[tokio::test]
async fn the_users_words_count_for_their_time_whichever_way_the_clock_jumps() {
    let clocked = Clocked::new();
    assert!(!clocked.pays(0, None).await);
    assert!(clocked.pays(0, Some("Please pay the bill.")).await);
    assert!(clocked.pays(30, None).await);
    // Before they were said they do not count: else a clock set back would stretch them.
    assert!(!clocked.pays(-600, None).await);
    assert!(clocked.pays(31, None).await);
    assert!(!clocked.pays(600, None).await);
    assert!(!clocked.pays(-600, None).await);
}
