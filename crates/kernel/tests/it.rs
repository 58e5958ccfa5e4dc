//! Tests of the path through the crate's public face.

#[cfg(test)]
mod it {
    mod approvals;
    mod inspect;
    mod proofs;
    mod rules;
    mod walk;
    mod world;
}
