//! Codes of WeChat Pay's refusals, and what they mean for whoever runs the shop. What is not documented
//! is not guessed.

use serde::Deserialize;

/// What a code means for whoever runs the shop. docs/payments.md has the same table.
pub const MEANINGS: [(&str, &str); 17] = [
    (
        "PARAM_ERROR",
        "PARAM_ERROR: a field is not of the documented form; the log has WeChat Pay's words",
    ),
    (
        "INVALID_REQUEST",
        "INVALID_REQUEST: against a rule of the product; the log has WeChat Pay's words",
    ),
    (
        "SIGN_ERROR",
        "SIGN_ERROR: WECHAT_SERIAL and WECHAT_PRIVATE_KEY_FILE are no pair, or this machine's clock is off",
    ),
    (
        "NO_AUTH",
        "NO_AUTH: this product is not open for the merchant: apply for it on the merchant platform",
    ),
    (
        "MCH_NOT_EXISTS",
        "MCH_NOT_EXISTS: there is no merchant of this WECHAT_MCH_ID",
    ),
    (
        "APPID_MCHID_NOT_MATCH",
        "APPID_MCHID_NOT_MATCH: WECHAT_APP_ID is not bound to WECHAT_MCH_ID: bind it on the merchant platform",
    ),
    (
        "OUT_TRADE_NO_USED",
        "OUT_TRADE_NO_USED: the payment's number was used before: does another shop use this merchant?",
    ),
    ("ORDER_CLOSED", "ORDER_CLOSED: the payment is closed"),
    ("ORDER_PAID", "ORDER_PAID: the payment is paid"),
    (
        "ORDER_NOT_EXIST",
        "ORDER_NOT_EXIST: there is no such payment",
    ),
    (
        "RESOURCE_NOT_EXISTS",
        "RESOURCE_NOT_EXISTS: there is no such payment or refund",
    ),
    (
        "NOT_ENOUGH",
        "NOT_ENOUGH: the merchant's account has too little money: fill it, the refund is sent again",
    ),
    (
        "USER_ACCOUNT_ABNORMAL",
        "USER_ACCOUNT_ABNORMAL: the student's account can't take money: docs/payments.md says what to do",
    ),
    (
        "ACCOUNT_ERROR",
        "ACCOUNT_ERROR: the student's account is not in order",
    ),
    (
        "RULE_LIMIT",
        "RULE_LIMIT: a rule of the product limits it; the log has WeChat Pay's words",
    ),
    (
        "FREQUENCY_LIMITED",
        "FREQUENCY_LIMITED: asked too often; the shop asks again later",
    ),
    (
        "SYSTEM_ERROR",
        "SYSTEM_ERROR: a fault of WeChat Pay; the shop asks again",
    ),
];

/// Codes by which a refund is refused for good, or until a person has done something. After any
/// other it may have been taken all the same.
const REFUND_REFUSED: [&str; 6] = [
    "INVALID_REQUEST",
    "MCH_NOT_EXISTS",
    "NOT_ENOUGH",
    "NO_AUTH",
    "PARAM_ERROR",
    "USER_ACCOUNT_ABNORMAL",
];

/// Why something is refused, as an answer other than 2xx says it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WechatRefusal {
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
}

impl WechatRefusal {
    /// Whether it says this code, spelled as in version 2 or 3 of the interface.
    pub(super) fn is(&self, code: &str) -> bool {
        is_same(&self.code, code)
    }

    /// Whether it says that there is no such payment, or no such refund.
    pub(super) fn is_not_there(&self) -> bool {
        self.is("ORDER_NOT_EXIST") || self.is("RESOURCE_NOT_EXISTS")
    }

    /// What whoever runs the shop should know; `None` when the code is not a documented one.
    pub(super) fn meaning(&self) -> Option<&'static str> {
        MEANINGS
            .iter()
            .find(|(code, _)| self.is(code))
            .map(|(_, meaning)| *meaning)
    }

    /// Why a refund is refused for sure; `None` when it may have been taken.
    pub(super) fn refused_refund(&self) -> Option<&'static str> {
        let is_refused = self.is_not_there() || REFUND_REFUSED.iter().any(|code| self.is(code));
        is_refused.then(|| self.meaning()).flatten()
    }
}

/// Version 2 writes ORDERNOTEXIST where version 3 has ORDER_NOT_EXIST, and some answers still do.
fn is_same(code: &str, other: &str) -> bool {
    let letters = |text: &str| {
        text.bytes()
            .filter(|byte| *byte != b'_')
            .collect::<Vec<_>>()
    };
    letters(code) == letters(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_in_both_spellings_and_guessed_in_none() {
        let words = |code: &str| WechatRefusal {
            code: code.into(),
            message: String::new(),
        };
        for code in ["ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"] {
            assert!(words(code).is_not_there(), "{code}");
        }
        for (code, is_refused) in [
            ("NOT_ENOUGH", true),
            ("NOTENOUGH", true),
            ("RESOURCE_NOT_EXISTS", true),
            ("SYSTEM_ERROR", false),
            ("SYSTEMERROR", false),
            ("FREQUENCY_LIMITED", false),
            ("BIZERR_NEED_RETRY", false),
            ("SIGN_ERROR", false),
            ("RULE_LIMIT", false),
            ("SOMETHING_NEW", false),
            ("", false),
        ] {
            assert_eq!(words(code).refused_refund().is_some(), is_refused, "{code}");
        }
        assert_eq!(words("SOMETHING_NEW").meaning(), None);
    }
}
