//! Payers: students who got a seat, and what they do with it. Thirty of a hundred never pay; others
//! pay at the mock gateway, once, twice, too little, too late, or tell of money that nobody paid.
//! What each saw of its order is kept, for the checker.

use crate::{
    clients::Clients,
    dice::Dice,
    facts::{self, PaymentFact, numbers},
    shop::Shop,
};
use qiangke::{
    server::{
        clock::Clock,
        payment::mock::{server::MockGateway, wire::ACT},
    },
    types::time::Millis,
};
use reqwest::{Client, RequestBuilder, Url, header};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use support::{crowd::Student, http::client};
use tokio::time::sleep;

/// How long a payer waits for an answer: a shop waits for its gateway for up to 8 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks at an order.
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);
/// Looks at an order that was paid, until its student goes on.
const LOOKS_MAX: usize = 8;
/// How long after the last hold's end, and the last fault's, everything may wait for an answer of
/// the gateway: a call that hangs is given up after 8 s, and tried again.
const ANSWERED_WITHIN: Duration = Duration::from_secs(40);
/// Between two looks at the database.
const REST: Duration = Duration::from_millis(100);

/// What a student does with a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Does nothing.
    Never,
    /// Begins to pay, and never opens the gateway's page: the gateway has not heard of the payment.
    Leaves,
    Pays,
    PaysTwice,
    /// Pays one fen less, and then, perhaps, the whole.
    PaysLess,
    /// Pays after the hold's end.
    PaysLate,
    /// Pays nothing, and somebody else tells the shop that it was paid.
    Forges,
    /// The notice comes 20 s late.
    NoticeLate,
    NoNotice,
    /// The money comes in the moment in which the shop closes the payment.
    PaysOnClose,
    Refuses,
    /// Gives the seat back.
    Cancels,
    /// Gives the seat back, and pays all the same.
    CancelsAndPays,
    /// Pays late, and the first refund fails.
    RefundFails,
    /// Pays late, and what becomes of refunds is never said.
    RefundHidden,
}

impl Habit {
    /// Who of a hundred does what.
    const OF_A_HUNDRED: [(usize, Self); 15] = [
        (24, Self::Never),
        (6, Self::Leaves),
        (29, Self::Pays),
        (5, Self::PaysTwice),
        (5, Self::PaysLess),
        (6, Self::PaysLate),
        (3, Self::Forges),
        (4, Self::NoticeLate),
        (6, Self::NoNotice),
        (4, Self::PaysOnClose),
        (1, Self::Refuses),
        (3, Self::Cancels),
        (2, Self::CancelsAndPays),
        (1, Self::RefundFails),
        (1, Self::RefundHidden),
    ];

    fn roll(dice: &mut Dice) -> Self {
        let mut rolled = dice.below(100);
        for (share, habit) in Self::OF_A_HUNDRED {
            if rolled < share {
                return habit;
            }
            rolled -= share;
        }
        Self::Never
    }
}

/// A seat that a student held, and what the student did and saw.
#[derive(Clone, Debug)]
pub struct Purchase {
    pub student: i64,
    pub order: i64,
    pub habit: Habit,
    /// The payment's name at the gateway, once the student began to pay.
    pub trades: Vec<String>,
    /// Every end of the hold that the student was told.
    pub ends: Vec<i64>,
    /// Every state of the order that the student was told, one after the other.
    pub told: Vec<String>,
    /// The student gave it back.
    pub is_given_back: bool,
    /// What the course's lessons were answered with at the end: an HTTP status.
    pub lessons: Option<u16>,
}

/// The way of payers to a gateway, and what they saw. A copy is a pointer.
#[derive(Clone)]
pub struct Payers {
    /// The way to the gateway's page.
    client: Client,
    /// The gateway itself, whatever stands between it and the shop.
    page: SocketAddr,
    pub gateway: MockGateway,
    purchases: Arc<Mutex<Vec<Purchase>>>,
}

/// An answer of the shop that says something.
enum Said {
    Yes(Value),
    /// By this HTTP status.
    No(u16),
    Nothing,
}

impl Payers {
    /// `None` where nothing is paid.
    pub fn of(shop: &Shop) -> Option<Self> {
        let gateway = shop.gateway.as_ref()?;
        Some(Self {
            client: client()
                .timeout(ANSWER_WITHIN)
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .expect("client"),
            page: gateway.address,
            gateway: gateway.gateway.clone(),
            purchases: Arc::default(),
        })
    }

