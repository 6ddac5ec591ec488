//! Students on their way to a shop: they click, double-click, try again when nobody answers, and
//! poll to the end. All that they see goes into the history.

use crate::{
    dice::Dice,
    history::{Answer, Ask, Event, History, Ticket},
    payers::Payers,
    shop::{Id, Shop},
};
use qiangke::{server::signer::Signer, types::sale::Reason};
use reqwest::{Client, ClientBuilder, RequestBuilder};
use serde_json::Value;
use std::{
    collections::HashMap,
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use support::{crowd::Student, http::client};
use tokio::sync::{Semaphore, watch};

/// Requests of a crowd that are on their way at a time; more would only wait for this machine's two
/// cores.
const OPEN_MAX: usize = 192;
/// Addresses that students come from: what is limited by address has room for all of them.
const NETWORKS: u8 = 16;
/// How long a client waits for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// The longest rest between two polls: shorter than the shop asks for, so that the end is heard in
/// time to be judged.
const REST_MAX_MS: u64 = 500;
/// How long after the shop was whole again a student goes on trying.
const TRIES_FOR_MS: u64 = 15_000;
/// The longest that an episode may last: then everybody gives up.
const EPISODE_MAX_MS: u64 = 180_000;

/// A way to a shop.
#[derive(Clone)]
pub struct Clients {
    /// Each at an address of its own.
    by_address: Arc<Vec<Client>>,
    addresses: Arc<Vec<SocketAddr>>,
    signer: Arc<Signer>,
    pub history: History,
    open: Arc<Semaphore>,
    /// When the last fault ended, once it has.
    healed_ms: watch::Receiver<Option<u64>>,
    pub progress: Arc<Progress>,
    /// What students do with their seats; `None` where nothing is paid.
    pub payers: Option<Payers>,
}

/// How far a crowd is.
#[derive(Default)]
pub struct Progress {
    /// Students whose every click was heard, and whose every ticket ended.
    pub done: AtomicUsize,
    /// Who gave up, and why.
    pub unheard: Mutex<Vec<String>>,
}

/// What a student is about to do.
pub struct Plan {
    pub student: Student,
    pub arrives: Duration,
    /// Sales with the keys of clicks.
    pub clicks: Vec<(i64, String)>,
    pub dice: Dice,
}

impl Clients {
    pub fn to(shop: &Shop, healed_ms: watch::Receiver<Option<u64>>) -> Self {
        Self {
            by_address: Arc::new((1..=NETWORKS).map(client_of).collect()),
            addresses: Arc::new(shop.doors()),
            signer: shop.signer(),
            history: History::new(),
            open: Arc::new(Semaphore::new(OPEN_MAX)),
            healed_ms,
            progress: Arc::default(),
            payers: Payers::of(shop),
        }
    }

    /// The same with one way in.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            addresses: Arc::new(vec![address]),
            ..self.clone()
        }
    }

    /// Any instance will do, as behind any proxy.
    pub fn any_address(&self, student: &Student) -> SocketAddr {
        let number = usize::try_from(self.history.now_ms())
            .unwrap_or_default()
            .wrapping_add(usize::try_from(student.id).unwrap_or_default());
        self.addresses[number % self.addresses.len()]
    }

    /// A student's way through the episode.
    pub async fn walk(self, mut plan: Plan) {
        tokio::time::sleep(plan.arrives).await;
        let mut tickets = HashMap::new();
        for (sale, key) in std::mem::take(&mut plan.clicks) {
            for ticket in self.click_until_heard(&mut plan, sale, &key).await {
                tickets.insert(ticket, (sale, key.clone()));
            }
        }
        for (ticket, (sale, key)) in tickets {
            let end = self.poll_until_decided(&mut plan, sale, ticket).await;
            if let (Some(payers), Some(Answer::Won(_))) = (&self.payers, &end) {
                payers
                    .use_seat(&self, &plan.student, sale, &mut plan.dice)
                    .await;
            }
            if end.is_some() && plan.dice.once_in(4) {
                // A page that is loaded again: the same click, and the same end.
                tokio::time::sleep(plan.dice.ms(0, 1_000)).await;
                let answer = self.click(&plan.student, sale, &key).await;
                self.poll(&plan.student, sale, ticket).await;
                if let Answer::Ticket(ticket) = answer {
                    self.poll_until_decided(&mut plan, sale, ticket).await;
                }
            }
        }
        self.progress.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Clicks with one key until it is heard, now and then twice at once; gives the tickets.
    async fn click_until_heard(&self, plan: &mut Plan, sale: i64, key: &str) -> Vec<Ticket> {
        let began_ms = self.history.now_ms();
        loop {
            let one = self.click(&plan.student, sale, key);
            let answers = if plan.dice.once_in(5) {
                let (one, two) = tokio::join!(one, self.click(&plan.student, sale, key));
                vec![one, two]
            } else {
                vec![one.await]
            };
            if answers
                .iter()
                .any(|answer| matches!(answer, Answer::Ticket(_) | Answer::Refused(_)))
            {
                return answers
                    .into_iter()
                    .filter_map(|answer| {
                        if let Answer::Ticket(ticket) = answer {
                            Some(ticket)
                        } else {
                            None
                        }
                    })
                    .collect();
            }
            if self.gives_up(began_ms) {
                let text = format!(
                    "student {} was not heard at sale {sale}; the last answers: {answers:?}",
                    plan.student.id
                );
                self.progress
                    .unheard
                    .lock()
                    .expect("nobody panics")
                    .push(text);
                return Vec::new();
            }
            tokio::time::sleep(plan.dice.ms(50, 400)).await;
        }
    }

    /// The ticket's end; `None` when the student gave up before.
    pub async fn poll_until_decided(
        &self,
        plan: &mut Plan,
        sale: i64,
        ticket: Ticket,
    ) -> Option<Answer> {
        let began_ms = self.history.now_ms();
        loop {
            let (answer, retry_ms) = self.poll(&plan.student, sale, ticket).await;
            if answer.is_terminal() {
                return Some(answer);
            }
            if self.gives_up(began_ms) {
                return None;
            }
            let rest_ms = retry_ms.unwrap_or(REST_MAX_MS / 4).min(REST_MAX_MS);
            tokio::time::sleep(Duration::from_millis(rest_ms) + plan.dice.ms(0, 20)).await;
        }
    }

    pub fn gives_up(&self, began_ms: u64) -> bool {
        let now_ms = self.history.now_ms();
        let healed = *self.healed_ms.borrow();
        now_ms > EPISODE_MAX_MS
            || healed.is_some_and(|healed| now_ms > healed.max(began_ms) + TRIES_FOR_MS)
    }

    /// One click.
    pub async fn click(&self, student: &Student, sale: i64, key: &str) -> Answer {
        let request = |address| student.click(self.client(student), address, sale, Some(key));
        let told = |answer: &Value| {
            let text = answer["task_id"]
                .as_str()
                .filter(|_| answer["code"] == 100)?;
            match Shop::read_id(&self.signer, text)? {
                Id::Ticket(ticket) => Some(Answer::Ticket(ticket)),
                Id::Refusal(reason) => Some(Answer::Refused(reason)),
            }
        };
        let ask = Ask::Click(key.to_owned());
        let (answer, text) = self.ask(student, sale, ask, request, told).await;
        if let (Answer::Refused(reason), Some(text)) = (&answer, text) {
            self.poll_refusal(student, sale, *reason, &text).await;
        }
        answer
    }

    /// One poll, and when to ask again.
    pub async fn poll(
        &self,
        student: &Student,
        sale: i64,
        ticket: Ticket,
    ) -> (Answer, Option<u64>) {
        let claim = qiangke::server::signer::Claim {
            refusal: None,
            sale: qiangke::types::ids::SaleId(sale),
            student: qiangke::types::ids::StudentId(student.id),
            id: qiangke::types::ids::TicketId(ticket.0),
        };
        let task_id = self.signer.sign(&claim);
        let (answer, text) = self
            .ask(
                student,
                sale,
                Ask::Poll(ticket),
                |address| self.poll_of(student, address, &task_id),
                polled,
            )
            .await;
        let retry_ms =
            text.and_then(|text| serde_json::from_str::<Value>(&text).ok()?["retry_ms"].as_u64());
        (answer, retry_ms)
    }

    /// Now and then a refusal is asked about, too.
    async fn poll_refusal(&self, student: &Student, sale: i64, reason: Reason, answer: &str) {
        if !self.history.now_ms().is_multiple_of(8) {
            return;
        }
        let Ok(answer) = serde_json::from_str::<Value>(answer) else {
            return;
        };
        let task_id = answer["task_id"].as_str().unwrap_or_default().to_owned();
        self.ask(
            student,
            sale,
            Ask::PollRefusal(reason),
            |address| self.poll_of(student, address, &task_id),
            polled,
        )
        .await;
    }

    /// At the student's own address.
    pub fn client(&self, student: &Student) -> &Client {
        &self.by_address[usize::try_from(student.id).unwrap_or_default() % self.by_address.len()]
    }

    fn poll_of(&self, student: &Student, address: SocketAddr, task_id: &str) -> RequestBuilder {
        student.poll(self.client(student), address, task_id)
    }

    /// Asks, and notes what came; gives the body, too.
    async fn ask(
        &self,
        student: &Student,
        sale: i64,
        ask: Ask,
        request: impl FnOnce(SocketAddr) -> RequestBuilder,
        told: impl FnOnce(&Value) -> Option<Answer>,
    ) -> (Answer, Option<String>) {
        let _turn = self.open.acquire().await.expect("never closed");
        let sent_ms = self.history.now_ms();
        let address = self.any_address(student);
        let (mut answer, mut body) = (Answer::Nothing, None);
        if let Ok(response) = request(address).send().await {
            let status = response.status().as_u16();
            // A body that breaks off is no answer.
            if let Ok(text) = response.text().await {
                answer = match (status, serde_json::from_str::<Value>(&text)) {
                    (200, Ok(value)) => {
                        told(&value).unwrap_or_else(|| Answer::Unreadable(text.clone()))
                    }
                    (200, Err(_)) => Answer::Unreadable(text.clone()),
                    (status, _) => Answer::Status(status),
                };
                body = Some(text);
            }
        }
        let received_ms = self.history.now_ms();
        self.history.note(Event {
            student: student.id,
            sale,
            sent_ms,
            received_ms,
            ask,
            answer: answer.clone(),
        });
        (answer, body)
    }
}

