//! What the shop promises, proven against the real thing.
#![expect(
    clippy::cast_possible_wrap,
    clippy::expect_used,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::panic,
    reason = "a test's tools say what they take for granted, and need not be fast"
)]

mod account;
mod app;
mod architecture;
mod assets;
mod backup;
mod budget;
mod catalog;
mod commands;
mod connection;
mod crash;
mod crowd;
mod crowded;
mod demo;
mod deploy;
mod desk;
mod doors;
mod dumps;
mod failure;
mod finished;
mod heads;
mod hostile;
mod import;
mod instances;
mod keys;
mod legal;
mod log;
mod memory;
mod nginx;
mod openapi;
mod operations;
mod orders;
mod outage;
mod panic;
mod paths;
mod persons;
mod postgres;
mod private_file;
mod process;
mod proxy;
mod record;
mod redis;
mod rehearsal;
mod rolling;
mod rush;
mod seckill;
mod sessions;
mod settings;
mod sign_in;
mod sitemap;
mod sms;
mod sqlite;
mod states;
mod supply;
mod time;
mod twins;
mod wire;
