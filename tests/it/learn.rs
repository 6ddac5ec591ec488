//! Studying: who may, where it goes on, and that a lesson is found by signed links alone.

use crate::PROGRAM;
use qiangke::{
    rules::progress::watched,
    server::{
        lessons::{link::LIFE_MS, rights::COPY_MS},
        store::{ProgressRow, RefundAsked},
    },
    types::{
        ids::{CourseId, OrderId, SectionId, StudentId},
        time::Millis,
    },
};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
};
use support::{
    app::{TestApp, Visitor},
    crowd::gather,
    gateway::act,
    http::client,
    setup::prepare,
};
use tempfile::TempDir;

const MOBILE: &str = "13800000001";
const OTHER: &str = "13800000002";
/// A film, as far as the server looks.
const FILM: &[u8] = b"0123456789abcdef";

/// A folder of lessons, beside which is what nobody may get.
fn lessons() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("secret.txt"), "secret").expect("a file");
    let lessons = folder.path().join("lessons");
    std::fs::create_dir(&lessons).expect("a folder");
    for (name, bytes) in [
        ("setup.mp4", FILM),
        ("counting.mp4", FILM),
        ("setup.zh.vtt", b"WEBVTT\n"),
        ("setup.html", b"<h1>x</h1>"),
        ("doubling.mp4", FILM),
    ] {
        std::fs::write(lessons.join(name), bytes).expect("a file");
    }
    folder
}

/// A shop with the seed's courses and these lessons.
async fn shop(folder: &Path, more: &[&str]) -> TestApp {
    let lessons = folder.join("lessons").display().to_string();
    let flags: Vec<_> = ["--lessons-dir", &lessons]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    TestApp::start_with(&flags).await
}

async fn number_of(visitor: &Visitor<'_>) -> i64 {
    let me = visitor.read("user/me/").await.1;
    me["result"]["id"].as_i64().expect("a student")
}

/// A student who has the first course.
async fn owner<'a>(app: &'a TestApp, mobile: &str) -> Visitor<'a> {
    let visitor = app.student(mobile).await;
    let id = number_of(&visitor).await;
    let order = 1_000 + id;
    app.database
        .execute(&format!(
            "insert into entitlement (student_id, course_id, order_id, granted_at) values ({id}, 1, {order}, 1)"
        ))
        .await;
    visitor
}

async fn page(visitor: &Visitor<'_>, path: &str) -> String {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.expect("a page")
}

/// The signed link to a section's lesson in its page.
fn link(html: &str, section: i64) -> String {
    let begin = format!("/learn/media/{section}?e=");
    let at = html
        .find(&begin)
        .unwrap_or_else(|| panic!("no link in {html}"));
    let link = html[at..].split(['"', '#']).next().expect("its end");
    link.replace("&amp;", "&")
}

async fn link_of(visitor: &Visitor<'_>, section: i64) -> String {
    link(
        &page(visitor, &format!("/learn/1/{section}")).await,
        section,
    )
}

async fn get_with(visitor: &Visitor<'_>, path: &str, fields: &[(&str, &str)]) -> Response {
    let request = visitor.client.get(visitor.app.url(path));
    let request = fields.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.send().await.expect("an answer")
}

