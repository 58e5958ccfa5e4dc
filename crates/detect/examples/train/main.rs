//! `cargo xtask train injection`: makes `data/injection.weights` from the corpora. Must never read a set that the model
//! card does not name.
#![expect(clippy::print_stderr, reason = "a program that says what it did")]
#![expect(clippy::disallowed_methods, reason = "it reads the corpora's place")]

use std::process::ExitCode;

#[path = "../eval/corpus.rs"]
mod corpus;
mod examples;
mod phrases;

use corpus::Corpora;
use ringfence_detect::injection::Fit;
use ringfence_detect::injection::Lexicon;

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

fn train() -> Result<String, Box<dyn std::error::Error>> {
    let lexicon = Lexicon::new()?;
    let groups = examples::all(&Corpora::of_environment(), &lexicon)?;
    let examples = examples::without(&groups, &[]);
    let bytes = Fit::SHIPPED.run(&examples).to_bytes();
    std::fs::write(WEIGHTS, &bytes)?;
    let attacks = examples.iter().filter(|example| example.attack).count();
    Ok(format!("{} windows, {attacks} of them attacks: {} bytes of weights", examples.len(), bytes.len()))
}
