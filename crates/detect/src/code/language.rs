//! Languages as people and schemas name them. Must never refuse a name: an unknown one is `Other`.

use super::sql::Dialect;

/// The language of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Language {
    /// POSIX shell, bash, zsh, ksh, dash.
    Shell,
    /// PowerShell, of Windows or not.
    PowerShell,
    /// Batch files and command lines of `cmd.exe`.
    Cmd,
    /// SQL of a dialect.
    Sql(Dialect),
    /// Python.
    Python,
    /// JavaScript, with JSX.
    JavaScript,
    /// TypeScript, with or without JSX.
    TypeScript,
    /// Go.
    Go,
    /// Rust.
    Rust,
    /// Java.
    Java,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// C#.
    CSharp,
    /// C.
    C,
    /// C++.
    Cpp,
    /// Something else: looked through for what is dangerous in any language, never safe.
    Other(String),
}

impl Language {
    /// From a name such as `bash`, `postgresql`, `TypeScript`, `.py`.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        let lower = name.trim().trim_start_matches('.').to_ascii_lowercase();
        match lower.as_str() {
            "bash" | "sh" | "shell" | "zsh" | "ksh" | "dash" | "ash" | "shellscript" | "shell-script"
            | "command" | "console" | "terminal" => Self::Shell,
            "powershell" | "pwsh" | "ps1" | "psm1" | "ps" | "posh" => Self::PowerShell,
            "cmd" | "cmd.exe" | "bat" | "batch" | "dos" | "batchfile" => Self::Cmd,
            "sql" | "ansi" | "plsql" | "pl/sql" | "oracle" | "bigquery" | "snowflake" | "clickhouse"
            | "spark" | "sparksql" | "spark-sql" | "hive" | "hiveql" | "trino" | "presto" | "athena"
            | "databricks" | "db2" | "teradata" => Self::Sql(Dialect::Any),
            "postgresql" | "postgres" | "psql" | "pgsql" | "plpgsql" | "redshift" | "cockroachdb"
            | "duckdb" | "greenplum" => Self::Sql(Dialect::Postgres),
            "mysql" | "mariadb" => Self::Sql(Dialect::MySql),
            "sqlite" | "sqlite3" => Self::Sql(Dialect::Sqlite),
            "mssql" | "tsql" | "t-sql" | "sqlserver" | "transact-sql" => Self::Sql(Dialect::Transact),
            "python" | "py" | "python3" | "python2" | "ipython" | "jupyter" => Self::Python,
            "javascript" | "js" | "jsx" | "mjs" | "cjs" | "node" | "nodejs" | "ecmascript" => {
                Self::JavaScript
            }
            "typescript" | "ts" | "tsx" | "mts" | "cts" | "deno" | "bun" => Self::TypeScript,
            "go" | "golang" => Self::Go,
            "rust" | "rs" => Self::Rust,
            "java" => Self::Java,
            "ruby" | "rb" => Self::Ruby,
            "php" => Self::Php,
            "csharp" | "c#" | "cs" | "dotnet" => Self::CSharp,
            "c" | "h" => Self::C,
            "cpp" | "c++" | "cc" | "cxx" | "hpp" | "hh" => Self::Cpp,
            _ => Self::Other(lower),
        }
    }
}
