//! Settlement: waiting tickets of a sale are decided in one transaction, with their seats and orders.

use super::{Connection, Engine, Transaction, setup::bump_catalog_version, ticket::ticket_id};
use crate::{
    rules::hold::HOLDS_MAX,
    rules::seckill::{
        settle::{Book, Decision, decide, seats_in_a_row, seats_taken},
        ticket::Waiting,
        window::Window,
    },
    server::store::error::expect_rows,
    types::{
        ids::{SaleId, StudentId, TicketId},
        money::Fen,
        sale::Reason,
        time::Millis,
    },
};
use std::collections::HashSet;

type QueuedTuple = (Vec<u8>, i64, i64, bool, i64, Option<i64>);

/// What waits for a sale's settlement.
#[derive(Default)]
struct Queued {
    batch: Vec<Waiting>,
    owners: HashSet<StudentId>,
    spent: HashSet<StudentId>,
    last: i64,
}

impl Engine {
    pub async fn settle(
        &self,
        sale: SaleId,
        limit: i64,
        now: Millis,
    ) -> Result<Vec<Decision>, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        // The sale's row is held from here on: another server that settles it waits, and then sees
        // what was decided here.
        let row: Option<(i64, i64, bool, i64, i64, i64)> = sqlx::query_as(concat!(
            "select opens_at, closes_at, paused, stock, remaining, price_fen from sale where id = $1",
            for_update!()
        ))
        .bind(sale.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Queued {
            batch,
            owners,
            spent,
            last,
        } = Self::queued(&mut tx, sale, limit).await?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let Some((opens_at, closes_at, paused, stock, remaining, price)) = row else {
            return Self::give_up(tx, batch, now).await;
        };
        let count = i64::try_from(batch.len()).unwrap_or(i64::MAX);
        let free = match seats_in_a_row(stock, remaining, last, count) {
            Some(seats) => seats.collect(),
            None => Self::lowest_free(&mut tx, sale, stock, count).await?,
        };
        let window = Window {
            opens_at: Millis(opens_at),
            closes_at: Millis(closes_at),
            paused,
        };
        let decisions = decide(
            &Book {
                window,
                remaining,
                free,
            },
            &batch,
            &owners,
            &spent,
        );
        Self::write_decisions(&mut tx, sale, &decisions, now.0).await?;
        if Fen(price).is_free() {
            Self::entitle_winners(&mut tx, sale, &decisions, now).await?;
        }
        // The last seat went: pages show the sale otherwise from now on.
        if remaining > 0 && seats_taken(&decisions) >= remaining {
            bump_catalog_version(&mut tx).await?;
        }
        tx.commit().await?;
        Ok(decisions)
    }

    /// The oldest waiting tickets of a sale, those of its students who hold a live order of it or may
    /// study its course, those who let too many of its seats lapse, and the greatest number of a
    /// seat that is sold (0 without any).
    async fn queued(tx: &mut Connection, sale: SaleId, limit: i64) -> Result<Queued, sqlx::Error> {
        let rows: Vec<QueuedTuple> = sqlx::query_as(
            "select t.id, t.student_id, t.accepted_at,
                    o.id is not null or exists (
                      select 1 from entitlement e join sale s on s.course_id = e.course_id
                      where s.id = $1 and e.student_id = t.student_id and e.revoked_at is null
                    ),
                    (select count(*) from orders l where l.sale_id = $1 and l.student_id = t.student_id and l.state = 3 /* expired */),
                    (select max(seat) from orders where sale_id = $1 and ended_at is null)
             from ticket t
             left join orders o on o.sale_id = t.sale_id and o.student_id = t.student_id and o.ended_at is null
             where t.sale_id = $1 and t.state = 0 /* ticket waiting */
             order by t.id
             limit $2 + 0",
        )
        .bind(sale.0)
        .bind(limit)
        .fetch_all(tx)
        .await?;
        let mut queued = Queued::default();
        for (id, student, accepted_at, owns, lapsed, last) in rows {
            let student = StudentId(student);
            queued.batch.push(Waiting {
                id: ticket_id(&id)?,
                sale,
                student,
                accepted_at: Millis(accepted_at),
            });
            queued.last = last.unwrap_or(0);
            if owns {
                queued.owners.insert(student);
            }
            if lapsed >= HOLDS_MAX {
                queued.spent.insert(student);
            }
        }
        Ok(queued)
    }

