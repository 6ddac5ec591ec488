//! Holds: seats that are won, paid, closed and given again, by two instances that may die at any
//! moment, beside a provider that takes money when it likes. What money comes to judges
//! `qiangke::rules::hold` itself; the model adds the transactions around it, with their guards.

use crate::hold_properties;
use qiangke::{
    rules::{
        hold::{HOLDS_MAX, Money, OrderFacts, is_payable, judge},
        seckill::{
            settle::{Book, decide, seats_in_a_row},
            ticket::Waiting,
            window::Window,
        },
    },
    types::{
        ids::{SaleId, StudentId, TicketId},
        money::Fen,
        order::OrderState,
        payment::RefundCause,
        sale::Reason,
        time::Millis,
    },
};
use stateright::{Model, Property};
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Seats of the sale.
pub const SEATS: i64 = 1;
/// Tickets, and so orders, that there can be.
pub const TICKETS: usize = 3;
/// Payments that can be begun.
pub const PAYMENTS: usize = 2;
/// Students who click.
pub const STUDENTS: i64 = 2;
/// Instances that do the shop's work.
const INSTANCES: usize = 2;
/// What a seat costs, in fen.
pub const PRICE: Fen = Fen(990);
/// The end of every hold; before it the time is 0.
const END: Millis = Millis(10);
/// The sale, whose window stays open.
const WINDOW: Window = Window {
    opens_at: Millis(0),
    closes_at: Millis(1_000),
    paused: false,
};

/// What keeps holds right. A test takes one out to see that the checker notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldGuard {
    /// A transaction reads an order behind its lock: what it judges by is still so as it commits.
    Lock,
    /// `where state = …`, and the rows are counted.
    CompareAndSet,
    /// A hold whose payments are open closes them before its seat is free.
    OpenPayments,
    /// All tries of a refund have one number at the provider.
    OneRefundNumber,
    /// Money and the right to study are one transaction.
    OneTransaction,
    /// Money that comes after the end gets its seat only while the seat is free.
    SeatIsFree,
}

/// A ticket that was accepted, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeldTicket {
    pub student: i64,
    /// `None` while it waits.
    pub outcome: Option<Result<i64, Reason>>,
    /// Its order ended.
    pub is_released: bool,
}

/// The order of a ticket that won.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for itself, and any of them may go together"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeldOrder {
    pub student: i64,
    pub seat: i64,
    pub state: OrderState,
    /// The hold's time has passed.
    pub is_over: bool,
    pub is_given_back: bool,
    /// It ended although a payment of it was not closed: a provider was silent for too long.
    pub by_bound: bool,
    /// Its student may study.
    pub is_entitled: bool,
}

/// What a provider knows of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trade {
    /// Nothing: its page was never opened.
    Unmade,
    /// Its page was opened.
    Open,
    Closed,
    /// So many fen were taken.
    Taken(i64),
}

/// How far money is on its way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refund {
    None,
    Asked,
    Done,
}

/// A payment, as the shop and its provider know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeldPayment {
    pub order: usize,
    pub is_closed: bool,
    /// What the shop knows to be paid.
    pub received: Option<i64>,
    pub refund: Refund,
    pub trade: Trade,
    /// The money came when its hold was over or given back.
    pub is_late: bool,
    /// Times that the provider paid it back.
    pub returned: u8,
}

impl HeldPayment {
    fn is_open(&self) -> bool {
        !self.is_closed && self.received.is_none()
    }

    /// Whether this money is the shop's.
    pub fn is_kept(&self) -> bool {
        self.received.is_some() && self.refund == Refund::None
    }
}

/// What an instance has in hand: what it read, and will write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Work {
    #[default]
    Idle,
    /// A hold ends: its order's state as it was read, and whether a payment is open.
    Ending {
        order: usize,
        read: OrderState,
        has_open: bool,
        is_given_back: bool,
    },
    /// A hold that waited too long for its provider ends.
    Bounding { order: usize, read: OrderState },
    /// The provider closed this payment.
    Closing { payment: usize, read: OrderState },
    /// Money of this payment, and what it comes to by what was read.
    Taking {
        payment: usize,
        read: OrderState,
        money: Judged,
    },
    /// The order is paid; its student may not study yet.
    Entitling { order: usize },
    /// The provider paid this back.
    Noting { payment: usize },
}

