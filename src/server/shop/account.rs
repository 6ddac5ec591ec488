//! Signing in.

mod quota;

pub use quota::{Budget, Day};

use crate::{
    server::{
        browser_token::BrowserToken,
        challenge::ChallengeScope,
        rate_limit::network::{self, Networks},
        shop::state::AppState,
        sms::{Code, Sent},
        store::{CodeAsked, CodeTry, NewCode, SmsStanding},
    },
    types::{
        account::{Me, Mobile, OutboxMessage, SignInStep},
        error::{AppError, Fault},
        time::MINUTE_MS,
    },
};
use quota::{Quota, QuotaRefusal};

/// Milliseconds that a code lives.
const CODE_LIFE_MS: i64 = 5 * MINUTE_MS;
/// Tries that a code allows.
const CODE_TRIES: i64 = 5;
/// Seconds after which another challenge may be worked on.
const PROOF_RETRY_S: i64 = 1;
/// Refused requests of an address up to which it proves nothing for them: a campus shares one.
const REFUSED_FREE: u32 = 100;
/// Requests without a proof, each for another mobile, that an address may make in a while although
/// it is to prove something: the one code in ten minutes that it gets without is counted by the
/// database. More than one, so that who asks again and again for a mobile does not take it from the
/// others of the address, and few, since each costs a read.
const UNPROVEN_MAX: u32 = 10;
/// Tries of a browser that find nothing, of late, after which its codes are not looked up any more:
/// each has five tries, and a browser gets five codes in an hour.
const MISSES_MAX: u32 = 30;
/// Codes of one browser that are tried at most: cookies of the same name may have been planted.
pub const WAITING_MAX: usize = 8;
/// Random bytes behind a code.
const NONCE_BYTES: usize = 16;
/// Messages of the outbox on the sign-in page of a shop to try out.
const OUTBOX_SHOWN: usize = 5;

/// A proof of work as it came.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// What the shop asked for.
    pub challenge: &'a str,
    pub proof: &'a str,
}

/// A code that a browser waits for.
#[derive(Clone, Debug)]
pub struct PendingCode {
    /// To whom it was sent.
    pub mobile: Mobile,
    /// What the browser holds.
    pub token: BrowserToken,
}

/// What became of a code that was typed.
enum Spent {
    SignedIn(Me),
    /// It is not the code, which has tries left.
    Wrong,
    /// The code has no tries left.
    Void,
    /// This browser waits for no code, or for none any more.
    Unknown,
}

impl AppState {
    /// Stores a code for the asker's mobile and queues its sending; gives the token of the browser
    /// that it is for: `held`, if the client has one and wants another code with it. While many
    /// ask, a proof of work comes first, or one code in ten minutes from an address: a browser
    /// without JavaScript can't prove anything. A proof that does not hold is none.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`] over a limit, [`AppError::ProofNeeded`].
    pub async fn ask_code(
        &self,
        asker: ChallengeScope<'_>,
        work: Option<Work<'_>>,
        held: Option<BrowserToken>,
    ) -> Result<BrowserToken, AppError> {
        let now = self.clock.now();
        let own_bits = quota::by_refusals(
            self.refusals
                .count(&network::subscriber(asker.address), now),
            REFUSED_FREE,
        );
        let proof = work.and_then(|Work { challenge, proof }| {
            self.challenger.check(asker, challenge, proof, now)
        });
        // A flood of requests that are refused ends here, and costs the database nothing.
        let is_proven = proof
            .as_ref()
            .is_some_and(|proven| proven.is_worth(own_bits));
        if own_bits > 0 && !is_proven && !self.goes_on_unproven(asker) {
            return Err(self.refuse(
                asker,
                QuotaRefusal::Prove {
                    bits: own_bits,
                    retry_ms: self.refusals.forgets_in_ms(now),
                },
            )?);
        }
        let quota = Quota::new(&self.config.sms, asker, own_bits, proof, now);
        let token = held.map_or_else(|| self.browsers.give(asker.mobile), Ok)?;
        let mut nonce = vec![0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| AppError::Unavailable)?;
        self.signer.name_key(&mut nonce);
        let code = NewCode {
            mobile: asker.mobile.clone(),
            browser: token.hash().to_vec(),
            nonce,
            network: quota.home().to_owned(),
            keys: quota.keys(),
            expires_at: now.plus(CODE_LIFE_MS),
            tries: CODE_TRIES,
        };
        match self
            .store
            .ask_code(&code, &|standing| quota.judge(standing).ok(), now)
            .await?
        {
            CodeAsked::Queued(before) => {
                self.job_bell.notify_one();
                tell_of_budget(&quota, &before);
                Ok(token)
            }
            CodeAsked::Refused(standing) => {
                let retry_ms = PROOF_RETRY_S * 1_000;
                let refusal = quota.judge(&standing).err().unwrap_or(QuotaRefusal::Wait {
                    retry_ms,
                    what: "proof",
                });
                Err(self.refuse(asker, refusal)?)
            }
        }
    }

