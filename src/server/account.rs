//! Signing in.

use crate::{
    server::{
        sms::{Code, Sent},
        state::AppState,
        store::{CodeAsked, SmsLimits},
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
/// Random bytes behind a code.
const NONCE_BYTES: usize = 16;
/// Seats on the page of seats.
const ORDERS_MAX: i64 = 100;
/// Messages of the outbox on the sign-in page of a shop to try out.
const OUTBOX_SHOWN: usize = 5;

impl AppState {
    /// Stores a code for this mobile and queues its sending.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`] over a limit.
    pub async fn ask_code(&self, mobile: &Mobile, address: &str) -> Result<(), AppError> {
        let mut nonce = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| AppError::Unavailable)?;
        match self.store.ask_code(mobile, address, &nonce, &self.sms_limits(), self.clock.now()).await? {
            CodeAsked::Queued => {
                self.sms_bell.notify_one();
                Ok(())
            }
            CodeAsked::TooSoon { retry_ms } => Err(AppError::TooManyRequests { retry_s: retry_ms.div_euclid(1_000) + 1 }),
        }
    }

    /// The student of this mobile, when the code fits; the code is used up, a wrong one costs a try.
    ///
    /// # Errors
    /// [`AppError::BadField`] when it does not fit.
    pub async fn sign_in(&self, mobile: &Mobile, typed: &str) -> Result<Me, AppError> {
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
        Code::derive(self.signer.secret(), mobile, nonce)
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

    fn sms_limits(&self) -> SmsLimits {
        let sms = &self.config.sms;
        SmsLimits {
            gap_ms: sms.gap_s.saturating_mul(1_000),
            mobile_hour: sms.mobile_hour,
            mobile_day: sms.mobile_day,
            address_hour: sms.address_hour,
            shop_day: sms.shop_day,
            life_ms: CODE_LIFE_MS,
            tries: CODE_TRIES,
        }
    }
}
