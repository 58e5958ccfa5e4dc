//! `cargo xtask fixture`: the upstream MCP server of the bench, as fast as it can be made.
//!
//! It answers `echo` with the very bytes it was sent, in both eras, and keeps nothing between requests. Not a model
//! of a good server: it believes its headers and checks no schema.

use crate::args::Args;
use crate::failure::Failure;

mod answer;
mod http_side;
mod stdio_side;

#[cfg(test)]
pub(crate) use answer::{Answer, answer};

/// Largest message either side takes.
const MESSAGE_LIMIT: usize = 16 << 20;

/// Serves until the process is ended, or until stdin is.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let stdio = args.flag("--stdio");
    let port: Option<u16> = args.value("--http")?;
    args.finish()?;
    match (stdio, port) {
        (true, None) => stdio_side::serve(),
        (false, Some(port)) => http_side::serve(port),
        (true, Some(_)) | (false, None) => Err(Failure::new("fixture takes --http PORT or --stdio")),
    }
}
