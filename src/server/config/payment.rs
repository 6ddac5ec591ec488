//! Settings of payments.

use super::{origin, values, wechat::WechatSettings};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Alipay's gateway, where money moves.
pub const ALIPAY_GATEWAY: &str = "https://openapi.alipay.com/gateway.do";
/// The same to try out, where none does.
pub const ALIPAY_SANDBOX: &str = "https://openapi-sandbox.dl.alipaydev.com/gateway.do";
/// What the name of a payment at its provider begins with, unless a setting says otherwise.
const PREFIX: &str = "Q";
/// Characters of it: with the longest number of an order, a name has 32.
const PREFIX_MAX: usize = 8;

/// How students pay with Alipay: a product that the shop has a contract for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AlipayWay {
    /// 电脑网站支付: a page for a large screen
    Page,
    /// 手机网站支付: the app of a phone
    Wap,
    /// 当面付: a QR code on the shop's page
    Qr,
}

/// Who takes payments.
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
    /// What the number of each payment begins with at its provider, 1 to 8 capital letters and digits
    /// with a letter at the end. Each shop that shares an account with another one, also to try
    /// something out, needs its own; needed with a real provider [default: Q]
    #[arg(long, env = "PAYMENT_PREFIX", help_heading = "Payments", value_parser = prefix)]
    pub payment_prefix: Option<String>,
    /// Alipay: the app's number (APPID). With it students can pay with Alipay, and all of Alipay's
    /// settings without a default are needed; docs/payments.md says where each is found
    #[arg(long, env = "ALIPAY_APP_ID", help_heading = "Payments", value_parser = digits)]
    pub alipay_app_id: Option<String>,
    /// Alipay: the seller's number (PID), 16 digits that begin with 2088
    #[arg(long, env = "ALIPAY_SELLER_ID", help_heading = "Payments", value_parser = digits)]
    pub alipay_seller_id: Option<String>,
    /// Alipay: the file of the shop's private key (应用私钥), which other users of the machine may not
    /// read: PEM or one line, PKCS#1 or PKCS#8
    #[arg(long, env = "ALIPAY_PRIVATE_KEY_FILE", help_heading = "Payments", value_parser = values::path)]
    pub alipay_private_key_file: Option<PathBuf>,
    /// Alipay: the file of Alipay's public key (支付宝公钥), which is not the shop's own (应用公钥)
    #[arg(long, env = "ALIPAY_PUBLIC_KEY_FILE", help_heading = "Payments", value_parser = values::path)]
    pub alipay_public_key_file: Option<PathBuf>,
    /// Alipay: its gateway; https://openapi-sandbox.dl.alipaydev.com/gateway.do is the sandbox, where
    /// no money moves
    #[arg(long, env = "ALIPAY_GATEWAY", help_heading = "Payments", default_value = ALIPAY_GATEWAY)]
    pub alipay_gateway: String,
    /// Alipay: the products that the shop has a contract for, the favourite first, with commas between
    /// them: page (large screens), wap (phones), qr (a code on the shop's page)
    #[arg(
        long,
        env = "ALIPAY_WAYS",
        help_heading = "Payments",
        value_enum,
        value_delimiter = ',',
        default_value = "page,wap"
    )]
    pub alipay_ways: Vec<AlipayWay>,
    /// WeChat Pay.
    #[command(flatten)]
    pub wechat: WechatSettings,
}

impl PaymentSettings {
    /// What the name of a payment at its provider begins with.
    pub fn prefix(&self) -> &str {
        self.payment_prefix.as_deref().unwrap_or(PREFIX)
    }
}

fn prefix(text: &str) -> Result<String, String> {
    let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let fits = (1..=PREFIX_MAX).contains(&text.len())
        && text.bytes().all(is_part)
        && text.ends_with(|last: char| last.is_ascii_uppercase());
    fits.then(|| text.to_owned())
        .ok_or_else(|| "1 to 8 capital letters and digits, the last one a letter, like QK".into())
}

/// A number that is a name: of an app, of a seller.
fn digits(text: &str) -> Result<String, String> {
    const DIGITS_MAX: usize = 32;
    let text = text.trim();
    let fits =
        (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.to_owned())
        .ok_or_else(|| "digits alone".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_the_order_s_number_begins() {
        for text in ["Q", "QK", "1Q", "SHOP2026"] {
            assert_eq!(prefix(text).is_ok(), !text.ends_with('6'), "{text}");
        }
        for text in ["", "q", "Q1", "QQQQQQQQQ", "Q_Q", "Q ", "抢Q"] {
            assert!(prefix(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_is_digits_alone() {
        assert_eq!(
            digits(" 2088000000000001\n").as_deref(),
            Ok("2088000000000001")
        );
        for text in ["", "2088a", "２０８８", "-1", &"1".repeat(33)] {
            assert!(digits(text).is_err(), "{text}");
        }
    }
}
