//! SQL statements: what each does to data, and what of it is blocked.

use ringfence_detect::code::sql::{Class, Dialect, classify};
use ringfence_detect::code::{Language, Safety, check};
use ringfence_detect::secret::SecretScanner;

use crate::Failure;
use crate::corpus::Corpora;
use crate::score::{Cost, share, shown};

/// The sets: their rows are labelled `read`, `write` or `destructive`.
const SETS: [&str; 1] = ["sql-sqlglot_identity"];
const LABELS: [&str; 3] = ["read", "write", "destructive"];

pub(crate) fn run(corpora: &Corpora) -> Result<(), Failure> {
    let secrets = SecretScanner::new()?;
    let language = Language::Sql(Dialect::Any);
    println!(
        "| set | label | rows | class read | write | unknown | destructive | verdict unsafe | safe | {} |",
        Cost::HEAD
    );
    println!("|---|---|---|---|---|---|---|---|---|{}|", Cost::RULE);
    for set in SETS {
        let rows = corpora.rows(set)?;
        if let Some(row) = rows.iter().find(|row| !LABELS.iter().any(|label| row.is(label))) {
            return Err(format!("{}: label {}", row.id, row.label).into());
        }
        for label in LABELS {
            let mut cost = Cost::default();
            let mut classes = [0_usize; 4];
            let (mut count, mut refused, mut passed) = (0, 0, 0);
            for row in rows.iter().filter(|row| row.is(label)) {
                count += 1;
                let report = cost.time(&row.text, |text| check(text, &language, &secrets));
                let class = classify(&row.text, Dialect::Any);
                let [read, write, unknown, destructive] = &mut classes;
                match class {
                    Class::Read => *read += 1,
                    Class::Write => *write += 1,
                    Class::Unknown => *unknown += 1,
                    Class::Destructive => *destructive += 1,
                }
                refused += usize::from(report.verdict == Safety::Unsafe);
                passed += usize::from(report.verdict == Safety::Safe);
                let wrong = match label {
                    "read" => class != Class::Read || report.verdict != Safety::Safe,
                    "write" => class < Class::Write,
                    _ => class != Class::Destructive,
                };
                if wrong && std::env::var_os("RINGFENCE_EVAL_WRONG").is_some() {
                    let worst = report.findings.first().map_or("", |finding| finding.id.as_ref());
                    eprintln!("{} {label} {class:?} {:?} {worst} {:?}", row.id, report.verdict, row.text);
                }
            }
            let [read, write, unknown, destructive] = classes;
            println!(
                "| {set} | {label} | {count} | {read} | {write} | {unknown} | {destructive} | {} | {} | {cost} |",
                shown(share(refused, count)),
                shown(share(passed, count)),
            );
        }
    }
    println!("\nNot held out: rows of this set were seen while the rules were written.");
    Ok(())
}
