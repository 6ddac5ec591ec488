//! Task that reads the keys of ticket ids, so that a new one is known here before any server signs
//! with it.

pub(super) use crate::server::signer::READ_EVERY as PERIOD;

use crate::server::shop::state::AppState;
use std::time::Instant;

pub(super) async fn tick(app: AppState) {
    let read_at = Instant::now();
    match app.store.keys().await {
        Ok(keys) => {
            let before = app.signer.signs_with();
            if !app.signer.learn(keys, read_at) {
                tracing::error!(
                    "the database has no usable key: ticket ids are signed with the one that was known before"
                );
            } else if app.signer.signs_with() != before {
                tracing::info!(
                    key = app.signer.signs_with(),
                    "another key signs ticket ids"
                );
            }
        }
        Err(error) => tracing::debug!(%error, "the keys could not be read"),
    }
}
