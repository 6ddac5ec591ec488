//! The description of the interface: it names what the router serves, and what the shop answers
//! fits it.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use support::{app::TestApp, app::Visitor};

const DESCRIPTION: &str = include_str!("../../src/server/http/openapi.json");
/// What a schema says to people and to generators; the rest is judged here.
const NOT_JUDGED: [&str; 3] = ["description", "pattern", "maxLength"];

/// The description as a test reads it.
struct Description(Value);

impl Description {
    fn read() -> Self {
        Self(serde_json::from_str(DESCRIPTION).expect("JSON"))
    }

    /// Every operation, by path and method.
    fn operations(&self) -> BTreeMap<(String, String), &Value> {
        let paths = self.0["paths"].as_object().expect("paths");
        let of_path = |(path, methods)| {
            let methods: &serde_json::Map<_, _> = Value::as_object(methods).expect("methods");
            methods.iter().map(move |(method, operation)| {
                ((String::clone(path), method.to_uppercase()), operation)
            })
        };
        paths.iter().flat_map(of_path).collect()
    }

    /// What a `$ref` stands for.
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(place) => self
                .0
                .pointer(place.strip_prefix('#').expect("a place in this file"))
                .expect("what a $ref names"),
            None => value,
        }
    }

    /// What is wrong with an answer, if it is not described.
    fn judge(
        &self,
        path: &str,
        method: &str,
        status: StatusCode,
        body: &Value,
    ) -> Result<(), String> {
        let operations = self.operations();
        let operation = operations
            .get(&(path.to_owned(), method.to_owned()))
            .ok_or("no such operation")?;
        let answer = operation["responses"]
            .get(status.as_str())
            .ok_or("no such status")?;
        self.fits(
            &self.resolve(answer)["content"]["application/json"]["schema"],
            body,
        )
    }

    /// Whether a value is as a schema says; a word that is not known here is a fault of the schema.
    fn fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let schema = self.resolve(schema).as_object().ok_or("no schema")?;
        for (word, rule) in schema {
            let list = || {
                rule.as_array()
                    .cloned()
                    .unwrap_or_else(|| vec![rule.clone()])
            };
            let holds = match word.as_str() {
                "type" => list().iter().any(|name| is_a(name, value)),
                "enum" => list().contains(value),
                "minimum" => value
                    .as_i64()
                    .is_none_or(|number| Some(number) >= rule.as_i64()),
                "maximum" => value
                    .as_i64()
                    .is_none_or(|number| Some(number) <= rule.as_i64()),
                "anyOf" => list().iter().any(|schema| self.fits(schema, value).is_ok()),
                "required" => list()
                    .iter()
                    .all(|name| value.get(name.as_str().unwrap_or_default()).is_some()),
                "additionalProperties" => value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .all(|(name, _)| schema["properties"].get(name).is_some()),
                "properties" => {
                    for (name, value) in value.as_object().into_iter().flatten() {
                        rule.get(name)
                            .map_or(Ok(()), |schema| self.fits(schema, value))
                            .map_err(|why| format!("{name}: {why}"))?;
                    }
                    true
                }
                "items" => {
                    value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .try_for_each(|item| self.fits(rule, item))?;
                    true
                }
                other => NOT_JUDGED.contains(&other),
            };
            if !holds {
                return Err(format!("{word} {rule} does not hold of {value}"));
            }
        }
        Ok(())
    }
}

fn is_a(name: &Value, value: &Value) -> bool {
    match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => false,
    }
}

#[test]
fn every_operation_of_the_router_is_described_and_no_other() {
    let description = Description::read();
    let described: BTreeSet<_> = description.operations().into_keys().collect();
    let served = server_fn::axum::server_fn_paths()
        .map(|(path, method)| (path.to_owned(), method.to_string()));
    assert_eq!(described, served.collect());
}

