//! Opens Alipay: its settings and the files of its keys are whole, or each mistake is named.

use super::key_file::{Eyes, file};
use crate::{
    server::{
        config::{ALIPAY_GATEWAY, ALIPAY_SANDBOX, AlipayWay, Serve},
        payment::alipay::{Alipay, AlipayAccount, AlipayAppKey, AlipayProduct, AlipayPublicKey},
    },
    types::host::is_loopback_authority,
};
use anyhow::{Context, anyhow, ensure};

const PRIVATE_KEY: &str = "ALIPAY_PRIVATE_KEY_FILE";
const PUBLIC_KEY: &str = "ALIPAY_PUBLIC_KEY_FILE";

/// Checks the settings; no file is read.
///
/// # Errors
/// A setting is missing or can't be used.
pub fn check(config: &Serve) -> anyhow::Result<()> {
    let Some(account) = account(config)? else {
        return Ok(());
    };
    let is_known = [ALIPAY_GATEWAY, ALIPAY_SANDBOX].contains(&account.gateway.as_str())
        || is_near(&account.gateway);
    ensure!(
        is_known,
        "ALIPAY_GATEWAY={} is not Alipay's: it is {ALIPAY_GATEWAY}, or {ALIPAY_SANDBOX} to try it out",
        account.gateway
    );
    ensure!(
        !config.demo || account.gateway != ALIPAY_GATEWAY,
        "DEMO is a shop to try out, and at {ALIPAY_GATEWAY} money moves: set ALIPAY_GATEWAY={ALIPAY_SANDBOX}, or leave DEMO out"
    );
    ensure!(
        config.payment.payment_prefix.is_some(),
        "ALIPAY_APP_ID needs PAYMENT_PREFIX, like QK: two shops with one prefix at one account would take each other's payments for their own"
    );
    Ok(())
}

/// What an operator should hear.
pub fn warning(config: &Serve) -> Option<String> {
    let gateway = &config.payment.alipay_gateway;
    (config.payment.alipay_app_id.is_some() && gateway != ALIPAY_GATEWAY)
        .then(|| format!("ALIPAY_GATEWAY={gateway} is to try Alipay out: no money moves"))
}

/// Alipay as `doctor` shows it.
///
/// # Errors
/// As [`check`]; or a file holds something else than its key.
pub fn described(config: &Serve) -> anyhow::Result<String> {
    check(config)?;
    let Some(account) = account(config)? else {
        return Ok("not set up".into());
    };
    keys(config)?;
    Ok(format!(
        "app {} of seller {} at {}",
        account.app_id, account.seller_id, account.gateway
    ))
}

/// Alipay, if the shop has it.
///
/// # Errors
/// A setting is missing, a file holds something else than its key, or no client can be made.
pub fn open(config: &Serve) -> anyhow::Result<Option<Alipay>> {
    let Some(account) = account(config)? else {
        return Ok(None);
    };
    let (own, public) = keys(config)?;
    let alipay = Alipay::new(account, own, public).context("HTTPS can't be set up")?;
    Ok(Some(alipay))
}

fn account(config: &Serve) -> anyhow::Result<Option<AlipayAccount>> {
    let settings = &config.payment;
    let Some(app_id) = settings.alipay_app_id.clone() else {
        let others = [
            ("ALIPAY_SELLER_ID", settings.alipay_seller_id.is_some()),
            (PRIVATE_KEY, settings.alipay_private_key_file.is_some()),
            (PUBLIC_KEY, settings.alipay_public_key_file.is_some()),
        ];
        if let Some((name, _)) = others.iter().find(|(_, is_set)| *is_set) {
            return Err(anyhow!(
                "{name} is set and ALIPAY_APP_ID is not: set it, too, or nobody can pay with Alipay"
            ));
        }
        return Ok(None);
    };
    let seller_id = settings.alipay_seller_id.clone();
    let seller_id = seller_id.context("ALIPAY_APP_ID needs ALIPAY_SELLER_ID")?;
    ensure!(
        seller_id.starts_with("2088") && seller_id.len() == 16,
        "ALIPAY_SELLER_ID={seller_id} is no number of a seller (PID): it has 16 digits and begins with 2088"
    );
    ensure!(
        !app_id.starts_with("2088"),
        "ALIPAY_APP_ID={app_id} is a seller's number (PID): the app's own is needed (APPID)"
    );
    let product = |way: &AlipayWay| match way {
        AlipayWay::Page => AlipayProduct::Page,
        AlipayWay::Wap => AlipayProduct::Wap,
        AlipayWay::Qr => AlipayProduct::Qr,
    };
    Ok(Some(AlipayAccount {
        app_id,
        seller_id,
        gateway: settings.alipay_gateway.clone(),
        products: settings.alipay_ways.iter().map(product).collect(),
        shop: config.base_url(),
    }))
}

/// Whether a gateway is one of this machine, as tests have it.
fn is_near(gateway: &str) -> bool {
    let authority = gateway
        .strip_prefix("http://")
        .and_then(|rest| rest.split('/').next());
    authority.is_some_and(is_loopback_authority)
}

fn keys(config: &Serve) -> anyhow::Result<(AlipayAppKey, AlipayPublicKey)> {
    let settings = &config.payment;
    let needs = |name: &str| format!("ALIPAY_APP_ID needs {name}");
    let own = settings.alipay_private_key_file.as_deref();
    let own = file(PRIVATE_KEY, own, Eyes::None)?;
    let own = own.with_context(|| needs(PRIVATE_KEY))?;
    let own = own.read(AlipayAppKey::parse)?;
    let public = settings.alipay_public_key_file.as_deref();
    let public = file(PUBLIC_KEY, public, Eyes::All)?;
    let public = public.with_context(|| needs(PUBLIC_KEY))?;
    let public = public.read(|text| AlipayPublicKey::parse(text, &own))?;
    Ok((own, public))
}
