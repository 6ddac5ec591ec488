//! Opens the providers that take money: the mock gateway of a shop to try out, and those that are set
//! up.

use super::{
    alipay,
    mock::{self, MockChoice},
    wechat,
};
use crate::server::{
    config::{Role, Serve},
    payment::{Gateway, Payments},
    signer::Signer,
};

/// Checks the settings of those that are set up, and the files that they name.
///
/// # Errors
/// A setting is missing or can't be used, or a file holds something else than its key.
pub fn check(config: &Serve) -> anyhow::Result<()> {
    alipay::check(config)?;
    wechat::check(config)
}

/// Whether a student can pay at all.
pub fn are_set_up(config: &Serve) -> bool {
    let settings = &config.payment;
    config.demo || settings.alipay_app_id.is_some() || settings.wechat.mch_id.is_some()
}

/// The providers of a shop whose address is known.
///
/// # Errors
/// No client can be made, or a key can't be used.
pub fn open(
    choice: MockChoice,
    config: &Serve,
    role: Role,
    signer: &Signer,
) -> anyhow::Result<Payments> {
    let payments = mock::open(choice, config, role, signer)?;
    let real = [
        alipay::open(config)?.map(Gateway::Alipay),
        wechat::open(config)?.map(Gateway::Wechat),
    ];
    Ok(real.into_iter().flatten().fold(payments, Payments::and))
}
