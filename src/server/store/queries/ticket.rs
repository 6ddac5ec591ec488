//! Tickets: what the queue needs to know, settlement, and orders.

use super::{Connection, Engine, Transaction, setup::bump_version};
use crate::{
    seckill::{
        sale::Window,
        settle::{Book, Decision, decide, seats_in_a_row, seats_taken},
        ticket::{State, Waiting},
    },
    server::store::{
        error::expect_rows,
        rows::{Guard, Holders, Landed, NewTicket, OwnTicket, TicketRow},
    },
    types::{
        ids::{CourseId, OrderId, SaleId, StudentId, TicketId},
        money::Fen,
        sale::{Order, Reason},
        time::Millis,
    },
};
use std::collections::{HashMap, HashSet};

type TicketTuple = (Vec<u8>, i64, i64, i64, Option<i64>, Option<i64>);
type StandingTuple = (Vec<u8>, i64, i64, i64, Option<i64>, Option<i64>, bool);
type QueuedTuple = (Vec<u8>, i64, i64, bool, Option<i64>);
type OwnTuple = (
    Vec<u8>,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    String,
    i64,
);
type OrderTuple = (
    i64,
    i64,
    i64,
    String,
    Option<String>,
    i64,
    i64,
    Vec<u8>,
    i64,
);

/// A ticket's identity as the record keeps it.
pub(in crate::server::store) fn ticket_id(bytes: &[u8]) -> Result<TicketId, sqlx::Error> {
    bytes
        .try_into()
        .map(TicketId)
        .map_err(|_| sqlx::Error::Decode("ticket.id has not 16 bytes".into()))
}

pub(in crate::server::store) fn ticket_row(
    (id, sale, student, state, reason, seat): TicketTuple,
) -> Result<TicketRow, sqlx::Error> {
    let reason = reason
        .and_then(|number| u8::try_from(number).ok())
        .and_then(Reason::of_number);
    let state = match (state, reason, seat) {
        (0, _, _) => State::Waiting,
        (1, _, Some(seat)) => State::Won { seat },
        (2, Some(reason), _) => State::Lost(reason),
        _ => {
            return Err(sqlx::Error::Decode(
                "ticket.state is of a later version".into(),
            ));
        }
    };
    Ok(TicketRow {
        id: ticket_id(&id)?,
        sale: SaleId(sale),
        student: StudentId(student),
        state,
    })
}

/// The ticket that kept a click out, and whether it is live.
pub(in crate::server::store) fn standing_row(
    (id, sale, student, state, reason, seat, is_live): StandingTuple,
) -> Result<(TicketRow, bool), sqlx::Error> {
    Ok((
        ticket_row((id, sale, student, state, reason, seat))?,
        is_live,
    ))
}

/// What waits for a sale's settlement.
struct Queued {
    batch: Vec<Waiting>,
    owners: HashSet<StudentId>,
    last: i64,
}

impl Engine {
    pub(in crate::server::store) async fn accept(
        &self,
        batch: &[NewTicket],
    ) -> Result<Vec<Landed>, sqlx::Error> {
        /// Another server may decide a ticket that stands in the way as lost before it is looked
        /// up; then the way is free.
        const TRIES_MAX: u32 = 3;
        let mut open: Vec<&NewTicket> = batch.iter().collect();
        // A statement is a transaction by itself, and mostly all that it takes.
        let inserted = Self::insert_tickets(&mut *self.writer.acquire().await?, &open).await?;
        if inserted == open.len() as u64 {
            return Ok(vec![Landed::Recorded; batch.len()]);
        }
        let mut tx = self.begin().await?;
        let mut landed: HashMap<TicketId, Landed> = HashMap::with_capacity(batch.len());
        for _ in 0..TRIES_MAX {
            let recorded = Self::recorded(&mut tx, &open).await?;
            landed.extend(recorded.into_iter().map(|id| (id, Landed::Recorded)));
            open.retain(|ticket| !landed.contains_key(&ticket.id));
            let stands = |(row, is_live): (TicketRow, bool)| {
                if is_live {
                    Landed::Standing(row.id, row.state)
                } else {
                    Landed::Over(row.id, row.state)
                }
            };
            landed.extend(
                Self::standing(&mut tx, &open)
                    .await?
                    .into_iter()
                    .map(|(id, row)| (id, stands(row))),
            );
            open.retain(|ticket| !landed.contains_key(&ticket.id));
            if open.is_empty() {
                break;
            }
            Self::insert_tickets(&mut tx, &open).await?;
        }
        let landed: Vec<_> = batch
            .iter()
            .filter_map(|ticket| landed.get(&ticket.id).copied())
            .collect();
        expect_rows("ticket", batch.len(), landed.len() as u64)?;
        tx.commit().await?;
        Ok(landed)
    }

