//! What is about PostgreSQL only: several servers of one database, a role with few rights, settings
//! that can't work, and a database that dies in the middle of a rush.

use crate::PROGRAM;
use qiangke::{
    server::{
        boot,
        store::{
            ClaimedJob, CodeAsked, JobKind, Landed, NewCode, NewSale, NewTicket, SmsStanding,
            SmsUse, Store,
        },
    },
    types::{
        account::Mobile,
        ids::{CourseId, StudentId, TicketId},
        money::Fen,
        sale::HOLD_S,
        time::Millis,
    },
};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use std::{
    collections::HashSet,
    process::{Command, Output},
    time::{Duration, Instant},
};
use support::{
    app::TestApp,
    crowd::{ShopClient, gather},
    database::{TestDatabase, sms_code},
    http::client,
    postgres::PostgresServer,
    redis::RedisServer,
    rush::rush,
    setup::{fill, prepare},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// An empty database, and the folder that it has its name from.
async fn empty() -> (TempDir, TestDatabase) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::new(folder.path()).await;
    (folder, database)
}

async fn open(database: &TestDatabase) -> Store {
    boot::open_store(&database.url).await.expect("open")
}

fn qiangke(name: &str, url: &str) -> Command {
    let mut command = PROGRAM.command();
    command.arg(name).env("DATABASE_URL", url);
    command
}

/// The line that a command ends with, of which nothing may be secret.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines.len() == 1 && lines[0].starts_with("qiangke: "),
        "one clear line: {said}"
    );
    lines[0].to_owned()
}

