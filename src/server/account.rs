//! Signing in.

use crate::{
    proof,
    server::{
        challenge::Asker,
        sms::{Code, Sent},
        state::AppState,
        store::{CodeAsked, NewCode, SmsLimits, SmsLoad},
    },
    types::{
        account::{Me, Mobile, OutboxMessage, SignInStep},
        error::{AppError, Fault},
        ids::StudentId,
        sale::Order,
    },
};

/// Milliseconds that a code lives.
const CODE_LIFE_MS: i64 = 5 * 60 * 1_000;
/// Tries that a code allows.
const CODE_TRIES: i64 = 5;
/// Zero bits of the least work that is asked for: 33,000 hashes on average.
const BITS_MIN: u32 = 15;
/// Milliseconds between two codes for an address that proves nothing, while proofs are asked for.
const UNPROVEN_GAP_MS: i64 = 10 * 60 * 1_000;
/// Seconds after which another challenge may be worked on.
const PROOF_RETRY_S: i64 = 1;
/// Random bytes behind a code.
const NONCE_BYTES: usize = 16;
/// Seats on the page of seats.
const ORDERS_MAX: i64 = 100;
/// Messages of the outbox on the sign-in page of a shop to try out.
const OUTBOX_SHOWN: usize = 5;

/// A proof of work as it came.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// What the shop asked for.
    pub challenge: &'a str,
    /// The proof.
    pub proof: &'a str,
}

impl AppState {
    /// Stores a code for the asker's mobile and queues its sending. While many ask, a proof of work comes first, or one code in ten
    /// minutes from an address: a browser without JavaScript can't prove anything.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`] over a limit, [`AppError::ProofNeeded`].
    pub async fn ask_code(&self, asker: Asker<'_>, work: Option<Work<'_>>) -> Result<(), AppError> {
        let now = self.clock.now();
        let bits = bits_asked(self.store.sms_load(now).await?, self.config.sms.calm_minute, self.config.sms.shop_day);
        let proof = work.map(|Work { challenge, proof }| self.challenger.check(asker, challenge, proof, now));
        if proof == Some(None) {
            return Err(self.proof_needed(asker, bits, PROOF_RETRY_S)?);
        }
        let proof = proof.flatten().map(|nonce| nonce.to_vec());
        let address_gap_ms = if bits > 0 && proof.is_none() { UNPROVEN_GAP_MS } else { 0 };
        let mut nonce = vec![0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| AppError::Unavailable)?;
        self.signer.name_key(&mut nonce);
        let code = NewCode { mobile: asker.mobile.clone(), address: asker.address.to_owned(), nonce, proof };
        match self.store.ask_code(&code, &self.sms_limits(address_gap_ms), now).await? {
            CodeAsked::Queued => {
                self.sms_bell.notify_one();
                Ok(())
            }
            CodeAsked::Spent => Err(self.proof_needed(asker, bits, PROOF_RETRY_S)?),
            CodeAsked::TooSoon { retry_ms, provable: true } => Err(self.proof_needed(asker, bits, seconds(retry_ms))?),
            CodeAsked::TooSoon { retry_ms, provable: false } => Err(AppError::TooManyRequests { retry_s: seconds(retry_ms) }),
        }
    }

    fn proof_needed(&self, asker: Asker<'_>, bits: u32, retry_s: i64) -> Result<AppError, AppError> {
        Ok(AppError::ProofNeeded { challenge: self.challenger.give(asker, bits, self.clock.now())?, retry_s })
    }

    /// The student of this mobile, when the code fits; the code is used up, a wrong one costs a try.
    ///
    /// # Errors
    /// [`AppError::BadField`] when it does not fit.
    pub async fn sign_in(&self, mobile: &Mobile, typed: &str) -> Result<Me, AppError> {
        let signed_in = self.spend_code(mobile, typed).await;
        let outcome = match &signed_in {
            Ok(me) => {
                tracing::info!(student = %me.id, "signed in");
                "ok"
            }
            Err(AppError::BadField { .. }) => {
                tracing::info!(mobile = mobile.masked(), "not signed in: no such code");
                "wrong_code"
            }
            Err(_) => "failed",
        };
        metrics::counter!("qiangke_sign_ins_total", "outcome" => outcome).increment(1);
        signed_in
    }

