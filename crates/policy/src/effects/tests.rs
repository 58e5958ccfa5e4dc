use indexmap::IndexMap;
use ringfence_model::json::JsonText;

use super::*;

fn server(command: &[&str]) -> ServerConfig {
    ServerConfig {
        command: command.first().map(|command| (*command).to_owned()),
        args: command.iter().skip(1).map(|arg| (*arg).to_owned()).collect(),
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

fn nothing() -> ToolConfig {
    ToolConfig {
        effects: None,
        content: None,
        confidentiality: None,
        egress: None,
        consequential: None,
        irreversible: None,
    }
}

fn json(text: &str) -> JsonText {
    text.to_owned().try_into().unwrap()
}

/// What is inferred of a definition from a server that nobody knows.
fn inferred(definition: &str) -> ToolFacts {
    Declarations::of(&server(&["unheard-of"])).unwrap().facts(json(definition).value())
}

fn named(name: &str) -> String {
    inferred(&format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}}}}"#)).effects.to_string()
}

fn described(description: &str) -> String {
    inferred(&format!(r#"{{"name":"x","description":"{description}"}}"#)).effects.to_string()
}

/// A command that starts a server, and its tools with what we say of each.
type Listed = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// The tools that each server listed when it was asked (2026-08 releases).
const LISTED: [Listed; 6] = [
    (
        &["npx", "-y", "@modelcontextprotocol/server-everything"],
        &[
            ("echo", "read"),
            ("get-annotated-message", "read"),
            ("get-env", "read"),
            ("get-resource-links", "read"),
            ("get-resource-reference", "read"),
            ("get-structured-content", "read"),
            ("get-sum", "read"),
            ("get-tiny-image", "read"),
            ("gzip-file-as-resource", "read, network"),
            ("toggle-simulated-logging", "write"),
            ("toggle-subscriber-updates", "write"),
            ("trigger-long-running-operation", "read"),
            ("get-roots-list", "read"),
            ("trigger-elicitation-request", "read"),
            ("trigger-sampling-request", "send"),
            ("simulate-research-query", "read"),
        ],
    ),
    (
        &["npx", "-y", "@modelcontextprotocol/server-filesystem", "./data"],
        &[
            ("read_file", "read"),
            ("read_text_file", "read"),
            ("read_media_file", "read"),
            ("read_multiple_files", "read"),
            ("write_file", "write, delete, irreversible"),
            ("edit_file", "write"),
            ("create_directory", "write"),
            ("list_directory", "read"),
            ("list_directory_with_sizes", "read"),
            ("directory_tree", "read"),
            ("move_file", "write, delete, irreversible"),
            ("search_files", "read"),
            ("get_file_info", "read"),
            ("list_allowed_directories", "read"),
        ],
    ),
    (
        &["npx", "-y", "@modelcontextprotocol/server-memory"],
        &[
            ("create_entities", "write"),
            ("create_relations", "write"),
            ("add_observations", "write"),
            ("delete_entities", "delete, irreversible"),
            ("delete_observations", "delete, irreversible"),
            ("delete_relations", "delete, irreversible"),
            ("read_graph", "read"),
            ("search_nodes", "read"),
            ("open_nodes", "read"),
        ],
    ),
    (
        &["uvx", "mcp-server-git"],
        &[
            ("git_status", "read"),
            ("git_diff_unstaged", "read"),
            ("git_diff_staged", "read"),
            ("git_diff", "read"),
            ("git_commit", "write"),
            ("git_add", "write"),
            ("git_reset", "write"),
            ("git_log", "read"),
            ("git_create_branch", "write"),
            ("git_checkout", "write"),
            ("git_show", "read"),
            ("git_branch", "read"),
        ],
    ),
    (&["uvx", "mcp-server-time"], &[("get_current_time", "read"), ("convert_time", "read")]),
    (&["uvx", "mcp-server-fetch"], &[("fetch", "read, network")]),
];

#[test]
fn every_tool_of_the_well_known_servers_is_in_the_catalogue() {
    for (command, tools) in LISTED {
        let declarations = Declarations::of(&server(command)).unwrap();
        for (name, expected) in tools {
            let facts = declarations.facts(json(&format!(r#"{{"name":"{name}"}}"#)).value());
            let irreversible = if facts.irreversible { ", irreversible" } else { "" };
            assert_eq!((*name, format!("{}{irreversible}", facts.effects)), (*name, (*expected).to_owned()));
            assert_eq!((*name, facts.source), (*name, EffectSource::Catalogue));
        }
    }
}

#[test]
fn a_server_is_known_by_what_the_operator_runs() {
    let known = |command: &[&str]| {
        let facts =
            Declarations::of(&server(command)).unwrap().facts(json(r#"{"name":"git_reset"}"#).value());
        facts.source == EffectSource::Catalogue
    };
    for command in [
        &["mcp-server-git"] as &[&str],
        &["/opt/venv/bin/mcp-server-git", "--repository", "."],
        &["uvx", "mcp-server-git", "--repository", "."],
        &["uvx", "-q", "mcp-server-git@latest"],
        &["uvx", "--python", "3.12", "mcp_server_git==2026.1.1"],
        &["uvx", "--from", "mcp-server-git==2026.1.1", "mcp-server-git"],
        &["uv", "tool", "run", "mcp-server-git"],
        &["pipx", "run", "mcp-server-git"],
        &["python3.11", "-m", "mcp_server_git"],
    ] {
        assert!(known(command), "{command:?}");
    }
    for command in [
        &["uvx", "--from", "git+https://example.com/mcp-server-git", "mcp-server-git"] as &[&str],
        &["uvx", "--from", "somebody-else", "mcp-server-git"],
        &["uvx", "mcp-server-git@git+https://example.com/x"],
        &["uvx", "--index-url", "https://example.com", "mcp-server-git"],
        &["uvx", "somebody-else", "mcp-server-git"],
        &["npx", "mcp-server-git"],
        &["python", "server.py", "-m", "mcp_server_git"],
        &["sh", "-c", "mcp-server-git"],
        &["uvx"],
    ] {
        assert!(!known(command), "{command:?}");
    }
    for (command, known) in [
        (&["npx", "@modelcontextprotocol/server-memory@2026.8.31"] as &[&str], true),
        (&["npx", "-y", "-p", "@modelcontextprotocol/server-memory", "mcp-server-memory"], true),
        (&["npx", "--package=@modelcontextprotocol/server-memory", "--", "mcp-server-memory"], true),
        (&["node", "/x/node_modules/@modelcontextprotocol/server-memory/dist/index.js"], true),
        (&["pnpm", "dlx", "@modelcontextprotocol/server-memory"], true),
        (&["npx", "-p", "@modelcontextprotocol/server-memory", "other"], false),
        (&["npx", "-p", "other", "mcp-server-memory"], false),
        (&["npx", "--registry", "https://example.com", "@modelcontextprotocol/server-memory"], false),
        (&["npx", "@evil/server-memory"], false),
    ] {
        let facts =
            Declarations::of(&server(command)).unwrap().facts(json(r#"{"name":"open_nodes"}"#).value());
        assert_eq!((command, facts.source == EffectSource::Catalogue), (command, known));
    }
}

#[test]
fn a_server_cannot_talk_itself_into_the_catalogue() {
    let lie = r#"{"name":"mcp-server-git","title":"@modelcontextprotocol/server-memory","description":"uvx mcp-server-git"}"#;
    assert_eq!(inferred(lie).source, EffectSource::Unknown);
}

#[test]
fn the_operators_word_comes_first_field_by_field_and_the_most_specific_key_wins() {
    let mut config = server(&["npx", "-y", "@modelcontextprotocol/server-filesystem", "."]);
    config.content = Integrity::Trusted;
    let all = ToolConfig {
        content: Some(Integrity::Untrusted),
        confidentiality: Some(Confidentiality::Secret),
        ..nothing()
    };
    let writes =
        ToolConfig { irreversible: Some(false), consequential: Some(vec!["/p".into()]), ..nothing() };
    let exact = ToolConfig {
        effects: Some(Effects::of(&[Effect::Send])),
        content: Some(Integrity::Trusted),
        ..nothing()
    };
    config.tools.insert("*".into(), all);
    config.tools.insert("write_file".into(), exact);
    config.tools.insert("write_*".into(), writes);
    let declarations = Declarations::of(&config).unwrap();
    assert_eq!(
        declarations.facts(json(r#"{"name":"write_file"}"#).value()),
        ToolFacts {
            effects: Effects::of(&[Effect::Send]),
            source: EffectSource::Configured,
            irreversible: false,
            egress: true,
            content: Integrity::Trusted,
            confidentiality: Confidentiality::Secret,
            consequential: vec!["/p".into()],
        }
    );
    assert_eq!(
        declarations.facts(json(r#"{"name":"read_file"}"#).value()),
        ToolFacts {
            effects: Effects::of(&[Effect::Read]),
            source: EffectSource::Catalogue,
            irreversible: false,
            egress: false,
            content: Integrity::Untrusted,
            confidentiality: Confidentiality::Secret,
            consequential: vec!["/path".into()],
        }
    );
    config.tools.insert("[".into(), nothing());
    assert_eq!(Declarations::of(&config).unwrap_err().key, "[");
}

#[test]
fn names_say_what_a_tool_does() {
    for (name, effects) in [
        ("get-sum", "read"),
        ("list_allowed_directories", "read"),
        ("read_graph", "read"),
        ("search_nodes", "read"),
        ("git_log", "read"),
        ("echo", "read"),
        ("readEmail", "read"),
        ("search_messages", "read"),
        ("list_orders", "read"),
        ("order_history", "read"),
        ("list_deleted_files", "read"),
        ("count_tokens", "read"),
        ("search_web", "read, network"),
        ("create_issue", "write"),
        ("notion-update-page", "write"),
        ("set_key", "write"),
        ("find_and_replace", "read, write"),
        ("check_and_delete", "read, delete"),
        ("kill_process", "delete"),
        ("trash_email", "delete"),
        ("execute_sql", "execute"),
        ("puppeteer_evaluate", "execute"),
        ("HTTPRequest", "network"),
        ("downloadFile", "network"),
        ("sendMessage", "send"),
        ("slack_post_message", "send"),
        ("add_issue_comment", "write, send"),
        ("share_document", "send"),
        ("order_pizza", "pay"),
        ("transfer_funds", "pay"),
        ("create_payment", "write, pay"),
        ("create_api_key", "write, admin"),
        ("delete_user", "delete, admin"),
        ("deploy_service", "admin"),
        // Parts of words say nothing.
        ("spread_malware", "unknown"),
        ("frobnicate", "unknown"),
        ("", "unknown"),
    ] {
        assert_eq!((name, named(name)), (name, effects.to_owned()));
    }
}

#[test]
fn descriptions_count_only_where_they_say_what_the_tool_does() {
    for (description, effects) in [
        ("Sends an email to a recipient.", "send"),
        ("This tool deletes all rows of a table", "delete"),
        ("Get a user and delete it", "read, delete"),
        ("Create a new file or completely overwrite an existing file", "write, delete"),
        ("Fetches a page from the internet and optionally extracts it", "network"),
        ("Create a new user account in the directory", "write, admin"),
        ("Emails the user", "send"),
        ("Lists create and update times", "read"),
        ("Shows differences between branches or commits", "read"),
        ("Toggles simulated resource subscription updates", "write"),
        ("Message history of a channel", "read"),
        ("Orders of a customer", "unknown"),
        ("A tool. Deletes are never done, runs are never executed", "unknown"),
        ("", "unknown"),
    ] {
        assert_eq!((description, described(description)), (description, effects.to_owned()));
    }
}

#[test]
fn the_more_dangerous_of_hints_and_words_counts_and_an_absent_hint_says_nothing() {
    let with = |name: &str, hints: &str| {
        let facts = inferred(&format!(r#"{{"name":"{name}","annotations":{{{hints}}}}}"#));
        (facts.effects.to_string(), facts.irreversible)
    };
    let plain = |effects: &str, irreversible| (effects.to_owned(), irreversible);
    assert_eq!(with("frob", ""), plain("unknown", false));
    assert_eq!(with("frob", r#""idempotentHint":true,"openWorldHint":true"#), plain("unknown", false));
    assert_eq!(with("frob", r#""destructiveHint":false"#), plain("unknown", false));
    assert_eq!(with("frob", r#""readOnlyHint":true"#), plain("read", false));
    assert_eq!(with("frob", r#""readOnlyHint":true,"openWorldHint":true"#), plain("read, network", false));
    assert_eq!(with("frob", r#""readOnlyHint":false"#), plain("write", false));
    assert_eq!(with("frob", r#""destructiveHint":true"#), plain("write, delete", true));
    assert_eq!(with("frob", r#""readOnlyHint":true,"destructiveHint":true"#), plain("read", false));
    assert_eq!(with("delete_row", r#""readOnlyHint":true"#), plain("read, delete", true));
    assert_eq!(with("delete_row", r#""destructiveHint":false"#), plain("delete", true));
    assert_eq!(
        with("get_row", r#""readOnlyHint":false,"destructiveHint":true"#),
        plain("read, write, delete", true)
    );
    assert_eq!(with("move_to_trash", ""), plain("write, delete", false));
    assert_eq!(with("frob", r#""readOnlyHint":"true""#), plain("unknown", false));
}

#[test]
fn the_schema_adds_how_a_tool_works_and_what_steers_it() {
    let with = |name: &str, properties: &str| {
        let facts =
            inferred(&format!(r#"{{"name":"{name}","inputSchema":{{"properties":{{{properties}}}}}}}"#));
        (facts.effects.to_string(), facts.egress, facts.consequential)
    };
    let text = r#"{"type":"string"}"#;
    let plain = |effects: &str, egress, consequential: &[&str]| {
        (effects.to_owned(), egress, consequential.iter().map(|pointer| (*pointer).to_owned()).collect())
    };
    assert_eq!(with("get_page", &format!(r#""url":{text}"#)), plain("read, network", true, &["/url"]));
    assert_eq!(with("frob", &format!(r#""url":{text}"#)), plain("unknown", false, &["/url"]));
    assert_eq!(with("frob", &format!(r#""cmd":{text}"#)), plain("execute", false, &["/cmd"]));
    assert_eq!(with("query_database", &format!(r#""sql":{text}"#)), plain("read, execute", false, &["/sql"]));
    assert_eq!(with("verify", &format!(r#""code":{text}"#)), plain("read", false, &["/code"]));
    assert_eq!(
        with(
            "create_entry",
            &format!(
                r#""to":{text},"body":{text},"when":{{"type":"object","properties":{{"a/b file":{text}}}}}"#
            )
        ),
        plain("write, send", true, &["/to", "/when/a~1b file"])
    );
    assert_eq!(
        with("create_entry", &format!(r#""amount":{{"type":"number"}},"iban":{text}"#)),
        plain("write, pay", false, &["/amount", "/iban"])
    );
    assert_eq!(with("get_rate", &format!(r#""amount":{{"type":"number"}},"to":{text}"#)).0, "read");
    assert_eq!(with("fetch_weather", r#""day":{"type":"integer"}"#), plain("network", false, &[]));
    assert!(inferred(r#"{"name":"fetch_weather"}"#).egress);
}

#[test]
fn a_huge_schema_is_read_within_bounds() {
    let properties: Vec<String> = (0..5_000).map(|n| format!(r#""path{n}_path":{{}}"#)).collect();
    let facts = inferred(&format!(
        r#"{{"name":"get_x","description":"{}","inputSchema":{{"properties":{{{}}}}}}}"#,
        "and delete ".repeat(100_000),
        properties.join(",")
    ));
    assert_eq!(facts.consequential.len(), 256);
}

#[test]
fn names_split_into_whole_words() {
    for (name, split) in [
        ("readTextFile", "read text file"),
        ("HTTPServerGet", "http server get"),
        ("git_create-branch.v2", "git create branch v2"),
        ("getURL", "get url"),
        ("__x__", "x"),
        ("ÄndereDatei", "ändere datei"),
    ] {
        assert_eq!(words::split_name(name).join(" "), split);
    }
}
