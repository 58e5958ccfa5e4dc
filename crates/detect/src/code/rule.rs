//! The rules of code, command and SQL: what they are called, how bad, what to do instead. Ids of the seeds stay.
//! Must never hold how a rule is recognized: that is beside the parser that sees it.

use ringfence_model::finding::{Category, Severity};

pub(super) use crate::rule::Rule;

const fn sql(id: &'static str, severity: Severity, message: &'static str) -> Rule {
    Rule::new(id, Category::Sql, severity, message)
}

pub(super) const fn command(id: &'static str, severity: Severity, message: &'static str) -> Rule {
    Rule::new(id, Category::Command, severity, message)
}

pub(super) const fn code(id: &'static str, severity: Severity, message: &'static str) -> Rule {
    Rule::new(id, Category::Code, severity, message)
}

const fn uninspected(id: &'static str, message: &'static str) -> Rule {
    Rule::new(id, Category::Uninspected, Severity::Medium, message).sure(100)
}

use Severity::{Critical, High, Medium};

// What could not be read.
pub(super) const TRUNCATED: Rule =
    uninspected("truncated", "The text is too large or too intricate: it was not inspected to its end");
pub(super) const UNPARSED: Rule = uninspected("unparsed", "This could not be parsed");
pub(super) const UNRESOLVED_COMMAND: Rule =
    uninspected("unresolved_command", "Which program runs here is known only when it runs").cwe("CWE-78");
pub(super) const UNRESOLVED_TARGET: Rule =
    uninspected("unresolved_target", "What this changes is known only when it runs").cwe("CWE-73");
pub(super) const UNKNOWN_PROGRAM: Rule =
    uninspected("unknown_program", "What this program does is not known").sure(60);
pub(super) const UNINSPECTED_CODE: Rule =
    uninspected("uninspected_code", "Code runs here that is not in the text");
pub(super) const DECEPTIVE_CHARACTER: Rule =
    uninspected("deceptive_character", "An invisible or look-alike character stands in the code")
        .cwe("CWE-1007");
pub(super) const UNKNOWN_LANGUAGE: Rule = uninspected("unknown_language", "No engine reads this language");
pub(super) const UNRESOLVED_CALL: Rule =
    uninspected("unresolved_call", "What this call runs is known only when it runs");
pub(super) const UNKNOWN_STATEMENT: Rule =
    uninspected("unknown_statement", "This is no statement that is known");

// SQL.
pub(super) const DROP_TABLE: Rule = sql("drop_table", Critical, "Destructive SQL: DROP operation detected")
    .instead("Consider using soft delete or archiving instead of DROP")
    .cwe("CWE-89");
pub(super) const DROP_OTHER: Rule = sql("drop_object", High, "Destructive SQL: DROP of a database object")
    .instead("Rename the object first and drop it when nothing misses it")
    .cwe("CWE-89");
pub(super) const DROP_INDEX: Rule = sql("drop_index", Medium, "SQL drops an object that can be built again");
pub(super) const DELETE_ALL: Rule =
    sql("delete_all", Critical, "Destructive SQL: DELETE without a condition that limits it")
        .instead("Add a WHERE clause that names the rows, or use soft delete")
        .cwe("CWE-89");
pub(super) const UPDATE_ALL: Rule =
    sql("update_all", Critical, "Destructive SQL: UPDATE without a condition that limits it")
        .instead("Add a WHERE clause that names the rows")
        .cwe("CWE-89");
pub(super) const TRUNCATE_TABLE: Rule =
    sql("truncate_table", Critical, "Destructive SQL: TRUNCATE operation detected")
        .instead("Archive the data before truncating")
        .cwe("CWE-89");
pub(super) const ALTER_DROP: Rule =
    sql("alter_drop", High, "Destructive SQL: ALTER drops a column or a partition")
        .instead("Stop using the column first; drop it after a backup")
        .cwe("CWE-89");
pub(super) const SQL_COMMAND: Rule =
    sql("sql_command", Critical, "SQL runs a program on the database server").cwe("CWE-78");
pub(super) const SQL_FILE: Rule =
    sql("sql_file", High, "SQL reads or writes files of the database server").cwe("CWE-73");
