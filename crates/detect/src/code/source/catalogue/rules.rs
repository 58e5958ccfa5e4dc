//! What findings in program code say. Must never hold how they are recognized.

use ringfence_model::finding::Severity::{self, Critical, High, Low, Medium};

use crate::code::rule::{Rule, code, command};

const fn flaw(id: &'static str, severity: Severity, cwe: &'static str, message: &'static str) -> Rule {
    code(id, severity, message).cwe(cwe)
}

// Injection.
pub(in crate::code) const SQL_INJECTION: Rule =
    flaw("sql_from_request", High, "CWE-89", "SQL is put together from what a request says")
        .instead("Use a parameterized query");
pub(in crate::code) const PATH_TRAVERSAL: Rule =
    flaw("path_traversal", High, "CWE-22", "A path comes from a request: it can lead anywhere")
        .instead("Resolve the path and check that it is inside the directory meant");
pub(in crate::code) const PATH_JOINED: Rule =
    PATH_TRAVERSAL.severity(Medium).message("A path is put together from a value that may hold `..`");
pub(in crate::code) const ARCHIVE: Rule =
    flaw("archive_extraction", Medium, "CWE-22", "An archive decides where its files are written")
        .instead("Check each member's path, or use a filter such as tarfile's `data`");
pub(in crate::code) const SSRF: Rule =
    flaw("ssrf", High, "CWE-918", "A request decides which address is fetched")
        .instead("Check the host against a list before connecting");
pub(in crate::code) const SSRF_BUILT: Rule =
    SSRF.severity(Medium).message("The host that is fetched is put together from a value");
pub(in crate::code) const XSS: Rule =
    flaw("xss", High, "CWE-79", "What a request says becomes part of a page")
        .instead("Escape it, or render a template that does");
pub(in crate::code) const XSS_SINK: Rule =
    flaw("unescaped_html", Medium, "CWE-79", "Text is put into a page without escaping")
        .instead("Escape it, or set it as text");
pub(in crate::code) const AUTOESCAPE: Rule =
    flaw("autoescape_off", Medium, "CWE-79", "Templates are rendered without escaping")
        .instead("Set autoescape to True or select_autoescape()");
pub(in crate::code) const SSTI: Rule =
    flaw("template_injection", High, "CWE-1336", "A template is put together from values: they can run code")
        .instead("Pass values as variables of a fixed template");
pub(in crate::code) const XXE: Rule =
    flaw("xxe", Medium, "CWE-611", "XML is parsed with external entities or unbounded expansion")
        .instead("Use a parser that refuses them (defusedxml, resolve_entities=False)");
pub(in crate::code) const XPATH: Rule =
    flaw("xpath_injection", Medium, "CWE-643", "An XPath expression is put together from values");
pub(in crate::code) const LDAP: Rule =
    flaw("ldap_injection", Medium, "CWE-90", "An LDAP filter is put together from values")
        .instead("Escape the value (escape_filter_chars)");
pub(in crate::code) const NOSQL: Rule =
    flaw("nosql_injection", High, "CWE-943", "What a request says becomes part of a query object");
pub(in crate::code) const LOG_INJECTION: Rule =
    flaw("log_injection", Medium, "CWE-117", "What a request says is written to a log, line breaks included");
pub(in crate::code) const HEADER: Rule =
    flaw("header_injection", Medium, "CWE-113", "What a request says becomes a response header");
pub(in crate::code) const REDIRECT: Rule =
    flaw("open_redirect", Medium, "CWE-601", "A request decides where it is redirected to")
        .instead("Redirect to a path of your own, or check the host");
pub(in crate::code) const REGEX: Rule =
    flaw("regex_injection", Medium, "CWE-1333", "A pattern comes from a request")
        .instead("Escape it (re.escape)");
pub(in crate::code) const REGEX_SLOW: Rule =
    flaw("regex_backtracking", Medium, "CWE-1333", "A pattern that can take exponential time")
        .instead("Do not repeat what already repeats");
pub(in crate::code) const PROTOTYPE: Rule =
    flaw("prototype_pollution", Medium, "CWE-1321", "An object is extended by keys that a request names");
pub(in crate::code) const FORMAT_STRING: Rule =
    flaw("format_string", High, "CWE-134", "The format is not a constant")
        .instead("Pass it as an argument of \"%s\"");
pub(in crate::code) const SHELL_ARGUMENT: Rule = flaw(
    "command_from_request",
    High,
    "CWE-78",
    "A request decides which program runs, or a word of its command",
);
pub(in crate::code) const COMMAND_VALUE: Rule =
    SHELL_ARGUMENT.severity(Medium).message("A caller decides which program runs");