#[test]
fn every_operation_has_what_all_have() {
    for ((path, method), operation) in Description::read().operations() {
        let answers = operation["responses"].as_object().expect("responses");
        let of_all = ["200", "400", "405", "413", "503"].into_iter();
        let of_writes = ["303", "403", "408", "415"]
            .into_iter()
            .filter(|_| method == "POST");
        for status in of_all.chain(of_writes) {
            assert!(
                answers.contains_key(status),
                "{method} {path} does not say what {status} is"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_served_as_lists_are() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let list = visitor.get("/api/v1/course/category/").await;
    let answer = visitor.get("/api/openapi.json").await;
    assert_eq!(answer.status(), StatusCode::OK);
    for name in [
        header::CONTENT_TYPE,
        header::CACHE_CONTROL,
        header::X_CONTENT_TYPE_OPTIONS,
        header::CONTENT_SECURITY_POLICY,
    ] {
        assert_eq!(
            answer.headers().get(&name),
            list.headers().get(&name),
            "{name}"
        );
    }
    let tag = answer.headers()[header::ETAG].clone();
    assert_eq!(
        answer.json::<Value>().await.expect("JSON"),
        Description::read().0
    );
    let again = visitor
        .client
        .get(app.url("/api/openapi.json"))
        .header(header::IF_NONE_MATCH, tag)
        .send()
        .await
        .expect("an answer");
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_described() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await.0;
    let (visitor, student, late) = (
        app.visitor(),
        app.student("13800000001").await,
        app.student("13800000002").await,
    );
    let mut asked = Asked {
        description: Description::read(),
        served: BTreeSet::new(),
    };
    for path in [
        "home/banner/",
        "course/category/",
        "course/actual/",
        "course/actual/?page_size=1&page=2&search=p",
        "course/actual/?page=0",
        "course/card/?page_size=1&page=2&ordering=-price",
        "course/card/?level=9",
        "course/card/?page=9",
        "course/actual/?page=9&ordering=-price,id",
        "course/actual/?level=1&level=2",
        "course/detail/?id=1",
        "course/detail/?id=3",
        "course/detail/?id=99",
        "course/detail/",
        "learn/course/",
        "learn/course/?course=1",
        "learn/course/?course=1&section=1",
        "learn/course/?course=99",
        "sale/",
        "sale/?x=1",
        "sale/now/?id=99",
        "sale/detail/?id=99",
        "user/me/",
        "user/order/",
        "user/ticket/",
        "user/session/",
        "user/sign_in_step/",
        "user/sckill/?task_id=x",
        "user/sckill/",
    ] {
        asked.read(&visitor, path).await;
        asked.read(&student, path).await;
    }
    let now = format!("sale/now/?id={sale}");
    asked.read(&student, &now).await;
    for who in [&visitor, &student, &late] {
        let answer = asked
            .write(who, "user/sckill/", json!({"sale": sale, "key": "k"}))
            .await;
        let Some(ticket) = answer["task_id"].as_str() else {
            continue;
        };
        who.outcome(ticket).await;
        let path = format!("user/sckill/?task_id={ticket}");
        for who in [&visitor, &student, &late] {
            asked.read(who, &path).await;
        }
    }
    for who in [&visitor, &student, &late] {
        for (path, body) in [
            ("order/buy/", json!({"course": 1})),
            ("order/buy/", json!({"course": 999})),
            ("order/pay/", json!({"order": 1, "provider": "mock"})),
            ("order/pay/", json!({"order": 1, "provider": "x"})),
            ("order/check/", json!({"order": 1})),
            ("order/cancel/", json!({"order": "1"})),
            (
                "learn/progress/",
                json!({"section": 1, "position": 10, "length": 30}),
            ),
            ("learn/done/", json!({"section": 1})),
            ("learn/done/", json!({"section": 999})),
            ("order/pay/", json!({"order": 1, "provider": "mock"})),
        ] {
            asked.write(who, path, body).await;
        }
        asked.read(who, "order/detail/?order=1").await;
        asked.read(who, &format!("order/of_sale/?id={sale}")).await;
        asked.read(who, "order/of_sale/?id=x").await;
        asked.read(who, "user/me/").await;
    }
    let detail = format!("sale/detail/?id={sale}");
    for path in [
        now.as_str(),
        detail.as_str(),
        "sale/",
        "user/order/",
        "user/ticket/",
    ] {
        asked.read(&student, path).await;
    }
    asked
        .write(
            &student,
            "user/session/end/",
            json!({"session": "nobody's"}),
        )
        .await;
    asked.write(&student, "user/session/end/", json!({})).await;
    asked
        .write(&visitor, "user/session/end/", json!({"session": "others"}))
        .await;
    asked
        .write(&student, "user/session/end/", json!({"session": "others"}))
        .await;
    asked
        .write(&student, "user/sckill/", json!({"name": "nobody's"}))
        .await;
    asked
        .write(&student, "user/sckill/", json!([1, 2, 3, 4]))
        .await;
    asked
        .write(&visitor, "user/send_sms/", json!({"mobile": "13800000003"}))
        .await;
    let soon = asked
        .write(&visitor, "user/send_sms/", json!({"mobile": "13800000003"}))
        .await;
    assert_eq!(soon["code"], 429);
    asked.read(&visitor, "user/sign_in_step/").await;
    asked
        .write(
            &visitor,
            "user/login_sms/",
            json!({"mobile": "13800000003", "code": "x"}),
        )
        .await;
    let code = app.code_for("13800000003", 1).await;
    asked
        .write(&visitor, "user/login_sms/", json!({"code": code}))
        .await;
    asked.write(&visitor, "user/logout/", json!({})).await;
    asked
        .ask(&visitor, Method::DELETE, "user/logout/", None)
        .await;
    let never: Vec<_> = asked
        .description
        .operations()
        .into_keys()
        .filter(|operation| !asked.served.contains(operation))
        .collect();
    assert!(never.is_empty(), "never served here: {never:?}");
}

/// Asks, and compares each answer with the description.
struct Asked {
    description: Description,
    /// What was answered with 200.
    served: BTreeSet<(String, String)>,
}

impl Asked {
    async fn read(&mut self, who: &Visitor<'_>, path: &str) -> Value {
        self.ask(who, Method::GET, path, None).await
    }

    async fn write(&mut self, who: &Visitor<'_>, path: &str, body: Value) -> Value {
        self.ask(who, Method::POST, path, Some(body)).await
    }

    async fn ask(
        &mut self,
        who: &Visitor<'_>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Value {
        let request = who
            .client
            .request(method.clone(), who.app.url(&format!("/api/v1/{path}")));
        let request = body.iter().fold(request, reqwest::RequestBuilder::json);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
        let body: Value = answer.json().await.expect("JSON");
        // A method that a path does not take is said by those that it takes.
        let method = if status == StatusCode::METHOD_NOT_ALLOWED {
            Method::POST
        } else {
            method
        };
        let path = format!("/api/v1/{}", path.split('?').next().unwrap_or_default());
        let judged = self
            .description
            .judge(&path, method.as_str(), status, &body);
        assert_eq!(judged, Ok(()), "{method} {path} gave {status} {body}");
        if status == StatusCode::OK {
            self.served.insert((path, method.to_string()));
        }
        body
    }
}

#[test]
fn an_answer_that_is_not_as_described_is_noticed() {
    let description = Description::read();
    let judge = |status: u16, body: Value| {
        description.judge(
            "/api/v1/user/me/",
            "GET",
            StatusCode::from_u16(status).expect("a status"),
            &body,
        )
    };
    let me = json!({"id": 1, "mobile": "138****0000", "hold": null});
    assert_eq!(
        judge(200, json!({"code": 100, "msg": "", "result": me})),
        Ok(())
    );
    for (status, body) in [
        (200, json!({"code": 101, "msg": "", "result": me})),
        (200, json!({"code": 100, "msg": "", "result": {"id": 1}})),
        (
            200,
            json!({"code": 100, "msg": "", "result": {"id": 0, "mobile": ""}}),
        ),
        (
            200,
            json!({"code": 100, "msg": "", "result": me, "more": 1}),
        ),
        (200, json!([])),
        (404, json!({"code": 404, "msg": "", "error": "not-found"})),
        (400, json!({"code": 400, "msg": "", "error": "another"})),
    ] {
        assert!(judge(status, body.clone()).is_err(), "{status} {body}");
    }
}
