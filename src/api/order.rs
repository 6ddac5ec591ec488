//! Orders: what a seat, or a course without a sale, costs, and how it is paid.

use super::wire::{Get, Post};
use crate::types::{
    error::AppError,
    order::{Bought, BuyArgs, OrderArgs, OrderDetail, PayArgs, Payable, SeatOrder},
    sale::SaleArgs,
    wire::Reply,
};
use leptos::server;

/// One order of the student.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor, [`AppError::NotFound`] when the student has no such
/// order.
#[server(name = ReadOrder, prefix = "/api/v1", endpoint = "order/detail/", protocol = Get<OrderArgs>)]
pub async fn read_order(args: OrderArgs) -> Result<Reply<OrderDetail>, AppError> {
    use crate::server::{
        identity::{self, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let me = caller::student().await?;
    let id = args::id("order", args.order.as_ref())?;
    Ok(Reply::ok(lang, app.order(me.id, id).await?))
}

/// How the seat stands that the student won in a sale: the newest order of it; `null` when there is
/// none.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor.
#[server(name = ReadSeatOrder, prefix = "/api/v1", endpoint = "order/of_sale/", protocol = Get<SaleArgs>)]
pub async fn read_seat_order(args: SaleArgs) -> Result<Reply<Option<SeatOrder>>, AppError> {
    use crate::server::{
        identity::{self, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let me = caller::student().await?;
    let sale = args::id("id", args.id.as_ref())?;
    Ok(Reply::ok(lang, app.order_of_sale(me.id, sale).await?))
}

/// The same as [`read_order`], after its open payments were asked about at their providers: what the page that a
/// student comes back to from a provider shows.
///
/// # Errors
/// As [`read_order`].
#[server(name = CheckOrder, prefix = "/api/v1", endpoint = "order/check/", protocol = Post<OrderArgs>)]
pub async fn check_order(args: OrderArgs) -> Result<Reply<OrderDetail>, AppError> {
    use crate::server::{
        identity::{self, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let me = caller::student().await?;
    let id = args::id("order", args.order.as_ref())?;
    Ok(Reply::ok(lang, app.check_order(me.id, id).await?))
}

/// Makes an order of a course at its own price, without a sale; gives the one that there is. A
/// course that costs nothing is the student's at once.
///
/// # Errors
/// [`AppError::Refused`] when the student has the course, or may not have it.
#[server(name = BuyCourse, prefix = "/api/v1", endpoint = "order/buy/", protocol = Post<BuyArgs>)]
pub async fn buy_course(args: BuyArgs) -> Result<Reply<Bought>, AppError> {
    use crate::server::{
        identity::{self, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let me = caller::student().await?;
    let course = args::id("course", args.course.as_ref())?;
    Ok(Reply::ok(lang, app.buy(me.id, course).await?))
}

/// Makes, or finds, the open payment of an order, and says where to pay it. The end of the order's
/// hold does not move.
///
/// # Errors
/// [`AppError::Refused`] when there is nothing to pay any more, or the provider does not answer.
#[server(name = PayOrder, prefix = "/api/v1", endpoint = "order/pay/", protocol = Post<PayArgs>)]
pub async fn pay_order(args: PayArgs) -> Result<Reply<Payable>, AppError> {
    use crate::server::{
        identity::{self, address, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let me = caller::student().await?;
    let id = args::id("order", args.order.as_ref())?;
    let provider = args::provider(args.provider.as_ref())?;
    let way = args::way(args.way.as_ref())?;
    let phone = address::phone(&app);
    let payable = app.pay(me.id, id, (provider, way), lang, phone).await?;
    Ok(Reply::ok(lang, payable))
}

/// Gives a hold back: its seat is free as soon as its payments are closed.
///
/// # Errors
/// [`AppError::Refused`] when the order is paid; one that has ended is no error.
#[server(name = CancelOrder, prefix = "/api/v1", endpoint = "order/cancel/", protocol = Post<OrderArgs>)]
pub async fn cancel_order(args: OrderArgs) -> Result<Reply<OrderDetail>, AppError> {
    use crate::server::{
        identity::{self, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let me = caller::student().await?;
    let id = args::id("order", args.order.as_ref())?;
    Ok(Reply::said(
        lang.pick("已放弃", "Given back"),
        app.cancel_hold(me.id, id).await?,
    ))
}
