//! What WeChat Pay's notices and answers may be taken for: whatever they hold, money is somebody's, in
//! fen above zero, and has names that a database takes.

use super::money::{is_money, is_sound};
use qiangke::{
    server::payment::{
        Queried, RefundAnswer, RefundOrder,
        wechat::{
            self, WechatNames,
            keys::{BadSeal, NoticeKey},
        },
    },
    types::money::Fen,
};
use serde_json::Value;
use std::sync::LazyLock;

const APIV3_KEY: &str = "qiangke-own-test-apiv3-key-00001";
const NO: &str = "QK7-20261129-000812";

static NAMES: LazyLock<WechatNames> = LazyLock::new(|| WechatNames {
    mch_id: "1230000109".into(),
    app_id: "wxd678efh567hg6787".into(),
});
static KEY: LazyLock<NoticeKey> =
    LazyLock::new(|| NoticeKey::parse(APIV3_KEY).expect("a key of 32 bytes"));

/// Bytes as the body of a notice that is signed, and as what is sealed in one.
pub fn wechat_notice(data: &[u8]) {
    if let Ok(notice) = wechat::read_verified(&KEY, &NAMES, data) {
        is_sound(&notice);
    }
    for event in ["TRANSACTION.SUCCESS", "REFUND.SUCCESS"] {
        let Ok(notice) = wechat::read_opened(&NAMES, "N1".into(), event, data) else {
            continue;
        };
        is_sound(&notice);
        // What nobody asks for is skipped, and may be something that no value can hold.
        let Ok(words) = serde_json::from_slice::<Value>(data) else {
            continue;
        };
        assert_eq!(words["mchid"], NAMES.mch_id.as_str());
        assert_eq!(words["out_trade_no"], notice.out_trade_no.as_str());
        let Some(receipt) = notice.receipt else {
            continue;
        };
        assert_eq!(event, "TRANSACTION.SUCCESS");
        assert_eq!(words["appid"], NAMES.app_id.as_str());
        assert_eq!(words["trade_state"], "SUCCESS");
        assert_eq!(words["amount"]["total"], receipt.amount.0);
    }
    // Nonce, associated data and ciphertext are as foreign as the rest.
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(3, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let opened = KEY.open(part(), part(), part());
    assert!(matches!(opened, Err(BadSeal::Malformed | BadSeal::Wrong)));
}

/// Bytes as an answer that is signed.
pub fn wechat_answer(data: &[u8]) {
    if let Ok(Queried::Paid(receipt)) = wechat::read_queried(&NAMES, NO, data) {
        assert_eq!(receipt.out_trade_no, NO);
        is_money(&receipt);
    }
    let refund = RefundOrder {
        out_trade_no: NO.into(),
        refund_no: format!("R{NO}"),
        amount: Fen(990),
        total: Fen(990),
    };
    if let Ok(answer) = wechat::read_refunded(&refund, data) {
        let Ok(words) = serde_json::from_slice::<Value>(data) else {
            return;
        };
        assert_eq!(words["out_refund_no"], refund.refund_no.as_str());
        assert_eq!(words["amount"]["refund"], 990);
        assert_eq!(answer == RefundAnswer::Done, words["status"] == "SUCCESS");
    }
}