pub(in crate::code) const MASS_ASSIGNMENT: Rule =
    flaw("mass_assignment", Medium, "CWE-915", "All that a request says is assigned");
pub(in crate::code) const UNSAFE_REFLECTION: Rule =
    flaw("unsafe_reflection", High, "CWE-470", "A request names the class or function that is used");

// Data that becomes code.
pub(in crate::code) const DESERIALIZE_MAYBE: Rule = flaw(
    "unsafe_deserialization",
    Medium,
    "CWE-502",
    "Deserializes data that can run code or is not checked",
);
pub(in crate::code) const OBFUSCATED: Rule =
    flaw("obfuscated_code", Critical, "CWE-506", "Runs code that was encoded to be unreadable");
pub(in crate::code) const REMOTE_CODE: Rule =
    flaw("remote_code", Critical, "CWE-494", "Runs code that was just fetched");
pub(in crate::code) const MODEL_CODE: Rule =
    flaw("remote_model_code", High, "CWE-494", "Loads code together with a model");

// Cryptography.
pub(in crate::code) const WEAK_HASH: Rule = flaw("weak_hash", Medium, "CWE-327", "A hash that is broken")
    .instead("Use SHA-256, or a password hash for passwords");
pub(in crate::code) const WEAK_CIPHER: Rule =
    flaw("weak_cipher", Medium, "CWE-327", "A cipher or mode that is broken")
        .instead("Use AES-GCM or ChaCha20-Poly1305");
pub(in crate::code) const FIXED_IV: Rule =
    flaw("fixed_iv", Medium, "CWE-329", "An initialization vector, nonce or salt that never changes")
        .instead("Make a new random one each time");
pub(in crate::code) const SHORT_KEY: Rule = flaw("short_key", Medium, "CWE-326", "A key that is too short")
    .instead("RSA and DSA: 2048 bits or more; curves of 224 bits or more");
pub(in crate::code) const WEAK_RANDOM: Rule =
    flaw("weak_random", Low, "CWE-330", "Random numbers that can be predicted");
pub(in crate::code) const WEAK_RANDOM_SECRET: Rule =
    flaw("weak_random", High, "CWE-338", "A secret is made of random numbers that can be predicted")
        .instead("Use the system's generator (secrets, crypto.randomBytes, SecureRandom)");
pub(in crate::code) const TIMING: Rule =
    flaw("timing", Medium, "CWE-208", "A secret is compared in a time that tells how much was right")
        .instead("Compare in constant time (hmac.compare_digest)");
pub(in crate::code) const FEW_ROUNDS: Rule =
    flaw("few_iterations", Medium, "CWE-916", "Too few iterations for deriving a key from a password");
pub(in crate::code) const PLAIN_PASSWORD: Rule =
    flaw("plain_password", Medium, "CWE-256", "A password is stored or compared as it is")
        .instead("Hash it with argon2, scrypt or bcrypt");

// Transport.
pub(in crate::code) const TLS_UNCHECKED: Rule =
    flaw("tls_unverified", High, "CWE-295", "Certificates are not checked")
        .instead("Leave verification on; add the CA that is missing");
pub(in crate::code) const TLS_OLD: Rule =
    flaw("tls_outdated", Medium, "CWE-327", "A version or cipher of TLS that is broken")
        .instead("Use TLS 1.2 or later");
pub(in crate::code) const HOST_KEY: Rule =
    flaw("host_key_unchecked", High, "CWE-295", "The host's key is not checked");
pub(in crate::code) const CLEARTEXT: Rule =
    flaw("cleartext", Medium, "CWE-319", "Credentials or data travel unencrypted")
        .instead("Use the encrypted form of the protocol");
pub(in crate::code) const JWT_UNVERIFIED: Rule =
    flaw("jwt_unverified", High, "CWE-347", "A token is accepted without checking its signature");
pub(in crate::code) const FIXED_KEY: Rule =
    flaw("hardcoded_key", High, "CWE-321", "A key is written into the code")
        .instead("Read it from the environment or a secret store");

// Web.
pub(in crate::code) const DEBUG: Rule =
    flaw("debug_mode", Medium, "CWE-489", "Debug mode shows internals and may run code")
        .instead("Switch it on by the environment, never in code");
pub(in crate::code) const COOKIE: Rule =
    flaw("insecure_cookie", Medium, "CWE-614", "A cookie is readable by scripts or sent unencrypted")
        .instead("Set secure, httponly and samesite");
pub(in crate::code) const CSRF: Rule =
    flaw("csrf_off", Medium, "CWE-352", "Protection from forged requests is off");
pub(in crate::code) const CORS: Rule = flaw("cors_any", Medium, "CWE-942", "Any site may read the answers");
pub(in crate::code) const LEAK: Rule =
    flaw("error_details", Medium, "CWE-209", "Details of an error are shown to the caller")
        .instead("Log them, and answer with a general message");