    pub fn purchases(&self) -> Vec<Purchase> {
        self.purchases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What a student does with a seat of this sale, to the end.
    pub async fn use_seat(&self, clients: &Clients, student: &Student, sale: i64, dice: &mut Dice) {
        let Some(order) = Self::live_order(clients, student, sale).await else {
            return;
        };
        let mut purchase = Purchase {
            student: student.id,
            order: order["id"].as_i64().unwrap_or_default(),
            habit: Habit::roll(dice),
            trades: Vec::new(),
            ends: Vec::new(),
            told: Vec::new(),
            is_given_back: false,
            lessons: None,
        };
        purchase.saw(&order);
        // Another ticket of the same student found it, and pays it already.
        let is_known = self
            .purchases()
            .iter()
            .any(|known| known.order == purchase.order);
        if !is_known {
            self.follow(clients, student, &mut purchase, dice).await;
            purchase.lessons = Self::lessons(clients, student, &order["course_id"]).await;
            self.keep(purchase);
        }
    }

    /// Gives a seat back whose student only wanted to know whether it can be had.
    pub async fn give_back(&self, clients: &Clients, student: &Student, sale: i64) {
        let Some(order) = Self::live_order(clients, student, sale).await else {
            return;
        };
        let mut purchase = Purchase {
            student: student.id,
            order: order["id"].as_i64().unwrap_or_default(),
            habit: Habit::Cancels,
            trades: Vec::new(),
            ends: Vec::new(),
            told: Vec::new(),
            is_given_back: false,
            lessons: None,
        };
        Self::cancel(clients, student, &mut purchase).await;
        self.keep(purchase);
    }

    fn keep(&self, purchase: Purchase) {
        self.purchases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(purchase);
    }

    async fn follow(
        &self,
        clients: &Clients,
        student: &Student,
        purchase: &mut Purchase,
        dice: &mut Dice,
    ) {
        sleep(dice.ms(0, 600)).await;
        let is_late = matches!(
            purchase.habit,
            Habit::PaysLate | Habit::RefundFails | Habit::RefundHidden
        );
        let link = match purchase.habit {
            Habit::Never => return,
            Habit::Cancels => return Self::cancel(clients, student, purchase).await,
            _ => self.bill(clients, student, purchase).await,
        };
        let Some(link) = link else { return };
        if purchase.habit == Habit::CancelsAndPays {
            Self::cancel(clients, student, purchase).await;
            sleep(dice.ms(0, 1_000)).await;
        } else if is_late {
            sleep(until_over(purchase) + dice.ms(0, 1_500)).await;
        } else {
            sleep(dice.ms(0, 500)).await;
        }
        let acts: &[&str] = match purchase.habit {
            Habit::Never | Habit::Cancels | Habit::Leaves => &[],
            Habit::Pays => &["pay"],
            Habit::PaysTwice => &["pay_twice"],
            Habit::PaysLess => &["pay_less"],
            Habit::PaysLate | Habit::CancelsAndPays => &["pay_late"],
            Habit::Forges => &["forge"],
            Habit::NoticeLate => &["delay"],
            Habit::NoNotice => &["silent"],
            Habit::PaysOnClose => &["pay_on_close"],
            Habit::Refuses => &["refuse"],
            // Too late to pay by these, which say what becomes of refunds.
            Habit::RefundFails => &["fail_refund", "pay_late"],
            Habit::RefundHidden => &["hide_refund", "pay_late"],
        };
        for act in acts {
            self.act(&link, act).await;
        }
        if purchase.habit == Habit::PaysLess && dice.once_in(2) {
            sleep(BETWEEN_LOOKS).await;
            if let Some(link) = self.bill(clients, student, purchase).await {
                self.act(&link, "pay").await;
            }
        }
        // Who does not come back is asked about by the shop.
        if !acts.is_empty() && !dice.once_in(3) {
            Self::come_back(clients, student, purchase).await;
        }
    }

    /// What a course's lessons are answered with.
    async fn lessons(clients: &Clients, student: &Student, course: &Value) -> Option<u16> {
        let asked = Self::ask(clients, student, |client, address| {
            client.get(format!(
                "http://{address}/api/v1/learn/course/?course={course}"
            ))
        })
        .await;
        match asked {
            Said::Yes(_) => Some(200),
            Said::No(status) => Some(status),
            Said::Nothing => None,
        }
    }

    /// The order that holds a seat of this sale for a student.
    async fn live_order(clients: &Clients, student: &Student, sale: i64) -> Option<Value> {
        let orders = Self::ask(clients, student, |client, address| {
            client.get(format!("http://{address}/api/v1/user/order/"))
        })
        .await;
        let Said::Yes(Value::Array(orders)) = orders else {
            return None;
        };
        let is_live = |order: &Value| {
            order["sale_id"] == sale
                && matches!(order["state"].as_str(), Some("held" | "closing" | "paid"))
        };
        orders.into_iter().find(is_live)
    }

    /// Begins to pay: the link to the gateway's page, past whatever stands before the gateway.
    async fn bill(
        &self,
        clients: &Clients,
        student: &Student,
        purchase: &mut Purchase,
    ) -> Option<Url> {
        let body = json!({"order": purchase.order, "provider": "mock"});
        let answer = Self::ask(clients, student, |client, address| {
            client
                .post(format!("http://{address}/api/v1/order/pay/"))
                .json(&body)
        })
        .await;
        let Said::Yes(answer) = answer else {
            return None;
        };
        purchase.ends.extend(answer["expires_at"].as_i64());
        let mut link = Url::parse(answer["url"].as_str()?).ok()?;
        let trade = link
            .query_pairs()
            .find(|(name, _)| name == "out_trade_no")
            .map(|(_, trade)| trade.into_owned());
        purchase.trades.extend(trade);
        link.set_port(Some(self.page.port())).ok()?;
        Some(link)
    }

    async fn cancel(clients: &Clients, student: &Student, purchase: &mut Purchase) {
        // It may be heard although nobody answers.
        purchase.is_given_back = true;
        let body = json!({"order": purchase.order});
        let answer = Self::ask(clients, student, |client, address| {
            client
                .post(format!("http://{address}/api/v1/order/cancel/"))
                .json(&body)
        })
        .await;
        if let Said::Yes(answer) = answer {
            purchase.saw(&answer);
        }
    }

    /// The student's return from the gateway, and some looks at the order.
    async fn come_back(clients: &Clients, student: &Student, purchase: &mut Purchase) {
        let body = json!({"order": purchase.order});
        let checked = Self::ask(clients, student, |client, address| {
            client
                .post(format!("http://{address}/api/v1/order/check/"))
                .json(&body)
        })
        .await;
        if let Said::Yes(order) = checked {
            purchase.saw(&order);
        }
        for _ in 0..LOOKS_MAX {
            if purchase
                .told
                .last()
                .is_some_and(|state| !matches!(state.as_str(), "held" | "closing"))
            {
                return;
            }
            sleep(BETWEEN_LOOKS).await;
            let order = purchase.order;
            let looked = Self::ask(clients, student, |client, address| {
                client.get(format!(
                    "http://{address}/api/v1/order/detail/?order={order}"
                ))
            })
            .await;
            if let Said::Yes(order) = looked {
                purchase.saw(&order);
            }
        }
    }

    /// Opens the gateway's page, and presses a button of it.
    async fn act(&self, link: &Url, act: &str) {
        let query = link.query().unwrap_or_default();
        let target = link.join(ACT).expect("an address");
        // A page that is gone says so; what was paid by it says the gateway's book.
        drop(self.client.get(link.clone()).send().await);
        let form = [("query", query), ("act", act)];
        drop(self.client.post(target).form(&form).send().await);
    }

    /// Asks any instance until one says yes or no.
    async fn ask(
        clients: &Clients,
        student: &Student,
        request: impl Fn(&Client, SocketAddr) -> RequestBuilder,
    ) -> Said {
        let began_ms = clients.history.now_ms();
        loop {
            let address = clients.any_address(student);
            let asked = request(clients.client(student), address)
                .timeout(ANSWER_WITHIN)
                .header(header::COOKIE, student.cookie())
                .send()
                .await;
            if let Ok(answer) = asked {
                let status = answer.status().as_u16();
                match (status, answer.json::<Value>().await) {
                    (200, Ok(mut body)) => return Said::Yes(body["result"].take()),
                    (400 | 403 | 404 | 409 | 422, _) => return Said::No(status),
                    _ => {}
                }
            }
            if clients.gives_up(began_ms) {
                return Said::Nothing;
            }
            sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Waits until every hold has ended, and all money that the gateway took is answered, or should
    /// be.
    pub async fn until_answered(&self, shop: &Shop, sales: &[i64]) {
        let holds = format!(
            "select count(*) from orders where sale_id in ({}) and state in (0, 1)",
            numbers(sales)
        );
        let ends = format!(
            "select coalesce(max(expires_at), 0) from orders where sale_id in ({})",
            numbers(sales)
        );
        let last = shop.database.numbers(&ends).await[0];
        sleep(until(last)).await;
        let since = Instant::now();
        while since.elapsed() < ANSWERED_WITHIN {
            let is_over = shop.database.numbers(&holds).await == [0];
            if is_over {
                let mut payments = facts::read(&shop.database.url, sales)
                    .await
                    .expect("the database can be read")
                    .payments;
                self.balance(&mut payments);
                if self.is_quiet(&payments) {
                    return;
                }
            }
            sleep(REST).await;
        }
    }

    /// Whether nothing is on its way: all money is known, and what goes back is there, unless the
    /// gateway does not say so.
    fn is_quiet(&self, payments: &[PaymentFact]) -> bool {
        let purchases = self.purchases();
        payments.iter().all(|payment| {
            payment.received == payment.taken && !payment.waits_for_refund(&purchases)
        })
    }

    /// Asks the gateway's own book what it took and paid back for these.
    pub fn balance(&self, payments: &mut [PaymentFact]) {
        for payment in payments {
            if let Some(balance) = self.gateway.balance(&payment.out_trade_no) {
                payment.taken = Some(balance.taken.0).filter(|taken| *taken > 0);
                payment.returned = balance.returned.0;
            }
        }
    }
}

impl Purchase {
    /// Notes what an answer says of the order.
    fn saw(&mut self, order: &Value) {
        self.ends.extend(order["expires_at"].as_i64());
        self.told.extend(order["state"].as_str().map(str::to_owned));
    }
}

fn until_over(purchase: &Purchase) -> Duration {
    until(purchase.ends.last().copied().unwrap_or_default())
}

fn until(at: i64) -> Duration {
    let Millis(now) = Clock::System.now();
    Duration::from_millis(u64::try_from(at - now).unwrap_or_default())
}
