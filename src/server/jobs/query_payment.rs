//! Durable job that asks a provider about an open payment: a notice that got lost is made up for
//! within a minute (G20).

use super::job_end::JobEnd;
use crate::{
    rules::hold::query_again_ms,
    server::{payment::Queried, shop::state::AppState},
    types::{ids::PaymentId, payment::PaymentState},
};

/// Questions on their way to providers at a time.
pub(super) const RUNNING_MAX: usize = 8;

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
        in_ms: query_again_ms(tries + 1),
    };
    let answer = app.ask_about(&payment).await;
    Ok(match answer.map_err(|error| error.to_string())? {
        Some(Queried::Paid(_)) => JobEnd::Done,
        // Its closing asks on.
        Some(Queried::Unpaid | Queried::NeverMade | Queried::Closed)
            if payment.expires_at <= app.clock.now() =>
        {
            JobEnd::Done
        }
        Some(Queried::Unpaid | Queried::NeverMade | Queried::Closed) | None => again,
    })
}
