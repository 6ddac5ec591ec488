//! Tencent Cloud SMS, API v3: `SendSms` of 2021-01-11
//! (<https://cloud.tencent.com/document/api/382/55981>).

use super::{Code, Garbled, SmsError, tc3};
use crate::{
    server::outbound::{self, Lost},
    types::{account::Mobile, host, time::Millis},
};
use reqwest::{Client, StatusCode, Url, header};
use serde::Deserialize;
use serde_json::json;
use std::{fmt, sync::Arc, time::Duration};
use thiserror::Error;

/// Where the API lives, unless a setting says otherwise.
pub const ENDPOINT: &str = "https://sms.tencentcloudapi.com";
/// The region, unless a setting says otherwise.
pub const REGION: &str = "ap-guangzhou";
/// How long an answer may take, connection and body included: the provider answers in well under a
/// second, and a worker is held.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer; an honest one has a few hundred.
const ANSWER_MAX: usize = 64 * 1024;
/// Characters of an error code; the documented ones have half as many.
const ERROR_CODE_MAX: usize = 128;
/// Minutes that the SMS says the code lives.
const CODE_MINUTES: &str = "5";

const SERVICE: &str = "sms";
const ACTION: &str = "SendSms";
const VERSION: &str = "2021-01-11";
const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// What the provider's console says.
#[derive(Clone)]
pub struct TencentConfig {
    /// The API key's id.
    pub secret_id: String,
    /// The API key's secret.
    pub secret_key: String,
    /// Such as [`REGION`].
    pub region: String,
    /// The SMS application's number.
    pub sdk_app_id: String,
    /// The approved signature (签名) that stands in front of each SMS.
    pub sign_name: String,
    /// The approved template's number; the template takes the code and its life in minutes.
    pub template_id: String,
    /// Such as [`ENDPOINT`]. Plain `http` is for an address of this machine only.
    pub endpoint: String,
    /// Such as [`TIMEOUT`].
    pub timeout: Duration,
}

impl fmt::Debug for TencentConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TencentConfig")
            .field("secret_id", &self.secret_id)
            .field("secret_key", &"******")
            .field("region", &self.region)
            .field("sdk_app_id", &self.sdk_app_id)
            .field("sign_name", &self.sign_name)
            .field("template_id", &self.template_id)
            .field("endpoint", &self.endpoint)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// Why the settings can't be used.
