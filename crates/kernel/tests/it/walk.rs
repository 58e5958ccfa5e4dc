//! Every action with every effect meets the policy and reaches the journal, and nothing runs that was not permitted.

use std::sync::Arc;

use ringfence_kernel::builtin::Builtin;
use ringfence_kernel::call::{Target, Wire};
use ringfence_model::call::{Action, ActionKind, Listing, Notice, Question, TaskRequest};
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::entry::{EntryBody, OutcomeKind};
use ringfence_model::json::JsonText;
use ringfence_model::name::ServerName;
use ringfence_model::principal::Scope;
use ringfence_model::verdict::Decision;

use super::world::{Probe, World};

/// One action of each kind. No `_` arm: a new kind of action does not compile until it is walked, too.
fn sample(kind: ActionKind, probe: &Arc<Probe>) -> (Action, Target) {
    let server = "probe-server".parse().unwrap();
    let none = JsonText::empty_object;
    match kind {
        ActionKind::CallTool => {
            let tool: Arc<dyn Builtin> = Arc::clone(probe) as _;
            (Action::CallTool { server, tool: "probe".into(), arguments: none() }, Target::Builtin(tool))
        }
        ActionKind::ReadResource => (Action::ReadResource { server, uri: "x:y".into() }, Target::Nothing),
        ActionKind::GetPrompt => {
            (Action::GetPrompt { server, prompt: "p".into(), arguments: none() }, Target::Nothing)
        }
        ActionKind::Complete => {
            (Action::Complete { server, reference: "p".into(), argument: none() }, Target::Nothing)
        }
        ActionKind::List => {
            (Action::List { server: None, what: Listing::Prompts }, Target::Every(Vec::new()))
        }
        ActionKind::Greet => (Action::Greet { server: None }, Target::Every(Vec::new())),
        ActionKind::Listen => (Action::Listen { server: None }, Target::Every(Vec::new())),
        ActionKind::SetLogLevel => (Action::SetLogLevel { level: "info".into() }, Target::Every(Vec::new())),
        ActionKind::Subscribe => (Action::Subscribe { server, uri: "x:y".into() }, Target::Nothing),
        ActionKind::Unsubscribe => (Action::Unsubscribe { server, uri: "x:y".into() }, Target::Nothing),
        ActionKind::RootsChanged => (Action::RootsChanged { server: None }, Target::Every(Vec::new())),
        ActionKind::Task => (
            Action::Task { server: None, wanted: TaskRequest::List, answers: none() },
            Target::Every(Vec::new()),
        ),
        ActionKind::Elicit => ask(server, Question::Elicit),
        ActionKind::Sample => ask(server, Question::Sample),
        ActionKind::ListRoots => ask(server, Question::ListRoots),
        ActionKind::Notify => {
            (Action::Notify { server, notice: Notice::Progress, params: none() }, Target::Client)
        }
        ActionKind::Operate => (Action::Operate { verb: "status".into() }, Target::Kernel),
    }
}

fn ask(server: ServerName, question: Question) -> (Action, Target) {
    (Action::Ask { server, question, params: JsonText::empty_object() }, Target::Client)
}

fn every_effects() -> Vec<Effects> {
    let mut all = vec![Effects::UNKNOWN, Effects::of(&Effect::ALL)];
    all.extend(Effect::ALL.map(|effect| Effects::of(&[effect])));
    all
}

#[tokio::test]
async fn every_action_with_every_effect_is_judged_and_recorded() {
    let world = World::new("").await;
    for kind in ActionKind::ALL {
        for effects in every_effects() {
            let probe = Probe::new(effects);
            let (action, target) = sample(kind, &probe);
            let request = world.request(action, target);
            let id = request.call.id;
            let _answer = world.kernel.run(request).await;
            let entries = world.of_call(id);
            let Some(EntryBody::Ruling(ruling)) = entries.first() else {
                panic!("{kind} {effects}: no ruling")
            };
            assert_eq!(ruling.action, kind);
            assert_eq!(ruling.policy.len(), 64, "{kind} {effects}: judged by no policy");
            assert!(!ruling.verdict.reasons.is_empty(), "{kind} {effects}: no rule spoke");
            let outcomes = entries.iter().filter(|body| matches!(body, EntryBody::Outcome(_))).count();
            assert_eq!(outcomes, usize::from(ruling.passed()), "{kind} {effects}: {:?}", ruling.verdict);
            if kind == ActionKind::CallTool {
                assert_eq!(
                    probe.ran(),
                    usize::from(ruling.passed()),
                    "{effects}: ran without a permit, or not with one"
                );
                assert_eq!(ruling.effects.map(|(effects, _)| effects), Some(effects));
            }
        }
    }
}

