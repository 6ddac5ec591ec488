//! The shop's addresses, in both languages.

use crate::{
    types::lang::Lang,
    ui::pages::{
        Course, Courses, Home, Learn, LearnSection, Me, NotFound, Order, Privacy, Receipt, Seckill,
        SignIn, Terms, Ticket,
    },
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode, StaticSegment,
    components::{Outlet, ParentRoute, Route, Router, Routes},
    path,
};

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Pages lang=Lang::Zh />
                <Pages lang=Lang::En />
            </Routes>
        </Router>
    }
}

/// The pages of one language.
#[component(transparent)]
fn Pages(lang: Lang) -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=StaticSegment(lang.prefix()) view=Outlet ssr=SsrMode::Async>
            <Route path=path!("/") view=Home ssr=SsrMode::Async />
            <Route path=path!("/courses") view=Courses ssr=SsrMode::Async />
            <Route path=path!("/courses/:id") view=Course ssr=SsrMode::Async />
            <Route path=path!("/seckill/:sale") view=Seckill ssr=SsrMode::Async />
            <Route path=path!("/tickets/:task_id") view=Ticket ssr=SsrMode::Async />
            <Route path=path!("/learn/:course") view=Learn ssr=SsrMode::Async />
            <Route path=path!("/learn/:course/:section") view=LearnSection ssr=SsrMode::Async />
            <Route path=path!("/orders/:id") view=Order ssr=SsrMode::Async />
            <Route path=path!("/orders/:id/receipt") view=Receipt ssr=SsrMode::Async />
            <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async />
            <Route path=path!("/me") view=Me ssr=SsrMode::Async />
            <Route path=path!("/privacy") view=Privacy ssr=SsrMode::Async />
            <Route path=path!("/terms") view=Terms ssr=SsrMode::Async />
        </ParentRoute>
    }
    .into_inner()
}
