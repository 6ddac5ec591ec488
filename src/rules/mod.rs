//! Rules: pure functions that browser and server judge by. No clock, no IO, no async; time and
//! numbers come in as arguments, decisions go out as values.

pub mod button;
pub mod hold;
pub mod progress;
pub mod proof;
pub mod retry;
pub mod seckill;
