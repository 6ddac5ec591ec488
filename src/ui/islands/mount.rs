//! Frame of every island: one element, the function that wakes it in the browser, and the markup
//! that the server put inside.
//!
//! Every island of a kind has the same type here, so that a browser loads what finds an element
//! again once, not once each.

use leptos::prelude::*;
use web_sys::Element;

/// An island among words.
pub fn span(wake: fn(Element), children: Children) -> impl IntoView {
    view! {
        <span class="island" use:wake>
            {children()}
        </span>
    }
}

/// An island that is a block of its own.
pub fn div(wake: fn(Element), children: Children) -> impl IntoView {
    view! {
        <div class="island" use:wake>
            {children()}
        </div>
    }
}
