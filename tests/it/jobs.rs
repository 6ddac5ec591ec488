//! Durable jobs: claimed by kind and due time, started as often as their kind allows, and never in
//! each other's way.

use qiangke::{
    server::{
        boot,
        store::{ClaimedJob, JobKind, SmsStanding},
    },
    types::{
        account::Mobile,
        time::{DAY_MS, HOUR_MS, Millis},
    },
};
use reqwest::StatusCode;
use serde_json::json;
use support::{
    app::{NOON, TestApp},
    database::{TestDatabase, sms_code},
    setup::fill,
};

const MOBILE: &str = "13800000001";
/// A nonce, and how a payload has it.
const NONCE: [u8; 16] = [7; 16];
const NONCE_HEX: &str = "07070707070707070707070707070707";
/// The first migration that this version brings for jobs.
const JOBS_MIGRATION: i64 = 11;

fn mobile(text: &str) -> Mobile {
    Mobile::parse(text).expect("a mobile")
}

/// Stores a code and queues its job, and rings for nobody.
async fn ask(app: &TestApp, to: &str) {
    let always = |_: &SmsStanding| Some(Vec::new());
    app.store()
        .ask_code(
            &sms_code(&mobile(to), &NONCE, app.now()),
            &always,
            app.now(),
        )
        .await
        .expect("asked");
}

/// Inserts a job as a server of the version before does.
async fn insert(database: &TestDatabase, kind: &str, payload: &str) {
    database
        .execute(&format!(
            "insert into job (kind, payload, state, created_at, updated_at) values ('{kind}', '{payload}', 0, {0}, {0})",
            NOON.0
        ))
        .await;
}

/// Every job as `state note payload`.
async fn jobs(app: &TestApp) -> Vec<String> {
    app.database
        .texts("select state || ' ' || coalesce(note, '-') || ' ' || payload from job order by id")
        .await
}

async fn claim(app: &TestApp, now: Millis) -> Option<ClaimedJob> {
    app.store()
        .claim_job(&JobKind::ALL, now)
        .await
        .expect("an answer")
}

