//! Everything that runs on the server only.

pub mod sms;
pub mod store;
