use std::sync::OnceLock;

use proptest::prelude::*;

use super::{Class, Dialect, classify, is_sql};
use crate::code::{Language, Report, Safety, check};
use crate::secret::SecretScanner;

fn run(text: &str, dialect: Dialect) -> Report {
    static SECRETS: OnceLock<SecretScanner> = OnceLock::new();
    check(text, &Language::Sql(dialect), SECRETS.get_or_init(|| SecretScanner::new().unwrap()))
}

#[track_caller]
fn all(dialect: Dialect, verdict: Safety, rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, id) in rows {
        let report = run(text, dialect);
        let first = report.findings.first().map_or("", |finding| finding.id.as_ref());
        if report.verdict != verdict || first != *id {
            wrong.push(format!("{text:?}: {:?} {first:?}, not {verdict:?} {id:?}", report.verdict));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_destroys_is_seen_in_any_spelling() {
    all(
        Dialect::Any,
        Safety::Unsafe,
        &[
            ("DROP TABLE users", "drop_table"),
            ("drop table if exists public.\"Users\" cascade;", "drop_table"),
            ("DROP/**/TABLE users", "drop_table"),
            ("DROP -- x\n TABLE users", "drop_table"),
            ("/* hi */ DROP DATABASE prod", "drop_table"),
            ("SELECT 1; DROP TABLE users", "drop_table"),
            ("SELECT 1;;; drop\tschema s", "drop_table"),
            ("/*!50000 DROP */ TABLE users", "drop_table"),
            ("/*! DROP TABLE users */", "drop_table"),
            ("DR/**/OP TABLE users", "sql_disguised"),
            ("SELECT 1 /* /* */ ; DROP TABLE users -- */", "drop_table"),
            ("SELECT 'a\\'; DROP TABLE users; -- '", "drop_table"),
            ("SELECT 1 --1\n; DROP TABLE t", "drop_table"),
            ("SELECT 1 DROP TABLE users", "drop_table"),
            ("DROP VIEW v", "drop_object"),
            ("ALTER TABLE t DROP COLUMN c", "alter_drop"),
            ("TRUNCATE TABLE t", "truncate_table"),
            ("TRUNCATE t", "truncate_table"),
            ("DELETE FROM users", "delete_all"),
            ("DELETE FROM public.users;", "delete_all"),
            ("DELETE FROM \"users\" WHERE 1=1", "delete_all"),
            ("DELETE FROM t WHERE true", "delete_all"),
            ("DELETE FROM t WHERE 'a'='a'", "delete_all"),
            ("DELETE FROM t WHERE id = id", "delete_all"),
            ("DELETE FROM t WHERE id = 4 OR 1 = 1", "delete_all"),
            ("DELETE FROM t WHERE NOT (1 > 2)", "delete_all"),
            ("DELETE FROM t WHERE 2 BETWEEN 1 AND 3", "delete_all"),
            ("DELETE FROM t WHERE 1 IN (1, 2)", "delete_all"),
            ("DELETE FROM t WHERE name LIKE '%'", "delete_all"),
            ("DELETE FROM t WHERE x IS NULL OR x IS NOT NULL", "delete_all"),
            ("DELETE FROM t WHERE EXISTS (SELECT 1)", "delete_all"),
            ("DELETE FROM t WHERE 1", "delete_all"),
            ("UPDATE users SET admin = 1", "update_all"),
            ("UPDATE users u SET admin = 1 WHERE 1=1", "update_all"),
            ("WITH gone AS (DELETE FROM users RETURNING *) SELECT count(*) FROM gone", "delete_all"),
            ("EXPLAIN ANALYZE DELETE FROM users", "delete_all"),
            ("DO $$ BEGIN DROP TABLE users; END $$", "drop_table"),
            ("DO $x$ BEGIN EXECUTE 'DROP TABLE users'; END $x$", "drop_table"),
            ("CREATE FUNCTION f() RETURNS void AS $$ DELETE FROM users $$ LANGUAGE sql", "delete_all"),
            ("EXEC('DROP TABLE users')", "drop_table"),
            ("EXEC sp_executesql N'DROP TABLE users'", "drop_table"),
            ("PREPARE s FROM 'DROP TABLE users'", "drop_table"),
            ("EXECUTE IMMEDIATE 'DROP TABLE users'", "drop_table"),
            ("COPY t FROM PROGRAM 'id'", "sql_command"),
            ("COPY t TO '/etc/passwd'", "sql_file"),
            ("EXEC xp_cmdshell 'dir'", "sql_command"),
            ("SELECT load_extension('x')", "sql_command"),
            ("SELECT * FROM t INTO OUTFILE '/var/www/x.php'", "sql_file"),
            ("SELECT load_file('/etc/passwd')", "sql_file"),
            ("LOAD DATA INFILE '/etc/passwd' INTO TABLE t", "sql_file"),
            ("GRANT ALL PRIVILEGES ON *.* TO 'x'@'%'", "sql_grant"),
            ("ALTER USER postgres WITH PASSWORD 'x'", "sql_grant"),
            ("'; DROP TABLE users; --", "drop_table"),
            ("' OR '1'='1", "sql_injection"),
            ("1' UNION SELECT password FROM users --", "sql_injection"),
            ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE; DELETE FROM t", "delete_all"),
        ],
    );
}

#[test]
fn what_reads_or_names_its_rows_is_safe() {
    all(
        Dialect::Any,
        Safety::Safe,
        &[
            ("SELECT * FROM users WHERE id = 4", ""),
            ("SELECT 'DROP TABLE users'", ""),
            ("SELECT \"drop\" FROM t -- DROP TABLE t", ""),
            ("SELECT /* DELETE FROM t */ 1", ""),
            ("SELECT drop_date, delete_flag, truncate(1.5, 1) FROM t", ""),
            ("SELECT 1 AS delete, 2 AS alter", ""),
            ("WITH a AS (SELECT 1) SELECT * FROM a FOR UPDATE", ""),
            ("DELETE FROM t WHERE id = 4", ""),
            ("DELETE FROM t WHERE id IN (SELECT id FROM old)", ""),
            ("DELETE FROM t WHERE 1=1 AND id = 4", ""),
            ("DELETE FROM t WHERE id = %s", ""),
            ("UPDATE t SET a = 1 WHERE id = $1 RETURNING *", ""),
            ("UPDATE t SET a = 1 WHERE b <> 'x' AND c >= 3", ""),
            ("INSERT INTO t (a) VALUES ('DROP TABLE x') ON CONFLICT (a) DO UPDATE SET a = 1", ""),
            ("CREATE TABLE t (id INT REFERENCES u(id) ON DELETE CASCADE, truncate INT)", ""),
            ("ALTER TABLE t ALTER COLUMN c DROP NOT NULL", ""),
            ("ALTER TABLE t ADD COLUMN c INT", ""),
            ("EXPLAIN SELECT * FROM t", ""),
            ("COPY t TO STDOUT", ""),
            ("BEGIN; SELECT 1; COMMIT;", ""),
            ("", ""),
        ],
    );
}

#[test]
fn what_is_decided_when_it_runs_is_unknown() {
    all(
        Dialect::Any,
        Safety::Unknown,
        &[
            ("EXECUTE stmt", "sql_dynamic"),
            ("EXEC(@sql)", "sql_dynamic"),
            ("DO $$ BEGIN EXECUTE format('SELECT %I', x); END $$", "sql_dynamic"),
            ("CALL purge_old()", "sql_dynamic"),
            ("SELECT pg_sleep(10)", "sql_delay"),
            ("FROBNICATE THE TABLE", "unknown_statement"),
            ("SELECT 'unclosed", "unparsed"),
            ("DROP INDEX i", "drop_index"),
        ],
    );
}

#[test]
fn a_known_dialect_is_read_as_it_reads() {
    // To MySQL the quote is escaped; to PostgreSQL the string ends there.
    let text = "SELECT 'a\\'; DROP TABLE users; -- '";
    assert_eq!(run(text, Dialect::MySql).verdict, Safety::Safe);
    assert_eq!(run(text, Dialect::Postgres).verdict, Safety::Unsafe);
    assert_eq!(run("SELECT 1 # ; DROP TABLE t", Dialect::MySql).verdict, Safety::Safe);
    assert_eq!(run("/*!50000 DROP TABLE t */", Dialect::Postgres).verdict, Safety::Safe);
    assert_eq!(run("SELECT [a;DROP TABLE b] FROM t", Dialect::Transact).verdict, Safety::Safe);
}

#[test]
fn texts_are_classified() {
    for (text, class) in [
        ("SELECT 1", Class::Read),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Class::Read),
        ("SHOW TABLES", Class::Read),
        ("SELECT a INTO b FROM c", Class::Write),
        ("INSERT INTO t VALUES (1)", Class::Write),
        ("UPDATE t SET a = 1 WHERE id = 2", Class::Write),
        ("WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x", Class::Write),
        ("CREATE TABLE t (a INT)", Class::Write),
        ("SELECT 1; INSERT INTO t VALUES (1)", Class::Write),
        ("SELECT nextval('s')", Class::Write),
        ("DELETE FROM t", Class::Destructive),
        ("DROP TABLE t", Class::Destructive),
        ("DO $$ BEGIN DELETE FROM t; END $$", Class::Destructive),
        ("find me a restaurant", Class::Unknown),
        ("SELECT 'x", Class::Unknown),
    ] {
        assert_eq!(classify(text, Dialect::Any), class, "{text}");
    }
}

#[test]
fn a_search_query_is_not_sql() {
    for text in [
        "drop me a line",
        "delete all my old mail",
        "select a nice restaurant",
        "update the docs",
        "users where age > 3",
        "create a plan",
        "insert coin",
        "rust language",
        "",
    ] {
        assert!(!is_sql(text), "{text}");
    }
    for text in [
        "select * from t",
        "DELETE FROM t",
        "drop table t",
        "  -- c\n TRUNCATE TABLE t",
        "update t set a=1",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "x; drop table t",
    ] {
        assert!(is_sql(text), "{text}");
    }
}

#[test]
fn hostile_texts_end() {
    for unit in [
        "(",
        "'",
        "\"",
        "`",
        "/*",
        "/*!",
        "$$",
        "$a$",
        "--",
        ";",
        "SELECT ",
        "DELETE FROM t WHERE 1 OR ",
        "EXEC('",
        "DO $a$",
        "NOT ",
        "((1=",
        "[",
        "a.",
        "😀",
        "DR/**/OP ",
    ] {
        let text = unit.repeat((1 << 20) / unit.len());
        let report = run(&text, Dialect::Any);
        assert!(report.findings.iter().all(|finding| finding.span.end <= text.len()), "{unit}");
    }
    let deep = format!("DELETE FROM t WHERE {}1=1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_ne!(run(&deep, Dialect::Any).verdict, Safety::Safe);
    let long = format!("DELETE FROM t WHERE {} 1=1", "a=1 OR ".repeat(100_000));
    assert_ne!(run(&long, Dialect::Any).verdict, Safety::Safe);
}

proptest! {
    #[test]
    fn any_text_is_judged(text in "[a-zA-Z '\"`;()*/=-]{0,100}") {
        run(&text, Dialect::Any);
        prop_assert!(classify(&text, Dialect::Any) >= Class::Read);
    }

    #[test]
    fn blanks_and_comments_between_words_change_nothing(gap in "( |\t|\n|/\\*[a-z ]{0,5}\\*/|--[a-z]{0,5}\n){1,4}") {
        prop_assert_eq!(run(&format!("DROP{gap}TABLE{gap}users"), Dialect::Postgres).verdict, Safety::Unsafe);
    }
}

#[test]
fn a_text_that_goes_on_a_statement_is_an_injection() {
    for text in [
        "1 OR 1=1",
        "1) OR (1=1",
        "or 1=1--",
        "-1 UNION ALL SELECT 1,2,3",
        "1' ORDER BY 10--",
        "admin'--",
        "admin' #",
        "' GROUP BY x HAVING 1=1 --",
        "1;WAITFOR DELAY '0:0:5'--",
        "1 AND (SELECT * FROM (SELECT(SLEEP(5)))a)",
        "x' AND email IS NULL; --",
    ] {
        let report = run(text, Dialect::Any);
        assert!(report.findings.iter().any(|finding| finding.id == "sql_injection"), "{text}: {report:?}");
    }
    for text in [
        "SELECT 1 UNION SELECT 2",
        "(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1",
        "SELECT q'[it's]' FROM dual",
        "SELECT a FROM t WHERE b = 'x' OR c = 1 -- note",
        "SELECT * FROM read_csv_auto('x.csv')",
    ] {
        assert_eq!(run(text, Dialect::Any).verdict, Safety::Safe, "{text}");
    }
}

#[test]
fn what_runs_later_is_read_where_it_stands() {
    for text in [
        "DECLARE @s NVARCHAR(100) = N'DROP TABLE t'; EXEC sp_executesql @s",
        "SET @s = CONCAT('DR','OP TABLE t'); PREPARE s FROM @s; EXECUTE s",
        "SELECT query_to_xml('DROP TABLE t', true, false, '')",
        "ALTER TABLE t DELETE WHERE 1",
        "ALTER TABLE t UPDATE a = 1 WHERE 1 = 1",
        "CREATE FUNCTION f() RETURNS int AS 'x.so', 'f' LANGUAGE C",
        "CREATE EXTENSION plpythonu",
        "SELECT pg_terminate_backend(1)",
        "REMOVE @stage/x",
    ] {
        assert_eq!(run(text, Dialect::Any).verdict, Safety::Unsafe, "{text}");
        assert_eq!(classify(text, Dialect::Any), Class::Destructive, "{text}");
    }
}

#[test]
fn what_takes_every_row_by_a_longer_way_is_seen() {
    all(
        Dialect::Any,
        Safety::Unsafe,
        &[
            ("DELETE FROM users WHERE id IN (SELECT id FROM users)", "delete_all"),
            ("DELETE TOP (100) PERCENT FROM users", "delete_all"),
            ("MERGE INTO t USING s ON 1=1 WHEN MATCHED THEN DELETE", "delete_all"),
            ("MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE", "delete_all"),
            ("ALTER TABLE users DETACH PARTITION p", "alter_drop"),
            ("ALTER DATABASE app SET OFFLINE", "sql_admin"),
            ("VACUUM INTO '/tmp/x'", "sql_file"),
            ("CREATE ASSEMBLY x FROM '\\\\host\\x.dll'", "sql_command"),
            ("DETACH TABLE t PERMANENTLY", "drop_table"),
        ],
    );
    all(
        Dialect::Any,
        Safety::Unknown,
        &[
            ("CREATE OR REPLACE TABLE t AS SELECT 1", "sql_replaced"),
            ("INSERT OVERWRITE TABLE t SELECT * FROM u", "sql_replaced"),
        ],
    );
    all(
        Dialect::Any,
        Safety::Safe,
        &[
            ("DELETE FROM users WHERE id IN (SELECT id FROM gone)", ""),
            ("MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.gone THEN DELETE", ""),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", ""),
            ("CREATE TABLE t (a INT)", ""),
        ],
    );
}
