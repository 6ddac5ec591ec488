//! Orders that end, and the seats that they leave.

use crate::PROGRAM;
use serde_json::{Value, json};
use std::process::Output;
use support::{
    app::TestApp,
    crowd::{ShopClient, Student, gather},
};

/// `qiangke order …` on the shop's database, as an operator runs it.
fn order(app: &TestApp, arguments: &[&str]) -> Output {
    let command = PROGRAM
        .command()
        .arg("order")
        .args(arguments)
        .args(["--database-url", &app.database.url])
        .output();
    command.expect("it runs")
}

fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn grab(
    shop_client: &ShopClient,
    student: &Student,
    sale: i64,
    key: &str,
) -> (String, Value) {
    let ticket = shop_client.click_until_heard(student, sale, key).await;
    let outcome = shop_client.outcome(student, &ticket).await;
    (ticket, outcome)
}

/// An operator takes a seat back by hand, as it was done before there was a command.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_free_again_is_given_before_the_next_one() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 15).await;
    let (shop_client, sale) = (
        ShopClient::to(app.running.address),
        app.open_sale(30).await.0,
    );
    for student in &crowd[..10] {
        assert_eq!(
            grab(&shop_client, student, sale, "key").await.1["code"],
            json!(100)
        );
    }
    app.database
        .execute(
            "delete from orders where seat = 3;
             update ticket set state = 2, reason = 5, seat = null where seat = 3;
             update sale set remaining = remaining + 1",
        )
        .await;
    let mut seats = Vec::new();
    for student in &crowd[10..] {
        seats.extend(grab(&shop_client, student, sale, "key").await.1["seat"].as_i64());
    }
    assert_eq!(seats, [3, 11, 12, 13, 14]);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_frees_its_seat_and_its_student() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 3).await;
    let (shop_client, sale) = (ShopClient::to(app.running.address), app.open_sale(2).await);
    let (first, won) = grab(&shop_client, &crowd[0], sale.0, "a").await;
    assert_eq!(won["seat"], json!(1));
    assert_eq!(
        grab(&shop_client, &crowd[1], sale.0, "a").await.1["seat"],
        json!(2)
    );
    assert_eq!(
        grab(&shop_client, &crowd[2], sale.0, "a").await.1["reason"],
        json!("sold_out")
    );

    let listed = order(&app, &["list", "--mobile", "19900000000"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        listed.contains("19900000000")
            && listed.contains("held")
            && !listed.contains("19900000001"),
        "{listed}"
    );
    let id = app
        .database
        .numbers("select id from orders where seat = 1")
        .await[0]
        .to_string();
    for unfit in [
        " ",
        "他说\n不来了",
        "\u{1b}[2J",
        "\u{85}",
        &"长".repeat(201),
    ] {
        assert!(
            refusal(&order(&app, &["cancel", &id, "--reason", unfit])).contains("--reason"),
            "{unfit:?}"
        );
    }
    let done = order(&app, &["cancel", &id, "--reason", "不来了"]);
    assert!(done.status.success(), "{done:?}");
    assert!(refusal(&order(&app, &["cancel", &id, "--reason", "again"])).contains("ended already"));
    assert!(
        refusal(&order(&app, &["cancel", "9999", "--reason", "what"]))
            .contains("there is no order 9999")
    );
    let listed = order(&app, &["list", "--sale", &sale.to_string()]);
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("不来了"),
        "{listed:?}"
    );
    app.assert_audit().await;

    app.eventually("the seat is another's", async || {
        grab(&shop_client, &crowd[2], sale.0, "b").await.1["seat"] == json!(1)
    })
    .await;
    assert_eq!(
        shop_client
            .poll(&crowd[0], &first)
            .await
            .expect("an answer")["code"],
        json!(100),
        "what was told is final"
    );
    assert_eq!(
        grab(&shop_client, &crowd[0], sale.0, "b").await.1["reason"],
        json!("sold_out")
    );
    app.store()
        .restock_sale(sale, 1, app.now())
        .await
        .expect("restock");
    app.eventually("there is one more", async || {
        app.running.app.queue.left(sale) == Some(1)
    })
    .await;
    assert_eq!(
        grab(&shop_client, &crowd[0], sale.0, "a").await.0,
        first,
        "the same key is the same click"
    );
    app.eventually("another click is another ticket", async || {
        grab(&shop_client, &crowd[0], sale.0, "c").await.1["seat"] == json!(3)
    })
    .await;
    let (again, _) = grab(&shop_client, &crowd[0], sale.0, "d").await;
    assert_ne!(again, first, "the live one");
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_was_sold_again_is_the_last_one_that_went() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 3).await;
    let (shop_client, sale) = (ShopClient::to(app.running.address), app.open_sale(2).await);
    let sold_out_at = async || {
        app.store()
            .sale(sale)
            .await
            .expect("read")
            .expect("a sale")
            .sold_out_at
    };
    for student in &crowd[..2] {
        app.pass(1_000);
        assert_eq!(
            grab(&shop_client, student, sale.0, "a").await.1["code"],
            json!(100)
        );
    }
    assert_eq!(sold_out_at().await, Some(app.now()));
    let id = app
        .database
        .numbers("select id from orders where seat = 1")
        .await[0]
        .to_string();
    assert!(
        order(&app, &["cancel", &id, "--reason", "不来了"])
            .status
            .success()
    );
    assert_eq!(sold_out_at().await, None);
    app.pass(60_000);
    app.eventually("the seat is another's", async || {
        grab(&shop_client, &crowd[2], sale.0, "b").await.1["seat"] == json!(1)
    })
    .await;
    assert_eq!(
        sold_out_at().await,
        Some(app.now()),
        "not the click that took the greatest seat"
    );
    assert!(
        app.store()
            .all_sales()
            .await
            .expect("read")
            .iter()
            .all(|(sale, _)| sale.sold_out_at == Some(app.now()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ticket_of_a_cancelled_order_says_so_and_its_student_may_click_again() {
    let app = TestApp::start().await;
    let sale = app.open_sale(2).await;
    let student = app.student("13800000001").await;
    let now = async || student.read(&format!("sale/now/?id={sale}")).await.1["result"].clone();
    let page = async |ticket: &str| {
        student
            .get(&format!("/tickets/{ticket}"))
            .await
            .text()
            .await
            .expect("text")
    };
    let orders = async || {
        app.database
            .numbers("select id from orders where ended_at is null")
            .await
    };
    assert_eq!(now().await["no_ticket"], json!(true));
    let first = student.click(sale).await;
    student.outcome(&first).await;
    app.eventually("it is known", async || {
        now().await["task_id"] == json!(first)
    })
    .await;
    assert_eq!(now().await.get("no_ticket"), None);
    let order_row = |id: i64| format!("<dt>订单号</dt><dd>{id}</dd>");
    let old = orders().await[0];
    assert!(
        page(&first).await.contains(&order_row(old)),
        "{}",
        page(&first).await
    );

    assert!(
        order(&app, &["cancel", &old.to_string(), "--reason", "不来了"])
            .status
            .success()
    );
    app.eventually("the student may click", async || {
        now().await["no_ticket"] == json!(true)
    })
    .await;
    let is_cancelled =
        |page: &str| page.contains("<h1>订单已取消</h1>") && !page.contains("座位是您的了");
    assert!(is_cancelled(&page(&first).await), "{}", page(&first).await);
    app.pass(1);
    let second = student.click(sale).await;
    assert_ne!(second, first);
    assert_eq!(student.outcome(&second).await["code"], json!(100));
    let new = orders().await[0];
    assert!(page(&second).await.contains(&order_row(new)));
    assert!(
        is_cancelled(&page(&first).await),
        "another order is another ticket's"
    );
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_comes_back_after_the_end_stays_unsold() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 2).await;
    let (shop_client, sale) = (ShopClient::to(app.running.address), app.open_sale(1).await);
    assert_eq!(
        grab(&shop_client, &crowd[0], sale.0, "a").await.1["code"],
        json!(100)
    );
    app.pass(3_600_000);
    let id = app.database.numbers("select id from orders").await[0].to_string();
    assert!(
        order(&app, &["cancel", &id, "--reason", "late"])
            .status
            .success()
    );
    assert_eq!(
        app.database.numbers("select remaining from sale").await,
        [1]
    );
    assert_eq!(
        grab(&shop_client, &crowd[1], sale.0, "a").await.1["reason"],
        json!("closed")
    );
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_sees_a_seat_that_nobody_can_be_given() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 1).await;
    let (shop_client, sale) = (ShopClient::to(app.running.address), app.open_sale(1).await);
    grab(&shop_client, &crowd[0], sale.0, "a").await;
    let found = async || {
        app.store()
            .audit()
            .await
            .expect("audit")
            .into_iter()
            .map(|finding| finding.invariant)
            .collect::<Vec<_>>()
    };
    app.database.execute("update sale set remaining = 1").await;
    assert!(
        found()
            .await
            .iter()
            .any(|invariant| invariant.starts_with("the next seat can be given"))
    );
    app.database
        .execute("update sale set remaining = 0; update ticket set released_at = 1")
        .await;
    assert!(
        found()
            .await
            .iter()
            .any(|invariant| invariant.starts_with("a ticket is released when its order ends"))
    );
}
