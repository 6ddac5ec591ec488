//! A page that is not there, or could not be made, leads on.

use reqwest::StatusCode;
use support::app::{TestApp, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_failed_can_be_tried_again_and_has_a_number_to_tell() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    app.database
        .execute("alter table course rename to course_away")
        .await;
    for (path, again, number) in [
        ("/courses/1", "再试一次", "反映问题时请附上编号"),
        ("/en/courses/1", "Try again", "give its number"),
    ] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = answer.headers()["x-request-id"]
            .to_str()
            .expect("ASCII")
            .to_owned();
        let page = answer.text().await.expect("a page");
        assert!(
            page.contains(again) && page.contains("href=\"\""),
            "{path}: the way to try again"
        );
        assert!(page.contains(number) && page.contains(&id), "{path}: {id}");
    }
    app.database
        .execute("alter table course_away rename to course")
        .await;
    assert_eq!(visitor.get("/courses/1").await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_there_offers_the_search() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (path, list) in [
        ("/nothing-here", "/courses"),
        ("/courses/999", "/courses"),
        ("/en/seckill/999", "/en/courses"),
    ] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let page = answer.text().await.expect("a page");
        assert!(
            page.contains(&format!("action=\"{list}\"")) && page.contains("name=\"q\""),
            "{path}"
        );
        // What is not there won't be there in a moment, and is no fault to report.
        assert!(
            !page.contains("href=\"\"") && !page.contains("message-trace"),
            "{path}"
        );
    }
}

async fn read(visitor: &Visitor<'_>, path: &str) -> String {
    visitor.get(path).await.text().await.expect("a page")
}

/// Where a form leads that named no page to come back to, or any page there is.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_that_a_form_leads_to_says_what_went_wrong() {
    let app = TestApp::start().await;
    let sale = app.open_sale(2).await;
    let visitor = app.visitor();
    for page in [
        "/".to_owned(),
        "/courses".to_owned(),
        "/courses/2".to_owned(),
        format!("/seckill/{}", sale.0),
        "/privacy".to_owned(),
        "/terms".to_owned(),
        "/sign-in".to_owned(),
    ] {
        for (prefix, words) in [("", "太频繁了"), ("/en", "Too many requests")] {
            let path = format!(
                "{prefix}{}",
                if prefix.is_empty() {
                    &page
                } else {
                    page.trim_end_matches('/')
                }
            );
            let plain = read(&visitor, &path).await;
            assert!(!plain.contains("role=\"alert\""), "{path}");
            let html = read(&visitor, &format!("{path}?error=too-many&retry_s=7")).await;
            let alerts = html.matches("role=\"alert\"").count();
            // Where students sign in, the field says it.
            let says = html.contains(words) || page == "/sign-in";
            assert!(alerts == 1 && says, "{path}: {alerts}");
            let odd = read(&visitor, &format!("{path}?error=missing&field=%3Cb%3E")).await;
            assert!(
                !odd.contains("缺少 <") && !odd.contains(" is missing</p>"),
                "{path}"
            );
        }
    }
}
