//! The program: parses the command and runs it.

use qiangke::server::{command, config::Cli};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    command::run(Cli::read().command).await
}
