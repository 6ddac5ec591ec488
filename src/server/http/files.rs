//! Files of the built site as answers.

use super::{context::Context, error};
use crate::types::{error::AppError, lang::Lang};
use axum::{
    extract::{Request, State},
    response::Response,
};

pub(super) async fn serve(State(context): State<Context>, request: Request) -> Response {
    find(&context, &request).unwrap_or_else(|| error::failure(&AppError::NotFound, Lang::default()))
}

/// The file of a request's path, if there is one.
pub(super) fn find(context: &Context, request: &Request) -> Option<Response> {
    context
        .assets
        .answer(request.uri().path(), request.headers())
}
