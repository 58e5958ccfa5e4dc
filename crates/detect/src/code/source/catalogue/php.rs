//! PHP; function names in lower case. Must never list a method that any class has, unless its argument decides.

use super::Is::*;
use super::Means::{Call, Clean as Cleans, Guard, Mention, Set, Sink as Runs, Source};
use super::When::*;
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::{DESERIALIZE, EVAL, REMOVE_TREE, SQL_CONCATENATION};
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);
const SECOND: Arg = Arg(1, &[]);

pub(super) const ROWS: &[Row] = &[
    row("system exec shell_exec passthru popen proc_open pcntl_exec", Runs(Sink::Shell)),
    row(".exec", Call(&crate::code::rule::SHELL_TRUE, &[Is(FIRST, Mixed), With(&["ssh", "SSH"])])),
    row("escapeshellarg escapeshellcmd", Cleans(Clean::SHELL)),
    row("eval assert create_function", Runs(Sink::Evaluate(&EVAL))),
    row(
        "call_user_func call_user_func_array array_map usort",
        Call(&UNSAFE_REFLECTION, &[Request(FIRST, Clean::EVERYTHING)]),
    ),
    row("extract parse_str", Call(&MASS_ASSIGNMENT, &[AnyRequest(Clean::EVERYTHING)])),
    row(
        "unserialize yaml_parse",
        Call(
            &DESERIALIZE,
            &[Is(FIRST, Varying), Not(SECOND, Holds(&["allowed_classes"])), Without(&["allowed_classes"])],
        ),
    ),
    row("serialize", Call(&DESERIALIZE_MAYBE, &[AnyRequest(Clean::EVERYTHING)])),
    row("include", Call(&PATH_TRAVERSAL, &[Request(FIRST, Clean::PATH)])),
    row("include", Call(&PATH_JOINED, &[Flows(FIRST, Clean::PATH)])),
    row("unlink rmdir", Runs(Sink::DeleteFile)),
    row("file_put_contents", Runs(Sink::Write)),
    row(
        "file_get_contents fopen readfile file highlight_file show_source parse_ini_file copy rename scandir opendir",
        Runs(Sink::Open),
    ),
    row("file_get_contents curl_init fopen get_headers simplexml_load_file", Runs(Sink::Send)),
    row("curl_setopt", Call(&SSRF, &[Is(SECOND, Holds(&["curlopt_url"])), Request(Arg(2, &[]), Clean::URL)])),
    row(
        "curl_setopt",
        Call(
            &TLS_UNCHECKED,
            &[
                Is(SECOND, Holds(&["curlopt_ssl_verifypeer", "curlopt_ssl_verifyhost"])),
                Is(Arg(2, &[]), False),
            ],
        ),
    ),
    row(
        "CURLOPT_SSL_VERIFYPEER CURLOPT_SSL_VERIFYHOST verify_peer verify_peer_name verify",
        Set(&TLS_UNCHECKED, False),
    ),
    row("allow_self_signed", Set(&TLS_UNCHECKED, True)),
    row(
        "move_uploaded_file",
        Call(
            &UPLOAD,
            &[
                Is(SECOND, Varying),
                Without(&["in_array", "pathinfo", "finfo", "getimagesize", "mime_content_type"]),
            ],
        ),
    ),
    row("basename realpath", Cleans(Clean::PATH)),
    row(
        "in_array preg_match array_key_exists ctype_alnum ctype_digit is_numeric filter_var strpos str_starts_with isset_in",
        Guard(Clean::EVERYTHING),
    ),
    row(
        "intval floatval count strlen ctype_digit is_numeric filter_var filter_input md5 sha1 hash password_hash isset empty abs round uniqid",
        Cleans(Clean::EVERYTHING),
    ),
    row(
        "htmlspecialchars htmlentities strip_tags json_encode urlencode rawurlencode http_build_query esc_html esc_attr esc_url wp_kses",
        Cleans(Clean::HTML.and(Clean::LINE).and(Clean::URL)),
    ),
    row(
        "mysqli_real_escape_string mysql_real_escape_string pg_escape_string .real_escape_string .quote addslashes pg_escape_literal .escape",
        Cleans(Clean::SQL),
    ),
    row(
        "_GET _POST _REQUEST _COOKIE _FILES _SERVER.HTTP_REFERER _SERVER.HTTP_USER_AGENT _SERVER.QUERY_STRING _SERVER.REQUEST_URI _SERVER.PHP_SELF _SERVER.HTTP_HOST _SERVER.HTTP_X_FORWARDED_FOR _SERVER.PATH_INFO HTTP_RAW_POST_DATA .input.post .input.get request().input request().get .request.get .query.get Input.get",
        Source(Origin::REQUEST),
    ),
    row("_SERVER.REMOTE_ADDR _SERVER.HTTP_X_FORWARDED_FOR _SERVER.HTTP_CLIENT_IP", Mention(&REMOTE_ADDRESS)),
    row("echo print printf exit die print_r var_dump", Call(&XSS, &[AnyRequest(Clean::HTML)])),
    row("phpinfo", Mention(&LEAK)),
    row("header", Call(&REDIRECT, &[Is(FIRST, Holds(&["location:"])), Request(FIRST, Clean::URL)])),
    row(
        "header setcookie mail",
        Call(&HEADER, &[Request(FIRST, Clean::LINE), Not(FIRST, Holds(&["location:"]))]),
    ),
    row(
        "header",
        Call(
            &CORS,
            &[Is(FIRST, Holds(&["access-control-allow-origin: *", "access-control-allow-origin:*"]))],
        ),
    ),
    row(
        "mysql_query mysqli_query pg_query sqlite_query mssql_query odbc_exec .query .exec .prepare .raw .select .statement DB.raw DB.select DB.statement .whereRaw .orderByRaw .selectRaw .multi_query mysqli_multi_query",
        Runs(Sink::Sql),
    ),
    row(
        "mysql_query mysqli_query pg_query",
        Call(&SQL_CONCATENATION, &[Any(Mixed), Without(&["real_escape_string"])]),
    ),
    row("mysqli_query pg_query", Call(&SQL_INJECTION, &[Request(SECOND, Clean::SQL)])),
    row(".whereRaw DB.raw .orderByRaw .selectRaw", Call(&SQL_CONCATENATION, &[Built(FIRST, Clean::SQL)])),
    row("md5 sha1 md5_file sha1_file", Call(&WEAK_HASH, &[])),
    row("hash hash_hmac", Call(&WEAK_HASH, &[Is(FIRST, Text(&["md5", "sha1", "md4", "crc32"]))])),
    row("mcrypt_encrypt mcrypt_decrypt mcrypt_module_open", Call(&WEAK_CIPHER, &[])),
    row(
        "openssl_encrypt openssl_decrypt",
        Call(&WEAK_CIPHER, &[Is(SECOND, Holds(&["des", "ecb", "rc4", "bf-"]))]),
    ),
    row("openssl_encrypt", Call(&FIXED_KEY, &[Is(Arg(2, &[]), Constant)])),
    row("crypt", Call(&WEAK_HASH, &[])),
    row(
        "rand mt_rand uniqid lcg_value array_rand str_shuffle mt_srand srand",
        Call(&WEAK_RANDOM_SECRET, &[ForSecret]),
    ),
    row("rand mt_rand uniqid srand mt_srand", Call(&WEAK_RANDOM, &[])),
    row("chmod mkdir umask_off", Call(&PERMISSIVE, &[Any(WorldWritable)])),
    row("tempnam", Call(&TEMP_FILE, &[Is(FIRST, Holds(&["/tmp"]))])),
    row(
        "ini_set",
        Call(
            &DISPLAY_ERRORS,
            &[Is(FIRST, Holds(&["display_errors"])), Is(SECOND, Text(&["1", "on", "true", "stdout"]))],
        ),
    ),
    row("ini_set", Call(&DISPLAY_ERRORS, &[Is(FIRST, Holds(&["display_errors"])), Is(SECOND, True)])),
    row("libxml_disable_entity_loader", Call(&XXE, &[Is(FIRST, False)])),
    row(
        "simplexml_load_string simplexml_load_file .loadXML .load",
        Call(&XXE, &[With(&["LIBXML_NOENT", "LIBXML_DTDLOAD"])]),
    ),
    row(
        ".xpath .query .evaluate",
        Call(&XPATH, &[Is(FIRST, Mixed), With(&["DOMXPath", "simplexml", "->xpath"])]),
    ),
    row("ldap_search ldap_list ldap_read", Call(&LDAP, &[Any(Mixed), Without(&["ldap_escape"])])),
    row("setcookie", Call(&COOKIE, &[Is(Arg(5, &[]), False)])),
    row("setcookie", Call(&COOKIE, &[Is(Arg(6, &[]), False)])),
    row("error_log syslog", Call(&LOG_INJECTION, &[AnyRequest(Clean::LINE)])),
    row("posix_setuid posix_seteuid", Runs(Sink::SetUser)),
    row("rmdir_recursive File.deleteDirectory Storage.deleteDirectory", Runs(Sink::DeleteTree(&REMOVE_TREE))),
    row("preg_quote", Cleans(Clean::EVERYTHING)),
    row("ldap_escape", Cleans(Clean::SQL)),
    row(
        "sanitize_text_field sanitize_file_name sanitize_key sanitize_title absint esc_sql esc_js esc_textarea
        wp_kses_post .purify e",
        Cleans(Clean::HTML.and(Clean::LINE)),
    ),
    row("sanitize_file_name sanitize_key absint", Cleans(Clean::PATH.and(Clean::SHELL).and(Clean::SQL))),
];
