//! Flash sales as the shop offers them: sales, clicks, polls, and the pace of polls.

use crate::{
    rules::{
        retry::{PACE_FIRST_MS, retry_ms},
        seckill::{
            settle::Decision,
            ticket::{CODE_LOST, CODE_UNKNOWN, State},
            window::Window,
        },
    },
    server::{
        queue::{Click, ClickOutcome, HeldTicket, TicketStatus, new_ticket_id},
        shop::{args, state::AppState},
        signer::Claim,
        store::{OwnTicket, StoreError},
    },
    types::{
        account::Me,
        error::{AppError, Fault},
        ids::{SaleId, StudentId, TicketId},
        lang::Lang,
        sale::{
            ClickArgs, Clicked, LOSS_DAYS, LOSSES_MAX, Phase, PollArgs, Polled, Reason, Sale,
            SaleNow, StudentTicket,
        },
        text::Text,
        time::{DAY_MS, Millis},
    },
};
use std::sync::PoisonError;

/// How long a ticket that lost is shown to its student.
const LOST_SHOWN_MS: i64 = LOSS_DAYS * DAY_MS;
/// Tickets without a seat on the page of seats.
const TICKETS_MAX: i64 = 20;

impl AppState {
    /// Sales that are on, to come, or over not long ago.
    pub fn sales(&self) -> Vec<Sale> {
        self.cache
            .sales()
            .iter()
            .map(|sale| self.with_address(sale.clone()))
            .collect()
    }

    /// A sale, however long ago it ended: those of late from memory, the others from the database.
    ///
    /// # Errors
    /// [`AppError::NotFound`], or [`AppError::Unavailable`] when the database can't be read.
    pub async fn any_sale(&self, id: i64) -> Result<Sale, AppError> {
        let sale = match self.sale(id) {
            Err(AppError::NotFound) => self
                .store
                .sale(SaleId(id))
                .await?
                .ok_or(AppError::NotFound)?,
            known => known?,
        };
        Ok(self.with_address(sale))
    }

    fn with_address(&self, sale: Sale) -> Sale {
        Sale {
            course_img: sale.course_img.as_deref().map(|path| self.media(path)),
            ..sale
        }
    }

    /// The student's tickets without a seat: those that wait, and those that lost of late; of the
    /// latter those that have a row, and `losses`, ids that the browser kept of those that have
    /// none.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database can't be read.
    pub async fn own_tickets(
        &self,
        student: StudentId,
        losses: &[String],
    ) -> Result<Vec<StudentTicket>, AppError> {
        let since = self.clock.now().plus(-LOST_SHOWN_MS);
        let tickets = self.store.own_tickets(student, since, TICKETS_MAX).await?;
        let own = |ticket: OwnTicket| {
            let OwnTicket {
                row,
                course_name,
                accepted_at,
            } = ticket;
            let claim = Claim {
                refusal: None,
                sale: row.sale,
                student,
                id: row.id,
            };
            let reason = if let State::Lost(reason) = row.state {
                Some(reason)
            } else {
                None
            };
            StudentTicket {
                task_id: self.signer.sign(&claim),
                sale_id: row.sale,
                course_name,
                clicked_at: accepted_at,
                reason,
            }
        };
        let kept = losses
            .iter()
            .take(LOSSES_MAX)
            .filter_map(|id| self.loss(student, id))
            .filter(|loss| loss.clicked_at > since);
        Ok(tickets.into_iter().map(own).chain(kept).collect())
    }

    /// What the id of a click says that found the seats gone or the sale over: it has no row, so
    /// that its browser keeps it.
    pub fn kept_refusal(&self, task_id: &str) -> Option<Claim> {
        self.signer
            .read(task_id)
            .filter(|claim| matches!(claim.refusal, Some(Reason::SoldOut | Reason::Closed)))
    }

    /// Such a click, by an id that a browser kept; `None` when it is not this student's.
    fn loss(&self, student: StudentId, task_id: &str) -> Option<StudentTicket> {
        let claim = self
            .kept_refusal(task_id)
            .filter(|claim| claim.student == student)?;
        let sales = self.cache.sales();
        let sale = sales.iter().find(|sale| sale.id == claim.sale)?;
        let clicked_at = claim.id.moment();
        Some(StudentTicket {
            task_id: task_id.to_owned(),
            sale_id: sale.id,
            course_name: sale.course_name.clone(),
            clicked_at,
            reason: claim.refusal,
        })
    }

