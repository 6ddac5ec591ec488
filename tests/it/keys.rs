//! A key of ticket ids takes another's place while the shop serves.

use crate::PROGRAM;
use qiangke::{
    rules::proof,
    server::{
        boot,
        challenge::ChallengeScope,
        signer::Signer,
        store::{KeyEnd, KeyRow},
    },
    types::account::Mobile,
};
use reqwest::StatusCode;
use serde_json::json;
use std::{
    process::Output,
    time::{Duration, Instant},
};
use support::app::TestApp;

const MOBILE: &str = "13800000001";

/// Adds a key as `qiangke key rotate` does; the waiting between its steps is for the servers to
/// read it, which is waited for here.
async fn rotate(app: &TestApp) -> i64 {
    let number = app
        .store()
        .add_key(&[number_of(app) + 100; 32], app.now())
        .await
        .expect("added");
    assert!(app.store().sign_with(number).await.expect("written"));
    app.eventually("the key is read", async || {
        app.running.app.signer.signs_with() == number
    })
    .await;
    number
}

fn number_of(app: &TestApp) -> u8 {
    u8::try_from(app.running.app.signer.signs_with()).expect("a small number")
}

/// A signer with one key of the database only.
async fn only(app: &TestApp, number: i64) -> Signer {
    let keys = app.store().keys().await.expect("keys");
    let key: Vec<KeyRow> = keys
        .into_iter()
        .filter(|key| key.number == number)
        .map(|key| KeyRow { signs: true, ..key })
        .collect();
    Signer::of(key).expect("a key")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_signs_and_what_the_old_one_signed_stays_good() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await;
    let (student, guest) = (app.student("13800000002").await, app.visitor());
    let old = student.click(sale).await;
    assert_eq!(student.outcome(&old).await["code"], 100);
    let mobile = Mobile::parse(MOBILE).expect("a mobile");
    let asker = ChallengeScope {
        mobile: &mobile,
        address: "203.0.113.7",
    };
    let challenge = app
        .running
        .app
        .challenger
        .give(asker, 0, app.now())
        .expect("a challenge");
    guest
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    let code = app.code_for(MOBILE, 1).await;

    let number = rotate(&app).await;

    assert_eq!(student.poll(&old).await["code"], 100, "a ticket of before");
    let proof = (0..1_000_000)
        .map(|n: u32| n.to_string())
        .find(|n| proof::holds(&challenge, n))
        .expect("a proof");
    assert!(
        app.running
            .app
            .challenger
            .check(asker, &challenge, &proof, app.now())
            .is_some(),
        "a challenge of before"
    );
    let (status, answer) = guest
        .write("user/login_sms/", json!({"mobile": MOBILE, "code": code}))
        .await;
    assert_eq!(status, StatusCode::OK, "a code of before: {answer}");
    let new = guest.click(sale).await;
    assert_eq!(guest.outcome(&new).await["code"], 100);
    assert!(
        only(&app, number).await.read(&new).is_some(),
        "the new key signed it"
    );
    assert!(only(&app, 1).await.read(&new).is_none());
    assert!(only(&app, 1).await.read(&old).is_some());

    assert_eq!(
        app.store().retire_key(number).await.expect("asked"),
        KeyEnd::Needed
    );
    assert_eq!(
        app.store().retire_key(9).await.expect("asked"),
        KeyEnd::Unknown
    );
    assert_eq!(
        app.store().retire_key(1).await.expect("asked"),
        KeyEnd::Ended
    );
    app.eventually("what the old key signed is worth nothing", async || {
        student.poll(&old).await["code"] == 101
    })
    .await;
    assert_eq!(guest.poll(&new).await["code"], 100);
    // A start, and the next `migrate`, go on with what is there.
    boot::migrate(app.store()).await.expect("migrate");
    let keys: Vec<_> = app
        .store()
        .keys()
        .await
        .expect("keys")
        .iter()
        .map(|key| key.number)
        .collect();
    assert_eq!(keys, [number]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_only_verifies_yet_signs_nothing() {
    let app = TestApp::start().await;
    let number = app
        .store()
        .add_key(&[7; 32], app.now())
        .await
        .expect("added");
    let signer = only(&app, number).await;
    let sale = app.open_sale(5).await;
    let student = app.student(MOBILE).await;
    let read = async || app.running.app.signer.macs(b"test").len() == 2;
    app.eventually("the key is read", read).await;
    assert_eq!(signer.read(&student.click(sale).await), None);
    assert_eq!(
        app.store().retire_key(number).await.expect("asked"),
        KeyEnd::Needed,
        "it is about to sign"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_may_not_know_every_key_does_not_call_an_id_forged() {
    let app = TestApp::start().await;
    let student = app.student(MOBILE).await;
    let forged = "x".repeat(66);
    assert_eq!(student.poll(&forged).await["code"], 101);
    let long_ago = Instant::now()
        .checked_sub(Duration::from_secs(60))
        .expect("this machine runs for a minute");
    let keys = app.store().keys().await.expect("keys");
    for asker in [&student, &app.visitor()] {
        // The server reads them again every two seconds.
        let asks_again = async || {
            app.running.app.signer.learn(keys.clone(), long_ago);
            let answer = asker.poll(&forged).await;
            answer["code"] == 104 && answer["retry_ms"].as_i64() > Some(0)
        };
        app.eventually("it says to ask again", asks_again).await;
        app.eventually("it has read the keys", async || {
            asker.poll(&forged).await["code"] == 101
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_rotates_lists_and_retires_keys() {
    let app = TestApp::start().await;
    let key = |arguments: &[&str]| -> Output {
        let mut command = PROGRAM.command();
        command
            .arg("key")
            .args(arguments)
            .env("DATABASE_URL", &app.database.url)
            .output()
            .expect("it runs")
    };
    let said = |output: &Output| {
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    };
    let listed = key(&["list"]);
    assert!(
        listed.status.success() && said(&listed).starts_with("key 1 "),
        "{}",
        said(&listed)
    );
    let refused = key(&["retire", "1"]);
    assert!(
        !refused.status.success() && said(&refused).contains("key 1 signs"),
        "{}",
        said(&refused)
    );

    // One that was cut off after its first step is gone on with.
    app.store()
        .add_key(&[7; 32], app.now())
        .await
        .expect("added");
    let rotated = key(&["rotate"]);
    assert!(
        rotated.status.success() && said(&rotated).contains("key 2 signs"),
        "{}",
        said(&rotated)
    );
    app.eventually("the server signs with it", async || {
        app.running.app.signer.signs_with() == 2
    })
    .await;
    let listed = said(&key(&["list"]));
    assert!(
        listed.contains("key 2 ")
            && listed.contains(": signs\n")
            && listed.ends_with(": verifies\n"),
        "{listed}"
    );
    let retired = key(&["retire", "1"]);
    assert!(retired.status.success(), "{}", said(&retired));
    let unknown = key(&["retire", "1"]);
    assert!(
        !unknown.status.success() && said(&unknown).contains("there is no key 1"),
        "{}",
        said(&unknown)
    );
}
