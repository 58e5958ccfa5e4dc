//! `cargo xtask bench flow`: megabytes indexed a second, and what it costs to trace the arguments of a call.
//!
//! Counts processor time of this thread, so that what else the machine does falls out. Must never time a session that holds
//! nothing.

use std::sync::Arc;

use ringfence_flow::{Asking, Entering, History, Lexicon, Words};
use ringfence_model::effect::{Effect, Effects};
use ringfence_model::id::{CallId, Timestamp};
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity, Label};
use rustix::time::{ClockId, clock_gettime};

const LABEL: Label =
    Label { confidentiality: Confidentiality::Internal, pii: false, integrity: Integrity::Untrusted };

/// What people write, with some values in it; no sentence that orders something in `calm`, one in twelve in `usual`.
const CALM: &str = "The quarterly figures were better than expected and the team in Lindau had a good year. Revenue came to \
    1,204,331.50 in the third quarter, mostly from the northern branch, while costs stayed where they were the year before. \
    Anna Meier said that the plan for next spring was nearly done and that the numbers in report-2025-q3.xlsx were final. \
    It was raining for most of the week, which nobody in the office minded very much.\n";
const ORDER: &str = "Please send the corrected version to anna.meier@northwind.example before Friday.\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lexicon = Arc::new(Lexicon::new());
    let calm: String = CALM.repeat(2_000);
    let usual: String = (0..400).map(|_| [CALM.repeat(5), ORDER.to_owned()].concat()).collect();
    let target: Arc<str> = "read".into();
    let steering = ["/recipients".to_owned(), "/path".to_owned()];
    for (name, text) in [("prose", &calm), ("prose with orders", &usual)] {
        let (mut taken, mut indexed) = (f64::MAX, f64::MAX);
        for round in 0..7 {
            let mut history = History::new(1 << 30, round, Arc::clone(&lexicon));
            let mut words = Words::none();
            let began = now();
            history.enter_text(&entering(&target), text, &mut words);
            let entered = now();
            // The first question has all of it indexed.
            std::hint::black_box(history.trace(&mut words, asking(&JsonText::empty_object(), &steering)));
            (taken, indexed) = (taken.min(entered - began), indexed.min(now() - entered));
        }
        let speed = |seconds: f64| text.len() as f64 / seconds / 1e6;
        say(&format!("take in {name:<18} {:>7.0} MB/s of {:.1} MB", speed(taken), text.len() as f64 / 1e6));
        say(&format!("index   {name:<18} {:>7.0} MB/s", speed(indexed)));
    }
    let mut history = History::new(4 << 20, 1, Arc::clone(&lexicon));
    let mut words = Words::none();
    for part in 0..400 {
        let text = format!("{} report {part}: invoice-{part}-{} of {}", CALM, part * 7_919, ORDER);
        history.enter_text(&entering(&target), &text, &mut words);
    }
    history.hear(&mut words, "Send the report to maria@northwind.example", Timestamp(1), Timestamp(u64::MAX));
    let body = CALM.get(..CALM.len().min(900)).unwrap_or_default();
    for (name, arguments) in [
        ("a path", r#"{"path":"/home/u/docs/report.md"}"#.to_owned()),
        ("a recipient", r#"{"recipients":["peter.lang@contoso.example"]}"#.to_owned()),
        ("a mail of 1 KB", format!(r#"{{"recipients":["maria@northwind.example"],"body":{body:?}}}"#)),
    ] {
        let arguments: JsonText = arguments.try_into().map_err(|_| "arguments")?;
        let rounds = 2_000;
        let mut best = f64::MAX;
        for _ in 0..7 {
            let began = now();
            for _ in 0..rounds {
                let traced = history.trace(&mut words, asking(&arguments, &steering));
                std::hint::black_box(traced);
            }
            best = best.min((now() - began) / f64::from(rounds));
        }
        say(&format!("trace {name:<18} {:>7.0} ns, {} KB remembered", best * 1e9, history.cost() / 1_024));
    }
    Ok(())
}

fn entering(target: &Arc<str>) -> Entering<'_> {
    Entering {
        call: CallId(1),
        server: None,
        target,
        label: LABEL,
        named: false,
        suspicious: false,
        said: None,
    }
}

fn asking<'a>(arguments: &'a JsonText, consequential: &'a [String]) -> Asking<'a> {
    Asking {
        arguments: arguments.value(),
        consequential,
        effects: Effects::of(&[Effect::Send]),
        tool: "send_email",
        content: true,
        floor: LABEL,
        now: Timestamp(2),
    }
}

/// Seconds of processor time of this thread.
fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[expect(clippy::print_stdout, reason = "a report is what this program is for")]
fn say(line: &str) {
    println!("{line}");
}
