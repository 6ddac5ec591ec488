//! Banners.

use super::wire::Get;
use crate::types::{
    banner::Banner,
    error::AppError,
    wire::{Nothing, Reply},
};
use leptos::server;

/// The banners that are shown, with absolute image addresses; never a query.
///
/// # Errors
/// None of its own.
#[server(name = ReadBanners, prefix = "/api/v1", endpoint = "home/banner/", protocol = Get<Nothing>)]
pub async fn list_banners(args: Nothing) -> Result<Reply<Vec<Banner>>, AppError> {
    use crate::server::identity;
    let Nothing {} = args;
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(lang, app.banners()))
}
