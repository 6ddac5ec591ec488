//! The page of a course for who may study it: theirs alone, at once, and kept nowhere.

use qiangke::types::time::Millis;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::json;
use support::{
    app::{TestApp, Visitor},
    nginx::Nginx,
};

const OWNER: &str = "13800000001";
const OTHER: &str = "13800000002";
/// The page of the course that costs nothing, and is not for members.
const FREE: &str = "/courses/1";

/// A page, with what caches are told of it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    html: String,
    cache: String,
    vary: String,
    has_tag: bool,
}

impl Seen {
    async fn of(answer: Response) -> Self {
        assert_eq!(answer.status(), StatusCode::OK);
        let fields = |name| {
            let lines = answer.headers().get_all(name).iter();
            let lines: Vec<_> = lines.map(|line| line.to_str().expect("ASCII")).collect();
            lines.join(", ")
        };
        Self {
            cache: fields(header::CACHE_CONTROL),
            vary: fields(header::VARY),
            has_tag: answer.headers().contains_key(header::ETAG),
            html: answer.text().await.expect("a page"),
        }
    }

    /// Whether it leads on to the lessons in the place of an offer.
    fn is_owner_s(&self) -> bool {
        let (leads_on, offers) = (
            self.html.contains("继续学习"),
            ["action=\"/api/v1/order/buy/", "class=\"offer-members\""]
                .iter()
                .any(|offer| self.html.contains(offer)),
        );
        assert!(leads_on != offers, "one of both: {}", self.html);
        leads_on
    }
}

async fn seen(visitor: &Visitor<'_>, path: &str) -> Seen {
    Seen::of(visitor.get(path).await).await
}

/// A student with the first course, which costs nothing.
async fn owner<'a>(app: &'a TestApp, mobile: &str) -> Visitor<'a> {
    let student = app.student(mobile).await;
    let joined = student.write("order/buy/", json!({"course": "1"})).await;
    assert_eq!(joined.1["result"]["state"], "paid", "{}", joined.1);
    student
}

async fn id_of(visitor: &Visitor<'_>) -> i64 {
    let me = visitor.read("user/me/").await.1;
    me["result"]["id"].as_i64().expect("a student")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_goes_on_and_everybody_else_gets_the_same_bytes() {
    for flags in [["--fast-path", "true"], ["--fast-path", "false"]] {
        let app = TestApp::start_with(&flags).await;
        let visitor = app.visitor();
        let shared = seen(&visitor, FREE).await;
        assert!(!shared.is_owner_s() && shared.has_tag);
        assert_eq!(shared.cache, "public, no-cache");
        assert!(shared.vary.contains("cookie"), "{}", shared.vary);

        let student = app.student(OWNER).await;
        for _ in 0..2 {
            let before = seen(&student, FREE).await;
            assert_eq!(before.html, shared.html, "the bytes that all get");
            assert_eq!(
                (before.cache.as_str(), before.has_tag),
                ("private, no-store", false)
            );
        }
        student.write("order/buy/", json!({"course": "1"})).await;
        let own = seen(&student, FREE).await;
        assert!(own.is_owner_s(), "at once");
        assert_eq!(
            (own.cache.as_str(), own.has_tag),
            ("private, no-store", false)
        );
        assert!(
            own.html.contains("138****0001") && own.html.contains("继续学习"),
            "{}",
            own.html
        );
        assert!(
            own.html.contains("href=\"/learn/1/3\"") && !own.html.contains("试看"),
            "each lesson: {}",
            own.html
        );
        let english = seen(&student, "/en/courses/1").await.html;
        assert!(
            english.contains("href=\"/en/learn/1\"") && english.contains("Go on learning"),
            "{english}"
        );
        assert!(!seen(&student, "/courses/2").await.is_owner_s());

        for other in [&visitor, &app.student(OTHER).await] {
            assert_eq!(seen(other, FREE).await.html, shared.html);
        }
        student.write("user/logout/", json!({})).await;
        assert_eq!(seen(&student, FREE).await.html, shared.html);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_kept_from_before_is_not_what_an_owner_gets() {
    let app = TestApp::start().await;
    let tag = app.visitor().get(FREE).await.headers()[header::ETAG].clone();
    let owner = owner(&app, OWNER).await;
    for method in [Method::GET, Method::HEAD] {
        let asked = owner
            .client
            .request(method.clone(), app.url(FREE))
            .header(header::IF_NONE_MATCH, tag.clone());
        let answer = asked.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{method}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "private, no-store");
    }
    let posted = owner.client.post(app.url(FREE)).send().await;
    assert_eq!(
        posted.expect("an answer").status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    // Other spellings lead to it, and what is no course has no owner.
    assert_eq!(
        owner.get("/courses/01").await.status(),
        StatusCode::PERMANENT_REDIRECT
    );
    assert_eq!(
        owner.get("/courses/999").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_goes_on_with_courses_for_members_while_they_are_one() {
    let app = TestApp::start().await;
    app.database
        .execute("update course set course_type = 1 where id = 3")
        .await;
    let member = app.student(OWNER).await;
    let (id, until) = (id_of(&member).await, app.now().plus(60_000).0);
    app.database
        .execute(&format!(
            "insert into vip (student_id, ends_at, granted_at) values ({id}, {until}, 1)"
        ))
        .await;
    assert!(seen(&member, "/courses/3").await.is_owner_s());
    assert!(!seen(&member, "/courses/2").await.is_owner_s());
    app.pass(Millis(60_001).0);
    assert!(!seen(&member, "/courses/3").await.is_owner_s());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_rights_can_t_be_read_the_shared_page_is_shown() {
    let app = TestApp::start().await;
    let owner = owner(&app, OWNER).await;
    assert!(seen(&owner, FREE).await.is_owner_s());
    app.database
        .execute("alter table vip rename to vip_away")
        .await;
    let shown = seen(&owner, FREE).await;
    assert!(!shown.is_owner_s());
    assert_eq!(shown.cache, "private, no-store", "it is not kept for later");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_each_gets_their_own() {
    let app = TestApp::start().await;
    let nginx = Nginx::start("nginx.conf", &[app.running.address; 2]);
    let (visitor, other) = (app.visitor(), app.student(OTHER).await);
    let owner = owner(&app, OWNER).await;
    let url = format!("http://{}{FREE}", nginx.address());
    for _ in 0..4 {
        for (who, is_owner) in [(&visitor, false), (&owner, true), (&other, false)] {
            let answer = who.client.get(&url).send().await.expect("an answer");
            assert_eq!(Seen::of(answer).await.is_owner_s(), is_owner);
        }
    }
}