    /// The lowest numbers of seats up to `stock` that no live order of a sale has, ascending, at
    /// most `count`.
    async fn lowest_free(
        tx: &mut Connection,
        sale: SaleId,
        stock: i64,
        count: i64,
    ) -> Result<Vec<i64>, sqlx::Error> {
        // The last seat before each gap, and the first one behind it.
        let gaps: Vec<(i64, i64)> = sqlx::query_as(
            "select seat, following
             from (select seat, lead(seat, 1, $2 + 1) over (order by seat) as following
                   from (select 0 as seat
                         union all
                         select seat from orders where sale_id = $1 and ended_at is null and seat between 1 and $2) as taken) as pair
             where following > seat + 1
             order by seat
             limit $3 + 0",
        )
        .bind(sale.0)
        .bind(stock)
        .bind(count)
        .fetch_all(tx)
        .await?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(gaps
            .into_iter()
            .flat_map(|(before, following)| before + 1..following)
            .take(count)
            .collect())
    }

    /// The winners of a sale that costs nothing may study its course.
    async fn entitle_winners(
        tx: &mut Connection,
        sale: SaleId,
        decisions: &[Decision],
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        let winners: Vec<i64> = decisions
            .iter()
            .filter(|(_, outcome)| outcome.is_ok())
            .map(|(ticket, _)| ticket.student.0)
            .collect();
        let entitled = sqlx::query(concat!(
            "insert into entitlement (student_id, course_id, order_id, granted_at)
             select student_id, course_id, id, $3 from orders
             where sale_id = $2 and ended_at is null and student_id in ",
            numbers!()
        ))
        .bind(Self::numbers(&winners))
        .bind(sale.0)
        .bind(now.0)
        .execute(tx)
        .await?
        .rows_affected();
        expect_rows("entitlement", winners.len(), entitled)
    }

    /// Decides a batch as lost whose sale is not there any more.
    async fn give_up(
        mut tx: Transaction,
        batch: Vec<Waiting>,
        now: Millis,
    ) -> Result<Vec<Decision>, sqlx::Error> {
        for ticket in &batch {
            Self::mark_lost(&mut tx, ticket.id, Reason::GaveUp, now).await?;
        }
        tx.commit().await?;
        Ok(batch
            .into_iter()
            .map(|ticket| (ticket, Err(Reason::GaveUp)))
            .collect())
    }

    pub async fn lose(
        &self,
        id: TicketId,
        reason: Reason,
        now: Millis,
    ) -> Result<bool, sqlx::Error> {
        let rows = Self::mark_lost(&mut *self.writer.acquire().await?, id, reason, now).await?;
        Ok(rows == 1)
    }

    async fn mark_lost(
        connection: &mut Connection,
        id: TicketId,
        reason: Reason,
        now: Millis,
    ) -> Result<u64, sqlx::Error> {
        let lost = sqlx::query(
            "update ticket set state = 2, reason = $2, decided_at = $3 where id = $1 and state = 0",
        )
        .bind(id.0.as_slice())
        .bind(i64::from(reason.number()))
        .bind(now.0)
        .execute(connection)
        .await?;
        Ok(lost.rows_affected())
    }

    pub async fn lose_unreadable(&self, reason: Reason, now: Millis) -> Result<u64, sqlx::Error> {
        let lost = sqlx::query(concat!(
            "update ticket set state = 2, reason = $1, decided_at = $2 where state = 0 and not ",
            readable_ticket!()
        ))
        .bind(i64::from(reason.number()))
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(lost.rows_affected())
    }
}
