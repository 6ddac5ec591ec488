//! Lessons over HTTP: a signed link leads to a file, which is sent in pieces and by ranges in
//! constant memory, or to the address of another host.

use super::{context::Context, error, headers};
use crate::{
    server::{
        identity::caller,
        lessons::{Followed, link::LinkProof},
        shop::{
            learning::{self, NotFollowed},
            state::AppState,
        },
    },
    types::{
        error::AppError,
        ids::{SectionId, StudentId},
        lang::Lang,
        lesson::LinkRefusal,
    },
    ui::context::Query,
};
use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use http_body_util::BodyExt;
use std::{
    io,
    path::{Path as FilePath, PathBuf},
};
use tower_http::services::{ServeFile, fs::ServeFileSystemResponseBody};

/// Milliseconds after which the right to a file that is being sent is asked for again. With the age
/// of the copy that may answer, it is less than the minute of G23.
const AGAIN_MS: i64 = 20_000;
/// Bytes of a file that are read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// What a file of lessons may do in a browser: be looked at.
const POLICY_FILE: &str = "default-src 'none'; img-src 'self'; media-src 'self'; object-src 'self'; style-src 'unsafe-inline'; \
                           frame-ancestors 'none'";
/// The same for one that could hold a script: it is of no origin, so that it can't act as this
/// shop's page.
const POLICY_DOCUMENT: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; media-src data:; \
                               font-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Whose link is being followed, and to which section.
#[derive(Clone, Copy)]
struct Follower {
    student: StudentId,
    section: SectionId,
}

/// GET /learn/media/{section}?e=END&s=MAC, and `c=zh` for captions.
pub(super) async fn follow(
    State(context): State<Context>,
    Path(section): Path<String>,
    request: Request,
) -> Response {
    let (head, _) = request.into_parts();
    let lang = error::lang(&head.headers);
    let found = find(&context.app, &section, &head).await;
    let mut answer = match found {
        Ok((follower, Followed::File(path))) => send(&context.app, follower, path, &head).await,
        Ok((_, Followed::Address(address))) => lead(&address),
        Err(NotFollowed::Refused(why)) => refuse(why, lang),
        Err(NotFollowed::Failed(error)) => error::failure(&error, lang),
    };
    let fields = answer.headers_mut();
    // A browser may keep its copy, and asks whether it may use it.
    fields
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    fields.insert(header::VARY, HeaderValue::from_static("cookie"));
    answer
}

async fn find(
    app: &AppState,
    section: &str,
    head: &Parts,
) -> Result<(Follower, Followed), NotFollowed> {
    let foreign = || NotFollowed::Refused(LinkRefusal::Foreign);
    let query = Query::parse(head.uri.query().unwrap_or_default());
    let section = SectionId(section.parse().map_err(|_| foreign())?);
    let proof = LinkProof {
        ends_s: query
            .get("e")
            .and_then(|end| end.parse().ok())
            .ok_or_else(foreign)?,
        mac: query.get("s").ok_or_else(foreign)?,
    };
    let captions = match query.get("c") {
        None => None,
        Some(tag) => Some(
            Lang::ALL
                .into_iter()
                .find(|lang| learning::tag(*lang) == tag)
                .ok_or_else(foreign)?,
        ),
    };
    let student = caller::visitor_of(&head.extensions).await?;
    let (student, followed) = app.follow(student, section, proof, captions).await?;
    Ok((Follower { student, section }, followed))
}

/// 403 in words: somebody reads it in a tab of their browser.
fn refuse(why: LinkRefusal, lang: Lang) -> Response {
    let words = why.message(lang);
    (
        StatusCode::FORBIDDEN,
        [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        words,
    )
        .into_response()
}

/// Found: the address stands in no page, and is signed anew for each who follows.
fn lead(address: &str) -> Response {
    let target = [
        (header::LOCATION, address),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::FOUND, target).into_response()
}

/// A file, or the range of it that a request names (RFC 9110, section 14).
async fn send(app: &AppState, follower: Follower, path: PathBuf, asked: &Parts) -> Response {
    let lang = error::lang(&asked.headers);
    let is_file = tokio::fs::metadata(&path)
        .await
        .is_ok_and(|found| found.is_file());
    if !is_file {
        tracing::warn!(
            section = follower.section.0,
            "the file of a lesson is not there"
        );
        return error::failure(&AppError::NotFound, lang);
    }
    let kind = kind(&path);
    let served = match serve(&path, asked).await {
        // Somebody goes on with a file that has changed since: all of it, anew.
        Ok(answer) if !may_go_on(asked, &answer) => {
            let mut whole = bare(asked);
            whole.headers_mut().remove(header::RANGE);
            ServeFile::new(&path).try_call(whole).await
        }
        served => served,
    };
    let answer = match served {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%error, section = follower.section.0, "the file of a lesson can't be read");
            return error::failure(&AppError::Internal, lang);
        }
    };
    let (mut head, body) = answer.into_parts();
    kind.describe(&mut head.headers);
    let pieces = stream::try_unfold(
        (body.into_data_stream(), app.clock.now(), app.clone()),
        move |(mut pieces, asked_at, app)| async move {
            let now = app.clock.now();
            let asked_at = if (0..AGAIN_MS).contains(&now.since(asked_at)) {
                asked_at
            } else {
                let right = app.still_follows(follower.student, follower.section).await;
                right.map_err(|error| io::Error::other(error.slug()))?;
                now
            };
            let piece = pieces.next().await.transpose()?;
            Ok::<_, io::Error>(piece.map(|piece| (piece, (pieces, asked_at, app))))
        },
    );
    Response::from_parts(head, Body::from_stream(pieces))
}

