//! Everything that runs on the server only.

pub mod store;