/// To whom an SMS went, sorted.
fn sent_to(app: &TestApp) -> Vec<String> {
    let sent = app.outbox.sent();
    let mut mobiles: Vec<_> = sent
        .iter()
        .map(|sent| sent.mobile.digits().to_owned())
        .collect();
    mobiles.sort();
    mobiles
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_can_t_be_read_ends_as_failed_and_holds_up_nobody() {
    let app = TestApp::start().await;
    let unreadable = [
        "",
        "null",
        "{}",
        "13800000001",
        "13800000001 é",
        r#"{"mobile":"12","nonce":"00"}"#,
        r#"{"mobile":"13800000001","nonce":"0g"}"#,
    ];
    for payload in unreadable {
        insert(&app.database, "send_sms", payload).await;
    }
    // Whatever its kind allows.
    app.database.execute("update job set tries_max = 3").await;
    ask(&app, MOBILE).await;
    app.drain_jobs().await;
    assert_eq!(sent_to(&app), [MOBILE]);
    let (last, before) = {
        let mut jobs = jobs(&app).await;
        (jobs.pop(), jobs)
    };
    assert_eq!(before, ["3 its payload can't be read "; 7]);
    assert_eq!(last.as_deref(), Some("2 - "));
    app.assert_audit().await;
}

/// A server of a later version knows the kind: it is not this one's to end the job before that one
/// had its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_no_server_knows_waits_a_day_and_holds_up_nobody() {
    let app = TestApp::start().await;
    insert(&app.database, "refund", r#"{"mobile":"13800000001"}"#).await;
    ask(&app, MOBILE).await;
    app.drain_jobs().await;
    assert_eq!(sent_to(&app), [MOBILE]);
    let sweep = async |at| app.store().sweep(at).await.expect("swept");
    sweep(NOON.plus(DAY_MS - 1)).await;
    assert_eq!(
        jobs(&app).await,
        [r#"0 - {"mobile":"13800000001"}"#, "2 - "]
    );
    sweep(NOON.plus(DAY_MS)).await;
    assert_eq!(jobs(&app).await, ["3 no server knows its kind ", "2 - "]);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_kinds_that_are_asked_for_are_claimed_and_only_when_they_are_due() {
    let app = TestApp::start().await;
    ask(&app, MOBILE).await;
    ask(&app, "13800000002").await;
    let none = app.store().claim_job(&[], app.now()).await;
    assert!(none.expect("an answer").is_none());
    app.database
        .execute(&format!(
            "update job set due_at = {} where id = 1",
            NOON.0 + 1
        ))
        .await;
    let id = |claimed: Option<ClaimedJob>| claimed.map(|claimed| claimed.id);
    assert_eq!(id(claim(&app, NOON).await), Some(2), "it is due at once");
    assert_eq!(id(claim(&app, NOON).await), None, "not yet");
    assert_eq!(id(claim(&app, NOON.plus(1)).await), Some(1));
    assert_eq!(
        id(claim(&app, NOON.plus(1)).await),
        None,
        "both are started"
    );
}

/// A clock that was ahead when a code was asked for does not put its SMS off.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_due_at_once_is_due_by_any_clock() {
    let app = TestApp::start().await;
    app.pass(40 * DAY_MS);
    ask(&app, MOBILE).await;
    app.pass(-40 * DAY_MS);
    assert!(claim(&app, app.now()).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_try_is_followed_by_others_as_long_as_there_are_some_left() {
    let app = TestApp::start().await;
    ask(&app, MOBILE).await;
    let payload = format!(r#"{{"mobile":"{MOBILE}","nonce":"{NONCE_HEX}"}}"#);
    app.database.execute("update job set tries_max = 3").await;
    let mut now = NOON;
    for _ in 0..2 {
        let claimed = claim(&app, now).await.expect("it is due");
        assert_eq!(claimed.payload, payload);
        let retry_at = now.plus(10_000);
        app.store()
            .fail_job(claimed.id, "no answer", Some(retry_at), now)
            .await
            .expect("written");
        assert_eq!(jobs(&app).await, [format!("0 no answer {payload}")]);
        assert!(claim(&app, retry_at.plus(-1)).await.is_none(), "not yet");
        now = retry_at;
    }
    let claimed = claim(&app, now).await.expect("the last try");
    let retry_at = Some(now.plus(10_000));
    app.store()
        .fail_job(claimed.id, "refused", retry_at, now)
        .await
        .expect("written");
    assert_eq!(jobs(&app).await, ["3 refused "], "and no payload");
    assert!(claim(&app, now.plus(DAY_MS)).await.is_none());
    assert_eq!(app.database.numbers("select tries from job").await, [3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sms_that_failed_is_not_tried_again() {
    let app = TestApp::start().await;
    app.outbox
        .fail_next(qiangke::server::sms::SmsError::Timeout);
    ask(&app, MOBILE).await;
    app.drain_jobs().await;
    app.pass(HOUR_MS);
    app.drain_jobs().await;
    assert_eq!(sent_to(&app), <[&str; 0]>::default());
    assert_eq!(
        app.database.numbers("select state from job").await,
        [3],
        "it may have been sent"
    );
}

/// A server that dies in the middle of a job leaves it started: after an hour it is tried again if
/// its kind allows it, and ends as failed if not.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_server_died_is_given_up_after_an_hour() {
    let app = TestApp::start().await;
    ask(&app, MOBILE).await;
    ask(&app, "13800000002").await;
    app.database
        .execute("update job set tries_max = 2 where id = 2")
        .await;
    for _ in 0..2 {
        claim(&app, NOON).await.expect("a job");
    }
    let states = async || {
        let states = "select state from job order by id";
        app.database.numbers(states).await
    };
    let sweep = async |at| app.store().sweep(at).await.expect("swept");
    sweep(NOON.plus(HOUR_MS - 1)).await;
    assert_eq!(states().await, [1, 1]);
    let lost_at = NOON.plus(HOUR_MS);
    sweep(lost_at).await;
    assert_eq!(states().await, [3, 0]);
    assert_eq!(
        claim(&app, lost_at).await.map(|claimed| claimed.id),
        Some(2)
    );
    sweep(lost_at.plus(HOUR_MS)).await;
    assert_eq!(states().await, [3, 3], "that was the last try");
    app.assert_audit().await;
}

/// What a provider of payments is asked may be asked twice; an SMS may not be sent twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_job_that_may_run_twice_is_queued_again_within_half_a_minute() {
    let app = TestApp::start().await;
    for kind in ["query_payment", "close_payment", "send_refund"] {
        insert(&app.database, kind, r#"{"payment":1,"refund":1}"#).await;
    }
    ask(&app, MOBILE).await;
    for _ in 0..4 {
        claim(&app, NOON).await.expect("a job");
    }
    let requeue = async |now| {
        let requeued = app.store().requeue_lost_jobs(now).await;
        requeued.expect("an answer")
    };
    assert_eq!(requeue(NOON.plus(20_000)).await, 0);
    assert_eq!(requeue(NOON.plus(25_000)).await, 3);
    let states = "select state from job order by id";
    assert_eq!(app.database.numbers(states).await, [0, 0, 0, 1]);
    // A clock that was ahead when it was claimed does not keep it.
    let ahead = NOON.plus(40 * DAY_MS);
    for _ in 0..3 {
        claim(&app, ahead).await.expect("a job");
    }
    assert_eq!(requeue(NOON.plus(25_000)).await, 3);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_somebody_is_not_sent_once_they_are_erased() {
    let app = TestApp::start().await;
    ask(&app, MOBILE).await;
    insert(&app.database, "send_sms", &format!("{MOBILE} {NONCE_HEX}")).await;
    ask(&app, "13800000002").await;
    let person = app.store().person(&mobile(MOBILE)).await.expect("read");
    assert_eq!(person.messages.len(), 2, "in both forms");
    let erased = app.store().erase(&mobile(MOBILE), app.now()).await;
    assert_eq!(erased.expect("erased").messages, 2);
    app.drain_jobs().await;
    assert_eq!(sent_to(&app), ["13800000002"]);
    app.assert_audit().await;
}

/// While one version takes the place of the other, both insert and claim: what the old one started
/// is its own, and never started again.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_the_version_before_are_kept_and_none_is_started_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = TestDatabase::new(folder.path()).await;
    let empty = boot::open_store(&database.url).await.expect("open");
    empty.close().await.expect("close");
    database.migrate_below(JOBS_MIGRATION).await;
    let claim_as_before = format!(
        "update job set state = 1, updated_at = {} where id = (select id from job where state = 0 order by id limit 1)",
        NOON.0
    );
    let payload = |mobile: &str| format!("{mobile} {NONCE_HEX}");
    for number in 1..=3 {
        let to = format!("1380000000{number}");
        insert(&database, "send_sms", &payload(&to)).await;
        let (nonce, end) = (database.literal(&NONCE), NOON.0 + 300_000);
        database
            .execute(&format!(
                "insert into sign_in_code (mobile, browser, nonce, expires_at, tries_left) values ('{to}', {nonce}, {nonce}, {end}, 5)"
            ))
            .await;
    }
    database.execute(&claim_as_before).await;
    database
        .execute("insert into job (kind, payload, state, created_at, updated_at, note) values ('send_sms', '', 3, 1, 1, 'why')")
        .await;
    fill(&database).await;

    let app = TestApp::with(&database).await;
    database.execute(&claim_as_before).await;
    app.drain_jobs().await;
    assert_eq!(
        sent_to(&app),
        ["13800000003"],
        "the two others are not ours"
    );
    assert_eq!(
        jobs(&app).await,
        [
            format!("1 - {}", payload("13800000001")),
            format!("1 - {}", payload("13800000002")),
            "2 - ".to_owned(),
            "3 why ".to_owned()
        ]
    );
    app.store().sweep(NOON.plus(HOUR_MS)).await.expect("swept");
    let lost = "3 its server ended in the middle of it ";
    assert_eq!(jobs(&app).await[..2], [lost, lost], "and never become ours");
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_runs_what_it_is_rung_for_and_what_it_is_not() {
    /// More than it runs at a time.
    const UNRUNG: usize = 40;
    let app = TestApp::start_with_worker().await;
    let (status, answer) = app
        .visitor()
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let mut all = vec![MOBILE.to_owned()];
    all.extend((0..UNRUNG).map(|number| format!("139000000{number:02}")));
    for to in &all[1..] {
        ask(&app, to).await;
    }
    app.eventually("all are sent", async || {
        app.outbox.sent().len() >= all.len()
    })
    .await;
    app.eventually("all have ended", async || {
        let open = "select count(*) from job where state <> 2";
        app.database.numbers(open).await == [0]
    })
    .await;
    assert_eq!(sent_to(&app), all, "each once");
}
