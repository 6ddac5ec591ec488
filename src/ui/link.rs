//! Addresses of links and forms.

use crate::types::{
    ids::{CourseId, SectionId},
    lang::Lang,
    link,
    page::percent_encode,
};

/// A page of this shop, perhaps a place in it (`/#sales`), in this language.
pub fn page(lang: Lang, path: &str) -> String {
    match path.strip_prefix("/#") {
        Some(place) => format!("{}#{place}", lang.path("/")),
        None => lang.path(path),
    }
}

/// The path of a server function for a form of a page in this language; `next` is the page that
/// follows.
pub fn action(lang: Lang, path: &str, next: Option<&str>) -> String {
    let mut url = path.to_owned();
    let mut put = |name: &str, value: &str| {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(name);
        url.push('=');
        percent_encode(value, &mut url);
    };
    if let Some(next) = next {
        put("next", &page(lang, next));
    }
    if lang == Lang::En {
        put("lang", "en");
    }
    url
}

/// Where a course is studied: it leads to where the student goes on.
pub fn learn(lang: Lang, course: CourseId) -> String {
    page(lang, &format!("/learn/{course}"))
}

/// The page of one section of a course.
pub fn lesson(lang: Lang, course: CourseId, section: SectionId) -> String {
    page(lang, &format!("/learn/{course}/{section}"))
}

/// The sign-in page, by itself.
pub const SIGN_IN: &str = "/sign-in";
/// Where a student goes after it who came from nowhere.
pub const SIGNED_IN: &str = "/me";

/// The sign-in page that leads back to `next`.
pub fn sign_in(lang: Lang, next: &str) -> String {
    let mut url = format!("{}?next=", lang.path(SIGN_IN));
    percent_encode(&page(lang, next), &mut url);
    url
}

/// A link of what operators write (banners, lessons, documents): a path of this shop in this
/// language, or a web address; `None` for anything else.
pub fn of_content(lang: Lang, link: &str) -> Option<String> {
    let link = link.trim();
    if link::is_web(link) {
        return Some(link.to_owned());
    }
    let path = link::page(link)?;
    let first = path.split(['/', '?', '#']).nth(1).unwrap_or_default();
    let is_page = [
        "", "courses", "seckill", "learn", "sign-in", "me", "privacy", "terms",
    ]
    .contains(&first);
    Some(if is_page {
        page(lang, path)
    } else {
        link.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_on_the_home_page_has_no_stray_slash() {
        assert_eq!(page(Lang::Zh, "/#sales"), "/#sales");
        assert_eq!(page(Lang::En, "/#sales"), "/en#sales");
        assert_eq!(page(Lang::En, "/courses?page=2"), "/en/courses?page=2");
    }

    #[test]
    fn a_form_says_its_language_and_what_comes_next() {
        assert_eq!(
            action(Lang::Zh, "/api/v1/user/logout/", None),
            "/api/v1/user/logout/"
        );
        assert_eq!(
            action(Lang::En, "/api/v1/user/send_sms/", Some("/seckill/1")),
            "/api/v1/user/send_sms/?next=%2Fen%2Fseckill%2F1&lang=en"
        );
    }

    #[test]
    fn a_link_of_content_can_not_run_anything() {
        assert_eq!(
            of_content(Lang::En, "/courses/1").as_deref(),
            Some("/en/courses/1")
        );
        assert_eq!(
            of_content(Lang::En, "/#sales").as_deref(),
            Some("/en#sales")
        );
        assert_eq!(
            of_content(Lang::En, "/media/a.pdf").as_deref(),
            Some("/media/a.pdf")
        );
        assert_eq!(
            of_content(Lang::Zh, "https://a.example/x").as_deref(),
            Some("https://a.example/x")
        );
        assert_eq!(of_content(Lang::Zh, "javascript:alert(1)"), None);
        for link in [
            "//evil.example",
            "/en//evil.example",
            "/en/en//evil.example",
            "https://",
            "/api/v1/user/me/",
        ] {
            assert_eq!(of_content(Lang::Zh, link), None, "{link:?}");
        }
    }
}
