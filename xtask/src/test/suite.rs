//! The unit and integration tests, and their count.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use super::{Outcome, Runner};
use crate::failure::{Context as _, Failure};
use crate::{machine, say};

/// Most of what nextest may say before we stop reading along.
const SAID_LIMIT: u64 = 256 << 20;

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    pub(super) const fn is_clean(self) -> bool {
        self.failed == 0
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Runs nextest to the end, so that one run shows all failures.
pub(super) fn run(runner: &Runner) -> Result<Outcome, Failure> {
    let words = ["nextest", "run", "--workspace", "--locked", "--no-fail-fast", "--color", "never"];
    let mut command = runner.command(&words);
    command.args(["--config-file", ".ci/nextest.toml"]).stderr(Stdio::piped());
    let mut child = command.spawn().context("could not start cargo nextest")?;
    let mut count = None;
    if let Some(said) = child.stderr.take() {
        for line in BufReader::new(said.take(SAID_LIMIT)).lines() {
            let line = line.context("reading what nextest says")?;
            say::note(format_args!("{line}"));
            count = summary(&line).or(count);
        }
    }
    let status = child.wait().context("waiting for cargo nextest")?;
    match count {
        // A clean count with a bad end would be a fault of ours to read it.
        Some(count) if status.success() == count.is_clean() => Ok(Outcome::Counted(count)),
        Some(_) | None => Err(Failure::new(format!("{} ended with {status}", machine::shown(&command)))),
    }
}

/// Reads `Summary [ 1.2s] 9 tests run: 7 passed (1 slow), 1 failed, 1 timed out, 3 skipped`.
fn summary(line: &str) -> Option<Count> {
    let (_, counts) = line.trim_start().strip_prefix("Summary")?.split_once(" run: ")?;
    let mut count = Count { passed: 0, failed: 0 };
    for part in counts.split(", ") {
        let (number, word) = part.split_once(' ')?;
        // Inside the brackets of `(1 slow, 1 flaky)`.
        let Ok(number) = number.parse::<u64>() else { continue };
        if word.starts_with("passed") {
            count.passed += number;
        } else if !word.starts_with("skipped") && !word.ends_with(')') {
            count.failed += number;
        }
    }
    Some(count)
}

#[cfg(test)]
mod tests;
