//! The reference pages as `cargo xtask gen` has them printed.

use super::home::Home;

#[test]
fn a_page_depends_on_neither_terminal_nor_kernel() {
    let home = Home::new();
    for page in ["cli", "tools"] {
        let printed = home.run(&["reference", page]);
        assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
        assert!(printed.stdout.starts_with("# "), "{}", printed.stdout);
        let mut narrow = home.command(&["reference", page]);
        let narrow = home.finish(narrow.env("COLUMNS", "40").spawn().unwrap());
        assert_eq!(narrow, printed);
    }
    assert!(!home.data().exists());
}
