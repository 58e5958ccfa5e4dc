//! A permit cannot be made outside of the stage that decides.
use ringfence_kernel::call::{Assessed, Permitted};
use ringfence_model::verdict::Verdict;

fn forge(assessed: Assessed, verdict: Verdict) -> Permitted {
    Permitted { assessed, verdict, confirmed: true }
}

fn main() {}
