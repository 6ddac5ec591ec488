//! For search engines.

use super::{api, router::Context};
use crate::types::{error::AppError, lang::Lang};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use std::fmt::Write;

/// Addresses in a sitemap at most (<https://www.sitemaps.org/protocol.html>), in two languages.
const COURSES_MAX: i64 = 20_000;

pub(super) async fn robots(State(Context { app, .. }): State<Context>) -> Response {
    let base = app.config.base_url();
    let mut text = String::from("User-agent: *\nDisallow: /api/\n");
    for lang in Lang::ALL {
        for path in ["/me", "/tickets/", "/sign-in?"] {
            let _ = writeln!(text, "Disallow: {}{path}", lang.prefix());
        }
    }
    let _ = writeln!(text, "Sitemap: {base}/sitemap.xml");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

pub(super) async fn sitemap(State(Context { app, .. }): State<Context>) -> Response {
    let courses = match app.store.course_ids(COURSES_MAX).await {
        Ok(courses) => courses,
        Err(error) => return api::failure(&AppError::from(error), Lang::default()),
    };
    let base = app.config.base_url();
    let mut xml =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    let paths = ["/".to_owned(), "/courses".to_owned()].into_iter().chain(courses.into_iter().map(|id| format!("/courses/{id}")));
    for path in paths {
        for lang in Lang::ALL {
            // Writing to a String can't fail; a path has nothing that XML would need escaped.
            let _ = writeln!(xml, "<url><loc>{base}{}</loc></url>", lang.path(&path));
        }
    }
    xml.push_str("</urlset>\n");
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], xml).into_response()
}
