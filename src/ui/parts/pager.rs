//! From page to page of a list, by real links.

use crate::{
    types::{
        lang::Lang,
        page::{CourseQuery, PAGE_MAX},
    },
    ui::{link, text::courses as text},
};
use leptos::prelude::*;

/// How many pages there are.
pub fn pages(query: &CourseQuery, count: i64) -> i64 {
    let size = query.page_size.max(1);
    (count / size + i64::from(count % size > 0)).clamp(1, PAGE_MAX)
}

/// The links; nothing when there is one page.
pub fn pager(lang: Lang, query: &CourseQuery, count: i64) -> Option<impl IntoView + use<>> {
    let of = pages(query, count);
    if of < 2 {
        return None;
    }
    let now = query.page;
    let href = |page: i64| {
        link::page(
            lang,
            &format!("/courses{}", query.at_page(page).page_search()),
        )
    };
    let step = |page: i64, rel: &'static str, name: &'static str| {
        (1..=of).contains(&page).then(|| {
            view! {
                <li>
                    <a class="pager-link" rel=rel href=href(page)>
                        {name}
                    </a>
                </li>
            }
        })
    };
    let numbers = shown(now, of)
        .into_iter()
        .map(|page| match page {
            None => view! { <li aria-hidden="true">"…"</li> }.into_any(),
            Some(page) => view! {
                <li>
                    <a class="pager-link" href=href(page) aria-label=text::page(lang, page) aria-current=(page == now).then_some("page")>
                        {page}
                    </a>
                </li>
            }
            .into_any(),
        })
        .collect_view();
    Some(view! {
        <nav class="pager" aria-label=text::pager(lang)>
            <ul class="pager-list">
                {step(now - 1, "prev", text::page_previous(lang))} {numbers} {step(now + 1, "next", text::page_next(lang))}
            </ul>
        </nav>
    })
}

/// The first page, the last, and those around this one; `None` is a gap.
fn shown(now: i64, of: i64) -> Vec<Option<i64>> {
    let mut pages = vec![1, now - 1, now, now + 1, of];
    pages.retain(|page| (1..=of).contains(page));
    pages.sort_unstable();
    pages.dedup();
    let mut shown = Vec::new();
    for page in pages {
        match shown.last().copied().flatten() {
            Some(before) if before + 2 == page => shown.push(Some(before + 1)),
            Some(before) if before + 2 < page => shown.push(None),
            _ => {}
        }
        shown.push(Some(page));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_neighbours_are_shown() {
        assert_eq!(shown(1, 3), [Some(1), Some(2), Some(3)]);
        assert_eq!(
            shown(5, 9),
            [Some(1), None, Some(4), Some(5), Some(6), None, Some(9)]
        );
        assert_eq!(
            shown(4, 9),
            [Some(1), Some(2), Some(3), Some(4), Some(5), None, Some(9)]
        );
        assert_eq!(shown(99, 2), [Some(1), Some(2)]);
    }

    #[test]
    fn a_page_that_is_not_full_counts() {
        let query = CourseQuery::default();
        assert_eq!(
            [0, 1, 12, 13].map(|count| pages(&query, count)),
            [1, 1, 1, 2]
        );
    }
}
