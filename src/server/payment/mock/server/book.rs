//! The book of the mock gateway: its trades, what each action makes of them, and what is told of it.
//! It is in memory only, and pure: no clock, no network.

use super::super::wire::PayOffer;
use crate::{
    server::payment::terms::{
        Closed, Notice, Queried, Receipt, RefundAnswer, RefundOrder, is_name,
    },
    types::{money::Fen, time::Millis},
};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// Trades at a time; the oldest go first. With their names and addresses some 50 MB.
const TRADES_MAX: usize = 100_000;
/// Refunds of a trade.
const REFUNDS_MAX: usize = 16;
/// Bytes of a trade's name.
const TRADE_NO_MAX: usize = 64;
/// Bytes of the address that a trade's notices go to.
const NOTIFY_URL_MAX: usize = 256;
/// How late a notice is that is to be late.
const LATE: Duration = Duration::from_secs(20);

/// What a student, or who tries the shop out, does on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayAct {
    /// Pays, and the shop is told.
    Pay,
    /// Pays once, and two notices of the same money go out at the same time.
    PayTwice,
    /// Pays one fen less than is due.
    PayLess,
    /// Pays although the payment's end has passed, or it was closed.
    PayLate,
    /// Nothing is paid, and somebody else tells the shop that it was.
    Forge,
    /// Pays, and the notice comes [`LATE`].
    Delay,
    /// Pays, and no notice goes out.
    Silent,
    /// The money comes in the moment in which the shop closes the payment.
    PayOnClose,
    /// The payment is refused, which the shop is told.
    Refuse,
    /// Pays; the first refund fails.
    FailRefund,
    /// Pays; what becomes of refunds is never said.
    HideRefund,
}

impl PayAct {
    /// Every action, in the order of the page.
    pub const ALL: [Self; 11] = [
        Self::Pay,
        Self::Refuse,
        Self::PayTwice,
        Self::PayLess,
        Self::PayLate,
        Self::Forge,
        Self::Delay,
        Self::Silent,
        Self::PayOnClose,
        Self::FailRefund,
        Self::HideRefund,
    ];

    /// Its name in the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::PayTwice => "pay_twice",
            Self::PayLess => "pay_less",
            Self::PayLate => "pay_late",
            Self::Forge => "forge",
            Self::Delay => "delay",
            Self::Silent => "silent",
            Self::PayOnClose => "pay_on_close",
            Self::Refuse => "refuse",
            Self::FailRefund => "fail_refund",
            Self::HideRefund => "hide_refund",
        }
    }

    /// The action of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// A notice that is to go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayNotice {
    pub notice: Notice,
    /// Where it goes.
    pub url: String,
    /// How long it waits.
    pub after: Duration,
    /// Whether somebody else sends it, who has not the key.
    pub is_forged: bool,
}

/// What a trade has taken and paid back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeBalance {
    /// What was asked for.
    pub amount: Fen,
    pub taken: Fen,
    pub returned: Fen,
}

/// Where a trade stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeState {
    /// It takes money.
    Open,
    Paid,
    /// Its end has passed, or the shop closed it.
    Over,
}

/// All trades.
#[derive(Debug)]
pub struct GatewayBook {
    trades: HashMap<String, Trade>,
    /// Their names, the oldest first.
    ages: VecDeque<String>,
    trades_max: usize,
}

#[derive(Debug)]
struct Trade {
    amount: Fen,
    expires_at: Millis,
    notify_url: String,
    receipt: Option<Receipt>,
    is_closed: bool,
    quirks: Quirks,
    /// [`REFUNDS_MAX`] at most.
    refunds: Vec<TradeRefund>,
    /// Notices that went out.
    notices: u32,
}

/// What an action asked for that comes later.
#[derive(Debug, Default)]
struct Quirks {
    pays_on_close: bool,
    fails_refund: bool,
    hides_refunds: bool,
}

#[derive(Debug)]
struct TradeRefund {
    refund_no: String,
    amount: Fen,
    /// Why it failed; `None`: it was paid back.
    failed: Option<String>,
}

impl Default for GatewayBook {
    fn default() -> Self {
        Self::with_room(TRADES_MAX)
    }
}

impl GatewayBook {
    /// A book for so many trades.
    pub fn with_room(trades_max: usize) -> Self {
        Self {
            trades: HashMap::new(),
            ages: VecDeque::new(),
            trades_max,
        }
    }

