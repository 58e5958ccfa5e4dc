#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tmp")]
fn main(){ let s=ringfence_detect::secret::SecretScanner::new().unwrap(); println!("{} bytes", s.automaton_bytes()); }
