//! What the commands of PowerShell do. Must never take a cmdlet for harmless because its noun is not known: the verb
//! decides, and an unknown verb is unknown.

use std::ops::Range;

use super::super::expand::UNKNOWN;
use super::super::windows::{self, Known};
use super::lex::{Kind, Token};
use super::table::{ALIASES, HARMLESS, KNOWN, QUIET, TAKING, TRACES};
use super::{Argument, Reader, value};
use crate::code::rule::{self, Rule};

/// What flows through a pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    Nothing,
    Known(String),
    /// From the network.
    Remote,
    /// Out of a decoder.
    Decoded,
    /// The files under a path.
    Files(String),
    Unknown,
}

impl Reader<'_, '_> {
    /// Judges one command; what it gives to the pipe.
    pub(super) fn run(
        &mut self,
        name: &str,
        arguments: &[Argument],
        tokens: &[Token],
        input: Stage,
        at: Range<usize>,
    ) -> Stage {
        let words: Vec<String> = arguments.iter().map(|argument| argument.text.clone()).collect();
        let plain = name
            .trim_matches(['"', '\''])
            .rsplit(['\\', '/'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let plain = plain.strip_suffix(".exe").or_else(|| plain.strip_suffix(".com")).unwrap_or(&plain);
        let own = self.variables.get(&format!("alias:{plain}")).map(|name| name.to_ascii_lowercase());
        let plain = own.as_deref().unwrap_or(plain);
        let cmdlet = ALIASES.iter().find(|(alias, _)| *alias == plain).map_or(plain, |(_, name)| name);
        let joined = words.join(" ").to_ascii_lowercase();
        if words.iter().any(|word| word.eq_ignore_ascii_case("-whatif")) {
            return Stage::Unknown;
        }
        if words.iter().any(|word| windows::is_credential(word))
            && !matches!(cmdlet, "test-path" | "get-childitem" | "write-output" | "write-host")
        {
            self.findings.add(&rule::CREDENTIAL_READ, at.clone());
        }
        match cmdlet {
            "invoke-expression" => self.evaluate(&words, tokens, &input, at),
            "remove-item" => self.remove(arguments, &input, at),
            "invoke-webrequest" | "invoke-restmethod" | "start-bitstransfer" => {
                self.fetch(&words, &joined, at)
            }
            "get-childitem" | "get-item" => Stage::Files(positional(&words, &["-path", "-literalpath"], 0)),
            "get-command" | "write-output" => {
                if joined.contains(UNKNOWN) {
                    value::stage(tokens)
                } else {
                    Stage::Known(words.join(" "))
                }
            }
            "get-wmiobject" | "get-ciminstance" => Stage::Files(joined),
            "remove-wmiobject" | "remove-ciminstance" => {
                let backup = matches!(&input, Stage::Files(what) if what.contains("shadowcopy"))
                    || joined.contains("shadowcopy");
                self.findings.add(if backup { &rule::BACKUP_DELETE } else { &rule::KILL_ALL }, at);
                Stage::Nothing
            }
            "foreach-object" | "where-object" | "select-object" | "sort-object" => {
                let deletes = tokens.iter().any(|token| matches!(&token.kind, Kind::Word(word) if word.eq_ignore_ascii_case(".delete") || word.eq_ignore_ascii_case("delete")));
                if deletes {
                    let backup = matches!(&input, Stage::Files(what) if what.contains("shadowcopy"));
                    self.findings
                        .add(if backup { &rule::BACKUP_DELETE } else { &rule::UNRESOLVED_TARGET }, at);
                }
                if cmdlet == "foreach-object" { Stage::Unknown } else { input }
            }
            "set-content" | "add-content" | "out-file" | "tee-object" | "new-item" | "export-csv"
            | "export-clixml" | "expand-archive" | "compress-archive" | "copy-item" | "move-item"
            | "rename-item" | "set-item" => {
                self.store(cmdlet, &words, at);
                Stage::Nothing
            }
            "clear-content" | "clear-item" => {
                let path = positional(&words, &["-path", "-literalpath"], 0);
                let log = path.to_ascii_lowercase().contains("consolehost_history");
                self.findings.add(if log { &rule::HISTORY_WIPE } else { &rule::TRUNCATE_FILE }, at);
                Stage::Nothing
            }
            "set-itemproperty" | "new-itemproperty" => {
                self.findings.add(windows::registry(&joined), at);
                Stage::Nothing
            }
            "remove-itemproperty" => {
                self.findings.add(&rule::REGISTRY_DELETE, at);
                Stage::Nothing
            }
            "set-alias" | "new-alias" => {
                let (alias, target) = (positional(&words, &["-name"], 0), positional(&words, &["-value"], 1));
                self.variables.insert(format!("alias:{}", alias.to_ascii_lowercase()), target);
                Stage::Nothing
            }
            "set-variable" => {
                let (name, value) = (positional(&words, &["-name"], 0), positional(&words, &["-value"], 1));
                self.variables.insert(name.to_ascii_lowercase(), value);
                Stage::Nothing
            }
            "start-process" => self.start_process(&words, &joined, at),
            "invoke-command" | "start-job" | "start-threadjob" => {
                if joined.contains("-filepath") || joined.contains(UNKNOWN) {
                    self.findings.add(&rule::UNINSPECTED_CODE, at);
                }
                Stage::Unknown
            }
            "invoke-wmimethod" | "invoke-cimmethod" => {
                self.findings.add(&rule::SHELL_ESCAPE, at.clone());
                if let Some(line) = words.last() {
                    self.findings.within(at, |findings| super::super::cmd::inspect(line, findings));
                }
                Stage::Unknown
            }
            "new-object" => {
                if joined.contains("comobject") {
                    let shell = joined.contains("wscript.shell") || joined.contains("shell.application");
                    self.findings.add(if shell { &rule::SHELL_ESCAPE } else { &rule::UNINSPECTED_CODE }, at);
                }
                value::stage(tokens)
            }
            "set-psreadlineoption" => {
                if joined.contains("savenothing") {
                    self.findings.add(&rule::HISTORY_WIPE, at);
                }
                Stage::Nothing
            }
            "powershell" | "pwsh" => {
                let piped = match &input {
                    Stage::Known(text) => Some(text.as_str()),
                    Stage::Nothing | Stage::Remote | Stage::Decoded | Stage::Files(_) | Stage::Unknown => {
                        None
                    }
                };
                if matches!(input, Stage::Remote) {
                    self.findings.add(&rule::PIPE_TO_SHELL, at.clone());
                }
                super::start(&words, piped, at, self.findings);
                Stage::Unknown
            }
            "cmd" => {
                super::super::cmd::start(&words, at, self.findings);
                Stage::Unknown
            }
            _ => self.other(cmdlet, name, &words, at),
        }
    }

    fn other(&mut self, cmdlet: &str, name: &str, words: &[String], at: Range<usize>) -> Stage {
        if let Some((_, rule)) = KNOWN.iter().find(|(start, _)| cmdlet.starts_with(start)) {
            let defender = cmdlet.ends_with("-service")
                && words.iter().any(|word| {
                    ["windefend", "wscsvc", "eventlog", "mpssvc", "sense"]
                        .iter()
                        .any(|name| word.eq_ignore_ascii_case(name))
                });
            self.findings.add(if defender { &rule::FIREWALL } else { rule }, at);
            return Stage::Unknown;
        }
        if QUIET.iter().any(|start| cmdlet.starts_with(start)) {
            return Stage::Unknown;
        }
        match windows::judge(cmdlet, words) {
            Some(Known::Quiet) => {}
            Some(Known::Does(rule)) => self.findings.add(rule, at),
            None if cmdlet.ends_with(".ps1") || name.starts_with('.') => {
                self.findings.add(&rule::UNINSPECTED_CODE, at);
            }
            None => {
                let fields: Vec<Option<String>> =
                    std::iter::once(Some(cmdlet.to_owned())).chain(words.iter().cloned().map(Some)).collect();
                super::super::inspect_arguments(&fields, at, self.findings);
            }
        }
        Stage::Unknown
    }

    /// `Invoke-Expression`: the text runs.
    fn evaluate(&mut self, words: &[String], tokens: &[Token], input: &Stage, at: Range<usize>) -> Stage {
        let text: Vec<&str> =
            words.iter().map(String::as_str).filter(|word| !word.eq_ignore_ascii_case("-command")).collect();
        self.findings.add(&rule::SHELL_EVAL, at.clone());
        let stage = match (text.is_empty(), input) {
            (true, stage) => stage.clone(),
            (false, _) if text.iter().any(|word| word.contains(UNKNOWN)) => value::stage(tokens),
            (false, _) => Stage::Known(text.join(" ")),
        };
        match stage {
            Stage::Known(text) => self.findings.within(at, |findings| super::inspect(&text, findings)),
            Stage::Remote => self.findings.add(&rule::PIPE_TO_SHELL, at),
            Stage::Decoded => self.findings.add(&rule::DECODE_AND_RUN, at),
            Stage::Nothing | Stage::Files(_) | Stage::Unknown => {
                self.findings.add(&rule::UNRESOLVED_COMMAND, at)
            }
        }
        Stage::Unknown
    }

    fn remove(&mut self, arguments: &[Argument], input: &Stage, at: Range<usize>) -> Stage {
        let options: Vec<String> = arguments
            .iter()
            .filter(|argument| argument.text.starts_with('-'))
            .map(|argument| argument.text.to_ascii_lowercase())
            .collect();
        let recursive = options.iter().any(|option| option.starts_with("-r"))
            || arguments.iter().any(|argument| argument.text.eq_ignore_ascii_case("/s"));
        let mut skip = false;
        let mut paths: Vec<&str> = Vec::new();
        for argument in arguments {
            let lower = argument.text.to_ascii_lowercase();
            let named = ["-include", "-exclude", "-filter", "-erroraction", "-ea"].contains(&lower.as_str());
            let switch = lower.len() == 2 && lower.starts_with('/') && lower != "//";
            if !(std::mem::replace(&mut skip, named) || argument.text.starts_with('-') || switch) {
                paths.push(&argument.text);
            }
        }
        for path in &paths {
            let lower = path.to_ascii_lowercase();
            let rule =
                if ["hklm:", "hkcu:", "hkcr:", "registry::"].iter().any(|drive| lower.starts_with(drive)) {
                    &rule::REGISTRY_DELETE
                } else if lower.starts_with("env:")
                    || lower.starts_with("variable:")
                    || lower.starts_with("alias:")
                    || lower.starts_with("function:")
                {
                    &rule::SERVICE
                } else if windows::is_credential(path) && lower.contains("consolehost_history") {
                    &rule::HISTORY_WIPE
                } else {
                    windows::removal(path, recursive)
                };
            self.findings.add(rule, at.clone());
        }
        if paths.is_empty() {
            let rule = match input {
                Stage::Files(path) if path.is_empty() => &rule::RM_RF,
                Stage::Files(path) => windows::removal(path, true),
                Stage::Nothing | Stage::Known(_) | Stage::Remote | Stage::Decoded | Stage::Unknown => {
                    &rule::UNRESOLVED_TARGET
                }
            };
            self.findings.add(rule, at);
        }
        Stage::Nothing
    }

    fn fetch(&mut self, words: &[String], joined: &str, at: Range<usize>) -> Stage {
        if joined.contains("169.254.169.254") || joined.contains("metadata.google.internal") {
            self.findings.add(&rule::CREDENTIAL_READ, at.clone());
        }
        let sent = positional(words, &["-infile", "-body"], usize::MAX);
        if !sent.is_empty() {
            let secret = windows::is_credential(&sent);
            self.findings.add(if secret { &rule::EXFILTRATION } else { &rule::UPLOAD }, at.clone());
        }
        match positional(words, &["-method"], usize::MAX).to_ascii_lowercase().as_str() {
            "" | "get" | "head" | "options" => {}
            "delete" => self.findings.add(&rule::CLOUD_DELETE, at.clone()),
            _ => self.findings.add(&rule::CLOUD_CHANGE, at.clone()),
        }
        let path = positional(words, &["-outfile", "-o", "-destination"], usize::MAX);
        if !path.is_empty() {
            self.findings.add(&rule::UNINSPECTED_CODE, at.clone());
            if let Some(rule) = windows::writing(&path) {
                self.findings.add(rule, at);
            }
        }
        Stage::Remote
    }

    fn store(&mut self, cmdlet: &str, words: &[String], at: Range<usize>) {
        let moves = matches!(
            cmdlet,
            "copy-item" | "move-item" | "expand-archive" | "compress-archive" | "rename-item"
        );
        let path = if moves {
            positional(words, &["-destination", "-destinationpath", "-newname"], 1)
        } else {
            positional(words, &["-path", "-filepath", "-literalpath"], 0)
        };
        if cmdlet == "move-item" {
            let source = positional(words, &["-path", "-literalpath"], 0);
            let rule = windows::removal(&source, true);
            if rule.severity >= rule::RM_RF.severity {
                self.findings.add(rule, at.clone());
            }
        }
        let lower = path.to_ascii_lowercase();
        if lower.starts_with("hklm") || lower.starts_with("hkcu") {
            self.findings.add(windows::registry(&words.join(" ")), at);
        } else if lower.starts_with("function:") || lower.starts_with("alias:") {
            self.findings.add(&rule::HIJACK, at);
        } else if path.is_empty() {
            self.findings.add(&rule::UNRESOLVED_TARGET, at);
        } else if let Some(rule) = windows::writing(&path) {
            self.findings.add(rule, at);
        }
    }

    fn start_process(&mut self, words: &[String], joined: &str, at: Range<usize>) -> Stage {
        if joined.contains("runas") {
            self.findings.add(&rule::SUDO, at.clone());
        }
        let program = positional(words, &["-filepath"], 0);
        let options = [
            "-filepath",
            "-argumentlist",
            "-args",
            "-windowstyle",
            "-verb",
            "-wait",
            "-nonewwindow",
            "-passthru",
            "-workingdirectory",
        ];
        let mut arguments: Vec<String> = Vec::new();
        for word in words {
            let lower = word.to_ascii_lowercase();
            let value = matches!(lower.as_str(), "hidden" | "minimized" | "maximized" | "normal" | "runas");
            if !options.contains(&lower.as_str()) && !value && *word != program {
                arguments.extend(word.split_whitespace().map(str::to_owned));
            }
        }
        if program.is_empty() || program.contains(UNKNOWN) {
            self.findings.add(&rule::UNRESOLVED_COMMAND, at);
            return Stage::Unknown;
        }
        if program.contains("://") {
            self.findings.add(&rule::UNINSPECTED_CODE, at);
            return Stage::Unknown;
        }
        let inner: Vec<Argument> =
            arguments.into_iter().map(|text| Argument { text, at: at.clone() }).collect();
        if self.depth >= super::DEPTH {
            self.findings.add(&rule::TRUNCATED, at);
            return Stage::Unknown;
        }
        self.depth += 1;
        let stage = self.run(&program, &inner, &[], Stage::Nothing, at);
        self.depth -= 1;
        stage
    }

    /// An expression that is no command: what its members do.
    pub(super) fn expression(&mut self, tokens: &[Token]) {
        self.members(tokens);
    }

    /// Members of .NET objects and types that are called, or named in a string that reflection would use.
    pub(super) fn members(&mut self, tokens: &[Token]) {
        for (at, token) in tokens.iter().enumerate() {
            let (Kind::Word(word) | Kind::Text(word) | Kind::Expandable(word)) = &token.kind else {
                continue;
            };
            let lower = word.to_ascii_lowercase();
            if let Some((_, rule)) = TRACES.iter().find(|(part, _)| lower.contains(part)) {
                self.findings.add(rule, token.at.clone());
            }
            let open = tokens.get(at + 1).is_some_and(|next| next.sign('(') && next.glued);
            let member = lower.strip_prefix("::").or_else(|| lower.strip_prefix('.'));
            let Some(member) = member.filter(|_| token.glued && open && matches!(token.kind, Kind::Word(_)))
            else {
                continue;
            };
            let length = super::closing(tokens.get(at + 1..).unwrap_or_default(), ')');
            if !self.findings.spend(length + 16) {
                return;
            }
            let inner = tokens.get(at + 2..at + 1 + length).unwrap_or_default();
            let argument = self.value(inner);
            self.member(member.rsplit('.').next().unwrap_or(member), &argument, inner, token.at.clone());
        }
    }

    fn member(&mut self, member: &str, argument: &str, inner: &[Token], at: Range<usize>) {
        let rule: &Rule = match member {
            "invokescript" | "create" | "newscriptblock" | "addscript" | "addcommand" | "expandstring" => {
                match (argument.is_empty() || argument.contains(UNKNOWN), value::stage(inner)) {
                    (false, _) => {
                        return self.findings.within(at, |findings| super::inspect(argument, findings));
                    }
                    (true, Stage::Remote) => &rule::PIPE_TO_SHELL,
                    (true, Stage::Decoded) => &rule::DECODE_AND_RUN,
                    (true, Stage::Nothing | Stage::Known(_) | Stage::Files(_) | Stage::Unknown) => {
                        &rule::UNRESOLVED_COMMAND
                    }
                }
            }
            "load" | "loadfile" | "loadfrom" | "unsafeloadfrom" => &rule::DECODE_AND_RUN,
            "delete" if !argument.is_empty() => {
                windows::removal(argument.split(' ').next().unwrap_or_default(), argument.contains("True"))
            }
            "delete" => &rule::UNRESOLVED_TARGET,
            "uploadstring" | "uploadfile" | "uploaddata" | "uploadvalues" | "postasync" => &rule::UPLOAD,
            "start" | "shellexecute" | "run" | "exec" | "invokecommand" => {
                let line = argument.to_owned();
                self.findings.within(at.clone(), |findings| super::super::cmd::inspect(&line, findings));
                &rule::SHELL_ESCAPE
            }
            "downloadfile" => &rule::UNINSPECTED_CODE,
            "writealltext" | "writeallbytes" | "writealllines" | "appendalltext" | "copy" | "move"
            | "openwrite" => match windows::writing(argument.split(' ').next().unwrap_or_default()) {
                Some(rule) => rule,
                None => return,
            },
            "kill" | "terminate" => &rule::KILL_MANY,
            "setenvironmentvariable" => &rule::HIJACK,
            "readalltext" | "readalllines" | "readallbytes" => {
                if !windows::is_credential(argument) {
                    return;
                }
                &rule::CREDENTIAL_READ
            }
            _ if HARMLESS.contains(&member) => return,
            _ => &rule::UNRESOLVED_CALL,
        };
        self.findings.add(rule, at);
    }
}

/// The value of one of the parameters `names`, or the positional argument `at`.
fn positional(words: &[String], names: &[&str], at: usize) -> String {
    let mut positionals = Vec::new();
    let mut iter = words.iter().peekable();
    while let Some(word) = iter.next() {
        let lower = word.to_ascii_lowercase();
        if let Some(option) = lower.strip_prefix('-').filter(|option| !option.is_empty()) {
            let (option, attached) =
                option.split_once(':').map_or((option, None), |(option, value)| (option, Some(value)));
            let named = names.iter().any(|name| {
                let name = name.trim_start_matches('-');
                name == option || option.len() >= 3 && name.starts_with(option)
            });
            if named {
                return match attached {
                    Some(_) => word.split_once(':').map(|(_, value)| value.to_owned()).unwrap_or_default(),
                    None => iter.next().cloned().unwrap_or_default(),
                };
            }
            let takes =
                TAKING.iter().any(|name| name.starts_with(option) && option.len() >= 3 || *name == option);
            if takes && attached.is_none() {
                iter.next();
            }
        } else {
            positionals.push(word);
        }
    }
    positionals.get(at).map(|word| (*word).clone()).unwrap_or_default()
}
