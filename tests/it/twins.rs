//! The same random history on SQLite and on PostgreSQL: both give the same answers, and both audits
//! are green.

use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use qiangke::{
    server::{
        boot,
        store::{
            Erased, JobKind, NewCode, NewSale, NewTicket, OrderQuery, OrderRow, SmsBudget,
            SmsStanding, SmsUse, Store, StoreError,
        },
    },
    types::{
        account::Mobile,
        ids::{BannerId, CourseId, OrderId, SaleId, StudentId, TicketId},
        money::Fen,
        page::{CourseArgs, CourseQuery},
        sale::HOLD_S,
        sale::Reason,
        text::Text,
        time::Millis,
    },
};
use std::fmt::Debug;
use support::{
    database::{TestDatabase, setting, sms_code},
    setup::fill,
};

/// Histories that are tried, each on two new databases.
const HISTORIES: u32 = 8;
/// Steps of a history at most.
const STEPS_MAX: usize = 120;
/// Looks at everything in between.
const LOOK_EVERY: usize = 10;
/// Milliseconds of a step.
const STEP_MS: i64 = 700;
const BEGIN: Millis = Millis(1_000_000);
/// Sales that are there, and the students who click on them.
const SALES: std::ops::Range<i64> = 1..5;
const STUDENTS: std::ops::Range<i64> = 1..9;
const LEASE: &str = "schedules";
/// The jobs as they stand.
const JOBS: &str = "select id || ' ' || kind || ' ' || state || ' ' || tries || ' ' || due_at || ' ' || updated_at || ' ' || payload || ' ' || coalesce(note, '')
    from job order by id";
/// A student's click on a sale, with one of two keys or none.
type Click = (i64, i64, Option<u8>);

