//! Notice above the content of a page.

use crate::{
    types::{
        error::{AppError, FORM_FIELDS},
        lang::Lang,
    },
    ui::{context::Query, text},
};
use leptos::prelude::*;

/// Seconds that a page repeats at most.
const RETRY_MAX_S: i64 = 86_400;

pub fn warning(words: String) -> impl IntoView {
    view! {
        <p class="notice" data-kind="warning" role="alert">
            {words}
        </p>
    }
}

/// What went wrong with the form that led here, if anything.
pub fn of_error(lang: Lang, error: Option<&AppError>) -> impl IntoView + use<> {
    error.map(|error| warning(text::failure::text(lang, error)))
}

/// The same of the page that is being rendered, by its query.
pub fn here(lang: Lang) -> impl IntoView + use<> {
    let query = Query::here();
    let error = error_of(|name| query.get(name).map(str::to_owned));
    of_error(lang, error.as_ref())
}

/// The error that a page's query tells of: `error`, one of a closed list of names, with `field` and
/// `retry_s`.
pub fn error_of(get: impl Fn(&str) -> Option<String>) -> Option<AppError> {
    let slug = get("error")?;
    let retry_s = get("retry_s")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1)
        .clamp(1, RETRY_MAX_S);
    let field = get("field")
        .filter(|name| FORM_FIELDS.contains(&name.as_str()))
        .unwrap_or_default();
    AppError::each(&field, retry_s).find(|error| error.slug() == slug)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::error::Fault;

    fn read(pairs: &[(&str, &str)]) -> Option<AppError> {
        error_of(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn only_names_of_the_list_are_read() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("error", "<b>")]), None);
        assert_eq!(
            read(&[("error", "unavailable")]),
            Some(AppError::Unavailable)
        );
        assert_eq!(
            read(&[("error", "too-many"), ("retry_s", "47")]),
            Some(AppError::TooManyRequests { retry_s: 47 })
        );
        assert_eq!(
            read(&[("error", "too-many"), ("retry_s", "-1")]),
            Some(AppError::TooManyRequests { retry_s: 1 })
        );
        assert_eq!(
            read(&[("error", "wrong-code"), ("field", "code")]),
            Some(AppError::field("code", Fault::WrongCode))
        );
        assert_eq!(
            read(&[("error", "missing"), ("field", "<b>")]),
            Some(AppError::field("", Fault::Missing))
        );
    }
}