type Served = axum::http::Response<ServeFileSystemResponseBody>;

async fn serve(path: &FilePath, asked: &Parts) -> io::Result<Served> {
    ServeFile::new(path)
        .with_buf_chunk_size(PIECE_BYTES)
        .try_call(bare(asked))
        .await
}

/// What of a request the file is chosen by.
fn bare(asked: &Parts) -> Request {
    let mut bare = Request::new(Body::empty());
    *bare.method_mut() = asked.method.clone();
    for name in [header::RANGE, header::IF_MODIFIED_SINCE] {
        if let Some(value) = asked.headers.get(&name) {
            bare.headers_mut().insert(name, value.clone());
        }
    }
    bare
}

/// Whether the range of a request is of the file that is there: it names no other one by `If-Range`
/// (RFC 9110, section 13.1.5).
fn may_go_on(asked: &Parts, answer: &Served) -> bool {
    let headers = &asked.headers;
    headers.get(header::RANGE).is_none()
        || headers
            .get(header::IF_RANGE)
            .is_none_or(|since| answer.headers().get(header::LAST_MODIFIED) == Some(since))
}

/// What a file of lessons is, by the end of its name.
#[derive(Clone, Copy)]
struct FileKind {
    media_type: &'static str,
    policy: &'static str,
    /// Whether a browser keeps it instead of showing it.
    is_download: bool,
}

impl FileKind {
    fn describe(self, fields: &mut HeaderMap) {
        fields.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(self.media_type),
        );
        fields.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(self.policy),
        );
        if self.policy == POLICY_DOCUMENT {
            // A page of no origin can't be apart from its opener, too: browsers refuse it.
            fields.insert(
                headers::OPENER_POLICY,
                HeaderValue::from_static("unsafe-none"),
            );
        }
        if self.is_download {
            fields.insert(
                header::CONTENT_DISPOSITION,
                HeaderValue::from_static("attachment"),
            );
        }
    }
}

fn kind(path: &FilePath) -> FileKind {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    let (media_type, policy) = match extension.as_str() {
        "mp4" | "m4v" => ("video/mp4", POLICY_FILE),
        "webm" => ("video/webm", POLICY_FILE),
        "mp3" => ("audio/mpeg", POLICY_FILE),
        "m4a" => ("audio/mp4", POLICY_FILE),
        "vtt" => ("text/vtt; charset=utf-8", POLICY_FILE),
        "pdf" => ("application/pdf", POLICY_FILE),
        "txt" | "md" => ("text/plain; charset=utf-8", POLICY_FILE),
        "png" => ("image/png", POLICY_FILE),
        "jpg" | "jpeg" => ("image/jpeg", POLICY_FILE),
        "webp" => ("image/webp", POLICY_FILE),
        "html" | "htm" => ("text/html; charset=utf-8", POLICY_DOCUMENT),
        _ => ("application/octet-stream", POLICY_DOCUMENT),
    };
    FileKind {
        media_type,
        policy,
        is_download: media_type == "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_kept_not_shown() {
        for (name, media_type, is_download) in [
            ("a.MP4", "video/mp4", false),
            ("a.b.html", "text/html; charset=utf-8", false),
            ("a.svg", "application/octet-stream", true),
            ("a", "application/octet-stream", true),
        ] {
            let kind = kind(FilePath::new(name));
            assert_eq!(
                (kind.media_type, kind.is_download),
                (media_type, is_download),
                "{name}"
            );
        }
        assert!(kind(FilePath::new("a.htm")).policy.starts_with("sandbox"));
    }
}
