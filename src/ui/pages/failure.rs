//! The page that tells of an error.

use crate::{
    types::{error::AppError, lang::Lang},
    ui::{
        context::PageStatus,
        parts::{frame::frame, head::Head, message},
        text,
    },
};
use leptos::prelude::*;

/// The whole page, with the error's status.
pub fn failure(lang: Lang, path: String, error: &AppError) -> AnyView {
    PageStatus::here().fail(error);
    frame(
        lang,
        &Head::private(path, text::failure::title(lang, error)),
        message::failure(lang, error),
    )
}
