//! The doors: server functions at the original's paths. Each proves who asks, calls one method, and
//! returns its typed answer.

pub mod account;
pub mod banner;
pub mod catalog;
pub mod learning;
pub mod order;
pub mod seckill;
pub mod wire;
