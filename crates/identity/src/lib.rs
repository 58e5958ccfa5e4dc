//! Who is calling, and the secrets by which that is known: peers of sockets, the operator credential, sealing keys.
//!
//! Randomness and time come from the caller. Must never take a caller's word for who it is, and never hand out or log a
//! secret it keeps, except the token it has just minted.

mod hex;
mod log;
mod loopback;
mod operator;
mod principal;
mod private;
mod process;
mod sealing;
mod session;
mod token;

pub use log::LogKey;
pub use loopback::{Loopback, LoopbackError};
pub use operator::{MIN_PASSPHRASE, OperatorCredential, Shown, TokenInfo};
pub use principal::{Principals, Refused};
pub use private::KeysError;
pub use process::{ClientProcess, ProcessError, client_process, is_running};
pub use sealing::{SealingKey, SealingKeys};
pub use session::SessionKeys;

/// Fills a buffer with random bytes fit for keys.
pub type Fill<'a> = &'a mut dyn FnMut(&mut [u8]);