    /// Makes the trade of an offer, or finds it; `None` when there is one with other terms, or it
    /// can be none.
    pub fn open(&mut self, offer: &PayOffer, now: Millis) -> Option<TradeState> {
        let no = &offer.out_trade_no;
        if let Some(trade) = self.trades.get(no) {
            let is_same = trade.amount == offer.amount && trade.expires_at == offer.expires_at;
            return is_same.then(|| trade.state(now));
        }
        let fits = is_name(no)
            && no.len() <= TRADE_NO_MAX
            && offer.notify_url.len() <= NOTIFY_URL_MAX
            && offer.amount > Fen(0);
        if !fits {
            return None;
        }
        while self.ages.len() >= self.trades_max {
            let oldest = self.ages.pop_front()?;
            self.trades.remove(&oldest);
        }
        let trade = Trade {
            amount: offer.amount,
            expires_at: offer.expires_at,
            notify_url: offer.notify_url.clone(),
            receipt: None,
            is_closed: false,
            quirks: Quirks::default(),
            refunds: Vec::new(),
            notices: 0,
        };
        let state = trade.state(now);
        self.ages.push_back(no.clone());
        self.trades.insert(no.clone(), trade);
        Some(state)
    }

    /// Does what was asked for on the page; gives the notices that go out. An action that finds the
    /// trade paid, or over, takes no money.
    pub fn act(&mut self, no: &str, act: PayAct, now: Millis) -> Vec<GatewayNotice> {
        let Some(trade) = self.trades.get_mut(no) else {
            return Vec::new();
        };
        let due = trade.amount;
        match act {
            PayAct::Pay => trade.pay(no, due, now),
            PayAct::PayTwice => {
                let mut notices = trade.pay(no, due, now);
                notices.extend(trade.tell(no, now));
                notices
            }
            PayAct::PayLess => trade.pay(no, Fen(due.0 - 1), now),
            PayAct::PayLate => trade.pay_even_over(no, due, now),
            PayAct::Forge => vec![trade.forged(no, now)],
            PayAct::Delay => {
                let mut notices = trade.pay(no, due, now);
                for notice in &mut notices {
                    notice.after = LATE;
                }
                notices
            }
            PayAct::Silent => {
                trade.pay(no, due, now);
                Vec::new()
            }
            PayAct::PayOnClose => {
                trade.quirks.pays_on_close = true;
                Vec::new()
            }
            PayAct::Refuse => vec![trade.notice(no, None, now)],
            PayAct::FailRefund => {
                trade.quirks.fails_refund = true;
                trade.pay(no, due, now)
            }
            PayAct::HideRefund => {
                trade.quirks.hides_refunds = true;
                trade.pay(no, due, now)
            }
        }
    }

    /// What is known of a trade.
    pub fn query(&self, no: &str) -> Queried {
        match self.trades.get(no) {
            None => Queried::NeverMade,
            Some(Trade {
                receipt: Some(receipt),
                ..
            }) => Queried::Paid(receipt.clone()),
            Some(Trade {
                is_closed: true, ..
            }) => Queried::Closed,
            Some(_) => Queried::Unpaid,
        }
    }

    /// Takes no money for a trade any more; gives the notice of what was paid in that moment.
    pub fn close(&mut self, no: &str, now: Millis) -> (Closed, Vec<GatewayNotice>) {
        let Some(trade) = self.trades.get_mut(no) else {
            return (Closed::NeverMade, Vec::new());
        };
        let notices = if trade.quirks.pays_on_close {
            trade.pay_even_over(no, trade.amount, now)
        } else {
            Vec::new()
        };
        if trade.receipt.is_some() {
            return (Closed::AlreadyPaid, notices);
        }
        trade.is_closed = true;
        (Closed::Closed, notices)
    }

    /// Pays money back, once for each name; `None`: what became of it is not said.
    pub fn refund(&mut self, refund: &RefundOrder) -> Option<RefundAnswer> {
        let Some(trade) = self.trades.get_mut(&refund.out_trade_no) else {
            return Some(RefundAnswer::NeverMade);
        };
        let answer = trade.refund(refund);
        (!trade.quirks.hides_refunds).then_some(answer)
    }

    /// How far a refund is; `None`: it is not said.
    pub fn query_refund(&self, refund: &RefundOrder) -> Option<RefundAnswer> {
        let Some(trade) = self.trades.get(&refund.out_trade_no) else {
            return Some(RefundAnswer::NeverMade);
        };
        let known = trade
            .refunds
            .iter()
            .find(|known| known.refund_no == refund.refund_no);
        let answer = known.map_or(RefundAnswer::NeverMade, TradeRefund::answer);
        (!trade.quirks.hides_refunds).then_some(answer)
    }

