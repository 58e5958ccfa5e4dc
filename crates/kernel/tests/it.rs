//! Tests of the path through the crate's public face.

#[path = "it/proofs.rs"]
mod proofs;
#[path = "it/walk.rs"]
mod walk;
#[path = "it/world.rs"]
mod world;
