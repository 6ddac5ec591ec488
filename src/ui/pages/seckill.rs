//! A sale: the button, the course, the rules.

use super::{Asked, loaded};
use crate::{
    api,
    types::{
        catalog::{Course, DetailArgs},
        error::AppError,
        ids::SaleId,
        lang::Lang,
        sale::Sale,
    },
    ui::{
        parts::{
            course_card::slot,
            course_facts::sale_facts,
            frame::{crumbs, frame},
            head::{Head, Place},
            link, notice, of_record,
            picture::{COVER_FALLBACK, Loading, cover, source},
            seckill::seckill,
            steps::rules,
        },
        sales::Sales,
        text::{self, sale as words},
    },
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Seckill() -> impl IntoView {
    let asked = Asked::here();
    let id = Asked::part("sale").parse();
    let error = notice::error_of(|name| asked.query(name));
    loaded(asked.lang, asked.path, async move { sale(asked.lang, id.map_err(|_| AppError::NotFound)?, error).await })
}

async fn sale(lang: Lang, id: SaleId, error: Option<AppError>) -> Result<AnyView, AppError> {
    let sales = Sales::load().await?;
    let on = sales.get(id).ok_or(AppError::NotFound)?;
    let course = api::catalog::detail(DetailArgs { id: Some(on.sale.course_id.into()) }).await?.result.course;
    let next = sales.coming().into_iter().find(|next| next.sale.id != id);
    let main = view! {
        {crumbs(lang, way(lang))}
        {notice::of_error(lang, error.as_ref())}
        <div class=format!("sale {}", slot(course.id))>
            <div class="sale-head">
                {cover(course.course_img.as_deref(), "sale-cover slot-cover", Loading::Eager)}
                <h1 class="slot-name" lang=of_record(lang)>
                    {course.name.clone()}
                </h1>
                {sale_facts(lang, &course)}
            </div>
            {seckill(lang, on, next)} <div>
                {rules(lang)} <p>
                    <a class="part-more" href=link::page(lang, &format!("/courses/{}", course.id))>
                        {words::course_link(lang)}
                    </a>
                </p>
            </div>
        </div>
    };
    Ok(frame(lang, &head(lang, on.sale, &course), main))
}

fn head(lang: Lang, sale: &Sale, course: &Course) -> Head {
    let title = format!("{} · {}", course.name, text::frame::nav_sales(lang));
    let description = words::description(lang, &course.name, &text::price(lang, sale.price), sale.stock);
    let head = Head::public(format!("/seckill/{}", sale.id), title, description).at(Place::Sales);
    Head { image: Some(source(course.course_img.as_deref(), COVER_FALLBACK)), ..head }
}

fn way(lang: Lang) -> Vec<(String, String, Option<&'static str>)> {
    let home = (lang.path("/"), text::frame::home(lang).to_owned(), None);
    let sales = (link::page(lang, "/#sales"), text::frame::nav_sales(lang).to_owned(), None);
    vec![home, sales]
}
