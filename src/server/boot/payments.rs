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
