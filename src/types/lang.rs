//! The two languages of the shop.

use serde::{Deserialize, Serialize};

/// The language of a page or an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese, at `/`.
    #[default]
    Zh,
    /// English, under `/en`.
    En,
}

impl Lang {
    /// Both, in the order in which pages name them.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The value of the `lang` attribute.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// What stands before each path of this language.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Zh => "",
            Self::En => "/en",
        }
    }

    /// The language that a path is in, and the path without its prefix (always with a leading slash).
    pub fn of_path(path: &str) -> (Self, &str) {
        match path.strip_prefix("/en") {
            Some("") => (Self::En, "/"),
            Some(rest) if rest.starts_with('/') => (Self::En, rest),
            _ => (Self::Zh, path),
        }
    }

    /// `path` (which starts with a slash) as a path of this language.
    pub fn path(self, path: &str) -> String {
        match (self, path) {
            (Self::En, "/") => String::from("/en"),
            _ => format!("{}{path}", self.prefix()),
        }
    }

    /// The language that an `Accept-Language` header asks for first; Chinese when it says nothing of the two.
    pub fn of_header(header: &str) -> Self {
        let first = header.split(',').map(str::trim).find(|part| part.starts_with("zh") || part.starts_with("en"));
        if first.is_some_and(|part| part.starts_with("en")) { Self::En } else { Self::Zh }
    }

    /// One of two texts.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_language_round_trip() {
        for lang in Lang::ALL {
            for path in ["/", "/courses", "/enrol"] {
                assert_eq!(Lang::of_path(&lang.path(path)), (lang, path));
            }
        }
    }

    #[test]
    fn the_first_known_language_counts() {
        assert_eq!(Lang::of_header("fr, en;q=0.9, zh;q=0.8"), Lang::En);
        assert_eq!(Lang::of_header("zh-CN,en"), Lang::Zh);
        assert_eq!(Lang::of_header(""), Lang::Zh);
    }
}
