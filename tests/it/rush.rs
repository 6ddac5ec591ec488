//! Two thousand students, a hundred seats.

use crate::{
    app::TestApp,
    crowd::{ShopClient, Student, gather},
};
use std::collections::{HashMap, HashSet};
use tokio::task::JoinSet;

pub const STUDENTS: i64 = 2_000;
pub const SEATS: i64 = 100;

/// Each student clicks one to three times at once, with the same key or new ones, and polls each
/// ticket to its end.
pub async fn rush(
    shop_client: &ShopClient,
    crowd: &[Student],
    sale: i64,
) -> HashMap<i64, Vec<(String, u64)>> {
    rush_through(std::slice::from_ref(shop_client), crowd, sale).await
}

/// The same with several ways to the shop: a click takes one, its polls the next.
pub async fn rush_through(
    shop_clients: &[ShopClient],
    crowd: &[Student],
    sale: i64,
) -> HashMap<i64, Vec<(String, u64)>> {
    let mut clicks = JoinSet::new();
    for (number, student) in crowd.iter().enumerate() {
        for click in 0..=number % 3 {
            let way = |number: usize| shop_clients[number % shop_clients.len()].clone();
            let (there, back, student) = (
                way(number + click),
                way(number + click + 1),
                student.clone(),
            );
            let key = if number % 2 == 0 {
                "same".to_owned()
            } else {
                format!("key-{click}")
            };
            clicks.spawn(async move {
                let ticket = there.click_until_heard(&student, sale, &key).await;
                let outcome = back.outcome(&student, &ticket).await;
                (student.id, ticket, outcome["code"].as_u64().expect("code"))
            });
        }
    }
    let mut heard: HashMap<i64, Vec<(String, u64)>> = HashMap::new();
    while let Some(done) = clicks.join_next().await {
        let (student, ticket, code) = done.expect("no panic");
        heard.entry(student).or_default().push((ticket, code));
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_sells_each_seat_once() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, STUDENTS).await;
    let sale = app.open_sale(SEATS).await.0;
    let heard = rush(&ShopClient::to(app.running.address), &crowd, sale).await;
    assert_eq!(
        sold(&app, sale, &heard).await,
        100,
        "every seat is sold, none twice"
    );
}

/// How many seats are sold; asserts that the database holds together, and that everybody was told
/// what it says.
pub async fn sold(app: &TestApp, sale: i64, heard: &HashMap<i64, Vec<(String, u64)>>) -> usize {
    let owners = app.database.owners(sale).await;
    assert_eq!(
        owners.iter().collect::<HashSet<_>>().len(),
        owners.len(),
        "no student has two"
    );
    for (student, outcomes) in heard {
        let won: HashSet<_> = outcomes
            .iter()
            .filter(|(_, code)| *code == 100)
            .map(|(ticket, _)| ticket)
            .collect();
        assert_eq!(
            won.len(),
            usize::from(owners.contains(student)),
            "what student {student} was told is what the database says"
        );
    }
    assert_eq!(app.database.undecided().await, 0);
    app.assert_audit().await;
    owners.len()
}

/// Students of the negative controls: each gets a seat that the database says is there.
const TOO_MANY: i64 = 3 * SEATS;

/// The invariants that the audit finds broken.
async fn broken(app: &TestApp) -> Vec<&'static str> {
    let findings = app.store().audit().await.expect("audit");
    findings
        .into_iter()
        .map(|finding| finding.invariant)
        .collect()
}

/// The rush above can fail: with a stock that was raised behind the shop's back it sells seats that
/// are not there, and the audit sees it.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_forged_stock_a_rush_oversells() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, TOO_MANY).await;
    let sale = app.open_sale(SEATS).await.0;
    app.database.set_seats(sale, TOO_MANY, TOO_MANY).await;
    rush(&ShopClient::to(app.running.address), &crowd, sale).await;
    assert_eq!(
        app.database.owners(sale).await.len(),
        usize::try_from(TOO_MANY).expect("a count"),
        "everybody has a seat"
    );
    assert_eq!(
        broken(&app).await,
        ["G2 the ledger adds up to the stock"],
        "nothing else gives the forged stock away"
    );
    app.database.set_seats(sale, SEATS, 0).await;
    assert_eq!(
        broken(&app).await,
        [
            "G1 never oversold: live orders <= stock",
            "G2 conservation: stock = remaining + live orders",
            "a seat's number is within the stock, and given once"
        ],
        "the true stock shows the oversell"
    );
}

/// Where only the count of unsold seats was raised, admission lets too many in, and settlement still
/// gives no seat twice.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_forged_remainder_a_rush_sells_each_seat_once() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, TOO_MANY).await;
    let sale = app.open_sale(SEATS).await.0;
    app.database.set_seats(sale, SEATS, TOO_MANY).await;
    rush(&ShopClient::to(app.running.address), &crowd, sale).await;
    assert_eq!(
        app.database.owners(sale).await.len(),
        usize::try_from(SEATS).expect("a count")
    );
    let broken = broken(&app).await;
    assert!(
        broken.contains(&"G2 conservation: stock = remaining + live orders"),
        "{broken:?}"
    );
    assert!(
        !broken.iter().any(|invariant| invariant.starts_with("G1")),
        "{broken:?}"
    );
}
