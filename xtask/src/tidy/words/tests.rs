use super::*;

const NONE: [usize; 0] = [];

fn found(path: &str, text: &str) -> Vec<usize> {
    let files = [TextFile { path: path.to_owned(), text: text.to_owned() }];
    let sources: Vec<Source<'_>> = files.iter().filter_map(Source::of).collect();
    breaches(&files, &sources).into_iter().map(|breach| breach.line).collect()
}

#[test]
fn paths_of_a_machine_are_found_where_they_start() {
    let work = MACHINE_PATHS[0];
    assert_eq!(found("docs/a.md", &format!("see\n`{work}main`\n")), [2]);
    assert_eq!(found("docs/a.md", &format!("~{work}a home{work}b https://example.org{work}c\n")), NONE);
}

#[test]
fn the_home_of_root_may_be_a_target_in_a_test_only() {
    let text = format!("let path = \"{TARGETS_IN_TESTS}.ssh/id\";\n");
    assert_eq!(found("crates/detect/src/command/tests.rs", &text), NONE);
    assert_eq!(found("crates/detect/src/command.rs", &text), [1]);
}

#[test]
fn a_promise_names_its_issue() {
    let word = PROMISES[0];
    assert_eq!(found("crates/net/src/a.rs", &format!("// {word}: later\n// {word}(#12): later\n")), [1]);
    assert_eq!(found("crates/net/src/a.rs", &format!("let word = \"{word}\"; // {word}S\n")), NONE);
    assert_eq!(found("bench/nginx.conf", &format!("listen 1; # {word}\n{word} 1;\n")), [1]);
    assert_eq!(found("docs/a.md", word), NONE);
}

#[test]
fn lock_files_name_no_host() {
    assert_eq!(
        found("tests/peers/package-lock.json", "{\n  \"resolved\": \"https://example.org/a.tgz\",\n}\n"),
        [2]
    );
    assert_eq!(
        found("tests/peers/requirements.txt", "a==1\n--index-url x\nb @ https://example.org/b\n"),
        [2, 3]
    );
    let lock = format!("source = \"{CRATES_IO}\"\nsource = \"registry+https://example.org\"\n");
    assert_eq!(found("Cargo.lock", &lock), [2]);
}
