//! Credentials in lines of code and configuration.

use std::collections::BTreeMap;

use ringfence_detect::secret::SecretScanner;

use crate::Failure;
use crate::corpus::Corpora;
use crate::docs::{self, Half};
use crate::score::{HEAD, Score};

/// The sets, and the label of their rows with a credential.
const SETS: [(&str, &str); 2] =
    [("secrets-noseyparker_examples", "secret"), ("secrets-credsweeper_samples_lines", "secret")];

pub(crate) fn run(corpora: &Corpora) -> Result<(), Failure> {
    let scanner = SecretScanner::new()?;
    println!("{HEAD}");
    let mut by_rule: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for (set, positive) in SETS {
        let mut score = Score::default();
        for row in corpora.rows(set)? {
            let found = score.item(&row.text, row.is(positive), |text| !scanner.scan_text(text).is_empty());
            let counts = by_rule.entry(row.extra("rule").unwrap_or("–").to_owned()).or_default();
            let [hit, missed, alarm, passed] = counts;
            *match (row.is(positive), found) {
                (true, true) => hit,
                (true, false) => missed,
                (false, true) => alarm,
                (false, false) => passed,
            } += 1;
            if std::env::var_os("RINGFENCE_EVAL_WRONG").is_some() && found != row.is(positive) {
                eprintln!("{} {} {:?}", row.id, row.label, row.extra("rule"));
            }
        }
        score.print(set);
    }
    let mut score = Score::default();
    for text in docs::texts(Half::Unseen)?.iter().chain(&docs::comments(Half::Unseen)?) {
        score.item(text, false, |text| !scanner.scan_text(text).is_empty());
    }
    score.print("docs of crates");
    println!(
        "\nBoth sets could be seen while the rules were written: development, not held out. The last line is what programmers \
         write for each other, taken for harmless."
    );
    println!("\n| category | found, missed | wrongly found, passed |\n|---|---|---|");
    for (rule, [hit, missed, alarm, passed]) in
        by_rule.iter().filter(|(_, counts)| counts.iter().sum::<usize>() >= 8)
    {
        println!("| {rule} | {hit}, {missed} | {alarm}, {passed} |");
    }
    Ok(())
}