pub(super) const SQL_REPLACED: Rule = sql("sql_replaced", Medium, "SQL replaces all that a table holds")
    .instead("Write into a new table first");
pub(super) const SQL_GRANT: Rule = sql("sql_grant", High, "SQL changes who may do what")
    .instead("Let a person grant rights, and only those that are needed")
    .cwe("CWE-269");
pub(super) const SQL_DYNAMIC: Rule =
    uninspected("sql_dynamic", "SQL that is put together when it runs").cwe("CWE-89");
pub(super) const SQL_DISGUISED: Rule =
    sql("sql_disguised", High, "A keyword is split or hidden by a comment").cwe("CWE-89");
pub(super) const SQL_INJECTION: Rule =
    sql("sql_injection", High, "SQL breaks out of a quoted value").cwe("CWE-89");
pub(super) const SQL_CONCATENATION: Rule =
    sql("sql_concatenation", Medium, "SQL is put together from values: a value can become SQL")
        .instead("Use a parameterized query")
        .cwe("CWE-89");
pub(super) const SQL_ADMIN: Rule = sql("sql_admin", High, "SQL administers the server").cwe("CWE-269");
pub(super) const SQL_DELAY: Rule =
    sql("sql_delay", Medium, "SQL that only waits: a probe for blind injection").cwe("CWE-89");

// Deleting.
pub(super) const RM_ROOT: Rule =
    command("rm_root", Critical, "Destructive command: deletes the root, home or a system directory")
        .instead("Name the files to delete, inside the project")
        .cwe("CWE-732");
pub(super) const RM_RF: Rule = command("rm_rf", Critical, "Destructive command: recursive deletion")
    .instead("Move to a trash (trash-cli) or back up first")
    .cwe("CWE-732");
pub(super) const RM_RELATIVE: Rule =
    RM_RF.severity(Medium).message("Deletes a directory of the project with all that is in it");
pub(super) const RM_OUTPUT: Rule =
    RM_RF.severity(Medium).message("Deletes a directory that can be made again");
pub(super) const RM_FILE: Rule = command("rm_file", Medium, "Deletes a file");
pub(super) const RM_MANY: Rule = command("rm_file", Medium, "Deletes all files that match")
    .instead("List what matches first, then name the files");
pub(super) const RM_AWAY: Rule = command("rm_file", Medium, "Deletes a file outside the project");
pub(super) const RM_OUTSIDE: Rule = command("rm_file", High, "Deletes files of the system or of a login");
pub(super) const FIND_DELETE: Rule = command("find_delete", High, "Deletes whatever the search finds")
    .instead("Run the search without the action first")
    .cwe("CWE-732");
pub(super) const FIND_DELETE_NARROWED: Rule =
    FIND_DELETE.severity(Medium).message("Deletes the files of the project that match");
pub(super) const SHRED: Rule = command("shred", High, "Overwrites files so that nothing restores them");
pub(super) const EMPTIED: Rule =
    command("truncate_file", Medium, "Empties a file of the project, or makes an empty one");
pub(super) const TRUNCATE_FILE: Rule = command("truncate_file", High, "Empties a file");

// Disks.
pub(super) const DD_DISK: Rule = command("dd_disk", Critical, "Writes over a disk").cwe("CWE-732");
pub(super) const FORMAT_DRIVE: Rule = command("format_drive", Critical, "Formats a drive").cwe("CWE-732");
pub(super) const WRITE_DEVICE: Rule = command("write_device", Critical, "Writes to a device").cwe("CWE-732");

// Files and rights.
pub(super) const CHMOD_777: Rule = command("chmod_777", High, "Gives everybody the right to write")
    .instead("Use 755 for directories and programs, 644 for files")
    .cwe("CWE-732");
pub(super) const CHMOD_RECURSIVE: Rule =
    command("chmod_recursive", High, "Changes rights or owner of a whole system or home tree").cwe("CWE-732");
pub(super) const SETUID: Rule =
    command("setuid", High, "Makes a program run with its owner's rights").cwe("CWE-250");
