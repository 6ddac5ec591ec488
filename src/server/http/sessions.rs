//! Sessions: rows of the database, and copies of those in use, so that a click needs no query.

use super::{
    session_cache::{KnownSession, SessionCache},
    session_ends,
    session_reader::SessionReader,
};
use crate::{
    server::{identity::cookies, shop::state::AppState},
    types::{ids::StudentId, time::DAY_MS},
};
use async_trait::async_trait;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use moka::sync::Cache;
use std::{fmt, sync::Arc, time::Duration};
use tokio_util::sync::DropGuard;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// Sessions in use at a time; about 400 bytes each.
const COPIES_MAX: u64 = 200_000;
/// How long a copy serves before the database is asked again.
const COPY_TTL: Duration = Duration::from_secs(60);

/// The id of the session that a request names in this cookie: the last one that can be an id,
/// whatever other programs of the same host put beside it, and under its name.
pub fn session_of(headers: &HeaderMap, cookie: &str) -> Option<Id> {
    cookies::cookies(headers, cookie)
        .filter_map(|value| std::str::from_utf8(value).ok()?.parse().ok())
        .last()
}

/// Whether a request names a session.
pub(super) fn has_session(app: &AppState, headers: &HeaderMap) -> bool {
    session_of(headers, cookies::session_cookie(app)).is_some()
}

/// Leaves of a request's cookies those of this shop: what is behind reads a whole field as one
/// text, and would find nothing in one that has a byte of another program's that is none.
pub(super) async fn keep_own(
    State(sessions): State<Sessions>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.headers().contains_key(header::COOKIE) {
        let id = session_of(request.headers(), sessions.cookie);
        let session = id.map(|id| format!("{}={id}", sessions.cookie));
        let own: Vec<_> = session
            .into_iter()
            .chain(cookies::other_cookies(&sessions.app, request.headers()))
            .collect();
        let headers = request.headers_mut();
        headers.remove(header::COOKIE);
        if !own.is_empty() {
            headers.extend(HeaderValue::try_from(own.join("; ")).map(|own| (header::COOKIE, own)));
        }
    }
    next.run(request).await
}

/// Clears the cookie of a session that was ended by its student, and no other: one that is not
/// found may be there again in a minute, when the clock is right. The layer around sessions clears
/// both, and without `Secure`, by which browsers refuse it for a cookie with the prefix `__Host-`
/// (RFC 6265bis, section 5.6).
pub(super) async fn clear_cookie(
    State(sessions): State<Sessions>,
    request: Request,
    next: Next,
) -> Response {
    let id = session_of(request.headers(), sessions.cookie);
    let mut answer = next.run(request).await;
    let cookies: Vec<_> = answer
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .cloned()
        .collect();
    let clears = format!("{}=;", sessions.cookie);
    if cookies
        .iter()
        .any(|cookie| cookie.as_bytes().starts_with(clears.as_bytes()))
    {
        answer.headers_mut().remove(header::SET_COOKIE);
        for cookie in cookies
            .into_iter()
            .filter(|cookie| !cookie.as_bytes().starts_with(clears.as_bytes()))
        {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        if id.is_none_or(|id| sessions.copies.get(&id).is_some_and(|copy| copy.is_none())) {
            let secure = if sessions.app.is_loopback {
                ""
            } else {
                "; Secure"
            };
            let cookie = HeaderValue::try_from(format!(
                "{clears} Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"
            ));
            answer
                .headers_mut()
                .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
        }
    }
    answer
}

#[derive(Clone)]
pub(super) struct Sessions {
    app: AppState,
    reader: SessionReader,
    copies: SessionCache,
    cookie: &'static str,
    /// Ends with the shop.
    _ends: Arc<DropGuard>,
}

impl Sessions {
    pub(super) fn new(app: AppState) -> Self {
        let copies: SessionCache = Cache::builder()
            .max_capacity(COPIES_MAX)
            .time_to_live(COPY_TTL)
            .build();
        let (reader, cookie) = (
            SessionReader::start(app.clone(), copies.clone()),
            cookies::session_cookie(&app),
        );
        Self {
            _ends: session_ends::start(app.clone(), copies.clone()),
            reader,
            cookie,
            app,
            copies,
        }
    }

    /// Who asks, when that is known without the database and without waiting.
    pub(super) fn known(&self, headers: &HeaderMap) -> Option<StudentId> {
        let known = self.copies.get(&session_of(headers, self.cookie)?)??;
        known.me.filter(|_| known.is_live(self.app.clock.now()))
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Ids have 128 random bits: a new one is nobody's.
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data =
            serde_json::to_vec(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        // By the shop's clock, from signing in on: nothing else writes a session, so that a visit
        // costs no statement.
        let expires_at = self
            .app
            .clock
            .now()
            .plus(self.app.config.session_days.saturating_mul(DAY_MS));
        let known = KnownSession::of(&data, expires_at);
        let saved = self
            .app
            .store
            .save_session(&record.id.to_string(), known.me, &data, expires_at)
            .await;
        saved.map_err(|error| Error::Backend(error.to_string()))?;
        self.copies.insert(record.id, Some(Arc::new(known)));
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.app.clock.now();
        let known = match self.copies.get(id) {
            Some(copy) => copy,
            None => self.reader.read(*id).await.map_err(Error::Backend)?,
        };
        known
            .filter(|known| known.is_live(now))
            .map(|known| known.record(*id))
            .transpose()
            .map_err(Error::Decode)
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.app
            .store
            .delete_session(&id.to_string())
            .await
            .map_err(|error| Error::Backend(error.to_string()))?;
        self.copies.insert(*id, None);
        Ok(())
    }
}
