//! `cargo xtask train injection`: makes `data/injection.weights` from the corpora. Must never read a set that the model
//! card does not name.
#![expect(clippy::print_stderr, reason = "a program that says what it did")]
#![expect(clippy::disallowed_methods, reason = "it reads the corpora's place")]

use std::process::ExitCode;

#[path = "../eval/corpus.rs"]
mod corpus;
mod docs;
mod examples;
mod phrases;

use corpus::Corpora;
use ringfence_detect::injection::Lexicon;

/// Why there are no weights.
type Failure = Box<dyn std::error::Error>;

/// Where the weights go, from this crate's folder.
const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/injection.weights");

fn main() -> ExitCode {
    match train() {
        Ok(said) => {
            eprintln!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("train injection: {error}");
            ExitCode::from(2)
        }
    }
}

fn train() -> Result<String, Failure> {
    let lexicon = Lexicon::new()?;
    let groups = examples::all(&Corpora::of_environment(), &lexicon)?;
    let bytes = examples::learn(&groups, &[]).to_bytes();
    std::fs::write(WEIGHTS, &bytes)?;
    let all = || groups.values().flatten();
    let attacks = all().filter(|example| example.attack).count();
    Ok(format!("{} windows, {attacks} of them attacks: {} bytes of weights", all().count(), bytes.len()))
}
