//! The two sales of a shop to try out: one that is open, one that opens in five minutes.

use crate::{
    server::store::{NewSale, Store},
    types::{ids::CourseId, money::Fen, time::Millis},
};
use anyhow::Context;

const MINUTE_MS: i64 = 60 * 1_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// Seats of each.
const SEATS: i64 = 100;

/// Creates them, unless the shop has had a sale already.
///
/// # Errors
/// The record can't be written, or it has no courses.
pub async fn create_sales(store: &Store, now: Millis) -> anyhow::Result<()> {
    if !store.all_sales().await?.is_empty() {
        return Ok(());
    }
    let soon = now.plus(5 * MINUTE_MS);
    let courses = store.course_ids(COURSES_MAX).await?;
    for (course, price, opens_at) in [(CourseId(2), Fen(990), now), (CourseId(3), Fen(390), soon)] {
        // Another catalogue than the seed's has other numbers.
        let course =
            if courses.contains(&course) { course } else { *courses.first().context("there is no course to sell: import some first")? };
        let sale = NewSale { course, price, stock: SEATS, opens_at, closes_at: opens_at.plus(DAY_MS) };
        store.create_sale(&sale, now).await?;
    }
    tracing::info!("two sales were created to try out");
    Ok(())
}

/// Courses that are looked at.
const COURSES_MAX: i64 = 100;
