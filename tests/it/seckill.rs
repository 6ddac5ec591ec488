//! The rush, through the real HTTP server.

use qiangke::{
    server::store::NewTicket,
    types::{
        ids::{BannerId, SaleId, StudentId, TicketId},
        sale::Reason,
        time::HOUR_MS,
    },
};
use reqwest::StatusCode;
use serde_json::json;
use std::time::{Duration, Instant};
use support::{
    app::TestApp,
    crowd::{ShopClient, gather},
};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_click_becomes_a_seat() {
    let app = TestApp::start().await;
    let sale = app.open_sale(2).await;
    let student = app.student("13800000001").await;
    let ticket = student.click(sale).await;
    let outcome = student.outcome(&ticket).await;
    assert_eq!(
        (&outcome["code"], &outcome["msg"], &outcome["seat"]),
        (&json!(100), &json!("秒杀成功"), &json!(1))
    );
    let (_, orders) = student.read("user/order/").await;
    assert_eq!(orders["result"][0]["seat"], 1);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_click_is_the_first_one() {
    let app = TestApp::start().await;
    let sale = app.open_sale(2).await;
    let student = app.student("13800000001").await;
    let ticket = student.click(sale).await;
    assert_eq!(student.click(sale).await, ticket, "while it waits");
    student.outcome(&ticket).await;
    assert_eq!(student.click(sale).await, ticket, "after it won");
    let (_, answer) = student
        .write("user/sckill/", json!({"name": "Python项目实战"}))
        .await;
    assert_eq!(answer["task_id"], json!(ticket), "by the course's name");
    let both = |name: &str| json!({"sale": sale.0, "name": name});
    let (_, answer) = student
        .write("user/sckill/", both(" Python项目实战 "))
        .await;
    assert_eq!(answer["task_id"], json!(ticket), "by both");
    let (status, answer) = student.write("user/sckill/", both("Linux")).await;
    assert_eq!(
        (status, &answer["field"]),
        (StatusCode::BAD_REQUEST, &json!("name")),
        "a sale of another course: {answer}"
    );
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_clicks_without_end_is_told_to_wait_and_nobody_else() {
    let app = TestApp::start().await;
    let sale = app.open_sale(2).await;
    let student = app.student("13800000001").await;
    let mut refused = 0;
    for _ in 0..90 {
        refused += usize::from(
            student.write("user/sckill/", json!({"sale": sale})).await.0
                == StatusCode::TOO_MANY_REQUESTS,
        );
    }
    assert!(
        refused > 20,
        "20 in a burst and 10 a second are heard: {refused} of 90 are not"
    );
    app.student("13800000002").await.click(sale).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_after_the_last_seat_hears_it_at_once() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await;
    let first = app.student("13800000001").await;
    first.outcome(&first.click(sale).await).await;
    let second = app.student("13800000002").await;
    let refusal = second.poll(&second.click(sale).await).await;
    assert_eq!(
        (&refusal["code"], &refusal["reason"]),
        (&json!(101), &json!("sold_out"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_the_database_refuses_holds_up_nobody() {
    const STUDENTS: i64 = 120;
    let app = TestApp::start().await;
    let sale = app.open_sale(STUDENTS).await;
    let crowd = gather(&app.database, STUDENTS).await;
    let unlucky = crowd[crowd.len() - 1].id;
    app.database.refuse(unlucky).await;
    let shop_client = ShopClient::to(app.running.address);
    let since = Instant::now();
    let mut rush = JoinSet::new();
    for student in crowd {
        let shop_client = shop_client.clone();
        rush.spawn(async move {
            let ticket = shop_client.click_until_heard(&student, sale.0, "a").await;
            (student.id, shop_client.outcome(&student, &ticket).await)
        });
    }
    for (student, outcome) in rush.join_all().await {
        if student == unlucky {
            assert_eq!(
                (&outcome["code"], &outcome["reason"]),
                (&json!(101), &json!("gave_up")),
                "{outcome}"
            );
        } else {
            assert_eq!(outcome["code"], 100, "{outcome}");
        }
    }
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
    app.assert_audit().await;
}

/// One failed batch for each ticket before it would take many times the patience of this test.
#[tokio::test(flavor = "multi_thread")]
async fn many_tickets_before_a_refused_one_are_settled_in_few_batches() {
    const STUDENTS: i64 = 1_000;
    let app = TestApp::start().await;
    let sale = app.open_sale(STUDENTS).await;
    let crowd = gather(&app.database, STUDENTS).await;
    app.database.refuse(crowd[crowd.len() - 1].id).await;
    let tickets: Vec<_> = (1_u128..)
        .zip(&crowd)
        .map(|(number, student)| NewTicket {
            id: TicketId(number.to_be_bytes()),
            ..ticket(&app, 0, sale, student.id)
        })
        .collect();
    app.store().accept(&tickets).await.expect("tickets");
    app.eventually("all are decided", async || {
        app.database.undecided().await == 0
    })
    .await;
    assert_eq!(
        app.database.numbers("select count(*) from orders").await,
        [STUDENTS - 1]
    );
    assert_eq!(
        app.database
            .numbers("select reason from ticket where state = 2")
            .await,
        [i64::from(Reason::GaveUp.number())]
    );
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_the_server_s() {
    let app = TestApp::start().await;
    let sale = app
        .sale(5, app.now().plus(60_000), app.now().plus(120_000))
        .await;
    let student = app.student("13800000001").await;
    let reason = async || student.poll(&student.click(sale).await).await["reason"].clone();
    assert_eq!(reason().await, json!("too_early"));
    app.pass(59_999);
    assert_eq!(reason().await, json!("too_early"));
    app.pass(1);
    assert_eq!(
        student.outcome(&student.click(sale).await).await["code"],
        json!(100)
    );
    app.pass(60_000);
    let late = app.student("13800000002").await;
    assert_eq!(
        late.poll(&late.click(sale).await).await["reason"],
        json!("closed")
    );
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_whose_sale_is_gone_ends_with_a_reason() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 1).await;
    let gone = SaleId(9_999);
    app.store()
        .accept(&[ticket(&app, 1, gone, crowd[0].id)])
        .await
        .expect("a ticket");
    app.eventually("it is decided", async || {
        app.database.undecided().await == 0
    })
    .await;
    assert_eq!(
        app.database
            .numbers("select reason from ticket where sale_id = 9999")
            .await,
        [i64::from(Reason::GaveUp.number())]
    );
    let found = app.store().audit().await.expect("audit");
    assert_eq!(
        found
            .iter()
            .map(|finding| finding.invariant)
            .collect::<Vec<_>>(),
        ["a ticket's sale and student are there"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_can_t_be_read_holds_up_nobody() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 2).await;
    let sale = app.open_sale(2).await;
    let id = app.database.literal(&[0, 0, 1]);
    let unreadable = format!(
        "insert into ticket (id, sale_id, student_id, state, accepted_at) values ({id}, {sale}, {}, 0, {})",
        crowd[0].id,
        app.now().0
    );
    app.database.execute(&unreadable).await;
    app.store()
        .accept(&[ticket(&app, 2, sale, crowd[1].id)])
        .await
        .expect("a ticket");
    app.eventually("both are decided", async || {
        app.database.undecided().await == 0
    })
    .await;
    assert_eq!(
        app.database.owners(sale.0).await,
        [crowd[1].id],
        "the one behind it has its seat"
    );
    assert_eq!(
        app.database
            .numbers("select reason from ticket where state = 2")
            .await,
        [i64::from(Reason::GaveUp.number())]
    );
    let found = app.store().audit().await.expect("audit");
    assert_eq!(
        found
            .iter()
            .map(|finding| finding.invariant)
            .collect::<Vec<_>>(),
        ["a ticket can be read"]
    );
}

/// A banner, a course's name: whatever is no setting or seat of a sale counts no desk anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_banner_counts_no_desk_anew() {
    // Whoever waits for the pause clicks again and again.
    let app = TestApp::start_with(&["--clicks-per-s", "1000"]).await;
    let sale = app.open_sale(1).await;
    let student = app.student("13800000001").await;
    let held = student.click(sale).await;
    student.outcome(&held).await;
    let version = || {
        app.running
            .app
            .catalog_version
            .load(std::sync::atomic::Ordering::Acquire)
    };
    let before = version();
    // Whoever counts a desk needs this column.
    app.database
        .execute("alter table ticket rename column state to state_away")
        .await;
    app.store()
        .show_banner(BannerId(1), false, app.now())
        .await
        .expect("hide");
    app.eventually("the change is known", async || version() > before)
        .await;
    assert_eq!(student.click(sale).await, held, "the desk stands");
    app.database
        .execute("alter table ticket rename column state_away to state")
        .await;
    app.store()
        .pause_sale(sale, true, app.now())
        .await
        .expect("pause");
    let other = app.student("13800000002").await;
    app.eventually("a pause counts it anew", async || {
        other.poll(&other.click(sale).await).await["reason"] == json!("paused")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_before_this_process_makes_nobody_wait() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 1).await;
    let sale = app
        .sale(5, app.now().plus(-2 * HOUR_MS), app.now().plus(HOUR_MS))
        .await;
    let old = NewTicket {
        accepted_at: app.now().plus(-HOUR_MS),
        ..ticket(&app, 1, sale, crowd[0].id)
    };
    app.store().accept(&[old]).await.expect("a ticket");
    app.eventually("it is decided", async || {
        app.database.undecided().await == 0
    })
    .await;
    let student = app.student("13800000001").await;
    let (_, answer) = student.write("user/sckill/", json!({"sale": sale.0})).await;
    let retry_ms = answer["retry_ms"].as_i64().expect("a wait");
    assert!(retry_ms <= 240, "it is told to wait {retry_ms} ms");
}

fn ticket(app: &TestApp, number: u8, sale: SaleId, student: i64) -> NewTicket {
    NewTicket {
        id: TicketId([number; 16]),
        sale,
        student: StudentId(student),
        key: None,
        accepted_at: app.now(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_wrong_by_weeks_takes_no_sale_away() {
    const WEEKS_MS: i64 = 40 * 24 * 60 * 60 * 1_000;
    let app = TestApp::start().await;
    let sale = app.open_sale(3).await;
    app.pass(WEEKS_MS);
    app.eventually("the sale looks long over", async || {
        app.running.app.sale(sale.0).is_err()
    })
    .await;
    app.pass(-WEEKS_MS);
    app.eventually("the sale is there again", async || {
        app.running.app.sale(sale.0).is_ok()
    })
    .await;
}

/// By a clock that is some hours ahead the sale is over, and nobody needs its desk.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_made_while_the_clock_was_ahead_is_not_forgotten() {
    const AHEAD_MS: i64 = 3 * 24 * 60 * 60 * 1_000;
    let app = TestApp::start().await;
    let sale = app.open_sale(100).await;
    // Whoever is not refused yet has a ticket from then on.
    let mut crowd = gather(&app.database, 50).await;
    let shop_client = ShopClient::to(app.running.address);
    let first = crowd.remove(0);
    shop_client
        .outcome(
            &first,
            &shop_client.click_until_heard(&first, sale.0, "a").await,
        )
        .await;
    let version = || {
        app.running
            .app
            .catalog_version
            .load(std::sync::atomic::Ordering::Acquire)
    };
    let before = version();
    app.pass(AHEAD_MS);
    app.store()
        .pause_sale(sale, true, app.now())
        .await
        .expect("pause");
    app.eventually("the change is known", async || version() > before)
        .await;
    app.pass(-AHEAD_MS);
    for student in crowd {
        let outcome = shop_client
            .outcome(
                &student,
                &shop_client.click_until_heard(&student, sale.0, "a").await,
            )
            .await;
        if outcome["reason"] == json!("paused") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it goes on selling");
}
