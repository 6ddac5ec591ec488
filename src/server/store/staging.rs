//! An import under way: rows of a file in temporary tables of a connection of its own. A file of
//! any size takes no more memory than a batch there, whoever writes the database meanwhile waits
//! for nobody, and one transaction at the end judges and takes all of it.

use super::{
    Store, StoreError, dump::Dump, dump::ImportOutcome, dump::ImportTerms, postgres, sqlite,
};

/// The import of each engine.
#[derive(Debug)]
pub enum StagedImport {
    /// Temporary tables of SQLite.
    Sqlite(sqlite::Staging),
    /// Temporary tables of PostgreSQL.
    Postgres(postgres::Staging),
}

impl Store {
    /// Begins an import.
    ///
    /// # Errors
    /// The database can't be reached, or temporary tables can't be made.
    pub async fn begin_import(&self) -> Result<StagedImport, StoreError> {
        Ok(match self {
            Self::Sqlite(engine) => StagedImport::Sqlite(engine.begin_import().await?),
            Self::Postgres(engine) => StagedImport::Postgres(engine.begin_import().await?),
        })
    }
}

impl StagedImport {
    /// Adds rows, which nobody sees yet.
    ///
    /// # Errors
    /// The database can't be reached, or there is no room for them.
    pub async fn stage(&mut self, rows: &Dump) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(staging) => Ok(staging.stage(rows).await?),
            Self::Postgres(staging) => Ok(staging.stage(rows).await?),
        }
    }

    /// Takes all rows into the database, or none of them and says why.
    ///
    /// # Errors
    /// The database can't be read or written: nothing was.
    pub async fn finish(self, terms: &ImportTerms) -> Result<ImportOutcome, StoreError> {
        match self {
            Self::Sqlite(staging) => Ok(staging.finish(terms).await?),
            Self::Postgres(staging) => Ok(staging.finish(terms).await?),
        }
    }
}