#[derive(Clone, Debug)]
enum Step {
    Sale {
        course: i64,
        stock: i64,
        opens_in: i64,
        lasts: i64,
    },
    Pause(i64, bool),
    Restock(i64, i64),
    Cancel(i64, i64),
    Accept(Vec<Click>),
    Settle(i64, i64),
    Lose(u8),
    AskCode {
        mobile: u8,
        browser: u8,
        once: Option<u8>,
    },
    TryCode(u8, u8),
    UseCode(u8, u8),
    Budget(i64, Option<i64>),
    /// Of all kinds, or of none.
    ClaimJob(bool),
    FinishJob(i64),
    /// To be tried again after so many steps, or never.
    FailJob(i64, Option<i64>),
    /// As many tries as a job may have.
    AllowTries(i64, i64),
    /// As a server of the version before inserts one.
    InsertJob(&'static str, u8),
    Session(u8, i64),
    Forget(u8),
    Sweep,
    Erase(u8),
    AddBanner,
    ShowBanner(i64, bool),
    OrderBanner(i64, i64),
    Lease {
        as_seen: bool,
        holder: u8,
    },
    Courses {
        search: &'static str,
        ordering: &'static str,
        page_size: i64,
    },
}

/// Words, and what means something to one engine or the other.
const SEARCHES: &[&str] = &[
    "",
    "py",
    "PY",
    "Ｐｙ",
    "py 入门",
    "linux五周",
    "alex",
    "é",
    "%",
    "_",
    "\\",
    "\\w",
    "'",
    "[",
    "]",
    "[a-z]",
    "[^a]",
    "^",
    "-",
    "*",
    "?",
    "+",
    "C++",
    "(",
    "a|b",
    "{2}",
    "***:x",
    ".",
    "$",
    "!",
    "\u{1f40d}",
    "爬虫",
    "课程",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let sale = || SALES;
    let click = (sale(), STUDENTS, prop::option::of(0..2_u8));
    let one = prop_oneof![
        2 => (0..9_i64, 1..6_i64, -3..10_i64, 1..90_i64)
            .prop_map(|(course, stock, opens_in, lasts)| Step::Sale { course, stock, opens_in, lasts }),
        1 => (sale(), any::<bool>()).prop_map(|(sale, paused)| Step::Pause(sale, paused)),
        1 => (sale(), 1..4_i64).prop_map(|(sale, seats)| Step::Restock(sale, seats)),
        2 => (sale(), 1..4_i64).prop_map(|(sale, seat)| Step::Cancel(sale, seat)),
        8 => prop::collection::vec(click, 1..7).prop_map(Step::Accept),
        6 => (sale(), 1..5_i64).prop_map(|(sale, limit)| Step::Settle(sale, limit)),
        1 => any::<u8>().prop_map(Step::Lose),
        4 => (0..4_u8, 0..3_u8, prop::option::of(0..3_u8)).prop_map(|(mobile, browser, once)| Step::AskCode { mobile, browser, once }),
        2 => (0..4_u8, 0..3_u8).prop_map(|(mobile, browser)| Step::TryCode(mobile, browser)),
        2 => (0..4_u8, 0..3_u8).prop_map(|(mobile, browser)| Step::UseCode(mobile, browser)),
        1 => (0..30_i64, prop::option::of(-3..10_i64)).prop_map(|(codes, lasts)| Step::Budget(codes, lasts)),
        4 => prop::bool::weighted(0.9).prop_map(Step::ClaimJob),
        1 => (1..6_i64).prop_map(Step::FinishJob),
        2 => (1..6_i64, prop::option::of(0..20_i64)).prop_map(|(job, steps)| Step::FailJob(job, steps)),
        1 => (1..6_i64, 1..4_i64).prop_map(|(job, tries)| Step::AllowTries(job, tries)),
        1 => (select(&["send_sms", "refund"][..]), 0..4_u8).prop_map(|(kind, mobile)| Step::InsertJob(kind, mobile)),
        2 => (0..3_u8, -5..50_i64).prop_map(|(id, lives)| Step::Session(id, lives)),
        1 => (0..3_u8).prop_map(Step::Forget),
        1 => Just(Step::Sweep),
        1 => (0..4_u8).prop_map(Step::Erase),
        1 => Just(Step::AddBanner),
        1 => (1..6_i64, any::<bool>()).prop_map(|(banner, shown)| Step::ShowBanner(banner, shown)),
        1 => (1..6_i64, 0..5_i64).prop_map(|(banner, orders)| Step::OrderBanner(banner, orders)),
        1 => (any::<bool>(), 0..2_u8).prop_map(|(as_seen, holder)| Step::Lease { as_seen, holder }),
        2 => (
            select(SEARCHES),
            select(&["", "price", "-price", "students", "-students,price", "pub_date,-id", "-orders"][..]),
            1..9_i64
        )
            .prop_map(|(search, ordering, page_size)| Step::Courses { search, ordering, page_size }),
    ];
    prop::collection::vec(one, 1..STEPS_MAX)
}

/// What a request for a code uses: counters, how often, and until when.
fn counted(mobile: u8, once: Option<u8>, now: Millis) -> Vec<(String, i64, Millis)> {
    let ends_at = Millis((now.0 / (10 * STEP_MS) + 1) * 10 * STEP_MS);
    let of_mobile = (format!("mobile-{mobile}-{}", ends_at.0), 3, ends_at);
    let of_shop = (format!("shop-{}", ends_at.0), 6, ends_at);
    [of_mobile, of_shop]
        .into_iter()
        .chain(once.map(|once| (format!("once-{once}"), 1, now.plus(5 * STEP_MS))))
        .collect()
}

fn mobile(number: u8) -> Mobile {
    Mobile::parse(&format!("1380000000{number}")).expect("a mobile")
}

/// An answer in words; of a refusal only its kind, since each engine has words of its own.
fn said(answer: Result<impl Debug, StoreError>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(StoreError::Unavailable(_)) => "unavailable".to_owned(),
        Err(StoreError::FsyncFailed) => "a failed fsync".to_owned(),
        Err(StoreError::Constraint(_)) => "a constraint".to_owned(),
        Err(StoreError::Setting(_)) => "a setting".to_owned(),
        Err(StoreError::Defect(_)) => "a defect".to_owned(),
    }
}

/// One of the two databases, and what the history knows of it.
struct Twin {
    store: Store,
    database: TestDatabase,
    tickets: u8,
}

impl Twin {
    async fn open(database: &TestDatabase) -> Self {
        fill(database).await;
        let store = boot::open_store(&database.url).await.expect("open");
        let sale = NewSale {
            course: CourseId(2),
            price: Fen(990),
            stock: 3,
            opens_at: BEGIN,
            closes_at: BEGIN.plus(60 * STEP_MS),
            hold_s: HOLD_S,
        };
        for _ in SALES {
            store
                .create_sale(&sale, BEGIN)
                .await
                .expect("create")
                .expect("the course");
        }
        let mobiles: Vec<_> = STUDENTS
            .map(|number| format!("1540000000{number}"))
            .collect();
        store.add_students(&mobiles, BEGIN).await.expect("students");
        Self {
            store,
            database: database.clone(),
            tickets: 0,
        }
    }

