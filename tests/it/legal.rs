//! Privacy and terms: the shop's own words, or the operator's.

use qiangke::{server::boot, types::document::DOCUMENT_MAX};
use reqwest::StatusCode;
use std::fs;
use support::{app::TestApp, database::TestDatabase, setup::config};

async fn page(app: &TestApp, path: &str) -> String {
    let answer = app.visitor().get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.expect("a page")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_says_what_it_keeps_and_where_to_read_it() {
    let app = TestApp::start_with(&["--session-days", "17"]).await;
    let zh = page(&app, "/privacy").await;
    assert!(
        zh.contains("<h1>隐私政策</h1>")
            && zh.contains("登录状态：17 天，或到您退出为止，之后再留 1 天")
            && zh.contains("href=\"/me\""),
        "{zh}"
    );
    let en = page(&app, "/en/privacy").await;
    assert!(
        en.contains("<h1>Privacy</h1>")
            && en.contains("17 days or until you sign out, and 1 day more")
            && en.contains("href=\"/en/me\""),
        "{en}"
    );
    assert!(page(&app, "/terms").await.contains("<h1>用户协议</h1>"));
    assert!(page(&app, "/en/terms").await.contains("<h1>Terms</h1>"));
    for (from, prefix) in [
        ("/", ""),
        ("/sign-in", ""),
        ("/en", "/en"),
        ("/en/sign-in", "/en"),
    ] {
        let html = page(&app, from).await;
        for to in ["privacy", "terms"] {
            assert!(
                html.contains(&format!("href=\"{prefix}/{to}\"")),
                "{from} does not lead to {to}"
            );
        }
    }
    let sign_in = page(&app, "/sign-in").await;
    assert!(
        sign_in.contains("登录即同意")
            && sign_in.contains("《用户协议》")
            && sign_in.contains("《隐私政策》")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_s_own_words_stand_in_their_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (privacy, terms) = (
        folder.path().join("privacy.md"),
        folder.path().join("terms.txt"),
    );
    fs::write(
        &privacy,
        "# 某校的隐私政策\n\n<script>alert(1)</script> 见[课程](/courses)\n\n## 电话\n- 010",
    )
    .expect("written");
    fs::write(&terms, "Our own terms.").expect("written");
    let (privacy, terms) = (privacy.display().to_string(), terms.display().to_string());
    let app = TestApp::start_with(&["--privacy-file", &privacy, "--terms-file-en", &terms]).await;
    let zh = page(&app, "/privacy").await;
    assert!(
        zh.contains("<h1>某校的隐私政策</h1>")
            && zh.contains("<h2>电话")
            && zh.contains("<a href=\"/courses\">课程</a>"),
        "{zh}"
    );
    assert!(
        zh.contains("&lt;script>") || zh.contains("&lt;script&gt;"),
        "{zh}"
    );
    assert!(!zh.contains("<script>alert"), "{zh}");
    // Who reads the other language gets the words that there are, marked as what they are.
    let en = page(&app, "/en/privacy").await;
    assert!(
        en.contains("某校的隐私政策")
            && en.contains("lang=\"zh-CN\"")
            && en.contains("href=\"/en/courses\""),
        "{en}"
    );
    assert!(page(&app, "/terms").await.contains("Our own terms."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_can_not_be_shown_is_named_at_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("words.md");
    let path = file.display().to_string();
    let database = TestDatabase::file(&folder.path().join("shop.db"));
    let refusal = |flag: &str| {
        format!(
            "{:#}",
            boot::legal(&config(folder.path(), &database, &[flag, &path])).expect_err("refused")
        )
    };
    assert!(
        refusal("--privacy-file").starts_with("PRIVACY_FILE: "),
        "there is no file"
    );
    for (bytes, what) in [
        (b"".to_vec(), "it says nothing"),
        (vec![0xff, 0xfe, b'a'], "UTF-8"),
        (vec![b'a'; DOCUMENT_MAX + 1], "more than 65536 bytes"),
        (b"a\n\n[x](javascript:alert)".to_vec(), "line 3"),
        (b"a\x1b[0m".to_vec(), "U+001B"),
    ] {
        fs::write(&file, bytes).expect("written");
        let why = refusal("--terms-file-en");
        assert!(
            why.starts_with("TERMS_FILE_EN: ") && why.contains(what),
            "{what}: {why}"
        );
    }
}
