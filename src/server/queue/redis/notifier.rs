//! Background publisher: after a commit it tells Redis (doorbell, decisions that were read, freed
//! tokens), best effort, so that no request waits for it. Lost messages are made up for by the
//! sweep, the database and `repair_seats`.

use super::{
    admission::{Desks, NotJudged},
    keys::BELL,
    status,
};
use crate::{
    rules::seckill::settle::Decision,
    server::{
        redis::client::{Away, RedisClient},
        store::{NewTicket, TicketRow},
        supervisor::supervise,
    },
    types::ids::{SaleId, StudentId, TicketId},
};
use redis::pipe;
use std::{collections::HashSet, sync::Arc};
use tokio::sync::{Notify, mpsc};

/// News that wait at most; more get lost.
const NEWS_MAX: usize = 8_192;
/// Entries of the doorbell at most, roughly.
const BELLS_MAX: usize = 10_000;
/// The version of the doorbell's entries that this program writes.
pub(super) const VERSION: &str = "1";

pub(super) enum Event {
    /// These tickets are in the database.
    Recorded(Vec<TicketRow>),
    /// It is not known whether these are.
    Failed(Vec<NewTicket>),
    /// A ticket took a token, and the database did not take it; perhaps another live one of the
    /// student stands.
    Refused {
        sale: SaleId,
        student: StudentId,
        ticket: TicketId,
        standing: Option<TicketId>,
    },
    Decided(Vec<Decision>),
    /// The database says so: decided.
    Read(TicketRow),
    /// Seats or settings changed.
    Changed(SaleId),
    /// The database is final ([`crate::rules::seckill::admission::is_final`]), the desk was not.
    Final(SaleId),
}

#[derive(Clone)]
pub(super) struct Notifier(mpsc::Sender<Event>);

impl Notifier {
    /// `bell` wakes this instance's own worker when Redis can't wake any.
    pub(super) fn start(link: RedisClient, admission: Arc<Desks>, bell: Arc<Notify>) -> Self {
        let (sender, news) = mpsc::channel(NEWS_MAX);
        let mut task = Task {
            link,
            admission,
            bell,
            news,
        };
        tokio::spawn(supervise("notifier", async move || task.run().await));
        Self(sender)
    }

    /// `false`: too many wait, and this one is lost.
    pub(super) fn tell(&self, news: Event) -> bool {
        let is_told = self.0.try_send(news).is_ok();
        if !is_told {
            metrics::counter!("qiangke_news_lost_total").increment(1);
        }
        is_told
    }
}

struct Task {
    link: RedisClient,
    admission: Arc<Desks>,
    bell: Arc<Notify>,
    news: mpsc::Receiver<Event>,
}

impl Task {
    async fn run(&mut self) {
        while let Some(news) = self.news.recv().await {
            match news {
                Event::Recorded(rows) => {
                    if self.ring(&rows).await.is_err() {
                        self.bell.notify_one();
                    }
                }
                Event::Failed(tickets) => {
                    for sale in tickets
                        .iter()
                        .map(|ticket| ticket.sale)
                        .collect::<HashSet<_>>()
                    {
                        let own = tickets
                            .iter()
                            .filter(|ticket| ticket.sale == sale)
                            .map(|ticket| (ticket.student, ticket.id));
                        let _ = self
                            .admission
                            .withdraw(sale, &own.collect::<Vec<_>>())
                            .await;
                    }
                }
                Event::Refused {
                    sale,
                    student,
                    ticket,
                    standing,
                } => {
                    if self
                        .admission
                        .release(sale, &[(student, ticket, standing)])
                        .await
                        .is_err()
                    {
                        self.admission.doubt(sale);
                    }
                }
                Event::Decided(decisions) => self.take_back(&decisions).await,
                Event::Read(row) => {
                    let _ = status::write(&self.link, &[row]).await;
                }
                Event::Changed(sale) => self.recounted(sale, self.admission.rebuild(sale).await),
                Event::Final(sale) => self.recounted(sale, self.admission.finish(sale).await),
            }
        }
    }

    async fn ring(&self, rows: &[TicketRow]) -> Result<(), Away> {
        let mut commands = pipe();
        for sale in rows.iter().map(|row| row.sale).collect::<HashSet<_>>() {
            let entry = commands
                .cmd("XADD")
                .arg(BELL)
                .arg("MAXLEN")
                .arg("~")
                .arg(BELLS_MAX)
                .arg("*");
            entry.arg("v").arg(VERSION).arg("sale").arg(sale.0).ignore();
        }
        self.link.ask_all(&commands).await
    }

    async fn take_back(&self, decisions: &[Decision]) {
        // A lost ticket's token is not simply free: it was lost because more were given out than
        // there are seats.
        let lost = || {
            decisions
                .iter()
                .filter(|(_, outcome)| outcome.is_err())
                .map(|(ticket, _)| ticket)
        };
        if let Some(sale) = lost().next().map(|ticket| ticket.sale) {
            let _ = self
                .admission
                .withdraw(
                    sale,
                    &lost()
                        .map(|ticket| (ticket.student, ticket.id))
                        .collect::<Vec<_>>(),
                )
                .await;
            self.recounted(sale, self.admission.rebuild(sale).await);
        }
    }

    fn recounted(&self, sale: SaleId, outcome: Result<(), NotJudged>) {
        if let Err(fault) = outcome {
            tracing::debug!(%sale, ?fault, "a desk could not be counted anew; the next click tries again");
            self.admission.doubt(sale);
        }
    }
}
