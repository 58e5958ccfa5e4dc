//! How files are laid out and named.

use super::Breach;
use super::source::{Path, Source};

/// Longest file by hand, in lines; 250 is the aim.
const LONGEST: usize = 600;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] =
    ["common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"];

/// Types that exist once in the workspace: two of them would disagree.
const ONCE: [&str; 2] = ["Decision", "Severity"];

/// All breaches; `generated` files may be as long as they are.
pub(crate) fn breaches(sources: &[Source<'_>], generated: &[&str]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        let paths = source.paths();
        breaches.extend(too_long(source, generated));
        breaches.extend(mod_rs(source));
        breaches.extend(no_module_doc(source));
        breaches.extend(tests_inside(source));
        breaches.extend(empty_file_name(source));
        breaches.extend(empty_module_names(source, &paths));
    }
    for name in ONCE {
        breaches.extend(declared_again(sources, name));
    }
    breaches
}

fn too_long(source: &Source<'_>, generated: &[&str]) -> Option<Breach> {
    let lines = source.text.lines().count();
    let counts = lines > LONGEST && !source.is_test() && !generated.contains(&source.path);
    counts.then(|| {
        let message =
            format!("{lines} lines, at most {LONGEST}: split it by concept into `foo.rs` and `foo/`");
        Breach::new(source.path, LONGEST + 1, message)
    })
}

fn mod_rs(source: &Source<'_>) -> Option<Breach> {
    let last = source.path.rsplit('/').next();
    (last == Some("mod.rs")).then(|| Breach::new(source.path, 1, "no mod.rs: use `foo.rs` beside `foo/`"))
}

fn no_module_doc(source: &Source<'_>) -> Option<Breach> {
    let is_module = source.path.contains("src/") && !source.is_test();
    let first = source.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    (is_module && !first.starts_with("//!")).then(|| {
        Breach::new(source.path, 1, "open with `//!`: what the module owns, and one thing it must never do")
    })
}

/// A test binary holds its tests in such a module, so that lints take them for tests; code under `src` does not.
fn tests_inside(source: &Source<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if source.is_test() {
        return breaches;
    }
    let mut lines = source.code.lines().enumerate().peekable();
    while let Some((_, line)) = lines.next() {
        let Some((_, same_line)) = line.split_once("#[cfg(test)]") else { continue };
        let (index, next) = match same_line.trim() {
            "" => lines.peek().copied().unwrap_or_default(),
            rest => (0, rest),
        };
        if next.trim_start().starts_with("mod ") && next.contains('{') {
            breaches.push(Breach::new(
                source.path,
                index.max(1) + 1,
                "tests stand beside: `mod tests;` and `foo/tests.rs`",
            ));
        }
    }
    breaches
}

fn empty_file_name(source: &Source<'_>) -> Option<Breach> {
    let named = source
        .path
        .split('/')
        .map(|part| part.strip_suffix(".rs").unwrap_or(part))
        .find(|part| is_empty_name(part));
    named.map(|name| Breach::new(source.path, 1, rename(name)))
}

fn empty_module_names(source: &Source<'_>, paths: &[Path]) -> Vec<Breach> {
    let declared = paths.windows(2).filter_map(|pair| match pair {
        [keyword, name] if keyword.is("mod") => name.segments.first().map(|segment| (name.line, segment)),
        _ => None,
    });
    declared
        .filter(|(_, name)| is_empty_name(name))
        .map(|(line, name)| Breach::new(source.path, line, rename(name)))
        .collect()
}

fn is_empty_name(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or(name);
    let version =
        last.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let suffixed = last.len() < name.len() && (last == "support" || version);
    EMPTY_NAMES.contains(&last) || suffixed
}

fn rename(name: &str) -> String {
    format!("`{name}` names no concept: name the module after what it owns")
}

fn declared_again(sources: &[Source<'_>], name: &str) -> Vec<Breach> {
    let declarations = sources.iter().filter(|source| source.shipped_by().is_some()).flat_map(|source| {
        let paths = source.paths();
        let lines: Vec<usize> = paths
            .windows(2)
            .filter(|pair| matches!(pair, [keyword, named] if keyword.is("enum") && named.is(name)))
            .filter_map(|pair| pair.last().map(|path| path.line))
            .collect();
        lines.into_iter().map(|line| (source.path, line))
    });
    let mut declarations: Vec<(&str, usize)> = declarations.collect();
    // The one of the shared vocabulary is the right one.
    declarations.sort_by_key(|(path, _)| !path.starts_with("crates/model/"));
    match declarations.as_slice() {
        [] => vec![Breach::new(
            "crates/model/src/lib.rs",
            1,
            format!("`enum {name}` is missing from the model"),
        )],
        [(first, _), again @ ..] => {
            let message = format!("a second `enum {name}`: use the one of {first}");
            again.iter().map(|(path, line)| Breach::new(path, *line, message.clone())).collect()
        }
    }
}

#[cfg(test)]
mod tests;
