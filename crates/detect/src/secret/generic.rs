//! Credentials that no provider's format gives away: judged by their name, by how they are written, and by whether the
//! value reads like words. Must never take a reference, a placeholder or a word for a credential.

use super::assign::Form;
use super::check::{entropy, is_placeholder};
use super::likeness::{is_wordy, likeness};
use super::name::Promise;

/// Longest value that a person chooses.
const LONGEST_PASSWORD: usize = 128;
/// Likeness to words from which on a value is one. Words reach 0.7 to 1, noise 0.1 to 0.3.
const WORDY: f32 = 0.55;

/// Words that stand where a password would: they say so, or they are what everybody tries.
const STOCK: [&str; 66] = [
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "pass",
    "pwd",
    "psw",
    "pw",
    "secret",
    "token",
    "key",
    "apikey",
    "auth",
    "user",
    "username",
    "name",
    "login",
    "test",
    "tests",
    "testing",
    "tester",
    "foo",
    "bar",
    "baz",
    "qux",
    "example",
    "sample",
    "dummy",
    "fake",
    "mock",
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "string",
    "str",
    "value",
    "text",
    "default",
    "my",
    "your",
    "the",
    "some",
    "any",
    "new",
    "old",
    "invalid",
    "wrong",
    "bad",
    "good",
    "correct",
    "change",
    "changeit",
    "me",
    "here",
    "this",
    "is",
    "a",
    "not",
    "set",
    "abc",
    "qwerty",
    "todo",
    "hidden",
];

/// What a value consists of.
struct Makeup {
    letters: usize,
    uppers: usize,
    digits: usize,
    signs: usize,
    spaces: usize,
    /// 0 where there are no letters to judge by.
    likeness: f32,
}

/// How sure we are that `value`, written so under a name that promises so much, is a credential.
pub(super) fn judge(promise: Promise, form: Form, value: &str) -> Option<u8> {
    let value = value.trim().trim_matches(['"', '\'']);
    if value.len() < 4 || is_placeholder(value) || is_reference(value, form) || value.contains("redacted:") {
        return None;
    }
    let makeup = Makeup::of(value);
    if is_place(value, &makeup) || is_stock(value) {
        return None;
    }
    let holds = match promise {
        Promise::Password => password(value, form, &makeup),
        Promise::Token => token(value, form, &makeup),
        Promise::Key => key(value, form, &makeup),
    };
    let base = match promise {
        Promise::Password => 75,
        Promise::Token => 70,
        Promise::Key => 60,
    };
    let form = match form {
        Form::Quoted => 5,
        Form::Given | Form::Query => 0,
        Form::Bare => -5,
    };
    holds.then(|| u8::try_from(base + form).unwrap_or(60))
}

/// True for what a person would choose as a password, and a writer of code for nothing else.
pub(super) fn is_chosen(value: &str) -> bool {
    judge(Promise::Password, Form::Quoted, value).is_some()
}

/// True when `value` is a credential under any name: long and without a word in it.
fn is_noise(value: &str, makeup: &Makeup) -> bool {
    let hex = value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) && makeup.digits > 0;
    let mixed = makeup.digits > 0 && makeup.letters > 0 && entropy(value) >= 2.8;
    let letters = makeup.letters >= 8 && makeup.likeness < 0.42 && entropy(value) >= 2.8;
    if hex {
        return entropy(value) >= 2.6;
    }
    makeup.likeness < WORDY && (mixed || letters)
}

fn password(value: &str, form: Form, makeup: &Makeup) -> bool {
    if value.len() > LONGEST_PASSWORD {
        return value.len() <= 4096 && makeup.spaces == 0 && is_noise(value, makeup);
    }
    if makeup.spaces > 0 {
        return false;
    }
    let mixed = makeup.letters > 0 && (makeup.digits > 0 || makeup.signs > 0 && has_odd_sign(value));
    match form {
        Form::Quoted | Form::Given => {
            let numbered = makeup.letters == 0 && makeup.digits >= 6 && !is_counting(value);
            let noise = makeup.letters >= 5 && makeup.likeness < 0.45 && makeup.letters == value.len();
            let noisy = makeup.likeness < WORDY && makeup.letters + makeup.digits >= 5 && makeup.letters > 0;
            numbered
                || noise
                || mixed && value.len() >= 6 && !is_name_of_something(value, makeup)
                || mixed && noisy && !is_name_of_something(value, makeup)
        }
        Form::Bare | Form::Query => {
            let noise = makeup.letters >= 7 && makeup.likeness < 0.35 && !value.contains(['.', '(', '_']);
            let mixed =
                mixed && value.len() >= 6 && !is_name_of_something(value, makeup) && !is_expression(value);
            // Numbers without quotes are sizes, counts and times.
            mixed || noise && makeup.letters == value.len()
        }
    }
}

