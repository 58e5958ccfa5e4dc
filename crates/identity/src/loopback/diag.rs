//! One socket out of the system's tables, asked for by both its ends (sock_diag(7), `inet_diag_req_v2` without
//! `NLM_F_DUMP`): what it costs does not grow with the number of sockets. Must never take an answer for a socket that was
//! not asked for: the system also finds listeners that would fit.

use std::io;
use std::net::{IpAddr, SocketAddr};

use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::net::{recvfrom, sendto, socket_with};

use super::plain;

/// Message types and flags of netlink(7) and sock_diag(7).
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const TCP: u8 = 6;

/// Sizes of `nlmsghdr`, `inet_diag_req_v2` and `inet_diag_msg`.
const HEADER: usize = 16;
const REQUEST: usize = 56;
const MESSAGE: usize = 72;

/// Our only request on a socket of its own.
const SEQUENCE: u32 = 1;

/// A socket as the system describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) uid: u32,
    /// A process holds it.
    pub(super) held: bool,
}

/// The socket at `at` that is connected to `to`; none where there is none, or the system cannot tell.
///
/// # Errors
/// The system said no.
pub(super) fn find(at: SocketAddr, to: SocketAddr) -> io::Result<Option<Found>> {
    let Some(request) = request(at, to) else { return Ok(None) };
    let socket =
        socket_with(AddressFamily::NETLINK, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(SOCK_DIAG))?;
    sendto(&socket, &request, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut buffer = [0; 512];
    // The system has answered by the time the request is sent; what comes from elsewhere is no answer.
    let (_, length, from) = recvfrom(&socket, &mut buffer, RecvFlags::DONTWAIT)?;
    let is_of_system =
        from.and_then(|from| SocketAddrNetlink::try_from(from).ok()).is_some_and(|from| from.pid() == 0);
    let answer = buffer.get(..length).filter(|_| is_of_system).unwrap_or_default();
    Ok(read(answer, at, to))
}

fn request(at: SocketAddr, to: SocketAddr) -> Option<Vec<u8>> {
    let family = match (at.ip(), to.ip()) {
        (IpAddr::V4(_), IpAddr::V4(_)) => AF_INET,
        (IpAddr::V6(_), IpAddr::V6(_)) => AF_INET6,
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return None,
    };
    let length = u32::try_from(HEADER + REQUEST).ok()?;
    let mut bytes = Vec::with_capacity(HEADER + REQUEST);
    bytes.extend(length.to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend(NLM_F_REQUEST.to_ne_bytes());
    bytes.extend(SEQUENCE.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend([family, TCP, 0, 0]);
    // Every state.
    bytes.extend(u32::MAX.to_ne_bytes());
    bytes.extend(at.port().to_be_bytes());
    bytes.extend(to.port().to_be_bytes());
    bytes.extend(padded(at.ip()));
    bytes.extend(padded(to.ip()));
    // On any interface, whatever its cookie.
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend([0xff; 8]);
    Some(bytes)
}

/// An address in the sixteen bytes that are kept for one.
fn padded(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V6(ip) => ip.octets(),
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
    }
}

/// Reads `nlmsghdr` and `inet_diag_msg`; none for an error or another socket.
fn read(answer: &[u8], at: SocketAddr, to: SocketAddr) -> Option<Found> {
    let message = answer.get(HEADER..)?;
    let kind = u16::from_ne_bytes(array(answer, 4)?);
    if kind == NLMSG_ERROR || kind != SOCK_DIAG_BY_FAMILY || message.len() < MESSAGE {
        return None;
    }
    let family = *message.first()?;
    let end = |port: usize, ip: usize| {
        let port = u16::from_be_bytes(array(message, port)?);
        let ip: IpAddr = match family {
            AF_INET => array::<4>(message, ip)?.into(),
            AF_INET6 => array::<16>(message, ip)?.into(),
            _ => return None,
        };
        Some(plain(SocketAddr::new(ip, port)))
    };
    if (end(4, 8)?, end(6, 24)?) != (at, to) {
        return None;
    }
    let uid = u32::from_ne_bytes(array(message, 64)?);
    let inode = u32::from_ne_bytes(array(message, 68)?);
    Some(Found { uid, held: inode != 0 })
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests;
