//! What must not compile: the path cannot be skipped, forged or left early.

#[test]
fn the_path_cannot_be_skipped_forged_or_left() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/proofs/*.rs");
}
