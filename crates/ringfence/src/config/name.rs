//! Makes a server name out of words that others chose: keys of a client's file, commands, hosts.
//!
//! Must never return a name that an operator could not have written in the configuration.

use ringfence_model::name::ServerName;

/// Most characters of a name.
const LONGEST: usize = 24;

/// `text` in lower case with every run of other characters as one `-`, cut to 24; none when nothing is left.
pub(crate) fn fold(text: &str) -> Option<ServerName> {
    let mut name = String::with_capacity(LONGEST);
    for character in text.chars() {
        if name.len() == LONGEST {
            break;
        }
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.trim_end_matches('-').parse().ok()
}

/// The name of a server that is started by `command` and `args`: the last part of the program or package, without
/// scope, version, `server-` and the like. `npx -y @modelcontextprotocol/server-filesystem DIR` is `filesystem`.
pub(crate) fn of_command(command: &str, args: &[String]) -> Option<ServerName> {
    let program = file_name(command);
    let package = if RUNNERS.contains(&program) { args.iter().find(|arg| is_package(arg)) } else { None };
    match package {
        Some(package) => of_package(package),
        None => of_package(program),
    }
}

/// The name of a server that is reached at `url`: its host without `www.`, `mcp.` and top-level domain.
pub(crate) fn of_url(url: &str) -> Option<ServerName> {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        return fold(host);
    }
    let host = host.split(':').next().unwrap_or_default();
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return fold(host);
    }
    let labels: Vec<&str> =
        host.split('.').filter(|label| !matches!(*label, "www" | "mcp" | "api")).collect();
    match labels.as_slice() {
        [name, _] | [.., name, _] => fold(name),
        [name] => fold(name),
        [] => fold(host),
    }
}

/// Programs that run what their arguments name.
const RUNNERS: [&str; 12] =
    ["npx", "bunx", "pnpx", "uvx", "pipx", "npm", "pnpm", "yarn", "bun", "uv", "deno", "docker"];

/// Words of runners that are not the package.
const RUNNER_WORDS: [&str; 6] = ["run", "exec", "dlx", "x", "tool", "start"];

fn is_package(arg: &str) -> bool {
    !arg.starts_with('-') && !RUNNER_WORDS.contains(&arg)
}

fn of_package(package: &str) -> Option<ServerName> {
    let name = file_name(package);
    let name = name.split(['@', '=', ':', '[', '<', '>', '~']).next().unwrap_or(name);
    let name = [".js", ".mjs", ".cjs", ".ts", ".py", ".sh"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name);
    let mut short = name;
    for affix in ["mcp-server-", "server-", "mcp-"] {
        short = short.strip_prefix(affix).unwrap_or(short);
    }
    for affix in ["-mcp-server", "-server", "-mcp"] {
        short = short.strip_suffix(affix).unwrap_or(short);
    }
    fold(short).or_else(|| fold(name))
}

fn file_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests;
