//! Everybody else who is in the shop while an episode lasts: a reader of pages, guests who sign in,
//! somebody without a session who clicks, and an operator who hides a banner.

use crate::{app::client, clients::like_a_browser, dice::Dice, history::History, shop::Shop};
use qiangke::{
    server::{boot, clock::Clock, store::Store},
    types::ids::BannerId,
};
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

/// How long a visitor waits for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// How long a guest looks for a code.
const CODE_WITHIN: Duration = Duration::from_secs(2);
/// How long the operator goes on trying.
const HIDES_WITHIN: Duration = Duration::from_secs(30);
/// One look at the database, when it does not answer.
const RECORD_WITHIN: Duration = Duration::from_secs(5);
/// What the reader reads.
const PAGES: [&str; 3] = ["/", "/courses", "/courses/2"];
/// The seed's banners, by their titles.
const BANNERS: [&str; 3] = ["整点开抢", "Python 从零到项目", "Linux 五周入门"];
/// The one that the operator hides, by its number and its title.
const HIDDEN: BannerId = BannerId(3);
pub const HIDDEN_TITLE: &str = BANNERS[2];

/// A request of a visitor, and its answer.
#[derive(Clone, Debug)]
pub struct Visit {
    pub sent_ms: u64,
    pub received_ms: u64,
    /// Which instance was asked.
    pub instance: usize,
    pub wish: Wish,
    /// The HTTP status; `None` when nobody answered.
    pub status: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A page, with the banners that stand on it.
    Page {
        path: &'static str,
        banners: Vec<&'static str>,
    },
    /// A code for a mobile.
    Code(String),
    /// The code of a mobile, or a wrong one.
    SignIn {
        mobile: String,
        code: String,
        is_right: bool,
    },
    /// A click with a session that nobody has.
    ClickByNobody,
}

impl Visit {
    pub fn json(&self) -> Value {
        json!({
            "visit": format!("{:?}", self.wish), "instance": self.instance, "sent_ms": self.sent_ms, "received_ms": self.received_ms,
            "status": self.status,
        })
    }
}

/// An SMS as the outbox has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Sms {
    pub mobile: String,
    pub code: String,
}

/// The bystanders of an episode. A copy is a pointer.
#[derive(Clone)]
pub struct Bystanders {
    client: Client,
    addresses: Arc<Vec<SocketAddr>>,
    history: History,
    visits: Arc<Mutex<Vec<Visit>>>,
    outbox: PathBuf,
    database: String,
    /// Minutes are not what they seem.
    is_clock_false: bool,
    sale: i64,
}

/// Those who are there until they are sent home.
pub struct Guests {
    coming_and_going: JoinSet<()>,
    operator: JoinSet<Option<u64>>,
}

impl Bystanders {
    pub fn to(shop: &Shop, history: History, sale: i64) -> Self {
        Self {
            client: like_a_browser(client())
                .timeout(ANSWER_WITHIN)
                .build()
                .expect("client"),
            addresses: Arc::new(shop.doors()),
            history,
            visits: Arc::default(),
            outbox: shop.outbox(),
            database: shop.database.url.clone(),
            is_clock_false: shop.staging.false_clock,
            sale,
        }
    }

    /// Has every instance behind a proxy show every page once: a visitor can't tell who shows it,
    /// and one that never did has nothing to show while the database is away.
    pub async fn warm_up(&self, shop: &Shop) {
        for address in shop.addresses().into_iter().filter(|_| shop.gate.is_some()) {
            for path in PAGES {
                drop(
                    self.client
                        .get(format!("http://{address}{path}"))
                        .send()
                        .await,
                );
            }
        }
    }