pub(super) const SUDO: Rule = command("sudo", High, "Runs with the rights of another user")
    .instead("Run with the permission that the task needs")
    .cwe("CWE-250");
pub(super) const PROTECTED_WRITE: Rule =
    command("protected_write", High, "Changes a file that governs the system or a login").cwe("CWE-73");
pub(super) const ODD_READ: Rule =
    command("odd_read", Medium, "Prints a file by an option that is not made for that")
        .cwe("CWE-200")
        .sure(50);
pub(super) const WRITE_OUTSIDE: Rule = command("write_outside", Medium, "Writes a file outside the project");
pub(super) const DISCARD: Rule = command("discard", High, "Throws a file away by moving it to /dev/null");

// Running.
pub(super) const EVAL: Rule = code("eval", High, "Evaluates text as code")
    .instead("Use JSON.parse() or ast.literal_eval() for data")
    .cwe("CWE-95");
pub(super) const COMPILED: Rule = EVAL.severity(Medium).message("Compiles text as code");
pub(super) const DELAYED: Rule = EVAL.message("Evaluates text as code, later");
pub(super) const EXEC: Rule = code("exec", High, "Executes text as code")
    .instead("Avoid dynamic execution: call the function by name")
    .cwe("CWE-95");
pub(super) const SHELL_EVAL: Rule = command("eval", Medium, "Evaluates text as a command").cwe("CWE-95");
pub(super) const PIPE_TO_SHELL: Rule = command("pipe_to_shell", Critical, "Runs what was just downloaded")
    .instead("Download to a file, check it, then run it")
    .cwe("CWE-494");
pub(super) const DECODE_AND_RUN: Rule =
    command("decode_and_run", Critical, "Runs what was just decoded").cwe("CWE-506");
pub(super) const REVERSE_SHELL: Rule =
    command("reverse_shell", Critical, "Connects a shell to the network").cwe("CWE-506");
pub(super) const FORK_BOMB: Rule =
    command("fork_bomb", Critical, "A function that starts itself without end").cwe("CWE-400");
pub(super) const SHELL_ESCAPE: Rule =
    command("shell_escape", High, "An option makes an ordinary program run another").cwe("CWE-78");
pub(super) const HIJACK: Rule = command("hijack", High, "Changes what programs load or run").cwe("CWE-426");
pub(super) const PERSISTENCE: Rule =
    command("persistence", High, "Makes something run again later").cwe("CWE-506");

// System.
pub(super) const SYSTEM_STOP: Rule =
    command("system_stop", High, "Stops the machine or a service that it needs");
pub(super) const KILL_ALL: Rule = command("kill_all", High, "Ends processes that it did not start");
pub(super) const KILL_MANY: Rule = command("kill", Medium, "Ends processes by name");
pub(super) const ACCOUNT: Rule = command("account", High, "Changes accounts or passwords").cwe("CWE-269");
pub(super) const FIREWALL: Rule = command("firewall", High, "Lowers the machine's defences").cwe("CWE-693");
pub(super) const HISTORY_WIPE: Rule =
    command("history_wipe", High, "Removes traces: shell history or logs").cwe("CWE-778");
pub(super) const PACKAGE_REMOVE: Rule = command("package_remove", Medium, "Removes software");
pub(super) const SERVICE: Rule = command("service", Medium, "Stops or disables a service");
pub(super) const SCHEDULE: Rule = command("schedule", High, "Removes scheduled jobs");
pub(super) const CONTAINER_ESCAPE: Rule =
    command("container_escape", High, "Gives a container the host's files or rights").cwe("CWE-250");

// Windows.
pub(super) const BACKUP_DELETE: Rule = command(
    "backup_delete",
    Critical,
    "Deletes the backups and shadow copies that would restore the machine",
)
.cwe("CWE-732");
pub(super) const REGISTRY_DELETE: Rule = command("registry_delete", High, "Deletes keys of the registry");
pub(super) const DOWNLOADER: Rule =
    command("downloader", High, "Makes a system tool fetch a file from the network").cwe("CWE-494");
pub(super) const DECODED_FILE: Rule = command("decoded_file", Medium, "Writes a file out of encoded text");

