//! `cargo xtask gen`: files that are written from the code and committed.
//!
//! A generator returns the whole text; it must depend on nothing but the code, or two machines disagree.

use schemars::schema_for;

use crate::args::Args;
use crate::failure::{Context as _, Failure};
use crate::tidy::Breach;
use crate::workspace::Workspace;
use crate::{machine, say};

/// A generated file.
struct Generator {
    /// From the root of the repository.
    path: &'static str,
    text: fn() -> Result<String, Failure>,
}

/// All of them. A new one is a line here.
const GENERATORS: [Generator; 1] = [Generator { path: "docs/ringfence.schema.json", text: config_schema }];

/// Writes what is stale; with `--check` only says so.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let check = args.flag("--check");
    args.finish()?;
    let workspace = Workspace::find()?;
    let stale = stale(&workspace)?;
    if check {
        for breach in &stale {
            say::result(format_args!("{breach}"));
        }
        return if stale.is_empty() { Ok(()) } else { Err(Failure::new("generated files are stale")) };
    }
    for generator in
        GENERATORS.iter().filter(|generator| stale.iter().any(|breach| breach.path == generator.path))
    {
        machine::write(&workspace.root.join(generator.path), &(generator.text)()?)?;
        say::result(format_args!("wrote {}", generator.path));
    }
    Ok(())
}

/// Files that are not what the code makes them.
pub(crate) fn stale(workspace: &Workspace) -> Result<Vec<Breach>, Failure> {
    let mut stale = Vec::new();
    for generator in &GENERATORS {
        let path = workspace.root.join(generator.path);
        let fresh = path.is_file() && machine::read_text(&path)? == (generator.text)()?;
        if !fresh {
            stale.push(Breach::new(generator.path, 1, "stale: run `cargo xtask gen` and commit the result"));
        }
    }
    Ok(stale)
}

/// The generated files, from the root of the repository.
pub(crate) fn paths() -> Vec<&'static str> {
    GENERATORS.iter().map(|generator| generator.path).collect()
}

/// JSON Schema of `ringfence.yaml`.
fn config_schema() -> Result<String, Failure> {
    let schema = schema_for!(ringfence_model::config::Config);
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").context("the schema of the configuration")
}
