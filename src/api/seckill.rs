//! The flash sale.

use super::wire::{Get, Post};
use crate::types::{
    error::AppError,
    sale::{ClickArgs, Clicked, PollArgs, Polled, Sale, SaleArgs, SaleNow, StudentTicket},
    wire::{Nothing, Reply},
};
use leptos::server;

/// Sales that are on, to come, or over not long ago, by their opening; never a query.
///
/// # Errors
/// None of its own.
#[server(name = ReadSales, prefix = "/api/v1", endpoint = "sale/", protocol = Get<Nothing>)]
pub async fn list_sales(args: Nothing) -> Result<Reply<Vec<Sale>>, AppError> {
    use crate::server::identity;
    let Nothing {} = args;
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(lang, app.sales()))
}

/// A sale, however long ago it ended.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such sale, or its course is not shown.
#[server(name = ReadSale, prefix = "/api/v1", endpoint = "sale/detail/", protocol = Get<SaleArgs>)]
pub async fn read_sale(args: SaleArgs) -> Result<Reply<Sale>, AppError> {
    use crate::server::{identity, shop::args};
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(
        lang,
        app.any_sale(args::id("id", args.id.as_ref())?).await?,
    ))
}

/// What moves about a sale: the server's clock, the seats left, and the asker's own ticket.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such sale.
#[server(name = ReadSaleNow, prefix = "/api/v1", endpoint = "sale/now/", protocol = Get<SaleArgs>)]
pub async fn read_sale_now(args: SaleArgs) -> Result<Reply<SaleNow>, AppError> {
    use crate::server::{
        identity::{self, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let sale = app.sale(args::id("id", args.id.as_ref())?)?;
    let visitor = caller::visitor().await?;
    Ok(Reply::ok(
        lang,
        app.sale_now(&sale, visitor.as_ref()).await?,
    ))
}

/// A click. Heard is answered with code 100 and a ticket; whether it is won is what the ticket
/// polls as.
///
/// # Errors
/// [`AppError::NotSignedIn`], [`AppError::NotFound`], or [`AppError::Unavailable`] without a
/// ticket.
#[server(name = Click, prefix = "/api/v1", endpoint = "user/sckill/", protocol = Post<ClickArgs>)]
pub async fn click(args: ClickArgs) -> Result<Clicked, AppError> {
    use crate::server::identity::{self, caller, cookies};
    let (app, lang) = identity::current()?;
    let me = caller::student().await?;
    let args = ClickArgs {
        key: args.key.or_else(|| cookies::form_key(&app)),
        ..args
    };
    let clicked = app.click(me.id, &args, lang).await?;
    cookies::keep_loss(&app, &clicked.task_id);
    Ok(clicked)
}

/// Where a ticket stands: 100 won, 101 not won, 102 and 103 wait, 104 ask again.
///
/// # Errors
/// [`AppError::NotYours`] for somebody else's ticket.
#[server(name = Poll, prefix = "/api/v1", endpoint = "user/sckill/", protocol = Get<PollArgs>)]
pub async fn poll(args: PollArgs) -> Result<Polled, AppError> {
    use crate::server::identity::{self, caller};
    let (app, lang) = identity::current()?;
    let Some(claim) = app.claim(&args)? else {
        return Ok(app.unverified(lang));
    };
    caller::holder(&claim).await?;
    app.poll(&claim, lang).await
}

/// The student's tickets without a seat: those that wait, the newest first, then those that lost in
/// the last seven days. A click that found no seat free has no row: it is among them where the
/// browser kept its id for the page of seats.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor.
#[server(name = ReadTickets, prefix = "/api/v1", endpoint = "user/ticket/", protocol = Get<Nothing>)]
pub async fn list_tickets(args: Nothing) -> Result<Reply<Vec<StudentTicket>>, AppError> {
    use crate::server::identity::{self, caller, cookies};
    let Nothing {} = args;
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(
        lang,
        app.own_tickets(caller::student().await?.id, &cookies::own_losses())
            .await?,
    ))
}
