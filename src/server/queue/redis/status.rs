//! A ticket's state in Redis, so that it is polled on any instance: written after the commit that
//! decided it, never before.

use super::keys;
use crate::{
    rules::seckill::{settle::Decision, ticket::State},
    server::{
        redis::client::{Away, RedisClient},
        store::TicketRow,
    },
    types::{
        ids::{SaleId, TicketId},
        sale::Reason,
    },
};
use redis::{cmd, pipe};

/// Seconds that a decision is kept; after that the database is asked.
const DECIDED_S: u64 = 600;

/// Writes what was decided.
pub(super) async fn publish(link: &RedisClient, decisions: &[Decision]) -> Result<(), Away> {
    let row = |(ticket, outcome): &Decision| {
        let state = outcome.map_or_else(State::Lost, |seat| State::Won { seat });
        TicketRow {
            id: ticket.id,
            sale: ticket.sale,
            student: ticket.student,
            state,
        }
    };
    write(link, &decisions.iter().map(row).collect::<Vec<_>>()).await
}

/// Writes decided tickets. One that waits is not written: it would be believed for a while after it
/// is decided.
pub(super) async fn write(link: &RedisClient, rows: &[TicketRow]) -> Result<(), Away> {
    let mut commands = pipe();
    for row in rows {
        if let Some(value) = encode(row.state) {
            commands
                .cmd("SET")
                .arg(keys::ticket(row.sale, row.id))
                .arg(value)
                .arg("EX")
                .arg(DECIDED_S)
                .ignore();
        }
    }
    if commands.is_empty() {
        Ok(())
    } else {
        link.ask_all(&commands).await
    }
}

/// How a ticket was decided, if that is there.
pub(super) async fn read(
    link: &RedisClient,
    sale: SaleId,
    id: TicketId,
) -> Result<Option<State>, Away> {
    let value: Option<String> = link.ask(cmd("GET").arg(keys::ticket(sale, id))).await?;
    Ok(value.as_deref().and_then(decode))
}

fn encode(state: State) -> Option<String> {
    match state {
        State::Waiting | State::Settling => None,
        State::Won { seat } => Some(format!("won {seat}")),
        State::Lost(reason) => Some(format!("lost {}", reason.number())),
    }
}

/// What another version wrote is nothing: the database is asked.
fn decode(text: &str) -> Option<State> {
    match text.split_once(' ') {
        Some(("won", seat)) => seat.parse().ok().map(|seat| State::Won { seat }),
        Some(("lost", reason)) => reason
            .parse()
            .ok()
            .and_then(Reason::of_number)
            .map(State::Lost),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let lost = Reason::ALL.map(State::Lost);
        for state in lost
            .into_iter()
            .chain([State::Won { seat: 1 }, State::Won { seat: i64::MAX }])
        {
            assert_eq!(encode(state).as_deref().and_then(decode), Some(state));
        }
        assert_eq!(
            [State::Waiting, State::Settling].map(encode),
            [None, None],
            "only what is final is believed later"
        );
        for text in ["", "waiting", "won", "won x", "lost 200", "refunded 3"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
