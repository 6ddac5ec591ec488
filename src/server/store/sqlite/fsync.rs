//! Latch of a failed fsync: what was written before may be lost although it was reported as safe,
//! and only a check of the file, at the next start, tells. From then on no call is begun, and none
//! that was under way is reported as done.

use crate::server::store::error::StoreError;
use tokio_util::sync::CancellationToken;

/// SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC (<https://www.sqlite.org/rescode.html>).
const CODES: [&str; 2] = ["1034", "1290"];

/// Whether an SQLite code says that fsync failed.
pub fn is_failed(code: &str) -> bool {
    CODES.contains(&code)
}

/// Whether fsync failed on a file. Clones are of the same file.
#[derive(Clone, Debug, Default)]
pub(super) struct FsyncLatch(CancellationToken);

impl FsyncLatch {
    /// Runs a call of the database, unless fsync failed before it or while it ran.
    pub(super) async fn guard<T>(
        &self,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        self.check()?;
        let outcome = call.await.map_err(StoreError::from);
        if matches!(outcome, Err(StoreError::FsyncFailed)) {
            self.0.cancel();
        }
        self.check()?;
        outcome
    }

    /// Waits until fsync has failed.
    pub(super) async fn failed(&self) {
        self.0.cancelled().await;
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.0.is_cancelled() {
            Err(StoreError::FsyncFailed)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::error::{DatabaseError, ErrorKind};
    use std::{borrow::Cow, error::Error, fmt};

    /// What SQLite says with this code.
    #[derive(Debug)]
    struct Said(&'static str);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("disk I/O error")
        }
    }

    impl Error for Said {}

    impl DatabaseError for Said {
        fn message(&self) -> &'static str {
            "disk I/O error"
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    async fn fail(code: &'static str) -> Result<(), sqlx::Error> {
        Err(sqlx::Error::Database(Box::new(Said(code))))
    }

    #[tokio::test]
    async fn after_a_failed_fsync_nothing_is_written_or_reported() {
        let latch = FsyncLatch::default();
        assert!(latch.guard(async { Ok(()) }).await.is_ok());
        // SQLITE_IOERR_WRITE: the file is as it was before the call.
        let passing = latch.guard(fail("778")).await;
        assert!(matches!(passing, Err(StoreError::Unavailable(_))));
        assert!(latch.guard(async { Ok(()) }).await.is_ok());

        let under_way = latch.guard(async {
            let failed = latch.clone().guard(fail("1034")).await;
            assert!(matches!(failed, Err(StoreError::FsyncFailed)));
            Ok(())
        });
        let under_way = under_way.await;
        assert!(matches!(under_way, Err(StoreError::FsyncFailed)));
        let mut is_begun = false;
        let later = latch.guard(async {
            is_begun = true;
            Ok(())
        });
        assert!(matches!(later.await, Err(StoreError::FsyncFailed)) && !is_begun);
        latch.failed().await;
    }
}