    /// Whether a request of an address that is to prove something goes on without a proof; it is
    /// counted.
    fn goes_on_unproven(&self, asker: ChallengeScope<'_>) -> bool {
        let now = self.clock.now();
        let address = network::subscriber(asker.address);
        let request = format!("{address} {}", asker.mobile.digits());
        let goes_on = self.unproven.count(&address, now) < UNPROVEN_MAX
            && self.unproven.count(&request, now) == 0;
        if goes_on {
            self.unproven.add(address, now);
            self.unproven.add(request, now);
        }
        goes_on
    }

    /// Counts what is refused, so that an address that goes on pays more, and gives what is to be
    /// done.
    fn refuse(
        &self,
        asker: ChallengeScope<'_>,
        refusal: QuotaRefusal,
    ) -> Result<AppError, AppError> {
        let now = self.clock.now();
        self.refusals.add(network::subscriber(asker.address), now);
        let (what, error) = match refusal {
            QuotaRefusal::Wait { retry_ms, what } => (
                what,
                AppError::TooManyRequests {
                    retry_s: seconds(retry_ms),
                },
            ),
            QuotaRefusal::Prove { bits, retry_ms } => (
                "proof",
                AppError::ProofNeeded {
                    challenge: self.challenger.give(asker, bits, now)?,
                    retry_s: seconds(retry_ms),
                },
            ),
        };
        metrics::counter!("qiangke_sms_refused_total", "limit" => what).increment(1);
        Ok(error)
    }

    /// Shows in the metrics how the day's budget stands.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when it can't be read.
    pub async fn show_budget(&self) -> Result<(), AppError> {
        let now = self.clock.now();
        let day = Day::of(now);
        let standing = self.store.sms_counters(&day.keys(), now).await?;
        let sms = &self.config.sms;
        let budget = Budget::new(standing.budget.unwrap_or(sms.shop_day), sms.reserve_percent);
        show(budget, day.spent(&standing));
        Ok(())
    }

    /// The student of the mobile whose code was typed; the code is used up, a wrong one costs a try
    /// of the code that this browser waits for, and of no other.
    ///
    /// # Errors
    /// [`AppError::BadField`] when it does not fit.
    pub async fn sign_in(
        &self,
        waiting: &[PendingCode],
        typed: &Code,
        address: &str,
    ) -> Result<Me, AppError> {
        let signed_in = self.spend_codes(waiting, typed, address).await;
        let outcome = match &signed_in {
            Ok(me) => {
                tracing::info!(student = %me.id, "signed in");
                "ok"
            }
            Err(AppError::BadField { .. }) => {
                // Anybody may cause as many of these as they like: the log writes one a second, the
                // metric counts them.
                tracing::info!("not signed in: no such code");
                "wrong_code"
            }
            Err(_) => "failed",
        };
        metrics::counter!("qiangke_sign_ins_total", "outcome" => outcome).increment(1);
        signed_in
    }

    /// Tries the codes that a browser waits for. Of those that don't fit, one that still has tries
    /// says most: the student may type again.
    async fn spend_codes(
        &self,
        waiting: &[PendingCode],
        typed: &Code,
        address: &str,
    ) -> Result<Me, AppError> {
        let mut why = Fault::WrongCode;
        let mut has_tries = false;
        for waiting in waiting.iter().take(WAITING_MAX) {
            match self.spend_code(waiting, typed, address).await? {
                Spent::SignedIn(me) => return Ok(me),
                Spent::Wrong => has_tries = true,
                Spent::Void => why = Fault::CodeVoid,
                Spent::Unknown => {}
            }
        }
        Err(AppError::field(
            "code",
            if has_tries { Fault::WrongCode } else { why },
        ))
    }

    async fn spend_code(
        &self,
        PendingCode { mobile, token }: &PendingCode,
        typed: &Code,
        address: &str,
    ) -> Result<Spent, AppError> {
        let now = self.clock.now();
        let browser = token.hash();
        let missed = |spent| {
            self.misses.add(browser, now);
            Ok(spent)
        };
        // Whoever goes on guessing costs the database nothing more.
        if self.misses.count(&browser, now) >= MISSES_MAX {
            return missed(Spent::Void);
        }
        let (nonce, tries_left) = match self.store.try_code(mobile, &browser, now).await? {
            CodeTry::Spent { nonce, tries_left } => (nonce, tries_left),
            CodeTry::NoneLeft => return missed(Spent::Void),
            CodeTry::NoCode => return missed(Spent::Unknown),
        };
        if !self.code(mobile, &nonce).matches(typed) {
            return missed(if tries_left > 0 {
                Spent::Wrong
            } else {
                Spent::Void
            });
        }
        let home = quota::home_key(mobile.digits(), Networks::of(address).home());
        match self.store.use_code(mobile, &nonce, &home, now).await? {
            Some(id) => Ok(Spent::SignedIn(Me {
                id,
                mobile: mobile.masked(),
            })),
            None => missed(Spent::Unknown),
        }
    }

