//! The edge: the HTTP endpoint and the control socket, and on both the client's side of MCP.
//!
//! Binds ports, frames messages, knows clients. Must never decide anything about a call.

mod accept;
mod client;
mod control;
mod desk;
pub mod gate;
#[cfg(test)]
mod house;
mod http;
mod patient;
mod pipe;
mod room;
mod socket;

pub use http::{HttpError, HttpServer};
pub use room::Room;
pub use socket::{ControlSocket, SocketError};
