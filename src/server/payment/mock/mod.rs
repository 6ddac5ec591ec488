//! The mock gateway: a provider to try the shop out with, asked over HTTP as a real one is. No money
//! moves. `client` asks it; `server` is what answers, in a shop to try out and in tests. `wire` is
//! what they say to each other, `signature` how both sign it.

pub mod client;
pub mod server;
pub mod signature;
pub mod wire;
