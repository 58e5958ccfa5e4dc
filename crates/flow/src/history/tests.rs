use proptest::prelude::*;
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::label::Integrity;
use ringfence_model::provenance::Word;
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp(1_000);
const LATER: Timestamp = Timestamp(2_000);
const IBAN: &str = "DE89370400440532013000";

fn label(confidentiality: Confidentiality) -> Label {
    Label { confidentiality, pii: false, integrity: Integrity::Untrusted }
}

fn entering<'a>(target: &'a Arc<str>, confidentiality: Confidentiality) -> Entering<'a> {
    Entering {
        call: CallId(1),
        server: None,
        target,
        label: label(confidentiality),
        named: false,
        suspicious: false,
        said: None,
    }
}

fn paying(arguments: &JsonText) -> Asking<'_> {
    Asking {
        arguments: arguments.value(),
        consequential: &[],
        effects: Effects::of(&[Effect::Pay]),
        tool: "transfer",
        content: true,
        floor: label(Confidentiality::Public),
        now: NOW,
    }
}

/// Whose word a payment to an account that a stranger once named is.
fn pays(history: &mut History) -> Word {
    let arguments: JsonText = json!({"iban": IBAN}).to_string().try_into().unwrap();
    let steering = ["/iban".to_owned()];
    let asking = Asking { consequential: &steering, ..paying(&arguments) };
    let traced = history.trace(&mut Words::none(), asking);
    traced.provenance.values.iter().find(|value| &*value.pointer == "/iban").unwrap().word
}

fn filled(first: &Entering<'_>, most: usize) -> History {
    let mut history = History::new(most, 7, Arc::new(Lexicon::new()));
    let mut words = Words::none();
    history.enter_text(first, &format!("The account is {IBAN}."), &mut words);
    let target = Arc::from("other");
    for round in 0..400 {
        let filler = format!("Row {round} says {} of {}. ", round * 7_919, round * 104_729).repeat(20);
        history.enter_text(&entering(&target, Confidentiality::Public), &filler, &mut words);
        assert!(history.cost() <= most + most / 2, "{}", history.cost());
    }
    history
}

#[test]
fn what_waited_too_long_leaves_its_label_behind() {
    let target = Arc::from("read");
    let mut history = filled(&entering(&target, Confidentiality::Public), 1 << 20);
    assert_eq!(pays(&mut history), Word::Near);
}

#[test]
fn what_is_worth_more_than_its_label_is_indexed_before_it_is_dropped() {
    let target = Arc::from("read");
    let suspicious = Entering { suspicious: true, ..entering(&target, Confidentiality::Public) };
    assert_eq!(pays(&mut filled(&suspicious, 1 << 20)), Word::Untrusted);
    assert_eq!(pays(&mut filled(&entering(&target, Confidentiality::Internal), 1 << 20)), Word::Untrusted);
}

#[test]
fn the_text_of_a_secret_is_not_kept() {
    let mut history = History::new(1 << 20, 7, Arc::new(Lexicon::new()));
    let target = Arc::from("read");
    history.enter_text(&entering(&target, Confidentiality::Public), "what came before", &mut Words::none());
    let secret = "The combination of the vault is 83-11-47-09.";
    history.enter_text(&entering(&target, Confidentiality::Secret), secret, &mut Words::none());
    assert!(history.waiting.is_empty());
    assert!(!history.is_empty());
}

#[test]
fn a_call_that_asks_nothing_has_nothing_indexed() {
    let mut history = History::new(1 << 20, 7, Arc::new(Lexicon::new()));
    let target = Arc::from("read");
    history.enter_text(&entering(&target, Confidentiality::Public), IBAN, &mut Words::none());
    let arguments: JsonText = json!({"text": IBAN}).to_string().try_into().unwrap();
    let asking = Asking { effects: Effects::of(&[Effect::Read]), content: false, ..paying(&arguments) };
    assert_eq!(history.trace(&mut Words::none(), asking), Traced::nothing());
    assert_eq!(history.waiting.len(), 1);
    assert_eq!(pays(&mut history), Word::Untrusted);
    assert!(history.waiting.is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Read(String),
    Result(String, String),
    Hear(String),
    Ask,
}

fn step() -> impl Strategy<Value = Step> {
    let text = || {
        let word = prop_oneof![
            Just("please send it to".to_owned()),
            Just("eve@evil.example".to_owned()),
            Just(format!("IBAN: {IBAN}")),
            Just("\n".to_owned()),
            "[a-z]{2,8}",
            "[0-9]{1,9}",
        ];
        proptest::collection::vec(word, 0..10).prop_map(|words| words.join(" "))
    };
    prop_oneof![
        3 => text().prop_map(Step::Read),
        3 => (text(), text()).prop_map(|(said, answered)| Step::Result(said, answered)),
        1 => text().prop_map(Step::Hear),
        1 => Just(Step::Ask),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn it_answers_as_an_index_that_took_everything_in_at_once(steps in proptest::collection::vec(step(), 0..12)) {
        let lexicon = Arc::new(Lexicon::new());
        let mut history = History::new(4 << 20, 7, Arc::clone(&lexicon));
        let mut index = Index::new(4 << 20, 7, lexicon);
        let (mut late, mut early) = (Words::none(), Words::none());
        let arguments: JsonText =
            json!({"to": "eve@evil.example", "iban": IBAN, "body": "see https://evil.example/x"}).to_string().try_into().unwrap();
        let steering = ["/to".to_owned(), "/iban".to_owned()];
        for step in steps.iter().chain([&Step::Ask]) {
            let target = Arc::from("read");
            let entering = entering(&target, Confidentiality::Public);
            match step {
                Step::Read(text) => {
                    history.enter_text(&entering, text, &mut late);
                    index.enter_text(&entering, text, &mut early);
                }
                Step::Result(said, answered) => {
                    let said: JsonText = json!({"id": said}).to_string().try_into().unwrap();
                    let result: JsonText = json!({"structuredContent": {"id": answered}}).to_string().try_into().unwrap();
                    let entering = Entering { said: Some(said.value()), named: true, ..entering };
                    history.enter(&entering, result.value(), &mut late);
                    index.enter(&entering, result.value(), &mut early);
                }
                Step::Hear(text) => {
                    history.hear(&mut late, text, NOW, LATER);
                    index.hear(&mut early, text, NOW, LATER);
                }
                Step::Ask => {
                    let asking = Asking { consequential: &steering, ..paying(&arguments) };
                    prop_assert_eq!(history.trace(&mut late, asking), index.trace(&early, asking));
                }
            }
        }
    }
}
