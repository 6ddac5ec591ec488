//! What the shop promises, proven against the real thing.
#![expect(
    clippy::cast_possible_wrap,
    clippy::expect_used,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test's tools say what they take for granted, need not be fast, and hold tables of cases"
)]

mod account;
mod alipay;
mod architecture;
mod assets;
mod backup;
mod budget;
mod catalog;
mod commands;
mod connection;
mod contract;
mod crash;
mod crowded;
mod demo;
mod deploy;
mod desk;
mod documents;
mod doors;
mod dumps;
mod failure;
mod finished;
mod heads;
mod holds;
mod hostile;
mod import;
mod instances;
mod jobs;
mod keys;
mod learn;
mod legal;
mod load_test;
mod log;
mod memory;
mod mock_gateway;
mod numbers;
mod openapi;
mod operations;
mod orders;
mod outage;
mod owners;
mod panic;
mod paths;
mod persons;
mod postgres;
mod private_file;
mod proxy;
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
mod style;
mod supply;
mod twins;
mod wechat;
mod wechat_answers;
mod wire;

use support::process::Program;

/// What is tested.
const PROGRAM: Program = Program::at(env!("CARGO_BIN_EXE_qiangke"));
