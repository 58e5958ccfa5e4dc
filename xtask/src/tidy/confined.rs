//! What only some crates may do: I/O, `unsafe`, listening, SQL.
//!
//! Reads code, not intent: a macro or an alias can hide a breach, so the compiler's own lints stay on beside it.

use super::Breach;
use super::layers::{self, Crate};
use super::source::{Path, Source};

/// Paths that the pure layers must not touch, and where what they give comes from instead.
const IMPURE: [(&[&str], &str); 14] = [
    (&["tokio"], "keep the engine sync"),
    (&["hyper"], "keep the network above"),
    (&["std", "fs"], "take the bytes, or `include_bytes!` a data file"),
    (&["std", "env"], "take the value from the configuration"),
    (&["std", "process"], "leave processes to the sandbox and the kernel"),
    (&["std", "thread"], "keep the engine a function"),
    (&["std", "io", "stdin"], "take the text"),
    (&["std", "net", "TcpStream"], "keep the network in `net`"),
    (&["std", "net", "TcpListener"], "keep the network in `net`"),
    (&["std", "net", "UdpSocket"], "keep the network in `net`"),
    (&["std", "net", "ToSocketAddrs"], "it resolves names: keep the network in `net`"),
    (&["std", "os"], "leave the system to a crate of layer 2"),
    (&["std", "time", "SystemTime"], "take the time from the caller"),
    (&["std", "time", "Instant"], "take the time from the caller"),
];

/// A word that only one crate may use.
struct Confined {
    word: &'static str,
    to: &'static str,
    advice: &'static str,
}

const CONFINED: [Confined; 3] = [
    Confined {
        word: "unsafe",
        to: "sandbox",
        advice: "use a safe crate, or put the system call into crates/sandbox",
    },
    Confined { word: "TcpListener", to: "edge", advice: "only crates/edge binds TCP" },
    Confined { word: "sqlx", to: "store", advice: "only crates/store speaks SQL: add a query there" },
];

/// All uses out of their place.
pub(crate) fn breaches(sources: &[Source<'_>], crates: &[Crate]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        let paths = source.paths();
        if let Some(folder) = source.shipped_by() {
            if layers::is_pure(folder) {
                breaches.extend(impure(source, &paths, folder));
            }
            breaches.extend(confined(source, &paths, folder));
        } else {
            breaches.extend(unsafe_apart(source, &paths));
        }
    }
    breaches.extend(crates.iter().filter(|own| own.folder() != Some("store")).flat_map(Crate::uses_of_sql));
    breaches
}

fn impure<'a>(
    source: &'a Source<'_>,
    paths: &'a [Path],
    folder: &'a str,
) -> impl Iterator<Item = Breach> + 'a {
    paths.iter().filter_map(move |path| {
        let (start, advice) = IMPURE.iter().find(|(start, _)| path.starts_with(start))?;
        let message = format!("`{folder}` is pure and must not use `{}`: {advice}", start.join("::"));
        Some(Breach::new(source.path, path.line, message))
    })
}

fn confined<'a>(
    source: &'a Source<'_>,
    paths: &'a [Path],
    folder: &'a str,
) -> impl Iterator<Item = Breach> + 'a {
    paths.iter().filter_map(move |path| {
        let rule = CONFINED.iter().find(|rule| rule.to != folder && path.contains(rule.word))?;
        Some(Breach::new(source.path, path.line, format!("`{}` here: {}", rule.word, rule.advice)))
    })
}

/// Tests and xtask may listen; they have no more right to `unsafe` than the rest.
fn unsafe_apart<'a>(source: &'a Source<'_>, paths: &'a [Path]) -> impl Iterator<Item = Breach> + 'a {
    let elsewhere = !source.path.starts_with("crates/sandbox/");
    paths.iter().filter(move |path| elsewhere && path.is("unsafe")).map(|path| {
        let message = "`unsafe` here: use a safe crate, or put the system call into crates/sandbox";
        Breach::new(source.path, path.line, message)
    })
}

#[cfg(test)]
mod tests;
