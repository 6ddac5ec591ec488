//! Every page that can be found stands in the sitemap, however many there are.

use crate::app::{TestApp, Visitor};
use reqwest::StatusCode;
use std::collections::BTreeSet;

/// Adds courses by one statement; two of them are not shown.
fn courses(first: i64, last: i64) -> String {
    format!(
        "insert into course (id, orders, is_show, is_delete, created_time, updated_time, name, course_type, level, pub_date, period,
                             status, students, sections, pub_sections, price_fen)
         with recursive n (i) as (select {first} union all select i + 1 from n where i < {last})
         select i, 1, i <> {first}, i = {last}, 0, 0, 'course', 0, 0, '2026-01-01', 7, 0, 0, 0, 0, 0 from n"
    )
}

/// The addresses of a sitemap or an index, without the shop's own.
async fn places(visitor: &Visitor<'_>, path: &str) -> Vec<String> {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    assert_eq!(
        answer.headers()["content-type"],
        "application/xml; charset=utf-8"
    );
    let text = answer.text().await.expect("text");
    assert!(text.len() < 50 << 20, "{path}: {} bytes", text.len());
    let base = visitor.app.url("");
    text.split("<loc>")
        .skip(1)
        .filter_map(|rest| {
            rest.split_once("</loc>")?
                .0
                .strip_prefix(&base)
                .map(str::to_owned)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn more_courses_than_fit_are_an_index_of_several() {
    let app = TestApp::build(&[], async |_, database| {
        database.execute(&courses(1_000, 26_001)).await;
    })
    .await;
    let visitor = app.visitor();
    let parts = places(&visitor, "/sitemap.xml").await;
    assert_eq!(
        parts,
        [
            "/sitemap.xml?part=1",
            "/sitemap.xml?part=2",
            "/sitemap.xml?part=3"
        ]
    );
    let mut found = Vec::new();
    for part in &parts {
        let places = places(&visitor, part).await;
        assert!(
            (1..=50_000).contains(&places.len()),
            "{part} has {}",
            places.len()
        );
        found.extend(places);
    }
    let all: BTreeSet<_> = found.iter().cloned().collect();
    assert_eq!(all.len(), found.len(), "each once");
    let shown = (1_001..26_001)
        .chain(1..=3)
        .map(|id| format!("/courses/{id}"))
        .chain(["/courses", "/privacy", "/terms"].map(str::to_owned));
    let expected = shown
        .flat_map(|path| [format!("/en{path}"), path])
        .chain(["/".to_owned(), "/en".to_owned()]);
    let expected: BTreeSet<_> = expected.collect();
    assert_eq!(
        all.symmetric_difference(&expected).collect::<Vec<_>>(),
        [""; 0]
    );
    for none in ["4", "0", "x", ""] {
        assert_eq!(
            visitor
                .get(&format!("/sitemap.xml?part={none}"))
                .await
                .status(),
            StatusCode::NOT_FOUND,
            "{none}"
        );
    }
    let robots = visitor.get("/robots.txt").await.text().await.expect("text");
    assert!(
        robots.contains(&format!("Sitemap: {}", app.url("/sitemap.xml"))),
        "{robots}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_shop_is_one_sitemap_and_follows_the_catalogue() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let before = places(&visitor, "/sitemap.xml").await;
    assert!(
        before.contains(&"/courses/3".to_owned())
            && !before.iter().any(|place| place.contains("part")),
        "{before:?}"
    );
    app.database
        .execute("update course set is_show = false where id = 3")
        .await;
    app.database
        .execute("update catalog_version set version = version + 1")
        .await;
    app.eventually("it is gone", async || {
        !places(&visitor, "/sitemap.xml")
            .await
            .contains(&"/courses/3".to_owned())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_may_read_pictures_and_no_page_of_one_student() {
    let app = TestApp::start().await;
    let text = app
        .visitor()
        .get("/robots.txt")
        .await
        .text()
        .await
        .expect("text");
    let rules: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("Disallow: "))
        .collect();
    // RFC 9309, section 2.2.2: a rule is how a path begins, and `$` is its end.
    let is_kept = |target: &str| {
        rules.iter().any(|rule| {
            rule.strip_suffix('$')
                .map_or_else(|| target.starts_with(rule), |whole| target == whole)
        })
    };
    for target in [
        "/media/banner/rush.png",
        "/og.png",
        "/",
        "/en",
        "/courses/1",
        "/en/courses?page=2",
        "/sign-in",
        "/en/sign-in",
        "/terms",
    ] {
        assert!(!is_kept(target), "{target}");
    }
    for path in [
        "/me",
        "/me?error=internal",
        "/tickets/x",
        "/sign-in?next=%2Fme",
    ] {
        assert!(is_kept(path) && is_kept(&format!("/en{path}")), "{path}");
    }
    assert!(is_kept("/api/v1/sale/"));
}
