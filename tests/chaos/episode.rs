//! An episode: sales open, a crowd comes, a fault strikes in its middle, everybody asks to the end,
//! and the checker judges.

use crate::{
    bystander_rules,
    bystanders::{Bystanders, Visit},
    checker::{Case, Violation, check},
    clients::{Clients, Plan, Progress},
    dice::Dice,
    facts::{Facts, numbers},
    faults::Fault,
    history::{Answer, Ask, Event},
    memory::Watch,
    notes::{Notebook, Offer},
    payers::Payers,
    processor,
    shop::Shop,
};
use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use support::crowd::Student;
use tokio::{sync::watch, task::JoinSet};

/// After the crowd has left, seats that nobody took are offered to others for so long: tokens that
/// died with an instance are free again after some 6 s.
const LATE_FOR: Duration = Duration::from_secs(60);
/// How long tickets of clients that heard nothing may wait when everybody else is done (G6).
const DECIDED_WITHIN: Duration = Duration::from_secs(10);

/// How long a seat that came back is looked for.
const OFFERED_FOR: Duration = Duration::from_secs(10);

/// Percent of the processor that a machine did not get: with so much of an episode's mean gone,
/// there were seconds with half of it.
const STOLEN_MIN: u64 = 3;

/// How large it is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub sales: usize,
    pub seats: i64,
    pub students: usize,
    /// The time before the first of them arrives.
    pub calm_ms: u64,
    /// The time in which they arrive.
    pub spread_ms: u64,
    /// The first moment at which the fault may strike, and the last.
    pub strikes_ms: (u64, u64),
}

/// What came of it.
pub struct Outcome {
    pub violations: Vec<Violation>,
    pub events: Vec<Event>,
    pub visits: Vec<Visit>,
    pub tickets: usize,
    pub orders: usize,
    pub answers: usize,
    pub money: Money,
    pub strikes: Strikes,
    pub took: Duration,
    pub healed_ms: u64,
    /// What the largest process of the shop held at its worst.
    pub peak_kb: u64,
    /// The share of the processor that this machine did not get meanwhile, in percent.
    pub stolen_percent: u64,
}

impl Outcome {
    /// Whether it says nothing of the shop: something took too long, and the machine had too little
    /// of its processor.
    pub fn is_undecided(&self) -> bool {
        self.stolen_percent >= STOLEN_MIN
            && !self.violations.is_empty()
            && self.violations.iter().all(Violation::is_timed)
    }
}

/// What became of seats that were to be paid.
#[derive(Clone, Copy, Debug, Default)]
pub struct Money {
    /// Orders that are paid.
    pub paid: usize,
    /// Orders whose seat came back.
    pub ended: usize,
    /// Payments whose money goes back.
    pub refunds: usize,
}

impl Money {
    fn of(facts: &Facts) -> Self {
        Self {
            paid: facts.paid_orders().count(),
            ended: facts.orders.iter().filter(|order| order.is_ended).count(),
            refunds: facts
                .payments
                .iter()
                .filter(|payment| payment.refund.is_some())
                .count(),
        }
    }
}

/// What a fault did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Strikes {
    /// How often it struck; 0 says that nothing happened, and that nothing was proven.
    pub count: usize,
    /// Processes of the shop that died of it.
    pub kills: usize,
    /// There is no more to be tried from here on.
    pub is_exhausted: bool,
}

/// What a fault may look at while the crowd is there.
pub struct Scene {
    pub clients: Clients,
    pub progress: Arc<Progress>,
    pub students: usize,
    pub sales: Vec<i64>,
    pub notebook: Notebook,
}

impl Scene {
    /// Whether everybody is done.
    pub fn is_over(&self) -> bool {
        self.progress.done.load(Ordering::Relaxed) >= self.students
    }
}