/// [`Money`], as the checker can hash it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judged {
    Pays,
    Revives,
    Returns(RefundCause),
}

impl From<Money> for Judged {
    fn from(money: Money) -> Self {
        match money {
            Money::Pays => Self::Pays,
            Money::Revives => Self::Revives,
            Money::Returns(cause) => Self::Returns(cause),
        }
    }
}

/// All that there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HoldState {
    pub remaining: i64,
    pub tickets: [Option<HeldTicket>; TICKETS],
    /// By the place of their tickets.
    pub orders: [Option<HeldOrder>; TICKETS],
    pub payments: [Option<HeldPayment>; PAYMENTS],
    pub works: [Work; INSTANCES],
    /// A student whose holds were spent had a seat.
    pub is_hoarded: bool,
}

/// What is explored.
#[derive(Clone, Copy, Debug, Default)]
pub struct Holds {
    /// Guards that are taken out.
    pub without: &'static [HoldGuard],
    /// Whether each state is followed to the end that it has without faults, which takes long.
    pub is_followed: bool,
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldAction {
    Click(i64),
    /// A waiting ticket is decided.
    Settle(usize),
    /// A hold's time passes.
    Pass(usize),
    /// A student begins to pay an order.
    Begin(usize),
    /// A student opens the provider's page.
    Open(usize),
    /// A student pays so much; in time or not.
    Pay(usize, i64),
    /// An instance is told of money, by a notice or as it asks.
    Hear(usize, usize),
    /// An instance ends a hold whose time has passed.
    Lapse(usize, usize),
    /// A student gives a hold back at an instance.
    GiveBack(usize, usize),
    /// An instance has a provider close a payment.
    Close(usize, usize),
    /// An instance gives a provider up.
    Bound(usize, usize),
    /// An instance has a provider pay money back.
    SendBack(usize, usize),
    /// An instance writes what it has in hand.
    Write(usize),
    Crash(usize),
}

impl HoldState {
    pub(crate) fn order(&self, order: usize) -> Option<HeldOrder> {
        self.orders[order]
    }

    pub(crate) fn live_orders(&self) -> impl Iterator<Item = HeldOrder> {
        self.orders
            .iter()
            .flatten()
            .filter(|order| order.state.is_live())
            .copied()
    }

    pub(crate) fn payments_of(&self, order: usize) -> impl Iterator<Item = HeldPayment> {
        self.payments
            .iter()
            .flatten()
            .filter(move |payment| payment.order == order)
            .copied()
    }

    pub(crate) fn has_open(&self, order: usize) -> bool {
        self.payments_of(order).any(|payment| payment.is_open())
    }

    /// Holds that a student let lapse.
    fn lapsed(&self, student: i64) -> i64 {
        let lapsed =
            |order: &&HeldOrder| order.student == student && order.state == OrderState::Expired;
        i64::try_from(self.orders.iter().flatten().filter(lapsed).count()).unwrap_or(i64::MAX)
    }

    fn has_live_ticket(&self, student: i64) -> bool {
        let is_live = |ticket: &&HeldTicket| {
            ticket.student == student
                && !ticket.is_released
                && ticket.outcome.is_none_or(|outcome| outcome.is_ok())
        };
        self.tickets.iter().flatten().any(|ticket| is_live(&ticket))
    }

    fn is_entitled(&self, student: i64, but: Option<usize>) -> bool {
        self.orders.iter().enumerate().any(|(number, order)| {
            Some(number) != but
                && order.is_some_and(|order| order.is_entitled && order.student == student)
        })
    }

