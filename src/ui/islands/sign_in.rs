//! Signing in without a reload.

use leptos::prelude::*;

/// Children: `section.sign-in[data-step]`. Step `mobile`: `form.sign-in-form` with `input#mobile`. Step `code`:
/// `form.sign-in-form` with `input#code`, and `form` with `button.link-button` to send another one. An error stands in
/// `p.field-error[role=alert]` below its field, which has `aria-invalid="true"` and names it in `aria-describedby`.
#[island]
pub fn SignInSteps(children: Children) -> impl IntoView {
    view! { <div class="island">{children()}</div> }
}
