//! Workers, what they may do next, and what they forget when they die.

use crate::{
    database::{
        Decisions, Fate, Guard, STUDENTS, TICKETS, TestDatabase, student_id, ticket_id,
        ticket_number,
    },
    properties,
};
use qiangke::{
    rules::seckill::{
        admission::{Admission, Verdict, is_final},
        window::Window,
    },
    types::{
        ids::{StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use stateright::{Model, Property};
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Workers.
pub const WORKERS: usize = 3;
/// Tickets in a settling transaction at most.
const BATCH_MAX: usize = 2;
/// The window's first moment after.
const CLOSES_AT: i64 = 10;

/// Who judges clicks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desks {
    /// One worker, by a copy that it keeps: a single process. The others settle.
    One,
    /// Each, by a copy that others' tickets may be missing from: instances whose Redis is away.
    Each,
    /// The first worker by a copy that it keeps, the others like [`Desks::Each`]: Redis is away
    /// from all instances but one.
    Split,
}

impl Desks {
    /// Whether the copy that is kept hears of what this worker published.
    fn hears(self, worker: usize) -> bool {
        self == Self::One || self.keeps(worker)
    }

    /// Whether this worker's copy is the one that is kept, and told of the worker's own tickets
    /// only.
    fn keeps(self, worker: usize) -> bool {
        self != Self::Each && worker == 0
    }
}

/// What is explored.
#[derive(Clone, Copy, Debug)]
pub struct Rush {
    /// Who judges clicks.
    pub desks: Desks,
    /// The student whose orders the database refuses.
    pub refused: Option<u8>,
    /// Guards that are taken out.
    pub without: &'static [Guard],
    /// Whether the shop ends an order, once.
    pub cancels: bool,
}

/// A worker's copy of the sale: an [`Admission`] that the checker can compare.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Desk {
    free: i64,
    holders: BTreeMap<StudentId, TicketId>,
    is_doubted: bool,
    is_final: bool,
}

impl Desk {
    fn admission(&self) -> Admission {
        let admission = Admission::new(
            self.free,
            self.holders
                .iter()
                .map(|(student, ticket)| (*student, *ticket))
                .collect(),
        );
        if self.is_doubted {
            admission.doubted()
        } else {
            admission
        }
    }

    /// What the room does with it.
    fn with<T>(&mut self, act: impl FnOnce(&mut Admission) -> T) -> T {
        let mut admission = self.admission();
        let out = act(&mut admission);
        self.free = admission.free();
        self.holders = admission.into_holders().into_iter().collect();
        out
    }
}

/// What a worker is at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Task {
    /// Nothing.
    #[default]
    Idle,
    /// A click was admitted; its ticket is not in the database yet.
    Recording {
        /// Its place.
        ticket: usize,
        /// Who clicked.
        student: u8,
        /// When.
        accepted_at: i64,
    },
    /// This ticket is in the database; its student did not hear of it yet.
    Answering(usize),
    /// These decisions are not committed yet.
    Settling(Decisions),
    /// The database refused this ticket.
    GivingUp(usize),
    /// These decisions are committed; nobody heard of them yet.
    Publishing(Decisions),
}

/// A worker's memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Worker {
    /// Its copy of the sale.
    pub desk: Option<Desk>,
    /// What it is at.
    pub task: Task,
}

/// Where the sale stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Era {
    /// In its window.
    Open,
    /// Halted by the shop.
    Paused,
    /// After its window.
    Ended,
}

