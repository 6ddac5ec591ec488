//! qiangke (抢课): a shop for online courses whose heart is the flash sale. ARCHITECTURE.md is the
//! map.

#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod api;
pub mod rules;
#[cfg(feature = "ssr")]
pub mod server;
pub mod types;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod ui;

/// Called once by the boot module, before the islands of a page wake one by one.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
