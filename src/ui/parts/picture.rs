//! Pictures, always with their size, so that nothing shifts while they load.

use crate::ui::context::Site;
use leptos::prelude::*;

/// The cover of a course without one.
pub const COVER_FALLBACK: &str = "/media/cover-fallback.svg";
/// The portrait of a teacher without one.
pub const PORTRAIT_FALLBACK: &str = "/media/avatar-fallback.svg";

/// When a picture is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// At once: it is in the first view.
    Eager,
    /// When it comes near the view.
    Lazy,
}

impl Loading {
    /// The value of the attribute.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Self::Eager => None,
            Self::Lazy => Some("lazy"),
        }
    }
}

/// Where a picture of the database is, on this host: a path below `/media/`, or an absolute address
/// of this very shop.
pub fn source(image: Option<&str>, fallback: &'static str) -> String {
    source_at(&Site::here().base_url, image, fallback)
}

fn source_at(base_url: &str, image: Option<&str>, fallback: &'static str) -> String {
    let Some(image) = image.filter(|image| !image.is_empty()) else {
        return fallback.to_owned();
    };
    let path = if base_url.is_empty() {
        image
    } else {
        image.strip_prefix(base_url).unwrap_or(image)
    };
    let complete =
        path.starts_with('/') || path.starts_with("https://") || path.starts_with("http://");
    if complete {
        path.to_owned()
    } else {
        format!("/media/{path}")
    }
}

/// The cover of a course, beside its name (so it has no text of its own).
pub fn cover(image: Option<&str>, class: &'static str, loading: Loading) -> impl IntoView + use<> {
    let priority = (loading == Loading::Eager).then_some("high");
    view! {
        <img
            class=class
            src=source(image, COVER_FALLBACK)
            width="960"
            height="540"
            alt=""
            loading=loading.attribute()
            fetchpriority=priority
        />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_stays_on_the_host_that_the_page_came_from() {
        let base = "https://shop.example";
        assert_eq!(
            source_at(base, Some("courses/a.png"), COVER_FALLBACK),
            "/media/courses/a.png"
        );
        assert_eq!(
            source_at(
                base,
                Some("https://shop.example/media/courses/a.png"),
                COVER_FALLBACK
            ),
            "/media/courses/a.png"
        );
        assert_eq!(
            source_at(base, Some("https://cdn.example/a.png"), COVER_FALLBACK),
            "https://cdn.example/a.png"
        );
        assert_eq!(
            source_at("", Some("/media/a.png"), COVER_FALLBACK),
            "/media/a.png"
        );
        assert_eq!(source_at(base, None, COVER_FALLBACK), COVER_FALLBACK);
    }
}
