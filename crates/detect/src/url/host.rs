//! What a host is: an address by its class, a name by what it is known to lead to. Must never resolve a name.

use std::net::{IpAddr, Ipv4Addr};

use ringfence_model::address::{AddressClass, classify};
use url::{Host, Url};

use super::rule::{self, Rule};

/// Metadata services by name (documentation of the providers).
const METADATA_NAMES: [&str; 12] = [
    "instance-data",
    "instance-data.ec2.internal",
    "metadata",
    "metadata.azure.internal",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.internal",
    "metadata.packet.net",
    "metadata.platformequinix.com",
    "metadata.tencentyun.com",
    "metadata.vultr.com",
    "rancher-metadata",
];

/// Names of this host in the hosts files of common systems.
const LOOPBACK_NAMES: [&str; 8] = [
    "localhost",
    "localhost4",
    "localhost6",
    "localhost.localdomain",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ip6-loopback",
    "kubernetes.docker.internal",
];

/// Last labels that the public root has not, and that networks use for themselves: RFC 6762 (and its appendix G),
/// RFC 8375, ICANN's resolution on `.internal` (2024), Kubernetes.
const INTERNAL_SUFFIXES: [&str; 15] = [
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "localdomain",
    "localdomain6",
    "home.arpa",
    "svc",
    "cluster",
    "consul",
    "docker",
    "workgroup",
];

/// DNS zones whose names resolve to the address that is written in them.
const EMBEDDING_ZONES: [&str; 8] =
    ["nip.io", "sslip.io", "xip.io", "traefik.me", "ip.addr.tools", "backname.io", "local-ip.co", "1u.ms"];

/// DNS zones all of whose names resolve to loopback, to addresses in turn, or to a redirect that the name chooses.
const REBINDING_ZONES: [&str; 14] = [
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "localh.st",
    "yoogle.com",
    "fuf.me",
    "fbi.com.localtest.me",
    "rbndr.us",
    "rebind.it",
    "rebind.network",
    "dnsrebind.it",
    "r3dir.me",
    "lock.cmpxchg8b.com",
];

/// What speaks against the host of `url`.
pub(super) fn judge(url: &Url) -> Option<&'static Rule> {
    match url.host()? {
        Host::Ipv4(address) => of_address(IpAddr::V4(address)),
        Host::Ipv6(address) => of_address(IpAddr::V6(address)),
        Host::Domain(name) => of_name(name),
    }
}

/// True for a metadata service.
pub(super) fn is_metadata(url: &Url) -> bool {
    judge(url) == Some(&rule::METADATA)
}

fn of_address(address: IpAddr) -> Option<&'static Rule> {
    match classify(address) {
        AddressClass::Public => None,
        AddressClass::Loopback => Some(&rule::LOOPBACK),
        AddressClass::Private => Some(&rule::PRIVATE),
        AddressClass::LinkLocal => Some(&rule::LINK_LOCAL),
        AddressClass::Metadata => Some(&rule::METADATA),
        AddressClass::Multicast => Some(&rule::MULTICAST),
        AddressClass::Reserved => Some(&rule::RESERVED),
    }
}

fn of_name(name: &str) -> Option<&'static Rule> {
    // Schemes that the standard does not call special keep their host as it is written: `gopher://127.0.0.1`.
    if let Ok(address) = name.parse() {
        return of_address(IpAddr::V4(address));
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if METADATA_NAMES.contains(&name.as_str()) {
        return Some(&rule::METADATA);
    }
    if LOOPBACK_NAMES.contains(&name.as_str()) || name.ends_with(".localhost") {
        return Some(&rule::LOOPBACK);
    }
    if REBINDING_ZONES.iter().any(|zone| is_in(&name, zone)) {
        return Some(&rule::REBINDING_NAME);
    }
    if let Some(labels) = EMBEDDING_ZONES.iter().find_map(|zone| name.strip_suffix(zone)?.strip_suffix('.')) {
        return embedded(labels).and_then(|address| of_address(IpAddr::V4(address)));
    }
    // A name of one label is looked up in the search domains of whoever resolves it.
    let internal = !name.contains('.') || INTERNAL_SUFFIXES.iter().any(|suffix| is_in(&name, suffix));
    (internal && !name.is_empty()).then_some(&rule::INTERNAL_NAME)
}

fn is_in(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The address that `labels` hold as such a zone reads them: four numbers between dots or dashes, or eight hex digits.
/// The first that is not public, else the last.
fn embedded(labels: &str) -> Option<Ipv4Addr> {
    let numbers: Vec<Option<u8>> = labels.split(['.', '-']).map(|part| part.parse().ok()).collect();
    let quads = numbers.windows(4).filter_map(|window| match window {
        [Some(a), Some(b), Some(c), Some(d)] => Some(Ipv4Addr::new(*a, *b, *c, *d)),
        _ => None,
    });
    let hex = labels
        .split(['.', '-'])
        .filter(|part| part.len() == 8)
        .filter_map(|part| u32::from_str_radix(part, 16).ok().map(Ipv4Addr::from_bits));
    quads.chain(hex).fold(None, |kept, address| match kept {
        Some(kept) if classify(IpAddr::V4(kept)) != AddressClass::Public => Some(kept),
        _ => Some(address),
    })
}