/// Everything there is at a moment.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact of the moment"
)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// What outlives everybody.
    pub database: TestDatabase,
    /// Memories.
    pub workers: [Worker; WORKERS],
    /// Where the sale stands.
    pub era: Era,
    /// Tickets that a student holds the id of.
    pub heard: [bool; TICKETS],
    /// What polls said of each ticket.
    pub told: [Option<Fate>; TICKETS],
    /// A decided ticket was decided again.
    pub is_changed: bool,
    /// A click heard that nothing is left, and something was.
    pub is_misled: bool,
    /// A click was refused whose student has a ticket that won, or still can.
    pub is_turned_away: bool,
    /// An order was ended.
    pub is_cancelled: bool,
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A worker copies the sale from the database.
    Read(usize),
    /// A student's click comes to a worker: the first, a second, or one that was sent twice.
    Click(usize, u8),
    /// A worker's next step in what it is at.
    Step(usize),
    /// A worker begins to settle so many tickets.
    Settle(usize, usize),
    /// A worker dies, and starts again with nothing.
    Crash(usize),
    /// The shop halts the sale.
    Pause,
    /// The window closes.
    End,
    /// The shop ends the order of a ticket, and every copy is counted anew.
    Cancel(usize),
}

impl State {
    fn window(&self) -> Window {
        Window {
            opens_at: Millis(0),
            closes_at: Millis(CLOSES_AT),
            paused: self.era == Era::Paused,
        }
    }

    fn now(&self) -> i64 {
        if self.era == Era::Ended { CLOSES_AT } else { 0 }
    }

    /// A ticket id that nobody uses.
    fn unused(&self) -> Option<usize> {
        let in_hand = |ticket| {
            self.workers.iter().any(|worker| matches!(worker.task, Task::Recording { ticket: own, .. } if own == ticket))
        };
        (0..TICKETS).find(|ticket| self.database.tickets[*ticket].is_none() && !in_hand(*ticket))
    }

    /// Whether a student stands in the database or on the way into it.
    fn has_come(&self, student: u8) -> bool {
        let is_coming = |worker: &Worker| matches!(worker.task, Task::Recording { student: own, .. } if own == student);
        student == 0
            || self
                .database
                .tickets
                .iter()
                .flatten()
                .any(|ticket| ticket.student == student)
            || self.workers.iter().any(is_coming)
    }

    fn tell(&mut self, decisions: &Decisions) {
        for &(ticket, fate) in decisions {
            self.told[ticket] = Some(self.told[ticket].map_or(fate, |before| before.advance(fate)));
        }
    }
}

impl Rush {
    /// The rush with every guard.
    pub fn guarded(desks: Desks, refused: Option<u8>) -> Self {
        Self {
            desks,
            refused,
            without: &[],
            cancels: false,
        }
    }

    pub(crate) fn is_on(self, guard: Guard) -> bool {
        !self.without.contains(&guard)
    }

    /// What comes of a state when faults have ended, nobody clicks, and workers go on.
    pub(crate) fn finish(self, state: &State) -> State {
        /// More than a worker needs for each ticket.
        const STEPS_MAX: usize = 100;
        let mut state = state.clone();
        // Nobody clicks, so a copy that was read for a click is of no use.
        state
            .workers
            .iter_mut()
            .for_each(|worker| worker.desk = None);
        for _ in 0..STEPS_MAX {
            let step = (0..WORKERS).map(Action::Step);
            // Whoever judges clicks is left out, as in a process.
            let settle = std::iter::once(Action::Settle(WORKERS - 1, 1));
            match step
                .chain(settle)
                .find_map(|action| self.next_state(&state, action))
            {
                Some(next) => state = next,
                None => break,
            }
        }
        state
    }

    fn read(self, state: &mut State, worker: usize) -> Option<()> {
        let own = &mut state.workers[worker];
        let judges = self.desks != Desks::One || worker == 0;
        if !judges || own.desk.is_some() || own.task != Task::Idle {
            return None;
        }
        let (free, holders) = (
            state.database.free(),
            state.database.holders().into_iter().collect(),
        );
        let is_final = is_final(state.database.remaining);
        let is_doubted = !self.desks.keeps(worker) && !is_final;
        // A doubted copy asks nobody how many are free.
        own.desk = Some(Desk {
            free: if is_doubted { 0 } else { free },
            holders,
            is_doubted,
            is_final,
        });
        Some(())
    }

