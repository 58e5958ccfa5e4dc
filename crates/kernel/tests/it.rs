//! Tests of the path through the crate's public face.

#[cfg(test)]
mod it {
    mod approvals;
    mod clock;
    mod commitments;
    mod inspect;
    mod proofs;
    mod retries;
    mod rules;
    mod walk;
    mod world;
}
