//! What the shop keeps in memory, and that strangers can't make more of it.

use crate::PROGRAM;
use reqwest::StatusCode;
use serde_json::json;
use std::{collections::BTreeSet, net::SocketAddr, process::Stdio, time::Duration};
use support::{app::TestApp, setup::prepare, source::sources};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// How long a test waits for answers.
const PATIENCE: Duration = Duration::from_secs(120);
/// The page cache of these tests.
const CACHE_MB: usize = 4;
/// What the program may take beside it: connections, queues, and what the allocator keeps.
const SLACK_MB: usize = 48;

/// Sends each of these targets once, in both languages, on one connection.
async fn flood(address: SocketAddr, targets: Vec<String>) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let (mut from, mut to) = stream.split();
    let last = targets.len() * 2 - 1;
    let send = async {
        for (number, (target, lang)) in targets
            .iter()
            .flat_map(|target| ["zh", "en"].map(|lang| (target, lang)))
            .enumerate()
        {
            let end = if number == last {
                "connection: close\r\n"
            } else {
                ""
            };
            let request =
                format!("GET {target} HTTP/1.1\r\nhost: x\r\naccept-language: {lang}\r\n{end}\r\n");
            to.write_all(request.as_bytes()).await.expect("sent");
        }
    };
    let mut answers = Vec::new();
    let ((), read) = tokio::join!(
        send,
        tokio::time::timeout(PATIENCE, from.read_to_end(&mut answers))
    );
    read.expect("in time").expect("the answers");
    let count = answers
        .windows(9)
        .filter(|bytes| bytes == b"HTTP/1.1 ")
        .count();
    assert!(count >= targets.len() * 2, "{count} answers");
}

/// How many MB a server's memory grows while strangers ask for each of these targets.
async fn growth_mb(target: impl Fn(usize) -> String, count: usize) -> usize {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _) = prepare(&folder).await;
    let flags = ["--log", "warn", "--page-cache-mb", &CACHE_MB.to_string()];
    let server = PROGRAM
        .serve_logging(folder.path(), &database, &flags, Stdio::inherit())
        .await;
    flood(server.address, (0..20).map(&target).collect()).await;
    let before = server.memory();
    let numbers: Vec<_> = (20..20 + count).collect();
    let mut clients = JoinSet::new();
    for numbers in numbers.chunks(count / 4) {
        clients.spawn(flood(
            server.address,
            numbers.iter().map(|number| target(*number)).collect(),
        ));
    }
    clients.join_all().await;
    (server.memory().saturating_sub(before)) >> 20
}