    async fn play(&mut self, step: &Step, now: Millis) -> String {
        let store = &self.store;
        match step {
            Step::Sale {
                course,
                stock,
                opens_in,
                lasts,
            } => {
                let opens_at = now.plus(opens_in * STEP_MS);
                let closes_at = opens_at.plus(lasts * STEP_MS);
                let sale = NewSale {
                    course: CourseId(*course),
                    price: Fen(990),
                    stock: *stock,
                    opens_at,
                    closes_at,
                    hold_s: HOLD_S,
                };
                said(store.create_sale(&sale, now).await)
            }
            Step::Pause(sale, paused) => said(store.pause_sale(SaleId(*sale), *paused, now).await),
            Step::Restock(sale, seats) => {
                said(store.restock_sale(SaleId(*sale), *seats, now).await)
            }
            Step::Cancel(sale, seat) => {
                // Orders of one transaction get their numbers in any order.
                let query = OrderQuery {
                    sale: Some(SaleId(*sale)),
                    mobile: None,
                };
                let orders = store.orders(&query, 1_000).await.expect("orders");
                let ended = async |order: &OrderRow| {
                    said(store.cancel_order(OrderId(order.id), "why", now).await)
                };
                match orders
                    .iter()
                    .filter(|order| order.seat == Some(*seat))
                    .max_by_key(|order| order.created_at)
                {
                    Some(order) => ended(order).await,
                    None => said(store.cancel_order(OrderId(-1), "why", now).await),
                }
            }
            Step::Accept(clicks) => self.accept(clicks, now).await,
            Step::Settle(sale, limit) => said(store.settle(SaleId(*sale), *limit, now).await),
            Step::Lose(ticket) => {
                let id = TicketId([ticket % self.tickets.max(1); 16]);
                format!(
                    "{} {}",
                    said(store.lose(id, Reason::GaveUp, now).await),
                    said(store.ticket(id).await)
                )
            }
            Step::AskCode {
                mobile: number,
                browser,
                once,
            } => {
                let keys = counted(*number, *once, now);
                let limits = keys.clone();
                let judge = move |standing: &SmsStanding| {
                    let fits = limits
                        .iter()
                        .all(|(key, most, _)| standing.count(key) < *most);
                    fits.then(|| {
                        limits
                            .iter()
                            .map(|(key, _, ends_at)| SmsUse {
                                key: key.clone(),
                                ends_at: *ends_at,
                            })
                            .collect()
                    })
                };
                let code = NewCode {
                    browser: vec![*browser; 32],
                    keys: keys.into_iter().map(|(key, ..)| key).collect(),
                    network: format!("network-{browser}"),
                    expires_at: now.plus(20 * STEP_MS),
                    tries: 2,
                    ..sms_code(&mobile(*number), &now.0.to_be_bytes(), now)
                };
                said(store.ask_code(&code, &judge, now).await)
            }
            Step::TryCode(number, browser) => {
                said(store.try_code(&mobile(*number), &[*browser; 32], now).await)
            }
            // Numbers of students may have gaps, and do so at other places.
            Step::UseCode(number, browser) => match store
                .code_nonce(&mobile(*number), &[*browser; 32], now)
                .await
            {
                Ok(Some(nonce)) => {
                    let network = format!("network-{browser}");
                    said(
                        store
                            .use_code(&mobile(*number), &nonce, &network, now)
                            .await
                            .map(|student| student.is_some()),
                    )
                }
                other => said(other),
            },
            Step::Budget(codes, lasts) => {
                let budget = SmsBudget {
                    codes: *codes,
                    until: lasts.map(|lasts| now.plus(lasts * STEP_MS)),
                };
                said(store.set_sms_budget((*codes > 0).then_some(budget)).await)
            }
            Step::ClaimJob(any) => {
                let kinds = if *any { &JobKind::ALL[..] } else { &[] };
                said(store.claim_job(kinds, now).await)
            }
            Step::FinishJob(job) => said(store.finish_job(*job, now).await),
            Step::FailJob(job, steps) => {
                let retry_at = steps.map(|steps| now.plus(steps * STEP_MS));
                said(store.fail_job(*job, "no", retry_at, now).await)
            }
            Step::AllowTries(job, tries) => {
                let sql = format!("update job set tries_max = {tries} where id = {job}");
                self.database.execute(&sql).await;
                String::new()
            }
            Step::InsertJob(kind, number) => {
                let sql = format!(
                    "insert into job (kind, payload, state, created_at, updated_at) values ('{kind}', '{} 00ff', 0, {now}, {now})",
                    mobile(*number).digits(),
                    now = now.0
                );
                self.database.execute(&sql).await;
                String::new()
            }
            Step::Session(id, lives) => said(
                store
                    .save_session(
                        &format!("session-{id}"),
                        None,
                        &now.0.to_be_bytes(),
                        now.plus(lives * STEP_MS),
                    )
                    .await,
            ),
            Step::Forget(id) => said(store.delete_session(&format!("session-{id}")).await),
            Step::Sweep => said(store.sweep(now).await),
            // Numbers of students may have gaps, and do so at other places.
            Step::Erase(number) => {
                let whole = store.person(&mobile(*number)).await.map(|person| {
                    (
                        person.student.is_some(),
                        person.codes.len(),
                        person.messages.len(),
                    )
                });
                let erased = store
                    .erase(&mobile(*number), now)
                    .await
                    .map(|erased| Erased {
                        student: None,
                        ..erased
                    });
                format!("{} {}", said(whole), said(erased))
            }
            Step::AddBanner => said(
                store
                    .add_banner("t", "banner/rush.png", "/", "i", now)
                    .await,
            ),
            Step::ShowBanner(banner, shown) => {
                said(store.show_banner(BannerId(*banner), *shown, now).await)
            }
            Step::OrderBanner(banner, orders) => {
                said(store.order_banner(BannerId(*banner), *orders, now).await)
            }
            Step::Lease { as_seen, holder } => {
                let mut seen = store
                    .lease(LEASE)
                    .await
                    .expect("an answer")
                    .expect("a lease");
                seen.beat += i64::from(!as_seen);
                said(
                    store
                        .take_lease(LEASE, &seen, &format!("holder-{holder}"))
                        .await,
                )
            }
            Step::Courses {
                search,
                ordering,
                page_size,
            } => {
                let text = |text: &str| (!text.is_empty()).then(|| Text::from(text));
                let args = CourseArgs {
                    search: text(search),
                    ordering: text(ordering),
                    page_size: Some(Text::from(page_size)),
                    ..CourseArgs::default()
                };
                match CourseQuery::parse(&args) {
                    Ok(query) => format!(
                        "{} {}",
                        said(store.courses(&query).await),
                        said(store.cards(&query).await)
                    ),
                    Err(error) => format!("{error:?}"),
                }
            }
        }
    }

