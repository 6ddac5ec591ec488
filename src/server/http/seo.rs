//! robots.txt and the sitemap: what search engines may read, and the addresses of home, lists and
//! courses.
//!
//! A sitemap has 50,000 addresses and 50 MB at most (<https://www.sitemaps.org/protocol.html>). A
//! catalogue that fits into one part is one sitemap; a larger one is an index of parts, each made
//! when it is asked for and kept among the cached answers, so that the memory and the time of a
//! request do not grow with the catalogue.

use super::{context::Context, encoded_body::EncodedBody, error, response_cache::CacheRequest};
use crate::{
    server::store::Store,
    types::{error::AppError, ids::CourseId, lang::Lang},
    ui::context::Query,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use std::fmt::Write;

/// Courses of a part: with both languages 20,000 addresses, about 1 MB.
const PART_COURSES: i64 = 10_000;
/// Parts that an index may name (the protocol's limit): more courses than that are not found by it.
const PARTS_MAX: i64 = 50_000;

/// What no search may read, as robots.txt writes it (RFC 9309, section 2.2.2): every path that
/// begins so, and `$` is a path's end. Pictures stand below `/media/`, which begins like the page
/// of seats.
const PRIVATE: [&str; 6] = [
    "/me$",
    "/me?",
    "/orders/",
    "/tickets/",
    "/learn/",
    "/sign-in?",
];

/// What every sitemap begins with.
const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
/// The vocabulary of sitemaps and their indexes.
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

pub(super) async fn robots(State(Context { app, .. }): State<Context>) -> Response {
    let base = app.config.base_url();
    let mut text = String::from("User-agent: *\nDisallow: /api/\n");
    for (lang, path) in Lang::ALL
        .into_iter()
        .flat_map(|lang| PRIVATE.map(|path| (lang, path)))
    {
        let _ = writeln!(text, "Disallow: {}{path}", lang.prefix());
    }
    let _ = writeln!(text, "Sitemap: {base}/sitemap.xml");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// The sitemap, its index, or with `?part=2` a part of it.
pub(super) async fn sitemap(
    State(context): State<Context>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let part = match part(&uri) {
        Ok(part) => part,
        Err(error) => return error::failure(&error, Lang::default()),
    };
    let address = part.map_or_else(
        || uri.path().to_owned(),
        |part| format!("{}?part={part}", uri.path()),
    );
    let target = uri
        .path_and_query()
        .map_or(uri.path(), |target| target.as_str());
    let asked = CacheRequest {
        lang: Lang::default(),
        target,
        address,
    };
    let made = async {
        let xml = write(&context.app.store, &context.app.config.base_url(), part).await?;
        let mut fields = HeaderMap::clone(&context.security);
        fields.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/xml; charset=utf-8"),
        );
        fields.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, no-cache"),
        );
        // A megabyte takes longer to compress than a request may hold up the others of its thread.
        tokio::task::spawn_blocking(|| EncodedBody::compress(xml.into_bytes(), fields))
            .await
            .map_err(|_| AppError::Internal)
    };
    match context.cached.get(&context.app, &asked, made).await {
        Ok(answer) => answer.answer(&headers),
        Err(error) => match context
            .cached
            .last(asked.lang, &asked.address)
            .filter(|_| *error != AppError::NotFound)
        {
            Some(last) => last.answer(&headers),
            None => error::failure(&error, Lang::default()),
        },
    }
}

/// Which part is asked for; `None` is the whole, or its index.
///
/// # Errors
/// [`AppError::NotFound`]: there can be no such part.
fn part(uri: &Uri) -> Result<Option<i64>, AppError> {
    let query = Query::parse(uri.query().unwrap_or_default());
    let part = query.get("part").map(|number| {
        number
            .parse()
            .ok()
            .filter(|part| (1..=PARTS_MAX).contains(part))
    });
    part.map(|part| part.ok_or(AppError::NotFound)).transpose()
}

