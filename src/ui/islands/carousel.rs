//! The home page's pictures, one after the other.

use super::slides::Slides;
use leptos::prelude::*;

/// Children: `h2.unseen#carousel-title`, `ul.carousel-track` of `li.carousel-slide#slide-N`, and
/// `div.carousel-bar` with `nav.carousel-dots` (an `a.carousel-dot[href="#slide-N"]` for each
/// slide) between three `button.carousel-button[hidden]`: `data-go="previous"`, `data-go="next"`
/// and `data-go="pause"`, the last with its two names in `data-pause` and `data-play`.
///
/// The bar works without this island, by swipe, dots and arrow keys. The island sets `data-live` on
/// the section, shows the buttons, and marks the dot of the slide in view with
/// `aria-current="true"`.
#[island]
pub fn Carousel(children: Children) -> impl IntoView {
    view! {
        <section class="carousel" aria-labelledby="carousel-title" use:wake>
            {children()}
        </section>
    }
}

fn wake(section: web_sys::Element) {
    if let Some(slides) = Slides::of(section) {
        slides.start();
    }
}