    async fn accept(&mut self, clicks: &[Click], now: Millis) -> String {
        let tickets = (self.tickets..)
            .zip(clicks)
            .map(|(number, (sale, student, key))| NewTicket {
                id: TicketId([number; 16]),
                sale: SaleId(*sale),
                student: StudentId(*student),
                key: key.map(|key| format!("key-{key}")),
                accepted_at: now,
            });
        let batch: Vec<_> = tickets.collect();
        let landed = said(self.store.accept(&batch).await);
        // What follows when the ids of a history are used up are clicks that are there already.
        self.tickets = self
            .tickets
            .saturating_add(u8::try_from(clicks.len()).unwrap_or(u8::MAX));
        landed
    }

    /// Everything that can be read.
    async fn look(&self, now: Millis) -> Vec<String> {
        let store = &self.store;
        let keys: Vec<_> = (0..4)
            .flat_map(|number| counted(number, Some(number), now))
            .map(|(key, ..)| key)
            .collect();
        let mut seen = vec![
            said(store.all_sales().await),
            said(store.sales(now).await),
            said(store.sales_waiting().await),
            said(store.tickets_waiting(1_000).await),
            said(store.banners(100).await),
            said(store.all_banners().await),
            said(store.catalog_version().await),
            said(store.sms_counters(&keys, now).await),
            said(store.sms_budget().await),
            said(store.lease(LEASE).await),
            said(store.audit().await),
            format!("{:?}", self.database.texts(JOBS).await),
        ];
        let ids: Vec<_> = (0..3).map(|id| format!("session-{id}")).collect();
        seen.push(said(store.load_sessions(&ids, now).await.map(sorted)));
        for number in 0..4 {
            for browser in 0..3 {
                seen.push(said(
                    store.code_nonce(&mobile(number), &[browser; 32], now).await,
                ));
            }
        }
        for sale in SALES.map(SaleId) {
            let desk = store.desk(sale).await.map(|desk| {
                desk.map(|desk| (desk.window, desk.remaining, desk.free, sorted(desk.holders)))
            });
            seen.push(format!(
                "{} {} {}",
                said(desk),
                said(store.seats_free(sale).await),
                said(store.oldest_waiting(sale).await)
            ));
            let students: Vec<_> = STUDENTS.map(StudentId).collect();
            for student in &students {
                seen.push(said(store.live_ticket(sale, *student).await));
            }
            let holders = store.holders(sale, &students[..4]).await;
            seen.push(said(holders.map(|found| {
                found.map(|found| (found.remaining, sorted(found.tickets)))
            })));
        }
        for student in STUDENTS.map(StudentId) {
            // In one transaction orders get their numbers in any order.
            let orders = store.orders_of(student, 100).await;
            seen.push(said(orders.map(|orders| {
                sorted(
                    orders
                        .into_iter()
                        .map(|order| (order.sale_id, order.seat, order.created_at))
                        .collect(),
                )
            })));
        }
        seen
    }
}

