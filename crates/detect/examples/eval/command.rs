//! Shell commands: what is dangerous and not called safe, what only reads and is not blocked.

use ringfence_detect::code::{Language, Safety, check};
use ringfence_detect::secret::SecretScanner;

use crate::Failure;
use crate::corpus::Corpora;
use crate::score::{Cost, share, shown};

/// The sets, and the labels of their rows that are dangerous and that only read.
const SETS: [(&str, &[&str], &[&str]); 3] = [
    ("commands-dcg_corpus", &["dangerous"], &["safe"]),
    ("commands-codex_command_safety", &["dangerous", "not-auto-safe"], &["safe"]),
    ("commands-nl2bash_destructive_weak", &["destructive-weak"], &[]),
];

pub(crate) fn run(corpora: &Corpora) -> Result<(), Failure> {
    let secrets = SecretScanner::new()?;
    println!(
        "| set | rows | dangerous not safe | of them unsafe | harmless unsafe | of them safe | precision | F1 | {} |",
        Cost::HEAD
    );
    println!("|---|---|---|---|---|---|---|---|{}|", Cost::RULE);
    for (set, dangerous, harmless) in SETS {
        let rows = corpora.rows(set)?;
        let mut cost = Cost::default();
        // By what the row is, then by verdict: safe, unknown, unsafe.
        let mut counts = [[0_usize; 3]; 2];
        for row in &rows {
            let is = |labels: &[&str]| labels.iter().any(|label| row.is(label));
            let kind = match (is(dangerous), is(harmless)) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => return Err(format!("{}: label {}", row.id, row.label).into()),
            };
            let report = cost.time(&row.text, |text| check(text, &Language::Shell, &secrets));
            let (verdict, wrong) = match report.verdict {
                Safety::Safe => (0, kind == 0),
                Safety::Unknown => (1, false),
                Safety::Unsafe => (2, kind == 1),
            };
            if let Some(cell) = counts.get_mut(kind).and_then(|kind| kind.get_mut(verdict)) {
                *cell += 1;
            }
            if std::env::var_os("RINGFENCE_EVAL_WRONG").is_some_and(|level| wrong || level == "all") {
                let worst = report.findings.first().map_or("", |finding| finding.id.as_ref());
                eprintln!("{} {} {:?} {worst} {:?}", row.id, row.label, report.verdict, row.text);
            }
        }
        let [[missed, doubted, blocked], [passed, asked, refused]] = counts;
        let (all, none) = (missed + doubted + blocked, passed + asked + refused);
        println!(
            "| {set} | {all}+{none} | {} | {} | {} | {} | {} | {} | {cost} |",
            shown(share(doubted + blocked, all)),
            shown(share(blocked, all)),
            shown(share(refused, none)),
            shown(share(passed, none)),
            // Found is what is not safe, wrongly found what is blocked and harmless: twice found over all.
            shown(share(doubted + blocked, doubted + blocked + refused)),
            shown(share(2 * (doubted + blocked), 2 * (doubted + blocked) + missed + refused)),
        );
    }
    println!("\nNone of these sets was held out: their rows were seen while the rules were written.");
    Ok(())
}
