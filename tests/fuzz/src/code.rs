//! Commands, SQL and programs of every language, judged: nothing breaks, findings lie in the text, and what comes behind
//! a dangerous line never makes it safe.

use bolero::TypeGenerator;
use ringfence_detect::code::{Language, Report, Safety, argument_kind, check, scan_arguments};
use ringfence_detect::secret::SecretScanner;
use ringfence_model::finding::Severity;
use serde_json::json;

/// A piece of a text.
#[derive(Debug, Clone, Copy, TypeGenerator)]
enum Piece {
    /// One of the pieces of the language.
    Known(u8),
    /// Any character of the first plane's start.
    Character(u8),
    /// A run of the same piece, to go deep.
    Run(u8, u8),
}

const SHELL: &[&str] = &[
    "rm",
    " -rf ",
    "/",
    "~",
    "$(",
    ")",
    "`",
    "${",
    "}",
    "\"",
    "'",
    "$'",
    "\\",
    "\n",
    ";",
    "|",
    "&",
    "&&",
    "||",
    "<<EOF\n",
    "EOF\n",
    "<<<",
    "<(",
    ">",
    ">>",
    ">&",
    "{",
    "{a,b}",
    "[[",
    "]]",
    "((",
    "))",
    "if ",
    "then ",
    "fi",
    "for x in ",
    "do ",
    "done",
    "case x in ",
    "esac",
    "f() ",
    "function ",
    "x=",
    "x+=",
    "a=(",
    "$x",
    "\"${a[@]}\"",
    "$IFS",
    "${x:-",
    "${x/",
    "eval ",
    "sh -c ",
    "xargs ",
    "env ",
    "sudo ",
    "find . -exec ",
    "\\;",
    "base64 -d",
    "curl x",
    "cat ",
    "echo ",
    "printf '%s' ",
    "declare -n ",
    "read x",
    "trap ",
    "alias a=",
    "set -- ",
    "\"$@\"",
    "#",
    "\u{200b}",
    "\u{a0}",
    "\r",
    "*",
    "?",
    "[",
    "!",
];

const POWERSHELL: &[&str] = &[
    "Remove-Item ",
    "-Recurse ",
    "-Force ",
    "C:\\",
    "$x",
    " = ",
    "@(",
    ")",
    "{",
    "}",
    "(",
    "\"",
    "'",
    "`",
    "$(",
    ";",
    "|",
    "\n",
    "iex ",
    "& ",
    "-enc ",
    "[char]",
    "-join ",
    "+",
    "#",
    "<#",
    "#>",
    "@\"\n",
    "\n\"@",
    "if ",
    "foreach ",
    "function f ",
    "Invoke-WebRequest x",
    "-replace ",
    ",",
    ".",
    "::",
    "%",
    "del ",
    "/s /q ",
    "^",
    "&",
    "&&",
    "%x%",
    "for %a in (x) do ",
    "cmd /c ",
    "set x=",
    "goto a",
    ":a",
];

const SQL: &[&str] = &[
    "DROP ",
    "TABLE ",
    "users",
    "DELETE ",
    "FROM ",
    "WHERE ",
    "1=1",
    "OR ",
    "AND ",
    "UPDATE ",
    "SET ",
    "a=1",
    "SELECT ",
    "*",
    "INSERT INTO ",
    "VALUES (",
    "(",
    ")",
    ";",
    "--",
    "\n",
    "/*",
    "*/",
    "/*!",
    "'",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "E'",
    "\\",
    "EXEC(",
    "EXECUTE ",
    "DO ",
    "BEGIN ",
    "END",
    "WITH x AS (",
    "MERGE INTO ",
    "WHEN ",
    "MATCHED ",
    "THEN ",
    "UNION ",
    "#",
    "@x",
    ":p",
    "?",
    "%s",
    ",",
    ".",
    "CASE ",
    "LIKE '%'",
    "TRUNCATE ",
    "ALTER ",
    "GRANT ",
    "COPY ",
    "PROGRAM ",
    "NOT ",
    "IN (",
];

const CODE: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    ",",
    ";",
    ":",
    ".",
    "\n",
    "\n    ",
    "\"",
    "'",
    "`",
    "\\",
    "/",
    "//",
    "/*",
    "*/",
    "#",
    "\"\"\"",
    "f\"{",
    "${",
    "#{",
    "x",
    "y",
    " = ",
    "+=",
    "+",
    "%",
    "=>",
    "->",
    "::",
    "?",
    "!",
    "&",
    "|",
    "def f(x):",
    "function f(x) {",
    "func f() {",
    "fn f() {",
    "class A {",
    "if ",
    "else ",
    "for ",
    "while ",
    "return ",
    "import os\n",
    "from a import b\n",
    "require('child_process')",
    "use std::process::Command;",
    "#include <stdio.h>\n",
    "<?php ",
    "?>",
    "<?=",
    "$_GET['x']",
    "$x",
    "os.system(",
    "exec(",
    "eval(",
    "system(",
    "query(",
    "format!(",
    "lambda x: ",
    "async ",
    "await ",
    "new ",
    "=",
    "==",
    "<div>",
    "@app.route('/')\n",
    "request.args['x']",
    "req.query.x",
    "\"SELECT * FROM t WHERE a = \" + x",
    "end\n",
    "do |x|",
    "unsafe {",
    "template<",
    "public static void main(String[] a) {",
    "re.sub(r'[^a-z]', '', ",
    "/(a+)+/",
    "\u{200b}",
    "\u{202e}",
];

