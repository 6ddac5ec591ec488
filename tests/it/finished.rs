//! Finished answers: the same for everybody, the same whichever way they come, and never older than
//! what they show.

use reqwest::header::{self, HeaderMap};
use serde_json::json;
use support::app::TestApp;

/// What two answers may differ in: the moment, and the name that the log knows a request by.
pub fn comparable(headers: &HeaderMap) -> Vec<(String, String)> {
    let differs = |name: &str| matches!(name, "date" | "x-request-id");
    let text = |value: &header::HeaderValue| value.to_str().expect("ascii").to_owned();
    let mut all: Vec<_> = headers
        .iter()
        .filter(|(name, _)| !differs(name.as_str()))
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_gets_the_bytes_that_everybody_gets() {
    // A course's page is another one for its owners: see owners.rs.
    let app = TestApp::start().await;
    let student = app.student("13800000001").await;
    for path in [
        "/",
        "/en",
        "/courses",
        "/courses?category=1",
        "/api/v1/home/banner/",
        "/api/v1/course/actual/",
        "/api/v1/sale/",
    ] {
        let mut seen = Vec::new();
        // The student first: were the page theirs, everybody would see it from then on.
        for asker in [&student, &app.visitor(), &student] {
            let answer = asker.get(path).await;
            assert_eq!(answer.status(), 200, "{path}");
            seen.push((
                comparable(answer.headers()),
                answer.bytes().await.expect("bytes"),
            ));
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{path}: {seen:?}");
        assert!(
            !String::from_utf8_lossy(&seen[0].1).contains("138****0001"),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_the_same_whichever_way_it_comes() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await;
    let student = app.student("13800000001").await;
    let task = student.click(sale).await;
    student.outcome(&task).await;
    let poll = format!("/api/v1/user/sckill/?task_id={task}");
    // JSON goes by the fast path, a form by the router.
    let url = app.url("/api/v1/user/sckill/");
    let fast = student
        .client
        .post(&url)
        .json(&json!({"sale": sale}))
        .send()
        .await
        .expect("an answer");
    let slow = student
        .client
        .post(&url)
        .form(&[("sale", sale.0.to_string())])
        .header(header::ACCEPT, "*/*")
        .send()
        .await
        .expect("an answer");
    assert_eq!(comparable(fast.headers()), comparable(slow.headers()));
    assert_eq!(
        fast.text().await.expect("text"),
        slow.text().await.expect("text")
    );
    // A HEAD goes by the router.
    let fast = student.get(&poll).await;
    let slow = student
        .client
        .head(app.url(&poll))
        .send()
        .await
        .expect("an answer");
    assert_eq!(comparable(fast.headers()), comparable(slow.headers()));
    for (body, status) in [
        (json!({"sale": sale, "seats": 2}), 400),
        (json!({"sale": 999}), 404),
        (json!({"sale": "x"}), 400),
    ] {
        let answer = student
            .client
            .post(&url)
            .json(&body)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), status, "{body}");
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "cache-control",
            "vary",
        ] {
            assert!(answer.headers().contains_key(name), "{body}: {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_the_asker_s_language_and_are_not_sent_twice() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let url = app.url("/api/v1/course/category/");
    for _ in 0..2 {
        for (lang, msg) in [("zh", "成功"), ("en", "OK")] {
            let answer = visitor
                .client
                .get(&url)
                .header(header::ACCEPT_LANGUAGE, lang)
                .send()
                .await
                .expect("an answer");
            let etag = answer.headers()[header::ETAG].clone();
            assert_eq!(
                answer.json::<serde_json::Value>().await.expect("JSON")["msg"],
                msg
            );
            let again = visitor
                .client
                .get(&url)
                .header(header::ACCEPT_LANGUAGE, lang)
                .header(header::IF_NONE_MATCH, etag);
            assert_eq!(again.send().await.expect("an answer").status(), 304);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_small() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await;
    let visitor = app.visitor();
    // Bytes after brotli: what they were when they were measured, and a third more.
    for (path, most) in [
        ("/", 4_000),
        ("/courses", 3_000),
        ("/courses/1", 3_000),
        (&*format!("/seckill/{sale}"), 2_500),
    ] {
        let answer = visitor
            .client
            .get(app.url(path))
            .header(header::ACCEPT_ENCODING, "br")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.headers()[header::CONTENT_ENCODING], "br", "{path}");
        let bytes = answer.bytes().await.expect("bytes").len();
        assert!(bytes > 500 && bytes <= most, "{path}: {bytes}");
    }
}
