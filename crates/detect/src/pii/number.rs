//! Numbers: cards, accounts, identity numbers, dates of birth, addresses of cryptocurrencies.
//! Must never try a number at more than the places where one may begin.

use std::ops::Range;

use super::checksum::{base58check, bech32, digits, iban, luhn};
use super::context::{BIRTH, CARD, Context};
use super::national;
use super::phone;
use super::rule::{Bare, Rule};
use super::rules::RULES;
use super::{Kind, Take};

/// Longest number with its separators, in bytes.
const LONGEST: usize = 48;
/// Fewest digits of a number.
const FEWEST: usize = 4;
/// Fewest digits of a card.
const FEWEST_OF_A_CARD: usize = 12;
/// Fewest characters of an address of a cryptocurrency.
const SHORTEST_ADDRESS: usize = 14;

/// Finds numbers in `text`. Ends when `take` had enough.
pub(super) fn find(text: &str, take: &mut Take<'_>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        // No number begins in the first half of a window with too few digits.
        while is_sparse(bytes.get(at..at + 2 * LONGEST).unwrap_or_default(), FEWEST) {
            at += LONGEST;
        }
        let Some(start) = next_start(bytes, at) else { break };
        let rest = bytes.get(start..).unwrap_or_default();
        let word = rest.iter().take(128).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        at = start + word.max(1);
        let reach = reach(rest);
        let count = rest.iter().take(reach).filter(|byte| byte.is_ascii_digit()).count();
        if count < FEWEST {
            continue;
        }
        if let Some((length, kind, sure)) = at_start(text, start, word, reach, count)
            && !take(start..start + length, kind, sure)
        {
            return;
        }
    }
    phone::find(text, take);
}

/// True for a whole window with fewer than `fewest` digits.
pub(super) fn is_sparse(window: &[u8], fewest: usize) -> bool {
    !window.is_empty()
        && window.iter().map(|byte| u8::from(byte.is_ascii_digit())).sum::<u8>()
            < u8::try_from(fewest).unwrap_or(0)
}

/// The next place from `at` on where a word begins that has a digit, or letters in front of one.
fn next_start(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let skip = bytes.get(at..)?.iter().position(u8::is_ascii_alphanumeric)?;
        at += skip;
        let joined = at
            .checked_sub(1)
            .and_then(|at| bytes.get(at))
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+'));
        let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
        // The middle of something longer: `a-123`, `1.234`, `x/123`.
        let inside = matches!(before(1), b'-' | b'.' | b'/') && before(2).is_ascii_alphanumeric();
        let word = bytes.get(at..)?.iter().take(128).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let own = bytes.get(at..at + word)?;
        let next = bytes.get(at + word..at + word + 2).unwrap_or_default();
        let leads = word <= 4 && matches!(next, [b' ' | b'-' | b'.', digit] if digit.is_ascii_alphanumeric());
        if !joined && !inside && (own.iter().any(u8::is_ascii_digit) || leads) {
            return Some(at);
        }
        at += word.max(1);
    }
}

/// How far a number may go: words parted by single separators.
fn reach(rest: &[u8]) -> usize {
    let mut separator = false;
    let mut length = 0;
    for byte in rest.iter().take(LONGEST) {
        let word = byte.is_ascii_alphanumeric();
        if !word && (separator || !matches!(byte, b' ' | b'-' | b'.' | b'/' | b'(' | b')' | b'+')) {
            break;
        }
        separator = !word;
        length += 1;
    }
    length
}

/// Rules by how a shape of theirs begins: with a digit or a letter, and the length of its first word. A bit for each.
const BY_HEAD: [[u128; HEADS]; 2] = by_head();
/// Lengths that are told apart.
const HEADS: usize = 32;

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses what is out of bounds")]
const fn by_head() -> [[u128; HEADS]; 2] {
    let mut heads = [[0; HEADS]; 2];
    let mut rule = 0;
    while rule < RULES.len() {
        let shapes = RULES[rule].shapes;
        let mut shape = 0;
        while shape < shapes.len() {
            let bytes = shapes[shape].as_bytes();
            let mut word = 0;
            while word < bytes.len() && bytes[word].is_ascii_alphanumeric() {
                word += 1;
            }
            let (digit, letter) = match bytes[0] {
                b'X' => (true, true),
                first => (first.is_ascii_digit(), first.is_ascii_alphabetic()),
            };
            heads[0][word] |= (digit as u128) << rule;
            heads[1][word] |= (letter as u128) << rule;
            shape += 1;
        }
        rule += 1;
    }
    heads
}

/// The rules that have a shape whose first word is like `word`, as bits.
fn rules_for(word: &str) -> u128 {
    let letter = word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let heads = BY_HEAD.get(usize::from(letter));
    heads.and_then(|heads| heads.get(word.len())).copied().unwrap_or(0)
}

