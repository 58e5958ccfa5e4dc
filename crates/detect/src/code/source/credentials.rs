//! Hard-coded credentials: a text given to a name that says password or key. Must never report a placeholder, a type or
//! the name of an environment variable.

use crate::code::rule::{self, Rule};
use crate::code::shell::UNKNOWN;
use crate::secret::is_placeholder;

/// What giving `value` to `name` is.
pub(in crate::code) fn assigned_to(name: &str, value: &str) -> Option<&'static Rule> {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    if value.contains(UNKNOWN) || is_placeholder(value) {
        return None;
    }
    if ends(&["password", "passwd", "pwd", "passphrase", "passwort", "userpass", "dbpass"])
        && name.len() <= 40
    {
        return is_password(value).then_some(&rule::HARDCODED_PASSWORD);
    }
    let key = ends(&[
        "apikey",
        "apisecret",
        "secretkey",
        "accesskey",
        "clientsecret",
        "authtoken",
        "accesstoken",
        "privatekey",
        "appsecret",
        "apitoken",
        "secrettoken",
        "encryptionkey",
        "signingkey",
        "jwtsecret",
        "bearertoken",
        "authkey",
    ]) || name == "secret"
        || name == "token";
    (key && is_key(value)).then_some(&rule::HARDCODED_API_KEY)
}

/// Not a word of the trade, a message, a path or the name of something.
fn is_password(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let word = matches!(
        lower.as_str(),
        "password"
            | "passwd"
            | "pass"
            | "pwd"
            | "string"
            | "str"
            | "text"
            | "none"
            | "null"
            | "nil"
            | "undefined"
            | "true"
            | "false"
            | "required"
            | "optional"
            | "hidden"
            | "secret_name"
            | "env"
            | "default"
            | "test"
            | "any"
            | "varchar"
            | "char"
            | "bytes"
            | "object"
            | "number"
            | "input"
            | "field"
            | "current-password"
            | "new-password"
            | "off"
            | "on"
            | "md5"
            | "bcrypt"
    );
    let prose = value.contains(' ') && value.split(' ').count() > 2
        || value.ends_with([':', '?'])
        || value.contains('\n');
    // `password = "user_password"` names a field.
    let name = (lower.contains("password") || lower.contains("passwd"))
        && !value.bytes().any(|byte| byte.is_ascii_digit())
        && !value.contains(['!', '@', '#', '$', '%', '^', '&', '*']);
    let path = value.starts_with('/') || value.starts_with("./") || value.contains("://");
    value.len() >= 3 && value.len() <= 128 && !word && !prose && !name && !path
}

fn is_key(value: &str) -> bool {
    let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+/=.".contains(&byte));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let distinct = value.bytes().collect::<std::collections::HashSet<_>>().len();
    plain && (16..=512).contains(&value.len()) && digits >= 2 && letters >= 4 && distinct >= 8
}
