//! What the shop promises, proven against the real thing.

mod account;
mod app;
mod crash;
mod crowd;
mod import;
mod rush;
mod sms;
mod seckill;
mod wire;
