//! FormData: a `multipart/form-data` body (RFC 7578) as the form that it is. The functions behind
//! read forms of one kind, and no field of theirs is a file.

use crate::types::error::{AppError, Fault};
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request},
    http::{HeaderValue, header},
};

/// The media type of FormData.
pub(super) const MULTIPART: &str = "multipart/form-data";

/// The fields of a body, encoded as those of a plain form. The body is in memory already, and so
/// has its limit.
///
/// # Errors
/// [`AppError::BadField`] names the field that is a file, or says that the body can't be read.
pub(super) async fn as_form(content_type: HeaderValue, body: Bytes) -> Result<Bytes, AppError> {
    let unreadable = || AppError::field("body", Fault::Unreadable);
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, content_type)
        .body(Body::from(body))
        .map_err(|_| unreadable())?;
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| unreadable())?;
    let mut pairs = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(|_| unreadable())? {
        let name = part.name().ok_or_else(unreadable)?.to_owned();
        if part.file_name().is_some() {
            return Err(AppError::field(&name, Fault::Malformed));
        }
        pairs.push((name, part.text().await.map_err(|_| unreadable())?));
    }
    Ok(form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(content_type: &'static str, body: &'static str) -> Result<Bytes, AppError> {
        as_form(
            HeaderValue::from_static(content_type),
            Bytes::from_static(body.as_bytes()),
        )
        .await
    }

    #[tokio::test]
    async fn its_fields_are_those_of_a_form() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"mobile\"\r\n\r\n+86 138\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"code\"\r\nContent-Type: text/plain\r\n\r\n\r\n--x--\r\n";
        let form = read("multipart/form-data; boundary=x", body).await;
        assert_eq!(form.as_deref(), Ok(b"mobile=%2B86+138&code=".as_slice()));
        assert_eq!(
            read("multipart/form-data; boundary=x", "--x--\r\n")
                .await
                .as_deref(),
            Ok(b"".as_slice())
        );
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        let unreadable = Err(AppError::field("body", Fault::Unreadable));
        assert_eq!(
            read("multipart/form-data", "x").await,
            unreadable,
            "no boundary"
        );
        assert_eq!(
            read("multipart/form-data; boundary=x", "--x\r\n").await,
            unreadable,
            "no end"
        );
        assert_eq!(
            read(
                "multipart/form-data; boundary=x",
                "--x\r\n\r\nv\r\n--x--\r\n"
            )
            .await,
            unreadable,
            "no name"
        );
        let file = "--x\r\nContent-Disposition: form-data; name=\"code\"; filename=\"a.txt\"\r\n\r\n1\r\n--x--\r\n";
        assert_eq!(
            read("multipart/form-data; boundary=x", file).await,
            Err(AppError::field("code", Fault::Malformed))
        );
    }
}
