//! `ringfence policy presets`: the rule files that come with the binary.

use clap::Subcommand;
use ringfence_model::config::Preset;
use ringfence_policy::preset;
use serde_json::json;

use crate::cli::Context;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop, usage};

/// Show the rule files that come with the binary
#[derive(Debug, Subcommand)]
pub(crate) enum Presets {
    /// List them
    #[command(after_help = "\
Examples:
  ringfence policy presets list
  ringfence policy presets list --json | jq -r '.[].name'")]
    List,
    /// Print one, to be read, copied and changed
    #[command(after_help = "\
Examples:
  ringfence policy presets show hipaa
  ringfence policy presets show read-only-access > policy/read-only.yaml")]
    Show {
        /// Its name
        name: String,
    },
}

impl Presets {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::List => list(context),
            Self::Show { name } => show(context, &name),
        }
    }
}

fn list(context: &Context) -> Result<Exit, Stop> {
    let rows = Preset::ALL.map(|preset| (preset.as_str(), title(preset)));
    match context.format {
        Format::Json => {
            let rows = rows.map(|(name, title)| json!({ "name": name, "title": title }));
            output::json(&rows)?;
        }
        Format::Text => {
            let rows: Vec<_> = rows.map(|(name, title)| vec![name.to_owned(), title]).into();
            output::text(&output::table(&["NAME", "TITLE"], &rows))?;
        }
    }
    Ok(Exit::Yes)
}

/// The first line of the file says it.
fn title(preset: Preset) -> String {
    let text = preset::text(preset);
    text.lines().find_map(|line| line.strip_prefix("title: ")).unwrap_or_default().to_owned()
}

fn show(context: &Context, name: &str) -> Result<Exit, Stop> {
    let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.as_str() == name) else {
        let problem = usage(format!("there is no preset `{name}`"));
        return Err(problem.hint("`ringfence policy presets list` shows them").into());
    };
    let text = preset::text(preset);
    match context.format {
        Format::Json => output::json(&json!({ "name": name, "text": text }))?,
        Format::Text => output::text(text.trim_end())?,
    }
    Ok(Exit::Yes)
}
