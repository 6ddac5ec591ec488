//! Settings of WeChat Pay.

use super::{origin, values};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// WeChat Pay's gateway, where money moves.
pub const WECHAT_GATEWAY: &str = "https://api.mch.weixin.qq.com";
/// The same in another place, for the day that it can't be reached.
pub const WECHAT_SPARE: &str = "https://api2.mch.weixin.qq.com";
/// What the id of the platform's public key begins with.
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";
/// Characters of a name at most.
const NAME_MAX: usize = 64;

/// How students pay with WeChat: a product that the shop has a contract for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WechatWay {
    /// Native支付: a QR code on the shop's page
    Qr,
    /// H5支付: a link for a phone's browser
    H5,
}

/// WeChat Pay, version 3 of its interface.
#[derive(Clone, Debug, Args)]
pub struct WechatSettings {
    /// WeChat Pay: the merchant's number (mchid). With it students can pay with WeChat, and all of
    /// WeChat Pay's settings without a default are needed, but one kind of the platform's keys;
    /// docs/payments.md says where each is found
    #[arg(long = "wechat-mch-id", env = "WECHAT_MCH_ID", help_heading = "Payments", value_parser = mch_id)]
    pub mch_id: Option<String>,
    /// WeChat Pay: the app that is bound to the merchant (APPID), like wxd678efh567hg6787
    #[arg(long = "wechat-app-id", env = "WECHAT_APP_ID", help_heading = "Payments", value_parser = app_id)]
    pub app_id: Option<String>,
    /// WeChat Pay: the serial number of the merchant's certificate, hexadecimal digits
    #[arg(long = "wechat-serial", env = "WECHAT_SERIAL", help_heading = "Payments", value_parser = serial)]
    pub serial: Option<String>,
    /// WeChat Pay: the file of the merchant's private key (apiclient_key.pem), which other users of the
    /// machine may not read
    #[arg(long = "wechat-private-key-file", env = "WECHAT_PRIVATE_KEY_FILE", help_heading = "Payments", value_parser = values::path)]
    pub private_key_file: Option<PathBuf>,
    /// WeChat Pay: the file of the APIv3 key, 32 letters and digits, which other users of the machine
    /// may not read
    #[arg(long = "wechat-apiv3-key-file", env = "WECHAT_APIV3_KEY_FILE", help_heading = "Payments", value_parser = values::path)]
    pub apiv3_key_file: Option<PathBuf>,
    /// WeChat Pay: the id of the platform's public key, PUB_KEY_ID_ and digits
    #[arg(long = "wechat-public-key-id", env = "WECHAT_PUBLIC_KEY_ID", help_heading = "Payments", value_parser = public_key_id)]
    pub public_key_id: Option<String>,
    /// WeChat Pay: the file of the platform's public key (pub_key.pem)
    #[arg(long = "wechat-public-key-file", env = "WECHAT_PUBLIC_KEY_FILE", help_heading = "Payments", value_parser = values::path)]
    pub public_key_file: Option<PathBuf>,
    /// WeChat Pay: the file of the platform's certificates, one after the other; for merchants without
    /// a public key of the platform, and during a change-over beside it
    #[arg(long = "wechat-certificate-file", env = "WECHAT_CERTIFICATE_FILE", help_heading = "Payments", value_parser = values::path)]
    pub certificate_file: Option<PathBuf>,
    /// WeChat Pay: the products that the shop has a contract for, with commas between them: qr (Native,
    /// a code on the shop's page), h5 (a link for phones)
    #[arg(
        long = "wechat-ways",
        env = "WECHAT_WAYS",
        help_heading = "Payments",
        value_enum,
        value_delimiter = ',',
        default_value = "qr"
    )]
    pub ways: Vec<WechatWay>,
    /// WeChat Pay: its gateway; https://api2.mch.weixin.qq.com is the spare one. There is no sandbox
    #[arg(long = "wechat-gateway", env = "WECHAT_GATEWAY", help_heading = "Payments", default_value = WECHAT_GATEWAY, value_parser = origin::parse)]
    pub gateway: String,
}

impl WechatSettings {
    /// Its settings that are given, by their variables, but those with a default.
    pub fn given(&self) -> Vec<&'static str> {
        let is_set = [
            ("WECHAT_MCH_ID", self.mch_id.is_some()),
            ("WECHAT_APP_ID", self.app_id.is_some()),
            ("WECHAT_SERIAL", self.serial.is_some()),
            ("WECHAT_PRIVATE_KEY_FILE", self.private_key_file.is_some()),
            ("WECHAT_APIV3_KEY_FILE", self.apiv3_key_file.is_some()),
            ("WECHAT_PUBLIC_KEY_ID", self.public_key_id.is_some()),
            ("WECHAT_PUBLIC_KEY_FILE", self.public_key_file.is_some()),
            ("WECHAT_CERTIFICATE_FILE", self.certificate_file.is_some()),
        ];
        is_set
            .into_iter()
            .filter_map(|(name, is_set)| is_set.then_some(name))
            .collect()
    }
}

fn mch_id(text: &str) -> Result<String, String> {
    of(text, |byte| byte.is_ascii_digit())
        .filter(|id| id.len() >= 8)
        .ok_or_else(|| "the merchant's number, 8 to 10 digits".into())
}

fn app_id(text: &str) -> Result<String, String> {
    of(text, |byte| byte.is_ascii_alphanumeric())
        .filter(|id| id.starts_with("wx"))
        .ok_or_else(|| "an id that begins with wx, like wxd678efh567hg6787".into())
}

fn serial(text: &str) -> Result<String, String> {
    of(text, |byte| byte.is_ascii_hexdigit())
        .map(|serial| serial.to_ascii_uppercase())
        .ok_or_else(|| {
            "the serial number of the merchant's own certificate, hexadecimal digits alone: openssl x509 -in apiclient_cert.pem \
             -noout -serial shows it"
                .into()
        })
}

fn public_key_id(text: &str) -> Result<String, String> {
    let id = text.trim();
    id.strip_prefix(PUBLIC_KEY_ID)
        .and_then(|rest| of(rest, |byte| byte.is_ascii_alphanumeric()))
        .map(|_| id.to_owned())
        .ok_or_else(|| {
            format!("the id begins with {PUBLIC_KEY_ID}: it stands above the public key on the merchant platform")
        })
}

/// A name of such bytes, without the blanks that a copied one brings.
fn of(text: &str, fits: impl Fn(u8) -> bool) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= NAME_MAX && text.bytes().all(fits)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_in_their_form_alone() {
        assert_eq!(mch_id(" 1230000109\n").as_deref(), Ok("1230000109"));
        for text in ["", "123", "wxd678efh567hg6787", "１２３０００００"] {
            assert!(mch_id(text).is_err(), "{text}");
        }
        assert_eq!(
            app_id("wxd678efh567hg6787").as_deref(),
            Ok("wxd678efh567hg6787")
        );
        for text in ["", "wx d678", "1230000109", "2021000000000000"] {
            assert!(app_id(text).is_err(), "{text}");
        }
        assert_eq!(serial("0b0b01").as_deref(), Ok("0B0B01"));
        for text in ["", "PUB_KEY_ID_0123", "0b:0b"] {
            assert!(serial(text).is_err(), "{text}");
        }
        assert_eq!(
            public_key_id("PUB_KEY_ID_0123").as_deref(),
            Ok("PUB_KEY_ID_0123")
        );
        for text in ["", "0123", "PUB_KEY_ID_", "PUB_KEY_ID_0 1"] {
            assert!(public_key_id(text).is_err(), "{text}");
        }
    }
}
