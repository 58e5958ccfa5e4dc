//! Retries of modern clients: whose answer counts, for what, and how often.

use std::sync::Arc;

use ringfence_kernel::Wire;
use ringfence_kernel::call::Target;
use ringfence_kernel::exchange::{Abilities, Ability, ClientTerms, Exchange};
use ringfence_kernel::session::{Session, SessionKey};
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::call::Action;
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::json::{Json, JsonText};
use ringfence_model::principal::{Authentication, Principal, Scope};

use super::world::{Probe, World};

const ASKS: &str = "rules: [{ id: ask, severity: high, match: { tool: probe }, decision: ask }]";

async fn call(world: &World, probe: &Arc<Probe>, session: &Arc<Session>, params: &JsonText) -> Wire {
    let action = Action::CallTool {
        server: "probe-server".parse().unwrap(),
        tool: "probe".into(),
        arguments: JsonText::empty_object(),
    };
    let mut request = world.request_of(session, action, Target::Builtin(probe.clone()));
    request.params = params.clone();
    request.exchange = Exchange::silent(Arc::new(ClientTerms {
        version: ProtocolVersion::V2026_07_28,
        abilities: Abilities::of([Ability::FormElicitation]),
        extensions: None,
        log_level: None,
        claimed: None,
    }));
    world.kernel.run(request).await.into_wire()
}

fn is_refused(wire: &Wire) -> bool {
    matches!(wire, Wire::Error(error) if error.code == -32_602)
}

#[tokio::test]
async fn a_yes_is_of_the_principal_that_was_asked_and_counts_once() {
    let world = World::new(ASKS).await;
    let probe = Probe::new(Effects::of(&[Effect::Read]));
    let Wire::Result(asked) = call(&world, &probe, &world.session, &JsonText::empty_object()).await else {
        panic!("nobody was asked");
    };
    let state = asked.get("requestState").and_then(Json::as_str).expect("a state").into_owned();
    let yes = r#"{"io.ringfence/confirm":{"action":"accept","content":{"allow":true}}}"#;
    let yes: JsonText = format!(r#"{{"requestState":"{state}","inputResponses":{yes}}}"#).try_into().unwrap();

    let other = Arc::new(Principal {
        realm: "default".parse().unwrap(),
        name: "uid:1001".into(),
        authentication: Authentication::PeerCredentials { uid: 1001 },
        scopes: Arc::new([Scope::Call, Scope::Confirm]),
    });
    let theirs = world.kernel.session(&other, SessionKey::Principal, None).unwrap();
    assert!(is_refused(&call(&world, &probe, &theirs, &yes).await), "another principal");
    assert_eq!(probe.ran(), 0);

    assert!(matches!(call(&world, &probe, &world.session, &yes).await, Wire::Result(_)));
    assert_eq!(probe.ran(), 1, "what somebody else tried has used nothing up");
    assert!(is_refused(&call(&world, &probe, &world.session, &yes).await), "replayed");
    assert_eq!(probe.ran(), 1);
}
