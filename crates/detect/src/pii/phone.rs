//! Telephone numbers: international ones (E.164), North American ones, and what a word calls one.
//!
//! Judged by form, country code and context: whether a number is assigned, nothing here asks. Must never take a date, an amount or a version for a number.

use std::ops::Range;

use super::context::{Context, PHONE};
use super::number::is_date_like;
use super::{Kind, Take};

/// Longest number with its separators.
const LONGEST: usize = 32;

/// Finds telephone numbers. Ends when `take` had enough.
pub(super) fn find(text: &str, take: &mut Take<'_>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(skip) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'(')))
    {
        let start = at + skip;
        let length = extent(bytes.get(start..).unwrap_or_default());
        at = start + length.max(1);
        let found = start..start + length;
        if let Some(sure) = judge(text, &found)
            && !take(found, Kind::PHONE, sure)
        {
            return;
        }
    }
}

/// How far the number goes: digits, single separators, an extension.
fn extent(rest: &[u8]) -> usize {
    let mut length = 0;
    let mut last_digit = 0;
    let mut signs = 0;
    for byte in rest.iter().take(LONGEST) {
        length += 1;
        if byte.is_ascii_digit() {
            last_digit = length;
            signs = 0;
        } else if !matches!(byte, b' ' | b'-' | b'.' | b'/' | b'(' | b')' | b'+')
            || signs >= 2
            || *byte == b'+' && length > 1
        {
            break;
        } else {
            signs += 1;
        }
    }
    let tail = rest.get(last_digit..).unwrap_or_default();
    const EXTENSIONS: [&[u8]; 6] = [b"x", b" x", b" ext. ", b" ext ", b"ext", b"#"];
    let extension = EXTENSIONS.iter().find(|word| tail.starts_with(word));
    let digits = extension.map_or(0, |word| {
        tail.get(word.len()..)
            .unwrap_or_default()
            .iter()
            .take(6)
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    });
    last_digit + if digits > 0 { extension.map_or(0, |word| word.len()) + digits } else { 0 }
}

/// How sure we are that what stands at `at` is a telephone number.
fn judge(text: &str, at: &Range<usize>) -> Option<u8> {
    if at.len() < 6 || !is_free(text, at) {
        return None;
    }
    let run = text.get(at.clone())?;
    let main = run.split(['x', 'e', '#']).next()?.trim_end();
    let count = main.bytes().filter(u8::is_ascii_digit).count();
    if !(6..=15).contains(&count) || is_date_like(text, at) {
        return None;
    }
    let groups: Vec<usize> =
        main.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).map(str::len).collect();
    // A social security number is written so.
    if groups == [3, 2, 4] {
        return None;
    }
    let named = || Context::of(text, at).has(&PHONE);
    let balanced = main.matches('(').count() == main.matches(')').count();
    // 7 digits and a dot are an amount.
    let decimal = groups.len() == 2 && main.contains('.')
        || groups.iter().skip(1).all(|group| *group == 3)
            && groups.len() > 1
            && main.contains('.')
            && groups.first().is_some_and(|first| *first < 3);
    // `0000 0010` is a table of bits.
    let bits = main.bytes().filter(u8::is_ascii_digit).all(|digit| matches!(digit, b'0' | b'1'));
    if bits || !balanced || decimal || groups.contains(&1) && !main.starts_with(['+', '(', '0', '1']) {
        return None;
    }
    let american = matches!(groups.as_slice(), [3, 3, 4] | [1, 3, 3, 4] | [3, 3, 3, 4]);
    let plus = main.starts_with('+') && count >= 8 && is_country(main);
    let trunk =
        main.trim_start_matches('(').starts_with('0') && groups.len() >= 2 && (8..=14).contains(&count);
    let area = main.starts_with('(') && groups.len() >= 2 && groups.first().is_some_and(|first| *first <= 5);
    if plus || american && groups.len() <= 4 && main.contains(['-', '(', '.', ' ']) {
        return Some(if named() { 90 } else { 70 });
    }
    if trunk || area {
        return Some(if named() { 85 } else { 55 });
    }
    (named() && count <= 13 && (count >= 7 || groups.len() >= 2)).then_some(70)
}

/// True when the digits of `number` begin with a country code (ITU-T E.164, list of assigned codes of 2023).
fn is_country(number: &str) -> bool {
    let mut digits = number.bytes().filter(u8::is_ascii_digit).map(|digit| u16::from(digit - b'0'));
    let (Some(a), Some(b), Some(c)) = (digits.next(), digits.next(), digits.next()) else { return false };
    let (two, three) = (a * 10 + b, a * 100 + b * 10 + c);
    matches!(a, 1 | 7)
        || matches!(two, 20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98)
        || matches!(three, 211..=213 | 216 | 218 | 220..=258 | 260..=269 | 290 | 291 | 297..=299 | 350..=359)
        || matches!(three, 370..=383 | 385..=387 | 389 | 420 | 421 | 423 | 500..=509 | 590..=599 | 670 | 672..=692)
        || matches!(three, 800 | 808 | 850 | 852 | 853 | 855 | 856 | 870 | 878 | 880..=883 | 886 | 888)
        || matches!(three, 960..=968 | 970..=979 | 992..=996 | 998)
}

fn is_free(text: &str, at: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let before =
        |back: usize| at.start.checked_sub(back).and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
    let after = |ahead: usize| bytes.get(at.end + ahead).copied().unwrap_or(b' ');
    let joins =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'%' | b'#' | b'@' | b'=');
    let led = before(1).is_ascii_alphanumeric()
        || matches!(before(1), b'_' | b'$' | b'#' | b'.' | b'/' | b'-') && before(2).is_ascii_alphanumeric();
    let followed =
        joins(after(0)) || matches!(after(0), b'-' | b'.' | b'/' | b':') && after(1).is_ascii_digit();
    !(led || followed)
}
