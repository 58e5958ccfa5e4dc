//! Values whose extent a pattern cannot say well: private key blocks and passwords in URLs.
//! Must never look further than its stated window.

use std::ops::Range;

use super::check::is_placeholder;

/// Most bytes of a key block; an RSA key of 16,384 bits takes about 13 KB.
const KEY_WINDOW: usize = 24 * 1024;
/// Most bytes of the part of a URL before its `@`.
const AUTHORITY_WINDOW: usize = 512;

/// A PEM (RFC 7468), OpenSSH or OpenPGP (RFC 9580 section 6.2) private key from `-----BEGIN `: through its END line,
/// or, where that is missing, through what can belong to its body. A header alone is no key.
pub(super) fn private_key(text: &str, at: usize) -> Option<Range<usize>> {
    let from = text.get(at..)?;
    let label = from.strip_prefix("-----BEGIN ")?;
    let label = label.get(..label.bytes().take(64).position(|byte| byte == b'-')?)?;
    let known = label.strip_suffix("PRIVATE KEY").or_else(|| label.strip_suffix("PRIVATE KEY BLOCK"))?;
    if !known.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ') {
        return None;
    }
    let header = "-----BEGIN ".len() + label.len();
    let body = from.get(header..)?.strip_prefix("-----")?;
    // The body may itself be escaped (`\n` in a JSON or source string), hence the backslash and the quotes.
    let belongs = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'+' | b'/'
                    | b'='
                    | b'\\'
                    | b' '
                    | b'\r'
                    | b'\n'
                    | b'\t'
                    | b':'
                    | b','
                    | b'"'
                    | b'\''
                    | b'.'
                    | b'('
                    | b')'
                    | b'@'
                    | b'<'
                    | b'>'
            )
    };
    let mut length = 0;
    loop {
        let rest = body.as_bytes().get(length..)?;
        length += rest.iter().take_while(|byte| belongs(byte)).count();
        // A single dash occurs in headers such as `Proc-Type` and `DEK-Info`; five end the block.
        match body.get(length..) {
            Some(after) if after.starts_with("-----") || !after.starts_with('-') || length > KEY_WINDOW => {
                break;
            }
            Some(_) => length += 1,
            None => return None,
        }
    }
    // Prose about keys has the header too, but no run of base64 after it.
    let inner = body.get(..length)?;
    let material = inner
        .as_bytes()
        .split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')))
        .take(64)
        .any(|run| run.len() >= 16);
    // Cut off behind the header: one line of a file, a log, a chunk.
    let cut_off = inner.len() == body.len()
        && inner
            .bytes()
            .all(|byte| matches!(byte, b'\\' | b'n' | b'r' | b' ' | b'\n' | b'\r' | b'"' | b'\''));
    if cut_off {
        return Some(at..at + header + "-----".len());
    }
    if !material || is_placeholder(inner.trim_matches(['\\', 'n', 'r', ' ', '\n', '\r'])) {
        return None;
    }
    let mut end = at + header + "-----".len() + length;
    let tail = text.get(end..)?;
    if let Some(footer) = tail.strip_prefix("-----END ")
        && let Some(close) = footer.bytes().take(64).position(|byte| byte == b'-')
        && footer.get(close..)?.starts_with("-----")
    {
        end += "-----END ".len() + close + "-----".len();
    }
    Some(at..end)
}

/// The password of `scheme://user:password@host` (RFC 3986 section 3.2.1), from the offset of `://`.
pub(super) fn url_password(text: &str, at: usize) -> Option<Range<usize>> {
    let scheme = text
        .as_bytes()
        .get(..at)?
        .iter()
        .rev()
        .take(20)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    if scheme < 2 {
        return None;
    }
    let start = at + "://".len();
    let authority = text.as_bytes().get(start..)?;
    let mut colon = None;
    let mut found = None;
    for (index, byte) in authority.iter().take(AUTHORITY_WINDOW).enumerate() {
        match byte {
            b':' if colon.is_none() => colon = Some(index),
            // The last `@` before the authority ends is the separator: careless people put one in the password.
            b'@' => found = colon.map(|colon| (colon, index)),
            b'/' | b'?' | b'#' if found.is_some() || !is_userinfo_ahead(authority, index) => break,
            b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b'|' => break,
            _ => {}
        }
    }
    let (colon, separator) = found?;
    let host = authority.get(separator + 1).copied()?;
    if !(host.is_ascii_alphanumeric() || matches!(host, b'[' | b'$' | b'{')) {
        return None;
    }
    let user = text.get(start..start + colon)?;
    let password = text.get(start + colon + 1..start + separator)?;
    let host_on = text.get(start + separator + 1..)?;
    let stock = ["password", "passwd", "pass", "pwd", "pw", "secret", "user", "username", "token", "..."];
    // `postgres:postgres@localhost` is what tutorials set up, on a machine of one's own.
    let local = ["localhost", "127.0.0.1", "db", "host"].iter().any(|name| host_on.starts_with(name));
    let own_name = user.eq_ignore_ascii_case(password) && local;
    if password.len() < 3
        || own_name
        || is_placeholder(password)
        || stock.iter().any(|word| password.eq_ignore_ascii_case(word))
    {
        return None;
    }
    Some(start + colon + 1..start + separator)
}

/// True when a slash at `index` can still belong to a password: base64 passwords are often left unescaped.
fn is_userinfo_ahead(authority: &[u8], index: usize) -> bool {
    let colon = authority.iter().take(index).position(|byte| *byte == b':');
    let port = |from: usize| {
        authority.get(from + 1..index).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    };
    authority.get(index) == Some(&b'/') && colon.is_some_and(|from| !port(from))
}
