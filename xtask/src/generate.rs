//! `cargo xtask gen`: files that are written from the code and committed.
//!
//! A generator returns the whole text; it must depend on nothing but the code, or two machines disagree.

use schemars::schema_for;

use crate::args::Args;
use crate::failure::{Context as _, Failure};
use crate::tidy::Breach;
use crate::workspace::Workspace;
use crate::{machine, say};

mod rules;

/// A generated file.
struct Generator {
    /// From the root of the repository.
    path: &'static str,
    text: fn() -> Result<String, Failure>,
}

/// All of them. A new one is a line here.
const GENERATORS: [Generator; 8] = [
    Generator { path: "docs/ringfence.schema.json", text: config_schema },
    Generator { path: "docs/cli.md", text: || reference("cli") },
    Generator { path: "docs/tools.md", text: || reference("tools") },
    Generator { path: "crates/detect/src/secret/rules.rs", text: rules::secrets },
    Generator { path: "crates/detect/src/secret/letters.rs", text: rules::letters },
    Generator { path: "crates/detect/src/secret/tests/rows.rs", text: rules::secret_rows },
    Generator { path: "crates/detect/src/pii/rules.rs", text: rules::pii },
    Generator { path: "crates/detect/src/pii/tests/rows.rs", text: rules::pii_rows },
];

/// Writes what is stale; with `--check` only says so; with `--only FOLDER` leaves the other files alone.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let check = args.flag("--check");
    let only: String = args.value("--only")?.unwrap_or_default();
    args.finish()?;
    let workspace = Workspace::find()?;
    let differing = differing(&workspace, &only)?;
    if check {
        for (path, _) in &differing {
            say::result(format_args!("{}", stale_file(path)));
        }
        return if differing.is_empty() { Ok(()) } else { Err(Failure::new("generated files are stale")) };
    }
    for (path, text) in differing {
        machine::write(&workspace.root.join(path), &text)?;
        say::result(format_args!("wrote {path}"));
    }
    Ok(())
}

/// Files that are not what the code makes them.
pub(crate) fn stale(workspace: &Workspace) -> Result<Vec<Breach>, Failure> {
    Ok(differing(workspace, "")?.into_iter().map(|(path, _)| stale_file(path)).collect())
}

fn stale_file(path: &'static str) -> Breach {
    Breach::new(path, 1, "stale: run `cargo xtask gen` and commit the result")
}

/// The paths of those files that begin with `only`, and what they should be.
fn differing(workspace: &Workspace, only: &str) -> Result<Vec<(&'static str, String)>, Failure> {
    let mut differing = Vec::new();
    for generator in GENERATORS.iter().filter(|generator| generator.path.starts_with(only)) {
        let path = workspace.root.join(generator.path);
        let text = (generator.text)()?;
        if !path.is_file() || machine::read_text(&path)? != text {
            differing.push((generator.path, text));
        }
    }
    Ok(differing)
}

/// The generated files, from the root of the repository.
pub(crate) fn paths() -> Vec<&'static str> {
    GENERATORS.iter().map(|generator| generator.path).collect()
}

/// A reference page, printed by the program itself.
fn reference(page: &str) -> Result<String, Failure> {
    let mut program = machine::cargo();
    program.args(["run", "--quiet", "--package", "ringfence", "--", "reference", page]);
    String::from_utf8(machine::output(&mut program)?).context("the reference page")
}

/// JSON Schema of `ringfence.yaml`.
fn config_schema() -> Result<String, Failure> {
    let schema = schema_for!(ringfence_model::config::Config);
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").context("the schema of the configuration")
}
