//! Moves what was committed from the log to the file itself, so that no commit has to: thousands of pages at once are tens of
//! milliseconds for everybody whose click is in that group.

use crate::server::state::AppState;
use std::time::Duration;

/// How often. More often the same pages would be written again and again; in a rush it is about a thousand each time.
pub(super) const PERIOD: Duration = Duration::from_secs(1);

pub(super) async fn tick(app: AppState) {
    if let Err(error) = app.store.write_back().await {
        tracing::debug!(%error, "the log was not written back; a commit does it when it grows too long");
    }
}
