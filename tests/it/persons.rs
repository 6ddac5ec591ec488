//! Persons: what the shop keeps of one, how they see it, and how it ends.

use crate::PROGRAM;
use qiangke::{
    server::store::Cancelled,
    types::{
        ids::{OrderId, SaleId},
        kept, link,
        time::{DAY_MS, MINUTE_MS},
    },
};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use std::process::Output;
use support::{
    app::Visitor,
    app::{NOON, TestApp},
    database::{TestDatabase, setting},
};

const MOBILE: &str = "13800000001";
const OTHER: &str = "13800000002";
const CHROME: &str = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";

/// `qiangke student …`.
fn student(database: &TestDatabase, arguments: &[&str]) -> Output {
    let mut command = PROGRAM.command();
    command
        .arg("student")
        .args(arguments)
        .env("DATABASE_URL", &database.url)
        .output()
        .expect("it runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A student with a seat, and their ticket.
async fn winner<'a>(app: &'a TestApp, mobile: &str, sale: SaleId) -> (Visitor<'a>, String) {
    let visitor = app.student(mobile).await;
    let ticket = visitor.click(sale).await;
    assert_eq!(visitor.outcome(&ticket).await["code"], 100);
    (visitor, ticket)
}

async fn is_signed_in(visitor: &Visitor<'_>) -> bool {
    !visitor.read("user/me/").await.1["result"].is_null()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_have_all_that_is_kept_of_them() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await;
    let (visitor, _) = winner(&app, MOBILE, sale).await;
    winner(&app, OTHER, sale).await;
    visitor.write("learn/done/", json!({"section": 1})).await;
    app.pass(60 * 60_000);
    app.visitor()
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    let exported = student(&app.database, &["export", "+86 138-0000-0001"]);
    assert!(exported.status.success(), "{exported:?}");
    let person: Value = serde_json::from_slice(&exported.stdout).expect("JSON");
    assert_eq!(person["mobile"], MOBILE);
    assert_eq!(person["student"]["since"], "2026-11-22T12:00:00Z");
    for (table, count) in [
        ("sessions", 1),
        ("networks", 1),
        ("codes", 1),
        ("messages", 1),
        ("tickets", 1),
        ("orders", 1),
        ("progress", 1),
    ] {
        assert_eq!(
            person[table].as_array().map(Vec::len),
            Some(count),
            "{table}: {person}"
        );
    }
    assert_eq!(person["sessions"][0]["since"], "2026-11-22T12:00:00Z");
    assert_eq!(person["tickets"][0]["state"], "won");
    assert_eq!(person["orders"][0]["price"], "9.90");
    assert!(!String::from_utf8_lossy(&exported.stdout).contains(OTHER));
    let nobody = student(&app.database, &["export", "13800000009"]);
    assert!(
        !nobody.status.success() && said(&nobody).contains("nothing is kept"),
        "{nobody:?}"
    );
    assert!(
        !student(&app.database, &["export", "12345"])
            .status
            .success()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_is_erased_leaves_orders_without_a_name() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await;
    let (visitor, ticket) = winner(&app, MOBILE, sale).await;
    let (other, _) = winner(&app, OTHER, sale).await;
    visitor.write("learn/done/", json!({"section": 1})).await;
    let before = visitor.read("user/me/").await.1["result"]["id"].clone();
    let ended = app.sale(5, app.now(), app.now().plus(DAY_MS)).await;
    winner_again(&visitor, ended).await;
    app.database
        .execute("update orders set state = 4, ended_at = 1, end_reason = 'for Ms Zhang' where sale_id = 2")
        .await;
    app.database
        .execute("update ticket set released_at = 1 where sale_id = 2 and state = 1")
        .await;
    app.database
        .execute("update sale set remaining = remaining + 1 where id = 2")
        .await;
    app.assert_audit().await;

    let refused = student(&app.database, &["erase", MOBILE]);
    assert!(
        !refused.status.success() && said(&refused).contains("--yes"),
        "{refused:?}"
    );
    assert!(is_signed_in(&visitor).await);
    let erased = student(&app.database, &["erase", MOBILE, "--yes"]);
    assert!(erased.status.success(), "{erased:?}");
    assert!(
        !String::from_utf8_lossy(&erased.stdout).contains(MOBILE),
        "{erased:?}"
    );
    app.eventually("the session is worth nothing", async || {
        !is_signed_in(&visitor).await
    })
    .await;
    assert!(is_signed_in(&other).await);
    app.assert_audit().await;
    let count = async |sql: &str| app.database.numbers(sql).await[0];
    assert_eq!(
        count("select count(*) from orders").await,
        3,
        "orders and money stay"
    );
    assert_eq!(
        count("select count(*) from orders where end_reason like '%Zhang%'").await,
        0
    );
    assert_eq!(
        count(&format!(
            "select count(*) from student where mobile = '{MOBILE}'"
        ))
        .await,
        0
    );
    assert_eq!(
        count(&format!(
            "select count(*) from session where student_id = {before}"
        ))
        .await,
        0
    );
    assert_eq!(count("select count(*) from progress").await, 0);
    assert_eq!(
        count(&format!(
            "select count(*) from student_network where student_id = {before}"
        ))
        .await,
        0
    );
    assert_eq!(
        count(&format!(
            "select count(*) from job where payload like '%{MOBILE}%'"
        ))
        .await,
        0
    );
    let gone = student(&app.database, &["export", MOBILE]);
    assert!(
        !gone.status.success() && said(&gone).contains("nothing is kept"),
        "{gone:?}"
    );
    let gone = student(&app.database, &["erase", MOBILE, "--yes"]);
    assert!(
        !gone.status.success() && said(&gone).contains("nothing is kept"),
        "{gone:?}"
    );

    // The mobile signs in anew, as somebody else.
    app.pass(60 * 60_000);
    let anew = app.student(MOBILE).await;
    assert_ne!(anew.read("user/me/").await.1["result"]["id"], before);
    assert_eq!(anew.read("user/order/").await.1["result"], json!([]));
    assert_eq!(
        anew.read(&format!("user/sckill/?task_id={ticket}")).await.0,
        StatusCode::FORBIDDEN,
        "another's ticket"
    );
    app.assert_audit().await;
}

/// What stands of an order may be typed before the erasure or after it, and be shown only at its end.
#[tokio::test(flavor = "multi_thread")]
async fn no_word_about_an_erased_person_is_kept_however_their_orders_end() {
    const WORDS: &str = "for Ms Zhang";
    let app = TestApp::start().await;
    let (closing, held, paid) = (
        app.open_sale(5).await,
        app.sale(5, app.now(), app.now().plus(DAY_MS)).await,
        app.sale(5, app.now(), app.now().plus(DAY_MS)).await,
    );
    let visitor = app.student(MOBILE).await;
    let mut orders = Vec::new();
    for sale in [closing, held, paid] {
        winner_again(&visitor, sale).await;
        let order = format!("select id from orders where sale_id = {}", sale.0);
        orders.push(OrderId(app.database.numbers(&order).await[0]));
    }
    let pay = json!({"order": orders[0], "provider": "mock"});
    assert_eq!(visitor.write("order/pay/", pay).await.0, StatusCode::OK);
    let cancel = async |order| {
        let cancelled = app.store().cancel_order(order, WORDS, app.now()).await;
        cancelled.expect("an answer")
    };
    assert_eq!(cancel(orders[0]).await, Cancelled::Closing);
    let exported = student(&app.database, &["export", MOBILE]);
    let exported = String::from_utf8_lossy(&exported.stdout).into_owned();
    assert!(exported.contains(WORDS), "{exported}");

    let erased = student(&app.database, &["erase", MOBILE, "--yes"]);
    assert!(erased.status.success(), "{erased:?}");
    let words = format!(
        "select count(*) from orders where end_reason = '{WORDS}' or cancel_reason = '{WORDS}'"
    );
    assert_eq!(
        app.database.numbers(&words).await,
        [0],
        "while it is closing"
    );
    app.eventually("it ends", async || {
        app.drain_jobs().await;
        app.pass(MINUTE_MS);
        let ended = "select count(*) from orders where state in (3, 4)";
        app.database.numbers(ended).await[0] > 0
    })
    .await;
    assert_eq!(app.database.numbers(&words).await, [0], "once it has ended");
    app.database
        .execute(&format!(
            "update orders set state = 2, paid_at = 1 where id = {}",
            orders[2].0
        ))
        .await;
    let one = orders[1].0.to_string();
    let cancelled = PROGRAM
        .command()
        .args(["order", "cancel", &one, "--reason", WORDS])
        .env("DATABASE_URL", &app.database.url)
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&cancelled.stdout).into_owned();
    assert!(told.contains("is not kept"), "{told}: {cancelled:?}");
    cancel(orders[2]).await;
    assert_eq!(app.database.numbers(&words).await, [0], "typed after it");
}

async fn winner_again(visitor: &Visitor<'_>, sale: SaleId) {
    let ticket = visitor.click(sale).await;
    assert_eq!(visitor.outcome(&ticket).await["code"], 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mobile_that_only_asked_for_a_code_is_erased_too() {
    let app = TestApp::start().await;
    app.visitor()
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    app.code_for(MOBILE, 1).await;
    let erased = student(&app.database, &["erase", MOBILE, "--yes"]);
    assert!(erased.status.success(), "{erased:?}");
    assert_eq!(
        app.database
            .numbers("select count(*) from sign_in_code")
            .await,
        [0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_erased_person_wrote_is_not_in_the_file_any_more() {
    if setting("QIANGKE_TEST_ENGINE").as_deref() == Some("postgres") {
        return;
    }
    let app = TestApp::start().await;
    let path = app.database.url.trim_start_matches("sqlite://").to_owned();
    app.student(MOBILE).await;
    let holds = || {
        std::fs::read(&path)
            .expect("the file")
            .windows(MOBILE.len())
            .any(|bytes| bytes == MOBILE.as_bytes())
    };
    app.database.execute("pragma wal_checkpoint(passive)").await;
    app.eventually("it stands in the file", async || {
        app.database.execute("pragma wal_checkpoint(passive)").await;
        holds()
    })
    .await;
    assert!(
        student(&app.database, &["erase", MOBILE, "--yes"])
            .status
            .success()
    );
    app.eventually("it is overwritten", async || {
        app.database.execute("pragma wal_checkpoint(passive)").await;
        !holds()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_sees_where_they_are_signed_in_and_ends_it() {
    let app = TestApp::start().await;
    let phone = Visitor {
        app: &app,
        client: support::http::client()
            .user_agent(CHROME)
            .cookie_store(true)
            .build()
            .expect("a client"),
    };
    phone.sign_in(MOBILE).await;
    app.pass(60 * 60_000);
    let (desk, stranger) = (app.student(MOBILE).await, app.student(OTHER).await);
    let (_, list) = desk.read("user/session/").await;
    let list = list["result"].as_array().expect("a list").clone();
    assert_eq!(list.len(), 2, "{list:?}");
    assert_eq!(
        (&list[0]["current"], &list[0]["since"]),
        (&json!(true), &json!(app.now().0))
    );
    assert_eq!(
        (&list[1]["current"], &list[1]["since"], &list[1]["device"]),
        (&json!(false), &json!(NOON.0), &json!("Chrome · Android"))
    );
    let page = desk.get("/me").await.text().await.expect("a page");
    assert!(
        page.contains("Chrome · Android")
            && page.contains("这个浏览器")
            && page.contains("退出其他所有浏览器"),
        "{page}"
    );

    // Nobody ends what is another's: for a stranger it is over, and stays what it is.
    let name = list[1]["session"].as_str().expect("a name");
    let end = json!({"session": name});
    assert_eq!(
        stranger.write("user/session/end/", end.clone()).await.0,
        StatusCode::OK
    );
    assert_eq!(
        app.visitor().write("user/session/end/", end).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        desk.write("user/session/end/", json!({})).await.0,
        StatusCode::BAD_REQUEST
    );
    let signs_in = desk
        .client
        .get(app.url("/api/v1/user/me/"))
        .header(header::COOKIE, format!("session={name}"));
    let visitor = app
        .visitor()
        .client
        .execute(signs_in.build().expect("a request"))
        .await
        .expect("an answer");
    assert!(
        visitor.json::<Value>().await.expect("JSON")["result"].is_null(),
        "its name signs nobody in"
    );
    assert!(is_signed_in(&phone).await && is_signed_in(&desk).await);

    // Without JavaScript, by the page's own forms.
    let way = desk
        .submit("/api/v1/user/session/end/?next=%2Fme", &[("session", name)])
        .await;
    assert_eq!(way, "/me");
    app.eventually("the phone is signed out", async || {
        !is_signed_in(&phone).await
    })
    .await;
    app.pass(60 * 60_000);
    phone.sign_in(MOBILE).await;
    let way = desk
        .submit(
            "/api/v1/user/session/end/?next=%2Fme",
            &[("session", "others")],
        )
        .await;
    assert_eq!(way, "/me");
    app.eventually("the phone is signed out again", async || {
        !is_signed_in(&phone).await
    })
    .await;
    assert!(is_signed_in(&desk).await && is_signed_in(&stranger).await);
    let way = desk
        .submit("/api/v1/user/session/end/?next=%2Fme", &[("session", name)])
        .await;
    assert_eq!(way, "/me", "what another tab ended is over");
    let way = desk
        .submit(
            "/api/v1/user/session/end/?next=%2Fme",
            &[("session", "others?")],
        )
        .await;
    assert!(
        way.starts_with("/me?error=malformed&field=session") && link::is_own(&way),
        "{way}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_an_operator_ends_are_known_to_be_over_by_every_server() {
    let app = TestApp::start().await;
    let (first, second) = (app.student(MOBILE).await, app.student(OTHER).await);
    assert!(
        is_signed_in(&first).await && is_signed_in(&second).await,
        "both have copies"
    );
    app.store()
        .end_sessions(
            Some(&qiangke::types::account::Mobile::parse(MOBILE).expect("a mobile")),
            app.now(),
        )
        .await
        .expect("ended");
    app.eventually("the first is signed out", async || {
        !is_signed_in(&first).await
    })
    .await;
    assert!(is_signed_in(&second).await);
    app.store()
        .end_sessions(None, app.now())
        .await
        .expect("ended");
    app.eventually("everybody is", async || !is_signed_in(&second).await)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_an_earlier_server_is_its_student_s_too() {
    let app = TestApp::start().await;
    let (old, new) = (app.student(MOBILE).await, app.visitor());
    app.database
        .execute("update session set student_id = null")
        .await;
    app.pass(60 * 60_000);
    new.sign_in(MOBILE).await;
    assert_eq!(
        new.read("user/session/").await.1["result"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    new.write("user/session/end/", json!({"session": "others"}))
        .await;
    app.eventually("it is over", async || !is_signed_in(&old).await)
        .await;
    assert!(is_signed_in(&new).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_tickets_go_when_their_sale_is_long_over() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await;
    winner(&app, MOBILE, sale).await;
    let other = app.student(OTHER).await.read("user/me/").await.1["result"]["id"].clone();
    let id = app.database.literal(&[9; 16]);
    app.database
        .execute(&format!(
            "insert into ticket (id, sale_id, student_id, state, reason, accepted_at, decided_at)
             values ({id}, {sale}, {other}, 2, 0, {0}, {0})",
            app.now().0
        ))
        .await;
    let closes_at = app.database.numbers("select closes_at from sale").await[0];
    let kept_ms = kept::LOST_TICKET_DAYS * DAY_MS;
    let tickets = async || app.database.numbers("select count(*) from ticket").await[0];
    let sweep = async |at: i64| {
        app.store()
            .sweep(qiangke::types::time::Millis(at))
            .await
            .expect("swept")
    };
    sweep(closes_at + kept_ms - 1).await;
    assert_eq!(tickets().await, 2);
    sweep(closes_at + kept_ms).await;
    assert_eq!(tickets().await, 1, "the one that won stays with its order");
    app.assert_audit().await;
}

/// Columns that belong to a person.
const PERSONAL: [&str; 5] = ["mobile", "student_id", "network", "payload", "data"];

#[tokio::test(flavor = "multi_thread")]
async fn every_table_of_persons_has_its_limit_in_the_documents() {
    let app = TestApp::start().await;
    let columns = if setting("QIANGKE_TEST_ENGINE").as_deref() == Some("postgres") {
        "select table_name || '.' || column_name from information_schema.columns where table_schema = 'public'"
    } else {
        "select m.name || '.' || c.name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'"
    };
    for column in app.database.texts(columns).await {
        let (table, column) = column.split_once('.').expect("a table and a column");
        let is_listed = kept::TABLES.iter().any(|(listed, _)| *listed == table);
        assert!(
            is_listed || !PERSONAL.contains(&column),
            "{table}.{column}: say in `kept` for how long"
        );
    }
    let document = include_str!("../../docs/security.md");
    let section = document
        .split("### What is kept of persons")
        .nth(1)
        .expect("the section")
        .split("\n#")
        .next()
        .expect("its text");
    for (table, days) in kept::TABLES {
        let row = section
            .lines()
            .find(|line| line.starts_with(&format!("| `{table}` |")))
            .unwrap_or_else(|| panic!("{table} has no row"));
        assert!(
            days.is_none_or(|days| row.contains(&format!("{days} day"))),
            "{row}: {days:?} days"
        );
    }
}
