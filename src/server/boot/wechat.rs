//! Opens WeChat Pay: its settings and the files of its keys are whole, or each mistake is named.

use super::key_file::{Eyes, file};
use crate::{
    server::{
        config::{Serve, WECHAT_GATEWAY, WECHAT_SPARE, WechatSettings, WechatWay},
        payment::wechat::{
            WechatKeys, WechatNames, WechatPay, WechatPlaces, WechatProduct,
            keys::{NoticeKey, OwnKey, PlatformKeys},
        },
    },
    types::host::is_loopback_authority,
};
use anyhow::{Context, anyhow, ensure};

const MCH_ID: &str = "WECHAT_MCH_ID";
const PRIVATE_KEY: &str = "WECHAT_PRIVATE_KEY_FILE";
const APIV3_KEY: &str = "WECHAT_APIV3_KEY_FILE";
const PUBLIC_KEY: &str = "WECHAT_PUBLIC_KEY_FILE";
const PUBLIC_KEY_ID: &str = "WECHAT_PUBLIC_KEY_ID";
const CERTIFICATE: &str = "WECHAT_CERTIFICATE_FILE";

/// Characters of a payment's prefix at least: what follows it has three or more, as in 1x1.
const PREFIX_MIN: usize = 3;

/// Checks the settings, and the files that they name.
///
/// # Errors
/// A setting is missing or can't be used, or a file holds something else than its key.
pub fn check(config: &Serve) -> anyhow::Result<()> {
    let settings = &config.payment.wechat;
    if names(settings)?.is_none() {
        return Ok(());
    }
    let gateway = &settings.gateway;
    let is_near = gateway
        .strip_prefix("http://")
        .is_some_and(is_loopback_authority);
    ensure!(
        is_near || [WECHAT_GATEWAY, WECHAT_SPARE].contains(&gateway.as_str()),
        "WECHAT_GATEWAY={gateway} is not WeChat Pay's: it is {WECHAT_GATEWAY}, or {WECHAT_SPARE}, the spare one"
    );
    ensure!(
        !config.demo || is_near,
        "DEMO is a shop to try out, and at {gateway} money moves: leave DEMO out, or {MCH_ID}"
    );
    ensure!(
        is_near || config.base_url().starts_with("https://"),
        "{MCH_ID} needs a PUBLIC_URL with https://, where WeChat Pay's notices come to; it is {}",
        config.base_url()
    );
    let prefix = config.payment.payment_prefix.as_deref();
    ensure!(
        prefix.is_some_and(|prefix| prefix.len() >= PREFIX_MIN),
        "{MCH_ID} needs PAYMENT_PREFIX with {PREFIX_MIN} letters and digits at least, like QKA: two shops with one prefix at one merchant \
         would take each other's payments for their own, and WeChat Pay takes no number of fewer than 6 characters"
    );
    keys(settings).map(drop)
}

/// WeChat Pay as `doctor` shows it.
///
/// # Errors
/// As [`check`].
pub fn described(config: &Serve) -> anyhow::Result<String> {
    check(config)?;
    let settings = &config.payment.wechat;
    Ok(match names(settings)? {
        None => "not set up".into(),
        Some(names) => format!(
            "app {} of merchant {} at {}, answers checked with {:?}",
            names.app_id,
            names.mch_id,
            settings.gateway,
            keys(settings)?.platform
        ),
    })
}

/// What an operator should hear.
pub fn warning(config: &Serve) -> Option<String> {
    let settings = &config.payment.wechat;
    let is_old = settings.mch_id.is_some() && settings.public_key_id.is_none();
    is_old.then(|| {
        format!(
            "WeChat Pay's answers are checked by certificates alone, which end after five years: apply for its public key, and set {PUBLIC_KEY_ID} and {PUBLIC_KEY}"
        )
    })
}

/// WeChat Pay, if the shop has it.
///
/// # Errors
/// As [`check`]; or no client can be made.
pub fn open(config: &Serve) -> anyhow::Result<Option<WechatPay>> {
    let settings = &config.payment.wechat;
    let Some(names) = names(settings)? else {
        return Ok(None);
    };
    let places = WechatPlaces {
        gateway: settings.gateway.clone(),
        shop: config.base_url(),
    };
    let product = |way: &WechatWay| match way {
        WechatWay::Qr => WechatProduct::Native,
        WechatWay::H5 => WechatProduct::H5,
    };
    let products = settings.ways.iter().map(product).collect();
    let wechat = WechatPay::new(names, places, products, keys(settings)?);
    wechat.context("HTTPS can't be set up").map(Some)
}

fn names(settings: &WechatSettings) -> anyhow::Result<Option<WechatNames>> {
    let Some(mch_id) = settings.mch_id.clone() else {
        return match settings.given().first() {
            None => Ok(None),
            Some(name) => Err(anyhow!(
                "{name} is set and {MCH_ID} is not: set it, too, or nobody can pay with WeChat"
            )),
        };
    };
    let app_id = settings.app_id.clone();
    let app_id = app_id.with_context(|| format!("{MCH_ID} needs WECHAT_APP_ID"))?;
    Ok(Some(WechatNames { mch_id, app_id }))
}

fn keys(settings: &WechatSettings) -> anyhow::Result<WechatKeys> {
    let serial = settings.serial.as_deref();
    let serial = serial.with_context(|| format!("{MCH_ID} needs WECHAT_SERIAL"))?;
    let own = file(
        PRIVATE_KEY,
        settings.private_key_file.as_deref(),
        Eyes::None,
    )?;
    let own = own.context(needs(PRIVATE_KEY))?;
    let own = own.read(|text| OwnKey::parse(text, serial))?;
    let notice = file(APIV3_KEY, settings.apiv3_key_file.as_deref(), Eyes::None)?;
    let notice = notice.context(needs(APIV3_KEY))?.read(NoticeKey::parse)?;
    let mut platform = PlatformKeys::default();
    let public = file(PUBLIC_KEY, settings.public_key_file.as_deref(), Eyes::All)?;
    match (&settings.public_key_id, public) {
        (Some(id), Some(file)) => file.read(|text| platform.add_public_key(id, text, &own))?,
        (Some(_), None) => return Err(anyhow!("{PUBLIC_KEY_ID} needs {PUBLIC_KEY}")),
        (None, Some(_)) => return Err(anyhow!("{PUBLIC_KEY} needs {PUBLIC_KEY_ID}")),
        (None, None) => {}
    }
    if let Some(file) = file(CERTIFICATE, settings.certificate_file.as_deref(), Eyes::All)? {
        file.read(|text| platform.add_certificates(text, &own))?;
    }
    ensure!(
        !platform.is_empty(),
        "{MCH_ID} needs {PUBLIC_KEY_ID} and {PUBLIC_KEY}, or {CERTIFICATE}: nothing that WeChat Pay says can be checked without"
    );
    ensure!(
        !platform.has(own.serial()),
        "WECHAT_SERIAL is the number of WeChat Pay's certificate: that of the merchant's own is needed, which \
         openssl x509 -in apiclient_cert.pem -noout -serial shows"
    );
    Ok(WechatKeys {
        own,
        platform,
        notice,
    })
}

fn needs(name: &str) -> String {
    format!("{MCH_ID} needs {name}")
}
