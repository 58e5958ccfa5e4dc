//! Personal data: spans in generated documents, and the counts that the tests of another tool's recognizers expect.
#![expect(clippy::cast_precision_loss, reason = "figures for a person")]

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Instant;

use ringfence_detect::secret::{SecretScanner, Sought};
use ringfence_model::finding::Finding;

use crate::Failure;
use crate::corpus::{Corpora, Row};

/// The structured types of the set, and the findings that are right for each.
const TYPES: [(&str, &[&str]); 7] = [
    ("CREDIT_CARD", &["credit_card"]),
    ("EMAIL_ADDRESS", &["email_address"]),
    ("IBAN_CODE", &["iban"]),
    ("IP_ADDRESS", &["ip_address"]),
    ("PHONE_NUMBER", &["phone_number"]),
    ("US_SSN", &["us_ssn"]),
    ("US_DRIVER_LICENSE", &["driver_licence"]),
];

/// Found, missed and wrongly found.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    hit: usize,
    missed: usize,
    wrong: usize,
}

pub(crate) fn run(corpora: &Corpora) -> Result<(), Failure> {
    let scanner = SecretScanner::new()?;
    spans(&scanner, &corpora.rows("pii-presidio_generated_large")?);
    println!();
    counts(&scanner, &corpora.rows("pii-presidio_recognizer_tests")?);
    Ok(())
}

/// A table of the types, by overlap of spans. Spans are of characters.
fn spans(scanner: &SecretScanner, rows: &[Row]) {
    let mut by_type: BTreeMap<&str, Count> = BTreeMap::new();
    let mut bytes = 0;
    let mut seconds = 0.0;
    for row in rows {
        let start = Instant::now();
        let found = scanner.find_in_text(&row.text, Sought::PersonalData);
        seconds += start.elapsed().as_secs_f64();
        bytes += row.text.len();
        let gold = gold(row);
        for (name, ids) in TYPES {
            let own: Vec<&Finding> =
                found.iter().filter(|finding| ids.contains(&finding.id.as_ref())).collect();
            let wanted: Vec<&Range<usize>> =
                gold.iter().filter(|(kind, _)| kind == name).map(|(_, at)| at).collect();
            let count = by_type.entry(name).or_default();
            let meets = |finding: &Finding, at: &Range<usize>| {
                finding.span.start < at.end && at.start < finding.span.end
            };
            let hit = wanted.iter().filter(|at| own.iter().any(|finding| meets(finding, at))).count();
            count.hit += hit;
            count.missed += wanted.len() - hit;
            for finding in own {
                // A find inside another structured type is one of another name, and wrong here.
                if !wanted.iter().any(|at| meets(finding, at)) {
                    count.wrong += 1;
                    if std::env::var_os("RINGFENCE_EVAL_WRONG").is_some() {
                        eprintln!(
                            "{} {name} wrong {:?}",
                            row.id,
                            row.text.get(finding.span.start..finding.span.end)
                        );
                    }
                }
            }
            if hit < wanted.len() && std::env::var_os("RINGFENCE_EVAL_WRONG").is_some() {
                eprintln!("{} {name} missed {:?}", row.id, row.text);
            }
        }
    }
    println!("| type | spans | recall | precision | F1 | F2 |\n|---|---|---|---|---|---|");
    let mut all = Count::default();
    for (name, count) in &by_type {
        print(name, *count);
        all = Count {
            hit: all.hit + count.hit,
            missed: all.missed + count.missed,
            wrong: all.wrong + count.wrong,
        };
    }
    print("all", all);
    println!(
        "\n{:.1} MB/s. The set could be seen while the rules were written.",
        bytes as f64 / seconds / 1e6
    );
}

fn print(name: &str, count: Count) {
    let share = |whole: usize| count.hit as f64 / whole.max(1) as f64;
    let (recall, precision) = (share(count.hit + count.missed), share(count.hit + count.wrong));
    let f = |beta: f64| {
        (1.0 + beta * beta) * precision * recall / (beta * beta * precision + recall).max(f64::MIN_POSITIVE)
    };
    println!(
        "| {name} | {} | {recall:.3} | {precision:.3} | {:.3} | {:.3} |",
        count.hit + count.missed,
        f(1.0),
        f(2.0)
    );
}

fn gold(row: &Row) -> Vec<(String, Range<usize>)> {
    let places: Vec<usize> = row.text.char_indices().map(|(at, _)| at).chain([row.text.len()]).collect();
    let spans = row.label.as_array().into_iter().flatten();
    spans
        .filter_map(|span| {
            let place = |index: usize| {
                let number = span.get(index)?.as_u64()?;
                places.get(usize::try_from(number).ok()?).copied()
            };
            Some((span.get(0)?.as_str()?.to_owned(), place(1)?..place(2)?))
        })
        .collect()
}

/// A line for each recognizer: rows in which something is found where something is expected, and nothing where not.
fn counts(scanner: &SecretScanner, rows: &[Row]) {
    let mut by_recognizer: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for row in rows {
        let Some(name) = row.extra("recognizer") else { continue };
        let expected = row.label.as_i64().unwrap_or_default() > 0;
        let found = !scanner.find_in_text(&row.text, Sought::PersonalData).is_empty();
        let [hit, missed, alarm, passed] = by_recognizer.entry(name).or_default();
        *match (expected, found) {
            (true, true) => hit,
            (true, false) => missed,
            (false, true) => alarm,
            (false, false) => passed,
        } += 1;
    }
    println!("| recognizer | expected: found, missed | not expected: found, passed |\n|---|---|---|");
    for (name, [hit, missed, alarm, passed]) in by_recognizer {
        println!("| {name} | {hit}, {missed} | {alarm}, {passed} |");
    }
}
