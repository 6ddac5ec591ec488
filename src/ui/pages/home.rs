//! The first page: pictures, sales, categories, what others study, how a sale works.

use super::{PageRequest, loaded};
use crate::{
    api,
    types::{
        catalog::{Card, Category, DetailArgs},
        error::AppError,
        lang::Lang,
        page::CourseArgs,
        sale::SaleState,
        sort::{Ordering, SortKey},
        wire::Nothing,
    },
    ui::{
        link,
        parts::{
            carousel::slides,
            chips::{Chip, chips},
            content_lang,
            course_card::course_grid,
            frame::frame,
            head::Head,
            notice,
            sale_card::sale_card,
            sale_clock::{clocked, turns},
            steps::steps,
            turning::turning,
        },
        sales::{OnSale, Sales},
        text::{self, home as words},
    },
};
use leptos::prelude::*;

/// Sales on the page at most: two rows of three.
const SALES_MAX: usize = 6;
/// Popular courses on the page: two rows of four.
const POPULAR: i64 = 8;

#[component]
pub fn Home() -> impl IntoView {
    let PageRequest { lang, .. } = PageRequest::here();
    loaded(lang, String::from("/"), home(lang))
}

async fn home(lang: Lang) -> Result<AnyView, AppError> {
    let banners = api::banner::list_banners(Nothing {}).await?.result;
    let categories = api::catalog::list_categories(Nothing {}).await?.result;
    let popular = api::catalog::list_cards(popular_args())
        .await?
        .result
        .results;
    let sales = Sales::load().await?;
    let sales_part = sales_part(lang, &sales).await;
    let main = view! {
        <h1 class="unseen">{words::heading(lang)}</h1>
        {notice::here(lang)}
        {slides(lang, &banners)}
        {sales_part}
        {categories_part(lang, categories)}
        {popular_part(lang, &popular, &sales)}
        <section class="part" id="how" aria-labelledby="how-title">
            <div class="part-head">
                <h2 id="how-title">{words::how_title(lang)}</h2>
            </div>
            {steps(lang)}
        </section>
    };
    Ok(frame(
        lang,
        &Head::public("/", text::frame::shop_title(lang), text::frame::about(lang)),
        main,
    ))
}

fn popular_args() -> CourseArgs {
    let ordering = Ordering {
        key: SortKey::Students,
        descending: true,
    };
    CourseArgs {
        ordering: Some(ordering.name().into()),
        page_size: Some(POPULAR.into()),
        ..CourseArgs::default()
    }
}

async fn sales_part(lang: Lang, sales: &Sales) -> AnyView {
    let mut cards = Vec::new();
    let coming = sales.coming();
    let title = sales_title(lang, &coming);
    for on in coming.into_iter().take(SALES_MAX) {
        // Without its course a card lacks the teacher's name, and nothing else.
        let detail = api::catalog::read_course(DetailArgs {
            id: Some(on.sale.course_id.into()),
        })
        .await;
        let teacher = detail.ok().and_then(|reply| reply.result.course.teacher);
        cards.push(sale_card(
            lang,
            on,
            teacher.as_ref().map(|teacher| teacher.name.as_str()),
        ));
    }
    let none = cards.is_empty();
    let body = if none {
        view! {
            <p class="notice" data-kind="plain">
                {words::sales_none(lang)}
                <a href=link::page(lang, "/courses")>{words::sales_none_next(lang)}</a>
            </p>
        }
        .into_any()
    } else {
        view! { <ul class="sale-grid">{cards}</ul> }.into_any()
    };
    view! {
        <section class="part" id="sales" aria-labelledby="sales-title">
            <div class="part-head">
                {title}
                {(!none).then(|| view! { <p class="part-note">{words::sales_note(lang)}</p> })}
            </div>
            {body}
        </section>
    }
    .into_any()
}

/// The heading above the sales. `first` is the one that is worth most: the heading turns with it.
fn sales_title(lang: Lang, coming: &[OnSale<'_>]) -> AnyView {
    let Some(first) = coming.first().copied() else {
        return view! { <h2 id="sales-title">{words::sales_title_still(lang)}</h2> }.into_any();
    };
    let title = |state: SaleState| match state {
        SaleState::Coming => words::sales_title_soon(lang),
        SaleState::Open => words::sales_title(lang),
        SaleState::SoldOut | SaleState::Paused | SaleState::Ended => words::sales_title_still(lang),
    };
    let title = turning(first, None, &|state| title(state).to_owned());
    let turns = turns("sales".to_owned(), first);
    let heading = view! {
        <h2
            id="sales-title"
            {..turns}
        >
            {title}
        </h2>
    };
    clocked(heading).into_any()
}

fn categories_part(lang: Lang, categories: Vec<Category>) -> impl IntoView {
    let all = Chip {
        href: link::page(lang, "/courses"),
        label: text::courses::title(lang).to_owned(),
        lang: None,
        chosen: false,
    };
    let each = categories.into_iter().map(|category| Chip {
        href: link::page(lang, &format!("/courses?category={}", category.id)),
        label: category.name,
        lang: content_lang(lang),
        chosen: false,
    });
    let row = chips("chips", std::iter::once(all).chain(each).collect());
    view! {
        <section class="part" aria-labelledby="categories-title">
            <div class="part-head">
                <h2 id="categories-title">{words::categories_title(lang)}</h2>
            </div>
            {row}
        </section>
    }
}

fn popular_part(lang: Lang, popular: &[Card], sales: &Sales) -> impl IntoView + use<> {
    view! {
        <section class="part" aria-labelledby="popular-title">
            <div class="part-head">
                <h2 id="popular-title">{words::popular_title(lang)}</h2>
                <a class="part-more" href=link::page(lang, "/courses")>
                    {text::courses::title(lang)}
                </a>
            </div>
            {course_grid(lang, popular, sales, 0)}
        </section>
    }
}
