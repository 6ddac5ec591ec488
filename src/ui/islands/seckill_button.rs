//! The button.

use super::{mount, seckill::Rush};
use leptos::prelude::*;

/// Children: the whole `section.seckill[data-state]` with
/// - `data-sale`, `data-course`, `data-opens-at`, `data-closes-at` (epoch milliseconds),
///   `data-stock`, and `data-halted` while it is halted, `data-gone` while it has no seats;
/// - `h2.seckill-title`, `p.seckill-until` for the end of an open sale, and `p.seckill-synced`;
/// - `form.seckill-form` that posts `sale`, with `button.seckill-button`, which sends nothing where
///   there is nothing to be had;
/// - `div.seckill-seats`: `span` (seats in words), `progress.stock` (no value and `aria-hidden` as
///   served);
/// - `p.seckill-check[hidden]` for what is ready in the last seconds;
/// - `p.seckill-note[role=status]`, and `p.seckill-next` for what to do next.
///
/// Every text of every state is in `text::seckill`.
#[island]
pub fn SeckillButton(children: Children) -> impl IntoView {
    mount::div(wake, children)
}

/// Does nothing when the markup is not what it expects: the form then works by itself.
fn wake(root: web_sys::Element) {
    if let Some(rush) = Rush::of(&root) {
        rush.start();
    }
}
