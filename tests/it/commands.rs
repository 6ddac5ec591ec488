//! Commands as operators run them: in a pipe, on a full disk, with a slip of the keyboard, on
//! somebody else's file.

use crate::PROGRAM;
use std::{
    fs::{self, File},
    io,
    net::{SocketAddr, TcpListener},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    process::{Command, Output, Stdio},
};
use support::{
    address::reserve,
    app::TestApp,
    database::{TestDatabase, setting},
    setup::{make_site, open_sale, prepare},
};
use tempfile::TempDir;

/// `qiangke`, on a database, with this standard output.
fn run_to(database: &TestDatabase, arguments: &[&str], to: impl Into<Stdio>) -> Output {
    let mut command = PROGRAM.command();
    let command = command
        .args(arguments)
        .env("DATABASE_URL", &database.url)
        .stdin(Stdio::null())
        .stdout(to)
        .stderr(Stdio::piped());
    command
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .expect("it runs")
}

fn run(database: &TestDatabase, arguments: &[&str]) -> Output {
    run_to(database, arguments, Stdio::piped())
}

/// A pipe whose reader has gone.
fn gone() -> io::PipeWriter {
    io::pipe().expect("a pipe").1
}

fn full() -> File {
    File::options()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full")
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_postgres() -> bool {
    setting("QIANGKE_TEST_ENGINE").as_deref() == Some("postgres")
}

/// A shop's file that nothing has open, with its folder; `None` on PostgreSQL, which has none.
async fn prepare_file() -> Option<(TempDir, TestDatabase)> {
    if is_postgres() {
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    store.close().await.expect("close");
    Some((folder, database))
}

const LISTS: [&[&str]; 5] = [
    &["sale", "list"],
    &["order", "list", "--mobile", "13800000000"],
    &["banner", "list"],
    &["key", "list"],
    &["audit"],
];

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_ends_ends_no_command_and_changes_no_exit_status() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let sale = open_sale(&store).await;
    for list in LISTS.into_iter().chain([&["sms", "budget"][..]]) {
        let output = run_to(&database, list, gone());
        assert_eq!(
            (output.status.code(), complaint(&output).as_str()),
            (Some(0), ""),
            "{list:?}"
        );
    }
    let output = run_to(
        &database,
        &[
            "sale", "create", "--course", "2", "--price", "9.90", "--stock", "7", "--yes",
        ],
        gone(),
    );
    assert_eq!(
        (output.status.code(), complaint(&output).as_str()),
        (Some(0), "")
    );
    assert_eq!(
        database
            .numbers("select count(*) from sale where stock = 7")
            .await,
        [1]
    );
    database
        .execute(&format!(
            "update sale set remaining = remaining - 1 where id = {sale}"
        ))
        .await;
    let output = run_to(&database, &["audit"], gone());
    assert_eq!(output.status.code(), Some(1), "a promise");
    assert!(
        complaint(&output).contains("1 invariant does not hold")
            && !complaint(&output).contains("panicked"),
        "{output:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_makes_no_script_do_a_thing_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    for list in LISTS {
        let output = run_to(&database, list, full());
        assert_eq!(
            output.status.code(),
            Some(74),
            "what was asked for is not there: {list:?}"
        );
        assert!(
            complaint(&output).contains("standard output can't be written"),
            "{output:?}"
        );
    }
    let create = [
        "sale", "create", "--course", "2", "--price", "9.90", "--stock", "7",
    ];
    let output = run_to(&database, &create, full());
    assert_eq!(output.status.code(), Some(0), "it was done: {output:?}");
    let number = database
        .numbers("select id from sale where stock = 7")
        .await;
    assert_eq!(number.len(), 1);
    let said = complaint(&output);
    assert!(
        said.contains("it was done") && said.contains(&format!("sale {}: 7 seats", number[0])),
        "{said}"
    );
    let banner = [
        "banner",
        "add",
        "--title",
        "t",
        "--image",
        "banner/rush.png",
        "--link",
        "/",
        "--info",
        "i",
    ];
    assert_eq!(run_to(&database, &banner, full()).status.code(), Some(0));
    assert_eq!(
        run_to(&database, &["migrate"], full()).status.code(),
        Some(0)
    );
    let sale = open_sale(&store).await;
    database
        .execute(&format!(
            "update sale set remaining = remaining - 1 where id = {sale}"
        ))
        .await;
    assert_eq!(
        run_to(&database, &["audit"], full()).status.code(),
        Some(1),
        "an invariant that does not hold is said in any case"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_file_are_refused_by_whatever_name() {
    let Some((folder, database)) = prepare_file().await else {
        return;
    };
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("other")).expect("a folder");
    symlink(at("shop.db"), at("link.db")).expect("a link");
    symlink("../shop.db", at("other/relative.db")).expect("a link");
    symlink(at("other/relative.db"), at("twice.db")).expect("a link");
    symlink(folder.path(), at("folder")).expect("a link");
    let mut server = PROGRAM.serve(folder.path(), &database).await;
    fs::hard_link(at("shop.db"), at("hard.db")).expect("a second name");
    for name in [
        "shop.db",
        "link.db",
        "other/relative.db",
        "twice.db",
        "folder/shop.db",
        "other/../shop.db",
        "hard.db",
    ] {
        let refused = PROGRAM.refused(folder.path(), &TestDatabase::file(&at(name)));
        assert!(
            complaint(&refused).contains("another server serves"),
            "{name}: {refused:?}"
        );
    }
    // SQLite's log lies beside what a symbolic link leads to, so that commands may use one; beside
    // a hard link there is none.
    for name in ["shop.db", "link.db", "folder/shop.db"] {
        assert!(
            run(&TestDatabase::file(&at(name)), &["sale", "list"])
                .status
                .success(),
            "{name}"
        );
    }
    let refused = run(&TestDatabase::file(&at("hard.db")), &["sale", "list"]);
    assert!(
        !refused.status.success() && complaint(&refused).contains("by another name"),
        "{refused:?}"
    );
    assert!(!at("hard.db-wal").exists());
    server.terminate();
    assert!(server.ended().await.success());
    fs::remove_file(at("hard.db")).expect("the second name goes");
    let _next = PROGRAM
        .serve(folder.path(), &TestDatabase::file(&at("link.db")))
        .await;
    assert!(at("shop.db.lock").exists() && !at("link.db.lock").exists());
    let refused = PROGRAM.refused(folder.path(), &database);
    assert!(
        complaint(&refused).contains("another server serves"),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_beside_another_name_of_the_file_is_not_passed_over() {
    let Some((folder, database)) = prepare_file().await else {
        return;
    };
    let at = |name: &str| folder.path().join(name);
    let mut server = PROGRAM.serve(folder.path(), &database).await;
    let create = [
        "sale", "create", "--course", "2", "--price", "9.90", "--stock", "7",
    ];
    assert!(
        run(&database, &create).status.success(),
        "it stands in the log"
    );
    server.kill();
    fs::create_dir(at("other")).expect("a folder");
    fs::hard_link(at("shop.db"), at("other/hard.db")).expect("a second name");
    for name in ["other/hard.db", "shop.db"] {
        let one = TestDatabase::file(&at(name));
        let commands = [
            &["sale", "list"][..],
            &["audit"],
            &["migrate"],
            &["backup", "copy.db"],
        ];
        let outputs = commands
            .into_iter()
            .map(|command| run(&one, command))
            .chain([PROGRAM.refused(folder.path(), &one)]);
        for refused in outputs {
            assert!(
                !refused.status.success() && complaint(&refused).contains("2 names (hard links)"),
                "{name}: {refused:?}"
            );
        }
    }
    assert!(!at("other/hard.db-wal").exists(), "none of them opened it");
    fs::remove_file(at("other/hard.db")).expect("the second name goes");
    let _next = PROGRAM.serve(folder.path(), &database).await;
    assert_eq!(database.numbers("select stock from sale").await, [7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_made_at_a_wrong_place_says_where() {
    if is_postgres() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = folder
        .path()
        .canonicalize()
        .expect("a path")
        .join("data/qiangke.db");
    let said = |arguments: &[&str]| {
        let mut command = PROGRAM.command();
        let output = command
            .args(arguments)
            .env_remove("DATABASE_URL")
            .current_dir(folder.path())
            .output()
            .expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned() + &complaint(&output)
    };
    for arguments in [&["sale", "list"][..], &["backup", "copy.db"]] {
        let text = said(arguments);
        assert!(
            text.contains(&format!("there is no database at {}", here.display())),
            "{text}"
        );
    }
    assert!(!here.exists());
    assert_eq!(
        said(&["migrate"]),
        format!("a new, empty database was made: {}\n", here.display())
    );
    assert_eq!(
        said(&["migrate"]),
        format!(
            "the database is up to date, and has no course: {}\n",
            here.display()
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_goes_into_an_empty_catalogue_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    if !is_postgres() {
        fs::write(folder.path().join("shop.db"), "").expect("an empty file");
    }
    let database = TestDatabase::new(folder.path()).await;
    assert!(run(&database, &["migrate"]).status.success());
    let seed = folder.path().join("seed.sql");
    fs::write(&seed, qiangke::server::import::SEED.concat()).expect("a file");
    let seed = || {
        run(
            &database,
            &["import", "--if-empty", seed.to_str().expect("UTF-8")],
        )
    };
    let courses = || database.numbers("select count(*) from course");
    assert!(seed().status.success());
    assert_eq!(
        (
            courses().await,
            database.numbers("select count(*) from banner").await
        ),
        (vec![3], vec![3])
    );
    // An operator's own courses stand, and rows of the seed that were changed are left as they are.
    database
        .execute("update course set name = 'ours', is_show = false; delete from banner")
        .await;
    let again = seed();
    assert!(
        again.status.success()
            && String::from_utf8_lossy(&again.stdout).contains("nothing was written"),
        "{again:?}"
    );
    assert_eq!(
        database.texts("select distinct name from course").await,
        ["ours"]
    );
    database
        .execute(
            "delete from section; delete from chapter; delete from course; delete from teacher",
        )
        .await;
    assert!(seed().status.success());
    assert_eq!(courses().await, [0], "categories stand");
    database.execute("delete from category").await;
    assert!(seed().status.success());
    assert_eq!(courses().await, [3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_says_what_holds_now() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _store) = prepare(&folder).await;
    let said = |arguments: &[&str]| {
        let output = run(&database, arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert!(said(&["sms", "budget"]).contains("the budget is 20000 codes a day, by SMS_SHOP_DAY"));
    assert!(
        said(&["sms", "budget", "--sms-shop-day", "40000"])
            .contains("the budget is 40000 codes a day, by SMS_SHOP_DAY")
    );
    assert!(
        said(&["sms", "budget", "7", "--keep"])
            .contains("the budget is 7 codes a day, until it is changed")
    );

    let banner = [
        "banner",
        "add",
        "--title",
        "t",
        "--image",
        "banner/rush.png",
        "--link",
        "/",
        "--info",
        "i",
    ];
    assert_eq!(
        said(&banner),
        "banner 4 is added: 3 stand before it, and the home page has the first BANNER_COUNT of all (5 by default)"
    );
    let mut dead_end = banner;
    dead_end[7] = "/en/courses/404?from=banner";
    assert!(said(&dead_end).ends_with("; its link leads to course 404, which is not there"));
    dead_end[7] = "/courses/1";
    assert!(said(&dead_end).ends_with("(5 by default)"));
    said(&["banner", "hide", "1"]);
    assert!(
        said(&["banner", "show", "4"])
            .starts_with("banner 4 is no longer hidden: 2 stand before it")
    );
    assert_eq!(
        said(&["banner", "show", "1"]),
        "banner 1 is no longer hidden: it is the first one"
    );

    let sale = |opens: &str, closes: &str| {
        said(&[
            "sale", "create", "--course", "2", "--price", "9.90", "--stock", "7", "--yes",
            "--opens", opens, "--closes", closes,
        ]);
    };
    sale("2025-11-22T20:00:00+08:00", "+60");
    sale("now", "+60");
    sale("2099-11-22T20:00:00+08:00", "+60");
    for (number, what) in [
        (
            "1",
            "sale 1 is not paused, but it closed at 2025-11-22 21:00 (UTC+8): nobody can click",
        ),
        ("2", "sale 2 goes on"),
        (
            "3",
            "sale 3 is not paused: it opens at 2099-11-22 20:00 (UTC+8)",
        ),
    ] {
        said(&["sale", "pause", number]);
        assert_eq!(said(&["sale", "resume", number]), what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_knows_a_server_that_runs_from_another_program() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    store.close().await.expect("close");
    let server = PROGRAM.serve(folder.path(), &database).await;
    let said = |address: SocketAddr, metrics: SocketAddr| {
        let (address, metrics) = (address.to_string(), metrics.to_string());
        let output = run(
            &database,
            &["doctor", "--listen", &address, "--metrics-listen", &metrics],
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let report = said(server.address, server.metrics);
    for (what, address) in [
        ("LISTEN", server.address),
        ("METRICS_LISTEN", server.metrics),
    ] {
        assert!(
            report.contains(&format!(
                "ok     {what}: {address} is taken, and a server of qiangke"
            )),
            "{report}"
        );
    }
    assert!(
        report.contains("ok     given: DATABASE_URL, --listen, --metrics-listen; all others"),
        "{report}"
    );
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = other.local_addr().expect("an address");
    let report = said(taken, *reserve());
    assert!(
        report.contains(&format!(
            "WRONG  LISTEN: {taken} is taken, and no server of qiangke answers"
        )),
        "{report}"
    );
}

/// The tables of a database.
async fn tables(database: &TestDatabase) -> Vec<String> {
    let sql = if is_postgres() {
        "select table_name::text from information_schema.tables where table_schema = 'public' order by 1"
    } else {
        "select name from sqlite_master order by 1"
    };
    database.texts(sql).await
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names
        .map(|name| name.into_string().expect("UTF-8"))
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_leaves_a_database_alone_that_it_did_not_make() {
    for made in [
        "create table luffy_course (id integer); create table django_migrations (id integer)",
        "create table course (id integer)",
        "create view course as select 1 as id",
        "create table course (id integer); create table _sqlx_migrations (version bigint primary key, checksum text)",
        "create table _sqlx_migrations (version bigint primary key, description text not null, installed_on timestamp, \
         success boolean not null, checksum BYTES not null, execution_time bigint not null); \
         insert into _sqlx_migrations values (1, 'x', null, true, BYTE, 1)",
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("shop.db");
        if !is_postgres() {
            fs::write(&file, "").expect("an empty file");
        }
        let database = TestDatabase::new(folder.path()).await;
        database
            .execute(
                &made
                    .replace("BYTES", if is_postgres() { "bytea" } else { "blob" })
                    .replace("BYTE", &database.literal(&[1])),
            )
            .await;
        let (tables_before, files_before, bytes) = (
            tables(&database).await,
            files(folder.path()),
            fs::read(&file).ok(),
        );
        for command in ["migrate", "audit"] {
            let refused = run(&database, &[command]);
            assert_eq!(refused.status.code(), Some(1), "{made}");
            assert!(
                complaint(&refused).contains("not made by any qiangke"),
                "{made}: {refused:?}"
            );
        }
        assert_eq!(tables(&database).await, tables_before);
        assert_eq!(
            (files(folder.path()), fs::read(&file).ok() == bytes),
            (files_before, true),
            "{made}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_leaves_nothing_beside_a_file_of_another_program() {
    if is_postgres() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("notes.txt"), "bread, milk").expect("a file");
    fs::write(at("other.db"), "").expect("a file");
    let other = TestDatabase::file(&at("other.db"));
    other.execute("create table notes (id integer)").await;
    fs::write(at("twice.db"), "").expect("a file");
    fs::hard_link(at("twice.db"), at("again.db")).expect("a second name");
    let before = files(folder.path());
    for name in ["notes.txt", "other.db", "twice.db"] {
        let refused = PROGRAM.refused(folder.path(), &TestDatabase::file(&at(name)));
        assert!(!refused.status.success(), "{refused:?}");
        assert_eq!(files(folder.path()), before, "{name}");
        let audited = run(&TestDatabase::file(&at(name)), &["audit"]);
        let length = fs::metadata(at("twice.db")).expect("a file").len();
        assert!(!audited.status.success() && length == 0, "{audited:?}");
        let migrated = run(&TestDatabase::file(&at(name)), &["migrate"]);
        let is_text = name == "notes.txt";
        for output in [refused, migrated].iter().filter(|_| is_text) {
            assert!(
                complaint(output).contains("it is no database of SQLite"),
                "{output:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_tells_of_the_file_that_was_open_and_of_none_that_it_made() {
    use std::os::unix::fs::PermissionsExt;
    let Some((folder, database)) = prepare_file().await else {
        return;
    };
    let file = folder.path().join("shop.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
    let done = run(&database, &["migrate"]);
    let said = complaint(&done);
    assert!(done.status.success(), "{said}");
    assert_eq!(said.matches("was open to every user").count(), 1, "{said}");
    assert!(!said.contains("-wal") && !said.contains("-shm"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_fills_an_empty_database_and_looks_at_its_own_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    if !is_postgres() {
        fs::write(folder.path().join("shop.db"), "").expect("an empty file");
    }
    let database = TestDatabase::new(folder.path()).await;
    for _ in 0..2 {
        let done = run(&database, &["migrate"]);
        assert!(done.status.success(), "{done:?}");
    }
    // What an operator adds does not make it another's.
    database.execute("create table notes (id integer)").await;
    assert!(run(&database, &["migrate"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banner_that_can_not_be_shown_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _store) = prepare(&folder).await;
    let before = database.numbers("select count(*) from banner").await;
    let long = "长".repeat(65);
    for (title, image, link, info) in [
        ("", "banner/rush.png", "/courses", "i"),
        ("\u{200b}", "banner/rush.png", "/courses", "i"),
        (long.as_str(), "banner/rush.png", "/courses", "i"),
        ("a\nb", "banner/rush.png", "/courses", "i"),
        ("a\u{1b}[31m", "banner/rush.png", "/courses", "i"),
        ("t", "", "/courses", "i"),
        ("t", "/media/banner/rush.png", "/courses", "i"),
        ("t", "banner/../../x.png", "/courses", "i"),
        ("t", "https://evil.example/x.png", "/courses", "i"),
        ("t", "banner/rush.png", "//evil.example/", "i"),
        ("t", "banner/rush.png", "javascript:alert(1)", "i"),
        ("t", "banner/rush.png", "ftp://shop.example", "i"),
        ("t", "banner/rush.png", "", "i"),
        ("t", "banner/rush.png", "/courses", " "),
    ] {
        let refused = run(
            &database,
            &[
                "banner", "add", "--title", title, "--image", image, "--link", link, "--info", info,
            ],
        );
        assert_eq!(
            refused.status.code(),
            Some(1),
            "{title:?} {image:?} {link:?} {info:?}"
        );
        assert!(
            complaint(&refused).starts_with("qiangke: --"),
            "{refused:?}"
        );
    }
    assert_eq!(
        database.numbers("select count(*) from banner").await,
        before
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_looks_like_a_slip_is_asked_back_about() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _store) = prepare(&folder).await;
    let create = |more: &[&str]| {
        run(
            &database,
            &[&["sale", "create", "--course", "2", "--stock", "5"], more].concat(),
        )
    };
    let slips: [&[&str]; 5] = [
        &["--price", "9.90", "--opens", "2025-11-22T20:00:00+08:00"],
        &[
            "--price",
            "9.90",
            "--opens",
            "2025-11-22T20:00:00+08:00",
            "--closes",
            "2099-11-22T20:00:00+08:00",
        ],
        &["--price", "9.90", "--opens", "2099-11-22T20:00:00+08:00"],
        &["--price", "9.90", "--closes", "+99999999"],
        &["--price", "0.09"],
    ];
    for slip in slips {
        let refused = create(slip);
        assert!(
            refused.status.code() == Some(1) && complaint(&refused).contains("--yes"),
            "{slip:?}: {refused:?}"
        );
    }
    assert_eq!(database.numbers("select count(*) from sale").await, [0]);
    for slip in slips {
        assert!(
            create(&[slip, &["--yes"]].concat()).status.success(),
            "{slip:?}"
        );
    }
    assert_eq!(database.numbers("select count(*) from sale").await, [5]);
    // What can be no sale is none, whoever says yes.
    let backwards = [
        "--price",
        "9.90",
        "--opens",
        "2099-11-22T20:00:00+08:00",
        "--closes",
        "2099-11-22T19:00:00+08:00",
        "--yes",
    ];
    for (wrong, what) in [
        (&["--price", "9.999", "--yes"][..], "two decimals"),
        (&["--price", "10000", "--yes"], "0 to 9999.99"),
        (
            &["--price", "9.90", "--closes", "+0", "--yes"],
            "must be later",
        ),
        (
            &["--price", "9.90", "--closes", "+-5", "--yes"],
            "write minutes after the opening like +60",
        ),
        (&backwards, "must be later"),
    ] {
        let refused = create(wrong);
        assert!(
            refused.status.code() == Some(1) && complaint(&refused).contains(what),
            "{wrong:?}: {refused:?}"
        );
    }
    let empty = run(
        &database,
        &[
            "sale", "create", "--course", "2", "--price", "9.90", "--stock", "0", "--yes",
        ],
    );
    assert!(
        !empty.status.success() && complaint(&empty).contains("sold out as it opens"),
        "{empty:?}"
    );
    let over = database.numbers("select min(id) from sale").await[0].to_string();
    let refused = run(&database, &["sale", "restock", &over, "3"]);
    assert!(
        !refused.status.success() && complaint(&refused).contains("--yes"),
        "{refused:?}"
    );
    assert!(
        run(&database, &["sale", "restock", &over, "3", "--yes"])
            .status
            .success()
    );
    assert!(run(&database, &["audit"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_is_created_twice_is_asked_back_about() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _store) = prepare(&folder).await;
    let create = |course: &str, more: &[&str]| {
        let line = [
            "sale", "create", "--course", course, "--price", "9.90", "--stock", "5",
        ];
        run(&database, &[&line, more].concat())
    };
    assert!(create("2", &[]).status.success());
    let again = create("2", &[]);
    assert!(
        again.status.code() == Some(1)
            && complaint(&again).contains("sale 1 of this course is on then, too"),
        "{again:?}"
    );
    assert!(create("3", &[]).status.success(), "another course");
    let later = create("2", &["--opens", "2027-06-01T20:00:00+08:00"]);
    assert!(
        later.status.success(),
        "another time, after the first one: {later:?}"
    );
    assert!(create("2", &["--yes"]).status.success());
    let half_past = create("3", &["--closes", "30"]);
    assert!(
        complaint(&half_past).contains("minutes after the opening, like +30"),
        "{half_past:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_that_nobody_sees_is_not_sold_without_a_word() {
    let app = TestApp::start().await;
    app.database
        .execute("update course set is_show = false where id = 2")
        .await;
    let create = [
        "sale", "create", "--course", "2", "--price", "9.90", "--stock", "5",
    ];
    let refused = run(&app.database, &create);
    assert!(
        !refused.status.success() && complaint(&refused).contains("is not shown"),
        "{refused:?}"
    );
    let refused = run(
        &app.database,
        &[
            "sale", "create", "--course", "999", "--price", "9.90", "--stock", "5", "--yes",
        ],
    );
    assert!(
        !refused.status.success() && complaint(&refused).contains("there is no course 999"),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_hides_a_sale_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let sale = open_sale(&store).await;
    let dump = folder.path().join("hide.sql");
    let dump = dump.to_str().expect("UTF-8");
    let hiding = |course: i64| {
        let sql = format!("INSERT INTO luffy_course (id, is_show) VALUES ({course}, 0);");
        fs::write(dump, sql).expect("a file");
    };
    let said = |arguments: &[&str]| {
        let output = run(&database, arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    hiding(1);
    let other = said(&["import", dump, "--update"]);
    assert!(!other.contains("students"), "{other}");
    hiding(2);
    let would = said(&["import", dump, "--update", "--dry-run"]);
    assert!(
        would.contains(&format!("students would no longer see sale {sale} of ")),
        "{would}"
    );
    let did = said(&["import", dump, "--update"]);
    assert!(
        did.contains(&format!("students no longer see sale {sale} of ")),
        "{did}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_whole_by_itself_once_a_command_has_ended() {
    let Some((folder, database)) = prepare_file().await else {
        return;
    };
    for arguments in [
        &["migrate"][..],
        &["sale", "list"],
        &[
            "sale",
            "create",
            "--course=2",
            "--price=9.90",
            "--stock=1",
            "--yes",
        ],
        &["banner", "list"],
        &["audit"],
        &["key", "list"],
    ] {
        let output = run(&database, arguments);
        assert!(output.status.success(), "{}", complaint(&output));
        let beside: Vec<_> = files(folder.path())
            .into_iter()
            .filter(|name| name.ends_with("-wal") || name.ends_with("-shm"))
            .collect();
        assert_eq!(beside, [""; 0], "after {arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_can_not_be_is_said_by_its_name() {
    let Some((_folder, database)) = prepare_file().await else {
        return;
    };
    for (arguments, why) in [
        (&["order", "list", "--sale=99"][..], "there is no sale 99"),
        (&["backup", "-"], "name a file"),
        (&["sale", "restock", "1", "0"], "a number of seats from 1"),
        (&["sale", "restock", "x", "1"], "in digits alone, like 30"),
        (&["backup", "/dev/null/copy.db"], "/dev/null is a file"),
        (&["sale", "restock", "1", "-1"], "a number of seats from 1"),
        (
            &["sale", "create", "--course=2", "--price", "-1", "--stock=1"],
            "--price \"-1\"",
        ),
        (
            &["sale", "create", "--course=2", "--price=1", "--stock", "-1"],
            "a number of seats from 1",
        ),
        (
            &["sale", "pause", "99999999999999999999"],
            "write a smaller number",
        ),
        (&["sale", "pause", "-1"], "there is no sale -1"),
        (
            &["order", "list", "--sale=1", "--limit", "-5"],
            "-5 is not in",
        ),
        (&["doctor", "--session-days", "-1"], "-1 is not in 1..=365"),
        (
            &["member", "grant", "13800000001", "--until", "9999-12-31"],
            "the last day that can be said is 9999-12-30",
        ),
        (
            &["member", "grant", "13800000001", "--until=20270-01-01"],
            "to 9999-12-30",
        ),
        (
            &["member", "grant", "13800000001", "--until=2027-02-30"],
            "a day that there is",
        ),
        (&["rush", "--students", "2k"], "in digits alone, like 30"),
        (&["doctor", "--sms-shop-day=20,000"], "like 20000"),
        (&["doctor", "--session-days=30d"], "like 30"),
        (&["serve", "--listen=23020"], "like 127.0.0.1:23020 or"),
        (&["serve", "--listen=localhost"], "like 127.0.0.1:3000 or"),
        (
            &["serve", "--listen=localhost:23020"],
            "like 127.0.0.1:23020",
        ),
        (
            &[
                "sale",
                "create",
                "--course=2",
                "--price=1",
                "--stock=1",
                "--closes=+60m",
            ],
            "like +60, or a time like",
        ),
        (
            &["import", "a\u{1b}[31m\n.sql"],
            "a\\u{1b}[31m\\n.sql can't be read",
        ),
        (
            &["import", "a.sql", "b\u{1b}[31m.sql"],
            "unexpected argument 'b\\u{1b}[31m.sql'",
        ),
        (
            &[
                "banner",
                "add",
                "--title=x",
                "--info=x",
                "--link=/courses",
                "--image=media/banner/rush.png",
            ],
            "a path below /media/",
        ),
    ] {
        let output = run(&database, arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(complaint(&output).contains(why), "{}", complaint(&output));
    }
    let output = run(&database, &["backup", "-"]);
    assert!(!output.status.success() && !Path::new("-").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_goes_on_after_a_check_that_fails() {
    let Some((_folder, database)) = prepare_file().await else {
        return;
    };
    database.execute("drop table orders").await;
    let output = run(&database, &["doctor"]);
    let report = String::from_utf8_lossy(&output.stdout);
    for line in [
        "WRONG  audit: a defect at the database",
        "ok     catalogue",
        "CONNECTIONS_MAX",
        " METRICS_LISTEN",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
    assert!(complaint(&output).contains("not right"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_pictures_that_the_site_lacks() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let pictures = store.pictures().await.expect("pictures");
    make_site(folder.path());
    let site = folder.path().join("site");
    let flag = format!("--site-root={}", site.display());
    let said = || {
        let output = run(&database, &["doctor", &flag]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for picture in &pictures {
        let file = site.join("media").join(picture);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        fs::write(file, "x").expect("a picture");
    }
    let report = said();
    assert!(report.contains("ok     pictures: "), "{report}");
    fs::remove_file(site.join("media").join(&pictures[0])).expect("it is there");
    let report = said();
    let note = format!(
        "note   1 picture that is shown is not there below media/ in LEPTOS_SITE_ROOT: {}\n",
        pictures[0]
    );
    assert!(report.contains(&note), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_that_is_no_file_is_refused_and_left_as_it_is() {
    let Some((folder, database)) = prepare_file().await else {
        return;
    };
    let open = folder.path().join("everybody's");
    fs::create_dir(&open).expect("a folder");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("its mode");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    fs::set_permissions(&pipe, fs::Permissions::from_mode(0o666)).expect("its mode");
    make_site(folder.path());
    let site = format!("--site-root={}", folder.path().join("site").display());
    let file = folder.path().join("shop.db");
    for (path, why) in [
        (&open, "is a folder"),
        (&pipe, "is no file"),
        (&file, "the database's own file"),
    ] {
        let before = fs::metadata(path).expect("it is there").mode();
        let outbox = format!("--sms-outbox={}", path.display());
        let output = run(
            &database,
            &[
                "serve",
                "--listen=127.0.0.1:0",
                "--metrics-listen=127.0.0.1:0",
                &site,
                &outbox,
            ],
        );
        assert!(!output.status.success());
        assert!(complaint(&output).contains(why), "{}", complaint(&output));
        assert_eq!(fs::metadata(path).expect("it is there").mode(), before);
    }
    let beside = format!("--sms-outbox={}-wal", file.display());
    let output = run(
        &database,
        &[
            "serve",
            "--listen=127.0.0.1:0",
            "--metrics-listen=127.0.0.1:0",
            &site,
            &beside,
        ],
    );
    assert!(
        complaint(&output).contains("the database's own file"),
        "{}",
        complaint(&output)
    );
    let output = run(&TestDatabase::file(&open), &["audit"]);
    assert!(
        complaint(&output).contains("is a folder"),
        "{}",
        complaint(&output)
    );
    // None of these starts served anybody.
    let output = run(
        &database,
        &[
            "serve",
            "--listen=127.0.0.1:0",
            "--metrics-listen=127.0.0.1:0",
            "--site-root=nowhere",
        ],
    );
    assert!(
        !complaint(&output).contains("did not end in order"),
        "{}",
        complaint(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_makes_nothing() {
    let Some((folder, database)) = prepare_file().await else {
        return;
    };
    let outbox = folder.path().join("new/outbox.jsonl");
    let flag = format!("--sms-outbox={}", outbox.display());
    let output = run(&database, &["doctor", &flag]);
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(report.contains("ok     sms"), "{report}");
    assert!(!folder.path().join("new").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_thing_is_not_called_as_many_are() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let sale = open_sale(&store).await.to_string();
    for (seats, said) in [("1", "1 more seat\n"), ("2", "2 more seats\n")] {
        let output = run(&database, &["sale", "restock", &sale, seats]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.ends_with(said), "{text}");
    }
    let output = run(
        &database,
        &[
            "sale", "create", "--course", "2", "--price", "9.90", "--stock", "1", "--yes",
        ],
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains(": 1 seat at 9.90"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_somebody_else_writes_to_is_called_so() {
    let Some((_folder, database)) = prepare_file().await else {
        return;
    };
    let held = database.hold().await;
    let output = run(&database, &["sms", "budget", "7"]);
    held.release().await;
    let said = complaint(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("try again in a moment"), "{said}");
}