    /// What a trade has taken and paid back; `None` when there is none.
    pub fn balance(&self, no: &str) -> Option<TradeBalance> {
        let trade = self.trades.get(no)?;
        Some(TradeBalance {
            amount: trade.amount,
            taken: trade.taken(),
            returned: trade.returned(),
        })
    }
}

impl Trade {
    fn state(&self, now: Millis) -> TradeState {
        if self.receipt.is_some() {
            TradeState::Paid
        } else if self.is_closed || now >= self.expires_at {
            TradeState::Over
        } else {
            TradeState::Open
        }
    }

    /// Takes money, unless it was paid or is over.
    fn pay(&mut self, no: &str, amount: Fen, now: Millis) -> Vec<GatewayNotice> {
        if self.state(now) == TradeState::Over {
            return Vec::new();
        }
        self.pay_even_over(no, amount, now)
    }

    /// Takes money, unless it was paid: no trade is paid twice.
    fn pay_even_over(&mut self, no: &str, amount: Fen, now: Millis) -> Vec<GatewayNotice> {
        if self.receipt.is_some() || amount <= Fen(0) {
            return Vec::new();
        }
        self.receipt = Some(Receipt {
            out_trade_no: no.to_owned(),
            // A gateway that forgot the trade, and takes the money once more, gives another name.
            gateway_no: format!("{no}M{}", now.0),
            amount,
            paid_at: now,
        });
        self.tell(no, now)
    }

    /// A notice of what was paid.
    fn tell(&mut self, no: &str, now: Millis) -> Vec<GatewayNotice> {
        self.receipt
            .clone()
            .map(|receipt| self.notice(no, Some(receipt), now))
            .into_iter()
            .collect()
    }

    fn notice(&mut self, no: &str, receipt: Option<Receipt>, now: Millis) -> GatewayNotice {
        self.notices += 1;
        GatewayNotice {
            notice: Notice {
                notice_id: format!("{no}N{}x{}", now.0, self.notices),
                out_trade_no: no.to_owned(),
                receipt,
            },
            url: self.notify_url.clone(),
            after: Duration::ZERO,
            is_forged: false,
        }
    }

    /// A notice of money that nobody paid.
    fn forged(&mut self, no: &str, now: Millis) -> GatewayNotice {
        let receipt = Receipt {
            out_trade_no: no.to_owned(),
            gateway_no: format!("{no}F{}", now.0),
            amount: self.amount,
            paid_at: now,
        };
        GatewayNotice {
            is_forged: true,
            ..self.notice(no, Some(receipt), now)
        }
    }

    fn refund(&mut self, refund: &RefundOrder) -> RefundAnswer {
        let RefundOrder {
            refund_no, amount, ..
        } = refund;
        let known = self
            .refunds
            .iter()
            .position(|known| known.refund_no == *refund_no);
        if let Some(known) = known.map(|at| &self.refunds[at])
            && known.failed.is_none()
        {
            return if known.amount == *amount {
                known.answer()
            } else {
                RefundAnswer::Failed("another amount than before".into())
            };
        }
        let Some(receipt) = &self.receipt else {
            return RefundAnswer::Failed("nothing was paid".into());
        };
        let is_within = *amount > Fen(0) && self.returned().0 + amount.0 <= receipt.amount.0;
        if !is_within || !is_name(refund_no) {
            return RefundAnswer::Failed("more than was paid".into());
        }
        if known.is_none() && self.refunds.len() >= REFUNDS_MAX {
            return RefundAnswer::Failed("too many refunds".into());
        }
        let fails = std::mem::take(&mut self.quirks.fails_refund);
        let made = TradeRefund {
            refund_no: refund_no.clone(),
            amount: *amount,
            failed: fails.then(|| "the account is frozen".to_owned()),
        };
        let answer = match &made.failed {
            Some(_) => made.answer(),
            // As with real providers the answer is not the end: a query says that.
            None => RefundAnswer::Accepted,
        };
        match known {
            Some(at) => self.refunds[at] = made,
            None => self.refunds.push(made),
        }
        answer
    }

    fn taken(&self) -> Fen {
        self.receipt
            .as_ref()
            .map_or(Fen(0), |receipt| receipt.amount)
    }

    fn returned(&self) -> Fen {
        let paid_back = self.refunds.iter().filter(|known| known.failed.is_none());
        Fen(paid_back.map(|known| known.amount.0).sum())
    }
}

impl TradeRefund {
    fn answer(&self) -> RefundAnswer {
        match &self.failed {
            Some(why) => RefundAnswer::Failed(why.clone()),
            None => RefundAnswer::Done,
        }
    }
}

#[cfg(test)]
mod tests;
