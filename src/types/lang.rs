//! The two languages of the shop.

use crate::types::accept::accepted;
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

    /// The language that a path is in, and the path without its prefix (always with a leading
    /// slash).
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

    /// The language of the two that the lines of `Accept-Language` like best (RFC 9110, section
    /// 12.5.4): of equal ones the first that is named; Chinese when nothing is said of either. One
    /// that is refused is the last choice.
    pub fn of_fields<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut named = [None; Self::ALL.len()];
        let mut any = None;
        for (place, accepted) in accepted(lines).enumerate() {
            let primary = accepted.range.split('-').next().unwrap_or_default();
            let place = i32::try_from(place).unwrap_or(i32::MAX);
            // A place further behind counts less, a weight of nothing less than silence.
            let liking = (
                if accepted.weight == 0 {
                    -1
                } else {
                    i32::from(accepted.weight)
                },
                -place,
            );
            if let Some(lang) = Self::ALL
                .iter()
                .position(|lang| lang.primary().eq_ignore_ascii_case(primary))
            {
                named[lang] = named[lang].max(Some(liking));
            } else if primary == "*" {
                any = any.max(Some(liking));
            }
        }
        let [zh, en] = named.map(|liking| liking.or(any).unwrap_or_default());
        if en > zh { Self::En } else { Self::Zh }
    }

    /// What a tag of this language begins with.
    fn primary(self) -> &'static str {
        self.pick("zh", "en")
    }

    /// How long so many seconds are, as people say it: in seconds up to two minutes, in minutes up
    /// to two hours, then in hours, which are rounded.
    pub fn wait(self, seconds: i64) -> String {
        const SECONDS_MAX: i64 = 120;
        const MINUTES_MAX: i64 = 120;
        let minutes = (seconds + 59) / 60;
        let (about, number, unit) = if seconds <= SECONDS_MAX {
            ("", seconds, self.pick(" 秒", " s"))
        } else if minutes <= MINUTES_MAX {
            ("", minutes, self.pick(" 分钟", " minutes"))
        } else {
            (
                self.pick("约 ", "about "),
                (minutes + 29) / 60,
                self.pick(" 小时", " hours"),
            )
        };
        [about, &number.to_string(), unit].concat()
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
    fn a_wait_is_said_as_people_say_it() {
        for (seconds, zh, en) in [
            (1, "1 秒", "1 s"),
            (120, "120 秒", "120 s"),
            (121, "3 分钟", "3 minutes"),
            (7_200, "120 分钟", "120 minutes"),
            (7_201, "约 2 小时", "about 2 hours"),
            (54_004, "约 15 小时", "about 15 hours"),
        ] {
            assert_eq!(
                (&*Lang::Zh.wait(seconds), &*Lang::En.wait(seconds)),
                (zh, en)
            );
        }
    }

    #[test]
    fn a_path_and_its_language_round_trip() {
        for lang in Lang::ALL {
            for path in ["/", "/courses", "/enrol"] {
                assert_eq!(Lang::of_path(&lang.path(path)), (lang, path));
            }
        }
    }

    #[test]
    fn the_language_that_is_liked_best_counts() {
        for (lines, lang) in [
            (&["fr, en;q=0.9, zh;q=0.8"][..], Lang::En),
            (&["zh-CN,en"], Lang::Zh),
            (&["en,zh"], Lang::En),
            (&["zh;q=0.3,en;q=0.7"], Lang::En),
            (&["EN-gb;Q=0.7", "ZH-hant;q=0.3"], Lang::En),
            (&["en;q=0, zh"], Lang::Zh),
            (&["zh;q=0.000"], Lang::En),
            (&["zh;q=0, *"], Lang::En),
            (&["*;q=0.5, en;q=0.4"], Lang::Zh),
            (&["*;q=0.4, en;q=0.5"], Lang::En),
            (&["en-US;q=0.2, en;q=0.8, zh-TW;q=0.5"], Lang::En),
            (&["en;q=0"], Lang::Zh),
            (&["en;q=0.001"], Lang::En),
            (&["enm, zhx"], Lang::Zh),
            (&["*"], Lang::Zh),
            (&["fr"], Lang::Zh),
            (&[""], Lang::Zh),
            (&[], Lang::Zh),
        ] {
            assert_eq!(
                Lang::of_fields(lines.iter().map(|line| line.as_bytes())),
                lang,
                "{lines:?}"
            );
        }
    }
}
