use std::path::PathBuf;

use super::*;
use crate::workspace::Dependency;

/// A crate in its place, whose dependencies are written `name`, `dev:name` or `build:name`.
fn member(package: &str, uses: &[&str]) -> Crate {
    let manifest = format!("crates/{}/Cargo.toml", short(package));
    let mut text = format!("[package]\nname = \"{package}\"\n");
    let mut dependencies = Vec::new();
    for used in uses {
        let (kind, table, name) = match used.split_once(':') {
            Some(("dev", name)) => (DependencyKind::Dev, "dev-dependencies", name),
            Some(("build", name)) => (DependencyKind::Build, "build-dependencies", name),
            _ => (DependencyKind::Normal, "dependencies", *used),
        };
        text += &format!("[{table}]\n{name}.workspace = true\n");
        dependencies.push(Dependency { name: name.to_owned(), kind });
    }
    let package = Package { name: package.to_owned(), manifest_path: PathBuf::from(&manifest), dependencies };
    Crate::new(&package, &manifest, &[TextFile { path: manifest.clone(), text }])
}

fn found(crates: &[Crate]) -> Vec<(String, usize)> {
    breaches(crates).into_iter().map(|breach| (breach.path, breach.line)).collect()
}

#[test]
fn downward_uses_are_fine() {
    let crates = [
        member("ringfence-model", &["serde"]),
        member("ringfence-detect", &["ringfence-model"]),
        member("ringfence-net", &["ringfence-model", "tokio"]),
        member("ringfence-mcp", &["ringfence-net", "ringfence-model", "tokio"]),
        member("ringfence-kernel", &["ringfence-mcp", "ringfence-detect"]),
        member("ringfence", &["ringfence-kernel"]),
    ];
    assert_eq!(breaches(&crates), []);
}

#[test]
fn upward_and_sideways_uses_are_breaches_at_their_line() {
    let crates = [
        member("ringfence-model", &["ringfence-policy"]),
        member("ringfence-policy", &["ringfence-model", "ringfence-detect"]),
        member("ringfence-detect", &[]),
        member("ringfence-net", &["ringfence-mcp"]),
        member("ringfence-mcp", &[]),
        member("ringfence-tools", &["ringfence-edge"]),
        member("ringfence-edge", &[]),
    ];
    let expected = [("model", 4), ("policy", 6), ("net", 4), ("tools", 4)];
    assert_eq!(found(&crates), expected.map(|(name, line)| (format!("crates/{name}/Cargo.toml"), line)));
}

#[test]
fn tests_may_use_a_neighbour_and_nothing_above() {
    let kernel = member("ringfence-kernel", &[]);
    let journal = member("ringfence-journal", &["dev:ringfence-store", "dev:ringfence-kernel"]);
    let store = member("ringfence-store", &["build:ringfence-journal"]);
    assert_eq!(
        found(&[kernel, journal, store]),
        [("crates/journal/Cargo.toml".to_owned(), 6), ("crates/store/Cargo.toml".to_owned(), 4)]
    );
}

#[test]
fn a_crate_without_a_layer_and_a_use_of_xtask_are_breaches() {
    let mut xtask = member("xtask", &["ringfence-model"]);
    xtask.manifest = "xtask/Cargo.toml".to_owned();
    let crates = [xtask, member("ringfence-model", &["xtask"]), member("ringfence-extras", &[])];
    assert_eq!(
        found(&crates),
        [("crates/model/Cargo.toml".to_owned(), 4), ("crates/extras/Cargo.toml".to_owned(), 1)]
    );
}

#[test]
fn a_pure_crate_names_no_io_and_reaches_none() {
    let policy = member("ringfence-policy", &["tokio", "dev:tempfile", "regex"]);
    assert_eq!(found(std::slice::from_ref(&policy)), [("crates/policy/Cargo.toml".to_owned(), 4)]);

    let graph: DependencyGraph = [("ringfence-policy", "regex"), ("regex", "odd"), ("odd", "mio")]
        .map(|(user, used)| (user.to_owned(), BTreeSet::from([used.to_owned()])))
        .into();
    let messages: Vec<String> = impure_closures(&[policy], &graph).into_iter().map(|b| b.message).collect();
    assert_eq!(messages, ["`policy` is pure and reaches `mio`: ringfence-policy -> regex -> odd -> mio"]);
}

#[test]
fn a_banned_family_is_found_by_its_first_letters() {
    let graph: DependencyGraph =
        ["fsqlite-parts", "sqlx-sqlite"].map(|name| (name.to_owned(), BTreeSet::new())).into();
    assert_eq!(banned_families(&graph).len(), 1);
}
