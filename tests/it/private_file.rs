//! Files that the program makes are their owner's alone.

use crate::PROGRAM;
use std::{os::unix::fs::PermissionsExt, path::Path, process::Command};
use support::{
    database::{TestDatabase, setting},
    setup::{config, make_site},
};

#[tokio::test(flavor = "multi_thread")]
async fn files_are_their_owner_s_alone() {
    if setting("QIANGKE_TEST_ENGINE").as_deref() == Some("postgres") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    make_site(folder.path());
    let data = folder.path().join("data/shop");
    let database = TestDatabase::file(&data.join("shop.db"));
    let run = |command: &str| {
        let line = format!("umask 022; exec \"$0\" {command} --database-url \"$1\"");
        let output = Command::new("sh")
            .args(["-c", &line, PROGRAM.path(), &database.url])
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        said
    };
    run("migrate");
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        [mode(&data), mode(data.parent().expect("a folder"))],
        [0o700; 2]
    );
    let server = PROGRAM.serve(folder.path(), &database).await;
    let files: Vec<_> = std::fs::read_dir(&data)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(
        files.len(),
        4,
        "{files:?}: the file, its log, the log's index, the lock"
    );
    for path in files
        .iter()
        .chain([&config(folder.path(), &database, &[]).sms.outbox])
    {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
    drop(server);

    // What an earlier version made, or an operator, is closed; the group's rights are left alone.
    let (file, outbox) = (data.join("shop.db"), folder.path().join("outbox.jsonl"));
    let open = |path: &Path| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).expect("opened");
    };
    open(&file);
    open(&outbox);
    let doctor = PROGRAM
        .command()
        .args(["doctor", "--database-url", &database.url, "--sms-outbox"])
        .arg(&outbox)
        .output()
        .expect("it runs");
    let found = String::from_utf8_lossy(&doctor.stdout);
    assert!(
        found.contains("WRONG  files: every user of this machine may read or write"),
        "{found}"
    );
    assert!(
        found.contains("shop.db,") && found.contains("outbox.jsonl:"),
        "{found}"
    );
    let heard = run("migrate");
    assert!(heard.contains("shop.db was open to every user"), "{heard}");
    assert_eq!([mode(&file), mode(&outbox)], [0o640, 0o644]);
    // Whoever may write a file needs no right to read it.
    for bit in [0o001, 0o002, 0o004] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600 | bit))
            .expect("opened");
        run("migrate");
        assert_eq!(mode(&file), 0o600, "{bit:o}");
    }
    let _server = PROGRAM.serve(folder.path(), &database).await;
    assert_eq!(mode(&outbox), 0o640);
}