#[tokio::test]
async fn the_table_of_defaults_decides_what_runs() {
    for (effect, runs) in [
        (Effect::Read, true),
        (Effect::Write, true),
        (Effect::Network, true),
        (Effect::Send, true),
        (Effect::Delete, true),
        (Effect::Execute, true),
        (Effect::Pay, false),
        (Effect::Admin, false),
    ] {
        // A session that has read nothing yet: behind what one probe answers, the next would be a stranger's.
        let world = World::new("").await;
        let probe = Probe::new(Effects::of(&[effect]));
        let (action, target) = sample(ActionKind::CallTool, &probe);
        let Wire::Result(result) = world.kernel.run(world.request(action, target)).await.into_wire() else {
            panic!("{effect:?}: no result")
        };
        assert_eq!(probe.ran(), usize::from(runs), "{effect:?}");
        let code = result.value().pointer("/_meta/io.ringfence~1denied/code").and_then(|code| code.as_i64());
        assert_eq!(code, (!runs).then_some(1002), "{effect:?}: {}", result.as_str());
    }
}

#[tokio::test]
async fn a_denied_call_is_recorded_and_explained_to_the_model() {
    let rules = "rules:\n  - id: no-probes\n    severity: high\n    match: {tool: probe}\n    decision: deny\n    message: probes are not welcome\n    alternative: read the manual\n";
    let world = World::new(rules).await;
    let probe = Probe::new(Effects::of(&[Effect::Read]));
    let (action, target) = sample(ActionKind::CallTool, &probe);
    let request = world.request(action, target);
    let id = request.call.id;
    let Wire::Result(result) = world.kernel.run(request).await.into_wire() else { panic!("no result") };
    assert_eq!(
        result.as_str(),
        r#"{"content":[{"type":"text","text":"Denied by the rule `no-probes`: probes are not welcome. read the manual"}],"isError":true,"_meta":{"io.ringfence/denied":{"code":1001,"rule":"no-probes","reason":"probes are not welcome","alternative":"read the manual"}}}"#
    );
    assert_eq!(probe.ran(), 0);
    let entries = world.of_call(id);
    let [EntryBody::Ruling(ruling)] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(ruling.verdict.decision, Decision::Deny);
}

#[tokio::test]
async fn a_tool_that_says_it_failed_is_recorded_as_an_error() {
    let world = World::new("").await;
    for (said, outcome) in [(true, OutcomeKind::Error), (false, OutcomeKind::Ok)] {
        let result = JsonText::object([("content", JsonText::array([])), ("isError", said.into())]);
        let (action, target) =
            sample(ActionKind::CallTool, &Probe::answering(Effects::of(&[Effect::Read]), result.clone()));
        let request = world.request(action, target);
        let id = request.call.id;
        let Wire::Result(released) = world.kernel.run(request).await.into_wire() else { panic!("no result") };
        assert_eq!(released, result);
        let entries = world.of_call(id);
        let Some(EntryBody::Outcome(ended)) = entries.last() else { panic!("{entries:?}") };
        assert_eq!((ended.outcome, ended.code), (outcome, None));
    }
}

#[tokio::test]
async fn who_may_not_call_is_counted_and_nothing_runs() {
    let world = World::of("", &[Scope::Confirm]).await;
    let probe = Probe::new(Effects::of(&[Effect::Read]));
    for _ in 0..3 {
        let (action, target) = sample(ActionKind::CallTool, &probe);
        let _refused = world.kernel.run(world.request(action, target)).await;
    }
    world.kernel.shut_down().await;
    assert_eq!(probe.ran(), 0);
    let mut counted = Vec::new();
    for body in world.journal() {
        if let EntryBody::Aggregate { what, count, .. } = body {
            counted.push((what, count));
        }
    }
    assert_eq!(counted, [("ringfence.scope".to_owned(), 3)]);
}
