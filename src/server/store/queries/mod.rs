//! SQL that every engine understands, compiled once for each: `Db`, `Pool`, `Connection`, `Transaction` and `Engine` are the mounting file's.

mod account;
mod audit;
mod banner;
mod catalog;
mod import;
mod job;
mod sale;
mod session;
mod setup;
mod ticket;

use super::{Connection, Engine, MIGRATIONS, Migrate};

pub(super) use ticket::{land, ticket_id};
