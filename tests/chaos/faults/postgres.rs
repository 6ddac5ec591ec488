//! What happens to PostgreSQL, and to the network before it.

use crate::{
    dice::Dice,
    episode::{Scene, Strikes},
    notes::Span,
    proxy::Weather,
    shop::Shop,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{sync::atomic::Ordering, time::Duration};
use support::{
    database::{TestDatabase, setting},
    postgres,
};

/// Strikes of an episode at most.
const STRIKES_MAX: usize = 8;
/// How long a network is bad, or the database can't be written.
const BAD_FOR: Duration = Duration::from_secs(3);
/// How long a COMMIT is waited for that loses its answer.
const COMMIT_WITHIN: Duration = Duration::from_secs(2);
/// How long it is away where students go on clicking.
const AWAY_FOR: Duration = Duration::from_secs(4);
/// How long the row of a sale is locked: longer than anything may wait for it.
const LOCKED_FOR: Duration = Duration::from_secs(20);
/// Connections that others hold: all that the server has but those of superusers
/// (`scripts/postgres.sh`).
const CROWDED: usize = 200;

/// Runs a command of `scripts/postgres.sh` for the server of this run.
fn script(command: &str) -> Result<(), String> {
    postgres::script(command, &postgres::folder_of("shared"), &[]).map(drop)
}

/// A superuser's way to the server, past any proxy.
fn server() -> TestDatabase {
    TestDatabase::at(&format!(
        "{}/postgres",
        setting("QIANGKE_TEST_POSTGRES").expect("scripts/on-postgres.sh sets it")
    ))
}

/// The database's name.
fn database(shop: &Shop) -> &str {
    shop.database.url.rsplit('/').next().expect("a name")
}

/// All its processes end at once, and it starts again.
pub async fn crash(dice: &mut Dice) -> Result<Strikes, String> {
    script("crash")?;
    tokio::time::sleep(dice.ms(100, 2_500)).await;
    script("again")?;
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}

/// It is away for as long as it takes that many clicks are refused.
pub async fn away(dice: &mut Dice) -> Result<Strikes, String> {
    script("crash")?;
    tokio::time::sleep(AWAY_FOR + dice.ms(0, 1_000)).await;
    script("again")?;
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}

/// Somebody holds the row of the first sale, as a person at a prompt does who forgot to commit, or
/// a server that hangs.
pub async fn locked(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let sale = scene.sales[0];
    // The first is what a settlement itself takes; the second is what would delete the row.
    let lock = if dice.once_in(2) {
        "for no key update"
    } else {
        "for update"
    };
    let said = |error: sqlx::Error| error.to_string();
    let mut connection = PgConnection::connect(&shop.database.url)
        .await
        .map_err(said)?;
    let mut held = connection.begin().await.map_err(said)?;
    let sql = AssertSqlSafe(format!("select id from sale where id = {sale} {lock}"));
    sqlx::query(sql).execute(&mut *held).await.map_err(said)?;
    let from_ms = scene.clients.history.now_ms();
    tokio::time::sleep(LOCKED_FOR).await;
    let to_ms = scene.clients.history.now_ms();
    held.rollback().await.map_err(said)?;
    scene.notebook.write(|notes| {
        notes.locked.push(Span {
            sale,
            from_ms,
            to_ms,
        });
    });
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}

/// The shop's connections are ended, those in the middle of a COMMIT first.
pub async fn terminate(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let name = database(shop);
    let of_commit = format!(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = '{name}' and pid <> pg_backend_pid() and query ilike 'commit%' and state = 'active'"
    );
    let any = format!(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{name}' and pid <> pg_backend_pid()"
    );
    let mut connection = PgConnection::connect(&server().url)
        .await
        .map_err(|error| error.to_string())?;
    let (mut count, mut looks) = (0, 0_usize);
    while count < STRIKES_MAX && !scene.is_over() {
        looks += 1;
        // A COMMIT is rarely caught: after many looks, whoever is there.
        let sql = if looks % 200 == 0 { &any } else { &of_commit };
        let ended: i64 = sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
            .fetch_one(&mut connection)
            .await
            .map_err(|error| error.to_string())?;
        if ended > 0 {
            count += 1;
            tokio::time::sleep(dice.ms(50, 500)).await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}

/// A COMMIT arrives, and its answer does not.
pub async fn lost_commit(
    shop: &mut Shop,
    scene: &Scene,
    dice: &mut Dice,
) -> Result<Strikes, String> {
    let proxy = shop.postgres_proxy.as_ref().expect("staged with a proxy");
    let before = proxy.swallowed.load(Ordering::SeqCst);
    for _ in 0..STRIKES_MAX {
        if scene.is_over() {
            break;
        }
        let seen = proxy.swallowed.load(Ordering::SeqCst);
        proxy.set(Weather::AnswerTo(b"COMMIT"));
        let caught = async {
            while proxy.swallowed.load(Ordering::SeqCst) == seen && !scene.is_over() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        drop(tokio::time::timeout(COMMIT_WITHIN, caught).await);
        proxy.set(Weather::Fair);
        tokio::time::sleep(dice.ms(50, 600)).await;
    }
    let count = proxy.swallowed.load(Ordering::SeqCst) - before;
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}

/// The network before it is bad for a while.
pub async fn weather(shop: &mut Shop, weather: Weather) -> Result<Strikes, String> {
    let proxy = shop.postgres_proxy.as_ref().expect("staged with a proxy");
    proxy.set(weather);
    tokio::time::sleep(BAD_FOR).await;
    proxy.set(Weather::Fair);
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}

/// Others hold every connection that the server has, and the shop's own are ended.
pub async fn crowded(shop: &mut Shop) -> Result<Strikes, String> {
    let name = database(shop).to_owned();
    server()
        .execute(&format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and pid <> pg_backend_pid()"))
        .await;
    let mut held = Vec::new();
    for _ in 0..CROWDED {
        match PgConnection::connect(&server().url).await {
            Ok(connection) => held.push(connection),
            Err(_) => break,
        }
    }
    tokio::time::sleep(BAD_FOR).await;
    let count = usize::from(held.len() > 100);
    for connection in held {
        drop(connection.close().await);
    }
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}

/// It refuses every write, as a primary that was made a standby does.
pub async fn read_only(shop: &mut Shop) -> Result<Strikes, String> {
    let name = database(shop).to_owned();
    let renew = format!(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and pid <> pg_backend_pid()"
    );
    server()
        .execute(&format!(
            "alter database \"{name}\" set default_transaction_read_only = on"
        ))
        .await;
    server().execute(&renew).await;
    tokio::time::sleep(BAD_FOR).await;
    server()
        .execute(&format!(
            "alter database \"{name}\" reset default_transaction_read_only"
        ))
        .await;
    server().execute(&renew).await;
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}
