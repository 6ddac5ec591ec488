//! The rush as a model checker sees it: every order in which workers can act, die and start again,
//! and in which clicks can come, twice if they like. What is judged and decided is judged and
//! decided by `qiangke::rules::seckill` itself; the model adds what stands around it: a database
//! with its transactions, and workers who forget.
//!
//! Left out, because something that is here stands for it:
//! - a COMMIT whose outcome is not known: the commit, and then the worker's death;
//! - a click that is lost or comes twice: any student may click at any moment, again and again;
//! - a ticket's id that was never recorded: it may be taken for the next click, since nobody heard
//!   of it.
//!
//! [`holds`] explores in the same way what becomes of a seat that was won: its hold, its payments, its
//! end.

pub mod database;
pub mod hold_properties;
pub mod holds;
pub mod properties;
pub mod rush;

pub use database::{Fate, Guard, TestDatabase};
pub use holds::{HoldGuard, Holds};
pub use rush::{Desks, Rush, State};