    fn click(self, state: &mut State, worker: usize, student: u8) -> Option<()> {
        let (window, accepted_at) = (state.window(), state.now());
        let ticket = state.unused()?;
        if self.refused.is_none() && !state.has_come(student - 1) {
            // Students who did not come yet are told apart by nobody: the first one stands for all.
            return None;
        }
        let own = &mut state.workers[worker];
        if own.task != Task::Idle || window.admits(Millis(accepted_at)).is_err() {
            return None;
        }
        let desk = own.desk.as_mut()?;
        let mut verdict = desk.with(|admission| {
            let (student, ticket) = (student_id(student), ticket_id(ticket));
            admission.click(student, ticket, window, Millis(accepted_at))
        });
        let (is_final, holds) = (
            desk.is_final,
            state.database.holders().get(&student_id(student)).copied(),
        );
        if matches!(verdict, Verdict::Refused(_)) && !is_final && self.is_on(Guard::LookAgain) {
            verdict = holds.map_or(verdict, Verdict::Yours);
            // All sold: the copy is made anew, and is the last word.
            own.desk = own.desk.take().filter(|_| state.database.remaining > 0);
        }
        match verdict {
            Verdict::Admitted => {
                own.task = Task::Recording {
                    ticket,
                    student,
                    accepted_at,
                };
                state.heard[ticket] |= !self.is_on(Guard::CommitBeforeAnswer);
            }
            // Who heard of it already hears nothing new.
            Verdict::Yours(held) if state.heard[ticket_number(held)] => {}
            Verdict::Yours(held) => own.task = Task::Answering(ticket_number(held)),
            Verdict::Refused(_) => {
                let has_won = |ticket| {
                    matches!(
                        state.database.fate(ticket_number(ticket)),
                        Some(Fate::Won(_))
                    )
                };
                state.is_turned_away |=
                    holds.is_some_and(|ticket| has_won(ticket) || state.database.remaining > 0);
                state.is_misled |= !self.desks.keeps(worker) && state.database.remaining > 0;
            }
        }
        if !self.desks.keeps(worker) {
            // Kept, it would only be older at the next click; how old it is at this one is for the
            // checker to try.
            own.desk = None;
        }
        Some(())
    }

    fn settle(self, state: &mut State, worker: usize, limit: usize) -> Option<()> {
        let own = &state.workers[worker];
        let settles = self.desks != Desks::One || worker != 0;
        let is_busy = own.task != Task::Idle || (own.desk.is_some() && !self.desks.keeps(worker));
        let count = state.database.waiting().count();
        if !settles
            || is_busy
            || count < limit
            || (state.database.row_is_held && self.is_on(Guard::Row))
        {
            return None;
        }
        let decisions = state.database.decide(state.window(), limit);
        state.database.row_is_held = true;
        if !self.is_on(Guard::CommitBeforePublish) {
            state.tell(&decisions);
        }
        state.workers[worker].task = Task::Settling(decisions);
        Some(())
    }

    fn step(self, state: &mut State, worker: usize) -> Option<()> {
        let is_on = |guard| self.is_on(guard);
        let next = match std::mem::take(&mut state.workers[worker].task) {
            Task::Idle => return None,
            Task::Recording {
                ticket,
                student,
                accepted_at,
            } => {
                let standing = state.database.accept(ticket, student, accepted_at, is_on);
                if let Some(desk) = state.workers[worker]
                    .desk
                    .as_mut()
                    .filter(|_| standing != ticket)
                {
                    desk.with(|admission| {
                        admission.replace(
                            student_id(student),
                            ticket_id(ticket),
                            ticket_id(standing),
                        );
                    });
                }
                Task::Answering(standing)
            }
            Task::Answering(ticket) => {
                state.heard[ticket] = true;
                Task::Idle
            }
            Task::Settling(decisions) => {
                state.database.row_is_held = false;
                self.commit(state, decisions)
            }
            Task::GivingUp(refused) => {
                let oldest = state.database.waiting().next();
                let ticket = if is_on(Guard::BlameTheRefused) {
                    Some(refused)
                } else {
                    oldest
                };
                if let Some(ticket) = ticket {
                    state.database.lose(ticket, Reason::GaveUp, is_on);
                }
                let decided = |ticket| state.database.fate(ticket).map(|fate| (ticket, fate));
                Task::Publishing(ticket.and_then(decided).into_iter().collect())
            }
            Task::Publishing(decisions) => {
                state.tell(&decisions);
                if decisions
                    .iter()
                    .any(|(_, fate)| matches!(fate, Fate::Lost(_)))
                {
                    // Tokens that came free are counted anew.
                    state.workers[0].desk = state.workers[0]
                        .desk
                        .take()
                        .filter(|_| !self.desks.hears(worker));
                }
                Task::Idle
            }
        };
        state.workers[worker].task = next;
        Some(())
    }