    /// What is known of an order when money comes, as the shop's statement asks.
    fn facts(&self, number: usize, holds: Holds) -> Option<OrderFacts> {
        let order = self.order(number)?;
        let waiting = self
            .tickets
            .iter()
            .flatten()
            .filter(|ticket| ticket.outcome.is_none())
            .count();
        let is_taken = self
            .live_orders()
            .any(|other| other.seat == order.seat || other.student == order.student);
        let is_free = !order.state.is_live()
            && self.remaining > i64::try_from(waiting).unwrap_or(i64::MAX)
            && !is_taken
            && !self.has_live_ticket(order.student);
        Some(OrderFacts {
            state: order.state,
            due: PRICE,
            is_owned: self.is_entitled(order.student, Some(number)),
            is_seat_free: is_free || !order.state.is_live() && !holds.is_on(HoldGuard::SeatIsFree),
        })
    }

    /// The order's seat is free again.
    fn end(&mut self, number: usize, state: OrderState) -> Option<()> {
        let order = self.orders[number].as_mut()?;
        order.state = state;
        order.is_entitled = false;
        self.tickets[number].as_mut()?.is_released = true;
        self.remaining += 1;
        Some(())
    }
}

impl Holds {
    fn is_on(self, guard: HoldGuard) -> bool {
        !self.without.contains(&guard)
    }

    fn settle(state: &mut HoldState, number: usize) -> Option<()> {
        let ticket = state.tickets[number].filter(|ticket| ticket.outcome.is_none())?;
        let student = StudentId(ticket.student);
        let taken: HashSet<_> = state.live_orders().map(|order| order.seat).collect();
        let last = taken.iter().copied().max().unwrap_or(0);
        let gaps = || (1..=SEATS).filter(|seat| !taken.contains(seat)).collect();
        let book = Book {
            window: WINDOW,
            remaining: state.remaining,
            free: seats_in_a_row(SEATS, state.remaining, last, SEATS)
                .map_or_else(gaps, Iterator::collect),
        };
        let of = |is: bool| is.then_some(student).into_iter().collect::<HashSet<_>>();
        let owns = state.is_entitled(ticket.student, None)
            || state
                .live_orders()
                .any(|order| order.student == ticket.student);
        let is_spent = state.lapsed(ticket.student) >= HOLDS_MAX;
        let waiting = Waiting {
            id: TicketId([u8::try_from(number).ok()?; 16]),
            sale: SaleId(1),
            student,
            accepted_at: Millis(0),
        };
        let (_, outcome) = decide(&book, &[waiting], &of(owns), &of(is_spent)).pop()?;
        state.tickets[number].as_mut()?.outcome = Some(outcome);
        if let Ok(seat) = outcome {
            state.is_hoarded |= is_spent;
            state.remaining -= 1;
            state.orders[number] = Some(HeldOrder {
                student: ticket.student,
                seat,
                state: OrderState::Held,
                is_over: false,
                is_given_back: false,
                by_bound: false,
                is_entitled: false,
            });
        }
        Some(())
    }

    fn begin(state: &mut HoldState, number: usize) -> Option<()> {
        let order = state.order(number)?;
        let now = if order.is_over { END } else { Millis(0) };
        if !is_payable(order.state, Some(END), now) || state.has_open(number) {
            return None;
        }
        let place = state.payments.iter_mut().find(|place| place.is_none())?;
        *place = Some(HeldPayment {
            order: number,
            is_closed: false,
            received: None,
            refund: Refund::None,
            trade: Trade::Unmade,
            is_late: false,
            returned: 0,
        });
        Some(())
    }

    /// In time, or late: a provider takes money for what it closed or forgot when it likes.
    fn pay(state: &mut HoldState, number: usize, amount: i64) -> Option<()> {
        let payment = state.payments[number]?;
        let order = state.order(payment.order)?;
        if matches!(payment.trade, Trade::Taken(_)) {
            return None;
        }
        let payment = state.payments[number].as_mut()?;
        // What comes after a student gave the hold back is the student's mistake.
        payment.is_late = payment.trade == Trade::Closed || order.is_over || order.is_given_back;
        payment.trade = Trade::Taken(amount);
        Some(())
    }

