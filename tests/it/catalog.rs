//! What a shop does not show is nowhere: not in a list, a count, a search, a page, the sitemap or
//! the JSON.

use futures::StreamExt;
use qiangke::{
    server::{
        import,
        store::{NewSale, Store},
    },
    types::{ids::CourseId, money::Fen, sale::HOLD_S, time::Millis},
};
use reqwest::StatusCode;
use serde_json::json;
use support::app::TestApp;

/// Stands in every name that nobody may see.
const SECRET: &str = "见不得人";

/// Rows that are hidden, deleted or off-line, each by itself, beside the seed's that are shown.
fn secrets() -> String {
    let time = "'2022-07-14 13:30:00'";
    let hidden = format!("0, 0, {time}, {time}");
    let deleted = format!("1, 1, {time}, {time}");
    let shown = format!("1, 0, {time}, {time}");
    let mut sql = String::new();
    for (id, flags) in [(21, &hidden), (22, &deleted)] {
        sql += &format!(
            "INSERT INTO luffy_teacher(id, orders, is_show, is_delete, created_time, updated_time, name, role, title, brief)
             VALUES ({id}, 1, {flags}, '{SECRET}老师', 0, '{SECRET}', '{SECRET}');
             INSERT INTO luffy_course_category(id, orders, is_show, is_delete, created_time, updated_time, name) VALUES ({id}, 1, {flags}, '{SECRET}类{id}');
             INSERT INTO luffy_course_chapter(id, orders, is_show, is_delete, created_time, updated_time, chapter, name, pub_date, course_id)
             VALUES ({id}, 1, {flags}, 9, '{SECRET}章', '2022-07-14', 1);
             INSERT INTO luffy_course_section(id, orders, is_show, is_delete, created_time, updated_time, name, section_type, pub_date, free_trail, chapter_id)
             VALUES ({id}, 1, {flags}, '{SECRET}节', 2, {time}, 1, 1);
             INSERT INTO luffy_banner(id, orders, is_show, is_delete, created_time, updated_time, title, image, link, info)
             VALUES ({id}, 1, {flags}, '{SECRET}图', 'banner/rush.png', '/', '{SECRET}');\n"
        );
    }
    // Off-line is 1; the last one is shown, but its teacher and its category are not.
    for (id, flags, status, name) in [
        (21, &hidden, 0, SECRET),
        (22, &deleted, 0, SECRET),
        (23, &shown, 1, SECRET),
        (24, &shown, 0, "看得见的课"),
    ] {
        sql += &format!(
            "INSERT INTO luffy_course(id, orders, is_show, is_delete, created_time, updated_time, name, course_type, brief, level, pub_date,
             period, status, students, sections, pub_sections, price, course_category_id, teacher_id)
             VALUES ({id}, 9, {flags}, '{name}', 0, '', 0, '2022-07-14', 7, {status}, 0, 1, 1, 9.00, 21, 21);\n"
        );
    }
    sql
}

