//! Approvals on the path: what one allows, and all that it does not.

use std::sync::Arc;

use ringfence_kernel::call::Target;
use ringfence_kernel::session::{Session, SessionKey};
use ringfence_model::approval::ApprovalState;
use ringfence_model::call::Action;
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::entry::EntryBody;
use ringfence_model::id::{ApprovalId, CallId};
use ringfence_model::json::JsonText;
use ringfence_model::principal::{Authentication, Principal, Scope};

use super::world::{Probe, World};

const ASKS: &str = "rules: [{ id: ask, severity: high, match: { tool: probe }, decision: ask }]";

/// A world in which the tool is asked about.
struct Asking {
    world: World,
    probe: Arc<Probe>,
}

impl Asking {
    async fn new() -> Self {
        Self { world: World::of(ASKS, &[Scope::Call]).await, probe: Probe::new(Effects::of(&[Effect::Pay])) }
    }

    /// Calls the tool; the approval that it used up or now waits for.
    async fn call(&self, session: &Arc<Session>, arguments: &str) -> Option<ApprovalId> {
        let arguments: JsonText = arguments.to_owned().try_into().unwrap();
        let action =
            Action::CallTool { server: "probe-server".parse().unwrap(), tool: "probe".into(), arguments };
        let request = self.world.request_of(session, action, Target::Builtin(self.probe.clone()));
        let call = request.call.id;
        let _answered = self.world.kernel.run(request).await;
        self.approval(call)
    }

    fn approval(&self, call: CallId) -> Option<ApprovalId> {
        self.world.of_call(call).into_iter().find_map(|body| {
            let EntryBody::Ruling(ruling) = body else { return None };
            ruling.approval
        })
    }

    /// An operator says so.
    async fn answer(&self, id: ApprovalId, answer: &str) {
        let operator = Arc::new(Principal {
            realm: "default".parse().unwrap(),
            name: "operator:desk".into(),
            authentication: Authentication::Operator,
            scopes: Arc::new([Scope::Call, Scope::Operate]),
        });
        let mut request =
            self.world.request(Action::Operate { verb: "approvals.answer".into() }, Target::Kernel);
        request.call.principal = operator;
        request.params = format!("{{\"approval\":\"{id}\",\"answer\":\"{answer}\"}}").try_into().unwrap();
        let _answered = self.world.kernel.run(request).await;
    }

    fn state(&self, id: ApprovalId) -> ApprovalState {
        self.world.kernel.approvals.get(id).unwrap().state(self.world.kernel.env.now())
    }

    fn session_of(&self, name: &str) -> Arc<Session> {
        let principal = Arc::new(Principal {
            realm: "default".parse().unwrap(),
            name: name.into(),
            authentication: Authentication::PeerCredentials { uid: 1001 },
            scopes: Arc::new([Scope::Call]),
        });
        self.world.kernel.session(&principal, SessionKey::Principal, None).unwrap()
    }
}

#[tokio::test]
async fn an_approval_is_of_who_asked_and_of_these_arguments() {
    let asking = Asking::new().await;
    let own = Arc::clone(&asking.world.session);
    let id = asking.call(&own, r#"{"to":"a","sum":5}"#).await.unwrap();
    asking.answer(id, "approve").await;
    assert_eq!(asking.state(id), ApprovalState::Approved);

    let other = asking.session_of("uid:1001");
    assert_ne!(asking.call(&other, r#"{"to":"a","sum":5}"#).await, Some(id), "another principal");
    for edited in [r#"{"to":"b","sum":5}"#, r#"{"to":"a","sum":"5"}"#, r#"{"to":"a","sum":5,"x":null}"#] {
        assert_ne!(asking.call(&own, edited).await, Some(id), "{edited}");
    }
    assert_eq!((asking.probe.ran(), asking.state(id)), (0, ApprovalState::Approved), "nothing has passed");

    assert_eq!(
        asking.call(&own, r#"{ "sum": 5, "to": "a" }"#).await,
        Some(id),
        "the order of members is the same call"
    );
    assert_eq!((asking.probe.ran(), asking.state(id)), (1, ApprovalState::Used));
    assert_ne!(asking.call(&own, r#"{"to":"a","sum":5}"#).await, Some(id), "replayed");
    assert_eq!(asking.probe.ran(), 1);
}

#[tokio::test]
async fn many_retries_at_once_pass_once() {
    let asking = Arc::new(Asking::new().await);
    let own = Arc::clone(&asking.world.session);
    let id = asking.call(&own, "{}").await.unwrap();
    asking.answer(id, "approve").await;
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let (asking, own) = (Arc::clone(&asking), Arc::clone(&own));
            tokio::spawn(async move { asking.call(&own, "{}").await })
        })
        .collect();
    let mut passed = 0;
    for call in calls {
        passed += usize::from(call.await.unwrap() == Some(id));
    }
    assert_eq!((passed, asking.probe.ran()), (1, 1));
}

#[tokio::test]
async fn a_caller_cannot_answer_for_an_operator() {
    let asking = Asking::new().await;
    let own = Arc::clone(&asking.world.session);
    let id = asking.call(&own, "{}").await.unwrap();
    let mut request =
        asking.world.request(Action::Operate { verb: "approvals.answer".into() }, Target::Kernel);
    request.params = format!("{{\"approval\":\"{id}\",\"answer\":\"approve\"}}").try_into().unwrap();
    let _refused = asking.world.kernel.run(request).await;
    assert_eq!(asking.state(id), ApprovalState::Pending);
    asking.answer(id, "deny").await;
    assert_eq!(asking.state(id), ApprovalState::Denied);
    assert_ne!(asking.call(&own, "{}").await, Some(id));
    assert_eq!(asking.probe.ran(), 0);
}
