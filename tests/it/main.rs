//! What the shop promises, proven against the real thing.

mod app;
mod architecture;
mod seckill;