    fn commit(self, state: &mut State, decisions: Decisions) -> Task {
        let student = |ticket: usize| state.database.tickets[ticket].map(|row| row.student);
        let is_refused = |(ticket, fate): &(usize, Fate)| {
            matches!(fate, Fate::Won(_))
                && self.refused.is_some()
                && student(*ticket) == self.refused
        };
        if decisions.iter().any(is_refused) {
            // A batch is tried again ticket by ticket, and only then is one given up.
            return if decisions.len() == 1 {
                Task::GivingUp(decisions[0].0)
            } else {
                Task::Idle
            };
        }
        match state
            .database
            .settled(&decisions, |guard| self.is_on(guard))
        {
            Some(after) => {
                state.database = after;
                Task::Publishing(decisions)
            }
            None => Task::Idle,
        }
    }

    fn crash(self, state: &mut State, worker: usize) -> Option<()> {
        let forgotten = std::mem::take(&mut state.workers[worker]);
        if matches!(forgotten.task, Task::Settling(_)) {
            state.database.row_is_held = !self.is_on(Guard::RowEndsWithHolder);
        }
        (forgotten != Worker::default()).then_some(())
    }
}

impl Model for Rush {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            database: TestDatabase::new(),
            workers: std::array::from_fn(|_| Worker::default()),
            era: Era::Open,
            heard: [false; TICKETS],
            told: [None; TICKETS],
            is_changed: false,
            is_misled: false,
            is_turned_away: false,
            is_cancelled: false,
        }]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        for worker in 0..WORKERS {
            actions.extend([
                Action::Read(worker),
                Action::Step(worker),
                Action::Crash(worker),
            ]);
            actions.extend((1..=STUDENTS).map(|student| Action::Click(worker, student)));
            actions.extend((1..=BATCH_MAX).map(|limit| Action::Settle(worker, limit)));
        }
        actions.extend([Action::Pause, Action::End]);
        if self.cancels {
            actions.extend((0..TICKETS).map(Action::Cancel));
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Read(worker) => self.read(&mut state, worker)?,
            Action::Click(worker, student) => self.click(&mut state, worker, student)?,
            Action::Step(worker) => self.step(&mut state, worker)?,
            Action::Settle(worker, limit) => self.settle(&mut state, worker, limit)?,
            Action::Crash(worker) => self.crash(&mut state, worker)?,
            Action::Pause if before.era == Era::Open => state.era = Era::Paused,
            Action::End if before.era == Era::Open => state.era = Era::Ended,
            Action::Cancel(ticket) if !before.is_cancelled && !before.database.row_is_held => {
                state.database.cancel(ticket)?;
                state.is_cancelled = true;
                state
                    .workers
                    .iter_mut()
                    .for_each(|worker| worker.desk = None);
            }
            Action::Pause | Action::End | Action::Cancel(_) => return None,
        }
        let is_changed = |ticket| {
            before
                .database
                .fate(ticket)
                .is_some_and(|fate| fate.is_terminal() && state.database.fate(ticket) != Some(fate))
        };
        state.is_changed |= (0..TICKETS).any(is_changed);
        // Workers of a kind are told apart by nobody: a state counts once, whichever of them is at
        // what.
        let alike = usize::from(self.desks.keeps(0));
        state.workers[alike..].sort_by_cached_key(number);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self)
    }
}

/// The same for what is the same.
fn number(worker: &Worker) -> u64 {
    let mut hasher = DefaultHasher::new();
    worker.hash(&mut hasher);
    hasher.finish()
}
