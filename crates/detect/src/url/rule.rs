//! What a finding in a URL says. From severity medium on a rule blocks. Must never hold how it is recognized.

use ringfence_model::finding::Category;
use ringfence_model::finding::Severity::{self, Critical, High, Info, Medium};

pub(super) use crate::rule::Rule;

const fn rule(id: &'static str, severity: Severity, message: &'static str) -> Rule {
    Rule::new(id, Category::Url, severity, message).sure(95).cwe("CWE-918")
}

// What the host is.
pub(super) const METADATA: Rule =
    rule("metadata_service", Critical, "This is a cloud's metadata service, which hands out credentials");
pub(super) const LOOPBACK: Rule =
    rule("loopback_address", Medium, "This leads back to the host that fetches it")
        .instead("name a configured server if this host is meant");
pub(super) const PRIVATE: Rule =
    rule("private_address", Medium, "This address lies in a private network").instead("use a public address");
pub(super) const LINK_LOCAL: Rule = rule("link_local_address", High, "This address is link-local");
pub(super) const MULTICAST: Rule = rule("multicast_address", Medium, "This address is no single host");
pub(super) const RESERVED: Rule =
    rule("reserved_address", Medium, "This address is reserved and no public host has it");
pub(super) const INTERNAL_NAME: Rule =
    rule("internal_name", Medium, "This name has a meaning only inside a network")
        .instead("use a fully qualified public name");
pub(super) const REBINDING_NAME: Rule =
    rule("rebinding_name", High, "This name exists to lead to addresses that its reader would not allow")
        .cwe("CWE-350");

// How it is written.
pub(super) const UNPARSED: Rule =
    rule("url_unparsed", Medium, "This is no URL by the standard; a lenient client may still fetch it");
pub(super) const TRUNCATED: Rule = Rule::new(
    "truncated",
    Category::Uninspected,
    Medium,
    "The text is too large: not all URLs in it were inspected",
)
.sure(100)
.cwe("CWE-918");
pub(super) const AMBIGUOUS: Rule =
    rule("ambiguous_url", High, "Parsers differ on which host this URL names").cwe("CWE-436");
pub(super) const USERINFO: Rule =
    rule("url_userinfo", Medium, "The URL holds a user name or password before its host")
        .instead("send credentials in a header")
        .cwe("CWE-522");
pub(super) const CONFUSABLE: Rule =
    rule("confusable_host", High, "The host's name is written in characters that look like others")
        .instead("write the name in plain letters")
        .cwe("CWE-1007");
pub(super) const DANGEROUS_SCHEME: Rule =
    rule("dangerous_scheme", High, "This scheme speaks another protocol, runs code or wraps another URL")
        .instead("use https");
pub(super) const FILE_SCHEME: Rule =
    rule("file_url", Medium, "This reads a file of the host that fetches it").instead("use https");
pub(super) const OTHER_SCHEME: Rule =
    rule("scheme_not_fetchable", Medium, "Only http and https are fetched").instead("use https");

// Where it leads on.
pub(super) const NESTED_METADATA: Rule =
    rule("nested_metadata_service", High, "A parameter holds the URL of a cloud's metadata service");
pub(super) const REDIRECT: Rule =
    rule("redirect_parameter", Info, "A parameter holds a URL that the server may redirect to or fetch")
        .cwe("CWE-601")
        .sure(60);

/// Schemes in which a URL carries commands, runs code or wraps another URL, in one client or another.
const DANGEROUS: [&str; 32] = [
    "compress.bzip2",
    "compress.zlib",
    "dict",
    "expect",
    "glob",
    "gopher",
    "gophers",
    "jar",
    "java",
    "javascript",
    "jdbc",
    "jndi",
    "ldap",
    "ldaps",
    "local_file",
    "mhtml",
    "ms-msdt",
    "netdoc",
    "ogg",
    "phar",
    "php",
    "rar",
    "rmi",
    "search-ms",
    "ssh2",
    "telnet",
    "tftp",
    "unix",
    "vbscript",
    "view-source",
    "wyciwyg",
    "zip",
];

/// What speaks against a scheme, in lower case; `None` for those that are fetched and for their WebSocket kin.
pub(super) fn scheme(scheme: &str) -> Option<&'static Rule> {
    match scheme {
        "http" | "https" | "ws" | "wss" => None,
        "file" => Some(&FILE_SCHEME),
        _ if DANGEROUS.contains(&scheme) => Some(&DANGEROUS_SCHEME),
        _ => Some(&OTHER_SCHEME),
    }
}
