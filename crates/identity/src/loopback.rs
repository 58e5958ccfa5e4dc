//! Which user is at the other end of a TCP connection over loopback: the system is asked for that one socket
//! (sock_diag(7)), and where it cannot be, its table of all sockets is read (proc(5), `/proc/net/tcp` and `tcp6`). Must
//! never answer for a socket that no process holds any more: the system then shows root as its owner.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

mod diag;

/// Most bytes read of one table: some 200,000 sockets.
const MAX_TABLE: u64 = 32 << 20;
/// The table changes while it is read and a socket may be passed over: looked for this often.
const TRIES: usize = 2;

/// Why the user at the other end is not known. The connection must then be refused.
#[derive(Debug, thiserror::Error)]
pub enum LoopbackError {
    /// The connection does not run over loopback.
    #[error("{peer} is not on this machine's loopback")]
    NotLoopback {
        /// The other end.
        peer: SocketAddr,
    },
    /// No process holds the other end; it has gone, or is in another network namespace.
    #[error("no process holds the socket at {peer}")]
    NoOwner {
        /// The other end.
        peer: SocketAddr,
    },
    /// The operating system said no.
    #[error("cannot read the table of sockets: {0}")]
    Io(#[from] io::Error),
}

/// Who is at the other end of connections over loopback.
#[derive(Debug)]
pub struct Loopback {
    /// The system has told of a socket by itself, so that what it does not tell of is not there.
    tells: AtomicBool,
}

impl Loopback {
    /// Nothing has been asked yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "no `Default` for what says who somebody is")]
    pub const fn new() -> Self {
        Self { tells: AtomicBool::new(false) }
    }

    /// The id of the user who owns the socket at `peer` that is connected to our socket at `local`.
    ///
    /// # Errors
    /// [`LoopbackError`].
    pub fn uid(&self, local: SocketAddr, peer: SocketAddr) -> Result<u32, LoopbackError> {
        let (local, peer) = (plain(local), plain(peer));
        if !local.ip().is_loopback() || !peer.ip().is_loopback() {
            return Err(LoopbackError::NotLoopback { peer });
        }
        match diag::find(peer, local) {
            Ok(Some(found)) if found.held => {
                self.tells.store(true, Ordering::Relaxed);
                Ok(found.uid)
            }
            // A client that resets its connection takes our end along: without a memory of its own this would be looked
            // for in the whole table, once for each reset, at the cost of everybody else.
            Ok(_) if self.tells.load(Ordering::Relaxed) => Err(LoopbackError::NoOwner { peer }),
            // Whoever finds our end of the connection would find the other one.
            Ok(_) if matches!(diag::find(local, peer), Ok(Some(_))) => {
                self.tells.store(true, Ordering::Relaxed);
                Err(LoopbackError::NoOwner { peer })
            }
            Ok(_) | Err(_) => in_table(local, peer),
        }
    }
}

/// The slow way: its cost grows with the number of sockets, and with the size of the system's table.
fn in_table(local: SocketAddr, peer: SocketAddr) -> Result<u32, LoopbackError> {
    for _ in 0..TRIES {
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            let table = match File::open(table) {
                Ok(table) => BufReader::new(table.take(MAX_TABLE)),
                // A system without IPv6.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            if let Some(uid) = find(table, peer, local)? {
                return Ok(uid);
            }
        }
    }
    Err(LoopbackError::NoOwner { peer })
}

/// The owner of the socket that is at `at` and connected to `to`.
fn find(table: impl BufRead, at: SocketAddr, to: SocketAddr) -> io::Result<Option<u32>> {
    // The first line names the columns.
    for line in table.lines().skip(1) {
        let line = line?;
        if let Some(row) = parse(&line)
            && (row.at, row.to) == (at, to)
            && row.held
        {
            return Ok(Some(row.uid));
        }
    }
    Ok(None)
}

/// One socket of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    at: SocketAddr,
    to: SocketAddr,
    uid: u32,
    /// A process holds it.
    held: bool,
}

/// Reads `sl local_address rem_address st queues timer retransmits uid timeout inode …`.
fn parse(line: &str) -> Option<Row> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let at = address(fields.next()?)?;
    let to = address(fields.next()?)?;
    let uid = fields.nth(4)?.parse().ok()?;
    let inode: u64 = fields.nth(1)?.parse().ok()?;
    Some(Row { at, to, uid, held: inode != 0 })
}

/// Reads `0100007F:1F90`: the address as words of 32 bits in the machine's own byte order, the port as a number.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let word = |at: usize| {
        let digits = address.get(at * 8..at * 8 + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    let ip: IpAddr = match address.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let mut bytes = [0; 16];
            for (at, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(at)?);
            }
            Ipv6Addr::from(bytes).into()
        }
        _ => return None,
    };
    Some(plain(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?)))
}

/// An IPv4 address in IPv6 clothes is that IPv4 address; scope and flow say nothing about a socket here.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests;
