use super::*;

fn terms(params: &str) -> ClientTerms {
    of_initialize(&JsonText::try_from(params.to_owned()).unwrap())
}

#[test]
fn the_version_asked_for_is_kept_where_we_speak_it() {
    for (asked, agreed) in [
        ("2024-11-05", ProtocolVersion::V2024_11_05),
        ("2025-03-26", ProtocolVersion::V2025_03_26),
        ("2025-06-18", ProtocolVersion::V2025_06_18),
        ("2025-11-25", ProtocolVersion::V2025_11_25),
        ("2026-07-28", ProtocolVersion::V2025_11_25),
        ("1999-01-01", ProtocolVersion::V2025_11_25),
    ] {
        assert_eq!(terms(&format!(r#"{{"protocolVersion":"{asked}"}}"#)).version, agreed, "{asked}");
    }
}

#[test]
fn what_servers_may_ask_is_what_the_client_offers_and_its_version_has() {
    use Ability::{
        ElicitationTasks, FormElicitation, Roots, RootsChanges, Sampling, SamplingTasks, SamplingTools,
        TaskCancel, TaskList, UrlElicitation,
    };
    const GOES_ON: &str = r#"{"sampling":{},"elicitation":{},"tasks":{"list":{},"cancel":{},"requests":{
        "sampling":{"createMessage":{}},"elicitation":{"create":{}}}}}"#;
    for (version, offer, abilities) in [
        ("2025-11-25", "{}", &[] as &[Ability]),
        ("2025-11-25", r#"{"elicitation":{}}"#, &[FormElicitation]),
        ("2025-11-25", r#"{"elicitation":{"form":{}}}"#, &[FormElicitation]),
        ("2025-11-25", r#"{"elicitation":{"url":{}}}"#, &[UrlElicitation]),
        ("2025-11-25", r#"{"elicitation":{"form":{},"url":{}}}"#, &[FormElicitation, UrlElicitation]),
        ("2025-06-18", r#"{"elicitation":{"form":{},"url":{}}}"#, &[FormElicitation]),
        ("2025-03-26", r#"{"elicitation":{},"roots":{}}"#, &[Roots]),
        ("2025-11-25", r#"{"sampling":{}}"#, &[Sampling]),
        ("2025-11-25", r#"{"sampling":{"tools":{},"context":{}}}"#, &[Sampling, SamplingTools]),
        ("2025-06-18", r#"{"sampling":{"tools":{}}}"#, &[Sampling]),
        ("2025-11-25", r#"{"roots":{}}"#, &[Roots]),
        ("2025-11-25", r#"{"roots":{"listChanged":true}}"#, &[Roots, RootsChanges]),
        ("2025-11-25", r#"{"roots":true,"sampling":[]}"#, &[]),
        (
            "2025-11-25",
            GOES_ON,
            &[FormElicitation, Sampling, SamplingTasks, ElicitationTasks, TaskList, TaskCancel],
        ),
        ("2025-06-18", GOES_ON, &[FormElicitation, Sampling]),
        // What it cannot be asked it cannot go on with.
        ("2025-11-25", r#"{"tasks":{"requests":{"sampling":{"createMessage":{}}}}}"#, &[]),
        ("2025-11-25", r#"{"sampling":{},"tasks":{"requests":{"sampling":{}}}}"#, &[Sampling]),
    ] {
        let terms = terms(&format!(r#"{{"protocolVersion":"{version}","capabilities":{offer}}}"#));
        // Tasks are the version's, not the client's.
        let tasks = (version == "2025-11-25").then_some(Ability::Tasks);
        assert_eq!(
            terms.abilities,
            Abilities::of(abilities.iter().copied().chain(tasks)),
            "{version} {offer}"
        );
    }
}

#[test]
fn a_server_is_told_what_the_client_said_and_we_pass_on() {
    let offer = r#"{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{},"context":{}},"roots":{"listChanged":true},"experimental":{"x":{}}}"#;
    let terms = terms(&format!(r#"{{"protocolVersion":"2025-11-25","capabilities":{offer}}}"#));
    assert_eq!(
        terms.capabilities(ProtocolEra::Legacy).as_str(),
        r#"{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{}},"roots":{"listChanged":true}}"#
    );
}

#[test]
fn only_a_legacy_server_is_told_of_tasks_of_the_client() {
    let offer = r#"{"sampling":{},"tasks":{"cancel":{},"list":{},"requests":{"sampling":{"createMessage":{}},"elicitation":{"create":{}}}}}"#;
    let terms = terms(&format!(r#"{{"protocolVersion":"2025-11-25","capabilities":{offer}}}"#));
    assert_eq!(
        terms.capabilities(ProtocolEra::Legacy).as_str(),
        r#"{"sampling":{},"tasks":{"list":{},"cancel":{},"requests":{"sampling":{"createMessage":{}}}}}"#
    );
    assert_eq!(terms.capabilities(ProtocolEra::Modern).as_str(), r#"{"sampling":{}}"#);
}
