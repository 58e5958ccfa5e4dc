//! Our own stdin and stdout as async streams without a helper thread, where they are pipes or sockets, as clients make them.
//!
//! Must never make a terminal or a file non-blocking: others share it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::FileType;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

/// Our stdin.
///
/// # Errors
/// What the system says about it.
pub(crate) fn input() -> io::Result<Box<dyn AsyncRead + Unpin>> {
    let stdin = io::stdin();
    Ok(match kind(stdin.as_fd())? {
        Kind::Pipe(fd) => Box::new(pipe::Receiver::from_owned_fd(fd)?),
        Kind::Socket(stream) => Box::new(stream),
        Kind::Other => Box::new(tokio::io::stdin()),
    })
}

/// Our stdout.
///
/// # Errors
/// What the system says about it.
pub(crate) fn output() -> io::Result<Box<dyn AsyncWrite + Unpin>> {
    let stdout = io::stdout();
    Ok(match kind(stdout.as_fd())? {
        Kind::Pipe(fd) => Box::new(pipe::Sender::from_owned_fd(fd)?),
        Kind::Socket(stream) => Box::new(stream),
        Kind::Other => Box::new(tokio::io::stdout()),
    })
}

enum Kind {
    Pipe(OwnedFd),
    Socket(UnixStream),
    Other,
}

fn kind(fd: impl AsFd) -> io::Result<Kind> {
    let fd = fd.as_fd();
    let mode = rustix::fs::fstat(fd)?.st_mode;
    match FileType::from_raw_mode(mode) {
        FileType::Fifo => fd.try_clone_to_owned().map(Kind::Pipe),
        FileType::Socket => {
            let stream = std::os::unix::net::UnixStream::from(fd.try_clone_to_owned()?);
            if stream.local_addr().is_err() {
                return Ok(Kind::Other);
            }
            stream.set_nonblocking(true)?;
            UnixStream::from_std(stream).map(Kind::Socket)
        }
        FileType::RegularFile
        | FileType::Directory
        | FileType::Symlink
        | FileType::CharacterDevice
        | FileType::BlockDevice
        | FileType::Unknown => Ok(Kind::Other),
    }
}