    /// A sale that is on, to come, or over not long ago.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn sale(&self, id: i64) -> Result<Sale, AppError> {
        self.cache
            .sales()
            .iter()
            .find(|sale| sale.id == SaleId(id))
            .cloned()
            .ok_or(AppError::NotFound)
    }

    /// The sale of a click: by its number, or the open sale of a course's name, else its next, else
    /// its last.
    ///
    /// # Errors
    /// [`AppError::NotFound`], or [`AppError::BadField`] when neither was sent, or both and the sale
    /// is of another course.
    pub fn sale_of(&self, id: Option<&Text>, name: Option<&Text>) -> Result<SaleId, AppError> {
        let sales = self.cache.sales();
        let found = match (id, Text::trimmed(name)) {
            (Some(_), name) => {
                let id = SaleId(args::id("sale", id)?);
                let found = sales.iter().find(|sale| sale.id == id);
                let is_other =
                    |sale: &Sale| name.is_some_and(|name| sale.course_name.trim() != name);
                if found.is_some_and(is_other) {
                    return Err(AppError::field("name", Fault::OutOfRange));
                }
                found
            }
            (None, Some(name)) => {
                let now = self.clock.now();
                let mut of_course = sales.iter().filter(|sale| sale.course_name.trim() == name);
                of_course
                    .clone()
                    .find(|sale| sale.closes_at > now)
                    .or_else(|| of_course.next_back())
            }
            (None, None) => return Err(AppError::field("sale", Fault::Missing)),
        };
        found.map(|sale| sale.id).ok_or(AppError::NotFound)
    }

    /// What moves about a sale.
    ///
    /// # Errors
    /// None while the database is away: then the asker's ticket is not known.
    pub async fn sale_now(&self, sale: &Sale, visitor: Option<&Me>) -> Result<SaleNow, AppError> {
        let now = self.clock.now();
        let window = Window::of(sale);
        let (mut task_id, mut no_ticket) = (None, None);
        // Nobody has a ticket before the opening.
        if let Some(me) = visitor.filter(|_| window.phase(now) != Phase::Upcoming) {
            match self.live_ticket(sale.id, me.id).await {
                HeldTicket::Ticket(id) => {
                    task_id = Some(self.signer.sign(&Claim {
                        refusal: None,
                        sale: sale.id,
                        student: me.id,
                        id,
                    }));
                }
                HeldTicket::Nothing => no_ticket = Some(true),
                HeldTicket::Away | HeldTicket::Unknown => {}
            }
        }
        Ok(SaleNow {
            now,
            phase: window.phase(now),
            opens_at: sale.opens_at,
            closes_at: sale.closes_at,
            stock: sale.stock,
            // An instance that judged no click of it has no desk to look at.
            left: self.queue.left(sale.id).or(sale.sold_out_at.map(|_| 0)),
            sold_out_at: sale.sold_out_at,
            signed_in: visitor.is_some(),
            task_id,
            no_ticket,
        })
    }

    /// The student's live ticket, as far as it is known just now.
    async fn live_ticket(&self, sale: SaleId, student: StudentId) -> HeldTicket {
        match self.queue.ticket(sale, student).await {
            known @ HeldTicket::Ticket(_) => known,
            known @ (HeldTicket::Nothing | HeldTicket::Away) if self.instance.is_held() => known,
            HeldTicket::Nothing | HeldTicket::Away | HeldTicket::Unknown => {
                match self.store.live_ticket(sale, student).await {
                    Ok(ticket) => ticket.map_or(HeldTicket::Nothing, HeldTicket::Ticket),
                    Err(error) => {
                        tracing::debug!(%error, "a student's ticket could not be looked up");
                        HeldTicket::Unknown
                    }
                }
            }
        }
    }

    /// A click of somebody who is signed in. Heard is answered with a ticket; whether it is won is
    /// what the ticket polls as.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`], [`AppError::NotFound`], [`AppError::BadField`], or
    /// [`AppError::Unavailable`] without a ticket.
    pub async fn click(
        &self,
        student: StudentId,
        args: &ClickArgs,
        lang: Lang,
    ) -> Result<Clicked, AppError> {
        self.limit_clicks(student).await?;
        let sale = self.sale_of(args.sale.as_ref(), args.name.as_ref())?;
        let outcome = self
            .judge(Click {
                sale,
                student,
                key: args::key(args.key.as_ref())?,
            })
            .await?;
        let (refusal, id) = match outcome {
            ClickOutcome::Ticket(id) => (None, id),
            ClickOutcome::Refused(reason) => (Some(reason), new_ticket_id(self.clock.now())),
        };
        let claim = Claim {
            refusal,
            sale,
            student,
            id,
        };
        let retry_ms = refusal.is_none().then(|| self.retry(&claim));
        let msg = lang.pick("您正在排队", "You are in the queue").into();
        Ok(Clicked {
            code: 100,
            msg,
            task_id: self.signer.sign(&claim),
            retry_ms,
        })
    }

    /// A click as the queue judges it. While this instance may not judge, another one may sell what
    /// is not known here: then only a ticket that is known stands.
    async fn judge(&self, click: Click) -> Result<ClickOutcome, AppError> {
        if self.instance.is_held() {
            return self.queue.click(click).await;
        }
        match self.queue.ticket(click.sale, click.student).await {
            HeldTicket::Ticket(ticket) => Ok(ClickOutcome::Ticket(ticket)),
            HeldTicket::Nothing | HeldTicket::Away | HeldTicket::Unknown => {
                Err(AppError::Unavailable)
            }
        }
    }

    /// What a ticket's id says; `None` when this shop never gave it out.
    ///
    /// # Errors
    /// [`AppError::BadField`] without an id.
    pub fn claim(&self, args: &PollArgs) -> Result<Option<Claim>, AppError> {
        Ok(self
            .signer
            .read(args::required("task_id", args.task_id.as_ref())?))
    }

    /// Where a genuine ticket stands.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the database holds what this program can't read.
    pub async fn poll(&self, claim: &Claim, lang: Lang) -> Result<Polled, AppError> {
        if let Some(reason) = claim.refusal {
            return Ok(self.polled(claim, State::Lost(reason), None, lang));
        }
        let seen = self.queue.seen(claim.sale, claim.id).await;
        if let Some(seen) = seen.filter(|seen| !seen.is_stale) {
            return Ok(self.polled(claim, seen.state, seen.place, lang));
        }
        match self.store.ticket(claim.id).await {
            Ok(Some(row)) => {
                let TicketStatus { state, place, .. } = self.queue.note(&row);
                Ok(self.polled(claim, state, place, lang))
            }
            Ok(None) => Ok(Self::no_ticket(lang)),
            Err(StoreError::Unavailable(_)) => Ok(seen.map_or_else(
                || self.not_known(claim, lang),
                |seen| self.polled(claim, seen.state, seen.place, lang),
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// The answer to an id that no key of this process verifies: there is no such ticket, unless a
    /// key may be missing here.
    pub fn unverified(&self, lang: Lang) -> Polled {
        if !self.signer.is_stale() {
            return Self::no_ticket(lang);
        }
        unknown(None, PACE_FIRST_MS, lang)
    }

    /// The answer to an id that this shop never gave out.
    pub fn no_ticket(lang: Lang) -> Polled {
        let msg = reason_text(Reason::NoTicket, lang);
        Polled {
            reason: Some(Reason::NoTicket),
            ..bare(CODE_LOST, msg)
        }
    }

    fn not_known(&self, claim: &Claim, lang: Lang) -> Polled {
        unknown(Some(claim.sale), self.retry(claim).max(PACE_FIRST_MS), lang)
    }

    fn polled(&self, claim: &Claim, state: State, place: Option<i64>, lang: Lang) -> Polled {
        let msg = match state {
            State::Won { .. } => lang.pick("秒杀成功", "You won a seat").into(),
            State::Lost(reason) => lang.pick(
                format!("秒杀失败：{}", reason_text(reason, lang)),
                format!("No seat: {}", reason_text(reason, lang)),
            ),
            State::Settling => lang.pick("还在排队", "Being settled").into(),
            State::Waiting => lang.pick("正在排队", "In the queue").into(),
        };
        let (reason, seat) = match state {
            State::Won { seat } => (None, Some(seat)),
            State::Lost(reason) => (Some(reason), None),
            State::Waiting | State::Settling => (None, None),
        };
        let waits = !state.is_terminal();
        let retry_ms = waits.then(|| self.retry(claim));
        // The status cache counts a ticket itself, too; a student asks how many are before.
        let place = place.filter(|_| waits).map(|place| place - 1);
        let clicked_at = (!waits).then(|| claim.id.moment());
        let sold_out_at = reason
            .filter(|reason| *reason == Reason::SoldOut)
            .and_then(|_| self.sold_out_at(claim.sale));
        Polled {
            reason,
            seat,
            place,
            retry_ms,
            sale: Some(claim.sale),
            clicked_at,
            sold_out_at,
            ..bare(state.code(), msg)
        }
    }

    /// The click that took the last seat of a sale that pages show.
    fn sold_out_at(&self, sale: SaleId) -> Option<Millis> {
        self.cache
            .sales()
            .iter()
            .find(|known| known.id == sale)?
            .sold_out_at
    }

    /// Milliseconds until the next poll: by the ticket's age, which its id tells.
    fn retry(&self, claim: &Claim) -> i64 {
        let now = self.clock.now();
        let pace_ms = self
            .pace
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .ms_at(now);
        retry_ms(now.since(claim.id.moment()), pace_ms, seed(claim.id))
    }

    /// Notes how long the oldest ticket of a settled batch took; one that an earlier run left
    /// waiting tells of the time in between.
    pub fn note_pace(&self, settled: &[Decision]) {
        let own = settled
            .iter()
            .map(|(ticket, _)| ticket.accepted_at)
            .filter(|at| *at >= self.began_at);
        if let Some(oldest) = own.min() {
            let now = self.clock.now();
            let mut pace = self.pace.write().unwrap_or_else(PoisonError::into_inner);
            *pace = pace.after(now.since(oldest), now);
        }
    }
}

/// The answer while it is not known how a ticket stands.
fn unknown(sale: Option<SaleId>, retry_ms: i64, lang: Lang) -> Polled {
    let msg = lang
        .pick(
            "暂时查不到，名额不会丢，请稍后再查",
            "Not known just now; your place is kept",
        )
        .into();
    Polled {
        retry_ms: Some(retry_ms),
        sale,
        ..bare(CODE_UNKNOWN, msg)
    }
}

/// A code and its sentence.
fn bare(code: u16, msg: String) -> Polled {
    Polled {
        code,
        msg,
        reason: None,
        seat: None,
        place: None,
        retry_ms: None,
        sale: None,
        clicked_at: None,
        sold_out_at: None,
    }
}

/// What tells a ticket's polls from others' of the same moment: the last of the bits that a UUID v7
/// has at random.
fn seed(id: TicketId) -> u16 {
    u16::from_be_bytes([id.0[14], id.0[15]])
}

/// Why there is no seat, as a clause for other programs. Pages have sentences of their own
/// (`ui/text/seckill`), which may name moments and say what to do next.
fn reason_text(reason: Reason, lang: Lang) -> String {
    let (zh, en) = match reason {
        Reason::SoldOut => ("名额已抢完", "all seats are taken"),
        Reason::TooEarly => (
            "您点击时还没有开抢",
            "the sale had not opened when you clicked",
        ),
        Reason::Closed => ("您点击时活动已结束", "the sale was over when you clicked"),
        Reason::Paused => ("您点击时活动暂停着", "the sale was paused when you clicked"),
        Reason::AlreadyYours => (
            "每人限一席，您已经有了，或者这门课已经是您的",
            "one seat each, and you have yours, or the course already",
        ),
        Reason::GaveUp => (
            "这次没有成功，没有扣款，请再试一次",
            "this ticket could not be settled, nothing was charged: please try again",
        ),
        Reason::NoTicket => ("没有这张票", "there is no such ticket"),
        Reason::HoldsSpent => (
            "这一场的座位您几次没有按时付款，不能再抢",
            "you let seats of this sale lapse unpaid as often as is allowed",
        ),
    };
    lang.pick(zh, en).into()
}
