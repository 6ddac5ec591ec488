//! A file for each page: what it asks for, and what it puts where.

mod course;
mod courses;
mod failure;
mod home;
mod learn;
mod legal;
mod me;
mod not_found;
mod order;
mod seckill;
mod sign_in;
mod ticket;

pub use course::Course;
pub use courses::Courses;
pub use home::Home;
pub use learn::{Learn, LearnSection};
pub use legal::{Privacy, Terms};
pub use me::Me;
pub use not_found::NotFound;
pub use order::{Order, Receipt};
pub use seckill::Seckill;
pub use sign_in::SignIn;
pub use ticket::Ticket;

use crate::{
    api::account::read_me,
    types::{error::AppError, lang::Lang, wire::Nothing},
    ui::{context::Query, parts::head::Head},
};
use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use leptos_router::hooks::{use_location, use_params_map};

/// What a page was asked for.
struct PageRequest {
    lang: Lang,
    /// The path without the language.
    path: String,
    query: Query,
}

impl PageRequest {
    fn here() -> Self {
        use_location().pathname.with_untracked(|path| {
            let (lang, path) = Lang::of_path(path);
            Self {
                lang,
                path: path.to_owned(),
                query: Query::here(),
            }
        })
    }

    /// A parameter of the query.
    fn query(&self, name: &str) -> Option<String> {
        self.query.get(name).map(str::to_owned)
    }

    /// A part of the path; empty when the route has none of this name.
    fn part(name: &str) -> String {
        use_params_map()
            .with_untracked(|params| params.get(name))
            .unwrap_or_default()
    }
}

/// The head of a page that is made for this request, for the student who asks. While sessions can't
/// be read the island of the header asks again.
async fn for_asker(head: Head) -> Head {
    match read_me(Nothing {}).await {
        Ok(reply) => reply.result.iter().fold(head, Head::of),
        Err(_) => head,
    }
}

/// A page that waits for what it shows; an error becomes the page that tells of it.
///
/// No `Suspense` around it: that one waits for resources, of which pages have none, and walks the
/// page several times for it. What is here in its place is enough for one on a page: two `Suspend`s
/// under one reactive owner would cancel each other.
fn loaded(
    lang: Lang,
    path: String,
    page: impl Future<Output = Result<AnyView, AppError>> + Send + 'static,
) -> impl IntoView {
    Suspend::new(async move {
        let view = match page.await {
            Ok(view) => view,
            Err(error) => failure::failure(lang, path, &error),
        };
        // Language and head find the page that they belong to when they are written, and other
        // pages may be written by the same thread.
        OwnedView::new(view)
    })
}
