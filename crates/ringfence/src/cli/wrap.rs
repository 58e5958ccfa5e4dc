//! `ringfence wrap`: one MCP server behind the path, under its own names, for a client's configuration.

use std::path::Path;

use clap::Args;
use indexmap::IndexMap;
use ringfence_model::config::ServerConfig;
use ringfence_model::control::Role;
use ringfence_model::label::Integrity;
use ringfence_model::name::ServerName;
use ringfence_model::problem::Problem;

use super::serve::to_stderr;
use super::{Context, block_on};
use crate::config::expand::{Unexpanded, expand};
use crate::config::name;
use crate::problem::{self, Exit, Stop, usage};
use crate::{log, shim};

/// Put one MCP server behind the kernel
///
/// Write it in a client's configuration in place of the server itself. All wraps of one client share a session, so that
/// what was read through one server is known when another one sends.
#[derive(Debug, Args)]
#[command(
    override_usage = "ringfence wrap [OPTIONS] -- CMD [ARGS]...\n       ringfence wrap [OPTIONS] --url URL",
    after_help = "\
The server gets PATH, HOME, LANG, TMPDIR, TZ and what --env names, and the current folder.

Examples:
  ringfence wrap -- npx -y @modelcontextprotocol/server-filesystem ./data
  ringfence wrap --name issues --env GITHUB_TOKEN -- docker run -i --rm example/issues
  ringfence wrap --url https://mcp.example.com/mcp --header 'Authorization: Bearer ${TOKEN}'"
)]
pub(crate) struct Wrap {
    /// Name of the server, [a-z0-9-]{1,24} [default: made from the command or URL]
    #[arg(long)]
    name: Option<ServerName>,
    /// Streamable HTTP endpoint of a server that runs already
    #[arg(long, conflicts_with_all = ["command", "env"], required_unless_present = "command")]
    url: Option<String>,
    /// Header for each request to --url; `${VAR}` is replaced
    #[arg(long, value_name = "NAME: VALUE", requires = "url")]
    header: Vec<String>,
    /// Environment variable for the server: KEY passes ours on, KEY=VALUE sets it
    #[arg(long, value_name = "KEY[=VALUE]")]
    env: Vec<String>,
    /// Program that speaks MCP on stdin and stdout, and its arguments
    #[arg(last = true, value_name = "CMD")]
    command: Vec<String>,
}

impl Wrap {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        log::start(log::Level::Warn, &context.env);
        self.carry(context).map_err(to_stderr)
    }

    fn carry(self, context: &Context) -> Result<Exit, Stop> {
        let role = self.role(context)?;
        let kernel = context.kernel(&[], Vec::new())?;
        block_on(async { Ok(shim::run(kernel, role, &context.given()).await?) })?;
        Ok(Exit::Yes)
    }

    fn role(self, context: &Context) -> Result<Role, Problem> {
        let (server, guessed) = match self.url {
            Some(url) => {
                let guessed = name::of_url(&url);
                let headers = headers(&self.header, context)?;
                let url = replace("--url", &url, context)?;
                (ServerConfig { url: Some(url), headers, ..bare() }, guessed)
            }
            None => {
                let mut words = self.command.into_iter();
                let command = words.next().ok_or_else(|| usage("nothing to wrap"))?;
                let args: Vec<String> = words.collect();
                let guessed = name::of_command(&command, &args);
                let cwd = std::env::current_dir()
                    .map_err(|error| problem::io(Path::new("."), "cannot be found", &error))?;
                // The kernel may have been started elsewhere: a path is ours, a bare name is looked up in our PATH.
                let command = if command.contains('/') {
                    cwd.join(&command).to_string_lossy().into_owned()
                } else {
                    command
                };
                let env = environment(&self.env, context)?;
                (ServerConfig { command: Some(command), args, env, cwd: Some(cwd), ..bare() }, guessed)
            }
        };
        let name = self.name.or(guessed).ok_or_else(|| {
            usage("no name can be made from the command or URL").hint("give one with --name")
        })?;
        Ok(Role::Wrap { name, server: Box::new(server) })
    }
}

/// A server of which nothing is known.
fn bare() -> ServerConfig {
    ServerConfig {
        command: None,
        args: Vec::new(),
        env: IndexMap::new(),
        cwd: None,
        url: None,
        headers: IndexMap::new(),
        content: Integrity::Untrusted,
        share: None,
        timeout: None,
        tools: IndexMap::new(),
    }
}

fn environment(given: &[String], context: &Context) -> Result<IndexMap<String, String>, Problem> {
    let mut env = IndexMap::new();
    if let Some(path) = context.env.get("PATH").and_then(|path| path.to_str()) {
        env.insert("PATH".to_owned(), path.to_owned());
    }
    for entry in given {
        let (key, value) = match entry.split_once('=') {
            Some((key, value)) => (key, value.to_owned()),
            None => {
                let value = context.env.get(entry).and_then(|value| value.to_str());
                let value = value.ok_or_else(|| usage(format!("--env {entry}: the variable is not set")))?;
                (entry.as_str(), value.to_owned())
            }
        };
        if key.is_empty() {
            return Err(usage("--env: a name is missing before `=`"));
        }
        env.insert(key.to_owned(), value);
    }
    Ok(env)
}

fn headers(given: &[String], context: &Context) -> Result<IndexMap<String, String>, Problem> {
    given
        .iter()
        .map(|header| {
            let (name, value) =
                header.split_once(':').ok_or_else(|| usage("--header: write 'NAME: VALUE'"))?;
            Ok((name.trim().to_owned(), replace("--header", value.trim(), context)?))
        })
        .collect()
}

fn replace(flag: &str, text: &str, context: &Context) -> Result<String, Problem> {
    expand(text, &context.env).map_err(|error| match error {
        Unexpanded::Missing(variable) => usage(format!("{flag}: the variable {variable} is not set")),
        Unexpanded::Form(reference) => usage(format!("{flag}: cannot replace {reference:?}")),
    })
}
