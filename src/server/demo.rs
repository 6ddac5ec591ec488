//! Demo sales: one is always open and one is coming, also on the second day and after a long stop.

use crate::{
    rules::seckill::window::Window,
    server::store::{NewSale, Store},
    types::{
        money::Fen,
        page::{CourseQuery, PriceBand},
        sale::{HOLD_S, Phase, Sale},
        time::{HOUR_MS, MINUTE_MS, Millis},
    },
};
use anyhow::Context;

/// How long a sale lasts: while it is open, the next one comes.
const LASTS_MS: i64 = HOUR_MS;
/// How long after the start the next one opens: soon enough to wait for it.
const SOON_MS: i64 = 5 * MINUTE_MS;
const SEATS: i64 = 100;
/// A sale costs this part of the course's price.
const PRICE_PART: i64 = 10;
/// Courses that take turns.
const COURSES_MAX: i64 = 50;

/// Creates at start what is missing: a sale that is open, and one that opens in a few minutes.
///
/// # Errors
/// The database can't be read or written, or it has no courses.
pub async fn open(store: &Store, now: Millis) -> anyhow::Result<()> {
    complete(store, now, now.plus(SOON_MS), 0).await
}

/// Creates while the shop runs what became missing; the next sale opens on the hour.
///
/// # Errors
/// As [`open`].
pub async fn go_on(store: &Store, now: Millis) -> anyhow::Result<()> {
    let turn = now.plus(SOON_MS).0.div_euclid(LASTS_MS) + 1;
    complete(store, now, Millis(turn * LASTS_MS), turn).await
}

/// Whether there is a sale that is open and one that comes.
pub fn is_complete(sales: &[Sale], now: Millis) -> bool {
    [Phase::Open, Phase::Upcoming]
        .into_iter()
        .all(|phase| has(sales, phase, now))
}

fn has(sales: &[Sale], phase: Phase, now: Millis) -> bool {
    sales.iter().any(|sale| {
        !sale.paused && sale.sold_out_at.is_none() && Window::of(sale).phase(now) == phase
    })
}

/// What is missing is looked for in the database, so that two looks at once create no more than one
/// does.
async fn complete(store: &Store, now: Millis, next: Millis, turn: i64) -> anyhow::Result<()> {
    for (phase, opens_at) in [(Phase::Open, now), (Phase::Upcoming, next)] {
        let listed = store.sales(now).await?;
        let live: Vec<_> = listed.into_iter().map(|listed| listed.sale).collect();
        if !has(&live, phase, now) {
            let sale = sale(store, &live, opens_at, turn).await?;
            store.create_sale(&sale, now).await?;
            tracing::info!(opens_at = %opens_at.in_shop().rfc3339(), "a sale was created to try out");
        }
    }
    Ok(())
}

/// The sale of a course that has a price and no other sale now, as far as there is one; which of
/// them, `turn` says.
async fn sale(
    store: &Store,
    live: &[Sale],
    opens_at: Millis,
    turn: i64,
) -> anyhow::Result<NewSale> {
    let query = CourseQuery {
        price: Some(PriceBand::Paid),
        page_size: COURSES_MAX,
        ..CourseQuery::default()
    };
    let mut courses = store.courses(&query).await?.1;
    if courses.is_empty() {
        courses = store
            .courses(&CourseQuery {
                price: None,
                ..query
            })
            .await?
            .1;
    }
    let (resting, selling): (Vec<_>, Vec<_>) = courses
        .iter()
        .partition(|course| live.iter().all(|sale| sale.course_id != course.id));
    let choice = if resting.is_empty() { selling } else { resting };
    let at = usize::try_from(turn)
        .unwrap_or(0)
        .checked_rem(choice.len())
        .context("there is no course to sell: import some first")?;
    let course = choice.get(at).context("there is no course to sell")?;
    let price = Fen(course.price.0 / PRICE_PART);
    Ok(NewSale {
        course: course.id,
        price,
        stock: SEATS,
        opens_at,
        closes_at: opens_at.plus(LASTS_MS),
        hold_s: HOLD_S,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ids::{CourseId, SaleId};

    fn sale(opens_at: i64, closes_at: i64, paused: bool) -> Sale {
        Sale {
            id: SaleId(1),
            course_id: CourseId(1),
            course_name: String::new(),
            course_img: None,
            old_price: Fen(0),
            price: Fen(0),
            stock: 1,
            opens_at: Millis(opens_at),
            closes_at: Millis(closes_at),
            paused,
            sold_out_at: None,
        }
    }

    #[test]
    fn a_sale_that_is_paused_sold_out_or_over_is_none_to_try_out() {
        let (open, comes) = (sale(0, 9, false), sale(8, 9, false));
        let complete = |sales: &[Sale]| is_complete(sales, Millis(5));
        assert!(complete(&[open.clone(), comes.clone()]));
        assert!(!complete(&[open.clone(), sale(0, 5, false)]));
        assert!(!complete(&[comes.clone(), sale(0, 9, true)]));
        assert!(!complete(&[
            Sale {
                sold_out_at: Some(Millis(4)),
                ..open.clone()
            },
            comes
        ]));
        assert!(!complete(&[open, sale(8, 9, true)]));
        assert!(!complete(&[]));
    }
}
