//! Insecure program code, by language and by what its authors call it.
//!
//! Medium or worse is what makes a text not safe; of that, seen is what was found and not only left unread; high or
//! worse is what the kernel denies.

use std::collections::BTreeMap;

use ringfence_detect::code::{Language, Safety, check};
use ringfence_detect::secret::SecretScanner;
use ringfence_model::finding::{Category, Severity};

use crate::Failure;
use crate::benign;
use crate::corpus::{Corpora, Row};
use crate::pairs::FILES;
use crate::score::{HEAD, Score};

/// The sets; all of their rows are insecure by their authors' own rules, so that they tell agreement, not precision.
const SETS: [&str; 2] = ["code-cyberseceval_instruct", "code-bandit_examples"];

pub(crate) fn run(corpora: &Corpora) -> Result<(), Failure> {
    let secrets = SecretScanner::new()?;
    println!("{HEAD}");
    for set in SETS {
        let rows = corpora.rows(set)?;
        let mut by_language: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &rows {
            by_language.entry(row.extra("lang").unwrap_or("?")).or_default().push(row);
        }
        for (language, rows) in by_language {
            for (name, least, seen) in [
                ("medium+", Severity::Medium, false),
                ("medium+ seen", Severity::Medium, true),
                ("high+", Severity::High, true),
            ] {
                let mut score = Score::default();
                for row in &rows {
                    let flagged = |text: &str| {
                        let report = check(text, &Language::parse(language), &secrets);
                        report.findings.iter().any(|finding| {
                            finding.severity >= least && !(seen && finding.category == Category::Uninspected)
                        })
                    };
                    let found = score.item(&row.text, true, flagged);
                    if std::env::var_os("RINGFENCE_EVAL_WRONG").is_some() && !found && name == "medium+ seen"
                    {
                        eprintln!(
                            "{} {language} {:?}",
                            row.id,
                            row.extra("cwe").or_else(|| row.extra("file"))
                        );
                    }
                }
                score.print(&format!("{} {language} {name}", set.trim_start_matches("code-")));
            }
        }
    }
    pairs(&secrets);
    println!(
        "\nNone of these was held out: rows of the sets were seen while the rules were written, and the pairs are tests."
    );
    match std::env::var("RINGFENCE_BENIGN") {
        Ok(folders) => benign::run(&folders),
        Err(_) => Ok(()),
    }
}

/// The pairs that the tests hold: tuned on, so they say only what is covered.
fn pairs(secrets: &SecretScanner) {
    for (language, text) in FILES {
        let mut score = Score::default();
        let mut blocked = Score::default();
        for pair in crate::pairs::read(text) {
            for (half, insecure) in [(pair.insecure, true), (pair.mended, false)] {
                let verdict = |text: &str| check(text, &Language::parse(language), secrets).verdict;
                let flagged = score.item(half, insecure, |text| verdict(text) != Safety::Safe);
                blocked.item(half, insecure, |text| verdict(text) == Safety::Unsafe);
                if std::env::var_os("RINGFENCE_EVAL_WRONG").is_some() && flagged != insecure {
                    let report = check(half, &Language::parse(language), secrets);
                    let found: Vec<&str> = report
                        .findings
                        .iter()
                        .filter(|finding| finding.severity >= Severity::Medium)
                        .map(|finding| finding.id.as_ref())
                        .collect();
                    eprintln!("{language} {} {insecure} {found:?}", pair.title);
                }
            }
        }
        score.print(&format!("own pairs {language} not safe"));
        blocked.print(&format!("own pairs {language} unsafe"));
    }
}
