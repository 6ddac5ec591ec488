//! Everything that runs on the server only.

pub mod import;
pub mod store;