    pub(in crate::server::store) async fn sales_waiting(&self) -> Result<Vec<SaleId>, sqlx::Error> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "select distinct sale_id from ticket where state = 0 order by sale_id",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(ids.into_iter().map(SaleId).collect())
    }

    pub(in crate::server::store) async fn settle(
        &self,
        sale: SaleId,
        limit: i64,
        now: Millis,
    ) -> Result<Vec<Decision>, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        // The sale's row is held from here on: another server that settles it waits, and then sees
        // what was decided here.
        let row: Option<(i64, i64, bool, i64, i64)> = sqlx::query_as(concat!(
            "select opens_at, closes_at, paused, stock, remaining from sale where id = $1",
            for_update!()
        ))
        .bind(sale.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Queued {
            batch,
            owners,
            last,
        } = Self::queued(&mut tx, sale, limit).await?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let Some((opens_at, closes_at, paused, stock, remaining)) = row else {
            return Self::give_up(tx, batch, now).await;
        };
        let count = i64::try_from(batch.len()).unwrap_or(i64::MAX);
        let (free, remaining) = match self.guard {
            Guard::On => match seats_in_a_row(stock, remaining, last, count) {
                Some(seats) => (seats.collect(), remaining),
                None => (
                    Self::lowest_free(&mut tx, sale, stock, count).await?,
                    remaining,
                ),
            },
            // Unguarded, the seats are whatever is asked for: numbered on from the last.
            Guard::Off => ((last + 1..=last + count).collect(), count),
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
        );
        Self::write_decisions(&mut tx, self.guard, sale, &decisions, now.0).await?;
        // The last seat went: pages show the sale otherwise from now on. It can't come back without
        // an operator, so this is rare.
        if remaining > 0 && seats_taken(&decisions) >= remaining {
            bump_version(&mut tx).await?;
        }
        tx.commit().await?;
        Ok(decisions)
    }

    /// The oldest waiting tickets of a sale, those of its students who hold a live order of it, and
    /// the greatest number of a seat that is sold (0 without any).
    async fn queued(tx: &mut Connection, sale: SaleId, limit: i64) -> Result<Queued, sqlx::Error> {
        let rows: Vec<QueuedTuple> = sqlx::query_as(
            "select t.id, t.student_id, t.accepted_at, o.id is not null,
                    (select max(seat) from orders where sale_id = $1 and ended_at is null)
             from ticket t
             left join orders o on o.sale_id = t.sale_id and o.student_id = t.student_id and o.ended_at is null
             where t.sale_id = $1 and t.state = 0
             order by t.id
             limit $2 + 0",
        )
        .bind(sale.0)
        .bind(limit)
        .fetch_all(tx)
        .await?;
        let mut queued = Queued {
            batch: Vec::with_capacity(rows.len()),
            owners: HashSet::new(),
            last: 0,
        };
        for (id, student, accepted_at, owns, last) in rows {
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

    pub(in crate::server::store) async fn lose(
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

    pub(in crate::server::store) async fn lose_unreadable(
        &self,
        reason: Reason,
        now: Millis,
    ) -> Result<u64, sqlx::Error> {
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

    pub(in crate::server::store) async fn ticket(
        &self,
        id: TicketId,
    ) -> Result<Option<TicketRow>, sqlx::Error> {
        let row: Option<TicketTuple> = sqlx::query_as(
            "select id, sale_id, student_id, state, reason, seat from ticket where id = $1",
        )
        .bind(id.0.as_slice())
        .fetch_optional(&self.readers)
        .await?;
        row.map(ticket_row).transpose()
    }

    pub(in crate::server::store) async fn oldest_waiting(
        &self,
        sale: SaleId,
    ) -> Result<Option<TicketRow>, sqlx::Error> {
        let row: Option<TicketTuple> = sqlx::query_as(
            "select id, sale_id, student_id, state, reason, seat from ticket
             where sale_id = $1 and state = 0
             order by id
             limit 1",
        )
        .bind(sale.0)
        .fetch_optional(&self.readers)
        .await?;
        row.map(ticket_row).transpose()
    }

    pub(in crate::server::store) async fn tickets_waiting(
        &self,
        limit: i64,
    ) -> Result<Vec<TicketRow>, sqlx::Error> {
        let rows: Vec<TicketTuple> =
            sqlx::query_as("select id, sale_id, student_id, state, reason, seat from ticket where state = 0 order by id limit $1 + 0")
                .bind(limit)
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter().map(ticket_row).collect()
    }

    pub(in crate::server::store) async fn live_ticket(
        &self,
        sale: SaleId,
        student: StudentId,
    ) -> Result<Option<TicketId>, sqlx::Error> {
        let sql = concat!(
            "select id from ticket where sale_id = $1 and student_id = $2 and ",
            live_ticket!()
        );
        let id: Option<Vec<u8>> = sqlx::query_scalar(sql)
            .bind(sale.0)
            .bind(student.0)
            .fetch_optional(&self.readers)
            .await?;
        id.map(|id| ticket_id(&id)).transpose()
    }

    pub(in crate::server::store) async fn holders(
        &self,
        sale: SaleId,
        students: &[StudentId],
    ) -> Result<Option<Holders>, sqlx::Error> {
        let students: Vec<i64> = students.iter().map(|student| student.0).collect();
        let rows: Vec<(i64, Option<i64>, Option<Vec<u8>>)> = sqlx::query_as(concat!(
            "select s.remaining, t.student_id, t.id from sale s
             left join (
               select student_id, id from ticket where sale_id = $2 and ",
            live_ticket!(),
            " and student_id in ",
            numbers!(),
            ") as t on true
             where s.id = $2"
        ))
        .bind(Self::numbers(&students))
        .bind(sale.0)
        .fetch_all(&self.readers)
        .await?;
        let Some(remaining) = rows.first().map(|(remaining, ..)| *remaining) else {
            return Ok(None);
        };
        let ticket = |(_, student, id): (i64, Option<i64>, Option<Vec<u8>>)| {
            Some((StudentId(student?), id?))
        };
        let tickets = rows
            .into_iter()
            .filter_map(ticket)
            .map(|(student, id)| Ok((student, ticket_id(&id)?)));
        Ok(Some(Holders {
            remaining,
            tickets: tickets.collect::<Result<_, sqlx::Error>>()?,
        }))
    }

    pub(in crate::server::store) async fn own_tickets(
        &self,
        student: StudentId,
        since: Millis,
        limit: i64,
    ) -> Result<Vec<OwnTicket>, sqlx::Error> {
        // Each half by an index of its own: the student's live ticket of a sale, and clicks with a
        // key, as pages send them. No index is kept for more: every click would pay for it.
        let rows: Vec<OwnTuple> = sqlx::query_as(concat!(
            "select t.id, t.sale_id, t.student_id, t.state, t.reason, t.seat, c.name, t.accepted_at
             from sale s
             join ticket t on t.sale_id = s.id and t.student_id = $1 and t.state = 0 and ",
            live_ticket!(),
            " join course c on c.id = s.course_id
             where s.closes_at > $2
             union all
             select t.id, t.sale_id, t.student_id, t.state, t.reason, t.seat, c.name, t.accepted_at
             from ticket t
             join sale s on s.id = t.sale_id
             join course c on c.id = s.course_id
             where t.student_id = $1 and t.click_key is not null and t.state = 2 and t.accepted_at > $2
             order by 4, 1 desc
             limit $3 + 0"
        ))
        .bind(student.0)
        .bind(since.0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        let ticket =
            |(id, sale, student, state, reason, seat, course_name, accepted_at): OwnTuple| {
                let row = ticket_row((id, sale, student, state, reason, seat))?;
                Ok(OwnTicket {
                    row,
                    course_name,
                    accepted_at: Millis(accepted_at),
                })
            };
        rows.into_iter().map(ticket).collect()
    }

    pub(in crate::server::store) async fn orders_of(
        &self,
        student: StudentId,
        limit: i64,
    ) -> Result<Vec<Order>, sqlx::Error> {
        let rows: Vec<OrderTuple> = sqlx::query_as(
            "select o.id, o.sale_id, o.course_id, c.name, c.course_img, o.price_fen, o.seat, o.ticket_id, o.created_at
             from orders o
             join course c on c.id = o.course_id
             where o.student_id = $1 and o.ended_at is null
             order by o.created_at desc, o.id desc
             limit $2 + 0",
        )
        .bind(student.0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        let order =
            |(id, sale, course, course_name, course_img, price, seat, ticket, at): OrderTuple| {
                Ok(Order {
                    id: OrderId(id),
                    sale_id: SaleId(sale),
                    course_id: CourseId(course),
                    course_name,
                    course_img,
                    price: Fen(price),
                    seat,
                    clicked_at: ticket_id(&ticket)?.moment(),
                    created_at: Millis(at),
                })
            };
        rows.into_iter().map(order).collect()
    }
}
