//! Functions whose arguments run, delete or reveal something. Must never list a method by its name alone unless its
//! argument decides, as SQL does for `query`.

use super::Family;
use crate::code::rule::{self, Rule};

/// What a function does with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sink {
    /// Its first argument is a shell command.
    Shell,
    /// Its first argument is a list, or a command if `shell` is set.
    Spawn,
    /// Its arguments are the words of a command.
    Words,
    /// Its first argument may be SQL.
    Sql,
    /// Its first argument is code of the same language.
    Evaluate(&'static Rule),
    /// Deletes the tree at its first argument.
    DeleteTree(&'static Rule),
    /// Deletes the file at its first argument.
    DeleteFile,
    /// Opens the path of its first argument; the second says whether for writing.
    Open,
    /// Writes the path of its first argument.
    Write,
    /// Bad by itself.
    Always(&'static Rule),
    /// Takes the id of a user: 0 is root.
    SetUser,
    /// Loads a module named by its first argument.
    Import,
    /// Reaches an attribute named by its second argument.
    Attribute,
    /// `yaml.load`: safe with a safe loader.
    Yaml,
}

const PYTHON: &[(&[&str], Sink)] = &[
    (
        &[
            "os.system",
            "os.popen",
            "subprocess.getoutput",
            "subprocess.getstatusoutput",
            "commands.getoutput",
            "commands.getstatusoutput",
            "popen2.popen2",
            "asyncio.create_subprocess_shell",
            "pexpect.run",
            "pexpect.spawn",
            "os.startfile",
            "platform.popen",
        ],
        Sink::Shell,
    ),
    (
        &[
            "subprocess.run",
            "subprocess.call",
            "subprocess.check_call",
            "subprocess.check_output",
            "subprocess.Popen",
            "pty.spawn",
        ],
        Sink::Spawn,
    ),
    (
        &[
            "os.execl",
            "os.execle",
            "os.execlp",
            "os.execv",
            "os.execve",
            "os.execvp",
            "os.execvpe",
            "os.posix_spawn",
            "os.spawnl",
            "os.spawnv",
            "os.spawnvp",
            "asyncio.create_subprocess_exec",
        ],
        Sink::Words,
    ),
    (&["eval", "builtins.eval", "__builtins__.eval"], Sink::Evaluate(&rule::EVAL)),
    (
        &[
            "exec",
            "execfile",
            "builtins.exec",
            "__builtins__.exec",
            "runpy.run_path",
            "code.interact",
            "types.FunctionType",
        ],
        Sink::Evaluate(&rule::EXEC),
    ),
    (&["shutil.rmtree"], Sink::DeleteTree(&rule::SHUTIL_RMTREE)),
    (&["os.removedirs"], Sink::DeleteTree(&rule::REMOVE_TREE)),
    (&["os.remove", "os.unlink", "os.rmdir"], Sink::DeleteFile),
    (&["open", "io.open", "codecs.open", "builtins.open"], Sink::Open),
    (&["os.setuid", "os.seteuid", "os.setgid", "os.setegid", "os.setreuid"], Sink::SetUser),
    (
        &[
            "pickle.load",
            "pickle.loads",
            "pickle.Unpickler",
            "cPickle.load",
            "cPickle.loads",
            "_pickle.loads",
            "dill.load",
            "dill.loads",
            "marshal.load",
            "marshal.loads",
            "shelve.open",
            "jsonpickle.decode",
            "yaml.unsafe_load",
            "yaml.full_load",
            "cloudpickle.load",
            "cloudpickle.loads",
            "pandas.read_pickle",
            "pd.read_pickle",
        ],
        Sink::Always(&rule::DESERIALIZE),
    ),
    (&["yaml.load", "yaml.load_all"], Sink::Yaml),
    (&["__import__", "importlib.import_module", "builtins.__import__"], Sink::Import),
    (&["getattr", "operator.attrgetter", "builtins.getattr"], Sink::Attribute),
    (
        &["ctypes.CDLL", "ctypes.cdll.LoadLibrary", "ctypes.WinDLL", "cffi.FFI"],
        Sink::Always(&rule::UNINSPECTED_CODE),
    ),
    (&["compile", "builtins.compile"], Sink::Evaluate(&rule::COMPILED)),
];

const JAVASCRIPT: &[(&[&str], Sink)] = &[
    (
        &[
            "child_process.exec",
            "child_process.execSync",
            "exec",
            "execSync",
            "execAsync",
            "execPromise",
            "cp.exec",
            "cp.execSync",
            "childProcess.exec",
            "childProcess.execSync",
            "shelljs.exec",
            "shell.exec",
            "execa.command",
            "execaCommand",
            "execaCommandSync",
            "$",
            "zx.$",
            "Bun.$",
        ],
        Sink::Shell,
    ),
    (
        &[
            "child_process.spawn",
            "child_process.spawnSync",
            "child_process.execFile",
            "child_process.execFileSync",
            "child_process.fork",
            "spawn",
            "spawnSync",
            "execFile",
            "execFileSync",
            "cp.spawn",
            "cp.spawnSync",
            "execa",
            "execa.execa",
            "execa.sync",
            "Deno.run",
            "Deno.Command",
            "Bun.spawn",
            "Bun.spawnSync",
        ],
        Sink::Spawn,
    ),
    (
        &[
            "eval",
            "window.eval",
            "globalThis.eval",
            "global.eval",
            "self.eval",
            "vm.runInNewContext",
            "vm.runInThisContext",
            "vm.runInContext",
            "vm.Script",
            "vm.compileFunction",
            "Function",
            "window.Function",
            "globalThis.Function",
            "execScript",
        ],
        Sink::Evaluate(&rule::EVAL),
    ),
    (
        &["setTimeout", "setInterval", "setImmediate", "window.setTimeout", "window.setInterval"],
        Sink::Evaluate(&rule::DELAYED),
    ),
    (
        &[
            "fs.rmSync",
            "fs.rm",
            "fs.rmdirSync",
            "fs.rmdir",
            "fs.promises.rm",
            "fs.promises.rmdir",
            "fsPromises.rm",
            "fs/promises.rm",
            "fs/promises.rmdir",
            "rimraf",
            "rimraf.sync",
            "rimrafSync",
            "rimraf.rimraf",
            "fs-extra.remove",
            "fs-extra.removeSync",
            "fs-extra.emptyDirSync",
            "fs-extra.emptyDir",
            "fse.remove",
            "fse.removeSync",
            "fs.removeSync",
            "fs.emptyDirSync",
            "del",
            "del.sync",
            "shelljs.rm",
            "shell.rm",
            "Deno.remove",
            "Deno.removeSync",
        ],
        Sink::DeleteTree(&rule::REMOVE_TREE),
    ),
    (
        &[
            "fs.unlink",
            "fs.unlinkSync",
            "fs.promises.unlink",
            "fs/promises.unlink",
            "fsPromises.unlink",
            "fs.truncateSync",
            "fs.truncate",
        ],
        Sink::DeleteFile,
    ),
    (
        &[
            "fs.writeFile",
            "fs.writeFileSync",
            "fs.appendFile",
            "fs.appendFileSync",
            "fs.createWriteStream",
            "fs.promises.writeFile",
            "fs/promises.writeFile",
            "Deno.writeTextFile",
            "Bun.write",
        ],
        Sink::Write,
    ),
    (
        &[
            "fs.readFile",
            "fs.readFileSync",
            "fs.createReadStream",
            "fs.promises.readFile",
            "fs/promises.readFile",
            "Deno.readTextFile",
        ],
        Sink::Open,
    ),
    (&["node-serialize.unserialize", "serialize.unserialize"], Sink::Always(&rule::DESERIALIZE)),
    (&["process.setuid", "process.setgid", "process.seteuid"], Sink::SetUser),
    (&["require", "import"], Sink::Import),
    (&["process.binding", "process.dlopen"], Sink::Always(&rule::UNINSPECTED_CODE)),
];

const RUBY: &[(&[&str], Sink)] = &[
    (
        &[
            "system",
            "exec",
            "spawn",
            "Kernel.system",
            "Kernel.exec",
            "IO.popen",
            "Open3.capture2",
            "Open3.capture3",
            "Open3.popen3",
            "Open3.capture2e",
            "PTY.spawn",
            "qx",
        ],
        Sink::Shell,
    ),
    (
        &["eval", "instance_eval", "class_eval", "module_eval", "Kernel.eval", "binding.eval"],
        Sink::Evaluate(&rule::EVAL),
    ),
    (
        &[
            "FileUtils.rm_rf",
            "FileUtils.rm_r",
            "FileUtils.remove_dir",
            "FileUtils.remove_entry",
            "FileUtils.rmtree",
            "rmtree",
            "remove_tree",
            "File.Path.remove_tree",
        ],
        Sink::DeleteTree(&rule::REMOVE_TREE),
    ),
    (&["File.delete", "File.unlink", "FileUtils.rm", "unlink", "Dir.rmdir"], Sink::DeleteFile),
    (
        &["Marshal.load", "YAML.load", "YAML.unsafe_load", "Psych.load", "Oj.load"],
        Sink::Always(&rule::DESERIALIZE),
    ),
    (&["Process.setuid", "Process.Sys.setuid", "POSIX.setuid"], Sink::SetUser),
    (&["File.write", "IO.write"], Sink::Write),
    (&["File.open", "File.read", "IO.read"], Sink::Open),
];

const PHP: &[(&[&str], Sink)] = &[
    (&["system", "exec", "shell_exec", "passthru", "popen", "proc_open", "pcntl_exec"], Sink::Shell),
    (&["eval", "assert", "create_function"], Sink::Evaluate(&rule::EVAL)),
    (&["unserialize"], Sink::Always(&rule::DESERIALIZE)),
    (&["unlink", "rmdir"], Sink::DeleteFile),
    (&["file_put_contents"], Sink::Write),
    (
        &["file_get_contents", "fopen", "readfile", "include", "require", "include_once", "require_once"],
        Sink::Open,
    ),
    (&["posix_setuid", "posix_seteuid"], Sink::SetUser),
];

const C: &[(&[&str], Sink)] = &[
    (
        &[
            "system",
            "popen",
            "std.system",
            "_popen",
            "ShellExecute",
            "ShellExecuteA",
            "WinExec",
            "Process.Start",
            "Process.run",
            "Runtime.getRuntime.exec",
            "sh",
            "Shell.Exec",
        ],
        Sink::Shell,
    ),
    (
        &[
            "exec.Command",
            "exec.CommandContext",
            "syscall.Exec",
            "execl",
            "execlp",
            "execle",
            "execv",
            "execvp",
            "execve",
            "posix_spawn",
            "Command.new",
            "std.process.Command.new",
            "process.Command.new",
            "ProcessBuilder",
            "syscall.ForkExec",
        ],
        Sink::Words,
    ),
    (
        &[
            "os.RemoveAll",
            "fs.remove_dir_all",
            "std.fs.remove_dir_all",
            "tokio.fs.remove_dir_all",
            "FileUtils.deleteDirectory",
            "FileUtils.forceDelete",
            "Directory.Delete",
            "std.filesystem.remove_all",
            "filesystem.remove_all",
            "FileManager.default.removeItem",
        ],
        Sink::DeleteTree(&rule::REMOVE_TREE),
    ),
    (
        &[
            "os.Remove",
            "fs.remove_file",
            "std.fs.remove_file",
            "Files.delete",
            "Files.deleteIfExists",
            "File.Delete",
            "unlink",
            "remove",
        ],
        Sink::DeleteFile,
    ),
    (
        &[
            "os.WriteFile",
            "ioutil.WriteFile",
            "fs.write",
            "std.fs.write",
            "File.WriteAllText",
            "Files.write",
            "Files.writeString",
        ],
        Sink::Write,
    ),
    (
        &[
            "os.Open",
            "os.ReadFile",
            "fs.read_to_string",
            "std.fs.read_to_string",
            "File.ReadAllText",
            "fopen",
            "Files.readAllBytes",
        ],
        Sink::Open,
    ),
    (&["syscall.Setuid", "setuid", "seteuid", "libc.setuid", "setreuid"], Sink::SetUser),
    (&["BinaryFormatter.Deserialize", "LosFormatter.Deserialize"], Sink::Always(&rule::DESERIALIZE)),
    (&["engine.eval", "scriptEngine.eval"], Sink::Evaluate(&rule::EVAL)),
];

/// Methods whose text may be SQL.
const SQL: &[&str] = &[
    "query",
    "execute",
    "executemany",
    "executescript",
    "exec",
    "raw",
    "run",
    "all",
    "get",
    "each",
    "prepare",
    "exec_driver_sql",
    "text",
    "read_sql",
    "read_sql_query",
    "execute_sql",
    "queryraw",
    "$queryraw",
    "$queryrawunsafe",
    "$executeraw",
    "$executerawunsafe",
    "unsafe",
    "executeupdate",
    "executequery",
    "preparestatement",
    "createstatement",
    "queryrow",
    "querycontext",
    "execcontext",
    "queryrowcontext",
    "mysqli_query",
    "pg_query",
    "sqlite_query",
    "mysql_query",
    "sqlcommand",
    "executesqlraw",
    "fromsqlraw",
    "nativequery",
    "createnativequery",
    "createquery",
    "sql",
    "select_all",
    "find_by_sql",
    "exec_query",
    "query_as",
    "fetch",
    "fetchall",
    "fetchrow",
    "fetchval",
    "many",
    "one",
    "none",
    "any",
    "any_",
    "querysync",
    "simplequery",
    "batch_execute",
    "execute_batch",
    "multi",
    "query_drop",
    "execsql",
    "mutate",
    "connection.execute",
    "db_query",
    "do",
    "runsql",
    "querystream",
    "execute_async",
    "read_frame",
];

/// Methods that drop tables without SQL.
const DROPPING: &[&str] = &[
    "dropTable",
    "drop_table",
    "dropTableIfExists",
    "dropDatabase",
    "drop_database",
    "drop_all",
    "dropCollection",
    "drop_collection",
    "dropSchema",
    "delete_table",
    "deleteTable",
];

/// What the function at `path` does, in a language of `family`.
pub(super) fn sink(path: &str, family: Family) -> Option<Sink> {
    let tables: &[&[(&[&str], Sink)]] = match family {
        Family::Python => &[PYTHON],
        Family::JavaScript => &[JAVASCRIPT],
        Family::Ruby => &[RUBY],
        Family::Php => &[PHP],
        Family::C => &[C],
        Family::Any => &[PYTHON, JAVASCRIPT, RUBY, PHP, C],
    };
    let listed = tables
        .iter()
        .flat_map(|table| table.iter())
        .find(|(names, _)| names.contains(&path))
        .map(|(_, sink)| *sink);
    if listed.is_some() {
        return listed;
    }
    let last = path.rsplit('.').next().unwrap_or_default();
    if path.contains('.') && DROPPING.contains(&last) {
        return Some(Sink::Always(&rule::DROP_TABLE));
    }
    match (family, last) {
        // Methods that say enough by their own name.
        (Family::Python, "exec_command") | (Family::C, "getRuntime.exec") => Some(Sink::Shell),
        (Family::JavaScript, "execSync") => Some(Sink::Shell),
        (Family::JavaScript, "runInNewContext" | "runInThisContext") => Some(Sink::Evaluate(&rule::EVAL)),
        (Family::Python, "unlink" | "rmdir") if path.contains('.') => Some(Sink::Always(&rule::REMOVE_FILE)),
        _ => SQL.contains(&last.to_ascii_lowercase().as_str()).then_some(Sink::Sql),
    }
}

/// True for a function that is dangerous by its full name.
pub(super) fn is_sink(path: &str) -> bool {
    [PYTHON, JAVASCRIPT].iter().flat_map(|table| table.iter()).any(|(names, _)| names.contains(&path))
}

/// Modules whose functions are sinks: reaching into them by a computed name is not resolved.
pub(super) fn is_dangerous_module(module: &str) -> bool {
    matches!(
        module,
        "os" | "subprocess"
            | "shutil"
            | "builtins"
            | "__builtins__"
            | "sys"
            | "ctypes"
            | "pty"
            | "child_process"
            | "fs"
            | "vm"
            | "importlib"
            | "commands"
            | "posix"
            | "nt"
            | "globalThis"
            | "window"
            | "global"
            | "process"
    )
}
