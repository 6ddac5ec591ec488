//! Addresses of pages. A page has one: another spelling of it is sent there, and what is the
//! address of nothing is not rendered as if it were, so that no page is kept twice.

use crate::{
    types::{lang::Lang, link, page::CourseQuery},
    ui::context::Query,
};
use axum::http::Uri;

/// What a request's target names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A page that is the same for everybody, by its path and what of the query changes it.
    Page(String),
    /// A page that is made for this request alone: its query tells of an error, or can't be read.
    Passing,
    /// Another spelling of the address of a page, which is this.
    Moved(String),
    /// No page.
    Nothing,
}

/// The address of a target.
pub(super) fn address(uri: &Uri, query: &Query) -> Address {
    let path = uri.path();
    if path.len() > 1 && path.ends_with('/') {
        return moved(path.trim_end_matches('/'), uri);
    }
    let (lang, plain) = Lang::of_path(path);
    let parts: Vec<_> = plain.split('/').skip(1).collect();
    let search = match parts.as_slice() {
        ["" | "privacy" | "terms"] => String::new(),
        ["courses"] => match CourseQuery::of_page(|name| query.get(name).map(str::to_owned)) {
            Ok(query) => query.page_search(),
            Err(_) => return Address::Passing,
        },
        [kind @ ("courses" | "seckill"), id] => match id.parse::<i64>() {
            Ok(number) if number.to_string() == *id => String::new(),
            Ok(number) => return moved(&lang.path(&format!("/{kind}/{number}")), uri),
            Err(_) => return Address::Nothing,
        },
        _ => return Address::Nothing,
    };
    if query.get("error").is_some() {
        Address::Passing
    } else {
        Address::Page(format!("{path}{search}"))
    }
}

/// A redirect to a path, with the query, escaped where it must be, where that is a path of this shop:
/// neither another host, as `//evil.example/` without its slash would be, nor more than an answer's
/// head may repeat.
fn moved(path: &str, uri: &Uri) -> Address {
    let whole = uri.query().map_or_else(
        || path.to_owned(),
        |query| format!("{path}?{}", link::escape(query)),
    );
    match [whole.as_str(), path]
        .into_iter()
        .find(|target| link::is_target(target))
    {
        Some(target) => Address::Moved(target.to_owned()),
        None => Address::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str) -> Address {
        let uri: Uri = target.parse().expect("a target");
        address(&uri, &Query::parse(uri.query().unwrap_or_default()))
    }

    fn page(address: &str) -> Address {
        Address::Page(address.to_owned())
    }

    fn moved(address: &str) -> Address {
        Address::Moved(address.to_owned())
    }

    #[test]
    fn a_page_has_one_address() {
        for path in [
            "/",
            "/en",
            "/privacy",
            "/en/terms",
            "/courses",
            "/en/courses",
            "/courses/1",
            "/en/seckill/12",
        ] {
            assert_eq!(of(path), page(path));
            assert_eq!(of(&format!("{path}?utm_source=x&error")), Address::Passing);
        }
        assert_eq!(of("/?utm_source=x"), page("/"));
        assert_eq!(
            of("/courses?utm_source=x&page=1&q=+a%20b+"),
            page("/courses?q=a%20b")
        );
        assert_eq!(
            of("/courses?q=%2541"),
            page("/courses?q=%2541"),
            "decoded once, printed once"
        );
        assert_eq!(of("/courses?page=x"), Address::Passing);
    }

    #[test]
    fn another_spelling_is_sent_there() {
        for (spelling, target) in [
            ("/courses/", "/courses"),
            ("/en/", "/en"),
            ("/courses/?page=2", "/courses?page=2"),
            ("/courses/01", "/courses/1"),
            ("/en/seckill/+7?x=1", "/en/seckill/7?x=1"),
            ("/me/", "/me"),
            ("/courses/?q=入门", "/courses?q=%E5%85%A5%E9%97%A8"),
        ] {
            assert_eq!(of(spelling), moved(target));
        }
        let longest = format!("q={}&order=-price&page=2", "%E4%BD%A0".repeat(64));
        assert_eq!(
            of(&format!("/courses/?{longest}")),
            moved(&format!("/courses?{longest}")),
            "the longest search"
        );
        let long = "a".repeat(2 * link::PATH_MAX);
        assert_eq!(
            of(&format!("/courses/?q={long}")),
            moved("/courses"),
            "a query that is too long to be repeated"
        );
        assert_eq!(of(&format!("/{long}/")), Address::Nothing);
    }

    #[test]
    fn nothing_else_is_a_page() {
        for path in [
            "//",
            "//evil.example/",
            "/en//evil.example/",
            "/..",
            "/../courses",
            "/courses/..",
            "/./",
            "/courses/x",
            "/courses/1/2",
            "/courses/%31",
            "/%63ourses",
            "//courses",
            "/courses/99999999999999999999",
            "/%6de",
            "/nothing",
        ] {
            assert_eq!(of(path), Address::Nothing, "{path}");
        }
    }
}
