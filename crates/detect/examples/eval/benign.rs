//! Programs that nobody wrote as an example: every file of a language under a folder, as real code that should pass.
//!
//! Most of it is not safe by design (it writes files, runs programs), so unsafe and unknown are told apart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ringfence_detect::code::{Language, Safety, check};
use ringfence_detect::secret::SecretScanner;
use ringfence_model::finding::{Category, Severity};

use crate::Failure;
use crate::score::{Cost, share, shown};

/// Largest file that is looked at, in bytes.
const LARGEST: u64 = 200_000;

/// What the files of one language came to.
#[derive(Default)]
struct Sum {
    verdicts: [usize; 3],
    lines: usize,
    high: usize,
    medium: usize,
    unread: usize,
    cost: Cost,
}

/// Prints what all files under `folders` come to, by language.
pub(crate) fn run(folders: &str) -> Result<(), Failure> {
    let secrets = SecretScanner::new()?;
    let detail = std::env::var_os("RINGFENCE_EVAL_WRONG").is_some();
    let mut sums: BTreeMap<&'static str, Sum> = BTreeMap::new();
    let mut open: Vec<PathBuf> = folders.split(':').map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let mut inner: Vec<PathBuf> = std::fs::read_dir(&path)?
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()?;
            inner.sort();
            open.extend(inner);
            continue;
        }
        let Some(language) =
            language(&path).filter(|_| path.metadata().is_ok_and(|data| data.len() <= LARGEST))
        else {
            continue;
        };
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let sum = sums.entry(language).or_default();
        let report = sum.cost.time(&text, |text| check(text, &Language::parse(language), &secrets));
        let [safe, unknown, unsafe_] = &mut sum.verdicts;
        match report.verdict {
            Safety::Safe => *safe += 1,
            Safety::Unknown => *unknown += 1,
            Safety::Unsafe => *unsafe_ += 1,
        }
        sum.lines += text.lines().count();
        for finding in &report.findings {
            let unread = finding.category == Category::Uninspected;
            if unread {
                sum.unread += 1;
            } else if finding.severity >= Severity::High {
                sum.high += 1;
            } else if finding.severity >= Severity::Medium {
                sum.medium += 1;
            }
            if detail && finding.severity >= Severity::Medium {
                let at = finding.span;
                let shown =
                    text.get(at.start..at.end.min(at.start + 160)).unwrap_or_default().replace('\n', " ");
                eprintln!("{:?} {} {}:{} {shown}", finding.severity, finding.id, path.display(), at.line);
            }
        }
    }
    println!(
        "\n| real code | files | lines | safe | unknown | unsafe | high / KLOC | medium / KLOC | unread / KLOC | {} |",
        Cost::HEAD
    );
    println!("|---|---|---|---|---|---|---|---|---|{}|", Cost::RULE);
    for (language, sum) in &sums {
        let [safe, unknown, unsafe_] = sum.verdicts;
        let files = safe + unknown + unsafe_;
        let per = |count: usize| shown(share(count * 1000, sum.lines));
        println!(
            "| {language} | {files} | {} | {} | {} | {} | {} | {} | {} | {} |",
            sum.lines,
            shown(share(safe, files)),
            shown(share(unknown, files)),
            shown(share(unsafe_, files)),
            per(sum.high),
            per(sum.medium),
            per(sum.unread),
            sum.cost
        );
    }
    Ok(())
}

/// The language of a file, by the ending of its name.
fn language(path: &Path) -> Option<&'static str> {
    Some(match path.extension()?.to_str()? {
        "py" => "python",
        "js" | "cjs" | "mjs" => "javascript",
        "ts" | "tsx" => "typescript",
        "go" => "go",
        "rs" => "rust",
        "java" => "java",
        "rb" => "ruby",
        "php" => "php",
        "cs" => "csharp",
        "c" | "h" => "c",
        "cc" | "cpp" | "hpp" => "cpp",
        "sh" => "shell",
        "sql" => "sql",
        _ => return None,
    })
}
