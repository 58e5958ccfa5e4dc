//! Well-known servers, and what their tools do. Looked up by the package that the operator configured.
//!
//! Must never hold a guess: each line was written with the server's own code at hand (versions 2026.8 of each).

use ringfence_model::effect::{Effect, EffectSource, Effects};
use ringfence_model::label::Confidentiality;

use super::Knowledge;
use super::package::Package;

use Confidentiality::{Internal, Public, Secret};
use Effect::{Delete, Network, Read, Send, Write};

/// A well-known server.
#[derive(Debug)]
pub(super) struct Server {
    package: Published,
    /// The program that the package installs.
    program: &'static str,
    tools: &'static [Tool],
}

#[derive(Debug)]
enum Published {
    Npm(&'static str),
    /// The PyPI name and the module for `python -m`.
    PyPi(&'static str, &'static str),
}

#[derive(Debug)]
struct Tool {
    name: &'static str,
    effects: &'static [Effect],
    reversible: Reversible,
    confidentiality: Confidentiality,
    consequential: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reversible {
    Yes,
    No,
}

/// The server that `package` is, where we know it.
pub(super) fn find(package: &Package) -> Option<&'static Server> {
    SERVERS.iter().find(|server| match (package, &server.package) {
        (Package::Npm(name), Published::Npm(known)) => name == known,
        (Package::PyPi(name), Published::PyPi(known, _)) => name == known,
        (Package::Module(name), Published::PyPi(_, module)) => name == module,
        (Package::Program(name), Published::Npm(_) | Published::PyPi(..)) => name == server.program,
        (Package::Npm(_), Published::PyPi(..))
        | (Package::PyPi(_) | Package::Module(_), Published::Npm(_)) => false,
    })
}

impl Server {
    /// What its tool `name` does; `None` for a tool that it did not have when the catalogue was written.
    pub(super) fn tool(&self, name: &str) -> Option<Knowledge> {
        let tool = self.tools.iter().find(|tool| tool.name == name)?;
        let effects = Effects::of(tool.effects);
        Some(Knowledge {
            effects,
            source: EffectSource::Catalogue,
            irreversible: tool.reversible == Reversible::No,
            egress: effects.contains(Network) || effects.contains(Send),
            confidentiality: tool.confidentiality,
            consequential: tool.consequential.iter().map(|pointer| (*pointer).to_owned()).collect(),
        })
    }
}

/// A tool that can be undone.
const fn tool(
    name: &'static str,
    effects: &'static [Effect],
    confidentiality: Confidentiality,
    consequential: &'static [&'static str],
) -> Tool {
    Tool { name, effects, reversible: Reversible::Yes, confidentiality, consequential }
}

/// A tool whose effect cannot be taken back.
const fn final_tool(
    name: &'static str,
    effects: &'static [Effect],
    confidentiality: Confidentiality,
    consequential: &'static [&'static str],
) -> Tool {
    Tool { name, effects, reversible: Reversible::No, confidentiality, consequential }
}

