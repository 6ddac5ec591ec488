//! What a session is worth: to the student, to a thief of a backup, and while a clock is wrong.

use qiangke::{
    server::{boot, jobs, store::Store},
    types::time::{DAY_MS, MINUTE_MS},
};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use std::{cell::Cell, time::Duration};
use support::{
    app::Visitor,
    app::{NOON, TestApp},
    crowd::{gather, key},
};
use tokio::time::Instant;
use tower_sessions::session::Id;

const MOBILE: &str = "13800000001";
const MINUTE: Duration = Duration::from_secs(60);

/// Signs in; gives the cookie as a browser sends it.
async fn sign_in(app: &TestApp, name: &str) -> String {
    let visitor = app.visitor();
    let before = app.outbox.sent().len();
    visitor
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    let code = app.code_for(MOBILE, before + 1).await;
    let request = visitor
        .client
        .post(app.url("/api/v1/user/login_sms/"))
        .json(&json!({"mobile": MOBILE, "code": code}));
    let answer = request.send().await.expect("an answer");
    let cookies = cookies(&answer);
    let session = cookies
        .iter()
        .find(|cookie| cookie.starts_with(&format!("{name}=")))
        .expect("a session");
    session.split(';').next().expect("a value").to_owned()
}

fn cookies(answer: &reqwest::Response) -> Vec<String> {
    answer
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| value.to_str().expect("ASCII").to_owned())
        .collect()
}

