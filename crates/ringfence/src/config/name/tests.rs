use super::{fold, of_command, of_url};

fn command(line: &str) -> String {
    let mut words = line.split(' ').map(str::to_owned);
    let program = words.next().unwrap();
    of_command(&program, &words.collect::<Vec<_>>()).map_or_else(|| "-".into(), |name| name.to_string())
}

#[test]
fn a_command_is_named_by_its_package() {
    for (line, name) in [
        ("npx -y @modelcontextprotocol/server-filesystem /srv/data", "filesystem"),
        ("npx -y @modelcontextprotocol/server-everything@2026.1.1 stdio", "everything"),
        ("npx some-mcp-server", "some"),
        ("uvx mcp-server-git --repository .", "git"),
        ("uvx mcp-server-time==1.2.3", "time"),
        ("uv run server.py", "server"),
        ("docker run -i --rm", "docker"),
        ("/usr/local/bin/mcp-server-fetch", "fetch"),
        ("node", "node"),
        ("python3", "python3"),
        ("./Build Server.sh", "build"),
        ("mcp", "mcp"),
        ("/", "-"),
    ] {
        assert_eq!(command(line), name, "{line}");
    }
}

#[test]
fn a_url_is_named_by_its_host() {
    for (url, name) in [
        ("https://mcp.example.com/sse?key=1", "example"),
        ("https://user:pw@api.example.co/mcp", "example"),
        ("http://localhost:3000/mcp", "localhost"),
        ("http://127.0.0.1:3000/mcp", "127-0-0-1"),
        ("http://[::1]:3000/mcp", "1-3000"),
    ] {
        assert_eq!(of_url(url).unwrap().as_str(), name, "{url}");
    }
}

#[test]
fn folding_keeps_the_grammar() {
    for (text, name) in [
        ("Claude Files", Some("claude-files")),
        ("my_server", Some("my-server")),
        ("--x--", Some("x")),
        ("Ünïcode", Some("n-code")),
        ("a-name-that-is-longer-than-it-may-be", Some("a-name-that-is-longer-th")),
        ("日本", None),
        ("", None),
    ] {
        assert_eq!(fold(text).as_ref().map(|name| name.as_str()), name, "{text}");
    }
}
