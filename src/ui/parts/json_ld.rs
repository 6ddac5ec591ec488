//! JSON-LD of a course page, for search engines.

use crate::{
    types::{catalog::Course, lang::Lang, money::Fen, sale::SaleState},
    ui::{
        context::Site,
        parts::picture::{COVER_FALLBACK, source},
        sales::OnSale,
        text,
    },
};
use leptos::prelude::*;
use std::fmt::Write;

/// The block. It is data, not a program, so the shop's policy lets it pass.
pub fn json_ld(lang: Lang, course: &Course, on: Option<OnSale<'_>>) -> impl IntoView + use<> {
    let words = course_json(lang, course, on, &Site::here().base_url);
    view! { <script r#type="application/ld+json">{words}</script> }
}

/// What the block says: JSON in which no text closes the element that it stands in.
pub fn course_json(lang: Lang, course: &Course, on: Option<OnSale<'_>>, base_url: &str) -> String {
    let teacher = course.teacher.as_ref();
    let brief = course.brief.clone();
    let description = brief.unwrap_or_else(|| {
        text::course::description(
            lang,
            &course.name,
            teacher.map(|teacher| teacher.name.as_str()),
        )
    });
    let url = format!(
        "{base_url}{}",
        lang.path(&format!("/courses/{}", course.id))
    );
    let image = source(course.course_img.as_deref(), COVER_FALLBACK);
    let provider = object(&[
        ("@type", quote("Organization")),
        ("name", quote(text::frame::shop(lang))),
        ("url", quote(base_url)),
    ]);
    let mut offers = vec![offer(course.price, &url, &[])];
    offers.extend(
        on.filter(|on| on.state != SaleState::Ended)
            .map(|on| sale_offer(lang, on, base_url)),
    );
    let offers = offers.join(",");
    let mut instance = vec![
        ("@type", quote("CourseInstance")),
        ("courseMode", quote("Online")),
        (
            "courseWorkload",
            quote(&format!("P{}D", course.period.max(0))),
        ),
    ];
    if let Some(teacher) = teacher {
        instance.push((
            "instructor",
            object(&[("@type", quote("Person")), ("name", quote(&teacher.name))]),
        ));
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
        ("offers", format!("[{offers}]")),
        ("hasCourseInstance", object(&instance)),
    ])
}

/// A price; `more` are further fields.
fn offer(price: Fen, url: &str, more: &[(&str, String)]) -> String {
    let fields = [
        ("@type", quote("Offer")),
        (
            "category",
            quote(if price.is_free() { "Free" } else { "Paid" }),
        ),
        ("price", quote(&price.to_string())),
        ("priceCurrency", quote("CNY")),
        ("url", quote(url)),
    ];
    object(&[&fields, more].concat())
}

/// The price of a sale, which holds in its window and while there are seats.
fn sale_offer(lang: Lang, on: OnSale<'_>, base_url: &str) -> String {
    let sale = on.sale;
    let availability = match on.state {
        SaleState::Coming | SaleState::Open => "https://schema.org/LimitedAvailability",
        SaleState::SoldOut => "https://schema.org/SoldOut",
        SaleState::Paused | SaleState::Ended => "https://schema.org/OutOfStock",
    };
    let moment = |at: crate::types::time::Millis| quote(&at.in_shop().rfc3339());
    let more = [
        ("name", quote(text::sale::price_now(lang))),
        ("availability", quote(availability)),
        ("validFrom", moment(sale.opens_at)),
        ("validThrough", moment(sale.closes_at)),
        ("availabilityStarts", moment(sale.opens_at)),
        ("availabilityEnds", moment(sale.closes_at)),
    ];
    offer(
        sale.price,
        &format!("{base_url}{}", lang.path(&format!("/seckill/{}", sale.id))),
        &more,
    )
}

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{}:{value}", quote(name)))
        .collect();
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
        assert_eq!(
            quote("</script><!--\"\\\n\u{2028}&入门"),
            r#""\u003c/script\u003e\u003c!--\"\\\u000a\u2028\u0026入门""#
        );
    }
}
