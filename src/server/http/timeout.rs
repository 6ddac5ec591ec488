//! Time limit of a request: an answer within it, or 503.

use super::error;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use std::time::Duration;

/// An answer within `limit`, or one that says to come back.
pub(super) async fn limit_time(
    State(limit): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    let lang = error::lang(request.headers());
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| error::late(lang))
}

#[cfg(test)]
mod tests {
    use super::{super::forms, *};
    use axum::{
        Router,
        body::to_bytes,
        http::{HeaderValue, StatusCode, header},
        middleware,
        routing::{get, post},
    };
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    fn hostile() -> Router {
        let slow = || async { tokio::time::sleep(Duration::from_secs(60)).await };
        Router::new()
            .route(
                "/panics",
                get(|| async { panic!("on purpose") as StatusCode }),
            )
            .route("/hangs", get(slow))
            .route("/api/v1/user/sckill/", post(slow))
            .layer(middleware::from_fn_with_state(
                Duration::from_millis(20),
                limit_time,
            ))
            .layer(CatchPanicLayer::custom(error::panicked))
            .layer(middleware::from_fn(forms::lead_on_failure))
    }

    async fn ask(path: &str) -> (StatusCode, Option<HeaderValue>, serde_json::Value) {
        let request = Request::get(path)
            .header("accept-language", "en")
            .body(axum::body::Body::empty())
            .expect("a request");
        let answer = hostile().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 4_096).await.expect("a body");
        (
            parts.status,
            parts.headers.get(header::RETRY_AFTER).cloned(),
            serde_json::from_slice(&body).expect("JSON"),
        )
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let (status, _, body) = ask("/panics").await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::INTERNAL_SERVER_ERROR, &500.into())
        );
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_told_to_come_back() {
        let (status, retry_after, body) = ask("/hangs").await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::SERVICE_UNAVAILABLE, &503.into())
        );
        assert!(retry_after.is_some());
    }

    #[tokio::test]
    async fn a_form_that_takes_too_long_is_led_back_to_its_page() {
        let form = Request::post("/api/v1/user/sckill/?next=/seckill/7")
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(axum::body::Body::from("sale=7"))
            .expect("a request");
        let answer = hostile().oneshot(form).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(
            answer.headers()[header::LOCATION],
            "/seckill/7?error=unavailable&retry_s=1"
        );
    }
}
