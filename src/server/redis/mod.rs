//! Redis: the connection, and what must hold of a Redis at start.

mod check;
pub mod client;

pub use check::{check, plain_host};
