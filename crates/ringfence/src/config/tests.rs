use std::fs;
use std::path::{Path, PathBuf};

use ringfence_model::config::{Config, PolicyMode};
use ringfence_model::problem::Problem;
use tempfile::TempDir;

use super::env::Environment;
use super::settings::{Given, Setting};
use super::{ConfigFile, Loaded, Origin, load};

/// A folder with the files of one test.
struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn origin(&self) -> Origin {
        let servers = Some(self.path("servers.json")).filter(|path| path.exists());
        Origin {
            file: ConfigFile::Named(self.path("ringfence.yaml")),
            servers: servers.into_iter().collect(),
            flags: Vec::new(),
        }
    }

    fn load(&self, env: &[(&str, &str)]) -> Result<Loaded, Vec<Problem>> {
        load(&self.origin(), &Environment::of(env)).map_err(|errors| errors.each().collect())
    }

    /// What a person sees, without the folder's own path.
    fn errors(&self, env: &[(&str, &str)]) -> String {
        let problems = self.load(env).expect_err("the configuration is wrong");
        let shown = problems.iter().flat_map(|problem| {
            std::iter::once(format!("{}  [{}]", problem.message, problem.code))
                .chain(problem.hints.iter().map(|hint| format!("  hint: {hint}")))
        });
        shown.collect::<Vec<_>>().join("\n").replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn yaml(text: &str) -> String {
    Folder::with(&[("ringfence.yaml", text)]).errors(&[])
}

fn json(text: &str) -> String {
    Folder::with(&[("ringfence.yaml", ""), ("servers.json", text)]).errors(&[])
}

#[test]
fn unknown_keys_name_the_nearest_valid_one() {
    insta::assert_snapshot!(yaml("version: 1\npolcy: {}\n"), @r#"
    ringfence.yaml:2:1: unknown key "polcy"  [unknown-key]
      hint: did you mean "policy"?
      hint: valid here: version, listen, policy, auth, servers, limits, journal, tools, detect, approvals
    "#);
    insta::assert_snapshot!(yaml("limits:\n  time-out: 3s\n"), @r#"
    ringfence.yaml:2:3: unknown key "time-out"  [unknown-key]
      hint: did you mean "timeout"?
      hint: valid here: rate, body, response, depth, timeout, person, approval, slow_client, session_idle, kernel_idle, connections, sessions, conversations, in_flight, provenance, user_words
    "#);
    insta::assert_snapshot!(yaml("servers:\n  a:\n    command: x\n    tools:\n      t: {efects: [read]}\n"), @r#"
    ringfence.yaml:5:11: unknown key "efects"  [unknown-key]
      hint: did you mean "effects"?
      hint: valid here: effects, content, confidentiality, egress, consequential, irreversible
    "#);
    insta::assert_snapshot!(yaml("policy: {mode: strickt}\n"), @r#"
    ringfence.yaml:1:16: unknown value "strickt"  [unknown-value]
      hint: did you mean "strict"?
      hint: valid here: strict, permissive, audit
    "#);
    insta::assert_snapshot!(yaml("zzz: 1\n"), @r#"
    ringfence.yaml:1:1: unknown key "zzz"  [unknown-key]
      hint: valid here: version, listen, policy, auth, servers, limits, journal, tools, detect, approvals
    "#);
}

#[test]
fn wrong_types_and_forms_name_their_place() {
    insta::assert_snapshot!(yaml("policy: [strict]\n"), @"ringfence.yaml:1:9: expected a mapping (`key: value`)  [config-invalid]");
    insta::assert_snapshot!(yaml("limits: {body: 10MB}\n"), @r#"ringfence.yaml:1:16: "10MB" is not a size: write 64KiB or 10MiB  [config-invalid]"#);
    insta::assert_snapshot!(yaml("limits: {depth: many}\n"), @"ringfence.yaml:1:17: expected a whole number  [config-invalid]");
    insta::assert_snapshot!(yaml("listen: [127.0.0.1:8000]\n"), @"ringfence.yaml:1:9: expected a single value  [config-invalid]");
    insta::assert_snapshot!(yaml("listen: localhost\n"), @"ringfence.yaml:1:9: not an address: write 127.0.0.1:8000  [config-invalid]");
    insta::assert_snapshot!(yaml("version: 2\n"), @"ringfence.yaml:1:10: version 2 is not known: this build reads version 1  [config-invalid]");
    insta::assert_snapshot!(yaml("servers:\n  My_Server: {command: x}\n"), @r#"ringfence.yaml:2:3: server name "My_Server": use 1 to 24 of a-z, 0-9 and '-'  [config-invalid]"#);
    insta::assert_snapshot!(yaml("version: 1\n---\nversion: 1\n"), @"ringfence.yaml:3:1: a second document begins here  [config-invalid]");
}

#[test]
fn broken_yaml_names_its_place() {
    insta::assert_snapshot!(yaml("policy: [strict\nversion: 1\n"), @"ringfence.yaml:1:9: expected a mapping (`key: value`)  [config-invalid]");
    insta::assert_snapshot!(yaml("policy:\n  mode: strict\n mode: audit\n"), @"ringfence.yaml:3:2: while parsing a block mapping, did not find expected key  [config-invalid]");
    insta::assert_snapshot!(yaml("listen: \"127.0.0.1\n"), @"ringfence.yaml:2:1: invalid indentation in multiline quoted scalar  [config-invalid]");
}

#[test]
fn broken_json_names_its_place() {
    insta::assert_snapshot!(json("{\n  // mine\n  \"mcpServers\": {}\n}\n"), @r#"servers.json:2:3: not JSON: expected '"'  [config-invalid]"#);
    insta::assert_snapshot!(json("{\"mcpServers\": {\"a\": {\"command\": \"x\",}}}"), @r#"servers.json:1:38: not JSON: expected '"'  [config-invalid]"#);
    insta::assert_snapshot!(json("{\"mcpServers\": {}} {}"), @"servers.json:1:20: something follows the value  [config-invalid]");
    insta::assert_snapshot!(json("{}"), @r#"
    servers.json: neither "mcpServers" nor "servers" in it  [no-servers]
      hint: expected {"mcpServers": {"NAME": {"command": …, "args": […]}}}
    "#);
    insta::assert_snapshot!(json("mcpServers: {}"), @"servers.json:1:1: not JSON: expected a value  [config-invalid]");
}

#[test]
fn a_value_in_the_wrong_place_is_not_shown() {
    let secret = ["sk", "-not-a-real-one"].concat();
    for text in [
        format!("servers: {{a: {{url: \"http://127.0.0.1/\", headers: \"Bearer {secret}\"}}}}\n"),
        format!("servers: {{a: {{command: x, env: [\"{secret}\"]}}}}\n"),
        format!("servers: {{a: {{command: x, env: \"{secret}\"}}}}\n"),
        format!("servers: {{a: \"{secret}\"}}\n"),
        format!("auth: \"{secret}\"\n"),
    ] {
        let shown = yaml(&text);
        assert!(!shown.contains(&secret), "{shown}");
    }
    let shown =
        json(&format!("{{\"mcpServers\": {{\"a\": {{\"command\": \"x\", \"env\": \"{secret}\"}}}}}}"));
    assert!(!shown.contains(&secret), "{shown}");
}

#[test]
fn two_servers_of_one_name_are_refused() {
    insta::assert_snapshot!(yaml("servers:\n  a: {command: x}\n  a: {command: y}\n"), @r#"
    ringfence.yaml:3:3: "a" stands twice  [duplicate-key]
      hint: keep one of them
    "#);
    insta::assert_snapshot!(json("{\"mcpServers\": {\"a\": {\"command\": \"x\"}, \"a\": {\"command\": \"y\"}}}"), @r#"
    servers.json:1:40: "a" stands twice  [duplicate-key]
      hint: keep one of them
    "#);
    insta::assert_snapshot!(json("{\"mcpServers\": {\"My Files\": {\"command\": \"x\"}},\n \"servers\": {\"my_files\": {\"command\": \"y\"}}}"), @r#"
    servers.json:2:14: a server "my-files" is already defined at servers.json:1:17  [duplicate-server]
      hint: give each server its own name
    "#);
    let both = Folder::with(&[
        ("ringfence.yaml", "servers:\n  a: {command: x}\n"),
        ("servers.json", "{\"mcpServers\": {\"a\": {\"command\": \"y\"}}}"),
    ]);
    insta::assert_snapshot!(both.errors(&[]), @r#"
    servers.json:1:17: a server "a" is already defined at ringfence.yaml:2:3  [duplicate-server]
      hint: give each server its own name
    "#);
}

#[test]
fn a_server_has_exactly_one_transport_and_only_its_keys() {
    insta::assert_snapshot!(yaml("servers:\n  a: {}\n  b: {command: x, url: \"http://127.0.0.1/\"}\n"), @r#"
    ringfence.yaml:2:3: server "a" has neither `command` nor `url`  [server-transport]
      hint: `command: npx` starts a program, `url: https://…` reaches one that runs
    ringfence.yaml:3:3: server "b" has both `command` and `url`  [server-transport]
      hint: remove one of them
    "#);
    insta::assert_snapshot!(yaml("servers:\n  a: {url: \"http://127.0.0.1/\", args: [x], env: {K: v}}\n  b: {command: x, headers: {K: v}}\n"), @r#"
    ringfence.yaml:2:3: server "a" has `args`, which means nothing for a url server  [server-transport]
      hint: remove `args`
    ringfence.yaml:2:3: server "a" has `env`, which means nothing for a url server  [server-transport]
      hint: remove `env`
    ringfence.yaml:3:3: server "b" has `headers`, which means nothing for a command server  [server-transport]
      hint: remove `headers`
    "#);
    insta::assert_snapshot!(json("{\"mcpServers\": {\"a\": {\"type\": \"sse\", \"url\": \"http://127.0.0.1/sse\"}}}"), @r#"
    servers.json:1:31: server "a" has the type "sse", which is not supported  [server-transport]
      hint: this build speaks `stdio` (a command) and `http` (Streamable HTTP)
    "#);
    insta::assert_snapshot!(json("{\"mcpServers\": {\"日本\": {\"command\": \"x\"}}}"), @r#"
    servers.json:1:17: server name "日本" has no letter or digit  [server-name]
      hint: use 1 to 24 of a-z, 0-9 and '-'
    "#);
}

#[test]
fn every_missing_variable_is_named_with_its_place() {
    let text = "servers:\n  a:\n    command: x\n    env: {A: \"${NOT_SET}\", B: \"${SET}\"}\n  b:\n    url: http://127.0.0.1/${ALSO_NOT}\n    headers:\n      Authorization: Bearer ${input:token}\n";
    let folder = Folder::with(&[("ringfence.yaml", text)]);
    insta::assert_snapshot!(folder.errors(&[("SET", "v")]), @r#"
    ringfence.yaml:4:14: the environment variable NOT_SET is not set  [missing-variable]
      hint: set NOT_SET where the kernel is started, or write ${NOT_SET:-default}
    ringfence.yaml:8:22: cannot replace "${input:token}"  [bad-reference]
      hint: write ${NAME} or ${NAME:-default}; $${ stands for a literal ${
    ringfence.yaml:6:10: the environment variable ALSO_NOT is not set  [missing-variable]
      hint: set ALSO_NOT where the kernel is started, or write ${ALSO_NOT:-default}
    "#);
}

#[test]
fn variables_are_replaced_only_where_a_secret_may_stand() {
    let folder = Folder::with(&[
        (
            "ringfence.yaml",
            "servers:\n  a: {command: \"${X}\", args: [\"${X}\"], env: {K: \"<${X}>\"}}\n  b: {url: \"http://127.0.0.1/${X}\", headers: {H: \"${X}\"}}\n",
        ),
        (
            "servers.json",
            "{\"inputs\": [], \"servers\": {\"C 1\": {\"type\": \"stdio\", \"command\": \"n\", \"env\": {\"K\": \"${env:X}\"}, \"autoApprove\": [\"*\"]}, \"off\": {\"command\": \"n\", \"disabled\": true}}}",
        ),
    ]);
    let loaded = folder.load(&[("X", "secret")]).unwrap();
    let shown: Vec<_> = loaded
        .config
        .servers
        .iter()
        .map(|(name, server)| serde_json::json!([name, server]).to_string())
        .collect();
    let home = folder.0.path().display().to_string();
    insta::assert_snapshot!(shown.join("\n").replace(&home, "FOLDER"), @r#"
    ["a",{"command":"${X}","args":["${X}"],"env":{"K":"<secret>"},"cwd":"FOLDER","content":"untrusted"}]
    ["b",{"url":"http://127.0.0.1/secret","headers":{"H":"secret"},"content":"untrusted"}]
    ["c-1",{"command":"n","env":{"K":"secret"},"cwd":"FOLDER","content":"untrusted"}]
    "#);
    let notes: Vec<_> = loaded.notes.iter().map(|note| note.replace(&home, "FOLDER")).collect();
    assert_eq!(notes, ["FOLDER/servers.json:1:28: passed over: autoApprove"]);
}

#[test]
fn defaults_then_file_then_environment_then_flags() {
    let folder = Folder::with(&[(
        "ringfence.yaml",
        "listen: 127.0.0.1:1\npolicy: {mode: audit}\nlimits: {depth: 7}\n",
    )]);
    let mut origin = folder.origin();
    let mode = |origin: &Origin, env: &[(&str, &str)]| {
        let config = load(origin, &Environment::of(env)).unwrap().config;
        (config.listen.to_string(), config.policy.mode, config.limits.depth)
    };
    assert_eq!(mode(&origin, &[]), ("127.0.0.1:1".into(), PolicyMode::Audit, 7));
    let env = [("RINGFENCE_LISTEN", "[::1]:2"), ("AGENTOS_POLICY_MODE", "permissive")];
    assert_eq!(mode(&origin, &env), ("[::1]:2".into(), PolicyMode::Permissive, 7));
    let env = [("RINGFENCE_POLICY_MODE", "strict"), ("AGENTOS_POLICY_MODE", "permissive")];
    assert_eq!(mode(&origin, &env).1, PolicyMode::Strict);
    origin.flags = vec![
        Given { setting: Setting::ListenHost, text: "localhost".into(), from: "--host".into() },
        Given { setting: Setting::ListenPort, text: "3".into(), from: "--port".into() },
        Given { setting: Setting::PolicyMode, text: "audit".into(), from: "--policy-mode".into() },
    ];
    assert_eq!(mode(&origin, &env), ("127.0.0.1:3".into(), PolicyMode::Audit, 7));
}

#[test]
fn the_variables_of_the_seeds_mean_what_they_meant() {
    let folder = Folder::with(&[("ringfence.yaml", "")]);
    let env = [
        ("MCPKERNEL_PROXY__HOST", "127.0.0.2"),
        ("MCPKERNEL_PROXY__PORT", "9090"),
        ("MCPKERNEL_PROXY__MAX_REQUEST_SIZE_BYTES", "1024"),
        ("MCPKERNEL_RATE_LIMIT__REQUESTS_PER_MINUTE", "60"),
    ];
    let config = folder.load(&env).unwrap().config;
    assert_eq!(
        (config.listen.to_string(), config.limits.body.to_string(), config.limits.rate.to_string()),
        ("127.0.0.2:9090".into(), "1KiB".into(), "60/m".into())
    );
}

#[test]
fn a_setting_of_the_wrong_form_names_where_it_stands() {
    let folder = Folder::with(&[("ringfence.yaml", "listen: 0.0.0.0:8000\n")]);
    insta::assert_snapshot!(folder.errors(&[]), @r"
    ringfence.yaml: listen: 0.0.0.0 is not a loopback address  [not-loopback]
      hint: use 127.0.0.1 or [::1]; put a proxy with TLS in front
    ");
    let env = [
        ("RINGFENCE_LIMITS_BODY", "10MB"),
        ("RINGFENCE_TOOLS", "safety,sandboxx"),
        ("RINGFENCE_LISTEN", "10.0.0.1:80"),
    ];
    insta::assert_snapshot!(folder.errors(&env), @r#"
    RINGFENCE_TOOLS: unknown variant `sandboxx`, expected `safety` or `governance`  [config-invalid]
    RINGFENCE_LIMITS_BODY: "10MB" is not a size: write 64KiB or 10MiB  [config-invalid]
    RINGFENCE_LISTEN: 10.0.0.1 is not a loopback address  [not-loopback]
      hint: use 127.0.0.1 or [::1]; put a proxy with TLS in front
    "#);
    insta::assert_snapshot!(folder.errors(&[("RINGFENCE_LISTN", "127.0.0.1:1")]), @r#"
    unknown environment variable RINGFENCE_LISTN  [unknown-variable]
      hint: did you mean "RINGFENCE_LISTEN"?
      hint: valid here: RINGFENCE_LISTEN, RINGFENCE_POLICY_MODE, RINGFENCE_POLICY_PRESETS, RINGFENCE_TOOLS, RINGFENCE_JOURNAL_DURABILITY, RINGFENCE_LIMITS_RATE, RINGFENCE_LIMITS_BODY, RINGFENCE_LIMITS_RESPONSE, RINGFENCE_LIMITS_DEPTH, RINGFENCE_LIMITS_TIMEOUT, RINGFENCE_LIMITS_PERSON, RINGFENCE_LIMITS_APPROVAL, RINGFENCE_LIMITS_SLOW_CLIENT, RINGFENCE_LIMITS_SESSION_IDLE, RINGFENCE_LIMITS_KERNEL_IDLE, RINGFENCE_LIMITS_CONNECTIONS, RINGFENCE_LIMITS_SESSIONS, RINGFENCE_LIMITS_IN_FLIGHT, RINGFENCE_LIMITS_PROVENANCE, RINGFENCE_LIMITS_USER_WORDS, RINGFENCE_CONFIG, RINGFENCE_DATA_DIR, RINGFENCE_SERVERS, RINGFENCE_LOG, RINGFENCE_OPERATOR_TOKEN
    ringfence.yaml: listen: 0.0.0.0 is not a loopback address  [not-loopback]
      hint: use 127.0.0.1 or [::1]; put a proxy with TLS in front
    "#);
}

#[test]
fn rule_files_are_read_by_pattern_next_to_the_configuration() {
    let folder = Folder::with(&[
        ("ringfence.yaml", "policy: {files: [\"policy/*.yaml\", policy/b.yaml, \"*/c.yml\"]}\n"),
        ("policy/b.yaml", "b"),
        ("policy/a.yaml", "a"),
        ("policy/.hidden.yaml", "no"),
        ("policy/deep/x.yaml", "no"),
        ("other/c.yml", "c"),
    ]);
    let rules = folder.load(&[]).unwrap().rules;
    let texts: Vec<_> = rules.iter().map(|file| file.text.as_str()).collect();
    assert_eq!(texts, ["a", "b", "c"]);
    assert_eq!(Path::new(&rules[0].name), folder.path("policy/a.yaml"));
}

#[test]
fn a_rule_file_that_is_not_there_is_an_error() {
    let text = "policy: {files: [\"policy/*.yaml\", gone.yaml, \"**/x.yaml\", \"[\"]}\n";
    insta::assert_snapshot!(yaml(text), @r#"
    ringfence.yaml: policy.files: "policy/*.yaml" matches no file  [policy-files]
    ringfence.yaml: policy.files: "**/x.yaml" contains `**`: `*` matches within one folder  [policy-files]
    ringfence.yaml: policy.files: "[" unclosed character class; missing ']'  [policy-files]
    gone.yaml: cannot be read: No such file or directory (os error 2)  [config-unreadable]
    "#);
}

#[test]
fn files_are_read_whole_or_not_at_all() {
    let folder = Folder::with(&[("ringfence.yaml", "")]);
    fs::write(folder.path("ringfence.yaml"), [b'#', 0xff, 0xfe]).unwrap();
    insta::assert_snapshot!(folder.errors(&[]), @"ringfence.yaml: not UTF-8 text  [config-not-text]");
    fs::write(folder.path("ringfence.yaml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    insta::assert_snapshot!(folder.errors(&[]), @"ringfence.yaml: larger than 1048576 bytes  [config-too-large]");
    fs::remove_file(folder.path("ringfence.yaml")).unwrap();
    insta::assert_snapshot!(folder.errors(&[]), @"ringfence.yaml: cannot be read: No such file or directory (os error 2)  [config-unreadable]");
}

#[test]
fn only_the_usual_place_may_be_empty() {
    let folder = Folder::with(&[]);
    let origin = Origin { file: ConfigFile::Usual(folder.path("ringfence.yaml")), ..folder.origin() };
    let loaded = load(&origin, &Environment::default()).unwrap();
    assert_eq!(loaded.config, Config::standard());
    assert!(loaded.rules.is_empty());
}

#[test]
fn all_faults_are_found_and_one_is_told() {
    let folder = Folder::with(&[("ringfence.yaml", "servers:\n  a: {}\n  b: {}\n")]);
    let errors = load(&folder.origin(), &Environment::of(&[("RINGFENCE_TOOLS", "x")])).unwrap_err();
    assert_eq!(errors.each().count(), 3);
    let told = Problem::from(errors);
    assert_eq!(told.hints.last().unwrap(), "and 2 more: `ringfence policy check` shows all");
}