#[tokio::test(flavor = "multi_thread")]
async fn long_spellings_of_one_address_are_not_kept() {
    let target =
        |number: usize| format!("/api/v1/course/category/?{}", "&".repeat(11_000 + number));
    let growth = growth_mb(target, 4_000).await;
    assert!(growth <= CACHE_MB + SLACK_MB, "{growth} MB");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_paths_of_one_page_are_not_kept() {
    let target = |number: usize| format!("/courses/{}1", "0".repeat(11_000 + number));
    let growth = growth_mb(target, 1_000).await;
    assert!(growth <= CACHE_MB + SLACK_MB, "{growth} MB");
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_that_nobody_repeats_take_what_the_setting_says() {
    let target =
        |number: usize| format!("/api/v1/course/actual/?search=nothing-is-called-{number}");
    let growth = growth_mb(target, 3_000).await;
    assert!(growth <= CACHE_MB + SLACK_MB, "{growth} MB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_is_not_there_takes_no_memory() {
    let app = TestApp::start().await;
    let sale = app.open_sale(1).await;
    let student = app.student("13800000001").await;
    student.read("user/me/").await;
    // What would make a desk needs the database, which is away now.
    app.store().close().await.expect("close");
    let status = async |sale: i64| student.write("user/sckill/", json!({"sale": sale})).await.0;
    assert_eq!(status(sale.0).await, StatusCode::SERVICE_UNAVAILABLE);
    for nobody_s in [0, sale.0 + 1, i64::MAX] {
        assert_ne!(
            status(nobody_s).await,
            StatusCode::SERVICE_UNAVAILABLE,
            "sale {nobody_s}"
        );
    }
}

/// A map, cache or queue that outlives a request: the file, the field or type, what its keys are
/// made of and what bounds them, and the test that holds it.
type Kept = (&'static str, &'static str, &'static str, &'static str);

/// All of them in what serves the shop. docs/notes/memory.md says how many bytes each may take.
const KEPT: &[Kept] = &[
    (
        "cache.rs",
        "banners",
        "rows that operators wrote",
        "an_older_read_replaces_nothing_and_only_a_difference_is_an_edition",
    ),
    (
        "cache.rs",
        "categories",
        "rows that operators wrote",
        "an_older_read_replaces_nothing_and_only_a_difference_is_an_edition",
    ),
    (
        "cache.rs",
        "sales",
        "rows that operators wrote",
        "an_older_read_replaces_nothing_and_only_a_difference_is_an_edition",
    ),
    (
        "http/assets.rs",
        "files",
        "files of the built site, SITE_MAX",
        "a_site_that_is_too_large_is_refused",
    ),
    (
        "http/response_cache.rs",
        "LastGood",
        "addresses, PAGE_CACHE_MB",
        "keys_count_and_the_setting_is_the_limit",
    ),
    (
        "http/response_cache.rs",
        "fresh",
        "addresses, PAGE_CACHE_MB",
        "searches_that_nobody_repeats_take_what_the_setting_says",
    ),
    (
        "http/connection_limit.rs",
        "connections",
        "open connections, CONNECTIONS_MAX",
        "an_address_has_its_share_and_gets_it_back",
    ),
    (
        "http/connection_limit.rs",
        "holders",
        "addresses of open connections, CONNECTIONS_MAX",
        "an_address_has_its_share_and_gets_it_back",
    ),
    (
        "http/session_reader.rs",
        "inbox",
        "requests, INBOX_MAX",
        "every_queue_has_a_length",
    ),
    (
        "http/session_cache.rs",
        "SessionCache",
        "sessions of the database, COPIES_MAX",
        "every_cache_has_a_capacity",
    ),
    (
        "jobs/settle_orders.rs",
        "sales",
        "sales of the database",
        "a_sale_that_is_not_there_takes_no_memory",
    ),
    (
        "lessons/rights.rs",
        "copies",
        "students and sections of the database, COPIES_MAX",
        "every_cache_has_a_capacity",
    ),
    (
        "log/line_limit.rs",
        "places",
        "places of the source that log",
        "a_place_writes_a_burst_then_once_a_second_and_counts_the_rest",
    ),
    (
        "log/queue.rs",
        "lines",
        "lines, LINES_MAX of LINE_MAX bytes",
        "a_reader_that_stopped_keeps_nobody_waiting",
    ),
    (
        "payment/alipay/notice.rs",
        "NoticeFields",
        "fields of one notice, FIELDS_MAX",
        "a_notice_has_a_bounded_number_of_fields",
    ),
    (
        "payment/alipay/request.rs",
        "AlipayParameters",
        "parameters that a call has",
        "every_request_of_the_vectors_is_signed_as_it_says",
    ),
    (
        "payment/mock/server/book.rs",
        "ages",
        "trades of the mock gateway, TRADES_MAX",
        "the_oldest_trades_and_too_many_refunds_make_room",
    ),
    (
        "payment/mock/server/book.rs",
        "trades",
        "trades of the mock gateway, TRADES_MAX",
        "the_oldest_trades_and_too_many_refunds_make_room",
    ),
    (
        "payment/wechat/keys.rs",
        "keys",
        "ids that the files of keys name, PLATFORM_KEYS_MAX",
        "no_more_keys_are_taken_than_a_change_over_needs",
    ),
    (
        "queue/status_cache.rs",
        "sales",
        "sales of the database",
        "every_cache_has_a_capacity",
    ),
    (
        "queue/status_cache.rs",
        "tickets",
        "tickets of the database, TICKETS_MAX",
        "every_cache_has_a_capacity",
    ),
    (
        "queue/snapshot.rs",
        "sales",
        "sales of the database",
        "nobody_is_refused_who_may_have_a_ticket_on_its_way",
    ),
    (
        "queue/local.rs",
        "desks",
        "sales of the database",
        "a_sale_that_is_not_there_takes_no_memory",
    ),
    (
        "queue/local.rs",
        "inbox",
        "clicks, INBOX_MAX",
        "every_queue_has_a_length",
    ),
    (
        "queue/local.rs",
        "messages",
        "clicks, INBOX_MAX",
        "every_queue_has_a_length",
    ),
    (
        "queue/local.rs",
        "rung",
        "sales of the database",
        "a_sale_that_is_not_there_takes_no_memory",
    ),
    (
        "queue/redis/admission.rs",
        "known",
        "sales of the database",
        "a_sale_that_is_not_there_takes_no_memory",
    ),
    (
        "queue/redis/bell.rs",
        "rings",
        "rings, RINGS_MAX",
        "every_queue_has_a_length",
    ),
    (
        "queue/redis/fallback.rs",
        "desks",
        "sales of the database, for COPY_TTL",
        "a_sale_that_is_not_there_takes_no_memory",
    ),
    (
        "queue/redis/notifier.rs",
        "Notifier",
        "news, NEWS_MAX",
        "every_queue_has_a_length",
    ),
    (
        "queue/redis/notifier.rs",
        "news",
        "news, NEWS_MAX",
        "every_queue_has_a_length",
    ),
    (
        "queue/redis/mod.rs",
        "inbox",
        "clicks, INBOX_MAX",
        "every_queue_has_a_length",
    ),
    (
        "queue/redis/mod.rs",
        "rings",
        "rings, RINGS_MAX",
        "every_queue_has_a_length",
    ),
    (
        "queue/redis/mod.rs",
        "waiting",
        "tickets of the database, WAITING_MAX",
        "every_cache_has_a_capacity",
    ),
    (
        "queue/redis/writer.rs",
        "ids",
        "tickets of a group, BATCH_MAX",
        "every_queue_has_a_length",
    ),
    (
        "queue/redis/writer.rs",
        "inbox",
        "clicks, INBOX_MAX",
        "every_queue_has_a_length",
    ),
    (
        "queue/redis/writer.rs",
        "unverified",
        "sales of a group, BATCH_MAX",
        "every_queue_has_a_length",
    ),
    (
        "rate_limit/local.rs",
        "clicks",
        "students who clicked in the last minute",
        "students_who_have_not_clicked_of_late_are_forgotten",
    ),
    (
        "rate_limit/redis.rs",
        "clicks",
        "clicks, WAITING_MAX",
        "every_queue_has_a_length",
    ),
    (
        "sms/memory.rs",
        "failures",
        "a test's own",
        "every_queue_has_a_length",
    ),
    (
        "shop/state.rs",
        "cache",
        "the sets of cache.rs",
        "an_older_read_replaces_nothing_and_only_a_difference_is_an_edition",
    ),
    (
        "shop/state.rs",
        "sale_versions",
        "sales of the database",
        "a_sale_that_is_not_there_takes_no_memory",
    ),
    (
        "rate_limit/tally.rs",
        "before",
        "addresses and tokens, KEYS_MAX",
        "strangers_take_no_more_than_its_memory",
    ),
    (
        "rate_limit/tally.rs",
        "present",
        "addresses and tokens, KEYS_MAX",
        "strangers_take_no_more_than_its_memory",
    ),
];

/// Types that hold many of something.
const MANY: [&str; 14] = [
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
    "VecDeque",
    "Cache",
    "DashMap",
    "DefaultKeyedRateLimiter",
    "RateLimiter",
    "Slot",
    "Sender",
    "Receiver",
    "UnboundedSender",
];
/// What ends with its command, or with a statement, keeps nothing for the next one.
const PASSING: [&str; 3] = ["import/", "load_test/", "store/"];

/// The files of what serves the shop, by their path below `src/server`.
fn serving() -> Vec<(String, String)> {
    let sources = sources("src/server")
        .into_iter()
        .map(|(file, text)| (file.trim_start_matches("src/server/").to_owned(), text));
    sources
        .filter(|(file, _)| !PASSING.iter().any(|folder| file.starts_with(folder)))
        .collect()
}

/// Every field of a struct, type alias and static of `src/server` whose type holds many of
/// something, by file.
fn kept() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (file, text) in serving() {
        let mut in_struct = false;
        for line in text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .lines()
        {
            let code = line.split("//").next().unwrap_or_default();
            let plain = code
                .trim()
                .trim_start_matches("pub(super) ")
                .trim_start_matches("pub ");
            let holds = plain
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| MANY.contains(&word));
            let is_one = code.contains("oneshot::") && !code.contains("mpsc::");
            let name = |rest: &str| {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            };
            let declared = ["struct ", "enum ", "type ", "static "]
                .iter()
                .find_map(|word| plain.strip_prefix(word));
            if let Some(rest) = declared {
                in_struct = code.trim_end().ends_with('{');
                if holds && !is_one && !in_struct {
                    found.insert((file.clone(), name(rest)));
                }
            } else if code == "}" {
                in_struct = false;
            } else if in_struct && holds && !is_one {
                found.insert((file.clone(), name(plain)));
            }
        }
    }
    found
}

#[test]
fn every_map_cache_and_queue_is_known_with_its_bound_and_its_test() {
    let known: BTreeSet<_> = KEPT
        .iter()
        .map(|(file, name, ..)| ((*file).to_owned(), (*name).to_owned()))
        .collect();
    assert_eq!(
        kept(),
        known,
        "name what is kept, what makes its keys, what bounds it, and a test that holds that"
    );
    let program: String = sources("src").into_values().collect();
    let tests: String = sources("tests").into_values().collect();
    for (file, name, bound, test) in KEPT {
        let test = format!("fn {test}(");
        assert!(
            program.contains(&test) || tests.contains(&test),
            "{file}: {name} ({bound}): there is no {test}"
        );
        // A bound in capitals is a constant or a setting.
        for word in bound
            .split(|c: char| !c.is_ascii_uppercase() && c != '_')
            .filter(|word| word.len() > 3)
        {
            assert!(program.contains(word), "{file}: {name}: there is no {word}");
        }
    }
}

#[test]
fn every_queue_has_a_length() {
    for (file, text) in serving() {
        assert!(
            !text.contains("unbounded"),
            "{file}: a channel without a length"
        );
        for line in text.lines().filter(|line| line.contains("mpsc::channel(")) {
            assert!(
                line.contains("_MAX)"),
                "{file}: the length of a queue has a name: {line}"
            );
        }
    }
}

#[test]
fn every_cache_has_a_capacity() {
    for (file, text) in serving() {
        for built in text.split("Cache::builder()").skip(1) {
            let statement = built.split(';').next().unwrap_or_default();
            assert!(
                statement.contains(".max_capacity("),
                "{file}: Cache::builder(){statement}"
            );
        }
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        for (at, _) in text.match_indices("Cache::new(") {
            let argument = text[at..].split(')').next().unwrap_or_default();
            assert!(
                text[..at].ends_with(is_name) || argument.ends_with("_MAX"),
                "{file}: {argument}"
            );
        }
    }
}
