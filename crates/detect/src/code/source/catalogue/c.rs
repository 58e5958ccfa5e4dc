//! C and C++. Must never list what takes the size of its target.

use super::Is::*;
use super::Means::{Call, Clean as Cleans, Mention, Sink as Runs, Source};
use super::When::*;
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::REMOVE_TREE;
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);
const SECOND: Arg = Arg(1, &[]);
const THIRD: Arg = Arg(2, &[]);

pub(super) const ROWS: &[Row] = &[
    row(
        "system std.system popen _popen _wsystem ShellExecute ShellExecuteA ShellExecuteW WinExec",
        Runs(Sink::Shell),
    ),
    row("system std.system popen _popen", Call(&SHELL_ARGUMENT, &[Is(FIRST, Varying)])),
    row("execl execlp execle execv execvp execve posix_spawn posix_spawnp", Runs(Sink::Words(0))),
    row("execlp execvp", Call(&COMMAND_VALUE, &[Is(FIRST, Varying)])),
    row(
        "std.filesystem.remove_all filesystem.remove_all fs.remove_all boost.filesystem.remove_all",
        Runs(Sink::DeleteTree(&REMOVE_TREE)),
    ),
    row("unlink remove rmdir", Runs(Sink::DeleteFile)),
    row("fopen open std.ifstream ifstream std.ofstream", Runs(Sink::Open)),
    row("setuid seteuid setgid setreuid", Runs(Sink::SetUser)),
    row("gets _getws _gets", Call(&GETS, &[])),
    row("strcpy wcscpy lstrcpy lstrcpyA lstrcpyW _tcscpy StrCpy _mbscpy stpcpy", Call(&UNBOUNDED_COPY, &[])),
    row("strcat wcscat lstrcat lstrcatA lstrcatW _tcscat StrCat", Call(&UNBOUNDED_COPY, &[])),
    row("sprintf vsprintf wsprintf wsprintfA swprintf_unbounded *.sprintf", Call(&UNBOUNDED_COPY, &[])),
    row("scanf fscanf sscanf std.scanf vscanf", Call(&SCANF, &[Any(Holds(&["%s", "%["]))])),
    row("strncpy strncat wcsncpy", Call(&COPY_SIZE, &[Is(THIRD, Holds(&["strlen"]))])),
    row(
        "memcpy memmove std.memcpy CopyMemory RtlCopyMemory bcopy",
        Call(&COPY_SIZE, &[Is(THIRD, Varying), Flows(THIRD, Clean::SIZE)]),
    ),
    row(
        "memcpy memmove std.memcpy",
        Call(&COPY_SIZE, &[Is(THIRD, Holds(&["strlen", "ntohs", "ntohl", "len"])), Without(&["sizeof("])]),
    ),
    row("printf vprintf", Call(&FORMAT_STRING, &[Is(FIRST, Varying), Lacks(SECOND)])),
    row("fprintf syslog vfprintf dprintf", Call(&FORMAT_STRING, &[Is(SECOND, Varying), Lacks(THIRD)])),
    row("snprintf", Call(&FORMAT_STRING, &[Is(THIRD, Varying), Lacks(Arg(3, &[]))])),
    row(
        "malloc calloc realloc alloca xmalloc xcalloc xrealloc sk_malloc_throw g_malloc g_realloc g_try_malloc kmalloc
        kzalloc vmalloc emalloc erealloc OPENSSL_malloc av_malloc av_realloc pvPortMalloc HeapAlloc LocalAlloc GlobalAlloc
        CoTaskMemAlloc std.malloc std.calloc std.realloc new[]",
        Call(&ALLOCATION_SIZE, &[Any(Product)]),
    ),
    row("alloca _alloca", Call(&STACK_ALLOCATION, &[Is(FIRST, Varying)])),
    row("strtok wcstok", Call(&STRTOK, &[])),
    row("tmpnam tempnam mktemp _mktemp tmpnam_s *.tmpnam", Call(&TEMP_FILE, &[])),
    row("rand std.rand random drand48 lrand48", Call(&WEAK_RANDOM_SECRET, &[ForSecret])),
    row("rand std.rand random srand std.srand *.mt19937 std.default_random_engine", Call(&WEAK_RANDOM, &[])),
    row(
        "MD5 MD5_Init MD5_Update MD4 SHA1 SHA1_Init EVP_md5 EVP_sha1 EVP_md4 EVP_md2 CC_MD5 CC_SHA1 MD5Init MD2",
        Call(&WEAK_HASH, &[]),
    ),
    row(
        "DES_ecb_encrypt DES_set_key DES_ncbc_encrypt RC4 RC4_set_key EVP_des_ecb EVP_des_cbc EVP_rc4 EVP_bf_ecb EVP_bf_cbc EVP_des_ede3_cbc EVP_rc2_cbc BF_ecb_encrypt EVP_aes_128_ecb EVP_aes_256_ecb EVP_des_ede3_wrap EVP_aes_192_ecb EVP_des_ede3 EVP_des_cfb1 BF_encrypt",
        Call(&WEAK_CIPHER, &[]),
    ),
    row(
        "RSA_generate_key RSA_generate_key_ex",
        Call(&SHORT_KEY, &[Any(Below(2048)), Is(SECOND, Below(2048))]),
    ),
    row(
        "SSL_CTX_set_verify SSL_set_verify",
        Call(&TLS_UNCHECKED, &[Is(SECOND, Holds(&["ssl_verify_none"]))]),
    ),
    row(
        "curl_easy_setopt",
        Call(&TLS_UNCHECKED, &[Is(SECOND, Holds(&["ssl_verifypeer", "ssl_verifyhost"])), Is(THIRD, False)]),
    ),
    row(
        "SSLv2_method SSLv3_method SSLv23_client_method TLSv1_method TLSv1_1_method SSLv2_client_method SSLv3_client_method",
        Call(&TLS_OLD, &[]),
    ),
    row("access stat lstat", Call(&RACE, &[])),
    row("access", Call(&RACE_USED, &[With(&["fopen(", "open("])])),
    row("chmod fchmod mkdir umask_off", Call(&PERMISSIVE, &[Any(WorldWritable)])),
    row("umask", Call(&PERMISSIVE, &[Is(FIRST, Below(2))])),
    row(
        "getenv std.getenv argv gets fgets fgetc getline recv recvfrom read scanf std.cin",
        Source(Origin::REQUEST),
    ),
    row("strlen sizeof atoi strtol std.stoi", Cleans(Clean::SHELL)),
    row("sqlite3_exec mysql_query mysql_real_query PQexec", Runs(Sink::Sql)),
    row(
        "sqlite3_exec mysql_query PQexec",
        Call(&crate::code::rule::SQL_CONCATENATION, &[Built(SECOND, Clean::SQL)]),
    ),
    row("std.auto_ptr auto_ptr", Mention(&UNINITIALIZED)),
    row(".set_verify_mode", Call(&TLS_UNCHECKED, &[Is(FIRST, Holds(&["verify_none"]))])),
    row(".filename std.filesystem.path().filename", Cleans(Clean::PATH)),
    row("std.regex_replace", Cleans(Clean::EVERYTHING)),
    row("mysql_real_escape_string sqlite3_mprintf PQescapeLiteral PQescapeStringConn", Cleans(Clean::SQL)),
];
