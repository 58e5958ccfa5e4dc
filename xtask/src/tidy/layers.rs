//! Which crate may use which: the table of ARCHITECTURE.md, held against the manifests.
//!
//! A new crate needs a line here before it can use another; nothing is allowed by default.

use std::collections::{BTreeMap, BTreeSet};

use super::Breach;
use crate::workspace::{DependencyGraph, DependencyKind, Package, TextFile};

/// Crates from the lowest rank up. Those of one rank do not use each other.
const RANKS: [(u8, &[&str]); 8] = [
    (0, &["model"]),
    (1, &["detect", "policy", "flow"]),
    (2, &["net"]),
    (2, &["mcp", "journal", "store", "sandbox", "identity"]),
    (3, &["kernel"]),
    (4, &["agents", "govern"]),
    (5, &["tools", "edge"]),
    (6, &["ringfence"]),
];

/// Layers without files, network, clock or tasks.
const PURE: u8 = 1;

/// What a pure crate must not name as a dependency.
const IMPURE: [&str; 12] = [
    "getrandom",
    "hyper",
    "hyper-util",
    "libc",
    "mio",
    "nix",
    "rustix",
    "rustls",
    "socket2",
    "sqlx",
    "tempfile",
    "tokio",
];

/// What a pure crate must not even reach through others.
const IMPURE_DEEP: [&str; 6] = ["hyper", "mio", "rustls", "socket2", "sqlx", "tokio"];

/// Families of packages that no crate may reach: cargo-deny bans only whole names.
const BANNED_FAMILIES: [&str; 1] = ["fsqlite"];

/// A workspace package and where its manifest names each dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crate {
    package: String,
    manifest: String,
    uses: Vec<Use>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Use {
    name: String,
    kind: DependencyKind,
    line: usize,
}

impl Crate {
    /// `manifest` is the path of its Cargo.toml from the root.
    pub(crate) fn new(package: &Package, manifest: &str, files: &[TextFile]) -> Self {
        let text = files.iter().find(|file| file.path == manifest).map_or("", |file| file.text.as_str());
        let uses = package.dependencies.iter().map(|dependency| Use {
            name: dependency.name.clone(),
            kind: dependency.kind,
            line: line_of(text, &dependency.name, dependency.kind),
        });
        Self { package: package.name.clone(), manifest: manifest.to_owned(), uses: uses.collect() }
    }

    /// The name under `crates/`: `net` for `ringfence-net`.
    pub(crate) fn short(&self) -> &str {
        short(&self.package)
    }

    /// Where the manifest names the SQL library, tests apart.
    pub(crate) fn uses_of_sql(&self) -> impl Iterator<Item = Breach> + '_ {
        let named = self.uses.iter().filter(|used| used.name == "sqlx" && used.kind != DependencyKind::Dev);
        named.map(|used| {
            Breach::new(&self.manifest, used.line, "only crates/store may use `sqlx`: add a query there")
        })
    }

    /// The folder under `crates/`; `None` for what stands apart (xtask).
    pub(crate) fn folder(&self) -> Option<&str> {
        self.manifest.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")
    }
}

/// Whether the crate in `crates/<folder>` must be pure.
pub(crate) fn is_pure(folder: &str) -> bool {
    rank(folder).is_some_and(|(_, layer)| layer <= PURE)
}

/// Crates out of the table, uses that do not go down, and impure dependencies of pure crates.
pub(crate) fn breaches(crates: &[Crate]) -> Vec<Breach> {
    let ours: BTreeSet<&str> = crates.iter().map(|own| own.package.as_str()).collect();
    let mut breaches = Vec::new();
    for own in crates.iter().filter(|own| own.folder().is_some()) {
        let Some(rank_of_own) = rank(own.short()) else {
            let message = format!(
                "crate `{}` has no layer: give it one in design.md, ARCHITECTURE.md and xtask/src/tidy/layers.rs",
                own.package
            );
            breaches.push(Breach::new(&own.manifest, 1, message));
            continue;
        };
        if own.folder() != Some(own.short()) {
            let message = format!("package `{}` belongs in crates/{}", own.package, own.short());
            breaches.push(Breach::new(&own.manifest, 1, message));
        }
        let found =
            own.uses.iter().filter_map(|used| fault(own, rank_of_own, used, &ours).map(|m| (used.line, m)));
        breaches.extend(found.map(|(line, message)| Breach::new(&own.manifest, line, message)));
    }
    breaches
}