    /// An instance that has nothing in hand takes something up.
    fn take_up(self, state: &mut HoldState, action: HoldAction) -> Option<()> {
        let (instance, work) = match action {
            HoldAction::Hear(instance, payment) => (instance, self.hear(state, payment)?),
            HoldAction::Lapse(instance, order) => {
                let read = state.order(order)?;
                if read.state != OrderState::Held || !read.is_over {
                    return None;
                }
                (instance, self.ending(state, order, read, false))
            }
            HoldAction::GiveBack(instance, order) => {
                let read = state.order(order)?;
                if read.state != OrderState::Held {
                    return None;
                }
                (instance, self.ending(state, order, read, true))
            }
            HoldAction::Bound(instance, order) => {
                let read = state.order(order)?;
                if read.state != OrderState::Closing {
                    return None;
                }
                let work = Work::Bounding {
                    order,
                    read: read.state,
                };
                (instance, work)
            }
            HoldAction::Close(instance, payment) => (instance, self.close(state, payment)?),
            HoldAction::SendBack(instance, payment) => {
                let asked = state.payments[payment].as_mut()?;
                if asked.refund != Refund::Asked {
                    return None;
                }
                // By one number the provider pays it once.
                if asked.returned == 0 || !self.is_on(HoldGuard::OneRefundNumber) {
                    asked.returned += 1;
                }
                (instance, Work::Noting { payment })
            }
            _ => return None,
        };
        let own = &mut state.works[instance];
        if *own != Work::Idle {
            return None;
        }
        *own = work;
        Some(())
    }

    fn ending(self, state: &HoldState, order: usize, read: HeldOrder, is_given_back: bool) -> Work {
        Work::Ending {
            order,
            read: read.state,
            has_open: state.has_open(order) && self.is_on(HoldGuard::OpenPayments),
            is_given_back,
        }
    }

    fn hear(self, state: &HoldState, payment: usize) -> Option<Work> {
        let known = state.payments[payment]?;
        let Trade::Taken(amount) = known.trade else {
            return None;
        };
        if known.received.is_some() {
            return None;
        }
        let facts = state.facts(known.order, self)?;
        Some(Work::Taking {
            payment,
            read: facts.state,
            money: judge(facts, Fen(amount)).into(),
        })
    }

    fn close(self, state: &mut HoldState, number: usize) -> Option<Work> {
        let payment = state.payments[number].filter(HeldPayment::is_open)?;
        let order = state.order(payment.order)?;
        if order.state == OrderState::Held {
            return None;
        }
        let waits = order.state == OrderState::Closing;
        let is_over = order.is_over || order.is_given_back;
        match payment.trade {
            Trade::Taken(_) => self.hear(state, number),
            Trade::Unmade if waits && !is_over => None,
            trade => {
                if trade == Trade::Open {
                    state.payments[number].as_mut()?.trade = Trade::Closed;
                }
                Some(Work::Closing {
                    payment: number,
                    read: order.state,
                })
            }
        }
    }

