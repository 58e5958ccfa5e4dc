//! Atoms: numbers, identifiers, addresses, paths, names; in one spelling, with how much they surprise.
//!
//! Must never let two values that a tool would tell apart have one spelling, but for case, grouping and scheme.

/// What an atom is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A quantity.
    Number,
    /// A date or a time.
    Date,
    /// An e-mail address.
    Email,
    /// A URL, or a host with a path.
    Url,
    /// A bank account (ISO 13616) or another long number with letters.
    Account,
    /// An identifier, a path, a host.
    Id,
    /// Words.
    Words,
}

/// Bits of surprise from which a match means something.
pub(crate) const SURPRISING: u32 = 24;

/// Longest value that is an atom, in bytes.
pub(crate) const LONGEST: usize = 256;

/// An atom in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Atom {
    pub(crate) spelling: String,
    pub(crate) kind: Kind,
}

impl Atom {
    /// The atom that `text` is as a whole; none for what is empty or too long.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let trimmed = trim(text);
        if trimmed.is_empty() || trimmed.len() > LONGEST {
            return None;
        }
        if let Some(number) = number(trimmed) {
            return Some(Self { spelling: number, kind: Kind::Number });
        }
        if is_date(trimmed) {
            return Some(Self { spelling: trimmed.to_ascii_lowercase(), kind: Kind::Date });
        }
        if let Some(account) = account(trimmed) {
            return Some(Self { spelling: account, kind: Kind::Account });
        }
        if trimmed.contains(char::is_whitespace) {
            let words: Vec<&str> = trimmed.split_whitespace().collect();
            return Some(Self { spelling: words.join(" ").to_ascii_lowercase(), kind: Kind::Words });
        }
        let lower = trimmed.to_ascii_lowercase();
        if let Some(rest) = lower.strip_prefix("mailto:") {
            return Self::of(rest);
        }
        if lower.contains("://") || lower.starts_with("www.") {
            return Some(Self { spelling: without_scheme(&lower).to_owned(), kind: Kind::Url });
        }
        if let Some((local, host)) = lower.split_once('@')
            && !local.is_empty()
            && host.contains('.')
        {
            return Some(Self { spelling: lower, kind: Kind::Email });
        }
        let plain = lower.bytes().all(|byte| byte.is_ascii_alphabetic() || byte >= 0x80 || byte == b'\'');
        let kind = match lower.split_once('/') {
            Some((host, _)) if host.contains('.') && !host.starts_with('.') => Kind::Url,
            _ if plain => Kind::Words,
            _ => Kind::Id,
        };
        Some(Self { spelling: lower, kind })
    }

    /// Bits of surprise, roughly: what it would take to hit upon it by chance.
    pub(crate) fn surprise(&self) -> u32 {
        let (mut digits, mut letters, mut others) = (0, 0, 0);
        for byte in self.spelling.bytes() {
            match byte {
                b'0'..=b'9' => digits += 1,
                b'a'..=b'z' | 0x80.. => letters += 1,
                _ => others += 1,
            }
        }
        // Letters of words are worth about two bits (Shannon 1951), among digits nearly all that they can hold.
        let letter = if digits > 0 { 40 } else { 20 };
        let tenths = digits * 33 + letters * letter + others * 10;
        match self.kind {
            Kind::Email | Kind::Account => SURPRISING,
            Kind::Url => (tenths / 10).max(SURPRISING),
            Kind::Date => (tenths / 10).min(14),
            Kind::Number | Kind::Id | Kind::Words => tenths / 10,
        }
    }
}

/// Without the punctuation that a sentence puts around a value.
pub(crate) fn trim(text: &str) -> &str {
    let around = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '.' | ','
                    | ':'
                    | ';'
                    | '!'
                    | '?'
                    | '\''
                    | '"'
                    | '`'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '{'
                    | '}'
                    | '<'
                    | '>'
                    | '*'
                    | '|'
                    | '='
            )
    };
    text.trim_start_matches(|c| around(c) && c != '.').trim_end_matches(around).trim_start_matches(['#', '@'])
}

