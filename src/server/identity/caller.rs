//! Caller: who asks, by the session of the request.

use super::request_parts;
use crate::{
    server::{shop::state::AppState, signer::Claim, store::SessionRow},
    types::{
        account::{Me, SessionEnding, SignedIn},
        device::device,
        error::AppError,
        ids::StudentId,
        time::Millis,
    },
};
use axum::http::{Extensions, header};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use tower_sessions::{Session, session::Id};

const ME: &str = "me";
/// The entry with the moment of signing in.
const SINCE: &str = "since";
/// The entry with the browser's short name.
const DEVICE: &str = "device";
/// Sessions that a student is shown at most.
const SESSIONS_MAX: i64 = 50;

/// Who signed in, as a stored session's data has it: all of it is read, as the router's layer does,
/// so that both let in the same.
pub fn signed_in(data: &[u8]) -> Option<StudentId> {
    let mut data: HashMap<String, Value> = serde_json::from_slice(data).ok()?;
    Some(serde_json::from_value::<Me>(data.remove(ME)?).ok()?.id)
}

/// What a stored session's data says besides: since when, and in which browser. Sessions of earlier
/// versions say neither.
pub fn place(data: &[u8]) -> (Option<Millis>, String) {
    let data: HashMap<String, Value> = serde_json::from_slice(data).unwrap_or_default();
    let device = data.get(DEVICE).and_then(Value::as_str).unwrap_or_default();
    (
        data.get(SINCE).and_then(Value::as_i64).map(Millis),
        device.to_owned(),
    )
}

/// Where the student who asks is signed in, this browser first.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor, [`AppError::Unavailable`] when sessions can't be read.
pub async fn sessions(app: &AppState) -> Result<Vec<SignedIn>, AppError> {
    let me = student().await?;
    let rows = app
        .store
        .sessions_of(me.id, &current()?, app.clock.now(), SESSIONS_MAX)
        .await?;
    let signed_in = |row: SessionRow| {
        let (since, device) = place(&row.data);
        SignedIn {
            session: row.id,
            since,
            device,
            current: row.is_current,
        }
    };
    Ok(rows.into_iter().map(signed_in).collect())
}

/// Ends one session of the student who asks, or all but this browser's. One that is not there, or
/// not the student's, is over for them.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor, [`AppError::Unavailable`] when sessions can't be
/// written.
pub async fn end_session(app: &AppState, which: &SessionEnding) -> Result<(), AppError> {
    let (me, now) = (student().await?, app.clock.now());
    app.limit_clicks(me.id).await?;
    match which {
        SessionEnding::Others => app
            .store
            .end_other_sessions(me.id, &current()?, now)
            .await
            .map(drop)?,
        SessionEnding::One(name) => app.store.end_session(me.id, name, now).await.map(drop)?,
    }
    Ok(())
}

/// The cookie's value of the session that asks.
fn current() -> Result<String, AppError> {
    session()?
        .id()
        .map(|id| id.to_string())
        .ok_or(AppError::NotSignedIn)
}

/// Who asks, if somebody signed in.
///
/// # Errors
/// [`AppError::Unavailable`] when the session can't be read: then the answer is no.
pub async fn visitor() -> Result<Option<Me>, AppError> {
    session()?.get(ME).await.map_err(unreadable)
}

/// The same for a request that no page or function answers yet.
///
/// # Errors
/// As [`visitor`].
pub async fn visitor_of(extensions: &Extensions) -> Result<Option<StudentId>, AppError> {
    let session = extensions.get::<Session>().ok_or(AppError::Internal)?;
    let me: Option<Me> = session.get(ME).await.map_err(unreadable)?;
    Ok(me.map(|me| me.id))
}

/// The student who asks.
///
/// # Errors
/// [`AppError::NotSignedIn`].
pub async fn student() -> Result<Me, AppError> {
    visitor().await?.ok_or(AppError::NotSignedIn)
}

/// Whether the ticket is the asker's own. While sessions can't be read a genuine id is enough for
/// its bare status: it was given to its student only, and names nobody else's secrets.
///
/// # Errors
/// [`AppError::NotYours`] or [`AppError::NotSignedIn`].
pub async fn holder(claim: &Claim) -> Result<(), AppError> {
    match student().await {
        Ok(me) if me.id == claim.student => Ok(()),
        Ok(_) => Err(AppError::NotYours),
        Err(AppError::Unavailable) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Signs the session in, under a new id, so that an id planted before is worth nothing.
///
/// # Errors
/// [`AppError::Unavailable`] when the session can't be written.
pub async fn sign_in(app: &AppState, me: &Me) -> Result<(), AppError> {
    let session = session()?;
    session.cycle_id().await.map_err(unreadable)?;
    session.insert(ME, me).await.map_err(unreadable)?;
    session
        .insert(SINCE, app.clock.now())
        .await
        .map_err(unreadable)?;
    session
        .insert(DEVICE, this_device())
        .await
        .map_err(unreadable)?;
    session.save().await.map_err(unreadable)
}

/// A session of this student that nobody signed in with: its id, which is the cookie's value, and
/// its data, for the database.
///
/// # Errors
/// The data can't be written as JSON.
pub fn new_session(me: &Me) -> Result<(String, Vec<u8>), serde_json::Error> {
    Ok((
        Id::default().to_string(),
        serde_json::to_vec(&BTreeMap::from([(ME, me)]))?,
    ))
}

/// Ends the session, here and in the database.
///
/// # Errors
/// [`AppError::Unavailable`] when the session can't be ended.
pub async fn sign_out() -> Result<(), AppError> {
    session()?.flush().await.map_err(unreadable)
}

/// The short name of the browser that asks.
fn this_device() -> String {
    let parts = request_parts();
    let name = parts
        .as_ref()
        .and_then(|parts| parts.headers.get(header::USER_AGENT)?.to_str().ok());
    device(name.unwrap_or_default())
}

fn session() -> Result<Session, AppError> {
    request_parts()
        .and_then(|parts| parts.extensions.get::<Session>().cloned())
        .ok_or(AppError::Internal)
}

fn unreadable(error: tower_sessions::session::Error) -> AppError {
    tracing::warn!(%error, "a session could not be read or written");
    AppError::Unavailable
}
