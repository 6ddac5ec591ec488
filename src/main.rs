//! The program: parses the command and runs it.

use qiangke::server::{command, config::Cli, log};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match command::run(Cli::read().command).await {
        Ok(()) => {
            log::flush();
            ExitCode::SUCCESS
        }
        Err(error) => {
            log::say_last(&format!("qiangke: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