fn without_scheme(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/')
}

/// `1,200.00`, `$1200`, `1200 EUR` as `1200`.
fn number(text: &str) -> Option<String> {
    let bare =
        text.trim_matches(|c: char| matches!(c, '$' | '€' | '£' | '¥' | '%' | '+') || c.is_whitespace());
    let (bare, unit) = match bare.find(char::is_whitespace) {
        Some(at) => bare.split_at_checked(at)?,
        None => (bare, ""),
    };
    let currency = |unit: &str| unit.len() == 3 && unit.bytes().all(|byte| byte.is_ascii_uppercase());
    if !unit.trim().is_empty() && !currency(unit.trim()) {
        return None;
    }
    let (sign, digits) = bare.strip_prefix('-').map_or(("", bare), |rest| ("-", rest));
    let (whole, part) = digits.rsplit_once('.').unwrap_or((digits, ""));
    let grouped = whole.contains(',') && whole.split(',').skip(1).all(|group| group.len() == 3);
    let whole = if grouped { whole.replace(',', "") } else { whole.to_owned() };
    if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A leading zero belongs to an identifier.
    if whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    let part = part.trim_end_matches('0');
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

/// `2024-05-01`, `2024-05-01T10:00`, `10:30`, `01/05/2024`.
fn is_date(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let marks = text.bytes().filter(|byte| matches!(byte, b'-' | b'/' | b':')).count();
    let rest = text.bytes().all(|byte| {
        byte.is_ascii_digit()
            || matches!(byte, b'-' | b'/' | b':' | b'.' | b' ' | b'+' | b'T' | b'Z' | b'z' | b't')
    });
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    rest && marks > 0
        && (3..=17).contains(&digits)
        && parts.len() >= 2
        && (parts.iter().all(|part| part.len() <= 2) && text.contains(':')
            || parts
                .iter()
                .filter(|part| part.len() == 4 && (part.starts_with("19") || part.starts_with("20")))
                .count()
                == 1
                && parts.iter().skip(1).all(|part| part.len() <= 4))
}

/// An account number without its grouping: two letters, two check digits, eleven or more letters and digits.
fn account(text: &str) -> Option<String> {
    let mut letters = text.bytes();
    let country = letters.next()?.is_ascii_alphabetic() && letters.next()?.is_ascii_alphabetic();
    if !country || !letters.next()?.is_ascii_digit() || !letters.next()?.is_ascii_digit() {
        return None;
    }
    let joined: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect();
    let digits = joined.bytes().filter(u8::is_ascii_digit).count();
    let right = (14..=34).contains(&joined.len())
        && digits >= 8
        && joined.bytes().all(|byte| byte.is_ascii_alphanumeric());
    right.then(|| joined.to_ascii_lowercase())
}

/// `GB29`: a country and check digits, in capitals.
pub(crate) fn begins_account(text: &str) -> bool {
    let mut bytes = text.bytes();
    let mut next = |right: fn(&u8) -> bool| bytes.next().is_some_and(|byte| right(&byte));
    next(u8::is_ascii_uppercase)
        && next(u8::is_ascii_uppercase)
        && next(u8::is_ascii_digit)
        && next(u8::is_ascii_digit)
}

/// The check digits of an IBAN are right (ISO 7064, MOD 97-10).
pub(crate) fn checks(account: &str) -> bool {
    let (head, rest) = account.split_at_checked(4).unwrap_or((account, ""));
    let remainder =
        rest.chars().chain(head.chars()).filter_map(|c| c.to_digit(36)).fold(0, |sum, digit| {
            if digit < 10 { (sum * 10 + digit) % 97 } else { (sum * 100 + digit) % 97 }
        });
    remainder == 1
}

/// Hosts where anybody has an address.
const FREE_HOSTS: [&str; 10] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
    "proton.me",
    "protonmail.com",
    "gmx.net",
    "aol.com",
];

/// True for a host that says nothing of whom an address belongs to.
pub(crate) fn is_free_host(host: &str) -> bool {
    FREE_HOSTS.contains(&host)
}