fn sorted<T: Ord>(mut rows: Vec<T>) -> Vec<T> {
    rows.sort_unstable();
    rows
}

async fn play(steps: &[Step]) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().expect("a folder");
    let server = setting("QIANGKE_TEST_POSTGRES").expect("scripts/on-postgres.sh sets it");
    let mut sqlite = Twin::open(&TestDatabase::file(&folder.path().join("shop.db"))).await;
    let mut postgres = Twin::open(&TestDatabase::database(&server, folder.path()).await).await;
    let mut now = BEGIN;
    for (number, step) in steps.iter().enumerate() {
        now = now.plus(STEP_MS);
        let (here, there) = (sqlite.play(step, now).await, postgres.play(step, now).await);
        prop_assert_eq!(here, there, "step {}: {:?}", number, step);
        if number % LOOK_EVERY == LOOK_EVERY - 1 || number == steps.len() - 1 {
            prop_assert_eq!(
                sqlite.look(now).await,
                postgres.look(now).await,
                "after step {}: {:?}",
                number,
                step
            );
        }
    }
    prop_assert_eq!(said(sqlite.store.audit().await), "[]");
    Ok(())
}

#[test]
fn both_engines_give_the_same_answers() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = ProptestConfig {
        cases: HISTORIES,
        max_shrink_iters: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&steps(), |steps| runtime.block_on(play(&steps)))
        .expect("the same answers");
}

/// A migration may say an engine's own way; what comes of it has the same columns and indexes.
#[tokio::test(flavor = "multi_thread")]
async fn both_engines_have_the_same_tables() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = setting("QIANGKE_TEST_POSTGRES").expect("scripts/on-postgres.sh sets it");
    let (file, database) = (
        TestDatabase::file(&folder.path().join("shop.db")),
        TestDatabase::database(&server, folder.path()).await,
    );
    for database in [&file, &database] {
        fill(database).await;
    }
    let sqlite = "select m.name || '.' || c.name || case when c.\"notnull\" or c.pk > 0 then '' else '?' end
         from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and m.name not like '!_%' escape '!'
         union select name from sqlite_master where type = 'index' and name not like 'sqlite!_%' escape '!' order by 1";
    let postgres = "select table_name || '.' || column_name || case when is_nullable = 'NO' then '' else '?' end
         from information_schema.columns where table_schema = 'public' and table_name not like '!_%' escape '!'
         union select indexname::text from pg_indexes i where schemaname = 'public' and tablename not like '!_%' escape '!'
           and not exists (select 1 from pg_constraint c where c.conname = i.indexname) order by 1";
    let (here, there) = (file.texts(sqlite).await, database.texts(postgres).await);
    assert!(
        here.contains(&"orders.ended_at?".to_owned())
            && here.contains(&"orders_seat_unique".to_owned()),
        "{here:?}"
    );
    assert_eq!(sorted(here), sorted(there));
}
