//! Opens the provider that sends codes.

use super::{assert_file, restrict_to_group};
use crate::server::{
    config::{SmsProvider, SmsSettings},
    private_file,
    sms::{
        Sms,
        file::FileOutbox,
        tencent::{ENDPOINT, TIMEOUT, Tencent, TencentConfig},
    },
};
use anyhow::Context;

/// The setting that names the file of codes.
const OUTBOX: &str = "SMS_OUTBOX";

/// Takes from every other user of the machine the right to read the file of codes.
pub fn restrict(settings: &SmsSettings) -> Vec<String> {
    match settings.provider {
        SmsProvider::File => restrict_to_group(&settings.outbox),
        SmsProvider::Tencent => Vec::new(),
    }
}

/// What an operator should hear who set a provider up and did not choose it.
pub fn warning(settings: &SmsSettings) -> Option<String> {
    if settings.provider == SmsProvider::Tencent {
        return None;
    }
    let given = [
        ("TENCENT_SECRET_ID", &settings.tencent_secret_id),
        ("TENCENT_SECRET_KEY", &settings.tencent_secret_key),
        ("TENCENT_SMS_APP_ID", &settings.tencent_app_id),
        ("TENCENT_SMS_SIGN_NAME", &settings.tencent_sign_name),
        ("TENCENT_SMS_TEMPLATE_ID", &settings.tencent_template_id),
    ];
    let (name, _) = given.iter().find(|(_, value)| value.is_some())?;
    Some(format!(
        "{name} is set and SMS_PROVIDER=tencent is not: no SMS is sent"
    ))
}

/// Checks who sends SMS; nothing is made for it.
///
/// # Errors
/// A setting of the provider is missing, or its file can't be written.
pub fn check(settings: &SmsSettings) -> anyhow::Result<()> {
    match settings.provider {
        SmsProvider::File => {
            let path = &settings.outbox;
            assert_file(OUTBOX, path)?;
            FileOutbox::check(path)
                .with_context(|| format!("{OUTBOX}: {} can't be written", path.display()))
        }
        SmsProvider::Tencent => open(settings).map(drop),
    }
}

/// Who sends SMS.
///
/// # Errors
/// A setting of the provider is missing, or its file can't be written.
pub fn open(settings: &SmsSettings) -> anyhow::Result<Sms> {
    match settings.provider {
        SmsProvider::File => {
            let path = &settings.outbox;
            assert_file(OUTBOX, path)?;
            private_file::make_folder_of(path)
                .and_then(|()| FileOutbox::open(path.clone()))
                .map(Sms::File)
                .with_context(|| format!("{OUTBOX}: {} can't be written", path.display()))
        }
        SmsProvider::Tencent => {
            let need = |name: &str, value: &Option<String>| {
                value
                    .clone()
                    .filter(|value| !value.is_empty())
                    .with_context(|| format!("SMS_PROVIDER=tencent needs {name}"))
            };
            let config = TencentConfig {
                secret_id: need("TENCENT_SECRET_ID", &settings.tencent_secret_id)?,
                secret_key: need("TENCENT_SECRET_KEY", &settings.tencent_secret_key)?,
                region: settings.tencent_region.clone(),
                sdk_app_id: need("TENCENT_SMS_APP_ID", &settings.tencent_app_id)?,
                sign_name: need("TENCENT_SMS_SIGN_NAME", &settings.tencent_sign_name)?,
                template_id: need("TENCENT_SMS_TEMPLATE_ID", &settings.tencent_template_id)?,
                endpoint: ENDPOINT.into(),
                timeout: TIMEOUT,
            };
            Ok(Sms::Tencent(Tencent::new(config)?))
        }
    }
}
