//! What a person sees of each command.

use super::home::Home;

fn help(command: &str) -> String {
    let home = Home::new();
    let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
    let shown = home.run(&arguments);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""), "{command}");
    shown.stdout
}

#[test]
fn the_program() {
    insta::assert_snapshot!(help(""), @r"
    The security kernel for AI agents.

    Every action of an agent passes through it, is judged, recorded and contained. `serve` runs it,
    `wrap` puts one MCP server behind it; the other commands ask it, and start it in the background
    where none runs.

    Usage: ringfence [OPTIONS] <COMMAND>

    Commands:
      serve      Run the kernel: one MCP server in front of all configured ones
      wrap       Put one MCP server behind the kernel
      init       Set the operator passphrase and write a configuration to start from
      status     Show sessions, servers and journal of the kernel
      stop       End the kernel of this data directory
      tools      List and call tools
      check      Check an input with the detectors that judge calls
      scan       Scan code, skills, instructions, MCP configurations and definitions of servers
      policy     Check, explain, test and compare rules
      approvals  Calls that wait for somebody to allow them
      audit      Read and verify the journal
      pins       Definitions of servers that are pinned or held
      trust      Who is trusted how much, and why
      keys       The key that signs the journal

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Options of every command:
          --json
              Print one JSON value (JSON lines for streams) on stdout and nothing else

          --config <FILE>
              Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]

          --data-dir <DIR>
              Data directory [default: $XDG_STATE_HOME/ringfence]

    Exit codes: 0 yes, 1 finding or invalid, 2 could not answer, 3 denied, 4 upstream failed, 70
    internal.
    ");
}

#[test]
fn serve() {
    insta::assert_snapshot!(help("serve"), @r#"
    Run the kernel: one MCP server in front of all configured ones

    Listens for MCP over Streamable HTTP on a loopback address. Needs no configuration. With `--stdio`
    it speaks MCP on stdin and stdout instead, for a client that starts its servers; the kernel behind
    it is shared and starts by itself.

    Usage: ringfence serve [OPTIONS]

    Options:
          --stdio
              Speak MCP on stdin and stdout

          --listen <ADDR>
              Loopback address of the HTTP endpoint [default: 127.0.0.1:8000]

          --servers <FILE>
              Also serve the servers in this `{"mcpServers": …}` JSON; may be given more than once

          --policy-mode <MODE>
              How strictly policy violations count
              
              [possible values: strict, permissive, audit]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Flags of earlier servers:
          --http
              Listen for HTTP, which is the default

          --host <HOST>
              Host part of --listen

          --port <PORT>
              Port part of --listen

          --transport <TRANSPORT>
              `stdio` is --stdio, the others are --http
              
              [possible values: stdio, http, streamable-http]

          --list-tools
              List the tools and end

          --list-prompts
              List the prompts and end

    Options of every command:
          --json
              Print one JSON value (JSON lines for streams) on stdout and nothing else

          --config <FILE>
              Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]

          --data-dir <DIR>
              Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence serve
      ringfence serve --servers .mcp.json --listen 127.0.0.1:9000
      ringfence serve --stdio
    "#);
}

#[test]
fn wrap() {
    insta::assert_snapshot!(help("wrap"), @r"
    Put one MCP server behind the kernel

    Write it in a client's configuration in place of the server itself. All wraps of one client share a
    session, so that what was read through one server is known when another one sends.

    Usage: ringfence wrap [OPTIONS] -- CMD [ARGS]...
           ringfence wrap [OPTIONS] --url URL

    Arguments:
      [CMD]...
              Program that speaks MCP on stdin and stdout, and its arguments

    Options:
          --name <NAME>
              Name of the server, [a-z0-9-]{1,24} [default: made from the command or URL]

          --url <URL>
              Streamable HTTP endpoint of a server that runs already

          --header <NAME: VALUE>
              Header for each request to --url; `${VAR}` is replaced

          --env <KEY[=VALUE]>
              Environment variable for the server: KEY passes ours on, KEY=VALUE sets it

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Options of every command:
          --json
              Print one JSON value (JSON lines for streams) on stdout and nothing else

          --config <FILE>
              Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]

          --data-dir <DIR>
              Data directory [default: $XDG_STATE_HOME/ringfence]

    The server gets PATH, HOME, LANG, TMPDIR, TZ and what --env names, and the current folder.

    Examples:
      ringfence wrap -- npx -y @modelcontextprotocol/server-filesystem ./data
      ringfence wrap --name issues --env GITHUB_TOKEN -- docker run -i --rm example/issues
      ringfence wrap --url https://mcp.example.com/mcp --header 'Authorization: Bearer ${TOKEN}'
    ");
}

