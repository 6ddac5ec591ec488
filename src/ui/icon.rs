//! Icons: lines on a grid of 20.

use leptos::prelude::*;

pub const PAUSE: &str = "M7 4v12M13 4v12";
pub const PLAY: &str = "M6.5 4l9 6-9 6z";
pub const PREVIOUS: &str = "M12.5 4l-6 6 6 6";
pub const NEXT: &str = "M7.5 4l6 6-6 6";
pub const CLEAR: &str = "M5 5l10 10M15 5L5 15";

/// Draws one; what it means is said by what it stands in.
pub fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg
            width="20"
            height="20"
            viewBox="0 0 20 20"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=path />
        </svg>
    }
}
