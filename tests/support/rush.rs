//! A rush: everybody clicks at once, and polls to the end.

use crate::{
    app::TestApp,
    crowd::{ShopClient, Student},
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
