//! Tickets: what the queue, the polls and the page of seats read and write of them.

use super::Engine;
use crate::{
    rules::seckill::ticket::State,
    server::store::{
        error::expect_rows,
        ticket::{Holders, Landed, NewTicket, OwnTicket, TicketRow},
    },
    types::{
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use std::collections::HashMap;

type TicketTuple = (Vec<u8>, i64, i64, i64, Option<i64>, Option<i64>);
type StandingTuple = (Vec<u8>, i64, i64, i64, Option<i64>, Option<i64>, bool);
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

/// A ticket's identity as the database keeps it.
pub fn ticket_id(bytes: &[u8]) -> Result<TicketId, sqlx::Error> {
    bytes
        .try_into()
        .map(TicketId)
        .map_err(|_| sqlx::Error::Decode("ticket.id has not 16 bytes".into()))
}

pub fn ticket_row(
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
pub fn standing_row(
    (id, sale, student, state, reason, seat, is_live): StandingTuple,
) -> Result<(TicketRow, bool), sqlx::Error> {
    Ok((
        ticket_row((id, sale, student, state, reason, seat))?,
        is_live,
    ))
}

impl Engine {
    pub async fn accept(&self, batch: &[NewTicket]) -> Result<Vec<Landed>, sqlx::Error> {
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

    pub async fn sales_waiting(&self) -> Result<Vec<SaleId>, sqlx::Error> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "select distinct sale_id from ticket where state = 0 order by sale_id",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(ids.into_iter().map(SaleId).collect())
    }

    pub async fn ticket(&self, id: TicketId) -> Result<Option<TicketRow>, sqlx::Error> {
        let row: Option<TicketTuple> = sqlx::query_as(
            "select id, sale_id, student_id, state, reason, seat from ticket where id = $1",
        )
        .bind(id.0.as_slice())
        .fetch_optional(&self.readers)
        .await?;
        row.map(ticket_row).transpose()
    }

    pub async fn oldest_waiting(&self, sale: SaleId) -> Result<Option<TicketRow>, sqlx::Error> {
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

    pub async fn tickets_waiting(&self, limit: i64) -> Result<Vec<TicketRow>, sqlx::Error> {
        let rows: Vec<TicketTuple> =
            sqlx::query_as("select id, sale_id, student_id, state, reason, seat from ticket where state = 0 order by id limit $1 + 0")
                .bind(limit)
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter().map(ticket_row).collect()
    }

    pub async fn live_ticket(
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

    pub async fn holders(
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

    pub async fn own_tickets(
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
}
