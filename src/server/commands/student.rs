//! `qiangke student`: what is kept of a person, and how that ends.

use super::{confirm, parsed};
use crate::{
    server::{
        clock::{Clock, rfc3339},
        config::Database,
        identity::caller,
        output::{Output, counted},
        store::{Erased, Person},
    },
    types::{
        account::Mobile, money::Fen, order::OrderState, payment::Provider, sale::Reason,
        time::Millis,
    },
};
use anyhow::ensure;
use clap::Subcommand;
use serde_json::{Value, json};

/// `qiangke student …`.
#[derive(Debug, Subcommand)]
pub enum StudentCommand {
    /// Write what is kept of a person to standard output, as JSON: all but counters of SMS and the
    /// note that sessions were ended, which are gone within a day
    Export {
        /// The mobile
        mobile: String,
        #[command(flatten)]
        database: Database,
    },
    /// Take a person out of the database, for ever. Orders stay, without the person; the mobile may
    /// sign in anew, as another student. Backups, and the file of SMS_PROVIDER=file, are not
    /// touched
    Erase {
        /// The mobile
        mobile: String,
        /// Do not ask back
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        database: Database,
    },
}

pub(super) async fn run(command: StudentCommand, output: &mut Output) -> anyhow::Result<()> {
    match command {
        StudentCommand::Export { mobile, database } => {
            export(&parsed(&mobile)?, &database, output).await
        }
        StudentCommand::Erase {
            mobile,
            yes,
            database,
        } => erase(&parsed(&mobile)?, yes, &database, output).await,
    }
}

async fn export(mobile: &Mobile, database: &Database, output: &mut Output) -> anyhow::Result<()> {
    let person = super::open(database).await?.person(mobile).await?;
    ensure!(!is_nobody(&person), "nothing is kept of this mobile");
    output.line(serde_json::to_string_pretty(&described(
        mobile,
        &person,
        Clock::System.now(),
    ))?);
    Ok(())
}

async fn erase(
    mobile: &Mobile,
    yes: bool,
    database: &Database,
    output: &mut Output,
) -> anyhow::Result<()> {
    let store = super::open(database).await?;
    let person = store.person(mobile).await?;
    ensure!(!is_nobody(&person), "nothing is kept of this mobile");
    let held = person
        .orders
        .iter()
        .filter(|order| order.ended_at.is_none())
        .count();
    let doubt = format!(
        "this can't be undone: {} is forgotten, and {} taken, without them",
        mobile.masked(),
        counted(
            held,
            "seat that they hold stays",
            "seats that they hold stay"
        )
    );
    confirm::agree(&[doubt], yes)?;
    let erased = store.erase(mobile, Clock::System.now()).await?;
    ensure!(!erased.is_nothing(), "nothing is kept of this mobile");
    let Erased {
        student,
        sessions,
        networks,
        codes,
        messages,
        orders,
        progress,
    } = erased;
    let whose = student.map_or_else(
        || "no student".to_owned(),
        |id| format!("student {id}, who has no name any more"),
    );
    output.done(format_args!(
        "erased: {whose}; {} (servers that run notice within two seconds), {}, {}, \
         {messages} SMS to be sent, {} with progress; {}, without the person",
        counted(sessions, "session", "sessions"),
        counted(networks, "network", "networks"),
        counted(codes, "code", "codes"),
        counted(progress, "section", "sections"),
        counted(orders, "order stays", "orders stay")
    ));
    Ok(())
}

fn is_nobody(person: &Person) -> bool {
    person.student.is_none() && person.codes.is_empty() && person.messages.is_empty()
}

/// What is kept of a person, for the person to read.
fn described(mobile: &Mobile, person: &Person, now: Millis) -> Value {
    let at = |ms: i64| rfc3339(Millis(ms));
    let sessions = person.sessions.iter().map(|session| {
        let (since, device) = caller::place(&session.data);
        json!({"since": since.map(rfc3339), "browser": device, "expires_at": at(session.expires_at)})
    });
    let networks = person
        .networks
        .iter()
        .map(|network| json!({"hash": network.network, "last_sign_in": at(network.used_at)}));
    let codes = person
        .codes
        .iter()
        .map(|code| json!({"expires_at": at(code.expires_at), "tries_left": code.tries_left}));
    let messages = person
        .messages
        .iter()
        .map(|message| json!({"asked_at": at(message.created_at)}));
    let tickets = person.tickets.iter().map(|ticket| {
        json!({
            "sale": ticket.sale_id, "state": state(ticket.state), "reason": ticket.reason.and_then(reason),
            "accepted_at": at(ticket.accepted_at), "decided_at": ticket.decided_at.map(at), "released_at": ticket.released_at.map(at),
            "key": ticket.click_key,
        })
    });
    let orders = person.orders.iter().map(|order| {
        json!({
            "order": order.id, "sale": order.sale_id, "course": {"id": order.course_id, "name": order.course}, "seat": order.seat,
            "price": Fen(order.price_fen), "won_at": at(order.created_at), "ended_at": order.ended_at.map(at), "end_reason": order.end_reason,
            "cancel_reason": order.cancel_reason,
            "state": OrderState::of_number(order.state).map(OrderState::name), "hold_ends_at": order.expires_at.map(at),
            "paid_at": order.paid_at.map(at), "may_study": order.is_entitled,
        })
    });
    let payments = person.payments.iter().map(|payment| {
        json!({
            "order": payment.order_id, "provider": Provider::of_number(payment.provider).map(Provider::name),
            "name": payment.out_trade_no, "provider_name": payment.gateway_no, "amount": Fen(payment.amount_fen),
            "received": payment.received_fen.map(Fen), "made_at": at(payment.created_at), "paid_at": payment.paid_at.map(at),
            "paid_back": payment.refund_fen.map(Fen), "paid_back_at": payment.refunded_at.map(at),
        })
    });
    let progress = person.progress.iter().map(|row| {
        json!({
            "section": row.section_id, "position_s": row.position_s, "furthest_s": row.furthest_s, "length_s": row.length_s,
            "done_at": row.done_at.map(at), "updated_at": at(row.updated_at),
        })
    });
    json!({
        "mobile": mobile.digits(),
        "exported_at": rfc3339(now),
        "student": person.student.map(|(id, since)| json!({"id": id, "since": at(since)})),
        "sessions": sessions.collect::<Vec<_>>(),
        "networks": networks.collect::<Vec<_>>(),
        "codes": codes.collect::<Vec<_>>(),
        "messages": messages.collect::<Vec<_>>(),
        "tickets": tickets.collect::<Vec<_>>(),
        "orders": orders.collect::<Vec<_>>(),
        "progress": progress.collect::<Vec<_>>(),
        "payments": payments.collect::<Vec<_>>(),
        "member_until": person.member_until.map(at),
    })
}

fn state(number: i64) -> &'static str {
    match number {
        0 => "waiting",
        1 => "won",
        2 => "lost",
        _ => "of a later version",
    }
}

fn reason(number: i64) -> Option<Value> {
    let reason = u8::try_from(number).ok().and_then(Reason::of_number)?;
    serde_json::to_value(reason).ok()
}
