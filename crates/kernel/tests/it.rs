//! Tests of the path through the crate's public face.

#[cfg(test)]
mod it {
    mod proofs;
    mod walk;
    mod world;
}