pub(in crate::code) const UPLOAD: Rule =
    flaw("unchecked_upload", High, "CWE-434", "An uploaded file is stored under the name that came with it")
        .instead("Check its type and give it a name of your own");
pub(in crate::code) const MESSAGE_ANY: Rule =
    flaw("message_to_any", Medium, "CWE-346", "A message is sent to whatever page is there");
pub(in crate::code) const BIND_ALL: Rule = flaw("bind_all", Medium, "CWE-605", "Listens on all interfaces")
    .instead("Bind to 127.0.0.1, or to the interface meant");
pub(in crate::code) const DISPLAY_ERRORS: Rule =
    flaw("debug_mode", Medium, "CWE-209", "Errors are shown to the caller");
pub(in crate::code) const REMOTE_ADDRESS: Rule = flaw(
    "address_as_identity",
    Low,
    "CWE-290",
    "An address or header that the client can choose stands for who it is",
);
pub(in crate::code) const PASSWORD_POLICY: Rule =
    flaw("weak_password_policy", Medium, "CWE-521", "Passwords may be short or simple");

// Files and rights.
pub(in crate::code) const TEMP_FILE: Rule = flaw(
    "insecure_temp_file",
    Medium,
    "CWE-377",
    "A temporary file under a name that others can guess or take first",
)
.instead("Use mkstemp, NamedTemporaryFile or the like");
pub(in crate::code) const PERMISSIVE: Rule =
    flaw("permissive_mode", High, "CWE-732", "Gives everybody the right to write")
        .instead("Use 0o600 or 0o640; 0o755 for programs");
pub(in crate::code) const RACE: Rule =
    flaw("toctou", Low, "CWE-367", "A file may change between the check and its use");
pub(in crate::code) const RACE_USED: Rule = RACE.severity(Medium);
pub(in crate::code) const READS_CREDENTIALS: Rule =
    command("credential_read", High, "Reads a file that holds credentials").cwe("CWE-522");

// Exfiltration and malice.
pub(in crate::code) const EXFILTRATION: Rule =
    command("exfiltration", Critical, "Sends credentials over the network").cwe("CWE-200");
pub(in crate::code) const SENDS_FILE: Rule =
    command("upload", Medium, "Sends the content of a file over the network").cwe("CWE-200");
pub(in crate::code) const DROP_HOST: Rule =
    flaw("drop_site", High, "CWE-200", "An address of the kind that collects what is sent to it");
pub(in crate::code) const ENVIRONMENT_DUMP: Rule =
    flaw("environment_dump", Medium, "CWE-526", "Takes the whole environment, credentials included");
pub(in crate::code) const BACKDOOR: Rule =
    flaw("reverse_shell", Critical, "CWE-506", "Connects a shell to the network");
pub(in crate::code) const INPUT_CAPTURE: Rule =
    flaw("input_capture", High, "CWE-506", "Records what is typed, shown or copied");

// C and memory.
pub(in crate::code) const UNBOUNDED_COPY: Rule =
    flaw("unbounded_copy", Medium, "CWE-120", "Copies without knowing the size of the target")
        .instead("Use the form that takes a size, and check the result");
pub(in crate::code) const GETS: Rule =
    flaw("gets", High, "CWE-242", "Reads a line of any length into a buffer").instead("Use fgets");
pub(in crate::code) const SCANF: Rule =
    flaw("scanf", High, "CWE-120", "Reads a word of any length into a buffer").instead("Give a width: %63s");
pub(in crate::code) const ALLOCATION_SIZE: Rule =
    flaw("allocation_size", Medium, "CWE-680", "A size is a product that can overflow")
        .instead("Use calloc, or check the factors");
pub(in crate::code) const COPY_SIZE: Rule =
    flaw("copy_size", Medium, "CWE-119", "The size that is copied is not checked against the target");
pub(in crate::code) const STACK_ALLOCATION: Rule =
    flaw("alloca", Medium, "CWE-770", "Takes memory from the stack, as much as a value says");
pub(in crate::code) const STRTOK: Rule =
    flaw("strtok", Low, "CWE-676", "Keeps hidden state and changes its argument");
pub(in crate::code) const TRANSMUTE: Rule =
    flaw("transmute", Medium, "CWE-843", "Takes the bits of one type for another");
pub(in crate::code) const UNSAFE_BLOCK: Rule =
    flaw("unsafe_block", Low, "CWE-676", "Code that the compiler does not check");
pub(in crate::code) const UNINITIALIZED: Rule =
    flaw("uninitialized_memory", Medium, "CWE-908", "Memory that still holds what was there before");
