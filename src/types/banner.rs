//! The pictures of the home page's carousel.

use crate::types::{
    ids::BannerId,
    line::{BadLine, line},
    link,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Banner {
    /// Its number.
    pub id: BannerId,
    /// What it is about, in a few words.
    pub title: String,
    /// The picture: a path below `/media/` in the database, an absolute URL on the wire.
    pub image: String,
    pub link: String,
    pub info: String,
    pub orders: i64,
}

/// Characters of a title at most.
pub const TITLE_MAX: usize = 64;
/// Characters of a picture's path, a link, or the sentence at most.
pub const TEXT_MAX: usize = 255;

/// A slide that an operator wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBanner {
    /// What it is about, in a few words.
    pub title: String,
    /// A path below `/media/`.
    pub image: String,
    /// Where it leads: a path of this shop, or the address of another site.
    pub link: String,
    pub info: String,
}

/// Why a slide can't be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadBanner {
    /// A text is none.
    Line(&'static str, BadLine),
    /// The picture is no path below `/media/`.
    Image,
    /// The link is neither a path of this shop nor the address of another site.
    Link,
}

impl NewBanner {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`BadBanner`] says which part can't be used, and why.
    pub fn parse(title: &str, image: &str, link: &str, info: &str) -> Result<Self, BadBanner> {
        let read = |name, text, most| {
            line(text, most)
                .map(str::to_owned)
                .map_err(|why| BadBanner::Line(name, why))
        };
        let banner = Self {
            title: read("title", title, TITLE_MAX)?,
            image: read("image", image, TEXT_MAX)?,
            link: read("link", &link::in_ascii(link), TEXT_MAX)?,
            info: read("info", info, TEXT_MAX)?,
        };
        // What is below /media/media/ was meant to be below /media/.
        if !link::is_media(&banner.image) || banner.image.starts_with("media/") {
            Err(BadBanner::Image)
        } else if link::is_of_banner(&banner.link) {
            Ok(banner)
        } else {
            Err(BadBanner::Link)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slide_has_a_name_a_picture_and_a_way() {
        let banner = NewBanner::parse(" 限时秒杀 ", "banner/rush.png", "/courses", "一句话")
            .expect("a banner");
        assert_eq!(banner.title, "限时秒杀");
        let pasted = NewBanner::parse("t", "a.png", "/courses?q=课", "i").expect("a banner");
        assert_eq!(pasted.link, "/courses?q=%E8%AF%BE");
        let of = |title: &str, image: &str, link: &str, info: &str| {
            NewBanner::parse(title, image, link, info).expect_err("refused")
        };
        assert_eq!(
            of("", "a.png", "/", "i"),
            BadBanner::Line("title", BadLine::Blank)
        );
        assert_eq!(
            of(&"a".repeat(TITLE_MAX + 1), "a.png", "/", "i"),
            BadBanner::Line("title", BadLine::TooLong(TITLE_MAX))
        );
        assert_eq!(
            of("t", "a.png", "/", "a\u{1b}[2J"),
            BadBanner::Line("info", BadLine::Unseen('\u{1b}'))
        );
        for image in ["/media/a.png", "../a.png"] {
            assert_eq!(of("t", image, "/", "i"), BadBanner::Image);
        }
        for link in ["//evil.example/", "ftp://a.example", "javascript:alert(1)"] {
            assert_eq!(of("t", "a.png", link, "i"), BadBanner::Link);
        }
    }
}
