//! QR code as a picture. It is black on white in every theme, since an app reads no other.

use crate::types::payment::QrCode;
use leptos::prelude::*;

/// Pixels of a side at most: a phone reads it from an arm's length.
const SIDE_MAX: u16 = 320;

/// The code; `name` says what it is to those who do not see it.
pub fn qr(name: String, code: &QrCode) -> impl IntoView + use<> {
    let QrCode { side, path } = code.clone();
    // Whole pixels for each module: modules of different sizes are hard to read.
    let pixels = side * (SIDE_MAX / side.max(1)).max(1);
    view! {
        <svg
            class="qr"
            role="img"
            aria-label=name
            width=pixels.to_string()
            height=pixels.to_string()
            viewBox=format!("0 0 {side} {side}")
            shape-rendering="crispEdges"
        >
            <path fill="#fff" d=format!("M0 0h{side}v{side}h-{side}z") />
            <path fill="#000" d=path />
        </svg>
    }
}
