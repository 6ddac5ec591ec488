//! Durable jobs.

use crate::types::{account::Mobile, time::Millis};

store! {
    /// Marks the oldest queued job as started and hands it out; a started job is never handed out
    /// again.
    Job fn claim_job(now: Millis) -> Option<Claimed>;
    /// Writes down how a job ended.
    Job fn end_job(id: i64, failure: Option<&str>, now: Millis) -> ();
}

/// A job that is this worker's to run.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The job's number.
    pub id: i64,
    /// Its payload, as the job's own file wrote it.
    pub payload: String,
    /// When it was enqueued.
    pub created_at: Millis,
}

/// What a job that sends a code is given: the mobile, and which code it is.
pub fn sms_payload(mobile: &Mobile, nonce: &[u8]) -> String {
    format!("{} {}", mobile.digits(), hex(nonce))
}

/// What [`sms_payload`] was made of.
pub fn sms_of(payload: &str) -> Option<(Mobile, Vec<u8>)> {
    let (mobile, nonce) = payload.split_once(' ')?;
    let digits = nonce
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok());
    let nonce = digits
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect::<Option<_>>()?;
    Some((Mobile::parse(mobile).ok()?, nonce))
}
