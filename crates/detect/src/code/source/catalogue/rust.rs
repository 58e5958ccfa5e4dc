//! Rust. Must never list what safe code does every day.

use super::Is::*;
use super::Means::{Call, Clean as Cleans, Guard, Mention, Sink as Runs, Source};
use super::When::*;
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::{DESERIALIZE, REMOVE_TREE, SQL_CONCATENATION};
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);

pub(super) const ROWS: &[Row] = &[
    row("*.Command.new", Call(&SHELL_ARGUMENT, &[Request(FIRST, Clean::EVERYTHING), Is(FIRST, Varying)])),
    row("*.Command.new", Call(&COMMAND_VALUE, &[Flows(FIRST, Clean::EVERYTHING), Is(FIRST, Varying)])),
    row("*.fs.remove_dir_all remove_dir_all", Runs(Sink::DeleteTree(&REMOVE_TREE))),
    row("*.fs.remove_file", Runs(Sink::DeleteFile)),
    row("*.fs.write *.File.create", Runs(Sink::Write)),
    row("*.fs.read_to_string *.fs.read *.File.open", Runs(Sink::Open)),
    row("*.libc.setuid *.unistd.setuid", Runs(Sink::SetUser)),
    row("*.env.args *.env.args_os *.env.var *.io.stdin", Source(Origin::REQUEST)),
    row("*.env.args *.env.args_os *.env.temp_dir *.env.current_exe", Call(&REMOTE_ADDRESS, &[])),
    row(".parse .len .is_empty", Cleans(Clean::EVERYTHING)),
    row(".starts_with .strip_prefix .contains", Guard(Clean::PATH.and(Clean::URL))),
    row("*.canonicalize .canonicalize .file_name", Cleans(Clean::PATH)),
    row("*.html_escape.encode_text *.encode_text *.encode_safe", Cleans(Clean::HTML)),
    row(
        "*.sql_query *.sqlx.query *.sqlx.query_as *.diesel.sql_query .execute .query .query_row .prepare .batch_execute .query_one .simple_query",
        Runs(Sink::Sql),
    ),
    row("*.sql_query *.sqlx.query", Call(&SQL_CONCATENATION, &[Built(FIRST, Clean::SQL)])),
    row(
        ".danger_accept_invalid_certs .danger_accept_invalid_hostnames",
        Call(&TLS_UNCHECKED, &[Not(FIRST, False)]),
    ),
    row(
        ".set_verify *.SslVerifyMode.NONE *.SSL_VERIFY_NONE *.ssl.SSL_VERIFY_NONE",
        Call(&TLS_UNCHECKED, &[Any(Holds(&["none"]))]),
    ),
    row("*.SslVerifyMode.NONE *.SSL_VERIFY_NONE *.danger.ServerCertVerifier", Mention(&TLS_UNCHECKED)),
    row(
        "*.Md5.new *.Sha1.new *.Md5.digest *.Sha1.digest md5.compute *.MessageDigest.md5 *.MessageDigest.sha1 *.sha1.Sha1.new *.Sha1.default *.Md5.default *.md5.Md5.new",
        Call(&WEAK_HASH, &[]),
    ),
    row(
        "*.Des.new *.Rc4.new *.TdesEde3.new *.Cipher.des_cbc *.Cipher.des_ecb *.Cipher.rc4 *.Cipher.aes_128_ecb *.Cipher.aes_256_ecb",
        Call(&WEAK_CIPHER, &[]),
    ),
    row("*.Rsa.generate *.RsaPrivateKey.new", Call(&SHORT_KEY, &[Any(Below(2048))])),
    row(
        "*.SmallRng.from_entropy *.SmallRng.seed_from_u64 *.StdRng.seed_from_u64 fastrand.u64 fastrand.alphanumeric *.oorandom.Rand32.new",
        Call(&WEAK_RANDOM_SECRET, &[ForSecret]),
    ),
    row("*.mem.transmute transmute *.transmute_copy", Call(&TRANSMUTE, &[])),
    row(
        "*.mem.uninitialized *.mem.zeroed .assume_init .set_len *.MaybeUninit.uninit().assume_init",
        Call(&UNINITIALIZED, &[]),
    ),
    row(
        "*.from_utf8_unchecked .get_unchecked .get_unchecked_mut *.slice.from_raw_parts *.from_raw_parts *.Box.from_raw",
        Call(&COPY_SIZE, &[Is(FIRST, Varying)]),
    ),
    row("*.Permissions.from_mode .set_mode .mode", Call(&PERMISSIVE, &[Any(WorldWritable)])),
    row("*.reqwest.get reqwest.get *.reqwest.blocking.get", Runs(Sink::Send)),
    row(
        "*.bincode.deserialize *.serde_pickle.from_slice",
        Call(&DESERIALIZE, &[Request(FIRST, Clean::EVERYTHING)]),
    ),
    row("*.Html *.PreEscaped", Call(&XSS, &[Request(FIRST, Clean::HTML)])),
    row("*.Redirect.to", Call(&REDIRECT, &[Flows(FIRST, Clean::URL)])),
    row("*.ammonia.clean ammonia.clean *.html_escape.encode_safe askama_escape.escape", Cleans(Clean::HTML)),
    row("*.sanitize_filename.sanitize sanitize_filename.sanitize", Cleans(Clean::PATH)),
    row("*.shell_escape.escape *.shell_words.quote shell_words.quote", Cleans(Clean::SHELL)),
    row("regex.escape *.regex.escape", Cleans(Clean::EVERYTHING)),
];
