//! Setup of a shop: the files of its site, its settings, its database.

use crate::database::TestDatabase;
use qiangke::{
    server::{
        boot,
        clock::Clock,
        commands::{Cli, Command},
        config::Serve,
        import,
        store::{NewSale, Store},
    },
    types::{ids::CourseId, money::Fen, sale::HOLD_S},
};
use std::path::Path;
use tempfile::TempDir;

/// Seats of a sale that stands in the database only.
const SEATS: i64 = 100;

/// The files that a build makes, as far as the server needs them.
pub fn make_site(folder: &Path) {
    for (name, text) in [
        ("pkg/qiangke.js", "export{}"),
        ("pkg/qiangke.wasm", "\0asm"),
        ("pkg/qiangke.css", "a{}"),
        ("boot.js", "1"),
    ] {
        let path = folder.join("site").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        std::fs::write(path, text).expect("file");
    }
}

/// The settings of `qiangke serve` with these flags, for a folder and a database.
pub fn config(folder: &Path, database: &TestDatabase, flags: &[&str]) -> Serve {
    use clap::Parser;
    let site = folder.join("site").display().to_string();
    let outbox = folder.join("outbox.jsonl").display().to_string();
    let own = [
        "qiangke",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--metrics-listen",
        "127.0.0.1:0",
    ];
    let own = own.into_iter().chain([
        "--database-url",
        &database.url,
        "--site-root",
        &site,
        "--sms-outbox",
        &outbox,
    ]);
    match Cli::parse_from(own.chain(flags.iter().copied())).command {
        Command::Serve(config) => *config,
        _ => unreachable!("the command line says serve"),
    }
}

/// Makes a database's tables, and loads the seed's courses and banners.
pub async fn fill(database: &TestDatabase) {
    let store = boot::open_store(&database.url).await.expect("open");
    boot::migrate(&store).await.expect("migrate");
    for sql in import::SEED {
        import::run(&store, sql, false).await.expect("import");
    }
    store.close().await.expect("close");
}

/// A folder with a site, and a database with the seed's courses and banners.
pub async fn prepare(folder: &TempDir) -> (TestDatabase, Store) {
    make_site(folder.path());
    let database = TestDatabase::new(folder.path()).await;
    fill(&database).await;
    let store = boot::open_store(&database.url).await.expect("open");
    (database, store)
}

/// A sale of the second course, open for an hour by the machine's clock.
pub async fn open_sale(store: &Store) -> i64 {
    let now = Clock::System.now();
    let sale = NewSale {
        course: CourseId(2),
        price: Fen(990),
        stock: SEATS,
        opens_at: now,
        closes_at: now.plus(3_600_000),
        hold_s: HOLD_S,
    };
    store
        .create_sale(&sale, now)
        .await
        .expect("create")
        .expect("the course")
        .0
}