fn fault(own: &Crate, (height, layer): (usize, u8), used: &Use, ours: &BTreeSet<&str>) -> Option<String> {
    if !ours.contains(used.name.as_str()) {
        let impure =
            layer <= PURE && used.kind == DependencyKind::Normal && IMPURE.contains(&used.name.as_str());
        return impure.then(|| {
            format!(
                "`{}` is pure (layer {layer}) and must not use `{}`: move the I/O to a crate of layer 2",
                own.short(),
                used.name
            )
        });
    }
    let Some((other_height, other_layer)) = rank(short(&used.name)) else {
        return Some(format!("`{}` stands apart from the layers: no crate may use it", used.name));
    };
    // A test may use a neighbour to drive what it tests, never what lies above.
    let allowed = match used.kind {
        DependencyKind::Normal | DependencyKind::Build => other_height < height,
        DependencyKind::Dev => other_height <= height,
    };
    (!allowed).then(|| {
        format!(
            "`{}` (layer {layer}) must not use `{}` (layer {other_layer}): a crate uses only lower layers; \
             move what both need down",
            own.short(),
            short(&used.name)
        )
    })
}

/// Pure crates that reach I/O through their dependencies.
pub(crate) fn impure_closures(crates: &[Crate], graph: &DependencyGraph) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for own in crates.iter().filter(|own| own.folder().is_some_and(is_pure)) {
        for (reached, way) in reach(&own.package, graph) {
            if IMPURE_DEEP.contains(&reached.as_str()) {
                let message =
                    format!("`{}` is pure and reaches `{reached}`: {}", own.short(), way.join(" -> "));
                breaches.push(Breach::new(&own.manifest, 1, message));
            }
        }
    }
    breaches
}

/// Packages of a banned family anywhere in the lock file.
pub(crate) fn banned_families(graph: &DependencyGraph) -> Vec<Breach> {
    let banned = graph.keys().filter(|name| BANNED_FAMILIES.iter().any(|family| name.starts_with(family)));
    let message =
        |name| format!("`{name}` has a licence that excludes some users: use `sqlx` in crates/store");
    banned.map(|name| Breach::new("Cargo.lock", 1, message(name))).collect()
}

/// Every package that `from` is built with, and a shortest way there.
fn reach(from: &str, graph: &DependencyGraph) -> BTreeMap<String, Vec<String>> {
    let mut ways: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut edge = vec![vec![from.to_owned()]];
    while !edge.is_empty() {
        let mut next = Vec::new();
        for way in edge {
            let Some(users) = way.last().and_then(|last| graph.get(last)) else { continue };
            for used in users.iter().filter(|used| *used != from) {
                if !ways.contains_key(used) {
                    let longer: Vec<String> = way.iter().chain([used]).cloned().collect();
                    ways.insert(used.clone(), longer.clone());
                    next.push(longer);
                }
            }
        }
        edge = next;
    }
    ways
}

/// The height in the table and the layer.
fn rank(short: &str) -> Option<(usize, u8)> {
    let found = RANKS.iter().enumerate().find(|(_, (_, names))| names.contains(&short));
    found.map(|(height, (layer, _))| (height, *layer))
}

fn short(package: &str) -> &str {
    package.strip_prefix("ringfence-").unwrap_or(package)
}

/// The line of the manifest that names the dependency, in the table of its kind; 1 where none does.
fn line_of(manifest: &str, name: &str, kind: DependencyKind) -> usize {
    let wanted = match kind {
        DependencyKind::Normal => "dependencies",
        DependencyKind::Dev => "dev-dependencies",
        DependencyKind::Build => "build-dependencies",
    };
    let mut table = "";
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_end_matches(']').rsplit('.').next().unwrap_or_default();
            if table == name {
                return index + 1;
            }
        } else if table == wanted {
            let key = line.split(['=', '.']).next().unwrap_or_default().trim().trim_matches('"');
            if key == name {
                return index + 1;
            }
        }
    }
    1
}

#[cfg(test)]
mod tests;