    /// Where a browser stands on its way to sign in; in a shop to try out, and in front of the
    /// machine that it runs on (`is_near`), with the codes that this browser waits for.
    pub async fn sign_in_step(
        &self,
        waiting: &[PendingCode],
        address: &str,
        is_near: bool,
    ) -> SignInStep {
        let demo = self.config.demo && is_near;
        let mut outbox = Vec::new();
        for waiting in waiting.iter().take(WAITING_MAX).filter(|_| demo) {
            outbox.extend(self.outbox(waiting).await);
        }
        let (mut mobile, mut wait_s) = (None, 0);
        if let Some(waiting) = waiting.first() {
            mobile = Some(waiting.mobile.masked());
            wait_s = self
                .gap_left_s(ChallengeScope {
                    mobile: &waiting.mobile,
                    address,
                })
                .await;
        }
        SignInStep {
            mobile,
            gap_s: self.config.sms.gap_s,
            wait_s,
            demo,
            outbox,
        }
    }

    /// Seconds until the gap between two codes is over, whichever tab or browser asked; 0 while
    /// that can't be read: the answer to the request itself says it then.
    async fn gap_left_s(&self, asker: ChallengeScope<'_>) -> i64 {
        let now = self.clock.now();
        let quota = Quota::new(&self.config.sms, asker, 0, None, now);
        match self.store.sms_gap_ends(quota.gap_key(), now).await {
            Ok(Some(ends_at)) => quota.gap_left(ends_at).map_or(0, seconds),
            Ok(None) => 0,
            Err(error) => {
                tracing::warn!(%error, "the gap between two codes can't be read");
                0
            }
        }
    }

    /// The code behind a nonce.
    pub fn code(&self, mobile: &Mobile, nonce: &[u8]) -> Code {
        Code::derive(&self.signer.secret_for(nonce), mobile, nonce)
    }

    /// What was sent to a browser's mobile, as far as it is this browser's code.
    async fn outbox(&self, PendingCode { mobile, token }: &PendingCode) -> Vec<OutboxMessage> {
        let nonce = self
            .store
            .code_nonce(mobile, &token.hash(), self.clock.now())
            .await
            .unwrap_or_else(|error| {
                tracing::warn!(%error, "the code that a browser waits for can't be read");
                None
            });
        let Some(nonce) = nonce else {
            return Vec::new();
        };
        let code = self.code(mobile, &nonce);
        let sent = self
            .sms
            .recent(Some(mobile), OUTBOX_SHOWN)
            .unwrap_or_else(|error| {
                tracing::warn!(%error, "the outbox can't be read");
                Vec::new()
            });
        let mine = sent.into_iter().filter(|sent| code.matches(&sent.code));
        let message = |sent: Sent| OutboxMessage {
            mobile: sent.mobile.digits().to_owned(),
            code: sent.code.digits().to_owned(),
            at: sent.at,
        };
        mine.map(message).collect()
    }
}

/// Seconds to wait, never too few.
fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1_000) + 1
}

/// Says loudly, once, when half of the day's budget is spent, most of it, and all.
fn tell_of_budget(quota: &Quota<'_>, before: &SmsStanding) {
    let (budget, spent) = (quota.budget(before), quota.day().spent(before));
    let is_stranger = !before.is_student && !before.is_home;
    show(
        budget,
        Budget {
            all: spent.all + 1,
            away: spent.away + i64::from(!before.is_home),
            strangers: spent.strangers + i64::from(is_stranger),
        },
    );
    for (part, counts, codes, before) in [
        ("all", true, budget.all, spent.all),
        ("strangers", is_stranger, budget.strangers, spent.strangers),
    ] {
        if let Some(percent) = quota::alarm(before, codes).filter(|_| counts) {
            tracing::error!(
                part,
                percent,
                codes,
                "the day's budget of SMS codes goes: `qiangke sms budget` raises it without a restart"
            );
        }
    }
}

/// Puts into the metrics how a day's budget stands.
fn show(budget: Budget, spent: Budget) {
    for (part, codes, spent) in [
        ("all", budget.all, spent.all),
        ("away", budget.away, spent.away),
        ("strangers", budget.strangers, spent.strangers),
    ] {
        metrics::gauge!("qiangke_sms_budget_codes", "part" => part).set(as_gauge(codes));
        metrics::gauge!("qiangke_sms_budget_spent", "part" => part).set(as_gauge(spent));
    }
}

/// A number of codes as metrics have it.
fn as_gauge(codes: i64) -> f64 {
    f64::from(i32::try_from(codes).unwrap_or(i32::MAX))
}
