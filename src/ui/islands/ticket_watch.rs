//! A ticket's page that follows the queue.

use leptos::prelude::*;

/// Children: `article.ticket[data-state="waiting"][data-ticket]` with `p.ticket-place[role=status]`; and before it, for
/// browsers without JavaScript, a `noscript` that refreshes the page.
///
/// The island polls `data-ticket` and loads the page anew once it is decided.
#[island]
pub fn TicketWatch(children: Children) -> impl IntoView {
    view! { <div class="island">{children()}</div> }
}
