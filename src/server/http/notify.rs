//! Notices of payment providers: `POST /pay/notify/{provider}`. A provider hears that its notice was
//! taken once it is in the database, and never of one that it did not sign.
//!
//! No session goes with a notice. It is no browser's, so that the check of the origin lets it pass
//! ([`super::same_origin`]); its signature says who sent it.

use super::{
    body,
    error::{self, failure, refuse_method},
};
use crate::{
    server::{
        payment::{Ack, NoticeRefused},
        shop::state::AppState,
    },
    types::{
        error::{AppError, Fault},
        hex::hex,
        lang::Lang,
        payment::Provider,
    },
};
use axum::{
    body::to_bytes,
    extract::{Path, Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// Bytes of a notice at most: real providers' have 3,000.
pub(super) const NOTICE_MAX: usize = 16 * 1024;
/// Notices, by what became of them.
const METRIC: &str = "qiangke_notices_total";

/// Takes a notice.
pub(super) async fn take(
    State(app): State<AppState>,
    Path(provider): Path<String>,
    request: Request,
) -> Response {
    let lang = error::lang(request.headers());
    let Some(provider) =
        Provider::of_name(&provider).filter(|provider| app.payments.providers().contains(provider))
    else {
        return failure(&AppError::NotFound, lang);
    };
    if request.method() != Method::POST {
        return refuse_method(lang, &[Method::POST]);
    }
    let (outcome, answer) = judge(&app, provider, request, lang).await;
    metrics::counter!(METRIC, "outcome" => outcome).increment(1);
    answer
}

/// The answer to a notice, and the metrics' name of what became of it.
async fn judge(
    app: &AppState,
    provider: Provider,
    request: Request,
    lang: Lang,
) -> (&'static str, Response) {
    let (head, body) = request.into_parts();
    let body = match to_bytes(body, NOTICE_MAX).await {
        Ok(body) => body,
        Err(error) => {
            let refusal = body::refusal(&error);
            let outcome = if refusal == AppError::TooLarge {
                "too_large"
            } else {
                "malformed"
            };
            return (outcome, failure(&refusal, lang));
        }
    };
    let now = app.clock.now();
    let notice = match app
        .payments
        .read_notice(provider, &head.headers, &body, now)
    {
        Ok(notice) => notice,
        Err(why) => {
            tracing::warn!(%why, provider = provider.name(), "a notice is refused");
            return (why.name(), refusal(why, lang));
        }
    };
    let sha256 = hex(&Sha256::digest(&body));
    match app.take_notice(provider, &notice, &sha256).await {
        Ok(()) => ("kept", acknowledge(app.payments.ack(provider))),
        // The provider tells it again.
        Err(error) => ("failed", failure(&error, lang)),
    }
}

fn refusal(why: NoticeRefused, lang: Lang) -> Response {
    match why {
        NoticeRefused::Malformed => failure(&AppError::field("notice", Fault::Malformed), lang),
        NoticeRefused::BadSignature
        | NoticeRefused::Stale
        | NoticeRefused::Probe
        | NoticeRefused::UnknownKey
        | NoticeRefused::Sealed
        | NoticeRefused::Foreign
        | NoticeRefused::Currency => (StatusCode::UNAUTHORIZED, why.to_string()).into_response(),
    }
}

fn acknowledge(ack: Ack) -> Response {
    let Ack {
        status,
        content_type,
        body,
    } = ack;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
}