/// A client that asks once more when a connection ended without a byte of the answer, as browsers
/// do of connections that they used before: a shop that needs room closes those that rest, and may
/// do so while the next request is on its way (RFC 9112, section 9.3.1).
pub fn like_a_browser(builder: ClientBuilder) -> ClientBuilder {
    let retries = reqwest::retry::for_host("127.0.0.1")
        .no_budget()
        .max_retries_per_request(2);
    builder.retry(retries.classify_fn(|request| {
        if request.error().is_some_and(has_ended) {
            request.retryable()
        } else {
            request.success()
        }
    }))
}

/// Whether an error says that a connection ended before its answer began.
fn has_ended(error: &(dyn Error + 'static)) -> bool {
    let is_reset = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        )
    };
    error
        .downcast_ref::<hyper::Error>()
        .is_some_and(hyper::Error::is_incomplete_message)
        || error.downcast_ref::<io::Error>().is_some_and(is_reset)
        || error.source().is_some_and(has_ended)
}

/// The client of the `number`-th address that students come from.
fn client_of(number: u8) -> Client {
    let builder = like_a_browser(client())
        .timeout(ANSWER_WITHIN)
        .pool_max_idle_per_host(OPEN_MAX)
        .local_address(IpAddr::from([127, 0, 1, number]));
    builder.build().expect("client")
}

/// What the answer to a poll says.
fn polled(answer: &Value) -> Option<Answer> {
    match answer["code"].as_u64()? {
        100 => answer["seat"].as_i64().map(Answer::Won),
        101 => serde_json::from_value(answer["reason"].clone())
            .ok()
            .map(Answer::Lost),
        code @ 102..=104 => u16::try_from(code).ok().map(Answer::Waits),
        _ => None,
    }
}
