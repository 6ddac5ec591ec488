//! The rush on SQLite: a batch is one statement, whose rows are one JSON parameter.

use super::{Connection, Engine, queries};
use crate::{
    rules::seckill::settle::{Decision, seats_taken},
    server::store::{
        error::expect_rows,
        ticket::{NewTicket, TicketRow},
    },
    types::{
        hex::hex,
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use serde::Serialize;
use serde_json::json;
use std::collections::HashSet;

/// Rows as one parameter, for `json_each`.
pub(super) fn rows(rows: impl Iterator<Item = impl Serialize>) -> Result<String, sqlx::Error> {
    serde_json::to_string(&rows.collect::<Vec<_>>())
        .map_err(|error| sqlx::Error::Encode(error.into()))
}

impl Engine {
    /// Writes those clicks of a batch that nothing stands in the way of; gives how many.
    pub(super) async fn insert_tickets(
        tx: &mut Connection,
        batch: &[&NewTicket],
    ) -> Result<u64, sqlx::Error> {
        /// A click as a row of JSON.
        #[derive(Serialize)]
        struct ClickJson<'a> {
            id: String,
            sale: SaleId,
            student: StudentId,
            key: Option<&'a str>,
            at: Millis,
        }
        impl<'a> From<&&'a NewTicket> for ClickJson<'a> {
            fn from(t: &&'a NewTicket) -> Self {
                Self {
                    id: hex(&t.id.0),
                    sale: t.sale,
                    student: t.student,
                    key: t.key.as_deref(),
                    at: t.accepted_at,
                }
            }
        }
        let inserted = sqlx::query(
            "insert into ticket (id, sale_id, student_id, click_key, state, accepted_at)
             select unhex(value ->> 'id'), value ->> 'sale', value ->> 'student', value ->> 'key', 0, value ->> 'at'
             from json_each($1) where true
             on conflict do nothing",
        )
        .bind(rows(batch.iter().map(ClickJson::from))?)
        .execute(tx)
        .await?;
        Ok(inserted.rows_affected())
    }

    /// Those clicks of a batch that are in the database under their own ids.
    pub(super) async fn recorded(
        tx: &mut Connection,
        batch: &[&NewTicket],
    ) -> Result<HashSet<TicketId>, sqlx::Error> {
        let ids = rows(batch.iter().map(|ticket| hex(&ticket.id.0)))?;
        let recorded: Vec<Vec<u8>> = sqlx::query_scalar(
            "select id from ticket where id in (select unhex(value) from json_each($1))",
        )
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
        let mut standing = Vec::new();
        for ticket in batch {
            let row = sqlx::query_as(concat!(
                "select id, sale_id, student_id, state, reason, seat, ",
                live_ticket!(),
                " as is_live from ticket
                 where sale_id = $1 and student_id = $2 and (",
                live_ticket!(),
                " or click_key = $3)
                 order by is_live desc
                 limit 1"
            ))
            .bind(ticket.sale.0)
            .bind(ticket.student.0)
            .bind(&ticket.key)
            .fetch_optional(&mut *tx)
            .await?;
            standing.extend(
                row.map(queries::standing_row)
                    .transpose()?
                    .map(|row| (ticket.id, row)),
            );
        }
        Ok(standing)
    }

    /// Writes new sessions; gives how many.
    pub(super) async fn insert_sessions(
        tx: &mut Connection,
        sessions: &[(String, Vec<u8>)],
        expires_at: i64,
    ) -> Result<u64, sqlx::Error> {
        let rows: Vec<_> = sessions
            .iter()
            .map(|(id, data)| json!({"id": id, "data": hex(data)}))
            .collect();
        let rows =
            serde_json::to_string(&rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let written = sqlx::query(
            "insert into session (id, data, expires_at)
             select value ->> 'id', unhex(value ->> 'data'), $2 from json_each($1)",
        )
        .bind(rows)
        .bind(expires_at)
        .execute(tx)
        .await?;
        Ok(written.rows_affected())
    }

    /// Takes a batch's seats and writes its decisions; the caller holds the transaction.
    ///
    /// In one go, since each goes to the driver's thread and back, and everybody else who writes
    /// waits meanwhile. No statement can touch more rows than it should (one sale, an order for
    /// each win, each ticket once), so that all did when the sum is right.
    pub(super) async fn write_decisions(
        tx: &mut Connection,
        sale: SaleId,
        decisions: &[Decision],
        now: i64,
    ) -> Result<(), sqlx::Error> {
        /// A decision as a row of JSON.
        #[derive(Serialize)]
        struct DecisionJson {
            id: String,
            seat: Option<i64>,
            reason: Option<u8>,
        }
        let row = |(ticket, outcome): &Decision| DecisionJson {
            id: hex(&ticket.id.0),
            seat: outcome.ok(),
            reason: outcome.err().map(Reason::number),
        };
        let rows = rows(decisions.iter().map(row))?;
        let wins = decisions
            .iter()
            .filter(|(_, outcome)| outcome.is_ok())
            .count();
        let written = sqlx::query(concat!(
            deduct!(),
            ";
             insert into orders (ticket_id, sale_id, student_id, course_id, price_fen, seat, created_at, state, expires_at, paid_at)
             select t.id, t.sale_id, t.student_id, s.course_id, s.price_fen, d.value ->> 'seat', $3, ",
            new_order!(),
            "
             from json_each($4) d
             join ticket t on t.id = unhex(d.value ->> 'id')
             join sale s on s.id = t.sale_id
             where d.value ->> 'seat' is not null;
             update ticket
             set state = case when d.value ->> 'seat' is null then 2 else 1 end,
                 seat = d.value ->> 'seat', reason = d.value ->> 'reason', decided_at = $3
             from json_each($4) d
             where ticket.id = unhex(d.value ->> 'id') and ticket.state = 0",
        ))
        .bind(sale.0)
        .bind(seats_taken(decisions))
        .bind(now)
        .bind(&rows)
        .execute(tx)
        .await?
        .rows_affected();
        expect_rows(
            "a sale, its orders and tickets",
            1 + wins + decisions.len(),
            written,
        )
    }
}
