//! Durable job that has a provider pay money back. Every try has the same number, and what is not
//! known is asked before it is sent again, so that money goes back once at most (G22).

use super::job_end::JobEnd;
use crate::{
    rules::hold::try_again_ms,
    server::{
        payment::{PaymentError, RefundAnswer, RefundOrder},
        shop::state::AppState,
        store::RefundRow,
    },
    types::{
        ids::RefundId,
        payment::RefundState,
        time::{HOUR_MS, MINUTE_MS},
    },
};

/// Refunds on their way to providers at a time.
pub(super) const RUNNING_MAX: usize = 8;

/// Why a refund is refused whose payment its provider does not know: another account answers there.
const PAYMENT_UNKNOWN: &str = "the provider does not know the payment";

/// Milliseconds until a refund that the provider refused is tried once more: a person may have
/// filled the shop's account there meanwhile.
fn refused_again_ms(tries: i64) -> i64 {
    const SOON: i64 = 5;
    if tries < SOON { MINUTE_MS } else { HOUR_MS }
}

pub(super) async fn run(app: &AppState, id: RefundId, tries: i64) -> Result<JobEnd, String> {
    let refund = app
        .store
        .refund(id)
        .await
        .map_err(|error| error.to_string())?;
    let Some(refund) = refund.filter(|refund| refund.state != RefundState::Done) else {
        return Ok(JobEnd::Done);
    };
    let (state, note, end) = match ask(app, &refund).await {
        Ok(RefundAnswer::Done) => (RefundState::Done, None, JobEnd::Done),
        Ok(RefundAnswer::Accepted) => (RefundState::Sent, None, again(try_again_ms(tries))),
        // Asked about, and not known: it is sent.
        Ok(RefundAnswer::NeverMade) if refund.state == RefundState::Sent => {
            (RefundState::Asked, None, again(0))
        }
        // Sent, and its payment is not known.
        Ok(RefundAnswer::NeverMade) => refused(id, PAYMENT_UNKNOWN.to_owned(), tries),
        Ok(RefundAnswer::Failed(why)) => refused(id, why, tries),
        Err(error) => {
            tracing::warn!(%error, refund = %id, "a provider did not say whether money went back");
            (
                RefundState::Sent,
                Some(error.to_string()),
                again(try_again_ms(tries)),
            )
        }
    };
    app.store
        .note_refund(id, state, note.as_deref(), app.clock.now())
        .await
        .map_err(|error| error.to_string())?;
    Ok(end)
}

fn refused(id: RefundId, why: String, tries: i64) -> (RefundState, Option<String>, JobEnd) {
    tracing::error!(refund = %id, why, "a provider refuses to pay money back: a person must look");
    let end = again(refused_again_ms(tries));
    (RefundState::Failed, Some(why), end)
}

fn again(in_ms: i64) -> JobEnd {
    JobEnd::Again { in_ms }
}

/// Sends a refund that the provider does not know; asks about one that it may.
async fn ask(app: &AppState, refund: &RefundRow) -> Result<RefundAnswer, PaymentError> {
    let order = RefundOrder {
        out_trade_no: refund.out_trade_no.clone(),
        refund_no: refund.refund_no.clone(),
        amount: refund.amount,
        total: refund.total,
    };
    let now = app.clock.now();
    match refund.state {
        RefundState::Sent => {
            app.payments
                .query_refund(refund.provider, &order, now)
                .await
        }
        RefundState::Asked | RefundState::Failed | RefundState::Done => {
            app.payments.refund(refund.provider, &order, now).await
        }
    }
}
