//! Requests to WeChat Pay: a payment, and a refund, as JSON.

use super::answer::{CURRENCY, WechatNames};
use crate::server::payment::terms::{NewPayment, RefundOrder};
use serde::Serialize;
use std::net::IpAddr;

/// Bytes of what is paid for: 127 is the documented limit, and of what is not said.
const DESCRIPTION_MAX: usize = 127;
/// Characters of a payment's name.
const TRADE_NO: std::ops::RangeInclusive<usize> = 6..=32;
/// Characters of a refund's name at most.
const REFUND_NO_MAX: usize = 64;

#[derive(Serialize)]
pub(super) struct TradeOrder<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: String,
    out_trade_no: &'a str,
    time_expire: String,
    notify_url: &'a str,
    amount: TradeAmount,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<PhoneScene>,
}

#[derive(Serialize)]
struct TradeAmount {
    total: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct PhoneScene {
    payer_client_ip: IpAddr,
    h5_info: H5Info,
}

#[derive(Serialize)]
struct H5Info {
    r#type: &'static str,
}

#[derive(Serialize)]
pub(super) struct RefundRequest<'a> {
    out_trade_no: &'a str,
    out_refund_no: &'a str,
    amount: RefundAmount,
}

#[derive(Serialize)]
struct RefundAmount {
    refund: i64,
    total: i64,
    currency: &'static str,
}

impl<'a> TradeOrder<'a> {
    /// The body that makes a payment; `phone` is the address of a phone that opens the link (H5).
    pub(super) fn new(
        names: &'a WechatNames,
        notify_url: &'a str,
        payment: &'a NewPayment,
        phone: Option<IpAddr>,
    ) -> Self {
        Self {
            appid: &names.app_id,
            mchid: &names.mch_id,
            description: description(&payment.subject),
            out_trade_no: &payment.out_trade_no,
            time_expire: payment.expires_at.in_shop().rfc3339(),
            notify_url,
            amount: TradeAmount {
                total: payment.amount.0,
                currency: CURRENCY,
            },
            scene_info: phone.map(|payer_client_ip| PhoneScene {
                payer_client_ip,
                h5_info: H5Info { r#type: "Wap" },
            }),
        }
    }
}

impl<'a> RefundRequest<'a> {
    pub(super) fn new(refund: &'a RefundOrder) -> Self {
        Self {
            out_trade_no: &refund.out_trade_no,
            out_refund_no: &refund.refund_no,
            amount: RefundAmount {
                refund: refund.amount.0,
                total: refund.total.0,
                currency: CURRENCY,
            },
        }
    }
}

/// Whether WeChat Pay takes a text as a payment's name.
pub(super) fn is_trade_no(text: &str) -> bool {
    TRADE_NO.contains(&text.len()) && text.bytes().all(is_name_byte)
}

/// The same of a refund's name.
pub(super) fn is_refund_no(text: &str) -> bool {
    (1..=REFUND_NO_MAX).contains(&text.len()) && text.bytes().all(is_name_byte)
}

/// Both may have `|` and `*`, too; the shop does not write them, and they would have to be encoded in
/// a path.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// What is paid for, without what WeChat Pay may refuse.
fn description(subject: &str) -> String {
    let plain = subject.replace(char::is_control, " ");
    plain[..plain.floor_char_boundary(DESCRIPTION_MAX)]
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{lang::Lang, money::Fen, time::Millis};

    #[test]
    fn a_payment_is_asked_for_in_fen_and_in_the_shop_s_time() {
        let payment = NewPayment {
            out_trade_no: "QK7Q12x1".into(),
            amount: Fen(990),
            subject: format!("从零\n开始{}", "长".repeat(100)),
            expires_at: Millis(1_795_954_500_999),
            lang: Lang::Zh,
            phone: None,
            return_path: "/orders/12".into(),
        };
        let names = WechatNames {
            mch_id: "1230000109".into(),
            app_id: "wxd678efh567hg6787".into(),
        };
        let order = |phone| {
            let order = TradeOrder::new(&names, "https://shop.example/n", &payment, phone);
            serde_json::to_value(&order).expect("JSON")
        };
        let qr = order(None);
        assert_eq!(
            qr["amount"],
            serde_json::json!({"total": 990, "currency": "CNY"})
        );
        assert_eq!(qr["time_expire"], "2026-11-29T20:15:00+08:00");
        let description = qr["description"].as_str().expect("text");
        assert!(description.starts_with("从零 开始长") && description.len() == 127);
        assert!(qr.get("scene_info").is_none());
        let h5 = order(Some("2001:db8::1".parse().expect("an address")));
        assert_eq!(
            h5["scene_info"],
            serde_json::json!({"payer_client_ip": "2001:db8::1", "h5_info": {"type": "Wap"}})
        );
    }

    #[test]
    fn names_have_the_length_and_the_letters_that_wechat_pay_takes() {
        for (name, is_taken) in [
            ("QK7Q12x1", true),
            ("QK7-20261129-000812", true),
            ("Q1x1", false),
            ("Q12345678901234567890123456789012", false),
            ("Q1x1/../", false),
            ("Q1 x1 x", false),
            ("", false),
        ] {
            assert_eq!(is_trade_no(name), is_taken, "{name}");
        }
        assert!(is_refund_no("RQ1x1") && !is_refund_no("") && !is_refund_no("R?"));
    }
}
