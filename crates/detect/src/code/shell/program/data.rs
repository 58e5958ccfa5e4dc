//! Clients of databases and stores: their SQL goes to the SQL engine. Must never let a statement pass as an argument.

use super::options::Options;
use crate::code::rule;
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::sql::{self, Dialect};

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    match call.name {
        "psql" | "pgcli" => client(machine, call, Dialect::Postgres, "cdhpUfvLoFPRTAC", &["command"], 'c'),
        "mysql" | "mariadb" | "mycli" => client(
            machine,
            call,
            Dialect::MySql,
            "ehuPDS",
            &["execute", "host", "user", "port", "database", "socket"],
            'e',
        ),
        "sqlcmd" | "osql" | "bcp" => client(machine, call, Dialect::Transact, "QqSUPdio", &[], 'Q'),
        "sqlite3" | "duckdb" | "litecli" => sqlite(machine, call),
        "clickhouse-client" | "clickhouse" | "bq" | "snowsql" | "presto" | "trino" | "cqlsh" => {
            client(machine, call, Dialect::Any, "qe", &["query", "execute"], 'q')
        }
        "dropdb" | "dropuser" => machine.findings.add(&rule::DROP_TABLE, call.span.clone()),
        "createdb" | "pg_isready" | "pg_config" | "pg_lsclusters" => {}
        "pg_dump" | "pg_dumpall" | "mysqldump" | "mongodump" | "pg_basebackup" | "mongoexport" => {
            return Some(Stream::Secret);
        }
        "mysqladmin" => {
            if call
                .arguments
                .iter()
                .any(|argument| matches!(argument.as_str(), "drop" | "shutdown" | "password"))
            {
                machine.findings.add(&rule::DROP_TABLE, call.span.clone());
            }
        }
        "pg_restore" | "mongorestore" | "mongoimport" => {
            let drops = call
                .arguments
                .iter()
                .any(|argument| argument == "--clean" || argument == "-c" || argument == "--drop");
            machine
                .findings
                .add(if drops { &rule::DATA_FLUSH } else { &rule::UNINSPECTED_CODE }, call.span.clone());
        }
        "redis-cli" | "valkey-cli" | "keydb-cli" => redis(machine, call),
        "mongo" | "mongosh" => mongo(machine, call),
        _ => return None,
    }
    Some(Stream::Unknown)
}

fn inspect(machine: &mut Machine<'_, '_>, call: &Call<'_>, text: &str, dialect: Dialect) {
    if text.contains(UNKNOWN) {
        machine.findings.add(&rule::SQL_DYNAMIC, call.span.clone());
    }
    machine.findings.within(call.span.clone(), |findings| sql::inspect(text, dialect, findings));
}

/// A client that takes SQL from an option, a file or the pipe.
fn client(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    dialect: Dialect,
    takes: &str,
    long: &[&str],
    option: char,
) {
    let options = Options::of(call.arguments, takes, long);
    let asks = options.has_long("version")
        || options.has_long("help")
        || options.has("l")
        || options.has_long("list");
    let texts: Vec<&str> = [options.value(option), options.value('q').filter(|_| option == 'Q')]
        .into_iter()
        .flatten()
        .chain(
            long.iter()
                .filter(|name| matches!(**name, "command" | "execute" | "query"))
                .filter_map(|name| options.long_value(name)),
        )
        .collect();
    for text in &texts {
        inspect(machine, call, text, dialect);
    }
    if options.has("f") && dialect == Dialect::Postgres || options.has("i") && dialect == Dialect::Transact {
        machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
    } else if texts.is_empty() && !asks {
        feed(machine, call, dialect);
    }
}

fn feed(machine: &mut Machine<'_, '_>, call: &Call<'_>, dialect: Dialect) {
    match call.input {
        Stream::Known(text) => inspect(machine, call, text, dialect),
        Stream::Nothing | Stream::Remote | Stream::Decoded | Stream::Secret | Stream::Unknown => {
            machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
        }
    }
}

fn sqlite(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options = Options::of(call.arguments, "", &["-separator", "-cmd"]);
    let texts = options.operands.get(1..).unwrap_or_default();
    if texts.is_empty() {
        if !options.has_long("version") {
            feed(machine, call, Dialect::Sqlite);
        }
        return;
    }
    for text in texts {
        match text.trim_start().strip_prefix('.') {
            // Dot commands of the client: some of them run programs or write files.
            Some(dot) => {
                let name = dot.split_whitespace().next().unwrap_or_default();
                let rule = match name {
                    "shell" | "system" => &rule::SHELL_ESCAPE,
                    "tables" | "schema" | "indexes" | "databases" | "headers" | "mode" | "show" | "stats"
                    | "dump" | "help" | "version" | "fullschema" | "dbinfo" | "width" | "timeout"
                    | "echo" | "explain" | "quit" | "exit" => continue,
                    _ => &rule::UNINSPECTED_CODE,
                };
                machine.findings.add(rule, call.span.clone());
            }
            None => inspect(machine, call, text, Dialect::Sqlite),
        }
    }
}

fn redis(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options = Options::of(call.arguments, "hpnauir", &["user", "pass"]);
    let verb = options.operands.first().map(|verb| verb.to_ascii_uppercase()).unwrap_or_default();
    let rule = match verb.as_str() {
        "FLUSHALL" | "FLUSHDB" | "SHUTDOWN" => &rule::DATA_FLUSH,
        "EVAL" | "EVALSHA" | "SCRIPT" | "MODULE" | "DEBUG" => &rule::UNINSPECTED_CODE,
        "CONFIG" if options.operands.get(1).is_some_and(|word| word.eq_ignore_ascii_case("set")) => {
            &rule::CLOUD_CHANGE
        }
        "DEL" | "UNLINK" => &rule::CLOUD_CHANGE,
        "" if matches!(call.input, Stream::Known(text) if text.to_ascii_uppercase().contains("FLUSH")) => {
            &rule::DATA_FLUSH
        }
        "" if !matches!(call.input, Stream::Nothing) => &rule::UNINSPECTED_CODE,
        _ => return,
    };
    machine.findings.add(rule, call.span.clone());
}

fn mongo(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options = Options::of(call.arguments, "upf", &["eval", "host", "port", "file"]);
    match options.long_value("eval") {
        Some(text) => {
            let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
            if ["dropDatabase(", ".drop(", "deleteMany({})", "remove({})", "dropCollection("]
                .iter()
                .any(|call| compact.contains(call))
            {
                machine.findings.add(&rule::DATA_FLUSH, call.span.clone());
            } else if ["find(", "count", "aggregate(", "getCollectionNames", "stats(", "show", "printjson("]
                .iter()
                .any(|call| compact.contains(call))
                && !compact.contains("delete")
                && !compact.contains("update")
                && !compact.contains("insert")
            {
                // Reads.
            } else {
                machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone());
            }
        }
        None => machine.findings.add(&rule::UNINSPECTED_CODE, call.span.clone()),
    }
}
