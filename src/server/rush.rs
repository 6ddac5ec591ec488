//! The way of a click, from the sale to its ticket's status.

use crate::{
    seckill::{
        sale::Window,
        ticket::{CODE_LOST, CODE_UNKNOWN, RETRY_FIRST_MS, State, retry_ms},
    },
    server::{
        queue::{Click, Outcome, Seen},
        signer::Claim,
        state::AppState,
        store::StoreError,
    },
    types::{
        account::Me,
        error::{AppError, Fault},
        ids::{SaleId, StudentId, TicketId},
        lang::Lang,
        sale::{Polled, Reason, Sale, SaleNow},
        text::Text,
        time::Millis,
    },
};

impl AppState {
    /// Sales that are on, to come, or over not long ago.
    pub fn sales(&self) -> Vec<Sale> {
        let with_address = |sale: &Sale| Sale { course_img: sale.course_img.as_deref().map(|path| self.media(path)), ..sale.clone() };
        self.cache.sales().iter().map(with_address).collect()
    }

    /// A sale that is on, to come, or over not long ago.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn sale(&self, id: i64) -> Result<Sale, AppError> {
        self.cache.sales().iter().find(|sale| sale.id == SaleId(id)).cloned().ok_or(AppError::NotFound)
    }

    /// The sale of a click: by its number, or the open sale of a course's name, else its next, else its last.
    ///
    /// # Errors
    /// [`AppError::NotFound`], or [`AppError::BadField`] when neither was sent.
    pub fn sale_of(&self, id: Option<&Text>, name: Option<&Text>) -> Result<Sale, AppError> {
        let name = match (id, Text::trimmed(name)) {
            (Some(_), _) => return self.sale(crate::server::field::id("sale", id)?),
            (None, Some(name)) => name,
            (None, None) => return Err(AppError::field("sale", Fault::Missing)),
        };
        let now = self.clock.now();
        let sales = self.cache.sales();
        let mut of_course = sales.iter().filter(|sale| sale.course_name == name);
        let first = of_course.clone().find(|sale| sale.closes_at > now);
        first.or_else(|| of_course.next_back()).cloned().ok_or(AppError::NotFound)
    }

    /// What moves about a sale.
    ///
    /// # Errors
    /// None while the record is away: then the asker's ticket is not known.
    pub async fn sale_now(&self, sale: &Sale, visitor: Option<&Me>) -> Result<SaleNow, AppError> {
        let mut task_id = None;
        if let Some(me) = visitor {
            let ticket = self.store.live_ticket(sale.id, me.id).await.map_err(AppError::from).unwrap_or_default();
            task_id = ticket.map(|id| self.signer.sign(&Claim { refusal: None, sale: sale.id, student: me.id, id }));
        }
        let now = self.clock.now();
        let window = Window::of(sale);
        Ok(SaleNow {
            now,
            phase: window.phase(now),
            opens_at: sale.opens_at,
            closes_at: sale.closes_at,
            left: self.queue.left(sale.id),
            signed_in: visitor.is_some(),
            task_id,
        })
    }

    /// A click; gives the id to poll.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] without a ticket.
    pub async fn click(&self, sale: &Sale, student: StudentId, key: Option<String>) -> Result<String, AppError> {
        let outcome = self.queue.click(Click { sale: sale.id, student, key }).await?;
        let claim = match outcome {
            Outcome::Ticket(id) => Claim { refusal: None, sale: sale.id, student, id },
            Outcome::Refused(reason) => {
                let id = crate::server::queue::new_ticket_id(self.clock.now());
                Claim { refusal: Some(reason), sale: sale.id, student, id }
            }
        };
        Ok(self.signer.sign(&claim))
    }

    /// Where a genuine ticket stands.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the record holds what this program can't read.
    pub async fn poll(&self, claim: &Claim) -> Result<Polled, AppError> {
        if let Some(reason) = claim.refusal {
            return Ok(self.polled(claim, State::Lost(reason), None));
        }
        let seen = self.queue.seen(claim.sale, claim.id).await;
        if let Some(seen) = seen.filter(|seen| !seen.is_stale) {
            return Ok(self.polled(claim, seen.state, seen.place));
        }
        match self.store.ticket(claim.id).await {
            Ok(Some(row)) => {
                let Seen { state, place, .. } = self.queue.note(&row);
                Ok(self.polled(claim, state, place))
            }
            Ok(None) => Ok(self.no_ticket()),
            Err(StoreError::Unavailable(_)) => {
                Ok(seen.map_or_else(|| self.not_known(claim), |seen| self.polled(claim, seen.state, seen.place)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The answer to an id that this shop never gave out.
    pub fn no_ticket(&self) -> Polled {
        let msg = reason_text(Reason::NoTicket, self.lang());
        Polled { code: CODE_LOST, msg, reason: Some(Reason::NoTicket), seat: None, place: None, retry_ms: None, sale: None }
    }

    fn not_known(&self, claim: &Claim) -> Polled {
        let msg = self.lang().pick("暂时查不到，名额不会丢，请稍后再查", "Not known just now; your place is kept").into();
        let retry_ms = Some(self.retry(claim).max(RETRY_FIRST_MS));
        Polled { code: CODE_UNKNOWN, msg, reason: None, seat: None, place: None, retry_ms, sale: Some(claim.sale) }
    }

    fn polled(&self, claim: &Claim, state: State, place: Option<i64>) -> Polled {
        let lang = self.lang();
        let msg = match state {
            State::Won { .. } => lang.pick("秒杀成功", "You won a seat").into(),
            State::Lost(reason) => {
                lang.pick(format!("秒杀失败：{}", reason_text(reason, lang)), format!("No seat: {}", reason_text(reason, lang)))
            }
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
        // The board counts a ticket itself, too; a student asks how many are before.
        let place = place.filter(|_| waits).map(|place| place - 1);
        Polled { code: state.code(), msg, reason, seat, place, retry_ms, sale: Some(claim.sale) }
    }

    /// Milliseconds until the next poll: by the ticket's age, which its id tells.
    fn retry(&self, claim: &Claim) -> i64 {
        retry_ms(self.clock.now().since(accepted_at(claim.id)))
    }
}

/// The moment inside a UUID v7: its first 48 bits (RFC 9562, section 5.7).
fn accepted_at(id: TicketId) -> Millis {
    Millis(id.0[..6].iter().fold(0, |ms, byte| ms << 8 | i64::from(*byte)))
}

/// Why there is no seat, in one sentence.
fn reason_text(reason: Reason, lang: Lang) -> String {
    let (zh, en) = match reason {
        Reason::SoldOut => ("名额已抢完", "all seats are taken"),
        Reason::TooEarly => ("还没有开抢", "the sale has not opened"),
        Reason::Closed => ("活动已结束", "the sale is over"),
        Reason::Paused => ("活动已暂停", "the sale is paused"),
        Reason::AlreadyYours => ("每人限一席，你已经有了", "one seat each, and you have yours"),
        Reason::GaveUp => ("这次没有成功，没有扣款，请再试一次", "this ticket could not be settled, nothing was charged: please try again"),
        Reason::NoTicket => ("没有这张票", "there is no such ticket"),
    };
    lang.pick(zh, en).into()
}
