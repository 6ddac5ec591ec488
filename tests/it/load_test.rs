//! `qiangke rush`: what it reports is what happened.

use clap::Parser;
use qiangke::{
    server::{
        commands::{Cli, Command},
        load_test::{LoadTestArgs, OutputKind, Report, Target, load_test},
    },
    types::ids::SaleId,
};
use std::{
    future::{pending, ready},
    time::Duration,
};
use support::app::TestApp;

fn args(flags: &[&str]) -> LoadTestArgs {
    match Cli::parse_from(["qiangke", "rush"].iter().chain(flags)).command {
        Command::Rush(args) => *args,
        _ => unreachable!("the command line says rush"),
    }
}

/// A load test with the shop `at`, whose students stand in the database of `app`.
async fn load_test_at(
    at: &TestApp,
    app: &TestApp,
    flags: &[&str],
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Report> {
    let target = Target::find(&at.url(""), false).await?;
    let clock = app.time.clock();
    load_test(
        app.store(),
        target,
        &args(flags),
        &clock,
        OutputKind::Silent,
        stop,
    )
    .await
}

async fn report(app: &TestApp, flags: &[&str]) -> Report {
    load_test_at(app, app, flags, pending())
        .await
        .expect("a report")
}

async fn refusal(at: &TestApp, app: &TestApp, flags: &[&str]) -> String {
    load_test_at(at, app, flags, pending())
        .await
        .map_or_else(|error| format!("{error:#}"), |_| panic!("it ran"))
}

/// How many seats of a sale the database says are taken.
async fn taken(app: &TestApp, sale: SaleId) -> u64 {
    app.database.owners(sale.0).await.len() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_test_reports_what_the_database_says() {
    let app = TestApp::start().await;
    let sale = app.open_sale(20).await;
    let report = report(&app, &["--sale", &sale.to_string(), "--students", "200"]).await;
    assert_eq!((report.sale, report.arrived, report.won), (sale, 200, 20));
    assert_eq!(
        report
            .lost
            .iter()
            .map(|(reason, count)| (reason.as_str(), *count))
            .collect::<Vec<_>>(),
        [("sold_out", 180)]
    );
    assert_eq!(
        (report.undecided, report.turned_away, report.errors.len()),
        (0, 0, 0),
        "{report}"
    );
    assert_eq!(
        (report.audit.as_slice(), report.interrupted),
        (&[] as &[String], false)
    );
    assert!(
        report.accepted >= 20 && report.accepted_per_s > 0.0 && report.orders_per_s > 0.0,
        "{report}"
    );
    let (click, settled) = (
        report.click_ms.expect("clicks"),
        report.settled_ms.expect("decided"),
    );
    assert!(
        click.p50 > 0.0 && click.p50 <= click.p99 && click.p99 <= click.max,
        "{report}"
    );
    assert!(settled.max >= click.p50, "{report}");
    assert_eq!(taken(&app, sale).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_load_test_brings_its_own_students_who_are_nobody() {
    let app = TestApp::start().await;
    let (one, other) = (app.open_sale(5).await, app.open_sale(5).await);
    for sale in [one, other] {
        let flags = [
            "--sale",
            &sale.to_string(),
            "--students",
            "10",
            "--profile",
            "emf",
            "--seconds",
            "1",
            "--clicks",
            "2",
        ];
        let report = report(&app, &flags).await;
        assert_eq!(
            (report.arrived, report.won, report.errors.len()),
            (10, 5, 0),
            "{report}"
        );
        assert_eq!(taken(&app, sale).await, 5);
    }
    let mobiles = app
        .database
        .numbers("select cast(mobile as bigint) from student order by 1")
        .await;
    assert_eq!(
        mobiles,
        (15_400_000_000..15_400_000_020).collect::<Vec<_>>()
    );
    let hour = app.now().plus(3_600_000).0;
    assert_eq!(
        app.database
            .numbers(&format!(
                "select count(*) from session where expires_at > {hour}"
            ))
            .await,
        [0],
        "for an hour only"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_refuses_for_a_while_is_reported_and_everybody_is_heard() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1_000).await;
    let named = sale.to_string();
    let held = async {
        let waits = || async { app.database.numbers("select count(*) from ticket").await != [0] };
        app.eventually("the rush has begun", waits).await;
        let other = app.database.hold().await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        other.release().await;
    };
    let flags = [
        "--sale",
        &named,
        "--students",
        "60",
        "--profile",
        "even",
        "--seconds",
        "3",
    ];
    let (report, ()) = tokio::join!(report(&app, &flags), held);
    assert!(
        report
            .errors
            .get("HTTP 503")
            .is_some_and(|count| *count > 0),
        "{report}"
    );
    assert_eq!(
        (
            report.won,
            report.turned_away,
            report.undecided,
            report.audit.len()
        ),
        (60, 0, 0, 0),
        "{report}"
    );
    assert!(
        report.click_ms.expect("clicks").max > 500.0,
        "the wait is part of the click: {report}"
    );
    assert_eq!(taken(&app, sale).await, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_test_that_is_stopped_reports_so_far() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await.to_string();
    let report = load_test_at(
        &app,
        &app,
        &["--sale", &sale, "--students", "10", "--profile", "even"],
        ready(()),
    )
    .await
    .expect("a report");
    assert!(
        report.interrupted && report.arrived < 10 && report.audit.is_empty(),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_test_asks_which_sale_and_which_database() {
    let (app, other) = (TestApp::start().await, TestApp::start().await);
    assert!(
        refusal(&app, &app, &[])
            .await
            .contains("make a sale for the test")
    );
    let (one, two) = (app.open_sale(5).await, app.open_sale(5).await);
    let several = refusal(&app, &app, &[]).await;
    assert!(
        several.contains(&format!("{one} (")) && several.contains(&format!("{two} (")),
        "{several}"
    );
    let students = "select count(*) from student";
    assert_eq!(app.database.numbers(students).await, [0], "nobody was made");
    assert!(
        refusal(&app, &app, &["--sale", "99"])
            .await
            .contains("no sale 99")
    );
    let foreign = refusal(
        &other,
        &app,
        &["--sale", &one.to_string(), "--students", "3"],
    )
    .await;
    assert!(foreign.contains("DATABASE_URL"), "{foreign}");
    assert_eq!(app.database.numbers(students).await, [1], "one to ask by");
}