async fn sell(store: &Store, course: i64, now: Millis) {
    let sale = NewSale {
        course: CourseId(course),
        price: Fen(100),
        stock: 1,
        opens_at: now,
        closes_at: now.plus(3_600_000),
        hold_s: HOLD_S,
    };
    store.create_sale(&sale, now).await.expect("create");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_shown_is_nowhere() {
    let app = TestApp::start().await;
    import::run(app.store(), &secrets(), false)
        .await
        .expect("import");
    for course in [21, 22, 23] {
        sell(app.store(), course, app.now()).await;
    }
    let visitor = app.visitor();
    let count = async || visitor.read("course/actual/").await.1["result"]["count"].clone();
    app.eventually("the import is on show", async || count().await == 4)
        .await;

    let search = visitor
        .read(&format!("course/actual/?search={SECRET}"))
        .await
        .1;
    assert_eq!(search["result"]["count"], 0);
    for query in ["teacher=21", "course_category=21"] {
        assert_eq!(
            visitor.read(&format!("course/actual/?{query}")).await.1["result"]["count"],
            0,
            "{query}"
        );
    }
    for id in [21, 22, 23] {
        assert_eq!(
            visitor.read(&format!("course/detail/?id={id}")).await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            visitor.get(&format!("/courses/{id}")).await.status(),
            StatusCode::NOT_FOUND
        );
    }
    let student = app.student("13800000001").await;
    for sale in 1..=3 {
        assert_eq!(
            student.write("user/sckill/", json!({"sale": sale})).await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            student.get(&format!("/seckill/{sale}")).await.status(),
            StatusCode::NOT_FOUND
        );
    }
    let by_name = student.write("user/sckill/", json!({"name": SECRET})).await;
    assert_eq!(by_name.0, StatusCode::NOT_FOUND);
    let api = [
        "home/banner/",
        "course/category/",
        "course/actual/?page_size=50",
        "course/card/?page_size=50",
        "course/detail/?id=1",
        "course/detail/?id=24",
    ];
    let pages = [
        "/",
        "/en",
        "/courses",
        "/courses/1",
        "/courses/24",
        "/sitemap.xml",
    ];
    for path in api
        .map(|path| format!("/api/v1/{path}"))
        .into_iter()
        .chain(pages.map(str::to_owned))
    {
        let answer = visitor.get(&path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let text = answer.text().await.expect("text");
        assert!(!text.contains(SECRET), "{path} shows what it must not");
        let numbers = [21, 22, 23].map(|id| format!("/courses/{id}<"));
        assert!(
            !numbers.iter().any(|number| text.contains(number)),
            "{path} links to what it must not"
        );
    }
}

/// Each word has to fit somewhere: in the name, the brief, or the name of the teacher or the
/// category; case, width and blanks don't matter.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_its_words_say() {
    let app = TestApp::start().await;
    let time = "'2022-07-14 13:30:00'";
    let wide = format!(
        "INSERT INTO luffy_course(id, orders, is_show, is_delete, created_time, updated_time, name, course_type, brief, level, pub_date,
         period, status, students, sections, pub_sections, price, course_category_id, teacher_id)
         VALUES (31, 9, 1, 0, {time}, {time}, 'ＪＡＶＡ与C++ [进阶]', 0, 'Éclair 100%_! Vue 项目', 0, '2022-07-14', 7, 0, 0, 1, 1, 9.00, 2, 3),
                (32, 9, 1, 0, {time}, {time}, 'C++ 入门', 0, '先学 C# 也好', 0, '2022-07-14', 7, 0, 0, 1, 1, 9.00, 2, 3);"
    );
    import::run(app.store(), &wide, false)
        .await
        .expect("import");
    let visitor = app.visitor();
    app.eventually("the import is on show", async || {
        visitor.read("course/actual/").await.1["result"]["count"] == 5
    })
    .await;
    let ids = async |search: &str| -> Vec<i64> {
        let mut query = String::new();
        qiangke::types::page::percent_encode(search, &mut query);
        let (status, page) = visitor
            .read(&format!("course/actual/?search={query}"))
            .await;
        assert_eq!(status, StatusCode::OK, "{search}: {page}");
        page["result"]["results"]
            .as_array()
            .expect("results")
            .iter()
            .filter_map(|course| course["id"].as_i64())
            .collect()
    };
    for (search, found) in [
        ("python 入门", &[1][..]),
        ("入门 PYTHON", &[1]),
        ("ｐｙｔｈｏｎ\u{3000}入门", &[1]),
        ("Python\u{200B}\t入门", &[1]),
        ("Linux 系统", &[3]),
        ("linux系统", &[3]),
        ("vue 项目", &[31]),
        ("vue项目", &[31]),
        ("alex", &[1]),
        ("python 项目 mjj", &[2]),
        ("java", &[31]),
        ("ｊａｖａ c++", &[31]),
        ("Java 与 ｃ＋＋", &[31]),
        ("C++入门", &[32]),
        ("C++ 入门", &[32]),
        ("学c＃", &[32]),
        ("éCLAIR", &[31]),
        ("[进阶]", &[31]),
        ("［进阶］", &[31]),
        ("100%_!", &[31]),
        ("linux java", &[31]),
        ("python linux", &[]),
        ("[a-z]", &[]),
        ("j?va", &[]),
        ("j.va", &[]),
        ("*", &[]),
        ("\\w", &[]),
    ] {
        assert_eq!(ids(search).await, found, "{search:?}");
    }
    let page = visitor.get("/courses?q=zzz").await;
    assert_eq!(page.status(), StatusCode::OK);
    let text = page.text().await.expect("a page");
    assert!(
        text.contains("没有找到这样的课程")
            && text.contains("大家在学")
            && text.contains("/courses/2"),
        "what others study"
    );
    assert!(
        !visitor
            .get("/courses?q=python")
            .await
            .text()
            .await
            .expect("a page")
            .contains("大家在学")
    );
    let beyond = visitor.get("/courses?q=python&page=9").await;
    assert_eq!(beyond.status(), StatusCode::NOT_FOUND);
    assert!(beyond.text().await.expect("a page").contains("没有这一页"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_banner_is_gone_from_every_page_within_a_second() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let title = "Linux 五周入门";
    let seen = async || {
        let home = visitor.get("/").await.text().await.expect("a page");
        let english = visitor.get("/en").await.text().await.expect("a page");
        let api = visitor
            .get("/api/v1/home/banner/")
            .await
            .text()
            .await
            .expect("JSON");
        [home, english, api].map(|text| text.contains(title))
    };
    assert_eq!(seen().await, [true; 3]);
    let banners = app.store().all_banners().await.expect("banners");
    let (banner, _) = banners
        .iter()
        .find(|(banner, _)| banner.title == title)
        .expect("the seed's banner");
    // As the command of another process does it: by the database alone.
    assert!(
        app.store()
            .show_banner(banner.id, false, app.now())
            .await
            .expect("hide")
    );
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(seen().await, [false; 3]);
}

/// Pages that are rendered by the same threads at the same time, each after it waited for the
/// database.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_its_own_head_whatever_else_is_rendered() {
    /// Of each address.
    const TURNS: usize = 25;
    /// Requests at a time: enough that pages are written beside each other.
    const AT_ONCE: usize = 8;
    /// Tries of a page: who is told to come back does.
    const TRIES: usize = 20;
    let app = TestApp::start_with(&["--page-cache-mb", "0"]).await;
    let addresses = [
        "/",
        "/courses",
        "/courses/1",
        "/courses/2",
        "/en",
        "/en/courses",
        "/en/courses/3",
    ];
    let visitor = app.visitor();
    let read = async |address: &'static str| {
        let mut answer = visitor.get(address).await;
        for _ in 1..TRIES {
            if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            answer = visitor.get(address).await;
        }
        (address, answer.text().await.expect("a page"))
    };
    let pages = futures::stream::iter(addresses.repeat(TURNS))
        .map(read)
        .buffer_unordered(AT_ONCE);
    for (address, page) in pages.collect::<Vec<_>>().await {
        let lang = if address.starts_with("/en") {
            "en"
        } else {
            "zh-CN"
        };
        assert!(
            page.contains(&format!("<html lang=\"{lang}\">")),
            "{address}: {}",
            &page[..200]
        );
        let links = page
            .split("<link ")
            .filter_map(|rest| rest.split('>').next());
        let canonical: Vec<_> = links
            .filter(|link| link.contains("rel=\"canonical\""))
            .collect();
        let own = format!("href=\"{}\"", app.url(address));
        assert!(
            canonical.len() == 1 && canonical[0].contains(&own),
            "{address}: {canonical:?}"
        );
    }
}
