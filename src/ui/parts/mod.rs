//! Parts of pages: a function for each, from values to markup.

pub mod carousel;
pub mod chips;
pub mod course_card;
pub mod course_facts;
pub mod course_list;
pub mod document;
pub mod footer;
pub mod frame;
pub mod head;
pub mod header;
pub mod hold;
pub mod json_ld;
pub mod lesson;
pub mod message;
pub mod notice;
pub mod offer;
pub mod order;
pub mod outline;
pub mod pager;
pub mod picture;
pub mod price;
pub mod qr;
pub mod sale_card;
pub mod sale_clock;
pub mod search;
pub mod seat;
pub mod seckill;
pub mod sessions;
pub mod sign_in_form;
pub mod steps;
pub mod teacher;
pub mod ticket;
pub mod turning;

use crate::types::lang::Lang;

/// The `lang` attribute of a text from the database, which is Chinese, on a page of this language.
pub fn content_lang(lang: Lang) -> Option<&'static str> {
    match lang {
        Lang::Zh => None,
        Lang::En => Some(Lang::Zh.tag()),
    }
}