fn field<'a>(answer: &'a Response, name: &str) -> &'a str {
    let value = answer.headers().get(name);
    value.map_or("", |value| value.to_str().expect("ASCII"))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_right_to_a_course_is_led_to_its_page() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    for visitor in [app.visitor(), app.student(MOBILE).await] {
        for (path, target) in [
            ("/learn/1", "/courses/1"),
            ("/learn/1/3", "/courses/1"),
            ("/en/learn/1/7", "/en/courses/1"),
        ] {
            let answer = visitor.get(path).await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
            assert_eq!(field(&answer, "location"), target);
        }
        for path in [
            "/learn/99",
            "/learn/1/99",
            "/learn/2/3",
            "/learn/x",
            "/learn/1/03",
        ] {
            assert_eq!(
                visitor.get(path).await.status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }
    let student = app.student(OTHER).await;
    let asked = student.read("learn/course/?course=1&section=3").await;
    assert_eq!(asked.0, StatusCode::FORBIDDEN, "{}", asked.1);
    let words = asked.1["msg"].as_str().expect("a sentence");
    assert_eq!(asked.1["error"], "not-bought");
    assert!(words.contains("购买") && !words.contains("账号"), "{words}");
    let led = student.get("/learn/1/3?error=not-bought").await;
    assert_eq!(field(&led, "location"), "/courses/1?error=not-bought");
    let (status, _) = student.write("learn/done/", json!({"section": 3})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_is_found_by_a_signed_link_alone() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let student = owner(&app, MOBILE).await;
    let led = student.get("/learn/1").await;
    assert_eq!(field(&led, "location"), "/learn/1/1");
    let html = page(&student, "/learn/1/3").await;
    assert!(
        !html.contains("file:") && !html.contains("setup"),
        "where it is stands in no page: {html}"
    );
    let film = student.get(&link(&html, 3)).await;
    assert_eq!(film.status(), StatusCode::OK);
    assert_eq!(field(&film, "content-type"), "video/mp4");
    assert_eq!(field(&film, "accept-ranges"), "bytes");
    assert_eq!(field(&film, "cache-control"), "private, no-cache");
    assert_eq!(film.bytes().await.expect("a film"), FILM);
    let captions = student.get(&format!("{}&c=zh", link(&html, 3))).await;
    assert_eq!(field(&captions, "content-type"), "text/vtt; charset=utf-8");
    assert!(
        html.contains("<track") && !html.contains("&amp;c=en"),
        "{html}"
    );
    let document = student.get(&link_of(&student, 7).await).await;
    let policy = field(&document, "content-security-policy");
    assert!(policy.starts_with("sandbox "), "{policy}");
    assert_eq!(
        field(&document, "cross-origin-opener-policy"),
        "unsafe-none"
    );

    let detail = app
        .visitor()
        .read("course/detail/?id=1")
        .await
        .1
        .to_string();
    assert!(!detail.contains("file:"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_film_is_the_part_that_was_asked_for() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let student = owner(&app, MOBILE).await;
    let link = link_of(&student, 3).await;
    let part = get_with(&student, &link, &[("range", "bytes=4-7")]).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(field(&part, "content-range"), "bytes 4-7/16");
    let changed = field(&part, "last-modified").to_owned();
    assert_eq!(part.bytes().await.expect("a part"), &FILM[4..=7]);
    for (range, since, part) in [
        ("bytes=12-", changed.as_str(), &FILM[12..]),
        ("bytes=-2", changed.as_str(), &FILM[14..]),
        ("bytes=12-", "Thu, 01 Jan 1970 00:00:00 GMT", FILM),
        ("bytes=12-", "\"a tag\"", FILM),
    ] {
        let answer = get_with(&student, &link, &[("range", range), ("if-range", since)]).await;
        assert_eq!(
            answer.bytes().await.expect("bytes"),
            part,
            "{range} {since}"
        );
    }
    let beyond = get_with(&student, &link, &[("range", "bytes=99-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let kept = get_with(&student, &link, &[("if-modified-since", &changed)]).await;
    assert_eq!(kept.status(), StatusCode::NOT_MODIFIED);
    let head = student.client.head(app.url(&link)).send().await;
    assert_eq!(field(&head.expect("a head"), "content-length"), "16");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_its_student_s_until_its_end() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let (one, other) = (owner(&app, MOBILE).await, owner(&app, OTHER).await);
    let link = link_of(&one, 3).await;
    let refused = async |visitor: &Visitor<'_>, link: &str, word: &str| {
        let answer = get_with(visitor, link, &[("accept-language", "en")]).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{link}");
        assert_eq!(field(&answer, "cache-control"), "no-store");
        let words = answer.text().await.expect("words");
        assert!(words.contains(word), "{words}");
    };
    refused(&other, &link, "not yours").await;
    refused(&app.visitor(), &link, "not yours").await;
    for forged in [
        link.replace("/media/3", "/media/4"),
        link.replace("&s=", "&s=A"),
        "/learn/media/3".to_owned(),
        "/learn/media/x?e=1&s=x".to_owned(),
        link.replace("?e=", "?e=x"),
        format!("{link}&c=../../x"),
    ] {
        refused(&one, &forged, "not yours").await;
    }
    app.pass(LIFE_MS - 1_000);
    assert_eq!(one.get(&link).await.status(), StatusCode::OK);
    app.pass(1_000);
    refused(&one, &link, "expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_ended_is_worth_nothing_within_a_minute() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let student = owner(&app, MOBILE).await;
    let link = link_of(&student, 3).await;
    assert_eq!(student.get(&link).await.status(), StatusCode::OK);
    app.database
        .execute("update entitlement set revoked_at = 2")
        .await;
    app.pass(COPY_MS);
    let answer = student.get(&link).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        student.get("/learn/1/3").await.status(),
        StatusCode::SEE_OTHER
    );
    let at = json!({"section": 3, "position": 9, "length": 30});
    let (status, _) = student.write("learn/progress/", at).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    const { assert!(COPY_MS < 60_000) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_who_was_paid_back_is_worth_nothing_within_a_minute() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let student = app.student(MOBILE).await;
    app.database
        .execute("update course set price_fen = 990 where id = 1")
        .await;
    let bought = student.write("order/buy/", json!({"course": 1})).await.1;
    let order = bought["result"]["order"].as_i64().expect("an order");
    let pay = json!({"order": order, "provider": "mock"});
    let payable = student.write("order/pay/", pay).await.1;
    let page = payable["result"]["url"].as_str().expect("a link");
    act(&student.client, page, "pay").await;
    app.eventually("it is paid", async || {
        student.get("/learn/1/3").await.status() == StatusCode::OK
    })
    .await;
    let link = link_of(&student, 3).await;
    assert_eq!(student.get(&link).await.status(), StatusCode::OK);
    let asked = app.store().ask_refund(OrderId(order), "asked", app.now());
    let asked = asked.await.expect("an answer");
    assert!(matches!(asked, RefundAsked::Asked { .. }), "{asked:?}");
    app.pass(COPY_MS);
    assert_eq!(student.get(&link).await.status(), StatusCode::FORBIDDEN);
    const { assert!(COPY_MS <= 60_000) }
    app.assert_audit().await;
}

/// A film of a gigabyte, of which the disk keeps nothing.
#[tokio::test(flavor = "multi_thread")]
async fn any_place_of_a_long_film_is_found_in_constant_memory() {
    const FILM_BYTES: u64 = 1 << 30;
    const MARK_AT: u64 = FILM_BYTES - 1_000_000;
    /// What a connection and its pieces may take, and what the allocator keeps.
    const GROWTH_MAX: usize = 16 << 20;
    let (folder, shop) = (lessons(), tempfile::tempdir().expect("a folder"));
    let film = folder.path().join("lessons/setup.mp4");
    let mut film = File::create(film).expect("a file");
    film.seek(SeekFrom::Start(MARK_AT)).expect("a place");
    film.write_all(FILM).expect("a mark");
    film.set_len(FILM_BYTES).expect("a length");
    let (database, _) = prepare(&shop).await;
    let student = gather(&database, 1).await.remove(0);
    database
        .execute(&format!(
            "insert into entitlement (student_id, course_id, order_id, granted_at) values ({}, 1, 1000, 1)",
            student.id
        ))
        .await;
    let lessons = folder.path().join("lessons").display().to_string();
    let flags = ["--lessons-dir", &lessons];
    let server = PROGRAM.serve_with(shop.path(), &database, &flags).await;
    let client = client().build().expect("a client");
    let get = async |path: &str, range: &str| {
        let request = client.get(format!("http://{}{path}", server.address));
        let request = request.header(header::COOKIE, student.cookie());
        let ranged = match range {
            "" => request,
            range => request.header(header::RANGE, range),
        };
        ranged.send().await.expect("an answer")
    };
    let html = get("/learn/1/3", "").await.text().await.expect("a page");
    let link = link(&html, 3);
    let part = get(&link, &format!("bytes={MARK_AT}-{}", MARK_AT + 15)).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.bytes().await.expect("a part"), FILM);
    let before = server.memory();
    for seek in 0..50 {
        // A player reads on from a place until it is moved to the next.
        let mut answer = get(&link, &format!("bytes={}-", seek * (FILM_BYTES / 50))).await;
        let mut read = 0;
        while read < 1 << 20 {
            read += answer.chunk().await.expect("a piece").expect("more").len();
        }
    }
    let mut whole = get(&link, "").await;
    let mut read = 0;
    while let Some(piece) = whole.chunk().await.expect("a piece") {
        read += piece.len() as u64;
    }
    assert_eq!(read, FILM_BYTES);
    let growth = server.memory().saturating_sub(before);
    assert!(growth < GROWTH_MAX, "{growth} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_study_courses_for_members_until_they_are_none() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let student = app.student(MOBILE).await;
    let id = number_of(&student).await;
    let until = app.now().plus(60_000).0;
    app.database
        .execute(&format!(
            "insert into vip (student_id, ends_at, granted_at) values ({id}, {until}, 1)"
        ))
        .await;
    let status = async || student.get("/learn/1/3").await.status();
    assert_eq!(status().await, StatusCode::SEE_OTHER, "it is for sale");
    app.database
        .execute("update course set course_type = 1 where id = 1")
        .await;
    assert_eq!(status().await, StatusCode::OK);
    app.pass(60_000);
    assert_eq!(status().await, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_free_preview_is_everybody_s_and_the_rest_has_no_address() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let visitor = app.visitor();
    let html = page(&visitor, "/learn/1/1").await;
    let link = link(&html, 1);
    assert_eq!(visitor.get(&link).await.status(), StatusCode::OK);
    assert_eq!(
        app.student(MOBILE).await.get(&link).await.status(),
        StatusCode::OK,
        "it was given to nobody alone"
    );
    assert!(html.contains("href=\"/courses/1\""), "a way to buy it");
    assert!(html.contains("href=\"/learn/1/2\""), "the other preview");
    for section in [3, 4, 7, 8] {
        assert!(!html.contains(&format!("/learn/1/{section}")), "{html}");
        assert!(!html.contains(&format!("/learn/media/{section}")), "{html}");
    }
    assert!(html.contains("环境搭建上") && html.contains("购买后可学"));
    app.database
        .execute("update section set free_trail = false where id = 1")
        .await;
    app.pass(COPY_MS);
    assert_eq!(visitor.get(&link).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_stays_its_students_when_it_is_not_sold_any_more() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let student = owner(&app, MOBILE).await;
    app.database
        .execute("update course set status = 1 where id = 1")
        .await;
    let link = link_of(&student, 3).await;
    assert_eq!(student.get(&link).await.status(), StatusCode::OK);
    for path in ["/learn/1", "/learn/1/1"] {
        let answer = app.visitor().get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leads_out_of_the_folder_is_no_lesson() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let student = owner(&app, MOBILE).await;
    for path in [
        "file:../secret.txt",
        "file:./../secret.txt",
        "file:a/../../secret.txt",
        &format!("file:{}/secret.txt", folder.path().display()),
        "file:%2e%2e/secret.txt",
        "http://cdn.example/a.mp4",
        "https://cdn.example/a.mp4",
        "vod:/a/b.mp4",
        "",
    ] {
        app.database
            .execute(&format!(
                "update section set section_link = '{path}' where id = 3"
            ))
            .await;
        let html = page(&student, "/learn/1/3").await;
        assert!(html.contains("还没有上传"), "{path}: {html}");
        assert!(!html.contains("/learn/media/"), "{path}");
    }
    // What is not there is said so when it is asked for.
    let link = link_of(&student, 8).await;
    assert_eq!(student.get(&link).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_of_another_host_is_led_to_and_let_in_by_the_page() {
    let folder = lessons();
    let key = "24FEQmTzro4V5u3D5epW";
    let flags = [
        "--lesson-hosts",
        "cdn.example",
        "--vod-host",
        "1.vod2.example",
        "--vod-key",
        key,
    ];
    let app = shop(folder.path(), &flags).await;
    let student = owner(&app, MOBILE).await;
    app.database
        .execute("update section set section_link = 'https://cdn.example/a.mp4' where id = 3")
        .await;
    app.database
        .execute("update section set section_link = 'vod:/d/a.mp4' where id = 4")
        .await;
    let answer = student.get("/learn/1/3").await;
    let policy = field(&answer, "content-security-policy").to_owned();
    assert!(
        policy.ends_with("; media-src 'self' https://cdn.example https://1.vod2.example"),
        "{policy}"
    );
    let html = answer.text().await.expect("a page");
    assert!(!html.contains("cdn.example"), "{html}");
    let led = student.get(&link(&html, 3)).await;
    assert_eq!(led.status(), StatusCode::FOUND);
    assert_eq!(field(&led, "location"), "https://cdn.example/a.mp4");
    let led = student.get(&link_of(&student, 4).await).await;
    let target = field(&led, "location");
    assert!(
        target.starts_with("https://1.vod2.example/d/a.mp4?t=") && !target.contains(key),
        "{target}"
    );
    let answer = student.get("/me").await;
    assert!(!field(&answer, "content-security-policy").contains("media-src"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_goes_on_where_they_were() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let student = owner(&app, MOBILE).await;
    let report = async |section: i64, position: i64| {
        let body = json!({"section": section, "position": position, "length": 100});
        let (status, answer) = student.write("learn/progress/", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        app.pass(1_000);
        answer["result"]["done"].clone()
    };
    assert_eq!(report(2, 40).await, false);
    assert_eq!(report(2, 20).await, false);
    assert_eq!(report(2, 3).await, false, "hardly begun: it is not kept");
    let html = page(&student, "/learn/1/2").await;
    assert!(html.contains("#t=20"), "the last position: {html}");
    assert!(html.contains("看了 40%"), "and the furthest: {html}");
    assert_eq!(
        field(&student.get("/learn/1").await, "location"),
        "/learn/1/2"
    );
    assert_eq!(report(2, 97).await, true);
    let html = page(&student, "/learn/1/2").await;
    assert!(!html.contains("#t="), "it begins anew");
    assert!(html.contains("已学 1 / 6 节"), "{html}");
    assert_eq!(
        field(&student.get("/learn/1").await, "location"),
        "/learn/1/3"
    );

    let way = student
        .submit(
            "/api/v1/learn/done/?next=%2Flearn%2F1%2F7",
            &[("section", "7")],
        )
        .await;
    assert_eq!(way, "/learn/1/7", "without JavaScript");
    let html = page(&student, "/learn/1/7").await;
    assert!(html.contains("已学 2 / 6 节") && !html.contains("/api/v1/learn/done/"));

    for (position, length) in [
        ("-1", "9"),
        ("1", "0"),
        ("1", "86401"),
        ("x", "9"),
        ("1.5", "9"),
    ] {
        let body = json!({"section": 2, "position": position, "length": length});
        let (status, _) = student.write("learn/progress/", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{position} {length}");
    }
    let (status, _) = app
        .visitor()
        .write("learn/done/", json!({"section": 1}))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_browsers_the_later_one_says_where_it_goes_on() {
    let app = TestApp::start().await;
    let (student, section) = (StudentId(7), SectionId(1));
    let save = async |position: i64, at: i64| {
        let report = watched(position, 100).expect("a report");
        app.store()
            .save_progress(student, section, &report, Millis(at))
            .await
            .expect("saved");
    };
    save(50, 10).await;
    save(92, 5).await;
    let rows = app
        .store()
        .progress_of(student, CourseId(1))
        .await
        .expect("a read");
    let row = ProgressRow {
        section_id: 1,
        position_s: 50,
        furthest_s: 92,
        length_s: 100,
        done_at: Some(5),
        updated_at: 10,
    };
    assert_eq!(rows, [row], "nothing that was seen or done is taken back");
    app.store()
        .finish_section(student, section, Millis(20))
        .await
        .expect("done");
    let again = app.store().progress_of(student, CourseId(1)).await;
    assert_eq!(
        again.expect("a read"),
        [ProgressRow {
            updated_at: 20,
            ..row
        }]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_lesson_is_one_request_s_alone() {
    let folder = lessons();
    let app = shop(folder.path(), &[]).await;
    let answer = app.visitor().get("/en/learn/1/1").await;
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let html = answer.text().await.expect("a page");
    assert!(html.contains("Free preview") && html.contains("src=\"/learn.js\""));
}
