//! What Alipay's notices and answers may be taken for: whatever they hold, money is somebody's, in fen
//! above zero, and has names that a database takes.

use super::money::{is_money, is_sound};
use qiangke::{
    server::payment::{
        Queried, RefundAnswer, RefundOrder,
        alipay::{self, AlipayAccount, AlipayProduct},
    },
    types::money::Fen,
};
use serde_json::Value;
use std::{collections::HashMap, sync::LazyLock};

const NO: &str = "QK7-20261129-000812";

static ACCOUNT: LazyLock<AlipayAccount> = LazyLock::new(|| AlipayAccount {
    app_id: "2021000000000001".into(),
    seller_id: "2088000000000001".into(),
    gateway: "https://openapi.alipay.com/gateway.do".into(),
    products: vec![AlipayProduct::Page],
    shop: "https://shop.example".into(),
});

/// Bytes as the form of a notice that is signed.
pub fn alipay_notice(data: &[u8]) {
    let Ok(notice) = alipay::read_verified(&ACCOUNT, data) else {
        return;
    };
    is_sound(&notice);
    let fields: HashMap<String, String> = form_urlencoded::parse(data).into_owned().collect();
    assert_eq!(fields["app_id"], ACCOUNT.app_id);
    assert_eq!(fields["seller_id"], ACCOUNT.seller_id);
    assert_eq!(fields["out_trade_no"], notice.out_trade_no);
    if let Some(receipt) = notice.receipt {
        assert!(["TRADE_SUCCESS", "TRADE_FINISHED"].contains(&fields["trade_status"].as_str()));
        assert_eq!(Fen::received(&fields["total_amount"]), Ok(receipt.amount));
        assert!(fields.get("gmt_refund").is_none_or(String::is_empty));
    }
}

/// Bytes as the body of an answer, and as what is signed in one.
pub fn alipay_answer(data: &[u8]) {
    if let Some(part) = alipay::signed_part(data) {
        let body: Value = serde_json::from_slice(data).unwrap_or_default();
        let of_body = &body["alipay_trade_query_response"];
        // A number that no value can hold is skipped where nobody asks for it.
        if let Ok(part) = serde_json::from_slice::<Value>(part) {
            assert!(
                body.is_null() || *of_body == part,
                "cut out of another place"
            );
        }
    }
    if let Ok(Queried::Paid(receipt)) = alipay::read_queried(NO, data) {
        assert_eq!(receipt.out_trade_no, NO);
        is_money(&receipt);
    }
    let refund = RefundOrder {
        out_trade_no: NO.into(),
        refund_no: format!("R{NO}"),
        amount: Fen(990),
        total: Fen(990),
    };
    if alipay::read_refund_queried(&refund, data) == Ok(RefundAnswer::Done) {
        let Ok(node) = serde_json::from_slice::<Value>(data) else {
            return;
        };
        assert_eq!(node["code"], "10000");
        assert_eq!(node["out_request_no"], refund.refund_no.as_str());
        assert_eq!(node["refund_status"], "REFUND_SUCCESS");
    }
}
