//! What a course page tells search engines, as JSON-LD.

use crate::{
    types::{catalog::Course, lang::Lang},
    ui::{
        parts::picture::{COVER_FALLBACK, source},
        shell::Site,
        text,
    },
};
use leptos::prelude::*;
use std::fmt::Write;

/// The block. It is data, not a program, so the shop's policy lets it pass.
pub fn json_ld(lang: Lang, course: &Course) -> impl IntoView + use<> {
    let words = course_json(lang, course, &Site::here().base_url);
    view! { <script r#type="application/ld+json">{words}</script> }
}

/// What the block says: JSON in which no text closes the element that it stands in.
pub fn course_json(lang: Lang, course: &Course, base_url: &str) -> String {
    let teacher = course.teacher.as_ref();
    let brief = course.brief.clone();
    let description =
        brief.unwrap_or_else(|| text::course::description(lang, &course.name, teacher.map_or("", |teacher| teacher.name.as_str())));
    let url = format!("{base_url}{}", lang.path(&format!("/courses/{}", course.id)));
    let image = source(course.course_img.as_deref(), COVER_FALLBACK);
    let provider = object(&[("@type", quote("Organization")), ("name", quote(text::frame::shop(lang))), ("url", quote(base_url))]);
    let offer = object(&[
        ("@type", quote("Offer")),
        ("category", quote(if course.price.is_free() { "Free" } else { "Paid" })),
        ("price", quote(&course.price.to_string())),
        ("priceCurrency", quote("CNY")),
        ("url", quote(&url)),
    ]);
    let mut instance = vec![
        ("@type", quote("CourseInstance")),
        ("courseMode", quote("Online")),
        ("courseWorkload", quote(&format!("P{}D", course.period.max(0)))),
    ];
    if let Some(teacher) = teacher {
        instance.push(("instructor", object(&[("@type", quote("Person")), ("name", quote(&teacher.name))])));
    }
    object(&[
        ("@context", quote("https://schema.org")),
        ("@type", quote("Course")),
        ("name", quote(&course.name)),
        ("description", quote(&description)),
        ("url", quote(&url)),
        ("image", quote(&format!("{base_url}{image}"))),
        ("inLanguage", quote(Lang::Zh.tag())),
        ("provider", provider),
        ("offers", offer),
        ("hasCourseInstance", object(&instance)),
    ])
}

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{}:{value}", quote(name))).collect();
    format!("{{{}}}", fields.join(","))
}

/// A JSON string that no text can leave: neither the string, nor the script that it stands in.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a String can't fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_a_string() {
        assert_eq!(quote("</script><!--\"\\\n\u{2028}&入门"), r#""\u003c/script\u003e\u003c!--\"\\\u000a\u2028\u0026入门""#);
    }
}
