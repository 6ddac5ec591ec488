//! Two thousand students, a hundred seats.

use qiangke::server::store::{Guard, InjectedFaults};
use support::{
    app::TestApp,
    crowd::{ShopClient, gather},
    rush::{SEATS, STUDENTS, rush, sold},
};

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

/// The test above can fail: without admission, condition and constraint the same rush oversells,
/// and the audit sees it.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_guards_a_rush_oversells() {
    let faults = InjectedFaults {
        admission_lifted: true,
        guard: Guard::Off,
        ..InjectedFaults::default()
    };
    let app = TestApp::build(&[], faults, async |_, database| database.lift_floor().await).await;
    let crowd = gather(&app.database, 300).await;
    let sale = app.open_sale(SEATS).await.0;
    rush(&ShopClient::to(app.running.address), &crowd, sale).await;
    assert!(
        app.database.owners(sale).await.len() > 100,
        "it must oversell"
    );
    let broken: Vec<_> = app
        .store()
        .audit()
        .await
        .expect("audit")
        .into_iter()
        .map(|finding| finding.invariant)
        .collect();
    assert!(
        broken.iter().any(|invariant| invariant.starts_with("G1")),
        "the audit must see it: {broken:?}"
    );
}
