//! stub
pub mod app { use leptos::prelude::*; #[component] pub fn App() -> impl IntoView { view!{ <p>"hi"</p> } } }
pub mod shell {
  use std::sync::{Arc, atomic::{AtomicU16, Ordering}};
  #[derive(Clone, Debug)] pub struct Site { pub base_url: String, pub css: String, pub boot: String, pub pkg_js: String, pub pkg_wasm: String, pub reload_port: Option<u16> }
  #[derive(Clone)] pub struct PageStatus(Arc<AtomicU16>);
  impl Default for PageStatus { fn default()->Self{ Self(Arc::new(AtomicU16::new(200))) } }
  impl PageStatus { pub fn code(&self)->u16{self.0.load(Ordering::Relaxed)} pub fn location(&self)->Option<String>{None} }
}
