//! Durable job that closes a payment at its provider, so that its seat can be given again: money
//! that came before the close pays the order all the same.

use super::job_end::JobEnd;
use crate::{
    rules::hold::{closes_unmade_at, try_again_ms},
    server::{
        payment::{Closed, Queried},
        shop::state::AppState,
        store::PaymentRow,
    },
    types::{ids::PaymentId, order::OrderState, payment::PaymentState, time::DAY_MS},
};

/// Closings on their way to providers at a time.
pub(super) const RUNNING_MAX: usize = 8;
/// Milliseconds after its end that a payment is taken for closed whose provider never answers: it
/// may be one that the shop has no contract with any more.
const GIVEN_UP_MS: i64 = 7 * DAY_MS;

pub(super) async fn run(app: &AppState, id: PaymentId, tries: i64) -> Result<JobEnd, String> {
    let payment = app
        .store
        .payment(id)
        .await
        .map_err(|error| error.to_string())?;
    let Some(payment) = payment.filter(|payment| payment.state == PaymentState::Open) else {
        return Ok(JobEnd::Done);
    };
    let again = JobEnd::Again {
        in_ms: try_again_ms(tries),
    };
    match app
        .payments
        .close(payment.provider, &payment.out_trade_no, app.clock.now())
        .await
    {
        Ok(Closed::Closed) => close(app, &payment).await,
        Ok(Closed::AlreadyPaid) => take_paid(app, &payment, again).await,
        Ok(Closed::NeverMade) => unmade(app, &payment, again).await,
        Err(_) if app.clock.now() >= payment.expires_at.plus(GIVEN_UP_MS) => {
            close(app, &payment).await
        }
        Err(error) => {
            tracing::warn!(%error, payment = %id, "a provider did not close a payment");
            Ok(again)
        }
    }
}

/// Goes on with a payment that its provider does not know. Its page may be open, and take money until
/// the payment's end, of which only a question tells where notices don't arrive. Who gave the order
/// back waits for none of that: money that comes after it is the student's mistake, and goes back.
async fn unmade(app: &AppState, payment: &PaymentRow, again: JobEnd) -> Result<JobEnd, String> {
    let now = app.clock.now();
    if now >= closes_unmade_at(payment.provider, payment.expires_at) {
        return close(app, payment).await;
    }
    if payment.is_given_back && payment.order_state == OrderState::Closing {
        let freed = app.store.end_unmade(payment.id, now).await;
        if let Some(sale) = freed.map_err(|error| error.to_string())? {
            app.queue.recount(sale);
        }
    }
    Ok(again)
}

async fn close(app: &AppState, payment: &PaymentRow) -> Result<JobEnd, String> {
    let freed = app
        .store
        .close_payment(payment.id, app.clock.now())
        .await
        .map_err(|error| error.to_string())?;
    if let Some(sale) = freed {
        app.queue.recount(sale);
    }
    Ok(JobEnd::Done)
}

async fn take_paid(app: &AppState, payment: &PaymentRow, again: JobEnd) -> Result<JobEnd, String> {
    let answer = app.ask_about(payment).await;
    match answer.map_err(|error| error.to_string())? {
        Some(Queried::Paid(_)) => Ok(JobEnd::Done),
        // It could not be closed since it was closed already.
        Some(Queried::Closed) => close(app, payment).await,
        Some(Queried::Unpaid | Queried::NeverMade) | None => Ok(again),
    }
}
