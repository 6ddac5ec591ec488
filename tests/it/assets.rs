//! Files of the built site: from memory, in the encoding that was asked for, and for good when
//! their name has a hash.

use qiangke::server::http::Assets;
use reqwest::{Response, header};
use std::path::Path;
use support::{app::TestApp, database::TestDatabase, setup::config};

/// Adds to the site, before the start, what a release build leaves: a hashed name and its
/// compressed forms.
fn build_site(folder: &Path) {
    let pkg = folder.join("site/pkg");
    std::fs::write(pkg.join("qiangke.a1b2c3.js"), "export const built = 1").expect("file");
    std::fs::write(pkg.join("qiangke.a1b2c3.js.br"), b"compressed by the build").expect("file");
    std::fs::create_dir_all(folder.join("site/media")).expect("folder");
    for name in ["a.png", "b.JPG", "c.gif", "课程.png"] {
        std::fs::write(folder.join("site/media").join(name), b"picture").expect("file");
    }
}

fn field(answer: &Response, name: header::HeaderName) -> Option<&str> {
    answer
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_have_tags_encodings_and_lifetimes() {
    let app = TestApp::build(&[], async |folder, _| build_site(folder)).await;
    let visitor = app.visitor();
    let get = async |path: &str, name: header::HeaderName, value: &str| {
        visitor
            .client
            .get(app.url(path))
            .header(name, value)
            .send()
            .await
            .expect("an answer")
    };
    let hashed = get(
        "/pkg/qiangke.a1b2c3.js",
        header::ACCEPT_ENCODING,
        "gzip, br",
    )
    .await;
    assert_eq!(field(&hashed, header::CONTENT_ENCODING), Some("br"));
    assert_eq!(
        field(&hashed, header::CACHE_CONTROL),
        Some("public, max-age=31536000, immutable")
    );
    assert_eq!(field(&hashed, header::VARY), Some("accept-encoding"));
    assert_eq!(
        hashed.bytes().await.expect("bytes").as_ref(),
        b"compressed by the build"
    );
    let plain = get("/pkg/qiangke.a1b2c3.js", header::ACCEPT_ENCODING, "br;q=0").await;
    assert_eq!(field(&plain, header::CONTENT_ENCODING), None);
    assert_eq!(plain.text().await.expect("text"), "export const built = 1");

    let picture = get("/media/a.png", header::ACCEPT, "*/*").await;
    assert_eq!(
        field(&picture, header::CACHE_CONTROL),
        Some("public, max-age=86400")
    );
    assert_eq!(field(&picture, header::CONTENT_TYPE), Some("image/png"));
    let tag = field(&picture, header::ETAG).expect("a tag").to_owned();
    let again = get("/media/a.png", header::IF_NONE_MATCH, &tag).await;
    assert_eq!(again.status(), reqwest::StatusCode::NOT_MODIFIED);
    assert_eq!(again.bytes().await.expect("bytes").len(), 0);
    for path in ["/media/课程.png", "/media/%E8%AF%BE%E7%A8%8B.png"] {
        let picture = get(path, header::ACCEPT, "*/*").await;
        assert_eq!(picture.status(), reqwest::StatusCode::OK, "{path}");
    }
    assert_eq!(
        get("/media/%FF.png", header::ACCEPT, "*/*").await.status(),
        reqwest::StatusCode::NOT_FOUND,
        "no UTF-8"
    );
    assert_eq!(
        get("/media/b.png", header::ACCEPT, "*/*").await.status(),
        reqwest::StatusCode::NOT_FOUND
    );
    for (path, kind) in [
        ("/media/b.JPG", "image/jpeg"),
        ("/media/c.gif", "image/gif"),
    ] {
        assert_eq!(
            field(
                &get(path, header::ACCEPT, "*/*").await,
                header::CONTENT_TYPE
            ),
            Some(kind)
        );
    }
}

#[tokio::test]
async fn a_site_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let large = std::fs::File::create(folder.path().join("large.png")).expect("a file");
    large.set_len((64 << 20) + 1).expect("a length");
    let database = TestDatabase::new(folder.path()).await;
    let mut config = config(folder.path(), &database, &[]);
    config.site_root = folder.path().to_owned();
    let error = Assets::load(&config).err().expect("a refusal");
    assert!(
        format!("{error:#}").contains("more than 67108864 bytes"),
        "{error:#}"
    );
}

#[tokio::test]
async fn a_file_that_can_t_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = TestDatabase::new(folder.path()).await;
    let mut config = config(folder.path(), &database, &[]);
    let site = folder.path().join("site");
    config.site_root.clone_from(&site);
    let refusal = |config| format!("{:#}", Assets::load(config).err().expect("a refusal"));
    let none = refusal(&config);
    assert!(
        none.contains("there is no site at") && none.contains("make build"),
        "{none}"
    );
    std::fs::create_dir_all(site.join("media")).expect("a folder");
    let bare = refusal(&config);
    assert!(
        bare.contains("is no built site") && bare.contains("LEPTOS_SITE_ROOT"),
        "{bare}"
    );
    std::os::unix::fs::symlink("/nowhere", site.join("media/cover.png")).expect("a link");
    let unread = refusal(&config);
    assert!(
        unread.contains("media/cover.png can't be read") && !unread.contains("make build"),
        "{unread}"
    );
}
