//! TC3-HMAC-SHA256, the signature of Tencent Cloud's API v3
//! (<https://cloud.tencent.com/document/api/382/52072>).

use super::mac::hmac_sha256;
use crate::types::hex::hex;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// What is signed: a `POST /` without a query.
pub(super) struct SignedRequest<'a> {
    /// The product's name in the scope, such as `sms`.
    pub(super) service: &'a str,
    /// The `Host` header as it is sent, with a port that is not the scheme's own.
    pub(super) host: &'a str,
    /// The `X-TC-Action` header when it is signed too.
    pub(super) action: Option<&'a str>,
    /// The `Content-Type` header as it is sent, in lower case.
    pub(super) content_type: &'a str,
    pub(super) payload: &'a [u8],
    /// The `X-TC-Timestamp` header: seconds since 1970-01-01T00:00:00Z.
    pub(super) at_s: i64,
}

impl SignedRequest<'_> {
    /// The `Authorization` header.
    pub(super) fn authorization(&self, secret_id: &str, secret_key: &str) -> String {
        format!(
            "{ALGORITHM} Credential={secret_id}/{}, SignedHeaders={}, Signature={}",
            self.scope(),
            self.signed_headers(),
            self.signature(secret_key)
        )
    }

    fn signature(&self, secret_key: &str) -> String {
        let text = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.at_s,
            self.scope(),
            hex(&Sha256::digest(self.canonical()))
        );
        let key = hmac_sha256(
            format!("TC3{secret_key}").as_bytes(),
            self.date().as_bytes(),
        );
        let key = hmac_sha256(&key, self.service.as_bytes());
        let key = hmac_sha256(&key, b"tc3_request");
        hex(&hmac_sha256(&key, text.as_bytes()))
    }

    fn canonical(&self) -> String {
        let Self {
            content_type, host, ..
        } = self;
        let action = self
            .action
            .map(|action| format!("x-tc-action:{}\n", action.to_lowercase()))
            .unwrap_or_default();
        let payload = hex(&Sha256::digest(self.payload));
        format!(
            "POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n{action}\n{}\n{payload}",
            self.signed_headers()
        )
    }

    fn signed_headers(&self) -> &'static str {
        if self.action.is_some() {
            "content-type;host;x-tc-action"
        } else {
            "content-type;host"
        }
    }

    fn scope(&self) -> String {
        format!("{}/{}/tc3_request", self.date(), self.service)
    }

    /// The day in UTC. A moment that no calendar holds becomes 1970, which the provider refuses as
    /// expired.
    fn date(&self) -> String {
        Timestamp::from_second(self.at_s)
            .unwrap_or_default()
            .strftime("%Y-%m-%d")
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "application/json; charset=utf-8";
    /// The escapes are literal.
    const EXAMPLE: &str =
        r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;

    fn example(action: Option<&str>) -> SignedRequest<'_> {
        SignedRequest {
            service: "cvm",
            host: "cvm.tencentcloudapi.com",
            action,
            content_type: JSON,
            payload: EXAMPLE.as_bytes(),
            at_s: 1_551_113_065,
        }
    }

    /// The examples of the provider's documentation, with and without a signed action.
    #[test]
    fn the_documented_examples_come_out() {
        assert_eq!(
            hex(&Sha256::digest(EXAMPLE)),
            "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
        );

        let request = example(None);
        assert_eq!(
            hex(&Sha256::digest(request.canonical())),
            "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
        );
        assert_eq!(
            request.authorization(
                "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
                "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
            ),
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );

        let request = example(Some("DescribeInstances"));
        let stars = "*".repeat(32);
        assert_eq!(
            hex(&Sha256::digest(request.canonical())),
            "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
        );
        assert_eq!(
            request.authorization(&format!("AKID{stars}"), &stars),
            format!(
                "TC3-HMAC-SHA256 Credential=AKID{stars}/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, \
                 Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
            )
        );
    }

    /// Computed by PyPI's `tencentcloud-sdk-python-common` 3 (`Sign.sign_tc3`): a key longer than a
    /// block of the hash in the last second of a day, and a signed action with a port in the first
    /// second of a leap day.
    #[test]
    fn the_providers_own_library_agrees() {
        const PAYLOAD: &str = r#"{"PhoneNumberSet":["+8613800000000"],"SignName":"抢课"}"#;
        let request = SignedRequest {
            service: "sms",
            host: "sms.tencentcloudapi.com",
            action: None,
            content_type: JSON,
            payload: PAYLOAD.as_bytes(),
            at_s: 1_709_164_799,
        };
        assert_eq!(
            request.signature(
                "a-secret-that-is-longer-than-a-block-of-the-hash-and-so-is-hashed-itself"
            ),
            "7a6b80996ddd8354ca444db8490527581a8b755b2858abc05f877b9dba481850"
        );
        let request = SignedRequest {
            host: "127.0.0.1:8443",
            action: Some("SendSms"),
            at_s: 1_709_164_800,
            ..request
        };
        assert_eq!(
            request.signature("a-secret"),
            "7f1ba103d8d23a8ef427571eb5a53cebc84d413ab5c20d13f5696f670a0b7381"
        );
    }

    #[test]
    fn the_day_is_utc_and_never_panics() {
        let on = |at_s| {
            SignedRequest {
                at_s,
                ..example(None)
            }
            .date()
        };
        assert_eq!(on(1_704_067_199), "2023-12-31");
        assert_eq!(on(1_704_067_200), "2024-01-01");
        assert_eq!(on(i64::MAX), "1970-01-01");
        assert_eq!(on(i64::MIN), "1970-01-01");
    }
}