async fn write(store: &Store, base: &str, part: Option<i64>) -> Result<String, AppError> {
    let number = part.unwrap_or(1);
    if part.is_none() {
        let parts = parts(store.course_count().await?);
        if parts > 1 {
            return Ok(index(base, parts));
        }
    }
    let courses = store
        .course_ids_from((number - 1) * PART_COURSES, PART_COURSES)
        .await?;
    if courses.is_empty() && number > 1 {
        return Err(AppError::NotFound);
    }
    Ok(sitemap_of(base, number == 1, &courses))
}

/// How many parts so many courses have.
fn parts(courses: i64) -> i64 {
    (courses / PART_COURSES + i64::from(courses % PART_COURSES > 0)).clamp(1, PARTS_MAX)
}

// Writing to a String can't fail; an address has nothing that XML would need escaped.

fn index(base: &str, parts: i64) -> String {
    let mut xml = format!("{PROLOGUE}<sitemapindex xmlns=\"{NAMESPACE}\">\n");
    for part in 1..=parts {
        let _ = writeln!(
            xml,
            "<sitemap><loc>{base}/sitemap.xml?part={part}</loc></sitemap>"
        );
    }
    xml.push_str("</sitemapindex>\n");
    xml
}

/// The pages of these courses in each language; the first part has the pages that are not about one
/// course, too.
fn sitemap_of(base: &str, is_first: bool, courses: &[CourseId]) -> String {
    let mut xml = format!("{PROLOGUE}<urlset xmlns=\"{NAMESPACE}\">\n");
    let general = ["/", "/courses", "/privacy", "/terms"]
        .into_iter()
        .filter(|_| is_first)
        .map(str::to_owned);
    for path in general.chain(courses.iter().map(|id| format!("/courses/{id}"))) {
        for lang in Lang::ALL {
            let _ = writeln!(xml, "<url><loc>{base}{}</loc></url>", lang.path(&path));
        }
    }
    xml.push_str("</urlset>\n");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses and bytes of a sitemap at most (sitemaps.org).
    const ADDRESSES_MAX: usize = 50_000;
    const BYTES_MAX: usize = 50 << 20;

    #[test]
    fn browsers_fetch_no_page_ahead_that_a_search_may_not_read() {
        let rules = include_str!("../../../public/speculation-rules.json");
        for path in PRIVATE {
            let path = path.trim_end_matches(['$', '?', '/']);
            for lang in Lang::ALL {
                let begin = format!("\"{}{path}", lang.prefix());
                let has = |end: &str| rules.contains(&format!("{begin}{end}\""));
                assert!(has("*") || has("/*"), "{begin}");
            }
        }
    }

    #[test]
    fn a_full_part_is_within_the_protocol_s_limits() {
        // RFC 1035, section 2.3.4: a name has 253 characters at most.
        let base = format!("https://{}:65535", "a".repeat(253));
        let courses: Vec<_> = (0..PART_COURSES)
            .map(|at| CourseId(i64::MAX - at))
            .collect();
        let xml = sitemap_of(&base, true, &courses);
        assert!(
            xml.matches("<loc>").count() <= ADDRESSES_MAX && xml.len() <= BYTES_MAX,
            "{} bytes",
            xml.len()
        );
        assert!(index(&base, PARTS_MAX).len() <= BYTES_MAX);
    }

    #[test]
    fn a_part_that_is_not_full_counts() {
        let courses = [0, 1, PART_COURSES, PART_COURSES + 1, 2 * PART_COURSES];
        assert_eq!(courses.map(parts), [1, 1, 1, 2, 2]);
    }

    #[test]
    fn only_a_number_names_a_part() {
        let of = |target: &str| part(&target.parse().expect("a target"));
        assert_eq!(
            [of("/sitemap.xml"), of("/sitemap.xml?utm_source=x")],
            [Ok(None), Ok(None)]
        );
        assert_eq!(of("/sitemap.xml?part=2"), Ok(Some(2)));
        for wrong in ["0", "-1", "x", "", "50001", "99999999999999999999"] {
            assert_eq!(
                of(&format!("/sitemap.xml?part={wrong}")),
                Err(AppError::NotFound),
                "{wrong}"
            );
        }
    }
}
