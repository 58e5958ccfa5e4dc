//! `cargo xtask bench detect`: what a look costs, against its floor.
//!
//! Counts processor time of this thread, and takes the best of many rounds, so that what else the machine does falls out as
//! far as it can. Must never time a look that finds something: clean input is what nearly every call is.
#![expect(clippy::print_stdout, reason = "a report is what this program is for")]

use std::hint::black_box;

use ringfence_detect::code::{Language, Safety, check};
use ringfence_detect::injection::Context;
use ringfence_detect::secret::{SecretScanner, Sought};
use ringfence_detect::{DetectorError, Detectors};
use ringfence_model::config::DetectConfig;
use ringfence_model::json::{JsonText, quote};
use rustix::time::{ClockId, clock_gettime};

const RECORD: &str = r#"{"id":1042,"name":"Quarterly report","owner":"maria","path":"/srv/data/reports/q3.csv","tags":["finance","draft"],"size":88213,"note":"Please look at the second table before Tuesday; the figures of March are wrong."}"#;
const PROSE: &str = "The quarterly figures were better than expected and the team in Lindau had a good year. Costs stayed where \
    they were the year before. It was raining for most of the week, which nobody in the office minded very much.\n";

/// What agents run.
const COMMANDS: [&str; 12] = [
    "ls -la src",
    "git status --short && git diff --stat",
    "cargo test --workspace 2>&1 | tail -n 40",
    "grep -rn 'TODO' --include='*.rs' crates | sort | uniq -c | sort -rn | head",
    "find . -name '*.py' -not -path './venv/*' -exec wc -l {} +",
    "cd /srv/app && npm ci && npm run build -- --mode production",
    "for f in docs/*.md; do echo \"== $f\"; head -n 3 \"$f\"; done",
    "python3 - <<'EOF'\nimport json\nprint(json.dumps({'a': 1}))\nEOF",
    "docker compose ps --format json | jq -r '.[] | select(.State==\"running\") | .Name'",
    "awk -F, 'NR>1 {sum[$2]+=$3} END {for (k in sum) print k, sum[k]}' sales.csv",
    "if [ -f Makefile ]; then make -j\"$(nproc)\"; else echo none; fi",
    "curl -s https://example.com/api/v1/items | python3 -m json.tool | less",
];

const PYTHON: &str = "import json\nfrom pathlib import Path\n\n\ndef totals(rows):\n    \"\"\"Sums by name.\"\"\"\n    sums = {}\n    for name, value in rows:\n        sums[name] = sums.get(name, 0) + value\n    return sums\n\n\nclass Report:\n    def __init__(self, title, rows):\n        self.title = title\n        self.rows = rows\n\n    def shown(self):\n        lines = [f\"{name}: {value}\" for name, value in totals(self.rows).items()]\n        return \"\\n\".join([self.title, *lines])\n\n\n";

fn main() -> Result<(), DetectorError> {
    let detectors = Detectors::new(&DetectConfig::standard())?;
    let secrets = SecretScanner::new()?;
    println!("| what | measured | floor |\n|---|--:|--:|");
    for (kilobytes, floor) in [(1, 8), (10, 60), (64, 300)] {
        for (kind, text) in [("records", repeated(RECORD, kilobytes)), ("prose", repeated(PROSE, kilobytes))]
        {
            let Ok(json) =
                JsonText::try_from(format!(r#"{{"content":[{{"type":"text","text":{}}}]}}"#, quote(&text)))
            else {
                continue;
            };
            let took = best(2_000 / kilobytes, || {
                detectors.message(black_box(&json), Context::ToolResult).findings().count()
            });
            println!("| a clean result, {kilobytes} KB of {kind} | {took:.1} µs | {floor} µs |");
        }
    }
    for (kind, text) in [("records", repeated(RECORD, 1024)), ("prose", repeated(PROSE, 1024))] {
        let took = best(15, || secrets.find_in_text(black_box(&text), Sought::Both).len());
        #[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
        let speed = text.len() as f64 / took;
        println!("| secrets and personal data in 1 MB of {kind} | {speed:.0} MB/s | 300 MB/s |");
    }
    let commands = COMMANDS.iter().map(|command| {
        best(200, || {
            usize::from(check(black_box(command), &Language::Shell, &secrets).verdict == Safety::Unsafe)
        })
    });
    println!(
        "| a shell command, the dearest of {} | {:.1} µs | 200 µs |",
        COMMANDS.len(),
        commands.fold(0.0, f64::max)
    );
    let python = repeated(PYTHON, 3);
    let took = best(200, || check(black_box(&python), &Language::Python, &secrets).findings.len());
    println!("| 3 KB of Python | {took:.0} µs | 1000 µs |");
    Ok(())
}

/// `unit` again and again, so many kilobytes of it.
fn repeated(unit: &str, kilobytes: usize) -> String {
    unit.chars().cycle().take(kilobytes * 1024).collect()
}

/// The fewest microseconds that `look` took in so many rounds.
fn best(rounds: usize, mut look: impl FnMut() -> usize) -> f64 {
    let mut least = f64::MAX;
    for _ in 0..rounds.max(5) {
        let began = now();
        black_box(look());
        least = least.min(now() - began);
    }
    least * 1e6
}

#[expect(clippy::cast_precision_loss, reason = "seconds and nanoseconds of a process fit")]
fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
