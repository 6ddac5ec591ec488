//! Durable jobs: their kinds and payloads, and what the database hands out of one. They stand below
//! `server/jobs`, which runs them, since the transaction that makes a job necessary enqueues it.

use crate::types::{
    account::Mobile,
    hex::{hex, unhex},
    ids::{PaymentId, RefundId},
    time::Millis,
};
use serde::{Deserialize, Serialize};

store! {
    /// Marks a queued job of these kinds that is due as started, counts its try, and hands it out:
    /// the one that was due first. Nobody else gets it while it is started.
    Job fn claim_job(kinds: &[JobKind], now: Millis) -> Option<ClaimedJob>;
    /// Ends a started job as done.
    Job fn finish_job(id: i64, now: Millis) -> ();
    /// Puts a started job off: it is queued again, due at `due_at`, whatever its tries.
    Job fn postpone_job(id: i64, due_at: Millis, now: Millis) -> ();
    /// Ends a started job as failed; with a `retry_at` and tries left it is queued again, and due
    /// then.
    Job fn fail_job(id: i64, reason: &str, retry_at: Option<Millis>, now: Millis) -> ();
    /// Queues started jobs again whose worker said nothing for so long that it must have died, of
    /// the kinds that may run twice; gives how many.
    Job fn requeue_lost_jobs(now: Millis) -> u64;
}

/// Tries of an SMS: its code goes out at most once (G13).
const SEND_SMS_TRIES_MAX: i64 = 1;
/// Tries of what is asked of a provider of payments: until there is an answer. Each asks about
/// something that it named before, so that one too many changes nothing.
const PAYMENT_TRIES_MAX: i64 = 1_000_000;
/// Milliseconds after which a server that asks a provider of payments has died: a job makes two calls
/// of 8 s at most, and a lost notice is to be made up for within a minute (G20).
const PAYMENT_LOST_MS: i64 = 25_000;

/// A kind of durable job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    SendSms,
    /// Asks the provider whether a payment was made: its notice may be lost.
    QueryPayment,
    /// Has the provider take no more money for a payment.
    ClosePayment,
    /// Has the provider pay money back.
    SendRefund,
}

impl JobKind {
    pub const ALL: [Self; 4] = [
        Self::SendSms,
        Self::QueryPayment,
        Self::ClosePayment,
        Self::SendRefund,
    ];

    /// The value of the column `kind`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SendSms => "send_sms",
            Self::QueryPayment => "query_payment",
            Self::ClosePayment => "close_payment",
            Self::SendRefund => "send_refund",
        }
    }

    /// The value of the column `tries_max`: how often a job of this kind is started at most.
    pub(super) fn tries_max(self) -> i64 {
        match self {
            Self::SendSms => SEND_SMS_TRIES_MAX,
            Self::QueryPayment | Self::ClosePayment | Self::SendRefund => PAYMENT_TRIES_MAX,
        }
    }

    /// Milliseconds after which a started job that was not ended is queued again; `None` for a kind
    /// that may not run twice, which the sweep gives up.
    pub(super) fn lost_after_ms(self) -> Option<i64> {
        match self {
            Self::SendSms => None,
            Self::QueryPayment | Self::ClosePayment | Self::SendRefund => Some(PAYMENT_LOST_MS),
        }
    }
}

/// A durable job with the payload of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    SendSms(SendSms),
    QueryPayment(PaymentJob),
    ClosePayment(PaymentJob),
    SendRefund(RefundJob),
}

/// Which payment a job is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentJob {
    pub payment: PaymentId,
}

/// Which refund a job is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundJob {
    pub refund: RefundId,
}

impl Job {
    pub(super) fn kind(&self) -> JobKind {
        match self {
            Self::SendSms(_) => JobKind::SendSms,
            Self::QueryPayment(_) => JobKind::QueryPayment,
            Self::ClosePayment(_) => JobKind::ClosePayment,
            Self::SendRefund(_) => JobKind::SendRefund,
        }
    }

    /// The value of the column `payload`: JSON. A field that names a mobile is called `mobile`:
    /// [`payloads_of`] finds it.
    pub(super) fn payload(&self) -> serde_json::Result<String> {
        match self {
            Self::SendSms(sms) => serde_json::to_string(&SmsPayload::from(sms)),
            Self::QueryPayment(payment) | Self::ClosePayment(payment) => {
                serde_json::to_string(payment)
            }
            Self::SendRefund(refund) => serde_json::to_string(refund),
        }
    }
}

