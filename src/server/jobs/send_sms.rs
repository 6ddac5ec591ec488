//! Durable job that sends an SMS code. It is marked as started before the provider is called, and
//! never started again, so that a code goes out at most once (G13); a student whose SMS got lost
//! asks for the next one.

use crate::{
    server::{shop::state::AppState, store::SendSms},
    types::time::{MINUTE_MS, Millis},
};

/// SMS on their way to the provider at a time.
pub(super) const RUNNING_MAX: usize = 16;
/// A job older than this is not sent: its code is about to expire.
const AGE_MAX_MS: i64 = 4 * MINUTE_MS;

pub(super) async fn run(app: &AppState, sms: &SendSms, created_at: Millis) -> Result<(), String> {
    let sent = send(app, sms, created_at).await;
    let outcome = if sent.is_ok() { "sent" } else { "failed" };
    metrics::counter!("qiangke_sms_total", "outcome" => outcome).increment(1);
    sent
}

async fn send(
    app: &AppState,
    SendSms { mobile, nonce }: &SendSms,
    created_at: Millis,
) -> Result<(), String> {
    let now = app.clock.now();
    if now.since(created_at) > AGE_MAX_MS {
        return Err("it waited too long".to_owned());
    }
    let is_live = app.store.is_code_live(mobile, nonce, now).await;
    if !is_live.map_err(|error| error.to_string())? {
        return Err("its code is used, expired, or replaced by a newer one".to_owned());
    }
    app.sms
        .send(mobile, &app.code(mobile, nonce), now)
        .await
        .map_err(|error| error.to_string())
}
