//! What the name of a value says of it: `DB_PASSWORD` is a password, `passwordField` and `nextPageToken` are not.
//! Must never look at the value.

/// What a name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Promise {
    /// A person chose it: any string may be one.
    Password,
    /// A machine made it: long and random.
    Token,
    /// May as well be the key of a map: only what looks random counts.
    Key,
}

/// Where a search for such a name begins: what the automaton looks for, in any case.
pub(super) const STEMS: [&str; 24] = [
    "pass",
    "pwd",
    "psw",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "salt",
    "nonce",
    "bearer",
    "identified by",
    "identified with",
    "signature",
    "cookie",
    "pw",
    "kennwort",
    "senha",
    "contrase",
    "wachtwoord",
    "пароль",
    "密码",
    "비밀번호",
    "パスワード",
];

/// Longest name that is looked at, in bytes.
pub(super) const LONGEST: usize = 80;

const PASSWORDS: [&str; 19] = [
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "passwords",
    "passw",
    "paswd",
    "pwd",
    "psw",
    "pswd",
    "kennwort",
    "senha",
    "contrasena",
    "contraseña",
    "wachtwoord",
    "пароль",
    "密码",
    "비밀번호",
];
const TOKENS: [&str; 17] = [
    "secret",
    "secrets",
    "token",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "authkey",
    "credential",
    "credentials",
    "creds",
    "cred",
    "bearer",
    "authorization",
    "encryptionkey",
    "masterkey",
    "licensekey",
];
const KEYS: [&str; 5] = ["key", "salt", "nonce", "signature", "cookie"];

/// Words before `key` that make it a credential.
const CREDENTIAL_KEYS: [&str; 22] = [
    "api",
    "secret",
    "access",
    "private",
    "auth",
    "authentication",
    "encryption",
    "encrypt",
    "decrypt",
    "master",
    "license",
    "licence",
    "activation",
    "signing",
    "sign",
    "hmac",
    "aes",
    "crypto",
    "cipher",
    "account",
    "app",
    "service",
];
/// Words that may follow a stem without changing what it is.
const TAILS: [&str; 44] = [
    "value",
    "val",
    "str",
    "string",
    "text",
    "txt",
    "plain",
    "plaintext",
    "raw",
    "base64",
    "b64",
    "hex",
    "prod",
    "production",
    "dev",
    "development",
    "test",
    "testing",
    "live",
    "staging",
    "stage",
    "default",
    "env",
    "new",
    "old",
    "current",
    "confirmation",
    "confirm",
    "again",
    "repeat",
    "encoded",
    "admin",
    "user",
    "root",
    "db",
    "data",
    "bytes",
    "var",
    "const",
    "equals",
    "literal",
    "basic",
    "is",
    "override",
];
/// Words before a stem that make it something else.
const NOT_BEFORE: [&str; 34] = [
    "next",
    "page",
    "prev",
    "previous",
    "continuation",
    "cursor",
    "progress",
    "sync",
    "resume",
    "csrf",
    "xsrf",
    "public",
    "pub",
    "forgot",
    "reset",
    "change",
    "has",
    "is",
    "show",
    "hide",
    "needs",
    "require",
    "requires",
    "without",
    "invalid",
    "wrong",
    "incorrect",
    "missing",
    "empty",
    "toggle",
    "cancellation",
    "min",
    "max",
    "idempotency",
];
/// Words before `key` that make it the key of something else.
const NOT_KEYS: [&str; 36] = [
    "primary",
    "foreign",
    "partition",
    "sort",
    "row",
    "hash",
    "cache",
    "index",
    "map",
    "lookup",
    "group",
    "object",
    "natural",
    "unique",
    "shard",
    "routing",
    "hot",
    "short",
    "arrow",
    "function",
    "tab",
    "enter",
    "escape",
    "registry",
    "column",
    "json",
    "i18n",
    "translation",
    "locale",
    "message",
    "property",
    "space",
    "host",
    "known",
    "ssh",
    "storage",
];
/// Words that end like a stem and are none.
const OTHERS: [&str; 14] = [
    "bypass",
    "compass",
    "trespass",
    "surpass",
    "overpass",
    "underpass",
    "encompass",
    "monkey",
    "turkey",
    "hockey",
    "whiskey",
    "donkey",
    "jockey",
    "hotkey",
];

/// What `name` promises; `None` when it names no credential.
pub(super) fn promise(name: &str) -> Option<Promise> {
    let words = words(name);
    let at = words.iter().rposition(|word| stem(word).is_some())?;
    let (before, rest) = words.split_at(at);
    let (word, after) = rest.split_first()?;
    let promise = stem(word)?;
    let counts =
        |word: &String| TAILS.contains(&word.as_str()) || word.bytes().all(|byte| byte.is_ascii_digit());
    if !after.iter().all(counts) || before.iter().any(|word| NOT_BEFORE.contains(&word.as_str())) {
        return None;
    }
    if promise != Promise::Key {
        return Some(promise);
    }
    match before.last().map(String::as_str) {
        Some(last) if NOT_KEYS.contains(&last) => None,
        Some(last) if word == "key" && CREDENTIAL_KEYS.contains(&last) => Some(Promise::Token),
        // `secret-ANYkey`: the stronger word counts.
        Some(_) if before.iter().any(|word| stem(word) == Some(Promise::Token)) => Some(Promise::Token),
        Some(_) | None => Some(Promise::Key),
    }
}

/// True when `word` stands before ` key:` in plain text and makes it a credential: `Secret key: …`.
pub(super) fn makes_credential(word: &str) -> bool {
    let lower = word.to_lowercase();
    CREDENTIAL_KEYS.contains(&lower.as_str()) || TOKENS.contains(&lower.as_str())
}

/// True when `word` stands before ` key:` in plain text and makes it one that everybody may know.
pub(super) fn makes_public(word: &str) -> bool {
    ["gpg", "pgp", "public", "host", "release"].iter().any(|public| word.eq_ignore_ascii_case(public))
}

fn stem(word: &str) -> Option<Promise> {
    let trimmed = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if trimmed.is_empty() || OTHERS.contains(&trimmed) {
        return None;
    }
    let ends = |list: &[&str]| list.iter().any(|stem| trimmed.ends_with(stem));
    if ends(&PASSWORDS) || trimmed.ends_with("pass") || matches!(trimmed, "pw" | "contrase" | "パスワード")
    {
        Some(Promise::Password)
    } else if ends(&TOKENS) || matches!(trimmed, "auth" | "authtoken" | "oauth" | "basicauth") {
        Some(Promise::Token)
    } else {
        ends(&KEYS).then_some(Promise::Key)
    }
}

/// The words of `userPassword_2`, in lower case: `user`, `password`, `2`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let mut before = ' ';
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        if !c.is_alphanumeric() {
            open = false;
        } else {
            let turns = c.is_uppercase()
                && (before.is_lowercase()
                    || before.is_uppercase() && rest.peek().is_some_and(|next| next.is_lowercase()));
            match words.last_mut() {
                Some(word) if open && !turns => word.extend(c.to_lowercase()),
                Some(_) | None => words.push(c.to_lowercase().collect()),
            }
            open = true;
        }
        before = c;
    }
    words
}