/// Runs one.
///
/// # Errors
/// The shop did not start, or did not start again: that is a violation, too, and this shop is not
/// to be used again.
pub async fn run(
    shop: &mut Shop,
    fault: &Fault,
    turn: u64,
    size: Size,
    dice: &mut Dice,
) -> Result<Outcome, String> {
    let (began, before) = (Instant::now(), processor::Moment::now());
    let sales = shop.open_sales(size.sales, size.seats).await?;
    let (healed, healed_ms) = watch::channel(None);
    let clients = Clients::to(shop, healed_ms);
    let mut crowd = JoinSet::new();
    for plan in plans(shop, &sales, size, dice) {
        crowd.spawn(clients.clone().walk(plan));
    }
    let bystanders = Bystanders::to(shop, clients.history.clone(), sales[0]);
    bystanders.warm_up(shop).await;
    let guests = bystanders.come(dice);
    let scene = Scene {
        clients: clients.clone(),
        progress: Arc::clone(&clients.progress),
        students: size.students,
        sales: sales.clone(),
        notebook: Notebook::default(),
    };
    let watch = Watch::over(
        shop.instances
            .iter()
            .map(|instance| instance.pid.clone())
            .collect(),
    );
    tokio::time::sleep(dice.ms(size.strikes_ms.0, size.strikes_ms.1)).await;
    let struck = (fault.strike)(shop, &scene, turn, dice).await;
    let healed_ms = clients.history.now_ms();
    healed.send_replace(Some(healed_ms));
    let strikes = match struck {
        Ok(strikes) => strikes,
        Err(error) => {
            crowd.shutdown().await;
            return Err(error);
        }
    };
    while crowd.join_next().await.is_some() {}
    if let Some(payers) = &clients.payers {
        payers.until_answered(shop, &sales).await;
        offer_again(shop, &clients, &sales, size.students, &scene.notebook, dice).await;
    } else {
        sell_the_rest(shop, &clients, &sales, dice).await;
    }
    let (visits, hidden_ms) = bystanders
        .leave(guests, |hidden_ms| {
            bystander_rules::gone_from_ms(hidden_ms, healed_ms)
        })
        .await;
    let facts = settled(shop, &clients, &sales).await;
    let events = clients.history.events();
    let unheard = clients
        .progress
        .unheard
        .lock()
        .expect("nobody panics")
        .clone();
    let purchases = clients
        .payers
        .as_ref()
        .map(Payers::purchases)
        .unwrap_or_default();
    let (launches, peaks_kb, notes) = (
        launches(shop, &clients),
        watch.peaks_kb(),
        scene.notebook.read(),
    );
    let case = Case {
        events: &events,
        facts: &facts,
        healed_ms,
        has_many: shop.instances.len() > 1,
        unheard: &unheard,
        visits: &visits,
        launches: &launches,
        sent: &bystanders.sent(),
        hidden_ms,
        peaks_kb: &peaks_kb,
        is_gated: shop.gate.is_some(),
        is_whole: fault.is_whole,
        has_holds: clients.payers.is_some(),
        purchases: &purchases,
        notes: &notes,
    };
    let violations = check(&case);
    let answers = events
        .iter()
        .filter(|event| event.answer != Answer::Nothing)
        .count();
    Ok(Outcome {
        violations,
        tickets: accepted(&events),
        orders: facts.orders.len(),
        money: Money::of(&facts),
        answers,
        events,
        visits,
        strikes,
        took: began.elapsed(),
        healed_ms,
        peak_kb: peaks_kb.iter().copied().max().unwrap_or_default(),
        stolen_percent: before.stolen_percent(),
    })
}

/// Which instance was started when in this episode. Behind a proxy they are all at one address.
fn launches(shop: &Shop, clients: &Clients) -> Vec<(usize, u64)> {
    let moments = shop
        .instances
        .iter()
        .enumerate()
        .flat_map(|(number, instance)| {
            instance.launched.iter().map(move |moment| (number, moment))
        });
    moments
        .filter_map(|(number, moment)| {
            Some((
                if shop.gate.is_some() { 0 } else { number },
                clients.history.ms_of(*moment)?,
            ))
        })
        .collect()
}

/// How many tickets were given out.
fn accepted(events: &[Event]) -> usize {
    let ticket = |event: &Event| match event.answer {
        Answer::Ticket(ticket) if matches!(event.ask, Ask::Click(_)) => Some(ticket),
        _ => None,
    };
    events
        .iter()
        .filter_map(ticket)
        .collect::<HashSet<_>>()
        .len()
}

