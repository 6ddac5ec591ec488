//! Several instances of one shop, sharing a Redis that comes and goes.

use crate::PROGRAM;
use qiangke::{
    server::{boot, config::Role},
    types::{
        ids::{OrderId, SaleId},
        sale::HOLD_S,
    },
};
use serde_json::json;
use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};
use support::{
    app::{NOON, TestApp},
    crowd::{ShopClient, Student, gather},
    database::TestDatabase,
    redis::RedisServer,
    rush::{SEATS, STUDENTS, rush_through, sold},
};

/// Seats of a sale that goes on long enough for something to happen in its middle.
const SEATS_IN_TROUBLE: i64 = 1_000;

/// How long a crowd and three development servers on two cores may take to the first seats: as long
/// as the crowd waits for an answer.
const RUSH_PATIENCE: Duration = Duration::from_secs(60);

/// Three instances, a crowd, and a sale of a hundred seats that all three know.
struct Chain {
    redis: RedisServer,
    shops: Vec<TestApp>,
    crowd: Vec<Student>,
    sale: i64,
}

impl Chain {
    async fn open() -> Self {
        Self::of(&[Role::Both, Role::Both], SEATS).await
    }

    /// A shop, and siblings in these roles.
    async fn of(siblings: &[Role], seats: i64) -> Self {
        let redis = RedisServer::start();
        let mut shops = vec![TestApp::start_shared(&redis).await];
        for role in siblings {
            shops.push(shops[0].sibling(*role).await);
        }
        let crowd = gather(&shops[0].database, STUDENTS).await;
        let sale = shops[0].open_sale(seats).await;
        for shop in &shops {
            shop.eventually("every instance knows the sale", async || {
                shop.running.app.sale(sale.0).is_ok()
            })
            .await;
        }
        Self {
            redis,
            shops,
            crowd,
            sale: sale.0,
        }
    }

    fn shop_clients(&self) -> Vec<ShopClient> {
        self.shops
            .iter()
            .map(|shop| ShopClient::to(shop.running.address))
            .collect()
    }

