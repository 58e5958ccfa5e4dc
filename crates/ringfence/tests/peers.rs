//! The binary between real MCP clients and real MCP servers: those of `tests/peers`.
//!
//! Each test has a data directory of its own and ends the kernel that it started.

#[cfg(test)]
mod peers {
    mod approve;
    mod channels;
    mod client;
    mod confirm;
    mod crash;
    mod everything;
    mod filesystem;
    mod home;
    mod http;
    mod installed;
    mod memory;
    mod python;
    mod receipt;
    mod scan;
    mod secret;
    mod session;
    mod upstream;
    mod verify;
    mod wait;
    mod web;
    mod witness;
}
