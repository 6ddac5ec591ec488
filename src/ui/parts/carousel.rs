//! The home page's pictures: a row that snaps.

use crate::{
    types::{banner::Banner, lang::Lang},
    ui::{
        icon::{self, icon},
        islands::Carousel,
        link,
        parts::{
            content_lang,
            picture::{COVER_FALLBACK, Loading, source},
        },
        text::home as text,
    },
};
use leptos::prelude::*;
use leptos_meta::Link;

/// The carousel; nothing when there is no banner.
pub fn slides(lang: Lang, banners: &[Banner]) -> Option<impl IntoView + use<>> {
    let first = banners.first()?;
    let preload = source(Some(&first.image), COVER_FALLBACK);
    let slides = banners
        .iter()
        .enumerate()
        .map(|(at, banner)| slide(lang, at, banner))
        .collect_view();
    let inside = view! {
        <h2 class="unseen" id="carousel-title">
            {text::carousel(lang)}
        </h2>
        <ul class="carousel-track">{slides}</ul>
        {(banners.len() > 1).then(|| bar(lang, banners))}
    };
    Some(view! {
        <Link rel="preload" as_="image" href=preload fetchpriority="high" />
        <Carousel>{inside}</Carousel>
    })
}

fn slide(lang: Lang, at: usize, banner: &Banner) -> impl IntoView + use<> {
    let loading = if at == 0 {
        Loading::Eager
    } else {
        Loading::Lazy
    };
    let title = banner.title.clone();
    let (title, go) = match link::of_content(lang, &banner.link) {
        Some(href) => (
            view! {
                <a class="carousel-link" href=href>
                    {title}
                </a>
            }
            .into_any(),
            Some(view! {
                <span class="button carousel-go" data-kind="quiet" aria-hidden="true">
                    {text::look(lang)}
                </span>
            }),
        ),
        None => (
            view! { <span class="carousel-link">{title}</span> }.into_any(),
            None,
        ),
    };
    view! {
        <li class="carousel-slide" id=format!("slide-{}", at + 1)>
            <img
                class="carousel-picture"
                src=source(Some(&banner.image), COVER_FALLBACK)
                width="1200"
                height="480"
                alt=""
                loading=loading.attribute()
                fetchpriority=(at == 0).then_some("high")
            />
            <div class="carousel-label">
                <p class="carousel-title" lang=content_lang(lang)>
                    {title}
                </p>
                <p class="carousel-info" lang=content_lang(lang)>
                    {banner.info.clone()}
                </p>
                {go}
            </div>
        </li>
    }
}

fn bar(lang: Lang, banners: &[Banner]) -> impl IntoView + use<> {
    let of = banners.len();
    let dot = |at: usize, banner: &Banner| {
        view! {
            <a
                class="carousel-dot"
                href=format!("#slide-{}", at + 1)
                aria-label=text::carousel_dot(lang, at + 1, of, &banner.title)
                aria-current=(at == 0).then_some("true")
            ></a>
        }
    };
    let dots = banners
        .iter()
        .enumerate()
        .map(|(at, banner)| dot(at, banner))
        .collect_view();
    view! {
        <div class="carousel-bar">
            <button class="carousel-button" type="button" hidden data-go="previous" aria-label=text::carousel_previous(lang)>
                {icon(icon::PREVIOUS)}
            </button>
            <nav class="carousel-dots" aria-label=text::carousel_dots(lang)>
                {dots}
            </nav>
            <button class="carousel-button" type="button" hidden data-go="next" aria-label=text::carousel_next(lang)>
                {icon(icon::NEXT)}
            </button>
            <button
                class="carousel-button"
                type="button"
                hidden
                data-go="pause"
                data-pause=text::carousel_pause(lang)
                data-play=text::carousel_play(lang)
                aria-label=text::carousel_pause(lang)
            >
                {icon(icon::PAUSE)}
            </button>
        </div>
    }
}
