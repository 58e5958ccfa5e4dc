//! URLs that must not be fetched on the word of data.

use ringfence_detect::url::{Verdict, check_url};

use crate::Failure;
use crate::corpus::Corpora;
use crate::score::{HEAD, Score};

/// The sets; their rows are to be blocked. Some of the second are public hosts or names that tell only when resolved.
const SETS: [&str; 2] = ["ssrf-doyensec_safeurl", "ssrf-payloadsallthethings_ssrf"];

pub(crate) fn run(corpora: &Corpora) -> Result<(), Failure> {
    println!("{HEAD}");
    for set in SETS {
        let mut score = Score::default();
        for row in corpora.rows(set)? {
            let expected = row.is("block") || row.is("block?");
            let found = score.item(&row.text, expected, |text| check_url(text).verdict == Verdict::Block);
            if std::env::var_os("RINGFENCE_EVAL_WRONG").is_some() && found != expected {
                eprintln!("{} {} {}", row.id, row.label, row.text);
            }
        }
        score.print(set);
    }
    Ok(())
}