fn token(value: &str, form: Form, makeup: &Makeup) -> bool {
    let long = value.len() >= if matches!(form, Form::Bare | Form::Query) { 12 } else { 10 };
    let bare_code = form == Form::Bare && is_expression(value);
    long && value.len() <= 4096
        && makeup.spaces == 0
        && !bare_code
        && !is_name_of_something(value, makeup)
        && is_noise(value, makeup)
}

fn key(value: &str, form: Form, makeup: &Makeup) -> bool {
    let random = makeup.digits >= 2 && makeup.letters >= 4 && makeup.likeness < 0.4 && entropy(value) >= 3.0;
    value.len() >= 15
        && value.len() <= 1024
        && matches!(form, Form::Quoted | Form::Bare)
        && makeup.spaces == 0
        && !(form == Form::Bare && is_expression(value))
        && !is_uuid(value)
        && !is_name_of_something(value, makeup)
        && random
}

impl Makeup {
    fn of(value: &str) -> Self {
        let count = |of: fn(&char) -> bool| value.chars().filter(of).count();
        let letters = count(|c| c.is_alphabetic());
        let digits = count(|c| c.is_ascii_digit());
        let spaces = count(|c| c.is_whitespace());
        Self {
            letters,
            uppers: count(|c| c.is_uppercase()),
            digits,
            signs: value.chars().count().saturating_sub(letters + digits + spaces),
            spaces,
            likeness: likeness(value).unwrap_or(0.0),
        }
    }
}

/// `${X}`, `$X`, `%(x)s`, `{{ x }}`, `<x>`, `os.environ[…]`, `f(x)`, `a.b.c`, `FOO_BAR`: says where the value comes from.
fn is_reference(value: &str, form: Form) -> bool {
    let has = |signs: &[&str]| signs.iter().any(|sign| value.contains(sign));
    let lower = value.to_ascii_lowercase();
    let read = [
        "getenv",
        "environ",
        "process.env",
        "import.meta",
        "env[",
        "params[",
        "request.",
        "config.",
        "secrets.",
    ];
    if has(&["${", "$(", "{{", "}}", "<%", "%>", "#{", "%{", "%(", "@{", "$$", "\\n", "\\u"])
        && !value.starts_with("$2")
        || read.iter().any(|word| lower.contains(word))
        || value.starts_with(['<', '{', '[', '#', '/', '\\', '&', '@'])
            && value.ends_with(['>', '}', ']', '/', '\\', ';'])
        || value.starts_with("%") && value.len() <= 4
    {
        return true;
    }
    // `ENC(…)`, `{cipher}…`: sealed already.
    if lower.starts_with("enc(") || lower.starts_with("{cipher}") || lower.starts_with("vault:") {
        return true;
    }
    // A variable: a dollar and a name.
    if let Some(name) = value.strip_prefix('$') {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain && (is_wordy(name) || form == Form::Bare) {
            return true;
        }
    }
    if matches!(form, Form::Bare | Form::Query)
        && value.starts_with(['$', '%', '@', '&', '*', '[', '{', '=', ':', '(', '\\'])
    {
        return true;
    }
    // A constant: `DB_PASSWORD`, `MY_TOKEN_2`.
    let constant = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    value.bytes().all(constant)
        && value.contains('_')
        && likeness(value).is_none_or(|likeness| likeness > 0.45)
}

