//! The log of the program as an operator has it: bounded in length and number, and never waited
//! for, whatever becomes of its reader.

use crate::PROGRAM;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader, Read},
    process::Stdio,
    time::{Duration, Instant},
};
use support::{
    http::{client, metrics},
    process::Server,
    setup::prepare,
};

/// Bytes of a line at most, and some for its end.
const LINE_MAX: usize = 4_096 + 64;
/// How long a shop gets to answer, and a log to flow.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks so often that the lines of it fit into no pipe (64 KB).
async fn ask_a_lot(server: &Server) {
    let client = client().timeout(PATIENCE).build().expect("client");
    for _ in 0..1_500 {
        let answer = client
            .get(format!("http://{}/robots.txt", server.address))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }
}

/// What a metric without labels counts.
async fn counted(server: &Server, name: &str) -> u64 {
    let text = metrics(server.metrics).await;
    let count = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    count.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_stops_nothing_and_says_later_what_was_lost() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _) = prepare(&folder).await;
    let mut server = PROGRAM
        .serve_logging(
            folder.path(),
            &database,
            &["--log", "debug"],
            Stdio::piped(),
        )
        .await;
    let log = server.log();
    ask_a_lot(&server).await;
    let dropped = counted(&server, "qiangke_log_lines_dropped_total").await;
    assert!(dropped > 0, "the pipe and the queue are full");
    // Its reader goes on: lines flow, and one of them says how many are missing.
    let told = tokio::task::spawn_blocking(move || {
        let lines = BufReader::new(log).lines().map_while(Result::ok);
        lines
            .into_iter()
            .any(|line| line.contains("log lines were dropped"))
    });
    assert!(
        tokio::time::timeout(PATIENCE, told)
            .await
            .expect("in time")
            .expect("a reader")
    );
    server.terminate();
    assert!(server.ended().await.success(), "an orderly end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_ends_in_order_while_nobody_reads_its_log() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _) = prepare(&folder).await;
    let mut server = PROGRAM
        .serve_logging(
            folder.path(),
            &database,
            &["--log", "debug"],
            Stdio::piped(),
        )
        .await;
    let _unread = server.log();
    ask_a_lot(&server).await;
    server.terminate();
    assert!(server.ended().await.success(), "an orderly end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_changes_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _) = prepare(&folder).await;
    let full = || {
        Stdio::from(
            OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .expect("a full disk"),
        )
    };
    for (what, log) in [("a closed pipe", Stdio::piped()), ("a full disk", full())] {
        let is_pipe = what == "a closed pipe";
        let mut server = PROGRAM
            .serve_logging(folder.path(), &database, &["--log", "debug"], log)
            .await;
        if is_pipe {
            drop(server.log());
        }
        ask_a_lot(&server).await;
        assert!(
            counted(&server, "qiangke_log_lines_dropped_total").await > 0,
            "{what}"
        );
        server.terminate();
        assert!(server.ended().await.success(), "{what}: an orderly end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_start_says_so_by_its_status_even_without_a_reader() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _) = prepare(&folder).await;
    let full = OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("a full disk");
    let status = PROGRAM.refused_logging(
        folder.path(),
        &database,
        &["--lessons-dir", "no-such-folder"],
        full.into(),
    );
    assert_eq!(status.code(), Some(1));
}

/// All lines of a server that is asked something, and then ends.
async fn lines(flags: &[&str], visit: impl AsyncFnOnce(&Server)) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _) = prepare(&folder).await;
    let mut server = PROGRAM
        .serve_logging(folder.path(), &database, flags, Stdio::piped())
        .await;
    let mut log = server.log();
    let reader = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).expect("UTF-8");
        text
    });
    visit(&server).await;
    server.terminate();
    assert!(server.ended().await.success());
    reader
        .await
        .expect("the log")
        .lines()
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_warning_of_the_settings_stands_in_the_log_of_a_start() {
    let flags = [
        "--public-url",
        "https://shop.example",
        "--trusted-proxies",
        "0.0.0.0/0",
        "--tencent-secret-key",
        "secret",
    ];
    // Those of the texts about the shop's operator and of Tencent's key without Tencent are there, too.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _) = prepare(&folder).await;
    let mut doctor = PROGRAM.command();
    let doctor = doctor
        .arg("doctor")
        .args(flags)
        .args(["--database-url", &database.url])
        .arg("--sms-outbox")
        .arg(folder.path().join("outbox.jsonl"))
        .env_clear();
    let doctor = doctor.output().expect("it runs");
    let doctor = String::from_utf8(doctor.stdout).expect("UTF-8");
    let mut notes: Vec<_> = doctor
        .lines()
        .filter_map(|line| line.strip_prefix("note"))
        .map(str::trim)
        .collect();
    // A server says nothing of what only a doctor looks at.
    notes.retain(|note| !note.starts_with("nobody can pay"));
    assert_eq!(notes.len(), 5, "{doctor}");
    let mut server = PROGRAM
        .serve_logging(folder.path(), &database, &flags, Stdio::piped())
        .await;
    let log = BufReader::new(server.log());
    // What a start has to say stands before the line that it serves.
    let start = tokio::task::spawn_blocking(move || {
        let lines = log.lines().map_while(Result::ok);
        lines
            .take_while(|line| !line.contains("qiangke serves at"))
            .collect::<Vec<_>>()
    });
    let lines = tokio::time::timeout(PATIENCE, start)
        .await
        .expect("in time")
        .expect("a reader");
    for note in notes {
        assert!(
            lines.iter().any(|line| line.contains(note)),
            "{note:?} is not said: {lines:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_of_the_same_moment_are_both_said() {
    // The first code is half of the day, and all that strangers may have of it.
    let lines = lines(&["--sms-shop-day", "2"], async |server: &Server| {
        let url = format!("http://{}/api/v1/user/send_sms/", server.address);
        let answer = client()
            .build()
            .expect("client")
            .post(url)
            .json(&json!({"mobile": "13800000001"}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    })
    .await;
    for (part, percent) in [("all", 50), ("strangers", 100)] {
        let is_said = |line: &&String| {
            line.contains(&format!("\"{part}\"")) && line.contains(&format!("percent={percent}"))
        };
        assert_eq!(lines.iter().filter(is_said).count(), 1, "{part}: {lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_a_request_have_its_id_with_the_fast_path_and_without() {
    for fast_path in ["true", "false"] {
        let flags = ["--log", "debug", "--fast-path", fast_path];
        let lines = lines(&flags, async |server| {
            let request = client()
                .build()
                .expect("client")
                .get(format!("http://{}/boot.js?hidden", server.address));
            let answer = request.header("x-request-id", "id-of-a-file").send().await;
            assert_eq!(answer.expect("an answer").status(), StatusCode::OK);
        })
        .await;
        let span = r#"request{method=GET path="/boot.js" id="id-of-a-file"}"#;
        let own: Vec<_> = lines.iter().filter(|line| line.contains(span)).collect();
        for word in ["asked", "answered status=200"] {
            let with_word = own.iter().filter(|line| line.contains(word));
            assert_eq!(with_word.count(), 1, "{fast_path}, {word}: {lines:?}");
        }
        assert!(lines.iter().all(|line| !line.contains("hidden")));
    }
}

/// Requests with as much of everything as a head may have.
async fn ask_at_length(server: &Server) {
    let client = client().build().expect("client");
    for (path, id) in [
        ("no-such-page".repeat(900), "short".to_owned()),
        ("courses".into(), "i\"\\".repeat(2_000)),
    ] {
        let url = format!("http://{}/{path}", server.address);
        let answer = client
            .get(url)
            .header("x-request-id", id)
            .send()
            .await
            .expect("an answer");
        assert!(answer.status().as_u16() < 500);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_json_is_json_and_bounded_whatever_a_request_has() {
    let lines = lines(&["--log", "debug", "--log-format", "json"], ask_at_length).await;
    assert!(lines.len() > 2, "{lines:?}");
    for line in lines {
        assert!(
            line.len() <= LINE_MAX,
            "{} bytes: {}",
            line.len(),
            &line[..200]
        );
        let parsed: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(
            parsed["level"].is_string() && parsed["timestamp"].is_string(),
            "{line}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_for_people_is_bounded_and_has_no_colours_where_there_is_no_terminal() {
    let lines = lines(&["--log", "debug"], ask_at_length).await;
    assert!(
        lines.iter().any(|line| line.contains("no-such-page")),
        "{lines:?}"
    );
    for line in lines {
        assert!(
            line.len() <= LINE_MAX,
            "{} bytes: {}",
            line.len(),
            &line[..200]
        );
        assert!(!line.contains('\u{1b}'), "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_are_a_burst_and_then_a_line_a_second_that_says_how_many_it_stands_for() {
    const WRONG: u64 = 300;
    /// Lines that a place may write at once.
    const BURST: u64 = 16;
    let since = Instant::now();
    let lines = lines(
        &["--log", "info", "--log-format", "json"],
        async |server: &Server| {
            let client = client().build().expect("client");
            let url = format!("http://{}/api/v1/user/login_sms/", server.address);
            for _ in 0..WRONG {
                let wrong = json!({"mobile": "13800000001", "code": "000000"});
                client
                    .post(&url)
                    .json(&wrong)
                    .send()
                    .await
                    .expect("an answer");
            }
            // By then the place may write again, and says what was left out.
            tokio::time::sleep(Duration::from_millis(1_100)).await;
            client
                .post(&url)
                .json(&json!({"mobile": "13800000001", "code": "000000"}))
                .send()
                .await
                .expect("an answer");
        },
    )
    .await;
    let seconds = since.elapsed().as_secs() + 1;
    let told: Vec<Value> = lines
        .iter()
        .filter(|line| line.contains("not signed in"))
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(
        (BURST + 1..=BURST + seconds).contains(&(told.len() as u64)),
        "{} lines in {seconds} s",
        told.len()
    );
    let left_out: u64 = told
        .iter()
        .filter_map(|line| line["left_out"].as_u64())
        .sum();
    assert_eq!(told.len() as u64 + left_out, WRONG + 1);
}