/// The same URL for somebody else.
fn url_of(database: &TestDatabase, role: &str, password: &str) -> String {
    let (_, place) = database.url.split_once('@').expect("a URL with a password");
    format!("postgres://{role}:{password}@{place}")
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_may_start_three_times_at_once() {
    let (_folder, database) = empty().await;
    let start = || {
        qiangke("migrate", &database.url)
            .spawn()
            .expect("it starts")
    };
    for mut migration in [start(), start(), start()] {
        assert!(migration.wait().expect("it ends").success());
    }
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"))
        .expect("the migrations")
        .count();
    assert_eq!(
        database
            .numbers("select count(*) from _sqlx_migrations where success")
            .await,
        [files as i64]
    );
    assert_eq!(
        database.numbers("select count(*) from signer_key").await,
        [1]
    );
    boot::open_migrated(&database.url)
        .await
        .expect("the tables are whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_only_read_and_write_rows_is_enough() {
    let (_folder, database) = empty().await;
    let role = format!("shop_{}", std::process::id());
    database.execute(&format!("create role {role} login password 'for-tests'; revoke create on schema public from public")).await;
    let url = url_of(&database, &role, "for-tests");

    let early = refusal(&qiangke("migrate", &url).output().expect("it runs"));
    assert!(
        early.contains("permission denied for schema public") && early.contains("owner"),
        "{early}"
    );
    fill(&database).await;
    let unread = refusal(&qiangke("audit", &url).output().expect("it runs"));
    assert!(
        unread.contains("permission denied for table _sqlx_migrations"),
        "{unread}"
    );
    database
        .execute(&format!(
            "grant select on all tables in schema public to {role}"
        ))
        .await;
    let closed = refusal(&qiangke("audit", &url).output().expect("it runs"));
    assert!(closed.contains("the table banner"), "{closed}");

    database
        .execute(&format!(
            "grant select, insert, update, delete on all tables in schema public to {role};
             grant usage, update on all sequences in schema public to {role}"
        ))
        .await;
    let own = TestDatabase::at(&url);
    fill(&own).await;
    let app = TestApp::with(&own).await;
    let sale = app.open_sale(1).await;
    let student = app.student("13800000001").await;
    assert_eq!(
        student.outcome(&student.click(sale).await).await["code"],
        100
    );
    let banner = app
        .store()
        .add_banner("t", "banner/rush.png", "/", "i", app.now())
        .await
        .expect("a banner");
    assert_eq!(banner.0, 4, "behind those of the import");
    app.assert_audit().await;
}

/// `deploy/postgres-roles.sh`, run as the owner before there are tables, as a container does, and
/// again later.
fn make_roles(database: &TestDatabase, role: &str) {
    let mut parts = database
        .url
        .trim_start_matches("postgres://")
        .split([':', '@', '/']);
    let mut next = || parts.next().expect("a part of the URL");
    let (user, password, host, port, database) = (next(), next(), next(), next(), next());
    let made = Command::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/deploy/postgres-roles.sh"
    ))
    .envs([
        ("PGHOST", host),
        ("PGPORT", port),
        ("PGPASSWORD", password),
        ("POSTGRES_USER", user),
        ("POSTGRES_DB", database),
    ])
    .envs([("SHOP_ROLE", role), ("SHOP_PASSWORD", "it's for-tests")])
    .output()
    .expect("sh");
    assert!(made.status.success(), "{made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_shipped_roles_the_owner_migrates_and_the_shop_serves() {
    let (_folder, database) = empty().await;
    let role = format!("served_{}", std::process::id());
    make_roles(&database, &role);
    fill(&database).await;
    let own = TestDatabase::at(&url_of(&database, &role, "it%27s%20for-tests"));
    let app = TestApp::with(&own).await;
    let sale = app.open_sale(1).await;
    let student = app.student("13800000001").await;
    assert_eq!(
        student.outcome(&student.click(sale).await).await["code"],
        100
    );
    app.assert_audit().await;

    // An upgrade: the shop may use what the owner makes, and makes nothing.
    database
        .execute("create table later (id bigint generated by default as identity primary key)")
        .await;
    own.execute("insert into later default values; delete from later")
        .await;
    for sql in [
        "create table own (id int)",
        "drop table later",
        "alter table ticket add column x int",
        "truncate ticket",
    ] {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut own.postgres().await)
            .await;
        assert!(refused.is_err(), "{sql}");
    }
    make_roles(&database, &role);
    let early = refusal(
        &qiangke("migrate", &format!("{}x", own.url))
            .output()
            .expect("it runs"),
    );
    assert!(!early.contains("for-tests"), "{early}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_work_end_in_one_clear_line() {
    let (_folder, database) = empty().await;
    let audit = |url: &str| {
        let line = refusal(&qiangke("audit", url).output().expect("it runs"));
        for secret in [
            "top-secret",
            database.url.split([':', '@']).nth(2).expect("a password"),
        ] {
            assert!(!line.contains(secret), "{line}");
        }
        line
    };
    let place = database
        .url
        .split(['@', '/'])
        .nth(3)
        .expect("a place")
        .to_owned();
    let on = |who: &str, place: &str, rest: &str| format!("postgres://{who}@{place}/{rest}");
    for (url, words) in [
        (
            url_of(&database, "postgres", "top-secret"),
            vec!["does not let postgres in", "check user and password"],
        ),
        (
            on("nobody:top-secret", &place, "postgres"),
            vec!["does not let nobody in"],
        ),
        (
            on("shop:top-secret", "127.0.0.1:1", "shop"),
            vec![
                "PostgreSQL at 127.0.0.1:1 can't be reached",
                "Connection refused",
            ],
        ),
        (
            on("shop:top-secret", "db.invalid", "shop"),
            vec!["PostgreSQL at db.invalid:5432 can't be reached"],
        ),
        (
            on("shop:top#secret", &place, "shop"),
            vec!["DATABASE_URL can't be read", "percent-encoded"],
        ),
        (on("shop:top-secret", &place, ""), vec!["names no database"]),
        (
            format!("{}?sslmode=require", database.url),
            vec!["agree on no TLS", "sslmode"],
        ),
        (
            format!("{}x", database.url),
            vec!["has no database", "createdb"],
        ),
        (database.url.clone(), vec!["run `qiangke migrate` first"]),
        (
            format!("mysql://shop:top-secret@{place}/shop"),
            vec!["postgres://USER:PASSWORD@HOST"],
        ),
    ] {
        let line = audit(&url);
        assert!(
            words.iter().all(|word| line.contains(word)),
            "{words:?}: {line}"
        );
    }

    fill(&database).await;
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, '', 0)";
    database.execute(later).await;
    assert!(audit(&database.url).contains("newer than this program"));
    let migrate = refusal(&qiangke("migrate", &database.url).output().expect("it runs"));
    assert!(migrate.contains("nothing was changed"), "{migrate}");
    database
        .execute("delete from _sqlx_migrations where version > 3")
        .await;
    assert!(audit(&database.url).contains("older than this program"));
    database
        .execute("update _sqlx_migrations set checksum = ''")
        .await;
    assert!(audit(&database.url).contains("is DATABASE_URL right?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_looks_at_the_server_too() {
    let (_folder, database) = empty().await;
    let said = |url: &str| {
        let output = qiangke("doctor", url).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert!(
        said(&url_of(&database, "postgres", "wrong"))
            .contains("WRONG  database: PostgreSQL at 127.0.0.1")
    );
    fill(&database).await;
    let report = said(&database.url);
    assert!(
        report.contains(&format!("ok     database: {}", boot::shown(&database.url))),
        "{report}"
    );
    // The tests' own server does not wait for the disk, which is just what the doctor is for.
    assert!(
        report.contains("WRONG  durability: PostgreSQL runs with fsync off"),
        "{report}"
    );
    assert!(report.contains("ok     audit"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_sell_each_seat_once() {
    // Each has a desk of its own, and nothing but the database keeps them from selling a seat
    // twice.
    let app = TestApp::start_unlocked().await;
    let others = [
        TestApp::with_unlocked(&app.database).await,
        TestApp::with_unlocked(&app.database).await,
    ];
    let crowd = gather(&app.database, 600).await;
    let sale = app.open_sale(100).await;
    for other in &others {
        other
            .eventually("the sale is known", async || {
                other.running.app.sale(sale.0).is_ok()
            })
            .await;
    }
    let mut rushes = JoinSet::new();
    // Everybody clicks at every server.
    for server in [&app, &others[0], &others[1]] {
        let (shop_client, crowd) = (ShopClient::to(server.running.address), crowd.clone());
        rushes.spawn(async move { rush(&shop_client, &crowd, sale.0).await });
    }
    let mut winners = HashSet::new();
    for heard in rushes.join_all().await {
        for (student, outcomes) in heard {
            winners.extend(
                outcomes
                    .into_iter()
                    .filter(|(_, code)| *code == 100)
                    .map(|(ticket, _)| (student, ticket)),
            );
        }
    }
    let owners = app.database.owners(sale.0).await;
    assert_eq!(owners.len(), 100);
    assert_eq!(
        winners
            .iter()
            .map(|(student, _)| *student)
            .collect::<HashSet<_>>(),
        owners.into_iter().collect()
    );
    assert_eq!(
        winners.len(),
        100,
        "one ticket each, whichever server was asked"
    );
    assert_eq!(app.database.undecided().await, 0);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_can_t_share_the_database_does_not_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let (database, _store) = prepare(&folder).await;
    let redis = RedisServer::start();
    let mut first = PROGRAM.serve(folder.path(), &database).await;
    let refused = |flags: Vec<String>| {
        let (folder, database) = (folder.path().to_owned(), database.clone());
        tokio::task::spawn_blocking(move || {
            let output = PROGRAM.refused_with(
                &folder,
                &database,
                &flags.iter().map(String::as_str).collect::<Vec<_>>(),
            );
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            String::from_utf8(output.stderr).expect("UTF-8")
        })
    };
    let (alone, mixed) = (
        refused(Vec::new()),
        refused(vec!["--redis-url".to_owned(), redis.url()]),
    );
    for (said, why) in [
        (alone.await.expect("it ends"), "without Redis"),
        (mixed.await.expect("it ends"), "a server without REDIS_URL"),
    ] {
        assert!(said.contains(why) && said.contains("the same"), "{said}");
    }
    // One that was killed is missed at once.
    first.kill();
    let since = Instant::now();
    let together = ["--redis-url", &redis.url()];
    let _second = PROGRAM
        .serve_with(folder.path(), &database, &together)
        .await;
    assert!(
        since.elapsed() < Duration::from_secs(8),
        "{:?}",
        since.elapsed()
    );
    let _third = PROGRAM
        .serve_with(folder.path(), &database, &together)
        .await;
    let said = refused(Vec::new()).await.expect("it ends");
    assert!(said.contains("another server uses this database"), "{said}");
}

/// Another server took the lock while this one's session was gone, and sold a seat.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lost_its_lock_judges_nothing_until_it_has_it_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::new(folder.path()).await;
    fill(&database).await;
    let app = TestApp::with(&database).await;
    let sale = app.open_sale(2).await;
    let crowd = gather(&database, 3).await;
    let shop_client = ShopClient::to(app.running.address);
    let held = shop_client
        .click_until_heard(&crowd[0], sale.0, "key")
        .await;
    shop_client.outcome(&crowd[0], &held).await;

    let mut other = PgConnection::connect(&database.url)
        .await
        .expect("the database");
    let locks = "from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()
                 and database = (select oid from pg_database where datname = current_database())";
    let [key] = database
        .numbers(&format!(
            "select (classid::bigint << 32) | objid::bigint {locks}"
        ))
        .await[..]
    else {
        panic!("one lock")
    };
    let end = format!("select count(pg_terminate_backend(pid)) {locks}");
    let lock = format!("select pg_try_advisory_lock({key})");
    // The server retakes it at once: so this is tried until the other is the first.
    let is_ours = async |other: &mut PgConnection| {
        sqlx::query(sqlx::AssertSqlSafe(end.as_str()))
            .execute(&mut *other)
            .await
            .expect("an answer");
        sqlx::query_scalar::<_, bool>(sqlx::AssertSqlSafe(lock.as_str()))
            .fetch_one(&mut *other)
            .await
            .expect("an answer")
    };
    while !is_ours(&mut other).await {}
    app.eventually("the server knows", async || {
        !app.running.app.instance.is_held()
    })
    .await;
    assert_eq!(
        shop_client.click(&crowd[1], sale.0, None).await,
        None,
        "clicks are refused"
    );
    assert_eq!(
        shop_client.click(&crowd[0], sale.0, None).await,
        Some(held),
        "a ticket that is known stands"
    );
    let sold = [5; 16];
    let ticket = NewTicket {
        id: TicketId(sold),
        sale,
        student: StudentId(crowd[2].id),
        key: None,
        accepted_at: app.now(),
    };
    open(&database)
        .await
        .accept(&[ticket])
        .await
        .expect("another server's ticket");
    database.decided().await;
    other.close().await.expect("the other ends");

    app.eventually("it judges again", async || {
        shop_client.click(&crowd[2], sale.0, None).await.is_some()
    })
    .await;
    let other_s = shop_client
        .click(&crowd[2], sale.0, None)
        .await
        .expect("a ticket");
    assert_eq!(
        shop_client.outcome(&crowd[2], &other_s).await["seat"],
        2,
        "what the other sold is known"
    );
    let late = shop_client
        .click_until_heard(&crowd[1], sale.0, "key")
        .await;
    assert_eq!(
        shop_client.outcome(&crowd[1], &late).await["reason"],
        "sold_out"
    );
    app.assert_audit().await;
}

/// Somebody else holds the row of one sale: tickets of another one do not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn sales_do_not_wait_for_each_other() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 1).await;
    let (stuck, free) = (app.open_sale(5).await, app.open_sale(5).await);
    let mut other = PgConnection::connect(&app.database.url)
        .await
        .expect("the database");
    let lock = format!("begin; update sale set updated_time = updated_time where id = {stuck}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(lock))
        .execute(&mut other)
        .await
        .expect("the row");
    // Nobody rings for these: the sweep comes to the first sale first.
    let ticket = |number: u8, sale| NewTicket {
        id: TicketId([number; 16]),
        sale,
        student: StudentId(crowd[0].id),
        key: None,
        accepted_at: app.now(),
    };
    app.store()
        .accept(&[ticket(1, stuck), ticket(2, free)])
        .await
        .expect("tickets");
    app.eventually("the free sale's ticket is decided", async || {
        app.database.undecided().await == 1
    })
    .await;
    assert_eq!(app.database.owners(free.0).await, [crowd[0].id]);
    other.close().await.expect("the row is free");
    app.eventually("the other one, too", async || {
        app.database.undecided().await == 0
    })
    .await;
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_jobs_hold_across_servers() {
    let (_folder, database) = empty().await;
    fill(&database).await;
    let mut asked = JoinSet::new();
    for number in 0..40_i64 {
        let store = open(&database).await;
        // Twenty mobiles, each asked for twice at once, all from one address.
        let mobile = Mobile::parse(&format!("138000000{:02}", number / 2)).expect("a mobile");
        let keys = vec![String::from("address"), mobile.digits().to_owned()];
        let code = NewCode {
            keys: keys.clone(),
            ..sms_code(&mobile, &[7; 16], Millis(1_000))
        };
        let judge = move |standing: &SmsStanding| {
            let fits = standing.count(&keys[0]) < 12 && standing.count(&keys[1]) < 1;
            fits.then(|| {
                keys.iter()
                    .map(|key| SmsUse {
                        key: key.clone(),
                        ends_at: Millis(3_600_000),
                    })
                    .collect()
            })
        };
        asked.spawn(async move {
            let outcome = store
                .ask_code(&code, &judge, Millis(1_000))
                .await
                .expect("an answer");
            (mobile, outcome)
        });
    }
    let queued: Vec<_> = asked
        .join_all()
        .await
        .into_iter()
        .filter(|(_, asked)| matches!(asked, CodeAsked::Queued(_)))
        .map(|(m, _)| m)
        .collect();
    assert_eq!(queued.len(), 12, "twelve an hour from an address");
    assert_eq!(
        queued
            .iter()
            .map(Mobile::digits)
            .collect::<HashSet<_>>()
            .len(),
        12,
        "one a minute for a mobile"
    );

    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let store = open(&database).await;
        workers.spawn(async move {
            let mut claimed: Vec<ClaimedJob> = Vec::new();
            while let Some(job) = store
                .claim_job(&JobKind::ALL, Millis(2_000))
                .await
                .expect("an answer")
            {
                claimed.push(job);
            }
            claimed
        });
    }
    let claimed: Vec<_> = workers
        .join_all()
        .await
        .into_iter()
        .flatten()
        .map(|job| job.id)
        .collect();
    assert_eq!(
        (claimed.len(), claimed.iter().collect::<HashSet<_>>().len()),
        (12, 12),
        "each job is handed out once"
    );

    let mut used = JoinSet::new();
    for _ in 0..8 {
        let (store, mobile) = (open(&database).await, queued[0].clone());
        used.spawn(async move {
            store
                .use_code(&mobile, &[7; 16], "home", Millis(3_000))
                .await
                .expect("an answer")
        });
    }
    assert_eq!(
        used.join_all().await.into_iter().flatten().count(),
        1,
        "a code works once"
    );
}

/// Two servers database the same students' clicks in opposite orders, again and again: nobody gets
/// two tickets, nobody an error.
#[tokio::test(flavor = "multi_thread")]
async fn groups_that_cross_wait_for_each_other() {
    const ROUNDS: u8 = 30;
    const STUDENTS: u8 = 40;
    let app = TestApp::start().await;
    gather(&app.database, i64::from(STUDENTS)).await;
    for round in 0..ROUNDS {
        let sale = NewSale {
            course: CourseId(2),
            price: Fen(990),
            stock: 50,
            opens_at: app.now(),
            closes_at: app.now().plus(3_600_000),
            hold_s: HOLD_S,
        };
        let sale = app
            .store()
            .create_sale(&sale, app.now())
            .await
            .expect("create")
            .expect("the course");
        let mut groups = JoinSet::new();
        for server in 0..4_u8 {
            let store = open(&app.database).await;
            let ticket = |student: u8| NewTicket {
                id: TicketId([
                    round, server, student, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
                ]),
                sale,
                student: StudentId(i64::from(student) + 1),
                key: Some(format!("{server}")),
                accepted_at: app.now(),
            };
            let mut group: Vec<_> = (0..STUDENTS).map(ticket).collect();
            if server % 2 == 1 {
                group.reverse();
            }
            groups
                .spawn(async move { store.accept(&group).await.expect("no server's group fails") });
        }
        let landed: Vec<_> = groups.join_all().await.into_iter().flatten().collect();
        assert_eq!(
            landed
                .iter()
                .filter(|landed| **landed == Landed::Recorded)
                .count(),
            usize::from(STUDENTS),
            "round {round}"
        );
        assert_eq!(landed.len(), 4 * usize::from(STUDENTS));
    }
    app.eventually("all are decided", async || {
        app.database.undecided().await == 0
    })
    .await;
    app.assert_audit().await;
}

/// A call whose student's time is up is dropped wherever it is, also while it waits for the answer
/// to its BEGIN. A connection that it left inside a transaction would swallow what the next one
/// writes: that is answered, and never committed.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_cut_off_leaves_no_transaction_open() {
    const ASKED: Duration = Duration::from_millis(100);
    let (_folder, database) = empty().await;
    fill(&database).await;
    let (store, now) = (open(&database).await, Millis(1_000));
    let add = || store.add_banner("t", "banner/rush.png", "/", "i", now);
    add().await.expect("a connection that stands");
    let of_shop =
        "from pg_stat_activity where datname = current_database() and application_name = 'qiangke'";
    let backend = database
        .numbers(&format!("select pid::bigint {of_shop}"))
        .await;
    let send = |signal: &str| {
        let sent = Command::new("kill")
            .args([signal, &backend[0].to_string()])
            .status()
            .expect("kill");
        assert!(sent.success());
    };
    send("-STOP");
    let cut = tokio::time::timeout(ASKED, add()).await;
    send("-CONT");
    assert!(
        (backend.len(), cut.is_err()) == (1, true),
        "{cut:?} from {backend:?}"
    );
    tokio::time::sleep(ASKED).await;
    let open = format!("select count(*) {of_shop} and state like 'idle in transaction%'");
    assert_eq!(
        database.numbers(&open).await,
        [0],
        "a connection rests inside a transaction"
    );
}

/// How long the database is away.
const AWAY: Duration = Duration::from_millis(1_500);
/// After its return the first click succeeds within this time.
const BACK: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_dies_in_a_rush_loses_nothing() {
    let server = PostgresServer::start("restart");
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::database(&server.url, folder.path()).await;
    fill(&database).await;
    let app = TestApp::with(&database).await;
    let mut crowd = gather(&database, 401).await;
    // Who looks whether the shop is back is none of the rush: a seat may come of it.
    let looker = crowd.pop().expect("a student");
    for crash in 0..4_u64 {
        let sale = app.open_sale(100).await;
        let (shop_client, students) = (ShopClient::to(app.running.address), crowd.clone());
        let rush = tokio::spawn(async move { rush(&shop_client, &students, sale.0).await });
        // Later in the rush each time.
        tokio::time::sleep(Duration::from_millis(30 + 60 * crash)).await;
        server.crash();
        tokio::time::sleep(AWAY).await;
        server.again();
        let back = Instant::now();
        let shop_client = ShopClient::to(app.running.address);
        while shop_client
            .click(&looker, sale.0, Some("back"))
            .await
            .is_none()
        {
            assert!(back.elapsed() < BACK, "no click succeeds");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let heard = rush.await.expect("every ticket is decided");
        let owners: HashSet<_> = database.owners(sale.0).await.into_iter().collect();
        assert_eq!(owners.len(), 100, "crash {crash}: every seat is sold");
        for (student, outcomes) in &heard {
            let won = outcomes.iter().any(|(_, code)| *code == 100);
            assert_eq!(
                won,
                owners.contains(student),
                "crash {crash}: what student {student} was told is what the database says"
            );
        }
        app.eventually("nothing waits", async || database.undecided().await == 0)
            .await;
        app.assert_audit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_nobody_waits_and_nothing_breaks() {
    let server = PostgresServer::start("away");
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::database(&server.url, folder.path()).await;
    fill(&database).await;
    let app = TestApp::with(&database).await;
    let sale = app.open_sale(5).await;
    let crowd = gather(&database, 2).await;
    let (shop_client, known) = (
        ShopClient::to(app.running.address),
        app.student("13800000001").await,
    );
    let ticket = known.click(sale).await;
    known.outcome(&ticket).await;
    let other = shop_client
        .click(&crowd[0], sale.0, None)
        .await
        .expect("a ticket");
    shop_client.outcome(&crowd[0], &other).await;
    let visitor = app.visitor();
    assert_eq!(visitor.get("/courses").await.status(), StatusCode::OK);

    server.crash();
    let since = Instant::now();
    assert_eq!(
        known.click(sale).await,
        ticket,
        "who has a ticket still gets it"
    );
    assert_eq!(
        shop_client.click(&crowd[1], sale.0, None).await,
        None,
        "who has none gets none"
    );
    assert!(
        since.elapsed() < Duration::from_secs(1),
        "they waited {:?}",
        since.elapsed()
    );
    assert_eq!(
        known.poll(&ticket).await["code"],
        100,
        "what was decided is known"
    );
    assert_eq!(
        visitor.get("/courses").await.status(),
        StatusCode::OK,
        "pages are served from memory"
    );
    assert_eq!(
        visitor.get("/readyz").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );

    server.again();
    app.eventually("it is ready again", async || {
        visitor.get("/readyz").await.status() == StatusCode::OK
    })
    .await;
    shop_client
        .outcome(
            &crowd[1],
            &shop_client
                .click_until_heard(&crowd[1], sale.0, "key")
                .await,
        )
        .await;
    app.assert_audit().await;
}

/// Requests for codes wait for each other; here nothing moves them on.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_signs_in_holds_up_nobody_else() {
    /// The number of `SMS_LOCK`.
    const LOCK: i64 = 0x71_69_61_6e_67_6b_65;
    let app = TestApp::start().await;
    let mut holder = PgConnection::connect(&app.database.url)
        .await
        .expect("the database");
    sqlx::query("select pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut holder)
        .await
        .expect("the lock");
    let client = client().build().expect("a client");
    let mut crowd = JoinSet::new();
    for number in 0..200 {
        let request = client
            .post(app.url("/api/v1/user/send_sms/"))
            .json(&json!({"mobile": format!("13900000{number:03}")}));
        crowd.spawn(async move { request.send().await.map(|answer| answer.status()) });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    for _ in 0..20 {
        for path in ["/readyz", "/api/v1/course/detail/?id=1", "/courses/2"] {
            assert_eq!(
                app.visitor().get(path).await.status(),
                StatusCode::OK,
                "{path}"
            );
        }
    }
    assert_eq!(
        app.database.numbers("select count(*) from job").await,
        [0],
        "they still wait"
    );
    crowd.abort_all();
}
