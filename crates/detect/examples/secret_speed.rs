//! Figures of the scanner (text: secrets and personal data; JSON: secrets) on this machine: `cargo run --release -p ringfence-detect --example secret_speed`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures and prints")]

use std::hint::black_box;
use std::time::Instant;

use ringfence_detect::secret::{RuleError, SecretScanner, Sought};
use ringfence_model::json::JsonText;

fn main() -> Result<(), RuleError> {
    let start = Instant::now();
    let scanner = SecretScanner::new()?;
    println!("{} rules ready in {:?}, {} bytes", scanner.rule_count(), start.elapsed(), scanner.idle_bytes());
    let item = r#"{"id":1042,"name":"Quarterly report","owner":"maria","path":"/srv/data/reports/q3.csv","tags":["finance","draft"],"size":88213,"note":"Please look at the second table before Tuesday; the figures of March are wrong."}"#;
    for kilobytes in [1_usize, 10, 64, 1024] {
        let body = vec![item; (kilobytes * 1024).div_ceil(item.len() + 1)].join(",");
        let text = format!("[{body}]");
        let Ok(json) = JsonText::try_from(text.clone()) else { continue };
        let rounds = 200_000 / kilobytes;
        let per_text = time(rounds, || scanner.find_in_text(black_box(&text), Sought::Both).len());
        let per_json = time(rounds, || scanner.find_in_json(black_box(&json), Sought::Secrets).len());
        #[expect(clippy::cast_precision_loss, reason = "figures for a person")]
        let speed = |nanoseconds: f64| text.len() as f64 / nanoseconds * 1000.0;
        println!(
            "{kilobytes:5} KB clean: both in text {:9.2} us {:6.0} MB/s   secrets in json {:9.2} us {:6.0} MB/s",
            per_text / 1000.0,
            speed(per_text),
            per_json / 1000.0,
            speed(per_json)
        );
    }
    Ok(())
}

/// Nanoseconds per round.
#[expect(clippy::cast_precision_loss, reason = "figures for a person")]
fn time(rounds: usize, mut work: impl FnMut() -> usize) -> f64 {
    let start = Instant::now();
    for _ in 0..rounds {
        black_box(work());
    }
    start.elapsed().as_nanos() as f64 / rounds as f64
}