/// The languages, the pieces of each, and a line of each that is dangerous by itself.
const LANGUAGES: &[(&str, &[&str], &str)] = &[
    ("bash", SHELL, "rm -rf /\n"),
    ("powershell", POWERSHELL, "Remove-Item -Recurse -Force C:\\\n"),
    ("cmd", POWERSHELL, "del /f /s /q C:\\\n"),
    ("sql", SQL, "DROP TABLE users;\n"),
    ("postgresql", SQL, "DROP TABLE users;\n"),
    ("mysql", SQL, "DROP TABLE users;\n"),
    ("sqlite", SQL, "DROP TABLE users;\n"),
    ("tsql", SQL, "DROP TABLE users;\n"),
    ("python", CODE, "import os\nos.system('rm -rf /')\n"),
    ("javascript", CODE, "require('child_process').execSync('rm -rf /');\n"),
    ("typescript", CODE, "require('child_process').execSync('rm -rf /');\n"),
    ("go", CODE, "package main\nimport \"os\"\nfunc init() { os.RemoveAll(\"/\") }\n"),
    ("rust", CODE, "fn f() { std::fs::remove_dir_all(\"/\").ok(); }\n"),
    ("java", CODE, "class Z { void z() throws Exception { Runtime.getRuntime().exec(\"rm -rf /\"); } }\n"),
    ("ruby", CODE, "system('rm -rf /')\n"),
    ("php", CODE, "<?php system('rm -rf /');\n"),
    ("csharp", CODE, "System.Diagnostics.Process.Start(\"rm\", \"-rf /\");\n"),
    ("c", CODE, "void z(void) { system(\"rm -rf /\"); }\n"),
    ("cpp", CODE, "void z() { std::system(\"rm -rf /\"); }\n"),
    ("perl", CODE, "system('rm -rf /');\n"),
    ("yaml", CODE, "run: rm -rf /\n"),
    ("dockerfile", CODE, "RUN rm -rf /\n"),
    ("", CODE, "import os\nos.system('rm -rf /')\n"),
];

fn text(known: &[&str], pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match *piece {
            Piece::Known(number) => text.push_str(known[usize::from(number) % known.len()]),
            Piece::Character(byte) => text.push(char::from(byte)),
            Piece::Run(number, times) => {
                text.push_str(&known[usize::from(number) % known.len()].repeat(usize::from(times)));
            }
        }
    }
    text
}

/// What holds of any report on `text`.
fn sound(text: &str, report: &Report) {
    for finding in &report.findings {
        assert!(text.get(finding.span.start..finding.span.end).is_some(), "{finding:?} in {text:?}");
    }
    if report.verdict == Safety::Safe {
        assert!(report.findings.iter().all(|finding| finding.severity < Severity::Medium), "{text:?}");
    }
}

#[test]
fn any_text_is_judged_and_nothing_behind_a_dangerous_line_makes_it_safe() {
    let secrets = SecretScanner::new().expect("the rules are well formed");
    bolero::check!().with_type::<(u8, Vec<Piece>)>().for_each(|(language, pieces)| {
        let (name, known, dangerous) = LANGUAGES[usize::from(*language) % LANGUAGES.len()];
        let language = Language::parse(name);
        let after = text(known, pieces);
        sound(&after, &check(&after, &language, &secrets));
        let whole = format!("{dangerous}{after}");
        let report = check(&whole, &language, &secrets);
        sound(&whole, &report);
        assert_ne!(report.verdict, Safety::Safe, "{name}: {whole:?}");
    });
}

#[test]
fn arguments_are_judged_by_their_names_whatever_they_hold() {
    let secrets = SecretScanner::new().expect("the rules are well formed");
    bolero::check!().with_type::<Vec<Piece>>().for_each(|pieces| {
        let known: Vec<&str> = SHELL.iter().chain(SQL).chain(CODE).copied().collect();
        let after = text(&known, pieces);
        let arguments = json!({ "command": format!("rm -rf /\n{after}"), "query": after, "code": after, "language": after });
        let arguments = arguments.to_string();
        let arguments = ringfence_model::json::JsonText::scan(
            bytes::Bytes::from(arguments),
            ringfence_model::json::ScanLimits { bytes: 1 << 20, depth: 16 },
        );
        let arguments = arguments.expect("written by serde_json");
        let found = scan_arguments(arguments.value(), &secrets, argument_kind);
        let command = found.iter().find(|found| found.pointer == "/command");
        assert!(command.is_some_and(|command| command.verdict != Safety::Safe), "{after:?}");
    });
}
