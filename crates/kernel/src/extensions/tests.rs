use ringfence_model::json::JsonText;

use super::{merged, passed};

fn json(text: &str) -> JsonText {
    text.to_owned().try_into().unwrap()
}

#[test]
fn what_needs_no_method_of_its_own_is_passed_on_as_it_was_said() {
    let declared = json(
        r#"{"com.example/colour":{"shade":"dark","n":1.50},"io.modelcontextprotocol/tasks":{},
            "io.modelcontextprotocol/skills":{},"io.ringfence/own":{},"noprefix":{},"com.example/odd":1}"#,
    );
    assert_eq!(
        passed(&declared).unwrap().as_str(),
        r#"{"com.example/colour":{"shade":"dark","n":1.50},"io.modelcontextprotocol/tasks":{}}"#
    );
    assert_eq!(passed(&json(r#"{"io.modelcontextprotocol/skills":{}}"#)), None);
}

#[test]
fn of_several_servers_what_they_mean_alike_is_offered() {
    let one = json(r#"{"a.b/c":{"x":1},"a.b/d":{}}"#);
    let other = json(r#"{"a.b/c":{"x":2},"a.b/d":{},"a.b/e":{}}"#);
    assert_eq!(merged([one, other]).unwrap().as_str(), r#"{"a.b/d":{},"a.b/e":{}}"#);
}

#[test]
fn settings_of_any_length_are_not_passed_on() {
    let long = format!(r#"{{"a.b/c":{{"x":"{}"}}}}"#, "y".repeat(5_000));
    assert_eq!(passed(&json(&long)), None);
}