/// What begins at `start`: its length, its kind, how sure. `digits` is how many the run has.
fn at_start(text: &str, start: usize, word: usize, reach: usize, digits: usize) -> Option<(usize, Kind, u8)> {
    let run = text.get(start..start + reach)?;
    let own = text.get(start..start + word)?;
    let by_digit = own.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    if !by_digit && let Some(length) = account(run, text, start) {
        return Some((length, Kind::IBAN, 98));
    }
    if word >= SHORTEST_ADDRESS && is_crypto(own) {
        return Some((word, Kind::CRYPTO, 95));
    }
    if by_digit
        && digits >= FEWEST_OF_A_CARD
        && let Some((length, sure)) = card(run, text, start)
    {
        return Some((length, Kind::CARD, sure));
    }
    if by_digit
        && word <= 4
        && let Some(length) = birth(run, text, start)
    {
        return Some((length, Kind::BIRTH, 85));
    }
    by_rule(text, start, run, rules_for(own))
}

/// What the best of `rules` says of the run at `start`.
fn by_rule(text: &str, start: usize, run: &str, rules: u128) -> Option<(usize, Kind, u8)> {
    let mut left = rules;
    let mut context = None;
    let mut best: Option<(usize, usize, u8)> = None;
    while left != 0 {
        let index = left.trailing_zeros() as usize;
        left &= left - 1;
        let rule = RULES.get(index)?;
        let Some((length, formatted)) = rule.fits(run) else { continue };
        let at = start..start + length;
        if !ends(text, at.end) || !national::holds(rule.check, run.get(..length)?) {
            continue;
        }
        let context = context.get_or_insert_with(|| Context::of(text, &at));
        let sure = match rule.bare {
            _ if context.has(rule.words) => 90,
            Bare::Always => 70,
            Bare::Formatted if formatted => 60,
            Bare::Formatted | Bare::Never => continue,
        };
        if best.is_none_or(|(_, _, sure_before)| sure > sure_before) {
            best = Some((length, index, sure));
        }
    }
    best.map(|(length, index, sure)| (length, Kind::of_rule(index), sure))
}

impl Rule {
    /// The length of the first shape that `run` begins with, and whether that shape has separators.
    fn fits(&self, run: &str) -> Option<(usize, bool)> {
        let bytes = run.as_bytes();
        let fit = |shape: &&&str| {
            bytes.len() >= shape.len()
                && bytes.get(shape.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric())
                && bytes.iter().zip(shape.bytes()).all(|(byte, sign)| match sign {
                    b'9' => byte.is_ascii_digit(),
                    b'A' => byte.is_ascii_alphabetic(),
                    b'X' => byte.is_ascii_alphanumeric(),
                    literal => byte.eq_ignore_ascii_case(&literal),
                })
                && bytes.iter().take(shape.len()).filter(|byte| byte.is_ascii_digit()).count() >= FEWEST
        };
        let shape = self.shapes.iter().find(fit)?;
        Some((shape.len(), shape.bytes().any(|byte| !byte.is_ascii_alphanumeric())))
    }
}

/// Nothing follows that would make it a part of something longer.
fn ends(text: &str, at: usize) -> bool {
    let mut after = text.as_bytes().get(at..).unwrap_or_default().iter();
    match (after.next(), after.next()) {
        (Some(b'-' | b'.' | b'/' | b'_' | b':'), Some(next)) => !next.is_ascii_alphanumeric(),
        (Some(byte), _) => !byte.is_ascii_alphanumeric() && *byte != b'_' && *byte != b'@',
        (None, _) => true,
    }
}

/// An IBAN (ISO 13616): its length by its country, its check by MOD 97.
fn account(run: &str, text: &str, start: usize) -> Option<usize> {
    let country = run.get(..2).filter(|country| country.bytes().all(|byte| byte.is_ascii_alphabetic()))?;
    if !run.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let letters = LENGTHS.iter().find(|(own, _)| own.eq_ignore_ascii_case(country))?.1;
    let mut count = 0;
    let mut length = 0;
    for byte in run.bytes() {
        length += 1;
        count += usize::from(byte.is_ascii_alphanumeric());
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-')) {
            return None;
        }
        if count == letters {
            break;
        }
    }
    let value = run.get(..length)?;
    (count == letters && ends(text, start + length) && iban(value)).then_some(length)
}

/// Lengths of the registry of IBANs (SWIFT, release 98).
const LENGTHS: [(&str, usize); 88] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