    /// Writes what an instance has in hand. Behind the lock all is read again; without it what was
    /// read before is written, unless the state changed and that is looked at.
    fn write(self, state: &mut HoldState, instance: usize) -> Option<()> {
        let work = std::mem::take(&mut state.works[instance]);
        let is_as_read = |state: &HoldState, order: usize, read: OrderState| {
            state.order(order).is_some_and(|now| now.state == read)
                || !self.is_on(HoldGuard::CompareAndSet)
        };
        match work {
            Work::Idle => return None,
            Work::Ending {
                order,
                read,
                mut has_open,
                is_given_back,
            } => {
                if !is_as_read(state, order, read) {
                    return Some(());
                }
                if self.is_on(HoldGuard::Lock) {
                    if state.order(order)?.state != OrderState::Held {
                        return Some(());
                    }
                    has_open = state.has_open(order) && self.is_on(HoldGuard::OpenPayments);
                }
                state.orders[order].as_mut()?.is_given_back |= is_given_back;
                if has_open {
                    state.orders[order].as_mut()?.state = OrderState::Closing;
                } else {
                    state.end(order, ended(is_given_back))?;
                }
            }
            Work::Bounding { order, read } => {
                if !is_as_read(state, order, read)
                    || self.is_on(HoldGuard::Lock)
                        && state.order(order)?.state != OrderState::Closing
                {
                    return Some(());
                }
                let by = state.orders[order].as_mut()?;
                by.by_bound = true;
                let is_given_back = by.is_given_back;
                state.end(order, ended(is_given_back))?;
            }
            Work::Closing { payment, read } => {
                let order = state.payments[payment]?.order;
                let closed = state.payments[payment].as_mut()?;
                closed.is_closed |= closed.received.is_none();
                let now = if self.is_on(HoldGuard::Lock) {
                    state.order(order)?.state
                } else {
                    read
                };
                if now == OrderState::Closing
                    && !state.has_open(order)
                    && is_as_read(state, order, now)
                {
                    let is_given_back = state.order(order)?.is_given_back;
                    state.end(order, ended(is_given_back))?;
                }
            }
            Work::Taking {
                payment,
                read,
                money,
            } => return self.take(state, instance, payment, read, money),
            Work::Entitling { order } => {
                state.orders[order].as_mut()?.is_entitled = true;
            }
            Work::Noting { payment } => state.payments[payment].as_mut()?.refund = Refund::Done,
        }
        Some(())
    }

    fn take(
        self,
        state: &mut HoldState,
        instance: usize,
        number: usize,
        read: OrderState,
        mut money: Judged,
    ) -> Option<()> {
        let payment = state.payments[number]?;
        let Trade::Taken(amount) = payment.trade else {
            return None;
        };
        let order = payment.order;
        if self.is_on(HoldGuard::Lock) {
            if payment.received.is_some() {
                return Some(());
            }
            money = judge(state.facts(order, self)?, Fen(amount)).into();
        } else if self.is_on(HoldGuard::CompareAndSet)
            && (payment.received.is_some() || state.order(order)?.state != read)
        {
            return Some(());
        }
        state.payments[number].as_mut()?.received = Some(amount);
        match money {
            Judged::Pays => self.entitle(state, instance, order)?,
            Judged::Revives => {
                state.remaining -= 1;
                state.tickets[order].as_mut()?.is_released = false;
                self.entitle(state, instance, order)?;
            }
            Judged::Returns(cause) => {
                state.payments[number].as_mut()?.refund = Refund::Asked;
                let now = state.order(order)?.state;
                // The course is another order's: this one has nothing to wait for.
                if cause == RefundCause::Twice && now != OrderState::Paid && now.is_live() {
                    state.end(order, OrderState::Refunding)?;
                } else if now == OrderState::Closing && !state.has_open(order) {
                    let is_given_back = state.order(order)?.is_given_back;
                    state.end(order, ended(is_given_back))?;
                }
            }
        }
        Some(())
    }

    fn entitle(self, state: &mut HoldState, instance: usize, order: usize) -> Option<()> {
        let paid = state.orders[order].as_mut()?;
        paid.state = OrderState::Paid;
        if self.is_on(HoldGuard::OneTransaction) {
            paid.is_entitled = true;
        } else {
            state.works[instance] = Work::Entitling { order };
        }
        Some(())
    }

    /// What comes of a state when students do nothing more, holds run out, and instances go on.
    pub(crate) fn finish(self, state: &HoldState) -> HoldState {
        /// More than there is to do.
        const STEPS_MAX: usize = 60;
        let mut state = state.clone();
        for _ in 0..STEPS_MAX {
            let writes = (0..INSTANCES).map(HoldAction::Write);
            let settles = (0..TICKETS).map(HoldAction::Settle);
            let passes = (0..TICKETS).map(HoldAction::Pass);
            let holds = (0..TICKETS).map(|order| HoldAction::Lapse(0, order));
            let hears = (0..PAYMENTS).map(|payment| HoldAction::Hear(0, payment));
            let closes = (0..PAYMENTS).map(|payment| HoldAction::Close(0, payment));
            let backs = (0..PAYMENTS).map(|payment| HoldAction::SendBack(0, payment));
            let mut next = writes
                .chain(settles)
                .chain(hears)
                .chain(passes)
                .chain(holds)
                .chain(closes)
                .chain(backs);
            match next.find_map(|action| self.next_state(&state, action)) {
                Some(next) => state = next,
                None => break,
            }
        }
        state
    }
}

fn ended(is_given_back: bool) -> OrderState {
    if is_given_back {
        OrderState::Cancelled
    } else {
        OrderState::Expired
    }
}

impl Model for Holds {
    type State = HoldState;
    type Action = HoldAction;

