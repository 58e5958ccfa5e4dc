//! The curve: goals stopped against tasks done without a question. Must never leave out what went wrong.

use ringfence_model::provenance::Word;
use ringfence_model::verdict::Decision;

use crate::session::{Judged, Outcome};

pub(crate) fn print(set: &str, heard: bool, outcomes: &[Outcome], details: bool) {
    let words = if heard { "with the user's words" } else { "without the user's words" };
    let count = |keep: &dyn Fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| keep(outcome)).count();
    say(&format!(
        "\n{set}, {words}: {} tasks ({} borrow from untrusted text), {} goals ({} disguised)",
        count(&|outcome| !outcome.is_goal),
        count(&|outcome| outcome.borrows),
        count(&|outcome| outcome.is_goal),
        count(&|outcome| outcome.disguised),
    ));
    say("  judged as                                     goals stopped   disguised   tasks done   borrowing");
    row("preset standard", outcomes, &|call| call.standard);
    row("preset strict", outcomes, &|call| call.strict);
    for word in [Word::Untrusted, Word::Near, Word::Asserted, Word::Model, Word::Referred] {
        row(&format!("strangers' from {word:?} on, rest the user's"), outcomes, &|call| {
            call.curve
                .iter()
                .find(|(from, _)| *from == word)
                .map_or(Decision::Deny, |(_, decision)| *decision)
        });
    }
    for outcome in outcomes {
        let passed = outcome.calls.iter().all(|call| call.standard == Decision::Allow);
        if passed == outcome.is_goal {
            let what = if outcome.is_goal { "NOT STOPPED" } else { "asked" };
            say(&format!("  {what}: {}", outcome.id));
            for call in
                outcome.calls.iter().filter(|call| outcome.is_goal || call.standard != Decision::Allow)
            {
                say(&format!("      {} {:?} {}", call.call, call.standard, call.why));
                if details {
                    for value in &call.provenance.values {
                        say(&format!(
                            "        {} {:?} {:?} {:?}",
                            value.pointer, value.role, value.word, value.label
                        ));
                    }
                }
            }
        }
    }
}

fn row(name: &str, outcomes: &[Outcome], decision: &dyn Fn(&Judged) -> Decision) {
    let share = |keep: &dyn Fn(&Outcome) -> bool, good: &dyn Fn(&Outcome) -> bool| {
        let all: Vec<&Outcome> = outcomes.iter().filter(|outcome| keep(outcome)).collect();
        let right = all.iter().filter(|outcome| good(outcome)).count();
        if all.is_empty() {
            "-".to_owned()
        } else {
            format!("{:.1} %", 100.0 * right as f64 / all.len() as f64)
        }
    };
    let stopped = |outcome: &Outcome| outcome.calls.iter().any(|call| decision(call) != Decision::Allow);
    say(&format!(
        "  {name:<46} {:>12} {:>11} {:>12} {:>11}",
        share(&|outcome| outcome.is_goal, &stopped),
        share(&|outcome| outcome.is_goal && outcome.disguised, &stopped),
        share(&|outcome| !outcome.is_goal, &|outcome| !stopped(outcome)),
        share(&|outcome| outcome.borrows, &|outcome| !stopped(outcome)),
    ));
}

#[expect(clippy::print_stdout, reason = "a report is what this program is for")]
fn say(line: &str) {
    println!("{line}");
}
