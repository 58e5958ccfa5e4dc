//! A home of its own for each test: configuration, data directory, the binary run in it, and the end of its kernel.

use std::ffi::OsStr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::installed::search_path;
use super::wait::until;

pub(crate) struct Home {
    folder: TempDir,
    /// The kernel in the foreground, where a test started one.
    foreground: Option<Child>,
    /// Where it listens.
    pub(crate) address: String,
    /// How many logs there are.
    logs: AtomicUsize,
}

/// A program beside the test.
pub(crate) struct Background(Child);

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("files")).unwrap();
        Self { folder, foreground: None, address: String::new(), logs: AtomicUsize::new(0) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new file for what a program writes to stderr.
    pub(crate) fn log(&self) -> PathBuf {
        self.path(&format!("{}.log", self.logs.fetch_add(1, Ordering::Relaxed)))
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A path in the folder that servers may work in.
    pub(crate) fn file(&self, name: &str) -> String {
        self.path("files").join(name).into_os_string().into_string().unwrap()
    }

    /// Writes a file into the folder that servers may work in; its path.
    pub(crate) fn with_file(&self, name: &str, text: &str) -> String {
        let path = self.file(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The variables of everything that a test starts: enough for Node and Python, and the way to this home.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HOME", self.folder.path().display().to_string()),
            ("PATH", search_path()),
            ("RINGFENCE_DATA_DIR", self.data().display().to_string()),
            ("RINGFENCE_CONFIG", self.config().display().to_string()),
        ]
    }

    /// The configuration file, made empty where there is none.
    fn config(&self) -> PathBuf {
        let path = self.path("ringfence.yaml");
        if !path.exists() {
            std::fs::write(&path, "version: 1\n").unwrap();
        }
        path
    }

    pub(crate) fn configure(&self, yaml: &str) {
        std::fs::write(self.path("ringfence.yaml"), yaml).unwrap();
    }

    /// Starts a program that ends with the test.
    pub(crate) fn background(
        &self,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Background {
        let mut command = self.command(program, arguments);
        let quiet = command.envs(variables.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
        Background(quiet.spawn().unwrap())
    }

    #[expect(clippy::disallowed_methods, reason = "starts peers and the binary, each variable named")]
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, program: impl AsRef<OsStr>, arguments: &[impl AsRef<OsStr>]) -> Output {
        self.command(program, arguments).stderr(Stdio::piped()).output().unwrap()
    }

    /// Runs `ringfence` with `--json`: its exit code and what it said.
    pub(crate) fn ringfence(&self, arguments: &[&str]) -> (i32, Value) {
        let ran = self.run(env!("CARGO_BIN_EXE_ringfence"), &[arguments, &["--json"]].concat());
        let said = serde_json::from_slice(&ran.stdout);
        let said = said.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {ran:?}"));
        (ran.status.code().unwrap(), said)
    }

    pub(crate) fn status(&self) -> Value {
        let (code, status) = self.ringfence(&["status"]);
        assert_eq!(code, 0, "{status}");
        status
    }

    pub(crate) fn kernel(&self) -> Pid {
        pid(&self.status()["pid"])
    }

    /// The calls of tools in the journal, oldest first.
    pub(crate) fn tool_calls(&self) -> Vec<Value> {
        let (code, rows) = self.ringfence(&["audit", "query", "--limit", "1000"]);
        assert_eq!(code, 0, "{rows}");
        let mut rows: Vec<Value> = rows.as_array().unwrap().clone();
        rows.retain(|row| row["action"] == "call_tool");
        rows.reverse();
        rows
    }

    /// What the journal says of the calls of one tool, oldest first: decision, outcome, code. A question to the user is a
    /// ruling of its own, before that of the answer.
    pub(crate) fn judged(&self, tool: &str) -> Vec<Value> {
        let of_tool = self.tool_calls().into_iter().filter(|row| row["tool"] == tool);
        of_tool.map(|row| json!([row["decision"], row["outcome"], row["code"]])).collect()
    }

    /// [`Self::judged`] of a tool that was called once, after the call has ended.
    pub(crate) fn judged_at_last(&self, tool: &str) -> Vec<Value> {
        until("the end of the call is in the journal", || {
            let judged = self.judged(tool);
            judged.first().is_some_and(|first| first[1] != Value::Null).then_some(judged)
        })
    }

    /// Asserts that the journal verifies; the number of its entries.
    pub(crate) fn verified(&self) -> u64 {
        let (code, verified) = self.ringfence(&["audit", "verify"]);
        assert_eq!((code, &verified["valid"], &verified["torn"]), (0, &json!(true), &json!(0)), "{verified}");
        verified["entries"].as_u64().unwrap()
    }

    /// `serve` in the foreground with the servers of `{"mcpServers": …}`, on a free port, answering.
    pub(crate) fn serve(&mut self, servers: &Value, extra: &[(&str, &str)]) {
        let file = self.path("mcp.json");
        std::fs::write(&file, json!({ "mcpServers": servers }).to_string()).unwrap();
        let log = self.log();
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--servers"];
        arguments.push(file.to_str().unwrap());
        let mut command = self.command(env!("CARGO_BIN_EXE_ringfence"), &arguments);
        command.envs(extra.iter().copied()).stderr(std::fs::File::create(&log).unwrap());
        self.foreground = Some(command.spawn().unwrap());
        self.address = until("serve says where it listens", || {
            let said = text(&log);
            let address = said.split_once("http://")?.1.split_once("/mcp")?.0;
            Some(address.to_owned())
        });
    }

    /// Ends the kernel in the foreground.
    pub(crate) fn stop(&mut self) {
        let mut kernel = self.foreground.take().unwrap();
        signal(Pid::from_child(&kernel), Signal::TERM);
        assert!(kernel.wait().unwrap().success());
    }

    /// A URL of the kernel in the foreground.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _ended = self.0.wait();
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(mut kernel) = self.foreground.take() {
            signal(Pid::from_child(&kernel), Signal::TERM);
            let _ended = kernel.wait();
            return;
        }
        // Nobody listens: no kernel runs, and asking for its state would start one.
        if UnixStream::connect(self.data().join("run/kernel.sock")).is_err() {
            return;
        }
        let ran = self.run(env!("CARGO_BIN_EXE_ringfence"), &["status", "--json"]);
        let Ok(status) = serde_json::from_slice::<Value>(&ran.stdout) else { return };
        let kernel = pid(&status["pid"]);
        signal(kernel, Signal::TERM);
        let mut looks = 0;
        while is_running(kernel) && looks < 2_000 {
            std::thread::park_timeout(std::time::Duration::from_millis(5));
            looks += 1;
        }
    }
}

/// The text of a file that a test or one of its programs wrote.
pub(crate) fn text(path: impl AsRef<Path>) -> String {
    String::from_utf8(std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn pid(value: &Value) -> Pid {
    Pid::from_raw(i32::try_from(value.as_i64().unwrap()).unwrap()).unwrap()
}

pub(crate) fn signal(process: Pid, signal: Signal) {
    let _gone = kill_process(process, signal);
}

/// SIGKILL, and the process is gone or a zombie.
pub(crate) fn kill(process: Pid) {
    signal(process, Signal::KILL);
    until("a killed process ends", || (!is_running(process)).then_some(()));
}

/// True while a process runs; a zombie does not.
pub(crate) fn is_running(process: Pid) -> bool {
    test_kill_process(process).is_ok() && state(process).is_some_and(|state| state != 'Z')
}

/// The child processes of a process, by proc(5).
pub(crate) fn children(process: Pid) -> Vec<Pid> {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let id: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        Pid::from_raw(id)
    });
    let parent = process.as_raw_nonzero().get().to_string();
    all.filter(|child| stat(*child, 1).is_some_and(|found| found == parent)).collect()
}

fn state(process: Pid) -> Option<char> {
    stat(process, 0)?.chars().next()
}

/// A field of `/proc/<pid>/stat` after the program's name.
fn stat(process: Pid, field: usize) -> Option<String> {
    let path = Path::new("/proc").join(process.as_raw_nonzero().get().to_string()).join("stat");
    let line = String::from_utf8(std::fs::read(path).ok()?).unwrap();
    line.rsplit_once(") ")?.1.split(' ').nth(field).map(str::to_owned)
}