    async fn spend_code(&self, mobile: &Mobile, typed: &str) -> Result<Me, AppError> {
        let wrong = || AppError::field("code", Fault::WrongCode);
        let now = self.clock.now();
        let nonce = self.store.try_code(mobile, now).await?.ok_or_else(wrong)?;
        if !self.code(mobile, &nonce).matches(typed) {
            return Err(wrong());
        }
        let id = self.store.use_code(mobile, &nonce, now).await?.ok_or_else(wrong)?;
        Ok(Me { id, mobile: mobile.masked() })
    }

    /// The seats that a student holds.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the record can't be read.
    pub async fn orders(&self, student: StudentId) -> Result<Vec<Order>, AppError> {
        let orders = self.store.orders_of(student, ORDERS_MAX).await?;
        let with_address = |order: Order| Order { course_img: order.course_img.as_deref().map(|path| self.media(path)), ..order };
        Ok(orders.into_iter().map(with_address).collect())
    }

    /// Where a browser stands on its way to sign in; in a shop to try out with the codes that were sent.
    pub fn sign_in_step(&self, mobile: Option<&Mobile>) -> SignInStep {
        let demo = self.config.demo;
        let outbox = if demo { self.outbox() } else { Vec::new() };
        SignInStep { mobile: mobile.map(Mobile::masked), gap_s: self.config.sms.gap_s, demo, outbox }
    }

    /// The code behind a nonce.
    pub fn code(&self, mobile: &Mobile, nonce: &[u8]) -> Code {
        Code::derive(&self.signer.secret_for(nonce), mobile, nonce)
    }

    fn outbox(&self) -> Vec<OutboxMessage> {
        let sent = self.sms.recent(None, OUTBOX_SHOWN).unwrap_or_else(|error| {
            tracing::warn!(%error, "the outbox can't be read");
            Vec::new()
        });
        let message =
            |sent: Sent| OutboxMessage { mobile: sent.mobile.digits().to_owned(), code: sent.code.digits().to_owned(), at: sent.at };
        sent.into_iter().map(message).collect()
    }

    fn sms_limits(&self, address_gap_ms: i64) -> SmsLimits {
        let sms = &self.config.sms;
        SmsLimits {
            gap_ms: sms.gap_s.saturating_mul(1_000),
            mobile_hour: sms.mobile_hour,
            mobile_day: sms.mobile_day,
            address_gap_ms,
            address_hour: sms.address_hour,
            shop_day: sms.shop_day,
            life_ms: CODE_LIFE_MS,
            tries: CODE_TRIES,
        }
    }
}

/// Seconds to wait, never too few.
fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1_000) + 1
}

/// Zero bits of the work that a code costs just now: none while the shop is calm, one more with each doubling of the requests, and
/// some from the moment on when half of the day's budget is spent.
fn bits_asked(load: SmsLoad, calm_minute: i64, budget_day: i64) -> u32 {
    if load.minute < calm_minute && load.day.saturating_mul(2) < budget_day {
        return 0;
    }
    let times = load.minute / calm_minute.max(1);
    (BITS_MIN + times.max(1).ilog2()).min(proof::BITS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_grows_with_the_pressure() {
        let bits = |minute, day| bits_asked(SmsLoad { minute, day }, 30, 20_000);
        assert_eq!([bits(0, 0), bits(29, 9_999)], [0, 0], "calm");
        assert_eq!([bits(30, 30), bits(59, 59), bits(60, 60), bits(120, 120)], [15, 15, 16, 17]);
        assert_eq!(bits(1_000_000, 1_000_000), 20, "no browser is asked for more");
        assert_eq!(bits(0, 10_000), 15, "half of the budget is spent");
    }
}
