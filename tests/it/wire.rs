//! The interface: shapes of the original, and clear errors for everything else.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use support::app::TestApp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_the_original_s_shape() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let (status, categories) = visitor.read("course/category/").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        categories,
        json!({"code": 100, "msg": "成功", "result": [{"id": 1, "name": "Python"}, {"id": 2, "name": "Linux"}]})
    );

    let (_, page) = visitor
        .read("course/actual/?page_size=2&ordering=-students")
        .await;
    let result = &page["result"];
    assert_eq!(result["count"], 3);
    assert_eq!(result["previous"], json!(null));
    assert!(
        result["next"]
            .as_str()
            .is_some_and(|next| next.starts_with("http://")
                && next.contains("page=2")
                && next.contains("ordering=-students"))
    );
    assert_eq!(result["results"][0]["id"], 2);
    assert_eq!(result["results"][0]["price"], "99.00");
    assert_eq!(result["results"][0]["level_name"], "中级");
    assert_eq!(result["results"][0]["status_name"], "上线");
    assert_eq!(result["results"][0]["teacher"]["name"], "Mjj");
    assert_eq!(result["results"][1]["id"], 1);
    assert_eq!(
        result["results"][1]["section_list"]
            .as_array()
            .map(Vec::len),
        Some(4)
    );

    let (_, banners) = visitor.read("home/banner/").await;
    assert_eq!(banners["result"].as_array().map(Vec::len), Some(3));
    assert!(
        banners["result"][0]["image"]
            .as_str()
            .is_some_and(|url| url.starts_with("http://") && url.contains("/media/banner/"))
    );

    let (_, course) = visitor.read("course/detail/?id=1").await;
    assert_eq!(
        course["result"]["coursechapters"][0]["coursesections"][0]["name"],
        "计算机原理上"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_pages_agree_with_the_list() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let ids = async |query: &str| -> Vec<i64> {
        let (status, page) = visitor.read(&format!("course/actual/?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {page}");
        page["result"]["results"]
            .as_array()
            .expect("results")
            .iter()
            .filter_map(|course| course["id"].as_i64())
            .collect()
    };
    assert_eq!(ids("course_category=1").await, [1, 2]);
    assert_eq!(ids("course_category=1&level=1").await, [2]);
    assert_eq!(ids("price=free").await, [1]);
    assert_eq!(ids("price=paid&ordering=price").await, [3, 2]);
    assert_eq!(ids("teacher=3").await, [3]);
    assert_eq!(ids("search=linux").await, [3]);
    assert_eq!(
        ids("search=%25").await,
        Vec::<i64>::new(),
        "a wildcard is a letter"
    );
    assert_eq!(ids("ordering=-id").await, [3, 2, 1]);
    assert_eq!(
        ids("ordering=pub_date").await,
        [1, 2, 3],
        "equal ones by number"
    );
    assert_eq!(ids("page=2&page_size=2").await, [3]);
    assert_eq!(
        ids("ordering=pub_date,-id").await,
        [3, 2, 1],
        "equal ones by the next key"
    );
    assert_eq!(ids("ordering=-price,,%20students%20,-price").await.len(), 3);
    assert_eq!(
        ids("search=nothing").await,
        Vec::<i64>::new(),
        "the first page may be empty"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_are_the_courses_of_the_list() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let shown = |course: &Value, teacher: &Value| {
        let fields = [
            "id",
            "name",
            "course_img",
            "course_type",
            "level",
            "status",
            "students",
            "sections",
            "price",
        ];
        let mut shown: Vec<_> = fields.iter().map(|field| course[field].clone()).collect();
        shown.push(teacher.clone());
        shown
    };
    for query in [
        "",
        "ordering=-price",
        "course_category=1",
        "teacher=3",
        "search=linux",
        "page=2&page_size=2",
        "search=nothing",
        "price=paid&level=1",
    ] {
        let list = visitor.read(&format!("course/actual/?{query}")).await.1["result"].take();
        let cards = visitor.read(&format!("course/card/?{query}")).await.1["result"].take();
        assert_eq!(cards["count"], list["count"], "{query}");
        for neighbour in ["next", "previous"] {
            let there = list[neighbour]
                .as_str()
                .map(|url| url.replace("/actual/", "/card/"));
            assert_eq!(
                cards[neighbour].as_str().map(str::to_owned),
                there,
                "{query}"
            );
        }
        let rows = |page: &Value| page["results"].as_array().expect("results").clone();
        let of_list: Vec<_> = rows(&list)
            .iter()
            .map(|course| shown(course, &course["teacher"]["name"]))
            .collect();
        let of_cards: Vec<_> = rows(&cards)
            .iter()
            .map(|card| shown(card, &card["teacher"]))
            .collect();
        assert_eq!(of_cards, of_list, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_named_and_never_a_server_error() {
    let app = TestApp::start().await;
    let visitor = app.student("13800000001").await;
    for (path, field, error) in [
        ("course/actual/?level=9", "level", "out-of-range"),
        ("course/actual/?page=x", "page", "malformed"),
        ("course/actual/?page=0", "page", "out-of-range"),
        ("course/actual/?colour=red", "colour", "unknown"),
        ("course/actual/?ordering=name", "ordering", "out-of-range"),
        (
            "course/actual/?ordering=-price,name",
            "ordering",
            "out-of-range",
        ),
        (
            "course/actual/?course_category=1&course_category=2",
            "course_category",
            "repeated",
        ),
        ("course/card/?page=1&%70age=1", "page", "repeated"),
        ("user/sckill/?task_id=x&task_id=y", "task_id", "repeated"),
        ("course/detail/", "id", "missing"),
        ("course/detail/?id=a", "id", "malformed"),
        ("home/banner/?x=1", "x", "unknown"),
        ("user/sckill/", "task_id", "missing"),
    ] {
        let (status, answer) = visitor.read(path).await;
        assert_eq!(
            (status, &answer["code"], &answer["field"], &answer["error"]),
            (
                StatusCode::BAD_REQUEST,
                &json!(400),
                &json!(field),
                &json!(error)
            ),
            "{path}"
        );
    }
    for (path, body, field, error) in [
        ("user/send_sms/", json!({}), "mobile", "missing"),
        (
            "user/send_sms/",
            json!({"mobile": "123"}),
            "mobile",
            "malformed",
        ),
        (
            "user/send_sms/",
            json!({"mobile": ["13800000001"]}),
            "mobile",
            "malformed",
        ),
        (
            "user/send_sms/",
            json!({"mobile": "13800000001", "sms": 1}),
            "sms",
            "unknown",
        ),
        ("user/sckill/", json!({"sale": "x"}), "sale", "malformed"),
        ("user/sckill/", json!({}), "sale", "missing"),
        (
            "user/sckill/",
            json!({"sale": 1, "student": 2}),
            "student",
            "unknown",
        ),
        ("user/sckill/", json!([]), "body", "unreadable"),
        ("user/sckill/", json!([1]), "body", "unreadable"),
        (
            "user/send_sms/",
            json!(["13700000301"]),
            "body",
            "unreadable",
        ),
        ("user/logout/", json!([]), "body", "unreadable"),
        ("user/send_sms/", json!("text"), "body", "unreadable"),
    ] {
        let (status, answer) = visitor.write(path, body.clone()).await;
        assert_eq!(
            (status, &answer["field"], &answer["error"]),
            (StatusCode::BAD_REQUEST, &json!(field), &json!(error)),
            "{path} {body}: {answer}"
        );
    }
    for path in [
        "course/actual/?page=3&page_size=2",
        "course/card/?page=100000",
        "course/actual/?page=2&search=nothing",
    ] {
        let (status, answer) = visitor.read(path).await;
        assert_eq!(
            (status, &answer["error"]),
            (StatusCode::NOT_FOUND, &json!("not-found")),
            "past the last page: {path}"
        );
    }
    let twice = visitor
        .client
        .post(app.url("/api/v1/user/sckill/"))
        .header("content-type", "application/json");
    let answer = twice
        .body(r#"{"sale": 1, "s\u0061le": 2}"#)
        .send()
        .await
        .expect("an answer")
        .json::<Value>()
        .await
        .expect("JSON");
    assert_eq!(
        (&answer["field"], &answer["error"]),
        (&json!("sale"), &json!("repeated"))
    );
    assert_eq!(
        visitor.read("course/detail/?id=99").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        visitor.write("user/sckill/", json!({"sale": 99})).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        visitor
            .write("user/sckill/", json!({"name": "性感帽子"}))
            .await
            .0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(visitor.read("nowhere/").await.0, StatusCode::NOT_FOUND);
}

/// PostgreSQL takes no NUL in a text, SQLite does: neither is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_a_text_is_no_defect() {
    let app = TestApp::start().await;
    let visitor = app.student("13800000001").await;
    for (path, names) in [
        (
            "course/actual/",
            &[
                "course_category",
                "level",
                "course_type",
                "teacher",
                "price",
                "search",
                "ordering",
                "page",
                "page_size",
            ][..],
        ),
        ("course/detail/", &["id"]),
        ("sale/now/", &["id"]),
        ("sale/detail/", &["id"]),
        ("user/sckill/", &["task_id"]),
    ] {
        for (name, value) in names
            .iter()
            .flat_map(|name| ["%00", "1%00", "a%00b", "%ff", "1%ff"].map(|value| (name, value)))
        {
            let (status, answer) = visitor.read(&format!("{path}?{name}={value}")).await;
            let is_refused = status == StatusCode::BAD_REQUEST && answer["field"] == json!(name);
            assert!(
                is_refused || answer["reason"] == json!("no_ticket"),
                "{path}?{name}={value}: {answer}"
            );
        }
    }
    for (path, names) in [
        (
            "user/send_sms/",
            &["mobile", "again", "browser", "challenge", "proof"][..],
        ),
        ("user/login_sms/", &["mobile", "code", "browser"]),
        ("user/sckill/", &["sale", "name", "key"]),
        ("user/session/end/", &["session"]),
    ] {
        for (name, value) in names
            .iter()
            .flat_map(|name| ["\0", "1\0", "a\0b"].map(|value| (name, value)))
        {
            let (status, answer) = visitor.write(path, json!({(*name): value})).await;
            assert!(status.is_client_error(), "{path} {name}: {answer}");
        }
    }
    let way = visitor
        .submit("/api/v1/user/session/end/?next=%2Fme", &[("session", "\0")])
        .await;
    assert_eq!(way, "/me?error=malformed&field=session");
    for path in [
        "/courses?q=a%00b",
        "/courses?q=%ff",
        "/courses?order=%00",
        "/tickets/%00",
        "/courses/%00",
        "/seckill/%00",
        "/sign-in?next=%00",
        "/me?error=%00",
    ] {
        let status = visitor.get(path).await.status();
        assert!(!status.is_server_error(), "{path}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_its_slash_leads_on_with_the_longest_search() {
    let app = TestApp::start().await;
    let query = format!("search={}&ordering=-price&page=2", "%E4%BD%A0".repeat(64));
    let answer = app
        .visitor()
        .get(&format!("/api/v1/course/actual?{query}"))
        .await;
    assert_eq!(answer.status(), StatusCode::MOVED_PERMANENTLY);
    assert_eq!(
        answer.headers()["location"].to_str().expect("ASCII"),
        format!("/api/v1/course/actual/?{query}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_bodies_and_media_types_are_checked() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let send = async |request: reqwest::RequestBuilder| request.send().await.expect("an answer");
    let sms = app.url("/api/v1/user/send_sms/");
    let get = send(visitor.client.get(&sms)).await;
    assert_eq!(
        (get.status(), get.headers()["allow"].to_str().ok()),
        (StatusCode::METHOD_NOT_ALLOWED, Some("POST"))
    );
    assert_eq!(
        send(visitor.client.delete(&sms)).await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(
        send(
            visitor
                .client
                .post(&sms)
                .header("content-type", "text/plain")
                .body("x")
        )
        .await
        .status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert_eq!(
        send(
            visitor
                .client
                .post(&sms)
                .header("content-type", "multipart/form-data")
                .body("x")
        )
        .await
        .status(),
        StatusCode::BAD_REQUEST,
        "no boundary"
    );
    let list = app.url("/api/v1/course/actual/");
    assert_eq!(
        send(
            visitor
                .client
                .get(&list)
                .header("content-type", "multipart/form-data; boundary=x")
        )
        .await
        .status(),
        StatusCode::OK,
        "some clients name it with every request"
    );
    let two = visitor
        .client
        .post(&sms)
        .header("content-type", "application/json")
        .header("content-type", "text/plain");
    assert_eq!(
        send(two.body("{}")).await.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "nobody knows which one"
    );
    // RFC 8259, section 8.1.
    let marked = visitor
        .client
        .post(&sms)
        .header("content-type", "application/json")
        .body("\u{feff}{\"mobile\": \"12800138000\"}");
    let marked = send(marked).await.text().await.expect("text");
    assert!(
        marked.contains("\"field\":\"mobile\"") && marked.contains("13 到 19"),
        "a mark of the byte order is ignored: {marked}"
    );
    let patch = visitor
        .client
        .post(&sms)
        .header("content-type", "application/json-patch+json");
    assert_eq!(
        send(patch.body("{}")).await.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert_eq!(
        send(
            visitor
                .client
                .post(&sms)
                .header("content-type", "application/json")
                .body("{")
        )
        .await
        .status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        send(
            visitor
                .client
                .post(&sms)
                .header("content-type", "application/json")
                .body(vec![b' '; 20_000])
        )
        .await
        .status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        send(visitor.client.post(&sms).form(&[("mobile", "13800000001")]))
            .await
            .status(),
        StatusCode::OK
    );
    let student = app.student("13800000002").await;
    let click = student
        .client
        .post(app.url("/api/v1/user/sckill/"))
        .header("content-type", "application/json");
    assert_eq!(
        send(click.body(vec![b' '; 20_000])).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let jsonish = student
        .client
        .post(app.url("/api/v1/user/sckill/"))
        .header("content-type", "application/jsonx");
    assert_eq!(
        send(jsonish.body("{}")).await.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the short way, too"
    );
    let none = student
        .client
        .post(app.url("/api/v1/user/logout/"))
        .header("content-type", "text/plain;charset=UTF-8");
    assert_eq!(
        send(none).await.status(),
        StatusCode::OK,
        "what says nothing has no kind"
    );
    let head = send(visitor.client.head(app.url("/api/v1/course/category/"))).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert!(head.bytes().await.expect("a body").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_from_another_site_is_refused() {
    let app = TestApp::start().await;
    let post = |name: &'static str, value: &str| {
        app.visitor()
            .client
            .post(app.url("/api/v1/user/logout/"))
            .header(name, value)
            .json(&json!({}))
            .send()
    };
    assert_eq!(
        post("sec-fetch-site", "cross-site")
            .await
            .expect("an answer")
            .status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post("origin", "https://evil.example")
            .await
            .expect("an answer")
            .status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post("sec-fetch-site", "same-origin")
            .await
            .expect("an answer")
            .status(),
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_speak_the_asker_s_language() {
    let app = TestApp::start().await;
    let ask = async |lang: &str| -> Value {
        let request = app
            .visitor()
            .client
            .post(app.url("/api/v1/user/send_sms/"))
            .header("accept-language", lang)
            .json(&json!({}));
        request
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON")
    };
    assert_eq!(ask("zh-CN").await["msg"], "请填写手机号");
    assert_eq!(
        ask("en-GB,en;q=0.9").await["msg"],
        "The mobile number is missing"
    );
    let list = async |lines: &[&str]| -> Value {
        let request = app
            .visitor()
            .client
            .get(app.url("/api/v1/course/category/"));
        let request = lines.iter().fold(request, |request, line| {
            request.header("accept-language", *line)
        });
        request
            .send()
            .await
            .expect("an answer")
            .json::<Value>()
            .await
            .expect("JSON")["msg"]
            .clone()
    };
    assert_eq!(list(&["zh;q=0.3,en;q=0.7"]).await, "OK");
    assert_eq!(list(&["ZH;q=0.3", "EN;q=0.7"]).await, "OK");
    assert_eq!(list(&["en;q=0, zh"]).await, "成功");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_its_student_s() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await;
    let owner = app.student("13800000001").await;
    let ticket = owner.click(sale).await;
    let other = app.student("13800000002").await;
    let path = format!("user/sckill/?task_id={ticket}");
    assert_eq!(other.read(&path).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.visitor().read(&path).await.0, StatusCode::UNAUTHORIZED);
    let forged = ticket.replacen(|_| true, if ticket.starts_with('B') { "A" } else { "B" }, 1);
    for id in ["x", "", forged.as_str()]
        .iter()
        .filter(|id| !id.is_empty())
    {
        let answer = other.poll(id).await;
        assert_eq!(
            (&answer["code"], &answer["reason"]),
            (&json!(101), &json!("no_ticket")),
            "{id}"
        );
    }
    assert_eq!(
        app.visitor()
            .write("user/sckill/", json!({"sale": sale.0}))
            .await
            .0,
        StatusCode::UNAUTHORIZED
    );
}

/// What a client sends byte by byte; gives the status and the head of the answer.
async fn raw(address: SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut part = [0; 1_024];
        let read = stream.read(&mut part).await.expect("an answer");
        if read == 0 {
            break;
        }
        head.extend_from_slice(&part[..read]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_default();
    (status, head)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_one_host() {
    let app = TestApp::start().await;
    // The second time a page comes from memory.
    for path in [
        "/healthz",
        "/",
        "/",
        "/boot.js",
        "/api/v1/course/category/",
        "/me",
        "/nothing",
    ] {
        for hosts in [
            "",
            "Host: a.example\r\nHost: a.example\r\n",
            "Host: a b\r\n",
            "Host:\r\n",
            "Host: a@b\r\n",
            "Host: a:x\r\n",
        ] {
            let (status, head) = raw(
                app.running.address,
                &format!("GET {path} HTTP/1.1\r\n{hosts}\r\n"),
            )
            .await;
            assert_eq!(status, 400, "{path} {hosts:?}");
            assert!(
                head.contains("content-security-policy") && head.contains("no-store"),
                "{head}"
            );
        }
        let (status, _) = raw(
            app.running.address,
            &format!("GET {path} HTTP/1.1\r\nHost: shop.example:80\r\n\r\n"),
        )
        .await;
        assert_ne!(status, 400, "{path}");
        let (status, _) = raw(app.running.address, &format!("GET {path} HTTP/1.0\r\n\r\n")).await;
        assert_ne!(status, 400, "{path}: before HTTP/1.1 there was none");
    }
    let (status, _) = raw(app.running.metrics_address, "GET /healthz HTTP/1.1\r\n\r\n").await;
    assert_eq!(status, 400, "where operators ask, too");
    assert_eq!(
        raw(
            app.running.metrics_address,
            "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        .await
        .0,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_refused_is_answered_with_those_that_are_not() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let paths = [
        "/",
        "/en",
        "/courses",
        "/courses/1",
        "/nothing",
        "/me",
        "/sign-in",
        "/tickets/x",
        "/boot.js",
        "/pkg/qiangke.js",
    ];
    let paths = paths.into_iter().chain([
        "/media/none.png",
        "/robots.txt",
        "/sitemap.xml",
        "/healthz",
        "/readyz",
        "/api/openapi.json",
    ]);
    for path in paths.chain([
        "/api/v1/course/category/",
        "/api/v1/user/send_sms/",
        "/api/v1/user/sckill/",
    ]) {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            let request = visitor.client.request(
                Method::from_bytes(method.as_bytes()).expect("a method"),
                app.url(path),
            );
            let answer = request.send().await.expect("an answer");
            let allowed = answer
                .headers()
                .get("allow")
                .and_then(|allowed| allowed.to_str().ok())
                .unwrap_or_default();
            let refused = answer.status() == StatusCode::METHOD_NOT_ALLOWED;
            assert!(
                refused || (method == "POST" && path.contains("/user/")),
                "{method} {path}: {}",
                answer.status()
            );
            assert!(
                !refused || (!allowed.is_empty() && !allowed.contains(method)),
                "{method} {path}: {allowed:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_takes_is_what_it_gets() {
    let app = TestApp::start_with(&["--demo"]).await;
    let student = app.student("13800000001").await;
    for path in [
        "/",
        "/api/v1/course/actual/",
        "/api/openapi.json",
        "/sign-in",
        "/me",
    ] {
        let coding = async |lines: &[&str]| {
            let request = lines
                .iter()
                .fold(student.client.get(app.url(path)), |request, line| {
                    request.header("accept-encoding", *line)
                });
            let answer = request.send().await.expect("an answer");
            answer
                .headers()
                .get("content-encoding")
                .map(|coding| coding.to_str().expect("ASCII").to_owned())
        };
        for (lines, expected) in [
            (&["br;q=0.000"][..], None),
            (&["br;q=0.000, gzip;Q=0.1"], Some("gzip")),
            (&["gzip;q=0.5", "BR"], Some("br")),
            (&["*;q=0.2"], Some("br")),
            (&["identity, br;q=0.9"], None),
        ] {
            assert_eq!(coding(lines).await.as_deref(), expected, "{path} {lines:?}");
        }
    }
    let page = student.get("/").await;
    let tag = page.headers()["etag"].to_str().expect("ASCII").to_owned();
    let known = student
        .client
        .get(app.url("/"))
        .header("if-none-match", "\"a\"")
        .header("if-none-match", &tag);
    assert_eq!(
        known.send().await.expect("an answer").status(),
        StatusCode::NOT_MODIFIED,
        "two lines are one list"
    );

    let enter = |accept: &str| {
        let request = app
            .visitor()
            .client
            .post(app.url("/api/v1/user/login_sms/"))
            .header("accept", accept);
        request
            .json(&json!({"mobile": "13800000002", "code": "000000"}))
            .send()
    };
    for accept in ["application/json, text/html;q=0", "text/html"] {
        let answer = enter(accept).await.expect("an answer");
        assert_eq!(
            answer.status(),
            StatusCode::BAD_REQUEST,
            "{accept}: no form sends JSON"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_without_its_slash_leads_to_the_one_with_it() {
    let app = TestApp::start().await;
    let client = app.visitor().client;
    let send = async |method: Method, path: &str| {
        let answer = client
            .request(method, app.url(path))
            .send()
            .await
            .expect("an answer");
        let to = answer
            .headers()
            .get("location")
            .map(|to| to.to_str().expect("ASCII").to_owned());
        (answer.status().as_u16(), to.unwrap_or_default())
    };
    assert_eq!(
        send(Method::GET, "/api/v1/course/category").await,
        (301, "/api/v1/course/category/".to_owned())
    );
    assert_eq!(
        send(Method::HEAD, "/api/v1/course/actual?page=2").await,
        (301, "/api/v1/course/actual/?page=2".to_owned())
    );
    assert_eq!(
        send(Method::POST, "/api/v1/user/send_sms?next=%2Fme").await,
        (308, "/api/v1/user/send_sms/?next=%2Fme".to_owned())
    );
    assert_eq!(
        send(
            Method::GET,
            &format!("/api/v1/course/actual?search={}", "a".repeat(2_000))
        )
        .await
        .0,
        404,
        "too long to be repeated"
    );
    for path in [
        "/api/v1/nothing",
        "/api/v1/course",
        "/api/v1/course/category//",
        "/api/v1",
    ] {
        assert_eq!(send(Method::GET, path).await.0, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_data_is_a_form() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let send = async |path: &str, parts: &[(&str, &str)]| {
        let parts = parts.iter().map(|(head, value)| {
            format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n")
        });
        let request = visitor
            .client
            .post(app.url(&format!("/api/v1/{path}")))
            .header("content-type", "Multipart/Form-Data; boundary=\"x\"");
        let answer = request
            .body(parts.collect::<String>() + "--x--\r\n")
            .send()
            .await
            .expect("an answer");
        (answer.status(), answer.json::<Value>().await.expect("JSON"))
    };
    let mobile = ("name=\"mobile\"", "+86 138-0000-0001");
    let (status, answer) = send("user/send_sms/", &[mobile]).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let code = app.code_for("13800000001", 1).await;
    for (part, field, error) in [
        (
            ("name=\"code\"; filename=\"a.txt\"", "811121"),
            "code",
            "malformed",
        ),
        (mobile, "mobile", "repeated"),
        (("name=\"colour\"", "red"), "colour", "unknown"),
        (("x=\"y\"", "z"), "body", "unreadable"),
    ] {
        let (status, answer) = send("user/login_sms/", &[mobile, part]).await;
        assert_eq!(
            (status, &answer["field"], &answer["error"]),
            (StatusCode::BAD_REQUEST, &json!(field), &json!(error)),
            "{answer}"
        );
    }
    assert_eq!(
        send("user/login_sms/", &[mobile, ("name=\"code\"", &code)])
            .await
            .0,
        StatusCode::OK
    );
    let sale = app.open_sale(1).await.0.to_string();
    assert_eq!(
        send("user/sckill/", &[("name=\"sale\"", &sale)]).await.1["code"],
        100
    );
    assert_eq!(send("user/logout/", &[]).await.0, StatusCode::OK);
}
