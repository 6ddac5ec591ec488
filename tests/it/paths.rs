//! Paths of this shop, held against what a browser makes of them: whatever base they are resolved
//! against, they stay here.

use proptest::{
    prelude::{Just, Strategy, any, prop, prop_oneof},
    prop_assert, prop_assert_eq,
    test_runner::{Config, TestRunner},
};
use qiangke::{
    types::{lang::Lang, link},
    ui::link as made,
};
use reqwest::Url;

/// What is put together to texts that could be taken for paths.
const PIECES: [&str; 30] = [
    "/",
    "//",
    "/en",
    "en",
    "\\",
    ".",
    "..",
    "%2f",
    "%2F",
    "%2e",
    "%5c",
    "\t",
    "\n",
    "\r",
    " ",
    "@",
    ":",
    ";",
    "?",
    "#",
    "evil.example",
    "https:",
    "javascript:",
    "me",
    "courses",
    "%",
    "\u{4f60}",
    "\0",
    "&next=",
    "seckill/1",
];
/// Addresses of pages that a path is resolved against.
const BASES: [&str; 4] = [
    "https://shop.example/",
    "https://shop.example/en/sign-in?next=//x",
    "http://127.0.0.1:3000/a/b/c#d",
    "https://shop.example//x/",
];
/// Texts that are tried.
const CASES: u32 = 20_000;

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![9 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    let rooted = prop_oneof![3 => Just("/"), 1 => Just("/en/"), 1 => Just("")];
    (rooted, prop::collection::vec(piece, 0..9))
        .prop_map(|(root, pieces)| root.to_owned() + &pieces.concat())
}

/// Whether a browser on any page of the shop stays in it.
fn stays(path: &str) -> bool {
    BASES.iter().all(|base| {
        let base = Url::parse(base).expect("an address");
        base.join(path).is_ok_and(|reached| {
            reached.origin() == base.origin() && !reached.path().starts_with("//")
        })
    })
}

#[test]
fn a_path_of_this_shop_never_leaves_it() {
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    let ran = runner.run(&texts(), |text| {
        if link::is_own(&text) {
            prop_assert!(stays(&text), "{}", text);
        }
        // The page that follows a form, in either language, and once more for whoever reads it from
        // there.
        let mut next = link::page(&text).map(str::to_owned);
        for _ in 0..3 {
            let Some(path) = next else { break };
            for lang in Lang::ALL {
                prop_assert!(stays(&made::page(lang, &path)), "{} became {}", text, path);
            }
            next = link::page(&path)
                .map(str::to_owned)
                .filter(|peeled| *peeled != path);
        }
        // Links of banners.
        for lang in Lang::ALL {
            if let Some(link) = made::of_content(lang, &text) {
                prop_assert!(
                    stays(&link)
                        || Url::parse(&link)
                            .is_ok_and(|web| matches!(web.scheme(), "http" | "https")),
                    "{}",
                    link
                );
                prop_assert_eq!(&link, link.trim());
            }
        }
        if link::is_of_banner(&text) {
            prop_assert!(
                stays(&text)
                    || Url::parse(&text).is_ok_and(|web| matches!(web.scheme(), "http" | "https")),
                "{}",
                text
            );
        }
        Ok(())
    });
    assert!(ran.is_ok(), "{ran:?}");
}

/// Those that were seen to leave it, and what is near them.
#[test]
fn what_looks_like_a_path_and_leads_elsewhere_is_refused() {
    for text in [
        "//evil.example",
        "/en//evil.example",
        "/en/en//evil.example/phish",
        "/\\evil.example",
        "/en/\\evil.example",
        "/\t/evil.example",
        "/en/\n/evil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/en/..//evil.example",
        "/%2e%2e//evil.example",
        "/%2f/evil.example",
        "/;/../..//evil.example",
        "https:evil.example",
    ] {
        assert!(
            !link::is_own(text)
                && link::page(text).is_none()
                && made::of_content(Lang::Zh, text).is_none(),
            "{text:?}"
        );
    }
}