#[derive(Debug, Error)]
pub enum TencentError {
    /// The endpoint is not `https://host`.
    #[error("the SMS endpoint must be https://host, without a path")]
    Endpoint,
    /// This setting is empty or has characters that the provider takes in none.
    #[error("{0} is empty, or has a blank or another sign that does not belong there")]
    Setting(&'static str),
    /// No HTTPS here: most often the system's certificates are missing.
    #[error("HTTPS can't be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// The provider, ready to send.
#[derive(Clone, Debug)]
pub struct Tencent {
    config: Arc<TencentConfig>,
    client: Client,
    url: Url,
    host: String,
}

impl Tencent {
    /// Checks the settings; the network is not touched.
    ///
    /// # Errors
    /// [`TencentError`] says which setting can't be used.
    pub fn new(config: TencentConfig) -> Result<Self, TencentError> {
        let settings = [
            ("TENCENT_SECRET_ID", &config.secret_id),
            ("TENCENT_SECRET_KEY", &config.secret_key),
            ("TENCENT_REGION", &config.region),
            ("TENCENT_SMS_APP_ID", &config.sdk_app_id),
            ("TENCENT_SMS_TEMPLATE_ID", &config.template_id),
        ];
        for (name, value) in settings {
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(TencentError::Setting(name));
            }
        }
        // A blank, or the end of a line as Windows writes it, would make every SMS fail.
        let sign_name = config.sign_name.as_str();
        if sign_name.is_empty()
            || sign_name.trim() != sign_name
            || sign_name.contains(char::is_control)
        {
            return Err(TencentError::Setting("TENCENT_SMS_SIGN_NAME"));
        }
        let (url, host) = endpoint(&config.endpoint).ok_or(TencentError::Endpoint)?;
        let client = outbound::client(config.timeout, config.timeout)?;
        Ok(Self {
            config: Arc::new(config),
            client,
            url,
            host,
        })
    }

    pub(super) async fn send(
        &self,
        mobile: &Mobile,
        code: &Code,
        now: Millis,
    ) -> Result<(), SmsError> {
        let payload = self.payload(mobile, code);
        let at_s = now.0.div_euclid(1_000);
        let signed = tc3::SignedRequest {
            service: SERVICE,
            host: &self.host,
            action: Some(ACTION),
            content_type: CONTENT_TYPE,
            payload: payload.as_bytes(),
            at_s,
        };
        let request = self
            .client
            .post(self.url.clone())
            .header(
                header::AUTHORIZATION,
                signed.authorization(&self.config.secret_id, &self.config.secret_key),
            )
            .header(header::CONTENT_TYPE, CONTENT_TYPE)
            .header("X-TC-Action", ACTION)
            .header("X-TC-Version", VERSION)
            .header("X-TC-Region", &self.config.region)
            .header("X-TC-Timestamp", at_s)
            .body(payload);
        let response = request.send().await.map_err(Lost::from)?;
        if response.status() != StatusCode::OK {
            return Err(SmsError::Garbled(Garbled::Status(
                response.status().as_u16(),
            )));
        }
        verdict(&outbound::body(response, ANSWER_MAX).await?)
    }

    fn payload(&self, mobile: &Mobile, code: &Code) -> String {
        json!({
            "PhoneNumberSet": [format!("+86{}", mobile.digits())],
            "SmsSdkAppId": self.config.sdk_app_id,
            "SignName": self.config.sign_name,
            "TemplateId": self.config.template_id,
            "TemplateParamSet": [code.digits(), CODE_MINUTES],
        })
        .to_string()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    response: SendOutcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendOutcome {
    error: Option<Status>,
    #[serde(default)]
    send_status_set: Vec<Status>,
}

/// The provider's prose beside the code is not read: it may name the mobile.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    code: String,
}

/// The URL to post to and the `Host` header that goes with it.
fn endpoint(text: &str) -> Option<(Url, String)> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let safe = url.scheme() == "https" || url.scheme() == "http" && host::is_loopback(host);
    let host = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    (bare && safe).then_some((url, host))
}

impl From<Lost> for SmsError {
    fn from(why: Lost) -> Self {
        match why {
            Lost::Unreachable => Self::Unreachable,
            Lost::Timeout => Self::Timeout,
            Lost::TooLarge => Self::Garbled(Garbled::TooLarge),
        }
    }
}

/// What the provider says about one message. An error is for the whole request, a status for each
/// mobile; there is one mobile.
///
/// # Errors
/// [`SmsError::Refused`], [`SmsError::Limited`] or [`SmsError::Garbled`].
pub fn verdict(body: &[u8]) -> Result<(), SmsError> {
    let unreadable = || SmsError::Garbled(Garbled::Unreadable);
    let SendOutcome {
        error,
        send_status_set,
    } = serde_json::from_slice::<Envelope>(body)
        .map_err(|_| unreadable())?
        .response;
    match (error, send_status_set.as_slice()) {
        (Some(error), _) => Err(refusal(error.code)),
        (None, [status]) if status.code == "Ok" => Ok(()),
        (None, [status]) => Err(refusal(status.code.clone())),
        (None, _) => Err(unreadable()),
    }
}

/// The codes are `Family.Detail` (<https://cloud.tencent.com/document/api/382/59177>). One that is
/// not made of letters could carry anything into a log and counts as unreadable.
fn refusal(code: String) -> SmsError {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || byte == b'.' || byte == b'_';
    if code.is_empty() || code.len() > ERROR_CODE_MAX || !code.bytes().all(plain) {
        return SmsError::Garbled(Garbled::Unreadable);
    }
    match code.split('.').next() {
        Some("LimitExceeded" | "RequestLimitExceeded") => SmsError::Limited { code },
        _ => SmsError::Refused { code },
    }
}
