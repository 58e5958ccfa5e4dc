//! `check --jsonl`: one result line for each line of stdin, in order. A line that cannot be read gets an error and the
//! run goes on; must never hold more than one line.

use std::io::{self, BufRead, Read as _};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Checked, Checker, INPUT_LIMIT};
use crate::output;
use crate::problem::{Exit, Stop, internal};

/// Most bytes of a line: an input of the largest size with every character escaped, and its id.
const LINE_LIMIT: usize = 6 * INPUT_LIMIT + 4_096;

/// One line of the input. Further members are the caller's own.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    text: String,
    #[serde(default)]
    language: Option<String>,
}

/// One line of the output.
#[derive(Serialize)]
struct Answer {
    id: Value,
    #[serde(flatten)]
    checked: Checked,
}

/// A line of stdin.
enum Read {
    Whole(Vec<u8>),
    TooLong,
}

pub(super) fn run(checker: &Checker) -> Result<Exit, Stop> {
    let mut stdin = io::stdin().lock();
    let mut worst = Exit::Yes;
    loop {
        let read =
            next(&mut stdin).map_err(|error| internal("stdin", format!("cannot read stdin: {error}")))?;
        let Some(read) = read else { return Ok(worst) };
        let exit = match answer(checker, read) {
            None => continue,
            Some(Ok(answer)) => {
                output::json(&answer)?;
                if answer.checked.safe { Exit::Yes } else { Exit::Finding }
            }
            Some(Err((id, error))) => {
                output::json(&json!({ "id": id, "error": error }))?;
                Exit::CouldNot
            }
        };
        worst = worst.max(exit);
    }
}

/// The answer to one line, or its id and what is wrong with it; none for an empty line.
fn answer(checker: &Checker, read: Read) -> Option<Result<Answer, (Value, String)>> {
    let bytes = match read {
        Read::Whole(bytes) if bytes.trim_ascii().is_empty() => return None,
        Read::Whole(bytes) => bytes,
        Read::TooLong => {
            return Some(Err((Value::Null, format!("a line is longer than {LINE_LIMIT} bytes"))));
        }
    };
    let line: Line = match serde_json::from_slice(&bytes) {
        Ok(line) => line,
        Err(error) => {
            let id = serde_json::from_slice::<Value>(&bytes)
                .ok()
                .and_then(|mut line| line.get_mut("id").map(Value::take));
            return Some(Err((id.unwrap_or_default(), error.to_string())));
        }
    };
    if line.text.len() > INPUT_LIMIT {
        return Some(Err((line.id, format!("the text is longer than {INPUT_LIMIT} bytes"))));
    }
    Some(match checker.check(&line.text, line.language.as_deref()) {
        Ok(checked) => Ok(Answer { id: line.id, checked }),
        Err(problem) => Err((line.id, problem.message)),
    })
}

fn next(input: &mut impl BufRead) -> io::Result<Option<Read>> {
    let mut line = Vec::new();
    input.by_ref().take(LINE_LIMIT as u64).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.ends_with(b"\n") || line.len() < LINE_LIMIT {
        return Ok(Some(Read::Whole(line)));
    }
    drop(line);
    loop {
        let chunk = input.fill_buf()?;
        match chunk.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                input.consume(end + 1);
                return Ok(Some(Read::TooLong));
            }
            None if chunk.is_empty() => return Ok(Some(Read::TooLong)),
            None => {
                let length = chunk.len();
                input.consume(length);
            }
        }
    }
}
