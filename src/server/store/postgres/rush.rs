//! The statements of the rush: a batch is one statement, whatever its size.

use super::{Connection, Engine, queries};
use crate::{
    rules::seckill::settle::{Decision, seats_taken},
    server::store::{
        error::expect_rows,
        ticket::{NewTicket, TicketRow},
    },
    types::{
        ids::{SaleId, TicketId},
        sale::Reason,
    },
};
use std::collections::HashSet;

/// A click's identity, the ticket that stands in its way, and whether that is live.
type Standing = (
    Vec<u8>,
    Vec<u8>,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    bool,
);

impl Engine {
    /// Writes those clicks of a batch that nothing stands in the way of; gives how many.
    ///
    /// Always in the order of sale and student: two servers whose batches have students in common
    /// wait for each other in one direction only.
    pub(super) async fn insert_tickets(
        tx: &mut Connection,
        batch: &[&NewTicket],
    ) -> Result<u64, sqlx::Error> {
        let ids: Vec<&[u8]> = batch.iter().map(|ticket| ticket.id.0.as_slice()).collect();
        let sales: Vec<i64> = batch.iter().map(|ticket| ticket.sale.0).collect();
        let students: Vec<i64> = batch.iter().map(|ticket| ticket.student.0).collect();
        let keys: Vec<Option<&str>> = batch.iter().map(|ticket| ticket.key.as_deref()).collect();
        let moments: Vec<i64> = batch.iter().map(|ticket| ticket.accepted_at.0).collect();
        let inserted = sqlx::query(
            "insert into ticket (id, sale_id, student_id, click_key, state, accepted_at)
             select id, sale_id, student_id, click_key, 0, accepted_at
             from unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])
               as click (id, sale_id, student_id, click_key, accepted_at)
             order by sale_id, student_id, id
             on conflict do nothing",
        )
        .bind(ids)
        .bind(sales)
        .bind(students)
        .bind(keys)
        .bind(moments)
        .execute(tx)
        .await?;
        Ok(inserted.rows_affected())
    }

    /// Those clicks of a batch that are in the database under their own ids.
    pub(super) async fn recorded(
        tx: &mut Connection,
        batch: &[&NewTicket],
    ) -> Result<HashSet<TicketId>, sqlx::Error> {
        let ids: Vec<&[u8]> = batch.iter().map(|ticket| ticket.id.0.as_slice()).collect();
        let recorded: Vec<Vec<u8>> = sqlx::query_scalar("select id from ticket where id = any($1)")
            .bind(ids)
            .fetch_all(tx)
            .await?;
        recorded.iter().map(|id| queries::ticket_id(id)).collect()
    }

    /// The tickets that kept clicks out, by the click's own, and whether they are live: the
    /// student's live one, else the one of the same key.
    pub(super) async fn standing(
        tx: &mut Connection,
        batch: &[&NewTicket],
    ) -> Result<Vec<(TicketId, (TicketRow, bool))>, sqlx::Error> {
        let ids: Vec<&[u8]> = batch.iter().map(|ticket| ticket.id.0.as_slice()).collect();
        let sales: Vec<i64> = batch.iter().map(|ticket| ticket.sale.0).collect();
        let students: Vec<i64> = batch.iter().map(|ticket| ticket.student.0).collect();
        let keys: Vec<Option<&str>> = batch.iter().map(|ticket| ticket.key.as_deref()).collect();
        let rows: Vec<Standing> = sqlx::query_as(concat!(
            "select click.id as click_id, stands.*
             from unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[]) as click (id, sale_id, student_id, click_key)
             cross join lateral (
               select id, sale_id, student_id, state, reason, seat, ",
            live_ticket!(),
            " as is_live from ticket
               where sale_id = click.sale_id and student_id = click.student_id and (",
            live_ticket!(),
            " or ticket.click_key = click.click_key)
               order by is_live desc
               limit 1
             ) as stands"
        ))
        .bind(ids)
        .bind(sales)
        .bind(students)
        .bind(keys)
        .fetch_all(tx)
        .await?;
        let stands = |(click, id, sale, student, state, reason, seat, is_live): Standing| {
            Ok((
                queries::ticket_id(&click)?,
                queries::standing_row((id, sale, student, state, reason, seat, is_live))?,
            ))
        };
        rows.into_iter().map(stands).collect()
    }

    /// Writes new sessions; gives how many.
    pub(super) async fn insert_sessions(
        tx: &mut Connection,
        sessions: &[(String, Vec<u8>)],
        expires_at: i64,
    ) -> Result<u64, sqlx::Error> {
        let ids: Vec<&str> = sessions.iter().map(|(id, _)| id.as_str()).collect();
        let data: Vec<&[u8]> = sessions.iter().map(|(_, data)| data.as_slice()).collect();
        let written = sqlx::query(
            "insert into session (id, data, expires_at)
             select id, data, $3 from unnest($1::text[], $2::bytea[]) as given (id, data)",
        )
        .bind(ids)
        .bind(data)
        .bind(expires_at)
        .execute(tx)
        .await?;
        Ok(written.rows_affected())
    }

    /// Takes a batch's seats and writes its decisions; the caller holds the sale's row.
    pub(super) async fn write_decisions(
        tx: &mut Connection,
        sale: SaleId,
        decisions: &[Decision],
        now: i64,
    ) -> Result<(), sqlx::Error> {
        let deducted = sqlx::query(deduct!())
            .bind(sale.0)
            .bind(seats_taken(decisions))
            .bind(now)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        expect_rows("sale", 1, deducted)?;
        let ids: Vec<&[u8]> = decisions
            .iter()
            .map(|(ticket, _)| ticket.id.0.as_slice())
            .collect();
        let seats: Vec<Option<i64>> = decisions.iter().map(|(_, outcome)| outcome.ok()).collect();
        let reasons: Vec<Option<i64>> = decisions
            .iter()
            .map(|(_, outcome)| outcome.err().map(Reason::number).map(i64::from))
            .collect();
        let wins = decisions
            .iter()
            .filter(|(_, outcome)| outcome.is_ok())
            .count();
        let orders = sqlx::query(concat!(
            "insert into orders (ticket_id, sale_id, student_id, course_id, price_fen, seat, created_at, state, expires_at, paid_at)
             select t.id, t.sale_id, t.student_id, s.course_id, s.price_fen, d.seat, $3, ",
            new_order!(),
            "
             from unnest($1::bytea[], $2::bigint[]) as d (id, seat)
             join ticket t on t.id = d.id
             join sale s on s.id = t.sale_id
             where d.seat is not null",
        ))
        .bind(&ids)
        .bind(&seats)
        .bind(now)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        expect_rows("orders", wins, orders)?;
        let tickets = sqlx::query(
            "update ticket
             set state = case when d.seat is null then 2 else 1 end, seat = d.seat, reason = d.reason, decided_at = $4
             from unnest($1::bytea[], $2::bigint[], $3::bigint[]) as d (id, seat, reason)
             where ticket.id = d.id and ticket.state = 0",
        )
        .bind(&ids)
        .bind(&seats)
        .bind(&reasons)
        .bind(now)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        expect_rows("tickets", decisions.len(), tickets)
    }
}
