//! Pairs of insecure and mended programs, written for this project; `pairs/<language>.txt`. Must never hold a row of
//! somebody else's set.
//!
//! `## CWE-n what it is` opens a pair, `~~~` stands between what is wrong and what is mended. A title that ends with
//! `(missed)` or `(doubted)` names a pair of which one half is judged wrongly today.

/// The languages, and the files of their pairs.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("c", include_str!("pairs/c.txt")),
    ("cpp", include_str!("pairs/cpp.txt")),
    ("csharp", include_str!("pairs/csharp.txt")),
    ("go", include_str!("pairs/go.txt")),
    ("java", include_str!("pairs/java.txt")),
    ("javascript", include_str!("pairs/javascript.txt")),
    ("php", include_str!("pairs/php.txt")),
    ("python", include_str!("pairs/python.txt")),
    ("ruby", include_str!("pairs/ruby.txt")),
    ("rust", include_str!("pairs/rust.txt")),
    ("typescript", include_str!("pairs/typescript.txt")),
];

/// A pair.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) title: &'static str,
    pub(crate) insecure: &'static str,
    pub(crate) mended: &'static str,
}

/// The pairs of a file, in its order.
pub(crate) fn read(text: &'static str) -> impl Iterator<Item = Pair> {
    text.split("\n## ").filter_map(|block| {
        let (title, body) = block.trim_start_matches("## ").split_once('\n')?;
        let (insecure, mended) = body.split_once("\n~~~\n")?;
        Some(Pair { title, insecure, mended })
    })
}
