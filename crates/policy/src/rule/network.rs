//! Blocks of addresses (CIDR, RFC 4632 and RFC 4291 section 2.3) and the address that a text names.
//!
//! Must never resolve a name: what a name leads to is the business of the connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), so that both spellings are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    base: u128,
    mask: u128,
}

impl Network {
    /// `10.0.0.0/8`, `fd00::/8` or one address.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| format!("`{address}` is no IP address"))?;
        let (widest, shift) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let length = match length {
            None => widest,
            Some(length) => length
                .parse::<u32>()
                .ok()
                .filter(|length| *length <= widest)
                .ok_or_else(|| format!("the length of a prefix is 0 to {widest}"))?,
        };
        let free = 128 - (length + shift);
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        let number = number(address);
        if number & !mask != 0 {
            return Err(format!("`{text}` has bits behind its prefix"));
        }
        Ok(Self { base: number, mask })
    }

    fn contains(self, address: IpAddr) -> bool {
        number(address) & self.mask == self.base
    }
}

/// True where `text` is an address of one of `networks`, or has one as its host: `10.1.2.3:80`, `http://[::1]/x`.
pub(crate) fn names_one_of(text: &str, networks: &[Network]) -> bool {
    address(text).is_some_and(|address| networks.iter().any(|network| network.contains(address)))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(inside) = host.strip_prefix('[') {
        return inside.split(']').next()?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let host = host.split(':').next().unwrap_or_default();
    ipv4(host.strip_suffix('.').unwrap_or(host)).map(IpAddr::V4)
}

/// IPv4 in each spelling that a URL parser takes (WHATWG URL, «IPv4 parser»): `127.1`, `0x7f000001`, `017700000001`.
fn ipv4(host: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = host.split('.').map(part).collect::<Option<_>>()?;
    let (last, bytes) = parts.split_last()?;
    if bytes.len() > 3 || bytes.iter().any(|byte| *byte > 255) {
        return None;
    }
    let room = 8 * (4 - u32::try_from(bytes.len()).ok()?);
    if u64::from(*last) >= 1_u64 << room {
        return None;
    }
    let head = bytes.iter().zip([24, 16, 8]).fold(0_u32, |head, (byte, shift)| head | (byte << shift));
    Some(Ipv4Addr::from(head | *last))
}

fn part(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return if digits.is_empty() { Some(0) } else { u32::from_str_radix(digits, 16).ok() };
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        Some(_) | None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests;
