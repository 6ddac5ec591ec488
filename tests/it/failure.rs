//! A page that is not there, or could not be made, leads on.

use reqwest::StatusCode;
use support::app::TestApp;

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