// Secrets on the way out.
pub(super) const CREDENTIAL_READ: Rule =
    command("credential_read", High, "Reads a file that holds credentials").cwe("CWE-522");
pub(super) const SECRET_FETCH: Rule =
    CREDENTIAL_READ.severity(Medium).message("Fetches a secret from a secret store");
pub(super) const EXFILTRATION: Rule =
    command("exfiltration", Critical, "Sends credentials over the network").cwe("CWE-200");
pub(super) const UPLOAD: Rule = command("upload", Medium, "Sends a file over the network").cwe("CWE-200");
pub(super) const DOWNLOAD_PROTECTED: Rule =
    PROTECTED_WRITE.message("Downloads over a file that governs the system or a login");

// Version control, clouds, data.
pub(super) const GIT_DISCARD: Rule =
    command("git_discard", High, "Discards work that is not committed").instead("git stash keeps it");
pub(super) const GIT_FORCE_PUSH: Rule =
    command("git_force_push", High, "Overwrites history that others have")
        .instead("git push --force-with-lease");
pub(super) const GIT_HISTORY: Rule = command("git_history", High, "Removes or rewrites history");
pub(super) const GIT_BRANCH: Rule =
    command("git_branch_delete", Medium, "Deletes a branch, tag or worktree that may not be merged");
pub(super) const GIT_BRANCH_FORCED: Rule = GIT_BRANCH.severity(High);
pub(super) const GIT_LEASE: Rule =
    GIT_FORCE_PUSH.severity(Medium).message("Overwrites history on the remote, if nobody else pushed");
pub(super) const CLOUD_DELETE: Rule = command("cloud_delete", High, "Deletes remote resources")
    .instead("Let a person confirm the exact resource; take a snapshot first");
pub(super) const CLOUD_CHANGE: Rule = command("cloud_change", Medium, "Changes remote resources");
pub(super) const DATA_FLUSH: Rule = command("data_flush", Critical, "Deletes all data of a store");
pub(super) const SYNC_DELETE: Rule =
    command("sync_delete", High, "Deletes at the target what the source does not have")
        .instead("Use --dry-run first");
pub(super) const PUBLISH: Rule = command("publish", Medium, "Publishes for others to use");

// Program code.
pub(super) const SHUTIL_RMTREE: Rule = code("shutil_rmtree", High, "Recursive deletion of a directory")
    .instead("Use send2trash, or check the path against a list first")
    .cwe("CWE-73");
pub(super) const REMOVE_TREE: Rule =
    code("remove_tree", High, "Recursive deletion of a directory").cwe("CWE-73");
pub(super) const REMOVE_FILE: Rule = code("remove_file", Medium, "Deletes a file").cwe("CWE-73");
pub(super) const SETUID_ROOT: Rule = code("setuid_root", Critical, "Takes the rights of root").cwe("CWE-250");
pub(super) const DESERIALIZE: Rule =
    code("unsafe_deserialization", High, "Deserializes data that can run code")
        .instead("Use JSON, or a loader that makes plain data only (yaml.safe_load)")
        .cwe("CWE-502");
pub(super) const SHELL_TRUE: Rule =
    code("shell_injection", High, "A command is put together from values and given to a shell")
        .instead("Pass a list of arguments without a shell")
        .cwe("CWE-78");
pub(super) const DYNAMIC_IMPORT: Rule =
    code("dynamic_import", Medium, "Imports a module by a computed name").cwe("CWE-470");
pub(super) const REFLECTION: Rule =
    code("reflection", High, "Reaches the shell or the evaluator by name").cwe("CWE-470");
pub(super) const HARDCODED_API_KEY: Rule =
    Rule::new("hardcoded_api_key", Category::Secret, Critical, "Hard-coded API key")
        .instead("Read it from the environment or a secret store")
        .cwe("CWE-798")
        .sure(75);
pub(super) const HARDCODED_PASSWORD: Rule =
    Rule::new("hardcoded_password", Category::Secret, Critical, "Hard-coded password")
        .instead("Read it from the environment or a secrets manager")
        .cwe("CWE-798")
        .sure(70);
