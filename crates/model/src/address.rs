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

/// Metadata, credential and wire services by address (documentation of the providers). 168.63.129.16 (Azure) and
/// 100.100.100.200 (Alibaba) lie in other ranges; 169.254.170.2 and .23 hand out the credentials of a container (AWS).
const METADATA_V4: [Ipv4Addr; 8] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(169, 254, 42, 42),
    Ipv4Addr::new(169, 254, 0, 23),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];

/// The same over IPv6: EC2 and EKS, Google, Scaleway, OpenStack.
const METADATA_V6: [Ipv6Addr; 5] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
];

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
    if METADATA_V6.contains(&v6) {
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
        // Local-use NAT64 (RFC 8215), 6to4 (RFC 3056), Teredo with its inverted client (RFC 4380).
        [0x64, 0xff9b, 1, _, _, _, high, low] | [0x2002, high, low, ..] => tunnelled(embedded(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => tunnelled(embedded(!high, !low)),
        // The rest of 2001::/23 (ORCHID, ORCHIDv2, benchmarking …), documentation, discard-only, SRv6.
        [0x2001, 1..=0x1ff | 0xdb8, ..]
        | [0x3fff, 0..=0xfff, ..]
        | [0x100, 0, 0, 0 | 1, ..]
        | [0x5f00, ..] => AddressClass::Reserved,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        // ISATAP (RFC 5214) carries the address of a host behind a router of any prefix.
        [0x2000..=0x3fff, _, _, _, 0 | 0x200, 0x5efe, high, low] => tunnelled(embedded(high, low)),
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        _ => AddressClass::Reserved,
    }
}

/// A tunnel to `inner`: where that is public the tunnel still is no way that data may choose.
fn tunnelled(inner: Ipv4Addr) -> AddressClass {
    let class = classify_v4(inner);
    if class == AddressClass::Public { AddressClass::Reserved } else { class }
}

#[cfg(test)]
mod tests;
