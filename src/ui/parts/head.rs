//! Head of a page: title, description, canonical address and previews for sharing.

use crate::{
    types::{account::Asker, lang::Lang},
    ui::{context::Site, text},
};
use leptos::prelude::*;
use leptos_meta::{Html, Link, Meta, Title};

/// A page's own lines.
pub struct Head {
    /// The title, without the shop's name.
    pub title: String,
    /// One or two sentences.
    pub description: String,
    /// Its address without the language, with what of the query belongs to it.
    pub path: String,
    /// A picture of it: a path on this host.
    pub image: Option<String>,
    /// Where it stands in the navigation.
    pub place: Option<NavEntry>,
    /// Whether everybody sees the same, so that it may be found by a search.
    pub public: bool,
    /// The student whom it is for.
    pub student: Option<Asker>,
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NavEntry {
    /// The list of courses, and each of them.
    Courses,
    Sales,
    /// What belongs to the student: courses, orders, tickets.
    Mine,
}

/// Pixels of `og.png`.
const SHARE_SIZE: (&str, &str) = ("1200", "630");

impl Head {
    /// A page for everybody.
    pub fn public(
        path: impl Into<String>,
        title: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            description: description.into(),
            path: path.into(),
            image: None,
            place: None,
            public: true,
            student: None,
        }
    }

    /// A page for one student, or one that is not there.
    pub fn private(path: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            public: false,
            ..Self::public(path, title, "")
        }
    }

    /// The same page, for this student.
    #[must_use]
    pub fn of(self, student: &Asker) -> Self {
        Self {
            student: Some(student.clone()),
            ..self
        }
    }

    /// The same page, at this place of the navigation.
    #[must_use]
    pub fn at(self, place: NavEntry) -> Self {
        Self {
            place: Some(place),
            ..self
        }
    }
}

/// Puts the lines into the document's head.
pub fn head(lang: Lang, head: &Head) -> impl IntoView + use<> {
    let shop = text::frame::shop(lang);
    let title = if head.public && head.path == "/" {
        head.title.clone()
    } else {
        format!("{} · {shop}", head.title)
    };
    let lines = if head.public {
        public_lines(lang, head, &title).into_any()
    } else {
        view! { <Meta name="robots" content="noindex" /> }.into_any()
    };
    view! {
        <Html {..} lang=lang.tag() />
        <Title text=escape(&title) />
        {lines}
    }
}

fn public_lines(lang: Lang, head: &Head, title: &str) -> impl IntoView + use<> {
    let base = Site::here().base_url.clone();
    let address = |lang: Lang| format!("{base}{}", lang.path(&head.path));
    let own_image = head.image.is_some();
    let image = format!("{base}{}", head.image.as_deref().unwrap_or("/og.png"));
    let size = (!own_image).then(|| {
        view! {
            <Meta property="og:image:width" content=SHARE_SIZE.0 />
            <Meta property="og:image:height" content=SHARE_SIZE.1 />
        }
    });
    let kind = if head.path == "/" {
        "website"
    } else {
        "article"
    };
    view! {
        <Meta name="description" content=head.description.clone() />
        <Link rel="canonical" href=address(lang) />
        <Link rel="alternate" hreflang=Lang::Zh.tag() href=address(Lang::Zh) />
        <Link rel="alternate" hreflang=Lang::En.tag() href=address(Lang::En) />
        <Link rel="alternate" hreflang="x-default" href=address(Lang::Zh) />
        <Meta property="og:site_name" content=text::frame::shop(lang) />
        <Meta property="og:type" content=kind />
        <Meta property="og:locale" content=lang.pick("zh_CN", "en_US") />
        <Meta property="og:title" content=title.to_owned() />
        <Meta property="og:description" content=head.description.clone() />
        <Meta property="og:url" content=address(lang) />
        <Meta property="og:image" content=image />
        {size}
        <Meta name="twitter:card" content="summary_large_image" />
    }
}

/// The library writes a title into the document as it is, so what a course is called must not end
/// it.
fn escape(title: &str) -> String {
    title
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_can_not_be_ended_from_inside() {
        assert_eq!(
            escape("a</title><script>&"),
            "a&lt;/title&gt;&lt;script&gt;&amp;"
        );
    }
}
