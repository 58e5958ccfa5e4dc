//! Credentials in lines of code and configuration.

use ringfence_detect::secret::SecretScanner;

use crate::Failure;
use crate::corpus::Corpora;
use crate::score::{HEAD, Score};

/// The sets, and the label of their rows with a credential.
const SETS: [(&str, &str); 2] =
    [("secrets-noseyparker_examples", "secret"), ("secrets-credsweeper_samples_lines", "secret")];

pub(crate) fn run(corpora: &Corpora) -> Result<(), Failure> {
    let scanner = SecretScanner::new()?;
    println!("{HEAD}");
    for (set, positive) in SETS {
        let mut score = Score::default();
        for row in corpora.rows(set)? {
            let found = score.item(&row.text, row.is(positive), |text| !scanner.scan_text(text).is_empty());
            if std::env::var_os("RINGFENCE_EVAL_WRONG").is_some() && found != row.is(positive) {
                eprintln!("{} {} {:?} {}", row.id, row.label, row.extra("rule"), row.text.get(..row.text.len().min(160)).unwrap_or(""));
            }
        }
        score.print(set);
    }
    Ok(())
}
