//! The shop: what it does for students, as methods of [`state::AppState`].

pub mod account;
pub mod args;
pub mod catalog;
pub mod learning;
pub mod order;
pub mod payment;
pub mod rush;
pub mod state;
