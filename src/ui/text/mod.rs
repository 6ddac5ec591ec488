//! Every text of the shop in its two languages, a file for each place. A text that is missing or
//! misspelt does not compile.
//!
//! What takes no number or name is a plain `&str`; the others say what they need.

use crate::types::{lang::Lang, money::Fen};

/// A function for each text: its name, the Chinese, the English (which is its documentation too).
macro_rules! texts {
    ($($name:ident = $zh:literal, $en:literal;)*) => {$(
        #[doc = $en]
        pub fn $name(lang: $crate::types::lang::Lang) -> &'static str {
            lang.pick($zh, $en)
        }
    )*};
}

pub mod course;
pub mod courses;
pub mod failure;
pub mod frame;
pub mod home;
pub mod learn;
pub mod legal;
pub mod me;
pub mod order;
pub mod sale;
pub mod seckill;
pub mod sign_in;
pub mod ticket;

/// An amount as a student reads it: 免费, ¥99 or ¥9.90.
pub fn price(lang: Lang, fen: Fen) -> String {
    if fen.is_free() {
        course::free(lang).to_owned()
    } else if fen.0 % 100 == 0 {
        format!("¥{}", fen.0 / 100)
    } else {
        format!("¥{fen}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_decimals_only_when_it_needs_them() {
        assert_eq!(price(Lang::Zh, Fen(0)), "免费");
        assert_eq!(price(Lang::En, Fen(9_900)), "¥99");
        assert_eq!(price(Lang::En, Fen(990)), "¥9.90");
    }

    #[test]
    fn one_is_singular_in_english() {
        assert_eq!(course::lessons(Lang::En, 1), "1 lesson");
        assert_eq!(course::lessons(Lang::En, 2), "2 lessons");
        assert_eq!(courses::found(Lang::En, 1), "1 course found");
        assert_eq!(
            seckill::queued_ahead(Lang::En, 1),
            "In the queue: one person ahead of you"
        );
    }
}
