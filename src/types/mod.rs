//! Nouns, parsed so that they can't be wrong; many cross the wire. Serde and the standard library
//! only; no public field that is a `usize`, no clock, no IO.

pub mod accept;
pub mod account;
pub mod banner;
pub mod catalog;
pub mod device;
pub mod document;
pub mod error;
pub mod hex;
pub mod host;
pub mod ids;
pub mod kept;
pub mod lang;
pub mod lesson;
pub mod line;
pub mod link;
pub mod money;
pub mod order;
pub mod page;
pub mod payment;
pub mod sale;
pub mod search;
pub mod sort;
pub mod text;
pub mod time;
pub mod typed;
pub mod wire;
