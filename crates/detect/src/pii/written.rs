//! What is known by its signs: addresses of e-mail and of networks. Must never resolve one.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::context::{Context, NETWORK};
use super::{Kind, Take};

/// Longest local part (RFC 5321 section 4.5.3.1.1).
const LOCAL: usize = 64;
/// Longest domain.
const DOMAIN: usize = 253;

/// Addresses of e-mail (RFC 5321, without quoted local parts). False when `take` had enough.
pub(super) fn emails(text: &str, take: &mut Take<'_>) -> bool {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let local = |byte: &&u8| {
            byte.is_ascii_alphanumeric() || b".!#$%&*+-/=?^_`{|}~".contains(byte) || **byte >= 0x80
        };
        let before = bytes.get(..at).unwrap_or_default().iter().rev().take(LOCAL).take_while(local).count();
        let domain =
            |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || **byte >= 0x80;
        let after = bytes.get(at + 1..).unwrap_or_default().iter().take(DOMAIN).take_while(domain).count();
        let Some(local) = text.get(at - before..at) else { continue };
        let Some(host) = text.get(at + 1..at + 1 + after) else { continue };
        let host = host.trim_end_matches(['.', '-']);
        // Signs that lead a sentence or a markup rather than an address.
        let local = local.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let local = local.rsplit(['=', '/', '{', '|', '`']).next().unwrap_or(local);
        let sound = !local.is_empty() && !local.ends_with('.') && !local.contains("..") && is_domain(host);
        // `git@github.com:owner/repo`, `user:password@host`: names of a login, not of a person.
        let login = bytes.get(at + 1 + host.len()) == Some(&b':')
            && bytes.get(at + 2 + host.len()).is_some_and(u8::is_ascii_alphanumeric)
            || bytes.get(..at - local.len()).is_some_and(|before| {
                before.ends_with(b"://")
                    || before.ends_with(b":")
                        && before
                            .get(..before.len() - 1)
                            .is_some_and(|before| before.iter().rev().take(40).any(|byte| *byte == b'/'))
            });
        if sound && !login && !take(at - local.len()..at + 1 + host.len(), Kind::EMAIL, 90) {
            return false;
        }
    }
    true
}

fn is_domain(host: &str) -> bool {
    let mut labels = host.split('.').rev();
    let top = labels.next().unwrap_or_default();
    let tail = top
        .strip_prefix("xn--")
        .map_or_else(|| top.chars().all(char::is_alphabetic), |rest| !rest.is_empty());
    let label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    };
    let mut rest = 0;
    (2..=24).contains(&top.len()) && tail && labels.inspect(|_| rest += 1).all(label) && rest > 0
}

/// Addresses of IP (v4 and v6) and MAC. False when `take` had enough.
pub(super) fn addresses(text: &str, take: &mut Take<'_>) -> bool {
    let bytes = text.as_bytes();
    let mut done = 0;
    // Every address has a dot or a colon behind its first group.
    for at in memchr::memchr2_iter(b':', b'.', bytes) {
        let part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit() || *byte == b':');
        let alone = at
            .checked_sub(1)
            .and_then(|at| bytes.get(at))
            .is_none_or(|byte| !byte.is_ascii_hexdigit() && *byte != b':');
        if at < done || alone && bytes.get(at + 1) != Some(&b':') || !alone && !part(bytes.get(at + 1)) {
            continue;
        }
        let belongs = |byte: &&u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'-');
        let start =
            at - bytes.get(..at).unwrap_or_default().iter().rev().take(40).take_while(belongs).count();
        let length = bytes.get(start..).unwrap_or_default().iter().take(64).take_while(belongs).count();
        done = start + length;
        let Some(run) = text.get(start..start + length) else { continue };
        let free = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
        if length < 2
            || !free(start.checked_sub(1).and_then(|at| bytes.get(at)))
            || !free(bytes.get(start + length))
        {
            continue;
        }
        if let Some((inside, kind)) = address(run) {
            let at = start + inside.start..start + inside.end;
            let version =
                kind == Kind::IP && !run.contains(':') && Context::of(text, &at).is_led_by(&NETWORK);
            if !version && !take(at, kind, 80) {
                return false;
            }
        }
    }
    // MAC addresses with dashes have neither.
    macs_with_dashes(text, take)
}

/// An address in a run of its characters, signs of a sentence around it left out.
fn address(run: &str) -> Option<(Range<usize>, Kind)> {
    let lead = run.len() - run.trim_start_matches(['.', '-']).len();
    let body = run.trim_start_matches(['.', '-']).trim_end_matches(['.', '-']);
    if is_cisco_mac(body) {
        return Some((lead..lead + body.len(), Kind::MAC));
    }
    let single = body.strip_suffix(':').filter(|rest| !rest.ends_with(':')).unwrap_or(body);
    if is_mac(single, b':') {
        return Some((lead..lead + single.len(), Kind::MAC));
    }
    if single.contains("::") || single.matches(':').count() == 7 {
        // `::` alone is nobody's, and a sign of many a grammar.
        let word = single.bytes().any(|byte| byte.is_ascii_hexdigit());
        let sound = word && single.parse::<Ipv6Addr>().is_ok();
        return sound.then_some((lead..lead + single.len(), Kind::IP));
    }
    // `1.2.3.4:80`
    let host = single.split([':', '-']).next().unwrap_or(single);
    (host.bytes().filter(|byte| *byte == b'.').count() == 3 && host.parse::<Ipv4Addr>().is_ok())
        .then(|| (lead..lead + host.len(), Kind::IP))
}

fn is_mac(text: &str, sign: u8) -> bool {
    text.len() == 17
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at % 3 == 2 { byte == sign } else { byte.is_ascii_hexdigit() })
        && !text.bytes().all(|byte| matches!(byte, b'0' | b':' | b'-'))
        && !text.bytes().all(|byte| matches!(byte, b'f' | b'F' | b':' | b'-'))
}

/// `0012.3456.789a`, as Cisco writes it; without a letter it may be an amount.
fn is_cisco_mac(text: &str) -> bool {
    text.len() == 14
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at % 5 == 4 { byte == b'.' } else { byte.is_ascii_hexdigit() })
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn macs_with_dashes(text: &str, take: &mut Take<'_>) -> bool {
    let bytes = text.as_bytes();
    let mut done = 0;
    for at in memchr::memchr_iter(b'-', bytes) {
        let start = at.saturating_sub(2);
        let free = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
        if start < done
            || !free(start.checked_sub(1).and_then(|at| bytes.get(at)))
            || !free(bytes.get(start + 17))
        {
            continue;
        }
        if text.get(start..start + 17).is_some_and(|run| is_mac(run, b'-')) {
            done = start + 17;
            if !take(start..done, Kind::MAC, 80) {
                return false;
            }
        }
    }
    true
}
