//! No page has this address.

use super::{PageRequest, failure::failure};
use crate::types::{error::AppError, lang::Lang};
use leptos::prelude::*;

/// The page for every address that is none.
#[component]
pub fn NotFound() -> impl IntoView {
    let PageRequest { lang, .. } = PageRequest::here();
    // The address is whatever somebody typed, so the other language leads home.
    failure(lang, Lang::Zh.path("/"), &AppError::NotFound)
}
