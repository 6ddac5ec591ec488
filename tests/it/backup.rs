//! `qiangke backup`: whole, of one moment, for nobody else's eyes, and good for a shop to go on
//! from.

use crate::PROGRAM;
use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
    sync::atomic::{AtomicBool, Ordering},
};
use support::{
    crowd::{ShopClient, gather},
    database::{TestDatabase, setting},
    setup::{open_sale, prepare},
};
use tokio::task::JoinSet;

/// `qiangke backup`, with whatever rights the shell gives to new files.
fn back_up(database: &TestDatabase, to: &Path) -> Output {
    let command = "umask 022; exec \"$0\" backup --database-url \"$1\" \"$2\"";
    Command::new("sh")
        .args(["-c", command, PROGRAM.path(), &database.url])
        .arg(to)
        .output()
        .expect("it runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn is_postgres() -> bool {
    setting("QIANGKE_TEST_ENGINE").as_deref() == Some("postgres")
}

fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| name.into_string().expect("UTF-8"))
        .filter(|name| name.starts_with("copy"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_while_students_click_is_a_shop_to_go_on_from() {
    const STUDENTS: i64 = 200;
    if is_postgres() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let crowd = gather(&database, STUDENTS).await;
    let sale = open_sale(&store).await;
    let server = PROGRAM.serve(folder.path(), &database).await;
    let shop_client = ShopClient::to(server.address);
    let first = shop_client.click_until_heard(&crowd[0], sale, "a").await;
    assert_eq!(shop_client.outcome(&crowd[0], &first).await["code"], 100);

    // Everybody else clicks, again and again, until the backup is done.
    let is_done = std::sync::Arc::new(AtomicBool::new(false));
    let mut clicks = JoinSet::new();
    for student in &crowd[1..] {
        let (shop_client, student, is_done) =
            (shop_client.clone(), student.clone(), is_done.clone());
        clicks.spawn(async move {
            while !is_done.load(Ordering::Relaxed) {
                shop_client.click(&student, sale, None).await;
            }
        });
    }
    let copy = folder.path().join("copy.db");
    let (from, to) = (database.clone(), copy.clone());
    let output = tokio::task::spawn_blocking(move || back_up(&from, &to))
        .await
        .expect("it ran");
    is_done.store(true, Ordering::Relaxed);
    clicks.join_all().await;
    drop(server);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        std::fs::metadata(&copy)
            .expect("the copy")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    assert_eq!(names(folder.path()), ["copy.db"], "nothing else is left");

    // Restored: the copy is the database of a shop.
    let restored = TestDatabase::file(&copy);
    let server = PROGRAM.serve(folder.path(), &restored).await;
    restored.decided().await;
    let shop_client = ShopClient::to(server.address);
    assert_eq!(
        shop_client.outcome(&crowd[0], &first).await["code"],
        100,
        "session and ticket are good"
    );
    assert_eq!(
        restored
            .owners(sale)
            .await
            .iter()
            .filter(|owner| **owner == crowd[0].id)
            .count(),
        1
    );
    let audit = PROGRAM
        .command()
        .args(["audit", "--database-url", &restored.url])
        .output()
        .expect("audit");
    assert!(audit.status.success(), "{}", said(&audit));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_overwrites_nothing_and_leaves_nothing_half_done() {
    if is_postgres() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let copy = folder.path().join("copy.db");
    std::fs::write(&copy, "precious").expect("written");
    let output = back_up(&database, &copy);
    assert!(
        !output.status.success() && said(&output).contains("is there already"),
        "{}",
        said(&output)
    );
    assert_eq!(
        std::fs::read_to_string(&copy).expect("the file"),
        "precious"
    );
    std::fs::remove_file(&copy).expect("removed");

    let output = back_up(&database, &folder.path().join("shop.db-journal"));
    assert!(
        !output.status.success() && said(&output).contains("take another"),
        "{}",
        said(&output)
    );
    let output = back_up(&TestDatabase::file(&folder.path().join("none.db")), &copy);
    assert!(
        !output.status.success() && said(&output).contains("there is no database at"),
        "{}",
        said(&output)
    );
    let output = back_up(&database, &folder.path().join("none/copy.db"));
    assert!(
        !output.status.success() && said(&output).contains("can't be written"),
        "{}",
        said(&output)
    );

    // A disk that is full.
    gather(&database, 2_000).await;
    let command = "trap '' XFSZ; ulimit -f 64; exec \"$0\" backup --database-url \"$1\" \"$2\"";
    let full = Command::new("sh")
        .args(["-c", command, PROGRAM.path(), &database.url])
        .arg(&copy)
        .output()
        .expect("it runs");
    assert!(
        !full.status.success() && said(&full).contains("can't be copied"),
        "{}",
        said(&full)
    );
    assert_eq!(names(folder.path()), [""; 0]);

    // One that was killed left its beginning, which every user could read.
    let part = folder.path().join("copy.db.part");
    std::fs::write(&part, "half").expect("written");
    let output = back_up(&database, &copy);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        std::fs::metadata(&copy)
            .expect("the copy")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    assert_eq!(names(folder.path()), ["copy.db"]);

    // Somebody else's file or link in the place of the beginning gets nothing.
    let (precious, link) = (
        folder.path().join("precious"),
        folder.path().join("copy-3.db.part"),
    );
    std::fs::write(&precious, "precious").expect("written");
    std::os::unix::fs::symlink(&precious, &link).expect("a link");
    let output = back_up(&database, &folder.path().join("copy-3.db"));
    assert!(
        !output.status.success() && said(&output).contains("remove it first"),
        "{}",
        said(&output)
    );
    assert_eq!(
        std::fs::read_to_string(&precious).expect("the file"),
        "precious"
    );
    std::fs::remove_file(&link).expect("removed");
    std::fs::hard_link(&precious, &link).expect("a second name");
    let output = back_up(&database, &folder.path().join("copy-3.db"));
    assert!(
        !output.status.success() && said(&output).contains("remove it first"),
        "{}",
        said(&output)
    );
    assert_eq!(
        std::fs::read_to_string(&precious).expect("the file"),
        "precious"
    );

    // What is wrong with the database is wrong with its copy, and is said.
    let sale = open_sale(&store).await;
    database
        .execute(&format!(
            "update sale set remaining = remaining - 1 where id = {sale}"
        ))
        .await;
    let output = back_up(&database, &folder.path().join("copy-2.db"));
    assert!(
        !output.status.success() && said(&output).contains("BROKEN"),
        "{}",
        said(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_postgresql_is_left_to_its_own_tool() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (url, source) in [
        (
            "postgres://shop:secret@db.example/shop",
            "'postgres://shop@db.example/shop'",
        ),
        (
            "postgres://shop:secret@db.example/shop?sslmode=verify-full&password=secret&statement-cache-capacity=10&sslrootcert=ca.crt",
            "'postgres://shop@db.example/shop?sslmode=verify-full&sslrootcert=ca.crt'",
        ),
    ] {
        let output = back_up(&TestDatabase::at(url), &folder.path().join("it's a copy"));
        let said = said(&output);
        let file = folder.path().join("it'\\''s a copy");
        let line = format!(
            "(umask 077; pg_dump --format=custom --file='{}' {source})",
            file.display()
        );
        assert!(
            !output.status.success()
                && said.contains(&line)
                && !said.contains(":secret")
                && !said.contains("=secret"),
            "{said}"
        );
    }
    assert_eq!(names(folder.path()), [""; 0]);
}
