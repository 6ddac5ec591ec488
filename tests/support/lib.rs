//! Tools of the tests: shops, clients, engines and addresses, for `tests/it` and `tests/chaos`. A
//! tool belongs here as soon as a second file needs it; what a test says stays in the test.
#![cfg(feature = "ssr")]

pub mod address;
pub mod alipay;
pub mod app;
pub mod crowd;
pub mod database;
pub mod gateway;
pub mod http;
pub mod nginx;
pub mod postgres;
pub mod process;
pub mod redis;
pub mod rush;
pub mod setup;
pub mod source;
pub mod time;
pub mod wechat;
