//! Rules of the flash sale as pure functions: no clock, no IO, no async. Time and numbers come in
//! as arguments, decisions go out as values.
//!
//! What always holds:
//! - A sale never admits more waiting tickets than seats could still be free
//!   ([`admission::Admission`]).
//! - A student has at most one live (waiting or won) ticket of a sale.
//! - Settlement gives out at most the remaining seats, each seat once, the lowest free number first
//!   ([`settle::decide`]).
//! - A terminal state (won, lost) never changes ([`ticket::State::advance`]).
//! - The window is judged twice by the same rule: when a click is accepted, and again, with that
//!   moment, when it is settled.

pub mod admission;
pub mod settle;
pub mod ticket;
pub mod window;

#[cfg(test)]
mod tests;