/// A card number (ISO/IEC 7812): 12 to 19 digits in one block or in groups, an issuer's prefix, Luhn.
fn card(run: &str, text: &str, start: usize) -> Option<(usize, u8)> {
    let separator = run.bytes().find(|byte| !byte.is_ascii_digit());
    let separator = separator.filter(|byte| matches!(byte, b' ' | b'-'));
    let belongs = |byte: &u8| byte.is_ascii_digit() || Some(*byte) == separator;
    let mut length = run.bytes().take(23).take_while(|byte| belongs(byte)).count();
    while length > 0 && run.as_bytes().get(length - 1).is_some_and(|byte| !byte.is_ascii_digit()) {
        length -= 1;
    }
    let value = run.get(..length)?;
    let digits = digits(value)?;
    let count = digits.all().len();
    let two = digits.number(0, 2);
    let four = digits.number(0, 4);
    let issued = match count {
        16 if matches!(two, 40..=49 | 51..=55) || matches!(four, 2200..=2204 | 2221..=2720) => true,
        15 if matches!(two, 34 | 37) || matches!(four, 1800 | 2131 | 2014 | 2149) => true,
        14 if matches!(two, 30 | 36 | 38 | 39) => true,
        13 | 19 if matches!(two, 40..=49) => true,
        16..=19
            if matches!(two, 35 | 36 | 60 | 62 | 64 | 65 | 81 | 82)
                || matches!(four, 5018 | 5020 | 5038 | 5080..=5089 | 9792) =>
        {
            true
        }
        12..=19 if matches!(two, 50 | 56..=69) => {
            separator.is_some() || Context::of(text, &(start..start + length)).has(&CARD)
        }
        _ => false,
    };
    // A bare number of more digits is more often an id of a program than a card.
    let long = count > 16 && separator.is_none();
    let named = || Context::of(text, &(start..start + length)).has(&CARD);
    let uniform = digits.all().windows(2).all(|pair| pair.first() == pair.last());
    if !issued || uniform || !ends(text, start + length) || !luhn(digits.all()) {
        return None;
    }
    match (named(), long) {
        (true, _) => Some((length, 97)),
        (false, false) => Some((length, 85)),
        (false, true) => None,
    }
}

/// An address of Bitcoin, Litecoin, Dogecoin, Tron, Ethereum and what shares their forms.
fn is_crypto(word: &str) -> bool {
    if word.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("0x")) && word.len() == 42 {
        let hex = word.get(2..).unwrap_or_default();
        return hex.bytes().all(|byte| byte.is_ascii_hexdigit()) && hex.bytes().any(|byte| byte != b'0');
    }
    let lower = word.to_ascii_lowercase();
    if ["bc1", "tb1", "ltc1"].iter().any(|head| lower.starts_with(head)) {
        return word.len() >= 14 && bech32(word);
    }
    (26..=35).contains(&word.len())
        && word.starts_with(['1', '3', 'L', 'M', 'D', 'T', 'm', 'n', '2'])
        && base58check(word).is_some_and(|body| body.len() == 21)
}

/// A date behind a word that says it is somebody's birth.
fn birth(run: &str, text: &str, start: usize) -> Option<usize> {
    const SHAPES: [&str; 14] = [
        "9999-99-99",
        "9999/99/99",
        "9999.99.99",
        "99/99/9999",
        "99-99-9999",
        "99.99.9999",
        "9/99/9999",
        "99/9/9999",
        "9/9/9999",
        "9.9.9999",
        "99.9.9999",
        "9.99.9999",
        "99/99/99",
        "99-AAA-9999",
    ];
    let bytes = run.as_bytes();
    let fits = |shape: &&&str| {
        bytes.len() >= shape.len()
            && bytes.get(shape.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric())
            && bytes.iter().zip(shape.bytes()).all(|(byte, sign)| match sign {
                b'9' => byte.is_ascii_digit(),
                b'A' => byte.is_ascii_alphabetic(),
                literal => *byte == literal,
            })
    };
    let length = SHAPES.iter().find(fits).map_or_else(|| long_date(run), |shape| Some(shape.len()))?;
    Context::of(text, &(start..start + length)).is_led_by(&BIRTH).then_some(length)
}

/// `12 March 1980`.
fn long_date(run: &str) -> Option<usize> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let mut words = run.splitn(4, ' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let number = |text: &str, most: u32| text.parse::<u32>().is_ok_and(|value| (1..=most).contains(&value));
    let named = month.get(..3).is_some_and(|head| MONTHS.contains(&head.to_ascii_lowercase().as_str()));
    let year_digits = year.get(..4).filter(|year| number(year, 2100))?;
    (number(day, 31) && named).then(|| day.len() + month.len() + year_digits.len() + 2)
}

/// The range of a number that phones also have: kept for the reader of telephone numbers.
pub(super) fn is_date_like(text: &str, at: &Range<usize>) -> bool {
    let run = text.get(at.clone()).unwrap_or_default();
    let parts: Vec<&str> = run.split(['-', '/', '.']).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    matches!(lengths.as_slice(), [4, 1 | 2, 1 | 2] | [1 | 2, 1 | 2, 4] | [4, 1 | 2, 2..=20])
        && parts.iter().all(|part| part.bytes().next().is_some_and(|byte| byte.is_ascii_digit()))
}