    /// The rush; after the first seats are sold, and long before the last, something happens to the
    /// Redis.
    async fn rush(&mut self, trouble: impl FnOnce(&mut RedisServer) + Send) -> usize {
        let shop_clients = self.shop_clients();
        let (shop, sale) = (&self.shops[0], self.sale);
        let trouble = async {
            let some_sold = async || shop.database.owners(sale).await.len() >= 10;
            shop.within(RUSH_PATIENCE, "the first seats are sold", some_sold)
                .await;
            let count = shop.database.owners(sale).await.len();
            tokio::task::block_in_place(|| trouble(&mut self.redis));
            count
        };
        let (heard, before) = tokio::join!(rush_through(&shop_clients, &self.crowd, sale), trouble);
        println!("{before} seats were sold before the trouble");
        sold(shop, sale, &heard).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_instances_sell_each_seat_once() {
    let mut chain = Chain::open().await;
    assert_eq!(
        chain.rush(|_| {}).await,
        100,
        "every seat is sold, none twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_without_a_worker_leave_the_work_to_one() {
    let redis = RedisServer::start();
    let web = TestApp::start_with(&["--redis-url", &redis.url(), "--no-worker"]).await;
    let crowd = gather(&web.database, 1).await;
    let (shop_client, sale) = (
        ShopClient::to(web.running.address),
        web.open_sale(2).await.0,
    );
    let ticket = shop_client
        .click(&crowd[0], sale, None)
        .await
        .expect("a ticket");
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(
        shop_client
            .poll(&crowd[0], &ticket)
            .await
            .expect("an answer")["code"],
        json!(102),
        "nobody works"
    );
    let lease = web.database.texts("select holder from lease").await;
    assert_eq!(lease, [""], "who does not work does not take the lease");
    let worker = web.sibling(Role::Worker).await;
    assert!(worker.running.app.lease.is_held());
    assert_eq!(
        shop_client.outcome(&crowd[0], &ticket).await["code"],
        json!(100)
    );
    assert_eq!(
        shop_client
            .client
            .get(worker.url("/"))
            .send()
            .await
            .expect("an answer")
            .status(),
        404,
        "a worker serves no shop"
    );
    assert_eq!(
        shop_client
            .client
            .get(worker.url("/readyz"))
            .send()
            .await
            .expect("an answer")
            .status(),
        200
    );
    web.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_emptied_in_the_rush_loses_nothing() {
    let mut chain = Chain::of(&[Role::Both, Role::Both], SEATS_IN_TROUBLE).await;
    assert_eq!(chain.rush(|redis| redis.command("FLUSHALL")).await, 1_000);
}

/// The ticket is between its token and its row when Redis forgets the token: nobody who counts the
/// desk anew can know of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_emptied_while_a_ticket_is_recorded_does_not_refuse_its_student() {
    let redis = RedisServer::start();
    let here = TestApp::start_with(&["--redis-url", &redis.url(), "--no-worker"]).await;
    let there = here.sibling(Role::Web).await;
    let crowd = gather(&here.database, 2).await;
    let sale = here.open_sale(1).await;
    let click = |shop: &TestApp, student: usize| {
        let (shop_client, student) = (ShopClient::to(shop.running.address), crowd[student].clone());
        tokio::spawn(async move { shop_client.click_until_heard(&student, sale.0, "key").await })
    };
    let tokens_are = async |count: i64| {
        let free = || redis.command::<Option<i64>>(&format!("HGET {{sale:{sale}}}:desk free"));
        here.eventually(&format!("{count} tokens are left"), async || {
            free() == Some(count)
        })
        .await;
    };
    tokens_are(1).await;
    there
        .eventually("the other instance saw the desk", async || {
            there.running.app.queue.left(sale) == Some(1)
        })
        .await;
    let holding = here.database.hold().await;
    let first = click(&here, 0);
    tokens_are(0).await;
    redis.command::<()>("FLUSHALL");
    tokens_are(1).await;
    let other = click(&there, 1);
    tokens_are(0).await;
    holding.release().await;
    let first = first.await.expect("a ticket");
    other.await.expect("a ticket");
    // The first student's second tab, at the other instance.
    let again = click(&there, 0).await.expect("a ticket");
    assert_eq!(again, first, "one student, one ticket");
    let _worker = here.sibling(Role::Worker).await;
    let outcome = ShopClient::to(there.running.address)
        .outcome(&crowd[0], &again)
        .await;
    here.database.decided().await;
    let owners = here.database.owners(sale.0).await;
    assert_eq!(owners.len(), 1, "the seat is sold");
    assert_eq!(
        outcome["code"] == json!(100),
        owners == [crowd[0].id],
        "{outcome}"
    );
    here.assert_audit().await;
}

/// One instance has lost its way to Redis, the other has not: the desk there does not hear of
/// tickets that are recorded here.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_redis_did_not_hear_of_is_its_student_s_at_every_instance() {
    let (redis, mut other_redis) = (RedisServer::start(), RedisServer::start());
    let here = TestApp::start_with(&["--redis-url", &redis.url(), "--no-worker"]).await;
    let there = here.sibling_apart(Role::Web, &other_redis).await;
    other_redis.stop();
    let crowd = gather(&here.database, 4).await;
    let sale = here.open_sale(2).await;
    there
        .eventually("both know the sale", async || {
            there.running.app.sale(sale.0).is_ok()
        })
        .await;
    here.eventually("the desk stands", async || {
        here.running.app.queue.left(sale) == Some(2)
    })
    .await;
    let [here_client, there_client] =
        [&here, &there].map(|shop| ShopClient::to(shop.running.address));
    let click = async |shop_client: &ShopClient, student: usize| {
        // Tickets are settled in the order of their moments.
        here.pass(1);
        shop_client
            .click_until_heard(&crowd[student], sale.0, "key")
            .await
    };
    let reason = async |student: usize| {
        let ticket = click(&here_client, student).await;
        here_client.outcome(&crowd[student], &ticket).await["reason"].clone()
    };
    let unheard = click(&there_client, 0).await;
    let others = [click(&here_client, 1).await, click(&here_client, 2).await];
    let holds = redis.command::<i64>(&format!("HEXISTS {{sale:{sale}}}:holders {}", crowd[0].id));
    assert_eq!(holds, 0, "the desk did not hear of it");
    assert_eq!(
        click(&here_client, 0).await,
        unheard,
        "no token is left, and the ticket is theirs all the same"
    );
    assert_eq!(reason(3).await, json!("sold_out"));
    assert!(!is_final(&redis, sale), "a seat is unsold");
    here.pass(3_600_000);
    assert_eq!(
        click(&here_client, 0).await,
        unheard,
        "the window has closed, and the ticket is theirs all the same"
    );
    assert_eq!(reason(3).await, json!("closed"));
    let _worker = here.sibling(Role::Worker).await;
    assert_eq!(
        here_client.outcome(&crowd[0], &unheard).await["code"],
        json!(100)
    );
    assert_eq!(
        here_client.outcome(&crowd[2], &others[1]).await["reason"],
        json!("sold_out")
    );
    here.assert_audit().await;
}

/// Whether what a sale's desk refuses is refused without a look into the database.
fn is_final(redis: &RedisServer, sale: SaleId) -> bool {
    let (epoch, last) = redis.command::<(Option<String>, Option<String>)>(&format!(
        "HMGET {{sale:{sale}}}:desk epoch final"
    ));
    epoch.is_some() && epoch == last
}

#[tokio::test(flavor = "multi_thread")]
async fn once_every_seat_is_sold_refusals_cost_no_statement_until_there_are_more() {
    let redis = RedisServer::start();
    let shop = TestApp::start_shared(&redis).await;
    let crowd = gather(&shop.database, 2).await;
    let (shop_client, sale) = (
        ShopClient::to(shop.running.address),
        shop.open_sale(1).await,
    );
    let outcome = async |student: usize| {
        let ticket = shop_client
            .click_until_heard(&crowd[student], sale.0, "key")
            .await;
        shop_client.outcome(&crowd[student], &ticket).await
    };
    assert_eq!(outcome(0).await["code"], json!(100));
    let is_refused = async || outcome(1).await["reason"] == json!("sold_out");
    shop.eventually("the first refusals made the desk final", async || {
        is_refused().await && is_final(&redis, sale)
    })
    .await;
    // A statement that looks for a ticket would fail now.
    shop.database
        .execute("alter table ticket rename to ticket_away")
        .await;
    assert!(is_refused().await);
    shop.database
        .execute("alter table ticket_away rename to ticket")
        .await;
    shop.store()
        .restock_sale(sale, 1, shop.now())
        .await
        .expect("restock");
    shop.eventually("there are more seats", async || !is_final(&redis, sale))
        .await;
    assert_eq!(outcome(1).await["code"], json!(100));
    shop.assert_audit().await;
}

/// As from a disk that is a second behind, or from a replica: the desk of before the restock, on
/// which all is sold for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_back_with_an_older_desk_is_not_believed() {
    let chain = Chain::of(&[Role::Both], 3).await;
    let (sale, prefix) = (SaleId(chain.sale), format!("{{sale:{}}}:", chain.sale));
    let shop_clients = chain.shop_clients();
    let click = async |instance: usize, student: usize| {
        let (shop_client, student) = (&shop_clients[instance], &chain.crowd[student]);
        let ticket = shop_client
            .click_until_heard(student, chain.sale, "key")
            .await;
        let outcome = shop_client.outcome(student, &ticket).await;
        (ticket, outcome)
    };
    for student in 0..3 {
        assert_eq!(click(0, student).await.1["code"], json!(100));
    }
    let shop = &chain.shops[0];
    shop.eventually("the desk is final", async || {
        click(0, 9).await.1["reason"] == json!("sold_out") && is_final(&chain.redis, sale)
    })
    .await;
    let older = chain.redis.dump(&prefix);
    shop.store()
        .restock_sale(sale, 5, shop.now())
        .await
        .expect("restock");
    for shop in &chain.shops {
        shop.eventually("there are more seats", async || {
            shop.running.app.queue.left(sale) == Some(5)
        })
        .await;
    }
    let (ticket, outcome) = click(0, 3).await;
    assert_eq!(outcome["seat"], json!(4));

    chain.redis.restore(&prefix, &older);
    let fresh = shop.sibling(Role::Both).await;
    assert_eq!(
        click(0, 3).await.0,
        ticket,
        "the same click, the same ticket"
    );
    chain.redis.restore(&prefix, &older);
    assert_eq!(
        click(1, 3).await.0,
        ticket,
        "at an instance that was not asked before"
    );
    assert_eq!(
        click(1, 4).await.1["code"],
        json!(100),
        "a free seat is sold"
    );
    chain.redis.restore(&prefix, &older);
    let shop_client = ShopClient::to(fresh.running.address);
    let late = shop_client
        .click_until_heard(&chain.crowd[5], chain.sale, "key")
        .await;
    assert_eq!(
        shop_client.outcome(&chain.crowd[5], &late).await["code"],
        json!(100),
        "at an instance that has just started"
    );
    chain.redis.restore(&prefix, &older);
    // Nobody clicks: it is noticed all the same.
    shop.eventually("the desk is counted anew", async || {
        !is_final(&chain.redis, sale)
    })
    .await;
    for shop in &chain.shops {
        shop.eventually("the seats that are left", async || {
            shop.running.app.queue.left(sale) == Some(2)
        })
        .await;
    }
    shop.assert_audit().await;
}

/// Desks that other instances put there are newer, and not taken for older ones.
#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_another_instance_counted_is_believed() {
    let chain = Chain::of(&[Role::Both, Role::Both], SEATS).await;
    let shop = &chain.shops[0];
    for number in 0..20 {
        // Each instance counts the desk anew, and each meets those of the others.
        shop.store()
            .pause_sale(SaleId(chain.sale), number % 2 == 0, NOON)
            .await
            .expect("pause");
        let shop_client = ShopClient::to(chain.shops[number % 3].running.address);
        shop_client
            .click_until_heard(&chain.crowd[number], chain.sale, "key")
            .await;
    }
    shop.database.decided().await;
    let epoch: String = chain
        .redis
        .command(&format!("HGET {{sale:{}}}:desk epoch", chain.sale));
    let number: i64 = epoch
        .split_once('-')
        .and_then(|(number, _)| number.parse().ok())
        .expect("a number");
    let noted = async || {
        shop.database
            .numbers(&format!(
                "select epoch from desk where sale_id = {}",
                chain.sale
            ))
            .await
    };
    shop.eventually("the database knows the last one", async || {
        noted().await >= vec![number]
    })
    .await;
    let metrics = format!("http://{}/metrics", shop.running.metrics_address);
    let counted = reqwest::get(metrics)
        .await
        .expect("metrics")
        .text()
        .await
        .expect("text");
    assert!(
        !counted.contains("qiangke_desks_lost_total"),
        "none was lost"
    );
    shop.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_s_seat_is_clicked_again_at_every_instance() {
    let chain = Chain::of(&[Role::Both], 2).await;
    let (sale, shop_clients) = (SaleId(chain.sale), chain.shop_clients());
    let outcome = async |instance: usize, student: usize| {
        let (shop_client, student) = (&shop_clients[instance], &chain.crowd[student]);
        shop_client
            .outcome(
                student,
                &shop_client
                    .click_until_heard(student, chain.sale, "key")
                    .await,
            )
            .await
    };
    for student in 0..2 {
        assert_eq!(outcome(0, student).await["code"], json!(100));
    }
    let shop = &chain.shops[0];
    for instance in 0..2 {
        let refused = async || {
            outcome(instance, 9).await["reason"] == json!("sold_out")
                && is_final(&chain.redis, sale)
        };
        shop.eventually("the desk is final", refused).await;
    }
    let orders = shop
        .database
        .numbers("select id from orders order by seat")
        .await;
    for (instance, order) in orders.into_iter().enumerate() {
        shop.store()
            .cancel_order(OrderId(order), "asked for", shop.now())
            .await
            .expect("cancel");
        let since = Instant::now();
        // A refusal is of its own click: the next one is another.
        let (shop_client, student) = (&shop_clients[instance], &chain.crowd[20 + instance]);
        while shop_client
            .outcome(
                student,
                &shop_client
                    .click_until_heard(student, chain.sale, "key")
                    .await,
            )
            .await["code"]
            != json!(100)
        {
            assert!(
                since.elapsed() < Duration::from_secs(2),
                "the seat is not free at instance {instance}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    assert_eq!(
        shop.database
            .numbers("select seat from orders where ended_at is null order by seat")
            .await,
        [1, 2]
    );
    shop.assert_audit().await;
}

/// The instance that ends a hold is not the one that its seat is clicked at next.
#[tokio::test(flavor = "multi_thread")]
async fn the_seat_of_a_hold_that_lapsed_is_clicked_at_another_instance_within_two_seconds() {
    let chain = Chain::of(&[Role::Both], 1).await;
    let (shop, sale, shop_clients) = (&chain.shops[0], chain.sale, chain.shop_clients());
    let outcome = async |instance: usize, student: usize| {
        let (client, student) = (&shop_clients[instance], &chain.crowd[student]);
        let ticket = client.click_until_heard(student, sale, "key").await;
        client.outcome(student, &ticket).await
    };
    assert_eq!(outcome(0, 0).await["code"], json!(100));
    assert!(chain.shops[0].running.app.lease.is_held());
    shop.eventually("the desk is final at the other one", async || {
        outcome(1, 9).await["reason"] == json!("sold_out") && is_final(&chain.redis, SaleId(sale))
    })
    .await;
    shop.pass(HOLD_S * 1_000);
    shop.eventually("the hold has ended", async || {
        let left = format!("select remaining from sale where id = {sale}");
        shop.database.numbers(&left).await == [1]
    })
    .await;
    let since = Instant::now();
    while outcome(1, 20).await["code"] != json!(100) {
        assert!(
            since.elapsed() < Duration::from_secs(2),
            "the seat is not free at the other instance"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    shop.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_for_five_seconds_loses_nothing() {
    let mut chain = Chain::of(&[Role::Both, Role::Both], SEATS_IN_TROUBLE).await;
    let away = |redis: &mut RedisServer| {
        redis.stop();
        std::thread::sleep(Duration::from_secs(5));
        redis.resume();
    };
    assert_eq!(chain.rush(away).await, 1_000);
    // Back again, it admits by the database: nothing is left.
    let late = &chain.crowd[0..50];
    let heard = rush_through(&chain.shop_clients(), late, chain.sale).await;
    assert_eq!(sold(&chain.shops[0], chain.sale, &heard).await, 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_stands_still_loses_nothing() {
    let mut chain = Chain::of(&[Role::Both, Role::Both], SEATS_IN_TROUBLE).await;
    assert_eq!(
        chain
            .rush(|redis| redis.command("CLIENT PAUSE 3000 ALL"))
            .await,
        1_000
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_click_is_answered_within_a_second() {
    let mut chain = Chain::of(&[], SEATS).await;
    chain.redis.stop();
    let shop_client = ShopClient::to(chain.shops[0].running.address);
    for student in &chain.crowd[0..20] {
        let since = Instant::now();
        let ticket = shop_client
            .click(student, chain.sale, None)
            .await
            .expect("a ticket");
        assert!(
            since.elapsed() < Duration::from_secs(1),
            "{:?}",
            since.elapsed()
        );
        assert_eq!(
            shop_client.outcome(student, &ticket).await["code"],
            json!(100)
        );
    }
    chain.shops[0].assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_worker_heard_is_another_s_to_settle() {
    let redis = RedisServer::start();
    redis.command::<()>("XGROUP CREATE bell workers 0 MKSTREAM");
    let web = TestApp::start_with(&["--redis-url", &redis.url(), "--no-worker"]).await;
    let crowd = gather(&web.database, 1).await;
    let (shop_client, sale) = (
        ShopClient::to(web.running.address),
        web.open_sale(2).await.0,
    );
    let ticket = shop_client
        .click(&crowd[0], sale, None)
        .await
        .expect("a ticket");
    web.eventually("the bell rang", async || {
        redis.command::<i64>("XLEN bell") == 1
    })
    .await;
    // A worker that takes the entry, and is never heard of again.
    let taken = format!(
        "{:?}",
        redis.command::<redis::Value>("XREADGROUP GROUP workers dead COUNT 100 STREAMS bell >")
    );
    assert!(taken.contains("sale"), "{taken}");
    let pending = || {
        redis
            .command::<(i64, redis::Value, redis::Value, redis::Value)>("XPENDING bell workers")
            .0
    };
    assert_eq!(pending(), 1);
    let _worker = web.sibling(Role::Worker).await;
    web.eventually("another answers for it", async || pending() == 0)
        .await;
    assert_eq!(
        shop_client.outcome(&crowd[0], &ticket).await["code"],
        json!(100)
    );
    web.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_version_that_is_not_known_is_parked() {
    let chain = Chain::of(&[], SEATS).await;
    chain
        .redis
        .command::<()>("XADD bell * v 2 sales 1,2,3 why later");
    let parked = || chain.redis.command::<i64>("XLEN bell:parked");
    chain.shops[0]
        .eventually("it is parked", async || parked() == 1)
        .await;
    let text = format!(
        "{:?}",
        chain
            .redis
            .command::<redis::Value>("XRANGE bell:parked - +")
    );
    assert!(
        text.contains("1,2,3") && text.contains("later"),
        "with all that it says: {text}"
    );
    let shop_client = ShopClient::to(chain.shops[0].running.address);
    let ticket = shop_client
        .click(&chain.crowd[0], chain.sale, None)
        .await
        .expect("a ticket");
    assert_eq!(
        shop_client.outcome(&chain.crowd[0], &ticket).await["code"],
        json!(100),
        "the bell rings on"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_a_killed_instance_took_come_back() {
    let chain = Chain::of(&[], SEATS).await;
    let app = &chain.shops[0].running.app;
    let key = |what: &str| format!("{{sale:{}}}:{what}", chain.sale);
    chain.shops[0]
        .eventually("the desk stands", async || {
            app.queue.left(SaleId(chain.sale)) == Some(100)
        })
        .await;
    let free = || {
        chain
            .redis
            .command::<i64>(&format!("HGET {} free", key("desk")))
    };
    let shop_client = ShopClient::to(chain.shops[0].running.address);
    // A repair may come between the loss and the click, then the click wins: the loss is tried
    // again.
    let mut won: usize = 0;
    loop {
        // As an instance leaves it that took tokens for all seats and died before its commit.
        chain
            .redis
            .command::<()>(&format!("HSET {} free 0", key("desk")));
        let ticket = shop_client
            .click(&chain.crowd[won], chain.sale, None)
            .await
            .expect("a ticket");
        if shop_client.outcome(&chain.crowd[won], &ticket).await["reason"] == json!("sold_out") {
            break;
        }
        won += 1;
        assert!(won < 10, "the test must see the lack");
    }
    chain.shops[0]
        .eventually("the desk is repaired", async || {
            free() == SEATS - won as i64
        })
        .await;
    let ticket = shop_client
        .click(&chain.crowd[20], chain.sale, None)
        .await
        .expect("a ticket");
    assert_eq!(
        shop_client.outcome(&chain.crowd[20], &ticket).await["code"],
        json!(100)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_s_clicks_are_limited_over_all_instances() {
    let chain = Chain::open().await;
    let student = qiangke::types::ids::StudentId(7);
    let mut admitted = 0;
    for number in 0..90 {
        admitted += usize::from(
            chain.shops[number % 3]
                .running
                .app
                .limit_clicks(student)
                .await
                .is_ok(),
        );
    }
    assert!(
        (20..40).contains(&admitted),
        "20 in a burst and 10 a second, whichever instance hears them: {admitted}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_each_instance_limits_at_its_share() {
    let mut chain = Chain::open().await;
    // Each has heard of the others.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    chain.redis.stop();
    let student = qiangke::types::ids::StudentId(7);
    let mut admitted = 0;
    for number in 0..90 {
        admitted += usize::from(
            chain.shops[number % 3]
                .running
                .app
                .limit_clicks(student)
                .await
                .is_ok(),
        );
    }
    assert!(
        (3..40).contains(&admitted),
        "together about the limit, never nothing: {admitted}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedules_are_taken_over_within_ten_seconds() {
    let chain = Chain::open().await;
    let holders = || {
        chain
            .shops
            .iter()
            .filter(|shop| shop.running.app.lease.is_held())
            .count()
    };
    assert_eq!(holders(), 1);
    // The database forgets who holds it, as when the holder is gone without a word: its beat stands
    // still under another's name.
    chain.shops[0]
        .database
        .execute("update lease set holder = 'gone', beat = beat + 1")
        .await;
    let since = Instant::now();
    chain.shops[0]
        .eventually("the old holder steps back", async || holders() == 0)
        .await;
    chain.shops[0]
        .eventually("another takes it", async || holders() == 1)
        .await;
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(holders(), 1, "and keeps it alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_in_order_gives_the_schedules_back() {
    let mut chain = Chain::open().await;
    assert!(chain.shops[0].running.app.lease.is_held());
    chain.shops.remove(0).running.stop().await.expect("stop");
    let since = Instant::now();
    let shop = &chain.shops[0];
    shop.eventually("another takes it", async || {
        chain
            .shops
            .iter()
            .any(|shop| shop.running.app.lease.is_held())
    })
    .await;
    assert!(
        since.elapsed() < Duration::from_secs(4),
        "{:?}",
        since.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_reaches_every_instance_within_a_second() {
    let chain = Chain::open().await;
    chain.shops[0]
        .store()
        .pause_sale(SaleId(chain.sale), true, NOON)
        .await
        .expect("pause");
    tokio::time::sleep(Duration::from_secs(1)).await;
    for (shop_client, student) in chain.shop_clients().iter().zip(&chain.crowd) {
        let ticket = shop_client
            .click(student, chain.sale, None)
            .await
            .expect("a ticket");
        assert_eq!(
            shop_client.outcome(student, &ticket).await["reason"],
            json!("paused")
        );
    }
    assert_eq!(chain.shops[0].database.undecided().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_can_t_be_relied_on_ends_the_start_in_one_line() {
    let file = TestDatabase::file(std::path::Path::new("/nowhere/shop.db"));
    let evicting =
        RedisServer::start_with(&["--maxmemory", "10mb", "--maxmemory-policy", "allkeys-lru"]);
    let locked = RedisServer::start_with(&["--requirepass", "right"]);
    let with_password = locked.url().replace("redis://", "redis://:hunter2@");
    for (url, says) in [
        (evicting.url(), "noeviction"),
        (old_redis(), "runs Redis 6.0.16, and 6.2 or later is needed"),
        (locked.url(), "password"),
        (with_password, "password"),
        ("redis://127.0.0.1:1/0".to_owned(), "can't be reached"),
        ("redis//:hunter2@nowhere".to_owned(), "can't be read"),
    ] {
        let config = support::setup::config(
            std::path::Path::new("/nowhere"),
            &file,
            &["--redis-url", &url],
        );
        let error = format!("{:#}", boot::check_redis(&config).await.expect_err(says));
        assert!(
            error.starts_with("REDIS_URL") && error.contains(says),
            "{error}"
        );
        assert!(
            !error.contains("hunter2") && !error.contains('\n'),
            "{error}"
        );
        let pair = boot::check_pair(&config, Role::Both)
            .expect_err("a file and Redis")
            .to_string();
        assert!(
            pair.starts_with("REDIS_URL") && !pair.contains('\n'),
            "{pair}"
        );
    }
}

/// What passes for a Redis that is too old: it answers as one, and knows nothing else.
fn old_redis() -> String {
    const INFO: &str = "redis_version:6.0.16\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n";
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("redis://{}/0", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut heard = [0; 4_096];
        while let Ok(length @ 1..) = stream.read(&mut heard) {
            let text = String::from_utf8_lossy(&heard[..length]).into_owned();
            let commands = text.matches('*').count();
            let answer = if text.contains("INFO\r\n") && !text.contains("SETINFO") {
                format!("${}\r\n{INFO}\r\n", INFO.len())
            } else {
                "+OK\r\n".repeat(commands)
            };
            stream.write_all(answer.as_bytes()).expect("an answer");
        }
    });
    url
}

/// The program itself says one line, and ends as what failed.
#[test]
fn the_program_refuses_settings_that_do_not_fit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = format!("sqlite://{}", folder.path().join("shop.db").display());
    for (arguments, says) in [
        (
            ["serve", "--redis-url", "redis://:hunter2@127.0.0.1:1/0"].as_slice(),
            "REDIS_URL",
        ),
        (["serve", "--no-worker"].as_slice(), "REDIS_URL"),
        (["work"].as_slice(), "REDIS_URL"),
    ] {
        let program = PROGRAM
            .command()
            .args(arguments)
            .args(["--log", "off", "--database-url", &database])
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&program.stderr);
        assert!(
            !program.status.success() && said.contains(says),
            "{arguments:?}: {said}"
        );
        assert!(
            said.trim_end().lines().count() == 1 && !said.contains("hunter2"),
            "{arguments:?}: {said}"
        );
    }
}
