//! What the journal says of values: only the key of the session tells what they were, and not after it is destroyed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ringfence_journal::{Committed, SessionSecret, value_digest};
use ringfence_kernel::call::Target;
use ringfence_kernel::session::SessionKey;
use ringfence_model::call::Action;
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::entry::EntryBody;
use ringfence_model::id::{CallId, SessionId};
use ringfence_model::json::JsonText;
use ringfence_model::principal::{Authentication, Principal, Scope};

use super::world::{Probe, World};

const NOTHING: &str = "";
const ASKS: &str = "rules: [{ id: ask, severity: high, match: { tool: probe }, decision: ask }]";

/// Calls a tool with these arguments.
async fn call(world: &World, arguments: &str) -> CallId {
    let arguments: JsonText = arguments.to_owned().try_into().unwrap();
    let action =
        Action::CallTool { server: "probe-server".parse().unwrap(), tool: "probe".into(), arguments };
    let probe = Probe::answering(Effects::of(&[Effect::Read]), JsonText::string("done"));
    let request = world.request(action, Target::Builtin(probe));
    let id = request.call.id;
    let _answered = world.kernel.run(request).await;
    id
}

/// The two commitments of a call.
fn said(world: &World, id: CallId) -> [Option<String>; 2] {
    let mut said = [None, None];
    for body in world.of_call(id) {
        if let EntryBody::Ruling(ruling) = body {
            said[0] = ruling.arguments;
        } else if let EntryBody::Outcome(outcome) = body {
            said[1] = outcome.result;
        }
    }
    said
}

/// The key of a session as the file has it: `docs/journal.md`.
fn key(data: &Path, session: SessionId) -> Option<[u8; 32]> {
    let bytes = fs::read(data.join("keys/sessions")).unwrap();
    let records = bytes[64..].chunks_exact(64);
    let mut own = records.filter(|record| record[..16] == session.0.to_be_bytes());
    let key = own.next().map(|record| record[16..48].try_into().unwrap());
    key.filter(|key| *key != [0; 32])
}

/// Has an operator destroy the key of a session; what came of it.
async fn erase(world: &World, session: SessionId, scopes: &[Scope]) -> String {
    let operator = Arc::new(Principal {
        realm: "default".parse().unwrap(),
        name: "operator:desk".into(),
        authentication: Authentication::Operator,
        scopes: scopes.into(),
    });
    let desk = world.kernel.session(&operator, SessionKey::Principal, None).unwrap();
    let mut request = world.request_of(&desk, Action::Operate { verb: "audit.erase".into() }, Target::Kernel);
    request.call.principal = operator;
    request.params = JsonText::object([("session", JsonText::string(&session.to_string()))]);
    format!("{:?}", world.kernel.run(request).await)
}

const OPERATOR: &[Scope] = &[Scope::Call, Scope::Operate];

#[tokio::test]
async fn what_the_journal_says_of_a_value_is_under_the_key_of_its_session() {
    let world = World::new(NOTHING).await;
    let (first, second) = (call(&world, "{}").await, call(&world, "{}").await);
    let [Some(arguments), Some(result)] = said(&world, first) else { panic!("both are said") };
    assert_ne!(
        said(&world, second),
        [Some(arguments.clone()), Some(result.clone())],
        "equal values are not seen"
    );
    let secret = SessionSecret::new(&key(world.dir.path(), world.session.id).unwrap());
    assert_eq!(secret.commit(Committed::Arguments, first, &value_digest(b"{}")), arguments);
    assert_ne!(secret.commit(Committed::Arguments, first, &value_digest(b"{ }")), arguments);
    assert_ne!(secret.commit(Committed::Result, first, &value_digest(b"{}")), result);
}

#[tokio::test]
async fn a_session_has_one_key_of_its_own_also_after_a_restart() {
    let world = World::new(NOTHING).await;
    call(&world, "{}").await;
    call(&world, "{}").await;
    let first = (world.session.id, key(world.dir.path(), world.session.id).unwrap());
    let world = world.again(NOTHING).await;
    call(&world, "{}").await;
    assert_ne!(key(world.dir.path(), world.session.id).unwrap(), first.1);
    assert_eq!(key(world.dir.path(), first.0), Some(first.1));
    let sessions = fs::read(world.dir.path().join("keys/sessions")).unwrap().len() / 64 - 1;
    let opened =
        world.journal().iter().filter(|body| matches!(body, EntryBody::SessionOpened { .. })).count();
    assert_eq!(sessions, opened);
}

#[tokio::test]
async fn an_erased_session_has_no_key_and_its_entries_stand_as_they_were() {
    let world = World::new(NOTHING).await;
    let id = call(&world, r#"{"secret":"small"}"#).await;
    let session = world.session.id;
    assert!(erase(&world, session, OPERATOR).await.contains("in use"), "it was used a moment ago");
    let world = world.again(NOTHING).await;
    let before = said(&world, id);
    assert!(erase(&world, session, &[Scope::Call]).await.contains("operator"));
    assert!(key(world.dir.path(), session).is_some(), "who is no operator destroys nothing");
    assert!(!erase(&world, session, OPERATOR).await.contains("roblem"));
    assert_eq!(key(world.dir.path(), session), None);
    assert_eq!(said(&world, id), before);
    let erased =
        |body: &EntryBody| matches!(body, EntryBody::SessionErased { session: of, .. } if *of == session);
    assert_eq!(world.journal().iter().filter(|body| erased(body)).count(), 1);
    assert!(erase(&world, session, OPERATOR).await.contains("no key"));
    assert!(world.kernel.receipt(id).await.unwrap().is_some());
    ringfence_journal::verify(&world.dir.path().join("journal"), None).unwrap();
}

#[tokio::test]
async fn a_key_that_a_dying_kernel_did_not_destroy_is_destroyed_at_the_next_start() {
    let world = World::new(NOTHING).await;
    let session = world.session.id;
    let kept = fs::read(world.dir.path().join("keys/sessions")).unwrap();
    let world = world.again(NOTHING).await;
    erase(&world, session, OPERATOR).await;
    // As if the kernel had ended between the two.
    let mut file = fs::read(world.dir.path().join("keys/sessions")).unwrap();
    file[..kept.len()].copy_from_slice(&kept);
    fs::write(world.dir.path().join("keys/sessions"), file).unwrap();
    assert!(key(world.dir.path(), session).is_some());
    let world = world.again(NOTHING).await;
    assert_eq!(key(world.dir.path(), session), None);
}

#[tokio::test]
async fn what_an_approver_sees_is_not_readable_in_the_journal_and_is_gone_with_the_key() {
    let world = World::of(ASKS, &[Scope::Call]).await;
    let id = call(&world, r#"{"to":"nobody-may-read-this"}"#).await;
    let session = world.session.id;
    let waiting = world.kernel.approvals.all();
    assert_eq!(waiting.len(), 1, "{id} is asked about");
    let segment = world.dir.path().join("journal/00000000000000000000.rfj");
    let bytes = fs::read(&segment).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds("nobody-may-read-this"));
    assert!(!holds(&waiting[0].request.binding));

    let world = world.again(ASKS).await;
    assert_eq!(world.kernel.approvals.all()[0].request, waiting[0].request, "the next kernel can open it");
    erase(&world, session, OPERATOR).await;
    assert!(world.kernel.approvals.all().is_empty());
    let world = world.again(ASKS).await;
    for approval in world.kernel.approvals.all() {
        assert_eq!(
            (&*approval.request.binding, &*approval.request.shown, approval.request.whole),
            ("", "", false)
        );
    }
}