/// One to three clicks of each student: at the same sale with the same key or a new one, or at
/// another sale.
fn plans(shop: &Shop, sales: &[i64], size: Size, dice: &mut Dice) -> Vec<Plan> {
    let offset = dice.below(shop.students.len());
    (0..size.students)
        .map(|number| {
            let student = shop.students[(offset + number) % shop.students.len()].clone();
            let first = sales[number % sales.len()];
            let mut clicks = vec![(first, "first".to_owned())];
            for again in 0..dice.below(3) {
                let sale = if dice.once_in(2) {
                    first
                } else {
                    sales[dice.below(sales.len())]
                };
                clicks.push((
                    sale,
                    if dice.once_in(2) {
                        "first".to_owned()
                    } else {
                        format!("again-{again}")
                    },
                ));
            }
            Plan {
                student,
                arrives: dice.ms(size.calm_ms, size.calm_ms + size.spread_ms),
                clicks,
                dice: dice.child(),
            }
        })
        .collect()
}

/// Students who come late take what is left.
async fn sell_the_rest(shop: &Shop, clients: &Clients, sales: &[i64], dice: &mut Dice) {
    let since = Instant::now();
    for &sale in sales {
        while since.elapsed() < LATE_FOR {
            let left = shop
                .database
                .numbers(&format!("select remaining from sale where id = {sale}"))
                .await[0];
            if left == 0 {
                break;
            }
            let mut late = JoinSet::new();
            for _ in 0..left {
                let student = shop.students[dice.below(shop.students.len())].clone();
                let clicks = vec![(sale, format!("late-{}", dice.roll()))];
                late.spawn(clients.clone().walk(Plan {
                    student,
                    arrives: dice.ms(0, 50),
                    clicks,
                    dice: dice.child(),
                }));
            }
            while late.join_next().await.is_some() {}
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// After every hold has ended, students who did not come before click at each instance for seats that
/// came back, and give them back again.
async fn offer_again(
    shop: &Shop,
    clients: &Clients,
    sales: &[i64],
    came: usize,
    notebook: &Notebook,
    dice: &mut Dice,
) {
    let Some(payers) = &clients.payers else {
        return;
    };
    let sale = sales[0];
    let left = shop
        .database
        .numbers(&format!("select remaining from sale where id = {sale}"))
        .await[0];
    if left == 0 {
        return;
    }
    let others: Vec<_> = others(shop, sales, came).await;
    for (instance, (address, student)) in shop.addresses().into_iter().zip(others).enumerate() {
        let (clients, since) = (clients.at(address), Instant::now());
        let mut plan = Plan {
            student: student.clone(),
            arrives: Duration::ZERO,
            clicks: Vec::new(),
            dice: dice.child(),
        };
        let mut has_seat = false;
        while !has_seat && since.elapsed() < OFFERED_FOR {
            let key = format!("offer-{}", dice.roll());
            if let Answer::Ticket(ticket) = clients.click(&student, sale, &key).await {
                let end = clients.poll_until_decided(&mut plan, sale, ticket).await;
                has_seat = matches!(end, Some(Answer::Won(_)));
            } else {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let took_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        notebook.write(|notes| {
            notes.offers.push(Offer {
                sale,
                instance,
                took_ms: has_seat.then_some(took_ms),
            });
        });
        payers.give_back(&clients, &student, sale).await;
    }
}

/// Students who have no ticket of these sales.
async fn others(shop: &Shop, sales: &[i64], came: usize) -> Vec<Student> {
    let tickets = format!(
        "select distinct student_id from ticket where sale_id in ({})",
        numbers(sales)
    );
    let known: HashSet<i64> = shop.database.numbers(&tickets).await.into_iter().collect();
    debug_assert!(known.len() <= came);
    shop.students
        .iter()
        .filter(|student| !known.contains(&student.id))
        .cloned()
        .collect()
}

/// The database, once nothing waits in it, or when it should not.
async fn settled(shop: &Shop, clients: &Clients, sales: &[i64]) -> Facts {
    let since = Instant::now();
    while shop.database.undecided().await > 0 && since.elapsed() < DECIDED_WITHIN {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut facts = shop.facts(sales).await;
    if let Some(payers) = &clients.payers {
        payers.balance(&mut facts.payments);
    }
    facts
}
