//! Account of a shop at Alipay: who it is there, and what it has contracts for.

use crate::types::payment::PayKind;

/// What a shop has a contract for; each is a page, an app's page or a code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlipayProduct {
    /// 电脑网站支付: a page for a large screen.
    Page,
    /// 手机网站支付: a page that opens the app of a phone.
    Wap,
    /// 当面付: a QR code, which the app reads.
    Qr,
}

/// A shop's account at Alipay, and where both are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlipayAccount {
    /// The app's number (APPID).
    pub app_id: String,
    /// The seller's number (PID), which begins with 2088.
    pub seller_id: String,
    /// The address of the gateway.
    pub gateway: String,
    /// What is offered, the favourite first; never empty.
    pub products: Vec<AlipayProduct>,
    /// The shop's origin, like `https://shop.example`.
    pub shop: String,
}

impl AlipayAccount {
    /// What is offered on a phone, or on a large screen: a page made for it if there is a contract.
    pub(super) fn product(&self, way: PayKind, on_phone: bool) -> AlipayProduct {
        if way == PayKind::Qr {
            return AlipayProduct::Qr;
        }
        let fits = |product: &&AlipayProduct| (**product == AlipayProduct::Wap) == on_phone;
        let fitting = self.products.iter().find(fits);
        fitting
            .or(self.products.first())
            .copied()
            .unwrap_or(AlipayProduct::Page)
    }
}
