//! The mock gateway on the wire: its interface and its page. A shop to try out serves them beside its
//! own paths; a test can give them a port of their own.

mod page;

use super::body;
use crate::{
    server::{
        clock::Clock,
        payment::mock::{
            server::{GatewayRefusal, MockGateway, PayAct},
            wire::{ACT, API, GatewayCall, MESSAGE_MAX, PAY},
        },
    },
    types::error::AppError,
};
use axum::{
    Form, Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

/// What the handlers share. A copy is a pointer.
#[derive(Clone, Debug)]
pub struct GatewayState {
    pub gateway: MockGateway,
    pub clock: Clock,
}

/// A form of the page.
#[derive(Deserialize)]
struct ActForm {
    /// The query of the page, as the shop signed it.
    query: String,
    act: String,
}

/// The paths of the gateway.
pub fn router(state: GatewayState) -> Router {
    Router::new()
        .route(&format!("{API}{{call}}"), post(answer))
        .route(PAY, get(open))
        .route(ACT, post(act))
        .layer(DefaultBodyLimit::max(MESSAGE_MAX))
        .with_state(state)
}

async fn answer(
    State(GatewayState { gateway, clock }): State<GatewayState>,
    Path(call): Path<String>,
    request: Request,
) -> Response {
    let Some(call) = GatewayCall::of_name(&call) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (head, body) = request.into_parts();
    let body = match to_bytes(body, MESSAGE_MAX).await {
        Ok(body) => body,
        Err(error) if body::refusal(&error) == AppError::TooLarge => {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    match gateway.answer(call, &head.headers, &body, clock.now()) {
        Ok((fields, body)) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (kind, fields, body).into_response()
        }
        Err(why) => status(why).into_response(),
    }
}

async fn open(
    State(GatewayState { gateway, clock }): State<GatewayState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let now = clock.now();
    match gateway.open(&query, now) {
        Ok((offer, state)) => page::show(&offer, state, &query, now),
        Err(why) => page::refuse(status(why)),
    }
}

async fn act(
    State(GatewayState { gateway, clock }): State<GatewayState>,
    Form(ActForm { query, act }): Form<ActForm>,
) -> Response {
    let Some(act) = PayAct::of_name(&act) else {
        return page::refuse(StatusCode::BAD_REQUEST);
    };
    match gateway.act(&query, act, clock.now()) {
        Ok(target) => Redirect::to(&target).into_response(),
        Err(why) => page::refuse(status(why)),
    }
}

fn status(why: GatewayRefusal) -> StatusCode {
    match why {
        GatewayRefusal::Unsigned => StatusCode::UNAUTHORIZED,
        GatewayRefusal::Malformed => StatusCode::BAD_REQUEST,
        GatewayRefusal::BadOffer => StatusCode::CONFLICT,
        GatewayRefusal::Silence => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