/// What somebody with this cookie is told of themselves, and what their browser is told to keep.
async fn me(visitor: &Visitor<'_>, cookie: &str) -> (Value, Vec<String>) {
    let request = visitor
        .client
        .get(visitor.app.url("/api/v1/user/me/"))
        .header(header::COOKIE, cookie);
    let answer = request.send().await.expect("an answer");
    let cookies = cookies(&answer);
    (
        answer.json::<Value>().await.expect("JSON")["result"]["mobile"].clone(),
        cookies,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_database_signs_nobody_in() {
    let app = TestApp::start().await;
    let cookie = sign_in(&app, "session").await;
    let value = cookie.trim_start_matches("session=");
    assert_eq!(me(&app.visitor(), &cookie).await.0, "138****0001");
    let count = async |condition: &str| {
        app.database
            .numbers(&format!("select count(*) from session where {condition}"))
            .await
    };
    assert_eq!(count(&format!("id = '{}'", key(value))).await, [1]);
    assert_eq!(count(&format!("id like '%{value}%'")).await, [0]);
    let stolen = key(value);
    for stolen in [stolen.as_str(), &stolen[..22]] {
        assert!(
            me(&app.visitor(), &format!("session={stolen}"))
                .await
                .0
                .is_null(),
            "{stolen}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_hashes_the_ids_of_an_earlier_version_and_nobody_signs_in_again() {
    /// More than one batch.
    const STUDENTS: i64 = 1_201;
    let mut plain = Vec::new();
    let app = TestApp::build(&[], async |_, database| {
        gather(database, STUDENTS).await;
        let ids = database.numbers("select id from student order by id").await;
        database.execute("delete from session").await;
        let mut rows = Vec::new();
        for id in ids {
            let session = Id::default().to_string();
            let data = json!({"me": {"id": id, "mobile": format!("student {id}")}})
                .to_string()
                .into_bytes();
            rows.push(format!(
                "('{session}', {}, {})",
                database.literal(&data),
                NOON.plus(DAY_MS).0
            ));
            plain.push((id, session));
        }
        database
            .execute(&format!(
                "insert into session (id, data, expires_at) values {}",
                rows.join(", ")
            ))
            .await;
        let store = boot::open_store(&database.url).await.expect("open");
        boot::migrate(&store).await.expect("migrate");
        boot::migrate(&store)
            .await
            .expect("once more changes nothing");
        store.close().await.expect("close");
    })
    .await;
    assert_eq!(
        app.database
            .numbers("select count(*) from session where length(id) = 64")
            .await,
        [STUDENTS]
    );
    assert_eq!(
        app.database.numbers("select count(*) from session").await,
        [STUDENTS]
    );
    for (id, session) in [&plain[0], &plain[600], &plain[1_200]] {
        assert_eq!(
            me(&app.visitor(), &format!("session={session}")).await.0,
            format!("student {id}")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_takes_the_cookie_out_of_the_browser_behind_tls_too() {
    for (flags, name, secure) in [
        (&[][..], "session", ""),
        (
            &["--public-url", "https://shop.example"],
            "__Host-session",
            "; Secure",
        ),
    ] {
        let app = TestApp::start_with(flags).await;
        let cookie = sign_in(&app, name).await;
        let request = app
            .visitor()
            .client
            .post(app.url("/api/v1/user/logout/"))
            .header(header::COOKIE, &cookie)
            .json(&json!({}));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        // A browser drops a cookie with this prefix only when all of this is said again.
        assert_eq!(
            cookies(&answer),
            [format!(
                "{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"
            )]
        );
        assert_eq!(
            app.database.numbers("select count(*) from session").await,
            [0]
        );
        // Whoever goes on with it hears the same.
        let (nobody, told) = me(&app.visitor(), &cookie).await;
        assert!(nobody.is_null() && told.len() == 1, "{nobody} {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_for_a_while_signs_nobody_out() {
    let app = TestApp::start().await;
    let cookie = sign_in(&app, "session").await;
    let (began, minute) = (Instant::now(), Cell::new(0));
    let sweep = async || {
        jobs::sweep(&app.running.app, began + MINUTE * minute.get())
            .await
            .expect("swept");
        minute.set(minute.get() + 1);
        app.pass(MINUTE_MS);
    };
    for _ in 0..90 {
        sweep().await;
    }
    for jump_ms in [40 * DAY_MS, -40 * DAY_MS] {
        app.pass(jump_ms);
        for _ in 0..3 {
            sweep().await;
            let (nobody, told) = me(&app.visitor(), &cookie).await;
            let is_expired = jump_ms > 0;
            assert_eq!(nobody.is_null(), is_expired, "{nobody}");
            assert_eq!(told, <Vec<String>>::new(), "the browser keeps its cookie");
        }
        app.pass(-jump_ms);
        sweep().await;
        assert_eq!(
            app.database.numbers("select count(*) from session").await,
            [1]
        );
        assert_eq!(
            me(&app.visitor(), &cookie).await.0,
            "138****0001",
            "the clock is right again"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_have_long_expired_are_deleted_once_the_clock_went_on_evenly() {
    let app = TestApp::start().await;
    sign_in(&app, "session").await;
    let began = Instant::now();
    let sessions = async || app.database.numbers("select count(*) from session").await[0];
    // It expires after thirty days, and is kept for one more.
    app.pass(31 * DAY_MS + 30 * MINUTE_MS);
    for minute in 0..120 {
        jobs::sweep(&app.running.app, began + MINUTE * minute)
            .await
            .expect("swept");
        assert_eq!(sessions().await, i64::from(minute < 60), "minute {minute}");
        app.pass(MINUTE_MS);
        if sessions().await == 0 {
            break;
        }
    }
    assert_eq!(sessions().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_found_by_its_cookie_only() {
    let app = TestApp::start().await;
    let store: &Store = app.store();
    let value = Id::default().to_string();
    store
        .save_session(&value, None, b"{}", NOON.plus(DAY_MS))
        .await
        .expect("saved");
    let found = async |id: &str| {
        store
            .load_sessions(&[id.to_owned()], NOON)
            .await
            .expect("read")
            .into_iter()
            .map(|(id, ..)| id)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&value).await, [value.as_str()]);
    assert_eq!(found(&key(&value)).await, [""; 0]);
    store.delete_session(&key(&value)).await.expect("nothing");
    assert_eq!(found(&value).await, [value.as_str()]);
    store.delete_session(&value).await.expect("deleted");
    assert_eq!(found(&value).await, [""; 0]);
}