    /// Lets them in.
    pub fn come(&self, dice: &mut Dice) -> Guests {
        let mut coming_and_going = JoinSet::new();
        coming_and_going.spawn(self.clone().read(dice.child()));
        coming_and_going.spawn(self.clone().sign_in(dice.child()));
        coming_and_going.spawn(self.clone().click_without_session(dice.child()));
        let mut operator = JoinSet::new();
        operator.spawn(self.clone().hide(dice.child()));
        Guests {
            coming_and_going,
            operator,
        }
    }

    /// Sends them home; gives all that they saw, and when the banner was hidden. Each instance is
    /// looked at until the banner is gone from it, or should be: `late_ms` after it was hidden, by
    /// this clock.
    pub async fn leave(
        &self,
        guests: Guests,
        late_ms: impl Fn(u64) -> u64,
    ) -> (Vec<Visit>, Option<u64>) {
        let Guests {
            mut coming_and_going,
            mut operator,
        } = guests;
        let hidden_ms = operator
            .join_next()
            .await
            .expect("an operator")
            .expect("who does not panic");
        coming_and_going.shutdown().await;
        if let Some(hidden_ms) = hidden_ms {
            for instance in 0..self.addresses.len() {
                while self.page(instance, "/").await
                    && self.history.now_ms() <= late_ms(hidden_ms) + 200
                {
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
        let visits = self
            .visits
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        (visits, hidden_ms)
    }

    /// Every SMS that was ever sent.
    pub fn sent(&self) -> Vec<Sms> {
        let text = std::fs::read_to_string(&self.outbox).unwrap_or_default();
        text.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    async fn read(self, mut dice: Dice) {
        loop {
            for path in PAGES {
                self.page(dice.below(self.addresses.len()), path).await;
                sleep(dice.ms(30, 120)).await;
            }
        }
    }

    /// Reads a page; whether the hidden banner stands on it.
    async fn page(&self, instance: usize, path: &'static str) -> bool {
        let sent_ms = self.history.now_ms();
        let (mut status, mut banners) = (None, Vec::new());
        if let Ok(answer) = self
            .ask(instance, |url| self.client.get(format!("{url}{path}")))
            .await
        {
            let code = answer.status().as_u16();
            // A body that breaks off is no answer.
            if let Ok(text) = answer.text().await {
                status = Some(code);
                banners = BANNERS
                    .into_iter()
                    .filter(|title| text.contains(title))
                    .collect();
            }
        }
        let is_there = banners.contains(&HIDDEN_TITLE);
        self.note(sent_ms, instance, Wish::Page { path, banners }, status);
        is_there
    }

    async fn sign_in(self, mut dice: Dice) {
        loop {
            let mobile = format!("138{:08}", dice.below(100_000_000));
            if let Some(browser) = self.code(&mobile, &mut dice).await {
                // Once more within the minute, and from nobody's browser. Where the clock jumps,
                // the minute may be over.
                if !self.is_clock_false && dice.once_in(3) {
                    self.code(&mobile, &mut dice).await;
                }
                if let Some(code) = self.code_of(&mobile).await {
                    if dice.once_in(3) {
                        let wrong = if code == "123456" { "654321" } else { "123456" };
                        self.enter(
                            &mobile,
                            wrong,
                            &browser,
                            false,
                            dice.below(self.addresses.len()),
                        )
                        .await;
                    }
                    // The code is known, and was asked for elsewhere.
                    if dice.once_in(3) {
                        self.enter(
                            &mobile,
                            &code,
                            &Value::Null,
                            false,
                            dice.below(self.addresses.len()),
                        )
                        .await;
                    }
                    // Two tabs at once.
                    let (one, two) = (
                        dice.below(self.addresses.len()),
                        dice.below(self.addresses.len()),
                    );
                    tokio::join!(
                        self.enter(&mobile, &code, &browser, true, one),
                        self.enter(&mobile, &code, &browser, true, two)
                    );
                }
            }
            sleep(dice.ms(200, 600)).await;
        }
    }

    /// Asks for a code; gives what the browser is to hold, when one was promised.
    async fn code(&self, mobile: &str, dice: &mut Dice) -> Option<Value> {
        let body = json!({"mobile": mobile});
        let answer = self
            .post(
                dice.below(self.addresses.len()),
                "user/send_sms/",
                &body,
                Wish::Code(mobile.to_owned()),
            )
            .await?;
        Some(answer["result"]["browser"].clone())
    }

    async fn enter(
        &self,
        mobile: &str,
        code: &str,
        browser: &Value,
        is_right: bool,
        instance: usize,
    ) {
        let mut body = json!({"mobile": mobile, "code": code});
        if !browser.is_null() {
            body["browser"] = browser.clone();
        }
        self.post(
            instance,
            "user/login_sms/",
            &body,
            Wish::SignIn {
                mobile: mobile.into(),
                code: code.into(),
                is_right,
            },
        )
        .await;
    }

    async fn code_of(&self, mobile: &str) -> Option<String> {
        let since = Instant::now();
        while since.elapsed() < CODE_WITHIN {
            if let Some(sms) = self.sent().into_iter().rfind(|sms| sms.mobile == mobile) {
                return Some(sms.code);
            }
            sleep(Duration::from_millis(20)).await;
        }
        None
    }

    async fn click_without_session(self, mut dice: Dice) {
        loop {
            let body = json!({"sale": self.sale, "key": "nobody's"});
            self.post(
                dice.below(self.addresses.len()),
                "user/sckill/",
                &body,
                Wish::ClickByNobody,
            )
            .await;
            sleep(dice.ms(100, 400)).await;
        }
    }

    /// The answer's body, when it is one of success and arrives whole.
    async fn post(&self, instance: usize, path: &str, body: &Value, wish: Wish) -> Option<Value> {
        let sent_ms = self.history.now_ms();
        let made_up = tower_sessions::session::Id::default();
        let request = |url: &str| {
            self.client
                .post(format!("{url}/api/v1/{path}"))
                .header("cookie", format!("session={made_up}"))
                .json(body)
        };
        let answer = self.ask(instance, request).await.ok();
        self.note(
            sent_ms,
            instance,
            wish,
            answer.as_ref().map(|answer| answer.status().as_u16()),
        );
        answer?.error_for_status().ok()?.json().await.ok()
    }

    async fn ask(
        &self,
        instance: usize,
        request: impl FnOnce(&str) -> RequestBuilder,
    ) -> reqwest::Result<Response> {
        request(&format!("http://{}", self.addresses[instance]))
            .send()
            .await
    }

    fn note(&self, sent_ms: u64, instance: usize, wish: Wish, status: Option<u16>) {
        let visit = Visit {
            sent_ms,
            received_ms: self.history.now_ms(),
            instance,
            wish,
            status,
        };
        self.visits
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(visit);
    }

    /// Hides the banner, as `qiangke banner hide` does; gives when that was done.
    async fn hide(self, mut dice: Dice) -> Option<u64> {
        sleep(dice.ms(0, 3_000)).await;
        let since = Instant::now();
        while since.elapsed() < HIDES_WITHIN {
            if timeout(RECORD_WITHIN, self.hide_once())
                .await
                .is_ok_and(|hidden| hidden.is_some())
            {
                return Some(self.history.now_ms());
            }
            sleep(Duration::from_millis(100)).await;
        }
        None
    }

    async fn hide_once(&self) -> Option<()> {
        let store = boot::open_store(&self.database).await.ok()?;
        let hidden = show(&store, false).await;
        // The database is closed again: a second process that has the file open would spare the
        // shop its recovery.
        store.close().await.ok()?;
        hidden
    }
}

/// Shows or hides the banner; `None` when the database does not take it.
pub async fn show(store: &Store, is_shown: bool) -> Option<()> {
    store
        .show_banner(HIDDEN, is_shown, Clock::System.now())
        .await
        .ok()
        .filter(|known| *known)
        .map(drop)
}
