//! User interface for students. Pages are rendered on the server and never hydrated; in a browser
//! runs `islands/`, with what it names: `icon`, `link` and parts of `text/`.
//!
//! What always holds:
//! - A page that is not personal shows everybody the same bytes at the same moment, so that they
//!   can be kept and shared.
//! - A page works without JavaScript: links, forms and a refresh do what the islands do with more
//!   comfort.
//! - No page holds an inline script, an inline handler or a style attribute.
//! - Only `islands/` names the browser's own interface.

pub mod app;
pub mod context;
pub mod icon;
pub mod islands;
pub mod link;
pub mod pages;
pub mod parts;
pub mod sales;
pub mod shell;
pub mod text;

#[cfg(test)]
mod tests;
