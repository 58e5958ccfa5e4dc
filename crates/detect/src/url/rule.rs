//! What a finding in a URL says. From severity medium on a rule blocks. Must never hold how it is recognized.

use ringfence_model::finding::Severity::{self, Critical, High, Info, Medium};

/// What a finding says, apart from where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    pub(super) confidence: u8,
    pub(super) message: &'static str,
    pub(super) alternative: Option<&'static str>,
    pub(super) reference: &'static str,
}

const fn rule(id: &'static str, severity: Severity, message: &'static str) -> Rule {
    Rule { id, severity, confidence: 95, message, alternative: None, reference: "CWE-918" }
}

impl Rule {
    const fn instead(self, alternative: &'static str) -> Self {
        Self { alternative: Some(alternative), ..self }
    }

    const fn see(self, reference: &'static str) -> Self {
        Self { reference, ..self }
    }

    const fn sure(self, confidence: u8) -> Self {
        Self { confidence, ..self }
    }
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
        .see("CWE-350");

// How it is written.
pub(super) const UNPARSED: Rule =
    rule("url_unparsed", Medium, "This is no URL by the standard; a lenient client may still fetch it");
pub(super) const TRUNCATED: Rule =
    rule("truncated", Medium, "The text is too large: not all URLs in it were inspected").sure(100);
pub(super) const AMBIGUOUS: Rule =
    rule("ambiguous_url", High, "Parsers differ on which host this URL names").see("CWE-436");
pub(super) const USERINFO: Rule =
    rule("url_userinfo", Medium, "The URL holds a user name or password before its host")
        .instead("send credentials in a header")
        .see("CWE-522");
pub(super) const CONFUSABLE: Rule =
    rule("confusable_host", High, "The host's name is written in characters that look like others")
        .instead("write the name in plain letters")
        .see("CWE-1007");
pub(super) const LOCAL_SCHEME: Rule =
    rule("dangerous_scheme", High, "This scheme reads files, runs code or speaks another protocol")
        .instead("use https");
pub(super) const OTHER_SCHEME: Rule =
    rule("scheme_not_fetchable", Medium, "Only http and https are fetched").instead("use https");

// Where it leads on.
pub(super) const NESTED_METADATA: Rule =
    rule("nested_metadata_service", High, "A parameter holds the URL of a cloud's metadata service");
pub(super) const REDIRECT: Rule =
    rule("redirect_parameter", Info, "A parameter holds a URL that the server may redirect to or fetch")
        .see("CWE-601")
        .sure(60);

/// Schemes with which clients read files, run code or speak protocols in which a URL can carry commands.
const LOCAL: [&str; 42] = [
    "about",
    "blob",
    "chrome",
    "compress.bzip2",
    "compress.zlib",
    "content",
    "data",
    "dict",
    "expect",
    "file",
    "filesystem",
    "ftp",
    "ftps",
    "glob",
    "gopher",
    "gophers",
    "imap",
    "jar",
    "java",
    "javascript",
    "jdbc",
    "ldap",
    "ldaps",
    "local_file",
    "mhtml",
    "ms-msdt",
    "netdoc",
    "nfs",
    "ogg",
    "phar",
    "php",
    "pop3",
    "rar",
    "rmi",
    "rtsp",
    "scp",
    "sftp",
    "smb",
    "smtp",
    "ssh2",
    "telnet",
    "tftp",
];
/// Further ones of that kind, which wrap or hide another URL.
const WRAPPING: [&str; 6] = ["search-ms", "unix", "vbscript", "view-source", "wyciwyg", "zip"];

/// What speaks against a scheme; `None` for those that are fetched and for their WebSocket kin.
pub(super) fn scheme(scheme: &str) -> Option<&'static Rule> {
    if matches!(scheme, "http" | "https" | "ws" | "wss") {
        None
    } else if is_local(scheme) {
        Some(&LOCAL_SCHEME)
    } else {
        Some(&OTHER_SCHEME)
    }
}

/// True for schemes that are a danger wherever they stand. Lower case.
pub(super) fn is_local(scheme: &str) -> bool {
    LOCAL.contains(&scheme) || WRAPPING.contains(&scheme)
}
