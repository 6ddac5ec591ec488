//! The interface: shapes of the original, and clear errors for everything else.

use crate::app::TestApp;
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_the_original_s_shape() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let (status, categories) = visitor.read("course/category/").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(categories, json!({"code": 100, "msg": "成功", "result": [{"id": 1, "name": "Python"}, {"id": 2, "name": "Linux"}]}));

    let (_, page) = visitor.read("course/actual/?page_size=2&ordering=-students").await;
    let result = &page["result"];
    assert_eq!(result["count"], 3);
    assert_eq!(result["previous"], json!(null));
    assert!(
        result["next"]
            .as_str()
            .is_some_and(|next| next.starts_with("http://") && next.contains("page=2") && next.contains("ordering=-students"))
    );
    assert_eq!(result["results"][0]["id"], 2);
    assert_eq!(result["results"][0]["price"], "99.00");
    assert_eq!(result["results"][0]["level_name"], "中级");
    assert_eq!(result["results"][0]["status_name"], "上线");
    assert_eq!(result["results"][0]["teacher"]["name"], "Mjj");
    assert_eq!(result["results"][1]["id"], 1);
    assert_eq!(result["results"][1]["section_list"].as_array().map(Vec::len), Some(4));

    let (_, banners) = visitor.read("home/banner/").await;
    assert_eq!(banners["result"].as_array().map(Vec::len), Some(3));
    assert!(banners["result"][0]["image"].as_str().is_some_and(|url| url.starts_with("http://") && url.contains("/media/banner/")));

    let (_, course) = visitor.read("course/detail/?id=1").await;
    assert_eq!(course["result"]["coursechapters"][0]["coursesections"][0]["name"], "计算机原理上");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_pages_agree_with_the_list() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let ids = async |query: &str| -> Vec<i64> {
        let (status, page) = visitor.read(&format!("course/actual/?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {page}");
        page["result"]["results"].as_array().expect("results").iter().filter_map(|course| course["id"].as_i64()).collect()
    };
    assert_eq!(ids("course_category=1").await, [1, 2]);
    assert_eq!(ids("course_category=1&level=1").await, [2]);
    assert_eq!(ids("price=free").await, [1]);
    assert_eq!(ids("price=paid&ordering=price").await, [3, 2]);
    assert_eq!(ids("teacher=3").await, [3]);
    assert_eq!(ids("search=linux").await, [3]);
    assert_eq!(ids("search=%25").await, Vec::<i64>::new(), "a wildcard is a letter");
    assert_eq!(ids("ordering=-id").await, [3, 2, 1]);
    assert_eq!(ids("ordering=pub_date").await, [1, 2, 3], "equal ones by number");
    assert_eq!(ids("page=2&page_size=2").await, [3]);
    assert_eq!(ids("page=3&page_size=2").await, Vec::<i64>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_are_the_courses_of_the_list() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let shown = |course: &Value, teacher: &Value| {
        let fields = ["id", "name", "course_img", "course_type", "level", "status", "students", "sections", "price"];
        let mut shown: Vec<_> = fields.iter().map(|field| course[field].clone()).collect();
        shown.push(teacher.clone());
        shown
    };
    for query in
        ["", "ordering=-price", "course_category=1", "teacher=3", "search=linux", "page=2&page_size=2", "page=9", "price=paid&level=1"]
    {
        let list = visitor.read(&format!("course/actual/?{query}")).await.1["result"].take();
        let cards = visitor.read(&format!("course/card/?{query}")).await.1["result"].take();
        assert_eq!(cards["count"], list["count"], "{query}");
        for neighbour in ["next", "previous"] {
            let there = list[neighbour].as_str().map(|url| url.replace("/actual/", "/card/"));
            assert_eq!(cards[neighbour].as_str().map(str::to_owned), there, "{query}");
        }
        let rows = |page: &Value| page["results"].as_array().expect("results").clone();
        let of_list: Vec<_> = rows(&list).iter().map(|course| shown(course, &course["teacher"]["name"])).collect();
        let of_cards: Vec<_> = rows(&cards).iter().map(|card| shown(card, &card["teacher"])).collect();
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
        ("course/detail/", "id", "missing"),
        ("course/detail/?id=a", "id", "malformed"),
        ("home/banner/?x=1", "x", "unknown"),
        ("user/sckill/", "task_id", "missing"),
    ] {
        let (status, answer) = visitor.read(path).await;
        assert_eq!(
            (status, &answer["code"], &answer["field"], &answer["error"]),
            (StatusCode::BAD_REQUEST, &json!(400), &json!(field), &json!(error)),
            "{path}"
        );
    }
    for (path, body, field, error) in [
        ("user/send_sms/", json!({}), "mobile", "missing"),
        ("user/send_sms/", json!({"mobile": "123"}), "mobile", "malformed"),
        ("user/send_sms/", json!({"mobile": ["13800000001"]}), "mobile", "malformed"),
        ("user/send_sms/", json!({"mobile": "13800000001", "sms": 1}), "sms", "unknown"),
        ("user/sckill/", json!({"sale": "x"}), "sale", "malformed"),
        ("user/sckill/", json!({}), "sale", "missing"),
        ("user/sckill/", json!({"sale": 1, "student": 2}), "student", "unknown"),
        ("user/sckill/", json!([]), "sale", "missing"),
        ("user/send_sms/", json!("text"), "body", "unreadable"),
    ] {
        let (status, answer) = visitor.write(path, body.clone()).await;
        assert_eq!(
            (status, &answer["field"], &answer["error"]),
            (StatusCode::BAD_REQUEST, &json!(field), &json!(error)),
            "{path} {body}: {answer}"
        );
    }
    assert_eq!(visitor.read("course/detail/?id=99").await.0, StatusCode::NOT_FOUND);
    assert_eq!(visitor.write("user/sckill/", json!({"sale": 99})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(visitor.write("user/sckill/", json!({"name": "性感帽子"})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(visitor.read("nowhere/").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_bodies_and_media_types_are_checked() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let send = async |request: reqwest::RequestBuilder| request.send().await.expect("an answer");
    let sms = app.url("/api/v1/user/send_sms/");
    let get = send(visitor.client.get(&sms)).await;
    assert_eq!((get.status(), get.headers()["allow"].to_str().ok()), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
    assert_eq!(send(visitor.client.delete(&sms)).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(
        send(visitor.client.post(&sms).header("content-type", "text/plain").body("x")).await.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert_eq!(
        send(visitor.client.post(&sms).header("content-type", "multipart/form-data").body("x")).await.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert_eq!(
        send(visitor.client.post(&sms).header("content-type", "application/json").body("{")).await.status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        send(visitor.client.post(&sms).header("content-type", "application/json").body(vec![b' '; 20_000])).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(send(visitor.client.post(&sms).form(&[("mobile", "13800000001")])).await.status(), StatusCode::OK);
    let student = app.student("13800000002").await;
    let click = student.client.post(app.url("/api/v1/user/sckill/")).header("content-type", "application/json");
    assert_eq!(send(click.body(vec![b' '; 20_000])).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let head = send(visitor.client.head(app.url("/api/v1/course/category/"))).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert!(head.bytes().await.expect("a body").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_from_another_site_is_refused() {
    let app = TestApp::start().await;
    let post = |name: &'static str, value: &str| {
        app.visitor().client.post(app.url("/api/v1/user/logout/")).header(name, value).json(&json!({})).send()
    };
    assert_eq!(post("sec-fetch-site", "cross-site").await.expect("an answer").status(), StatusCode::FORBIDDEN);
    assert_eq!(post("origin", "https://evil.example").await.expect("an answer").status(), StatusCode::FORBIDDEN);
    assert_eq!(post("sec-fetch-site", "same-origin").await.expect("an answer").status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_speak_the_asker_s_language() {
    let app = TestApp::start().await;
    let ask = async |lang: &str| -> Value {
        let request = app.visitor().client.post(app.url("/api/v1/user/send_sms/")).header("accept-language", lang).json(&json!({}));
        request.send().await.expect("an answer").json().await.expect("JSON")
    };
    assert_eq!(ask("zh-CN").await["msg"], "手机号没有携带");
    assert_eq!(ask("en-GB,en;q=0.9").await["msg"], "The mobile number is missing");
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
    for id in ["x", "", forged.as_str()].iter().filter(|id| !id.is_empty()) {
        let answer = other.poll(id).await;
        assert_eq!((&answer["code"], &answer["reason"]), (&json!(101), &json!("no_ticket")), "{id}");
    }
    assert_eq!(app.visitor().write("user/sckill/", json!({"sale": sale.0})).await.0, StatusCode::UNAUTHORIZED);
}
