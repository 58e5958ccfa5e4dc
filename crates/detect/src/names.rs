//! Tools that pass for others, and definitions that ask for more than they need.
//!
//! Must never compare tools of one server with each other: `get_user` and `get_users` are neighbours there, not rivals.

mod near;
mod schema;

pub use near::{Likeness, Named, Resemblance, resemblances};
pub use schema::{InDefinition, ToolDefinition};

#[cfg(test)]
mod tests;