static SERVERS: [Server; 6] = [
    Server {
        package: Published::Npm("@modelcontextprotocol/server-everything"),
        program: "mcp-server-everything",
        tools: &[
            tool("echo", &[Read], Public, &[]),
            tool("get-annotated-message", &[Read], Public, &[]),
            // The server's environment, which is where its entry puts API keys.
            tool("get-env", &[Read], Secret, &[]),
            tool("get-resource-links", &[Read], Public, &[]),
            tool("get-resource-reference", &[Read], Public, &[]),
            tool("get-roots-list", &[Read], Internal, &[]),
            tool("get-structured-content", &[Read], Public, &[]),
            tool("get-sum", &[Read], Public, &[]),
            tool("get-tiny-image", &[Read], Public, &[]),
            // Downloads the URL in `data`.
            tool("gzip-file-as-resource", &[Read, Network], Public, &["/data"]),
            tool("simulate-research-query", &[Read], Public, &[]),
            tool("toggle-simulated-logging", &[Write], Public, &[]),
            tool("toggle-subscriber-updates", &[Write], Public, &[]),
            // What they ask of the client is a call of its own and judged as one.
            tool("trigger-elicitation-request", &[Read], Public, &[]),
            tool("trigger-elicitation-request-async", &[Read], Public, &[]),
            tool("trigger-url-elicitation", &[Read], Public, &["/url"]),
            tool("trigger-long-running-operation", &[Read], Public, &[]),
            // Hands `prompt` to the provider of the client's model.
            tool("trigger-sampling-request", &[Send], Public, &["/prompt"]),
            tool("trigger-sampling-request-async", &[Send], Public, &["/prompt"]),
        ],
    },
    Server {
        package: Published::Npm("@modelcontextprotocol/server-filesystem"),
        program: "mcp-server-filesystem",
        tools: &[
            tool("read_file", &[Read], Internal, &["/path"]),
            tool("read_text_file", &[Read], Internal, &["/path"]),
            tool("read_media_file", &[Read], Internal, &["/path"]),
            tool("read_multiple_files", &[Read], Internal, &["/paths"]),
            tool("list_directory", &[Read], Internal, &["/path"]),
            tool("list_directory_with_sizes", &[Read], Internal, &["/path"]),
            tool("directory_tree", &[Read], Internal, &["/path"]),
            tool("search_files", &[Read], Internal, &["/path"]),
            tool("get_file_info", &[Read], Internal, &["/path"]),
            tool("list_allowed_directories", &[Read], Internal, &[]),
            tool("create_directory", &[Write], Internal, &["/path"]),
            // Its answer is the diff, with which the edit can be undone.
            tool("edit_file", &[Write], Internal, &["/path"]),
            // Replaces a file that exists without a copy.
            final_tool("write_file", &[Write, Delete], Internal, &["/path"]),
            // Releases before 2026 silently replace a destination that exists.
            final_tool("move_file", &[Write, Delete], Internal, &["/source", "/destination"]),
        ],
    },
    Server {
        package: Published::Npm("@modelcontextprotocol/server-memory"),
        program: "mcp-server-memory",
        tools: &[
            tool("read_graph", &[Read], Internal, &[]),
            tool("search_nodes", &[Read], Internal, &[]),
            tool("open_nodes", &[Read], Internal, &[]),
            tool("create_entities", &[Write], Internal, &[]),
            tool("create_relations", &[Write], Internal, &[]),
            tool("add_observations", &[Write], Internal, &[]),
            final_tool("delete_entities", &[Delete], Internal, &["/entityNames"]),
            final_tool("delete_observations", &[Delete], Internal, &["/deletions"]),
            final_tool("delete_relations", &[Delete], Internal, &["/relations"]),
        ],
    },
    Server {
        package: Published::PyPi("mcp-server-git", "mcp_server_git"),
        program: "mcp-server-git",
        tools: &[
            tool("git_status", &[Read], Internal, &["/repo_path"]),
            tool("git_diff_unstaged", &[Read], Internal, &["/repo_path"]),
            tool("git_diff_staged", &[Read], Internal, &["/repo_path"]),
            tool("git_diff", &[Read], Internal, &["/repo_path", "/target"]),
            tool("git_log", &[Read], Internal, &["/repo_path"]),
            tool("git_show", &[Read], Internal, &["/repo_path", "/revision"]),
            tool("git_branch", &[Read], Internal, &["/repo_path"]),
            tool("git_add", &[Write], Internal, &["/repo_path", "/files"]),
            tool("git_commit", &[Write], Internal, &["/repo_path"]),
            tool("git_create_branch", &[Write], Internal, &["/repo_path", "/branch_name"]),
            // Refused by git where it would overwrite a local change.
            tool("git_checkout", &[Write], Internal, &["/repo_path", "/branch_name"]),
            // Empties the staging area; the working tree stays.
            tool("git_reset", &[Write], Internal, &["/repo_path"]),
        ],
    },
    Server {
        package: Published::PyPi("mcp-server-time", "mcp_server_time"),
        program: "mcp-server-time",
        tools: &[tool("get_current_time", &[Read], Public, &[]), tool("convert_time", &[Read], Public, &[])],
    },
    Server {
        package: Published::PyPi("mcp-server-fetch", "mcp_server_fetch"),
        program: "mcp-server-fetch",
        tools: &[tool("fetch", &[Read, Network], Public, &["/url"])],
    },
];