    fn init_states(&self) -> Vec<HoldState> {
        vec![HoldState {
            remaining: SEATS,
            tickets: [None; TICKETS],
            orders: [None; TICKETS],
            payments: [None; PAYMENTS],
            works: [Work::Idle; INSTANCES],
            is_hoarded: false,
        }]
    }

    fn actions(&self, _: &HoldState, actions: &mut Vec<HoldAction>) {
        actions.extend((1..=STUDENTS).map(HoldAction::Click));
        for order in 0..TICKETS {
            actions.extend([
                HoldAction::Settle(order),
                HoldAction::Pass(order),
                HoldAction::Begin(order),
            ]);
        }
        for payment in 0..PAYMENTS {
            actions.push(HoldAction::Open(payment));
            actions.push(HoldAction::Pay(payment, PRICE.0));
        }
        // Once is enough.
        actions.push(HoldAction::Pay(0, PRICE.0 - 1));
        for instance in 0..INSTANCES {
            for order in 0..TICKETS {
                actions.extend([
                    HoldAction::Lapse(instance, order),
                    HoldAction::GiveBack(instance, order),
                    HoldAction::Bound(instance, order),
                ]);
            }
            for payment in 0..PAYMENTS {
                actions.extend([
                    HoldAction::Hear(instance, payment),
                    HoldAction::Close(instance, payment),
                    HoldAction::SendBack(instance, payment),
                ]);
            }
            actions.extend([HoldAction::Write(instance), HoldAction::Crash(instance)]);
        }
    }

    fn next_state(&self, before: &HoldState, action: HoldAction) -> Option<HoldState> {
        let mut state = before.clone();
        match action {
            HoldAction::Click(student) => {
                let place = state.tickets.iter().position(Option::is_none)?;
                // The first to come stands for both.
                if state.has_live_ticket(student) || student > 1 && place == 0 {
                    return None;
                }
                state.tickets[place] = Some(HeldTicket {
                    student,
                    outcome: None,
                    is_released: false,
                });
            }
            HoldAction::Settle(ticket) => Self::settle(&mut state, ticket)?,
            HoldAction::Pass(order) => {
                let order = state.orders[order]
                    .as_mut()
                    .filter(|order| !order.is_over)?;
                if !matches!(order.state, OrderState::Held | OrderState::Closing) {
                    return None;
                }
                order.is_over = true;
            }
            HoldAction::Begin(order) => Self::begin(&mut state, order)?,
            HoldAction::Open(payment) => {
                let payment = state.payments[payment].as_mut()?;
                if payment.trade != Trade::Unmade {
                    return None;
                }
                payment.trade = Trade::Open;
            }
            HoldAction::Pay(payment, amount) => Self::pay(&mut state, payment, amount)?,
            HoldAction::Write(instance) => self.write(&mut state, instance)?,
            HoldAction::Crash(instance) => {
                if state.works[instance] == Work::Idle {
                    return None;
                }
                state.works[instance] = Work::Idle;
            }
            _ => self.take_up(&mut state, action)?,
        }
        // Instances are told apart by nobody.
        state.works.sort_by_cached_key(number);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        hold_properties::all()
    }
}

/// The same for what is the same.
fn number(work: &Work) -> u64 {
    let mut hasher = DefaultHasher::new();
    work.hash(&mut hasher);
    hasher.finish()
}
