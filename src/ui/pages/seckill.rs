//! A sale: the button, the course, the rules.

use super::{PageRequest, loaded};
use crate::{
    api,
    types::{
        catalog::{Course, DetailArgs},
        error::AppError,
        ids::SaleId,
        lang::Lang,
        sale::SaleState,
    },
    ui::{
        link,
        parts::{
            content_lang,
            course_card::slot,
            course_facts::sale_facts,
            frame::{crumbs, frame},
            head::{Head, NavEntry},
            notice,
            picture::{COVER_FALLBACK, Loading, cover, source},
            seckill::seckill,
            steps::rules,
        },
        sales::{OnSale, Sales},
        text::{self, sale as words},
    },
};
use leptos::prelude::*;

#[component]
pub fn Seckill() -> impl IntoView {
    let asked = PageRequest::here();
    let id = PageRequest::part("sale")
        .parse()
        .ok()
        .filter(|id: &SaleId| id.0 > 0);
    let error = notice::error_of(|name| asked.query(name));
    loaded(asked.lang, asked.path, async move {
        sale(asked.lang, id.ok_or(AppError::NotFound)?, error).await
    })
}

async fn sale(lang: Lang, id: SaleId, error: Option<AppError>) -> Result<AnyView, AppError> {
    let sales = Sales::load_with(id).await?;
    let on = sales.get(id).ok_or(AppError::NotFound)?;
    let course = api::catalog::read_course(DetailArgs {
        id: Some(on.sale.course_id.into()),
    })
    .await?
    .result
    .course;
    let instead = sales.instead_of(on.sale);
    let main = view! {
        {crumbs(lang, way(lang))}
        {notice::of_error(lang, error.as_ref())}
        <div class=format!("sale {}", slot(course.id))>
            <div class="sale-head">
                {cover(course.course_img.as_deref(), "sale-cover slot-cover", Loading::Eager)}
                <h1 class="slot-name" lang=content_lang(lang)>
                    {course.name.clone()}
                </h1>
                {sale_facts(lang, &course)}
            </div>
            {seckill(lang, on, instead)} <div>
                {rules(lang, on.sale.price)} <p>
                    <a class="part-more" href=link::page(lang, &format!("/courses/{}", course.id))>
                        {words::course_link(lang)}
                    </a>
                </p>
            </div>
        </div>
    };
    Ok(frame(lang, &head(lang, on, &course), main))
}

fn head(lang: Lang, on: OnSale<'_>, course: &Course) -> Head {
    let sale = on.sale;
    let title = format!("{} · {}", course.name, text::frame::nav_sales(lang));
    let opens = text::seckill::before_title(lang, &sale.opens_at.in_shop().date_and_time());
    let when = if on.state == SaleState::Coming {
        opens
    } else {
        text::course::sale_strip(lang, on.state).to_owned()
    };
    let price = |word, fen| format!("{word} {}", text::price(lang, fen));
    let ordinary =
        (sale.old_price > sale.price).then(|| price(words::price_ordinary(lang), sale.old_price));
    let prices: Vec<_> = std::iter::once(price(words::price_now(lang), sale.price))
        .chain(ordinary)
        .collect();
    let prices = prices.join(lang.pick("，", ", "));
    let description = words::description(lang, &course.name, &when, &prices, sale.stock);
    let head =
        Head::public(format!("/seckill/{}", sale.id), title, description).at(NavEntry::Sales);
    Head {
        image: Some(source(course.course_img.as_deref(), COVER_FALLBACK)),
        ..head
    }
}

fn way(lang: Lang) -> Vec<(String, String, Option<&'static str>)> {
    let home = (lang.path("/"), text::frame::home(lang).to_owned(), None);
    let sales = (
        link::page(lang, "/#sales"),
        text::frame::nav_sales(lang).to_owned(),
        None,
    );
    vec![home, sales]
}
