//! What pages say of a sale in each of its states, and when they are renewed.

use qiangke::{
    server::store::NewTicket,
    types::{
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        time::DAY_MS,
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use support::{
    app::TestApp,
    crowd::{ShopClient, Student, gather},
    redis::RedisServer,
};

async fn page(app: &TestApp, path: &str) -> String {
    let answer = app.visitor().get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.expect("text")
}

/// The pages that show a sale of the second course.
fn pages(sale: SaleId) -> [String; 6] {
    [
        "/".into(),
        "/courses".into(),
        "/courses/2".into(),
        format!("/seckill/{sale}"),
        "/en".into(),
        format!("/en/seckill/{sale}"),
    ]
}

fn version(app: &TestApp) -> i64 {
    app.running.app.catalog_version.load(Ordering::Acquire)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_sells_out_renews_the_pages_once_and_so_do_more_seats() {
    /// What invites to click.
    const INVITES: [&str; 5] = [
        "立即秒杀",
        "去抢",
        "正在秒杀",
        "Grab a seat",
        "data-state=\"open\"",
    ];
    let app = TestApp::start().await;
    let sale = app.open_sale(2).await;
    for path in pages(sale) {
        assert!(
            page(&app, &path).await.contains("data-state=\"open\""),
            "{path}"
        );
    }
    let (first, second) = (
        app.student("13800000001").await,
        app.student("13800000002").await,
    );
    let before = version(&app);
    first.outcome(&first.click(sale).await).await;
    assert_eq!(
        app.store().catalog_version().await.expect("a version"),
        before,
        "a seat that goes renews nothing"
    );
    second.outcome(&second.click(sale).await).await;
    app.eventually("it is known", async || version(&app) > before)
        .await;
    assert_eq!(version(&app), before + 1);
    for path in pages(sale) {
        let page = page(&app, &path).await;
        assert!(page.contains("data-state=\"sold-out\""), "{path}");
        assert!(
            page.contains(if path.starts_with("/en") {
                "Sold out"
            } else {
                "已抢完"
            }),
            "{path}"
        );
        for invites in INVITES {
            assert!(!page.contains(invites), "{path} says {invites}");
        }
    }
    assert!(
        page(&app, &format!("/seckill/{sale}"))
            .await
            .contains("2 席在 11-22 20:00:00.000 抢完")
    );
    // Clicks that find nothing, and time, move nothing.
    let third = app.student("13800000003").await;
    third.outcome(&third.click(sale).await).await;
    assert_eq!(
        app.store().catalog_version().await.expect("a version"),
        before + 1
    );
    app.store()
        .restock_sale(sale, 1, app.now())
        .await
        .expect("restock");
    app.eventually("there is a seat", async || version(&app) > before + 1)
        .await;
    for path in pages(sale) {
        assert!(
            page(&app, &path).await.contains("data-state=\"open\""),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_sells_out_at_one_instance_renews_the_pages_of_all() {
    let redis = RedisServer::start();
    let here = TestApp::start_shared(&redis).await;
    let there = here.sibling(qiangke::server::config::Role::Both).await;
    let sale = here.open_sale(1).await;
    there
        .eventually("it is known there", async || {
            there.running.app.sale(sale.0).is_ok()
        })
        .await;
    assert!(page(&there, "/").await.contains("data-state=\"open\""));
    let student = here.student("13800000001").await;
    student.outcome(&student.click(sale).await).await;
    there
        .eventually("it is sold out there", async || {
            page(&there, "/").await.contains("data-state=\"sold-out\"")
        })
        .await;
    let now = there
        .visitor()
        .read(&format!("sale/now/?id={sale}"))
        .await
        .1["result"]
        .clone();
    assert_eq!(
        (&now["left"], &now["sold_out_at"], &now["stock"]),
        (&json!(0), &json!(here.now().0), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_that_came_too_late_tells_both_moments_also_an_hour_later() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await;
    let (first, late) = (
        app.student("13800000001").await,
        app.student("13800000002").await,
    );
    app.pass(655);
    first.outcome(&first.click(sale).await).await;
    let last = app.now();
    app.pass(157);
    let ticket = late.click(sale).await;
    app.eventually("the last seat is known", async || {
        late.poll(&ticket).await.get("sold_out_at").is_some()
    })
    .await;
    app.pass(3_500_000);
    let polled = late.poll(&ticket).await;
    assert_eq!(
        (&polled["reason"], &polled["sold_out_at"]),
        (&json!("sold_out"), &json!(last.0))
    );
    assert_eq!(polled["clicked_at"], json!(last.0 + 157));
    let page = late
        .get(&format!("/tickets/{ticket}"))
        .await
        .text()
        .await
        .expect("text");
    assert!(
        page.contains("最后一席在 11-22 20:00:00.655 被抢走，您的点击 11-22 20:00:00.812 到。"),
        "{page}"
    );
    assert!(
        page.contains("这次没抢到") && !page.contains("秒杀失败") && !page.contains("早一步"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_says_what_is_so_and_blames_nobody() {
    let app = TestApp::start().await;
    let sale = app
        .sale(1, app.now().plus(DAY_MS), app.now().plus(2 * DAY_MS))
        .await;
    let student = app.student("13800000001").await;
    let ticket = student.click(sale).await;
    let text = async |path: &str| student.get(path).await.text().await.expect("text");
    let early = text(&format!("/tickets/{ticket}")).await;
    assert!(
        early.contains("<h1>点早了</h1>") && early.contains("11-23 20:00"),
        "{early}"
    );
    let (head, tail) = ticket.split_at(ticket.len() - 6);
    assert!(
        early.contains(&format!("{tail}</summary>"))
            && early.contains(&format!("<code>{head}{tail}</code>")),
        "{early}"
    );
    assert!(
        text("/tickets/made-up")
            .await
            .contains("<h1>找不到这张排队单</h1>")
    );
    app.pass(DAY_MS);
    let later = text(&format!("/tickets/{ticket}")).await;
    assert!(
        !later.contains("data-opens-at"),
        "there is nothing left to count to"
    );
    assert!(later.contains("您点的时候，秒杀还没开抢。"), "{later}");
    app.store()
        .pause_sale(sale, true, app.now())
        .await
        .expect("pause");
    app.eventually("it is paused", async || {
        app.running.app.sale(sale.0).is_ok_and(|sale| sale.paused)
    })
    .await;
    app.eventually("clicks hear so", async || {
        // Fewer than a student may.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        student.poll(&student.click(sale).await).await["reason"] == json!("paused")
    })
    .await;
    let paused = student.click(sale).await;
    assert!(
        text(&format!("/tickets/{paused}"))
            .await
            .contains("<h1>秒杀当时暂停着</h1>")
    );
    app.store()
        .pause_sale(sale, false, app.now())
        .await
        .expect("go on");
    app.eventually("it goes on", async || {
        app.running.app.sale(sale.0).is_ok_and(|sale| !sale.paused)
    })
    .await;
    let resumed = text(&format!("/tickets/{paused}")).await;
    assert!(
        resumed.contains("您点的时候，秒杀暂停着。") && !resumed.contains("秒杀暂停了"),
        "{resumed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_before_the_opening_says_the_day_and_leads_to_sign_in() {
    let app = TestApp::start().await;
    let sale = app
        .sale(
            100,
            app.now().plus(30 * DAY_MS),
            app.now().plus(31 * DAY_MS),
        )
        .await;
    let page = page(&app, &format!("/seckill/{sale}")).await;
    assert!(page.contains("12-22 20:00 开抢</button>"), "{page}");
    assert!(
        page.contains(&format!(
            "<a href=\"/sign-in?next=%2Fseckill%2F{sale}\">提前登录</a>"
        )),
        "{page}"
    );
    assert!(
        page.contains("12-22 20:00 秒杀价") && page.contains("原价"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_an_old_sale_leads_on() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await;
    let path = format!("/seckill/{sale}");
    app.pass(10 * DAY_MS);
    app.eventually("it is long over", async || {
        app.running.app.sale(sale.0).is_err()
    })
    .await;
    let other = app.open_sale(5).await;
    let page = page(&app, &path).await;
    assert!(
        page.contains("秒杀已结束") && page.contains("正在抢：Python项目实战"),
        "{page}"
    );
    assert!(
        page.contains(&format!("href=\"/seckill/{other}\""))
            && page.contains("href=\"/courses/2\""),
        "{page}"
    );
    assert_eq!(
        app.visitor().get("/seckill/999").await.status(),
        StatusCode::NOT_FOUND
    );
    // A course that is hidden takes its sales along.
    app.database.execute("update course set is_show = false where id = 2; update catalog_version set version = version + 1").await;
    app.eventually("it is gone", async || {
        app.visitor().get(&path).await.status() == StatusCode::NOT_FOUND
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_of_a_course_that_is_hidden_is_shown_without_a_way_to_it() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await;
    let student = app.student("13800000001").await;
    let ticket = student.click(sale).await;
    student.outcome(&ticket).await;
    // It is paid: what is held leads to its order.
    app.database
        .execute("update orders set state = 2, paid_at = 1, expires_at = null")
        .await;
    let me = async || student.get("/me").await.text().await.expect("text");
    assert!(me().await.contains("href=\"/learn/2\""));
    app.database
        .execute("update course set is_show = false where id = 2")
        .await;
    let page = me().await;
    assert!(page.contains("这门课暂时下架"), "{page}");
    assert!(!page.contains("href=\"/learn/2\""), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_without_a_row_is_found_again_where_the_browser_kept_it() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await;
    let (shop_client, crowd) = (
        ShopClient::to(app.running.address),
        gather(&app.database, 2).await,
    );
    let (first, late) = (&crowd[0], &crowd[1]);
    let won = shop_client.click_until_heard(first, sale.0, "a").await;
    shop_client.outcome(first, &won).await;
    let ticket = shop_client.click_until_heard(late, sale.0, "b").await;
    let kept = format!(
        "x=中; loss-{}={ticket}; loss-8=made-up; loss-; loss-1; ",
        sale.0 % 10
    );
    let page_of = async |who: &Student, kept: &str| {
        let cookies = [kept, who.cookie()].concat();
        let request = app
            .visitor()
            .client
            .get(app.url("/me"))
            .header("cookie", cookies.as_bytes());
        request
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("text")
    };
    let me = async |who: &Student| page_of(who, &kept).await;
    assert!(!page_of(late, "").await.contains("最近没抢到的"));
    let page = me(late).await;
    assert!(
        page.contains("最近没抢到的") && page.contains(&format!("href=\"/tickets/{ticket}\"")),
        "{page}"
    );
    assert!(
        page.contains("Python项目实战") && page.contains("座位已经抢完。"),
        "{page}"
    );
    assert!(
        !me(first).await.contains("最近没抢到的"),
        "a foreign one is nobody's"
    );
    app.pass(8 * DAY_MS);
    assert!(
        !me(late).await.contains("最近没抢到的"),
        "after a week it is gone"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_of_a_form_that_lost_is_found_again_too() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await;
    let (first, late) = (
        app.student("13800000001").await,
        app.student("13800000002").await,
    );
    let form = format!("/api/v1/user/sckill/?next=%2Fseckill%2F{sale}");
    let fields = [("sale", sale.to_string())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let won = first.submit(&form, &fields).await;
    first.outcome(won.trim_start_matches("/tickets/")).await;
    assert_eq!(
        app.database
            .numbers("select count(*) from ticket where click_key is not null")
            .await,
        [1],
        "by it a loss would be found"
    );
    let lost = late.submit(&form, &fields).await;
    for (path, title) in [("/me", "最近没抢到的"), ("/en/me", "Lately without a seat")] {
        let page = late.get(path).await.text().await.expect("text");
        assert!(page.contains(title) && page.contains(&lost), "{page}");
    }
    assert!(
        !first
            .get("/me")
            .await
            .text()
            .await
            .expect("text")
            .contains("最近没抢到的")
    );
    // A program's own name of its click is its own.
    let kept = late
        .client
        .post(app.url(&form))
        .json(&json!({"sale": sale}))
        .send()
        .await
        .expect("an answer");
    assert!(kept.headers().get("set-cookie").is_none(), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_begin_with_what_waits_and_end_with_what_was_lost_of_late() {
    let redis = RedisServer::start();
    let app = TestApp::start_with(&["--redis-url", &redis.url(), "--no-worker"]).await;
    let sale = app.open_sale(2).await;
    let crowd = gather(&app.database, 2).await;
    let (me, other) = (StudentId(crowd[0].id), StudentId(crowd[1].id));
    let get = async |path: &str| {
        app.visitor()
            .client
            .get(app.url(path))
            .header("cookie", crowd[0].cookie())
            .send()
            .await
            .expect("an answer")
    };
    // Nobody settles here: one ticket waits, the others are given up.
    let waiting = ShopClient::to(app.running.address)
        .click_until_heard(&crowd[0], sale.0, "key")
        .await;
    let lost = async |number: u8, student: StudentId, days: i64| {
        let id = TicketId([number; 16]);
        let at = app.now().plus(-days * DAY_MS);
        let ended = app.sale(2, at, at.plus(DAY_MS - 1)).await;
        let ticket = NewTicket {
            id,
            sale: ended,
            student,
            key: Some(format!("k{number}")),
            accepted_at: at,
        };
        app.store().accept(&[ticket]).await.expect("a ticket");
        assert!(
            app.store()
                .lose(id, Reason::GaveUp, app.now())
                .await
                .expect("decided")
        );
    };
    lost(1, me, 1).await;
    lost(2, me, 6).await;
    lost(3, other, 1).await;
    let read = async || {
        get("/api/v1/user/ticket/")
            .await
            .json::<Value>()
            .await
            .expect("JSON")
    };
    let answer = read().await;
    let found: Vec<_> = answer["result"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|ticket| ticket["reason"].clone())
        .collect();
    assert_eq!(found, [Value::Null, json!("gave_up"), json!("gave_up")]);
    assert_eq!(answer["result"][0]["task_id"], json!(waiting));
    let page = get("/me").await.text().await.expect("text");
    let (queue, losses) = (
        page.find("还在排队").expect("what waits"),
        page.find("最近没抢到的").expect("what was lost"),
    );
    assert!(
        queue < losses && page.contains(&format!("href=\"/tickets/{waiting}\"")),
        "{page}"
    );
    app.pass(2 * DAY_MS);
    assert_eq!(
        read().await["result"].as_array().map(Vec::len),
        Some(2),
        "after a week a loss is gone"
    );
}