/// A URL, a path, an address of e-mail, a media type, a version, a date, a colour: values that have a meaning of their own.
fn is_place(value: &str, makeup: &Makeup) -> bool {
    let lower = value.to_ascii_lowercase();
    let path = value.starts_with(['/', '.', '~']) && value.contains('/') && makeup.likeness > 0.3
        || value.contains('\\') && value.get(1..3) == Some(":\\");
    let mail = value.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && host.split('.').all(|part| {
                part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
            && makeup.likeness > 0.4
    });
    let file = [
        ".pem",
        ".key",
        ".json",
        ".txt",
        ".yml",
        ".yaml",
        ".xml",
        ".html",
        ".js",
        ".py",
        ".crt",
        ".p12",
        ".jks",
        ".properties",
        ".conf",
        ".php",
        ".go",
        ".java",
        ".md",
    ]
    .iter()
    .any(|end| lower.ends_with(end));
    let number = makeup.letters <= 1
        && makeup.signs > 0
        && value.bytes().all(|byte| {
            byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b':' | b'/' | b'x' | b'%' | b',')
        });
    path || mail
        || file
        || number
        || value.contains("://")
        || lower.starts_with("arn:")
        || lower.starts_with("0x") && value.len() <= 10
        || lower.starts_with("urn:")
        || lower.starts_with("ssh-rsa")
        || lower.starts_with("sha256:")
        || lower.starts_with("data:")
}

/// Words of the trade with digits and signs around them.
fn is_stock(value: &str) -> bool {
    let lower = value.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).peekable();
    if words.peek().is_none() {
        return is_counting(value);
    }
    // A password of words with digits and odd signs is one that a person thought up.
    let strong = value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_uppercase())
        && has_odd_sign(value);
    !strong
        && words.all(|word| {
            STOCK.contains(&word)
                || STOCK.iter().any(|stock| stock.len() >= 4 && word.ends_with(stock) && is_wordy(word))
        })
}

/// `123456`, `0000`, `987654`: counting, not choosing.
fn is_counting(value: &str) -> bool {
    let digits: Vec<u8> = value.bytes().filter(u8::is_ascii_digit).collect();
    let steady = |step: i16| {
        digits.windows(2).all(|pair| matches!(pair, [a, b] if i16::from(*b) - i16::from(*a) == step))
    };
    steady(0) || steady(1) || steady(-1) || digits.starts_with(b"12345")
}

/// Identifiers, class names, labels and messages: words in a row, however joined, with at most a number behind.
fn is_name_of_something(value: &str, makeup: &Makeup) -> bool {
    if is_uuid(value) {
        return false;
    }
    let body = value.trim_end_matches(|c: char| {
        c.is_ascii_digit() || matches!(c, ':' | '.' | '!' | '?' | '*' | ')' | ' ')
    });
    let joined = body.bytes().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'_' | b'-'
                    | b'.'
                    | b' '
                    | b':'
                    | b'/'
                    | b'#'
                    | b'['
                    | b']'
                    | b','
                    | b'\''
                    | b'('
                    | b')'
                    | b'|'
            )
    });
    let inner = body.bytes().filter(u8::is_ascii_digit).count();
    let tail = value.len() - body.len();
    let algorithms = [
        "sha1", "sha256", "sha512", "sha-256", "md5", "base64", "oauth2", "utf8", "utf-8", "x509", "pkcs",
        "aes", "rsa", "hs256", "rs256", "ed25519", "p256", "http",
    ];
    let lower = value.to_ascii_lowercase();
    if algorithms.iter().any(|name| lower.contains(name)) && makeup.likeness > 0.3 && makeup.signs > 0 {
        return true;
    }
    let wordy = makeup.likeness >= WORDY && is_wordy(value);
    // `team10` is chosen; `field2`, `user-password-3` and `tokenA.b` are names: signs and humps between words say so.
    let humps = makeup.uppers > 0 && makeup.uppers < makeup.letters && body.len() > 12;
    let separated = body.contains(['_', '-', '.', ' ', ':', '/', ',', '|']);
    wordy && joined && inner <= 1 && (tail <= 1 || separated || humps)
}

/// Signs that names and sentences do not have.
fn has_odd_sign(value: &str) -> bool {
    value
        .trim_end_matches(['!', '?', ':', '.'])
        .contains(['!', '@', '#', '$', '%', '^', '&', '*', '+', '=', '~', '?'])
}

/// Code rather than a value: calls, members, indices, arithmetic.
fn is_expression(value: &str) -> bool {
    if value.contains(['(', '[', '{', '<', '>', '"'])
        || value.contains("->")
        || value.contains("::")
        || value.contains("&&")
    {
        return true;
    }
    let members = value.contains('.')
        && value.split('.').all(|part| {
            part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
        && likeness(value).is_some_and(|likeness| likeness > 0.4);
    let identifier = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && likeness(value).is_some_and(|likeness| likeness > 0.5);
    members || identifier
}

/// A UUID (RFC 9562).
pub(super) fn is_uuid(value: &str) -> bool {
    let value = value.trim_matches(['{', '}']);
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
