//! Teacher of a course.

use crate::{
    types::{catalog::Teacher, lang::Lang},
    ui::{
        parts::{
            content_lang,
            picture::{PORTRAIT_FALLBACK, source},
        },
        text::course as text,
    },
};
use leptos::prelude::*;

/// Portrait, role, position, motto and a few sentences.
pub fn teacher(lang: Lang, teacher: &Teacher) -> impl IntoView + use<> {
    let signature = teacher.signature.clone().filter(|text| !text.is_empty());
    view! {
        <section aria-labelledby="teacher-title">
            <h2 id="teacher-title">{text::teacher_title(lang)}</h2>
            <div class="teacher sheet" lang=content_lang(lang)>
                <img
                    class="teacher-portrait"
                    src=source(teacher.image.as_deref(), PORTRAIT_FALLBACK)
                    width="320"
                    height="320"
                    alt=""
                    loading="lazy"
                />
                <div>
                    <h3>
                        {teacher.name.clone()} " " <span class="badge" lang=lang.tag()>
                            {teacher.role.name(lang)}
                        </span>
                    </h3>
                    <p class="teacher-title">{teacher.title.clone()}</p>
                    {signature.map(|words| view! { <p class="teacher-signature">{words}</p> })}
                </div>
                <p class="teacher-brief">{teacher.brief.clone()}</p>
            </div>
        </section>
    }
}
