//! Settings of payments.

use super::{origin, values};
use clap::Args;
use std::path::PathBuf;

/// Who takes payments of a shop to try out.
#[derive(Clone, Debug, Args)]
pub struct PaymentSettings {
    /// With DEMO only: a mock gateway of another process on this machine, which several servers
    /// share, like http://127.0.0.1:4000; needs MOCK_GATEWAY_KEY_FILE. Left out, the server runs one
    /// itself
    #[arg(long, env = "MOCK_GATEWAY_URL", help_heading = "A shop to try out", value_parser = origin::parse)]
    pub mock_gateway_url: Option<String>,
    /// The file of the key that the servers share with it: 64 hexadecimal digits
    #[arg(long, env = "MOCK_GATEWAY_KEY_FILE", help_heading = "A shop to try out", value_parser = values::path)]
    pub mock_gateway_key_file: Option<PathBuf>,
}
