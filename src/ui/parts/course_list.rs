//! Filters of the course list: a form and links, each of which leads to an address of the list.

use crate::{
    types::{
        catalog::{Category, Level},
        lang::Lang,
        page::CourseQuery,
        sort::{Ordering, SortKey, SortOrder},
    },
    ui::{
        link,
        parts::{
            chips::{Chip, chips},
            content_lang,
            search::search_field,
        },
        text::courses as text,
    },
};
use leptos::prelude::*;

/// The orders that the list offers.
const ORDERS: [Ordering; 5] = [
    Ordering {
        key: SortKey::Orders,
        descending: false,
    },
    Ordering {
        key: SortKey::Students,
        descending: true,
    },
    Ordering {
        key: SortKey::PubDate,
        descending: true,
    },
    Ordering {
        key: SortKey::Price,
        descending: false,
    },
    Ordering {
        key: SortKey::Price,
        descending: true,
    },
];

/// The address of a list.
pub fn list(lang: Lang, query: &CourseQuery) -> String {
    link::page(lang, &format!("/courses{}", query.page_search()))
}

/// The form: search, categories, levels, order.
pub fn finder(lang: Lang, query: &CourseQuery, categories: &[Category]) -> impl IntoView + use<> {
    let first = query.at_page(1);
    let without = query.search.is_some().then(|| {
        list(
            lang,
            &CourseQuery {
                search: None,
                ..first.clone()
            },
        )
    });
    view! {
        <form class="finder" action=lang.path("/courses") method="get" role="search">
            {kept(&first)}
            {search_field(lang, query.search.clone(), without)}
            {group(text::filter_category(lang), category_chips(lang, &first, categories))}
            {group(text::filter_level(lang), level_chips(lang, &first))}
            <div class="finder-sort">
                <div class="finder-group">
                    <label class="finder-label" for="order">
                        {text::order(lang)}
                    </label>
                    {orders(lang, &query.ordering)}
                </div>
                <button class="button finder-apply" data-kind="quiet" type="submit">
                    {text::apply(lang)}
                </button>
            </div>
        </form>
    }
}

/// What the form does not ask for stays as it is.
fn kept(query: &CourseQuery) -> impl IntoView + use<> {
    let rest = CourseQuery {
        search: None,
        ordering: SortOrder::default(),
        ..query.clone()
    };
    let pairs: Vec<_> = rest
        .page_search()
        .trim_start_matches('?')
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    pairs
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view()
}

fn group(name: &'static str, choices: Vec<Chip>) -> impl IntoView {
    view! {
        <nav class="finder-group" aria-label=name>
            <span class="finder-label" aria-hidden="true">
                {name}
            </span>
            {chips("chips", choices)}
        </nav>
    }
}

fn category_chips(lang: Lang, query: &CourseQuery, categories: &[Category]) -> Vec<Chip> {
    let to = |category| {
        list(
            lang,
            &CourseQuery {
                category,
                ..query.clone()
            },
        )
    };
    let all = Chip {
        href: to(None),
        label: text::filter_all(lang).to_owned(),
        lang: None,
        chosen: query.category.is_none(),
    };
    let each = categories.iter().map(|category| Chip {
        href: to(Some(category.id)),
        label: category.name.clone(),
        lang: content_lang(lang),
        chosen: query.category == Some(category.id),
    });
    std::iter::once(all).chain(each).collect()
}

fn level_chips(lang: Lang, query: &CourseQuery) -> Vec<Chip> {
    let to = |level| {
        list(
            lang,
            &CourseQuery {
                level,
                ..query.clone()
            },
        )
    };
    let all = Chip {
        href: to(None),
        label: text::filter_all(lang).to_owned(),
        lang: None,
        chosen: query.level.is_none(),
    };
    let each = Level::ALL.iter().map(|level| Chip {
        href: to(Some(*level)),
        label: level.name(lang).to_owned(),
        lang: None,
        chosen: query.level == Some(*level),
    });
    std::iter::once(all).chain(each).collect()
}

fn orders(lang: Lang, chosen: &SortOrder) -> impl IntoView + use<> {
    let option = |order: SortOrder, name: &'static str| {
        view! {
            <option value=order.name() selected=order == *chosen>
                {name}
            </option>
        }
    };
    let named = |order: Ordering| {
        Some((
            SortOrder::from(order),
            text::order_name(lang, order.key, order.descending)?,
        ))
    };
    let offered: Vec<_> = ORDERS.into_iter().filter_map(named).collect();
    // One that only an address names stays until another one is chosen.
    let own = offered
        .iter()
        .all(|(order, _)| order != chosen)
        .then(|| (chosen.clone(), text::order_own(lang)));
    let options = offered
        .into_iter()
        .chain(own)
        .map(|(order, name)| option(order, name))
        .collect_view();
    view! {
        <select class="finder-order" id="order" name="order">
            {options}
        </select>
    }
}