/// The code that an SMS brings to a mobile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendSms {
    pub mobile: Mobile,
    /// Says which code it is: one that was replaced since then is another job's.
    pub nonce: Vec<u8>,
}

/// A [`SendSms`] in JSON.
#[derive(Serialize, Deserialize)]
struct SmsPayload {
    mobile: String,
    /// In hexadecimal digits.
    nonce: String,
}

impl From<&SendSms> for SmsPayload {
    fn from(SendSms { mobile, nonce }: &SendSms) -> Self {
        Self {
            mobile: mobile.digits().to_owned(),
            nonce: hex(nonce),
        }
    }
}

impl SmsPayload {
    /// Reads `<mobile> <nonce>`, which servers of the version before write while both versions run.
    fn read_previous(text: &str) -> Option<Self> {
        let (mobile, nonce) = text.split_once(' ')?;
        Some(Self {
            mobile: mobile.to_owned(),
            nonce: nonce.to_owned(),
        })
    }
}

impl SendSms {
    fn read(text: &str) -> Option<Self> {
        let SmsPayload { mobile, nonce } = serde_json::from_str(text)
            .ok()
            .or_else(|| SmsPayload::read_previous(text))?;
        Some(Self {
            mobile: Mobile::parse(&mobile).ok()?,
            nonce: unhex(&nonce)?,
        })
    }
}

/// A job that was started for this worker.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    pub id: i64,
    pub kind: JobKind,
    pub payload: String,
    /// When it was enqueued.
    pub created_at: Millis,
    /// How often it was started before.
    pub tries_before: i64,
}

impl ClaimedJob {
    /// The job of its kind and payload; `None` when the payload can't be read.
    pub fn job(&self) -> Option<Job> {
        match self.kind {
            JobKind::SendSms => SendSms::read(&self.payload).map(Job::SendSms),
            JobKind::QueryPayment => self.read().map(Job::QueryPayment),
            JobKind::ClosePayment => self.read().map(Job::ClosePayment),
            JobKind::SendRefund => self.read().map(Job::SendRefund),
        }
    }
}

impl ClaimedJob {
    fn read<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.payload).ok()
    }
}

/// Patterns of the payloads that name this mobile, in both forms that [`SendSms`] is read from.
pub(super) fn payloads_of(mobile: &Mobile) -> [String; 2] {
    let digits = mobile.digits();
    [format!("%\"mobile\":\"{digits}\"%"), format!("{digits} %")]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str = r#"{"mobile":"13800000001","nonce":"00ff7a"}"#;

    fn sms() -> SendSms {
        SendSms {
            mobile: Mobile::parse("13800000001").expect("a mobile"),
            nonce: vec![0, 255, 122],
        }
    }

    fn read(payload: &str) -> Option<Job> {
        let claimed = ClaimedJob {
            id: 1,
            kind: JobKind::SendSms,
            payload: payload.to_owned(),
            created_at: Millis(0),
            tries_before: 0,
        };
        claimed.job()
    }

    #[test]
    fn a_payload_is_json_and_the_form_before_it_is_still_read() {
        let job = Job::SendSms(sms());
        assert_eq!(job.payload().expect("JSON"), PAYLOAD);
        assert_eq!(read(PAYLOAD), Some(job.clone()));
        assert_eq!(read("13800000001 00ff7a"), Some(job));
    }

    #[test]
    fn a_payload_that_is_none_is_not_read() {
        for payload in [
            "",
            " ",
            "null",
            "{}",
            "13800000001",
            "1380000000 00ff",
            "13800000001 é",
            r#"{"mobile":"13800000001"}"#,
            r#"{"mobile":13800000001,"nonce":"00"}"#,
            r#"{"mobile":"1","nonce":"00"}"#,
            r#"{"mobile":"13800000001","nonce":"0g"}"#,
        ] {
            assert_eq!(read(payload), None, "{payload:?}");
        }
    }

    #[test]
    fn a_mobile_is_found_in_both_forms_and_no_other_is() {
        let [json, previous] = payloads_of(&sms().mobile);
        assert!(PAYLOAD.contains(json.trim_matches('%')));
        assert!("13800000001 00ff7a".starts_with(previous.trim_end_matches('%')));
        let other = r#"{"mobile":"13800000002","nonce":"13800000001"}"#;
        assert!(!other.contains(json.trim_matches('%')));
    }
}
