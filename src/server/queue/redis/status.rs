//! A ticket's state in Redis, so that it is polled on any instance: written after the commit that decided it, never before.

use super::keys;
use crate::{
    seckill::ticket::State,
    server::{
        link::{Away, Link},
        store::TicketRow,
    },
    types::{
        ids::{SaleId, TicketId},
        sale::Reason,
    },
};
use redis::{Pipeline, cmd};

/// Seconds that a decision is kept; after that the record is asked.
const DECIDED_S: u64 = 600;
/// Milliseconds that `waiting` is believed: when a decision's own message got lost, the record tells soon after.
const WAITING_MS: u64 = 2_000;

/// Appends the command that writes a ticket's state. Waiting never takes the place of a decision.
pub(super) fn write(commands: &mut Pipeline, row: &TicketRow) {
    let (key, value) = (keys::ticket(row.sale, row.id), encode(row.state));
    let command = commands.cmd("SET").arg(key).arg(value);
    if row.state.is_terminal() {
        command.arg("EX").arg(DECIDED_S).ignore();
    } else {
        command.arg("PX").arg(WAITING_MS).arg("NX").ignore();
    }
}

/// A ticket's state, if it is there.
pub(super) async fn read(link: &Link, sale: SaleId, id: TicketId) -> Result<Option<State>, Away> {
    let value: Option<String> = link.ask(cmd("GET").arg(keys::ticket(sale, id))).await?;
    Ok(value.as_deref().and_then(decode))
}

fn encode(state: State) -> String {
    match state {
        State::Waiting | State::Settling => "waiting".into(),
        State::Won { seat } => format!("won {seat}"),
        State::Lost(reason) => format!("lost {}", reason.number()),
    }
}

/// What a later version wrote is nothing: the record is asked.
fn decode(text: &str) -> Option<State> {
    match text.split_once(' ') {
        None => (text == "waiting").then_some(State::Waiting),
        Some(("won", seat)) => seat.parse().ok().map(|seat| State::Won { seat }),
        Some(("lost", reason)) => reason.parse().ok().and_then(Reason::of_number).map(State::Lost),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let lost = Reason::ALL.map(State::Lost);
        for state in lost.into_iter().chain([State::Waiting, State::Won { seat: 1 }, State::Won { seat: i64::MAX }]) {
            assert_eq!(decode(&encode(state)), Some(state));
        }
        assert_eq!(encode(State::Settling), encode(State::Waiting), "settling lives in memory only");
        for text in ["", "won", "won x", "lost 200", "refunded 3"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
