//! What holds of whatever a provider may be taken to have said about money.

use qiangke::{
    server::payment::{Notice, Receipt},
    types::{money::Fen, time::Millis},
};

pub fn is_sound(notice: &Notice) {
    is_name(&notice.notice_id);
    is_name(&notice.out_trade_no);
    if let Some(receipt) = &notice.receipt {
        assert_eq!(receipt.out_trade_no, notice.out_trade_no);
        is_money(receipt);
    }
}

pub fn is_money(receipt: &Receipt) {
    is_name(&receipt.gateway_no);
    assert!(receipt.amount > Fen(0) && receipt.paid_at > Millis(0));
}

fn is_name(text: &str) {
    assert!((1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()));
}
