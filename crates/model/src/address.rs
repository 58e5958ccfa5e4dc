//! Classification of IP addresses: which ones a connection that data asked for must never reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is. Only [`AddressClass::Public`] may be reached on the word of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressClass {
    /// Globally reachable unicast.
    Public,
    /// This host: 127/8, ::1.
    Loopback,
    /// Private, shared or unique-local: RFC 1918, RFC 6598, RFC 4193, fec0::/10.
    Private,
    /// Link-local: 169.254/16, fe80::/10.
    LinkLocal,
    /// A cloud's metadata or wire service.
    Metadata,
    /// Multicast or broadcast.
    Multicast,
    /// Unspecified, documentation, benchmarking, reserved (IANA special-purpose registries, RFC 6890).
    Reserved,
}

/// Metadata and wire services by address. 168.63.129.16 (Azure) and 100.100.100.200 (Alibaba) lie in other ranges.
const METADATA_V4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];

/// The EC2 instance metadata service over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Classifies an address, looking through every form in which IPv6 carries an IPv4 address.
#[must_use]
pub fn classify(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

fn classify_v4(v4: Ipv4Addr) -> AddressClass {
    if METADATA_V4.contains(&v4) {
        return AddressClass::Metadata;
    }
    match v4.octets() {
        [127, ..] => AddressClass::Loopback,
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] => AddressClass::Private,
        [169, 254, ..] => AddressClass::LinkLocal,
        [224..=239, ..] | [255, 255, 255, 255] => AddressClass::Multicast,
        [0 | 240..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => AddressClass::Reserved,
        _ => AddressClass::Public,
    }
}

fn classify_v6(v6: Ipv6Addr) -> AddressClass {
    if v6 == METADATA_V6 {
        return AddressClass::Metadata;
    }
    if v6 == Ipv6Addr::LOCALHOST {
        return AddressClass::Loopback;
    }
    if v6 == Ipv6Addr::UNSPECIFIED {
        return AddressClass::Reserved;
    }
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match v6.segments() {
        // IPv4-mapped, IPv4-translated (RFC 2765), IPv4-compatible (RFC 4291 2.5.5), NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0, 0, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => classify_v4(embedded(high, low)),
        // 6to4 (RFC 3056) carries the address in segments 1 and 2.
        [0x2002, high, low, ..] => {
            let inner = classify_v4(embedded(high, low));
            if inner == AddressClass::Public { AddressClass::Reserved } else { inner }
        }
        // Local-use NAT64, Teredo and the rest of 2001::/23, documentation, discard-only, SRv6.
        [0x64, 0xff9b, 1, ..]
        | [0x2001, 0..=0x1ff, ..]
        | [0x2001, 0xdb8, ..]
        | [0x3fff, 0..=0xfff, ..]
        | [0x100, 0, 0, 0 | 1, ..]
        | [0x5f00, ..] => AddressClass::Reserved,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        _ => AddressClass::Reserved,
    }
}

#[cfg(test)]
mod tests;