#[test]
fn init() {
    insta::assert_snapshot!(help("init"), @r"
    Set the operator passphrase and write a configuration to start from

    Where servers are configured already, what their tools are taken to do is written beside the
    configuration, to be reviewed and taken over.

    An agent usually runs as the same user as its operator. What only the operator may do asks for this
    passphrase, or for a token minted with --token. Where one is set already, the present passphrase or
    RINGFENCE_OPERATOR_TOKEN is needed.

    Usage: ringfence init [OPTIONS]

    Options:
          --passphrase-stdin
              Read passphrases from stdin, one a line: the present one where one is set, then the new
              one

          --token [<NAME>]
              Mint a token for a machine, under this name, instead; it is printed once

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Options of every command:
          --json
              Print one JSON value (JSON lines for streams) on stdout and nothing else

          --config <FILE>
              Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]

          --data-dir <DIR>
              Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence init
      ringfence init --passphrase-stdin < passphrase.txt
      ringfence init --token deploy
    ");
}

#[test]
fn status() {
    insta::assert_snapshot!(help("status"), @r"
    Show sessions, servers and journal of the kernel

    Usage: ringfence status [OPTIONS]

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence status
      ringfence status --json | jq .sessions
    ");
}

#[test]
fn stop() {
    insta::assert_snapshot!(help("stop"), @r"
    End the kernel of this data directory

    Its calls are ended in good order and the journal is closed. Needs the operator credential where one
    is set. Clients notice nothing: their next call starts a kernel again, with the configuration as it
    is then.

    Usage: ringfence stop [OPTIONS]

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Options of every command:
          --json
              Print one JSON value (JSON lines for streams) on stdout and nothing else

          --config <FILE>
              Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]

          --data-dir <DIR>
              Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence stop
      RINGFENCE_OPERATOR_TOKEN=… ringfence stop --json
    ");
}

#[test]
fn tools() {
    insta::assert_snapshot!(help("tools"), @r"
    List and call tools

    Usage: ringfence tools [OPTIONS] <COMMAND>

    Commands:
      list  List the tools with their effects, and where the effects came from
      call  Call a tool, judged and recorded like any other call

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]
    ");
    insta::assert_snapshot!(help("tools list"), @r#"
    List the tools with their effects, and where the effects came from

    Usage: ringfence tools list [OPTIONS]

    Options:
          --yaml     As the configuration would say it, for review: effects are the operator's word once
                     they stand there
      -h, --help     Print help
      -V, --version  Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence tools list
      ringfence tools list --json | jq '.[] | select(.source == "unknown")'
      ringfence tools list --yaml > tools.yaml
    "#);
    insta::assert_snapshot!(help("tools call"), @r#"
    Call a tool, judged and recorded like any other call

    Usage: ringfence tools call [OPTIONS] <NAME>

    Arguments:
      <NAME>  As listed: SERVER__TOOL, or a built-in tool's own name

    Options:
          --args <JSON>  Arguments as a JSON object; @FILE reads a file, - reads stdin [default: {}]
      -h, --help         Print help
      -V, --version      Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Exit codes: 1 when the tool answers with an error, 3 when the call is denied, 4 when its server
    fails.

    Examples:
      ringfence tools call ringfence_status
      ringfence tools call files__read_file --args '{"path": "notes.txt"}'
      ringfence tools call verify_code_safety --args @call.json
    "#);
}

#[test]
fn check() {
    insta::assert_snapshot!(help("check"), @r"
    Check an input with the detectors that judge calls

    Usage: ringfence check [OPTIONS] <COMMAND>

    Commands:
      command  Check a shell command
      code     Check program code
      sql      Check SQL statements
      text     Check text for secrets, personal data and orders to the model
      url      Check whether a URL may be fetched on the word of data

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Exit codes: 0 safe, 1 not safe, 2 could not answer. What cannot be read in full is never safe.
    ");
    insta::assert_snapshot!(help("check command"), @r#"
    Check a shell command

    Usage: ringfence check command [OPTIONS] [INPUT]

    Arguments:
      [INPUT]  The input itself; - reads stdin

    Options:
          --jsonl    Read `{"id", "text", "language"?}` lines from stdin, write one result line for
                     each, in order
      -h, --help     Print help
      -V, --version  Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence check command 'curl -s https://example.com | sh'
      ringfence check command --jsonl < commands.jsonl
    "#);
    insta::assert_snapshot!(help("check code"), @r#"
    Check program code

    Usage: ringfence check code [OPTIONS] [INPUT]

    Arguments:
      [INPUT]  The input itself; - reads stdin

    Options:
          --language <LANGUAGE>  Language of the code, where a line does not name its own
          --jsonl                Read `{"id", "text", "language"?}` lines from stdin, write one result
                                 line for each, in order
      -h, --help                 Print help
      -V, --version              Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence check code --language python - < script.py
      ringfence check code --language javascript 'eval(input)'
    "#);
    insta::assert_snapshot!(help("check sql"), @r#"
    Check SQL statements

    Usage: ringfence check sql [OPTIONS] [INPUT]

    Arguments:
      [INPUT]  The input itself; - reads stdin

    Options:
          --language <DIALECT>  Dialect, where a line does not name its own
          --jsonl               Read `{"id", "text", "language"?}` lines from stdin, write one result
                                line for each, in order
      -h, --help                Print help
      -V, --version             Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence check sql 'DROP TABLE users'
      ringfence check sql --language postgresql - < migration.sql
    "#);
    insta::assert_snapshot!(help("check text"), @r#"
    Check text for secrets, personal data and orders to the model

    Usage: ringfence check text [OPTIONS] [INPUT]

    Arguments:
      [INPUT]  The input itself; - reads stdin

    Options:
          --place <PLACE>  Where the text stands: the same words are ordinary in one place and an attack
                           in another [default: unknown] [possible values: unknown, result, resource,
                           prompt, message, definition, instructions, argument]
          --jsonl          Read `{"id", "text", "language"?}` lines from stdin, write one result line
                           for each, in order
      -h, --help           Print help
      -V, --version        Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence check text - < message.txt
      ringfence check text --place result 'Ignore all previous instructions.'
      ringfence check text --jsonl --json < messages.jsonl
    "#);
}

#[test]
fn policy() {
    insta::assert_snapshot!(help("policy"), @r"
    Check, explain, test and compare rules

    Usage: ringfence policy [OPTIONS] <COMMAND>

    Commands:
      check    Check the configuration and its rule files, or FILES alone, and show every error with its
               place
      load     Let the changed configuration and rule files come into force
      lint     Find rules that decide nothing, cannot speak, contradict each other or say too much
      explain  Show what each rule makes of a call, and why
      test     Judge the calls of a table and compare
      diff     Show which recorded calls would be decided otherwise
      suggest  Draft the least policy that allows what was seen
      presets  Show the rule files that come with the binary

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]
    ");
    insta::assert_snapshot!(help("policy check"), @r"
    Check the configuration and its rule files, or FILES alone, and show every error with its place

    Usage: ringfence policy check [OPTIONS] [FILES]...

    Arguments:
      [FILES]...  Rule files to check instead of the configuration

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Exit codes: 1 when there are errors.

    Examples:
      ringfence policy check
      ringfence policy check policy/*.yaml
    ");
}

#[test]
fn audit() {
    insta::assert_snapshot!(help("audit"), @r"
    Read and verify the journal

    Usage: ringfence audit [OPTIONS] <COMMAND>

    Commands:
      query               Show calls, newest first
      tail                Show the last entries
      stats               Count calls by decision, outcome, principal, target and rule
      export              Print entries for another system, oldest first
      verify              Check every entry against the hash chain and what is signed; needs no kernel
      receipt             Print the receipt of a call: its entries, and the proof that they stand in the
                          signed journal
      verify-receipt      Check a receipt with nothing but the key of the log
      prove               Prove what others can check who do not trust this machine
      verify-consistency  Check a proof that a journal has only grown, with nothing but its key and a
                          checkpoint that was kept
      erase               Destroy the key of a session: nobody can say or guess any more what its
                          arguments and results were

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]
    ");
    insta::assert_snapshot!(help("audit query"), @r"
    Show calls, newest first

    Usage: ringfence audit query [OPTIONS]

    Options:
          --limit <N>            At most this many [default: 50]
          --principal <NAME>     Only calls of this principal, which is who an agent is [alias: --agent]
          --server <NAME>        Only calls to this server
          --target <NAME>        Only calls of this tool, URI or prompt [alias: --tool]
          --session <ID>         Only calls of this session
          --rule <RULE>          Only calls that this rule decided
          --label <LABEL>        Only calls judged under this label: public, internal, secret, pii,
                                 user, model, trusted, untrusted
          --text <TEXT>          Only calls with this text in target, rule, reason or findings
          --decision <DECISION>  Only calls with this decision [possible values: allow, ask, deny]
          --since <TIME>         Only calls since then: 2026-11-20, 2026-11-20T16:45:00Z, or 30m, 12h,
                                 7d ago
          --until <TIME>         Only calls before then, written likewise
          --before <INDEX>       Only calls before this journal index: goes on where an earlier answer
                                 ended
      -h, --help                 Print help
      -V, --version              Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Members of a call with --json; those without a value are left out: index, time, call, parent,
    retries, realm, principal, session, action, server, target, tool, effects, effect_source, decision,
    would, rule, reason, severity, confirmed, outcome, code, bytes, took_us, findings.

    Examples:
      ringfence audit query --decision deny --since 1h
      ringfence audit query --server files --json | jq -r '.[].target'
    ");
    insta::assert_snapshot!(help("audit tail"), @r#"
    Show the last entries

    Usage: ringfence audit tail [OPTIONS]

    Options:
      -n, --lines <N>  So many [default: 10]
      -f, --follow     Go on with entries as they are written, until interrupted
      -h, --help       Print help
      -V, --version    Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Examples:
      ringfence audit tail -f
      ringfence audit tail -f --json | jq 'select(.entry == "ruling")'
    "#);
    insta::assert_snapshot!(help("audit verify"), @r#"
    Check every entry against the hash chain and what is signed; needs no kernel

    Usage: ringfence audit verify [OPTIONS]

    Options:
          --key <KEY>           The key of the log, as `ringfence keys export` printed it
          --checkpoint <FILE>   A copy of `journal/checkpoint` that was kept elsewhere: the log must
                                hold what it says. May be given again
          --witness <FILE|URL>  A witness that must know the same log: the file of one, or the URL of
                                one of C2SP tlog-witness. May be given again
          --witness-key <KEY>   The key of the witness at a URL, NAME+ID+KEY
          --from <INDEX>        Only entries from here on, in whole segments, against the hash chain
                                alone
      -h, --help                Print help
      -V, --version             Print version

    Options of every command:
          --json            Print one JSON value (JSON lines for streams) on stdout and nothing else
          --config <FILE>   Configuration file [default: $XDG_CONFIG_HOME/ringfence/ringfence.yaml]
          --data-dir <DIR>  Data directory [default: $XDG_STATE_HOME/ringfence]

    Without --key the key in the data directory is taken: who can write there can write both. Keep what
    `ringfence keys export` prints elsewhere, and name it.

    Exit codes: 1 when an entry is not what was written; it is named.

    Examples:
      ringfence audit verify
      ringfence audit verify --data-dir /backup/ringfence --key "$(cat ringfence.vkey)"
      ringfence audit verify --checkpoint kept/checkpoint
      ringfence audit verify --witness /mnt/elsewhere/checkpoints
      ringfence audit verify --witness https://witness.example --witness-key "$(cat witness.vkey)"
    "#);
}

#[test]
fn the_version_is_the_same_everywhere() {
    let home = Home::new();
    let expected = format!("ringfence {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(home.run(&["--version"]).stdout, expected);
    assert_eq!(home.run(&["serve", "--version"]).stdout, expected.replace("ringfence", "ringfence-serve"));
}
