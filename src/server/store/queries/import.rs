//! The import of a file: its rows are staged in temporary tables, then judged and taken by
//! statements about whole tables, in one transaction: all of them or none.

use super::{
    BEGIN_IMPORT, BEGIN_VIEW, Connection, Engine,
    import_statements::{
        GIVE_UP_NAMES, HIDDEN_SALES, KeptRows, NAME_REPEATS, NAMES_TAKEN, ORPHANS,
    },
    setup::bump_catalog_version,
};
use crate::{
    server::store::{
        dump::{
            BannerRow, CategoryRow, ChapterRow, Clash, ColumnValue, CourseRow, Dump, DumpRow,
            HiddenSale, HiddenSales, ImportOutcome, ImportTerms, LISTED_MAX, Objection, RowCounts,
            SectionRow, Staged, Table, TeacherRow,
        },
        error::expect_rows,
    },
    types::{ids::SaleId, time::Millis},
};
use sqlx::Connection as _;
use std::collections::HashMap;

/// The connection of an import, with its temporary tables.
#[derive(Debug)]
pub struct Staging {
    connection: Connection,
    staged: HashMap<Table, u64>,
}

impl Engine {
    pub async fn begin_import(&self) -> Result<Staging, sqlx::Error> {
        let mut connection = self.connect_import().await?;
        for create in [
            TeacherRow::SQL.create,
            CategoryRow::SQL.create,
            CourseRow::SQL.create,
            ChapterRow::SQL.create,
            SectionRow::SQL.create,
            BannerRow::SQL.create,
        ] {
            sqlx::query(create).execute(&mut connection).await?;
        }
        Ok(Staging {
            connection,
            staged: HashMap::new(),
        })
    }
}

impl Staging {
    pub async fn stage(&mut self, rows: &Dump) -> Result<(), sqlx::Error> {
        self.add(&rows.teachers).await?;
        self.add(&rows.categories).await?;
        self.add(&rows.courses).await?;
        self.add(&rows.chapters).await?;
        self.add(&rows.sections).await?;
        self.add(&rows.banners).await
    }

    async fn add<R: KeptRows>(&mut self, rows: &[Staged<R>]) -> Result<(), sqlx::Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let values: Vec<_> = rows.iter().map(Staged::values).collect();
        let values =
            serde_json::to_string(&values).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let touched = sqlx::query(R::SQL.stage)
            .bind(values)
            .execute(&mut self.connection)
            .await?
            .rows_affected();
        *self.staged.entry(R::TABLE).or_default() += touched;
        expect_rows(R::TABLE.name(), rows.len(), touched)
    }

    pub async fn finish(mut self, terms: &ImportTerms) -> Result<ImportOutcome, sqlx::Error> {
        let mut judge = Judge::default();
        judge.repeats::<TeacherRow>(&mut self).await?;
        judge.repeats::<CategoryRow>(&mut self).await?;
        judge.repeats::<CourseRow>(&mut self).await?;
        judge.repeats::<ChapterRow>(&mut self).await?;
        judge.repeats::<SectionRow>(&mut self).await?;
        judge.repeats::<BannerRow>(&mut self).await?;
        let outcome = judge.settle(&mut self, terms).await?;
        self.connection.close().await?;
        Ok(outcome)
    }
}

/// What is found against an import, and what it would change.
#[derive(Default)]
struct Judge {
    objections: Vec<Objection>,
    more: u64,
    changes: Vec<Objection>,
    counts: Vec<(Table, RowCounts)>,
}

impl Judge {
    /// Objects to rows that repeat a number, and puts the others in order.
    async fn repeats<R: KeptRows>(&mut self, staging: &mut Staging) -> Result<(), sqlx::Error> {
        if !staging.staged.contains_key(&R::TABLE) {
            return Ok(());
        }
        let connection = &mut staging.connection;
        sqlx::query(R::SQL.index).execute(&mut *connection).await?;
        let repeats: Vec<(i64, i64, i64, i64)> = sqlx::query_as(R::SQL.repeats)
            .bind(i64::from(LISTED_MAX))
            .fetch_all(&mut *connection)
            .await?;
        if repeats.is_empty() {
            return Ok(());
        }
        self.pass_over(repeats.len(), repeats.first().map(|(.., all)| *all));
        self.objections
            .extend(repeats.into_iter().map(|(place, id, first, _)| Objection {
                table: R::TABLE,
                place,
                column: "id",
                clash: Clash::Repeated { id, first },
            }));
        let forgotten = sqlx::query(R::SQL.forget_repeats)
            .execute(connection)
            .await?
            .rows_affected();
        staging
            .staged
            .entry(R::TABLE)
            .and_modify(|staged| *staged = staged.saturating_sub(forgotten));
        Ok(())
    }

    /// Judges the import by the database and takes it, in one transaction.
    async fn settle(
        mut self,
        staging: &mut Staging,
        terms: &ImportTerms,
    ) -> Result<ImportOutcome, sqlx::Error> {
        let Staging { connection, staged } = staging;
        let mut tx = connection
            .begin_with(if terms.dry_run {
                BEGIN_VIEW
            } else {
                BEGIN_IMPORT
            })
            .await?;
        if !terms.dry_run {
            Engine::lock_catalog(&mut tx).await?;
        }
        self.names(&mut tx).await?;
        self.orphans(&mut tx, &terms.unreadable).await?;
        self.table::<TeacherRow>(&mut tx, staged, terms.update)
            .await?;
        self.table::<CategoryRow>(&mut tx, staged, terms.update)
            .await?;
        self.table::<CourseRow>(&mut tx, staged, terms.update)
            .await?;
        self.table::<ChapterRow>(&mut tx, staged, terms.update)
            .await?;
        self.table::<SectionRow>(&mut tx, staged, terms.update)
            .await?;
        self.table::<BannerRow>(&mut tx, staged, terms.update)
            .await?;
        if terms.is_partial || !self.objections.is_empty() {
            tx.rollback().await?;
            return Ok(ImportOutcome::Refused {
                objections: self.objections,
                more: self.more,
            });
        }
        let hidden = if terms.update {
            self.hidden(&mut tx, terms.now).await?
        } else {
            HiddenSales::default()
        };
        let is_change = self
            .counts
            .iter()
            .any(|(_, counts)| counts.inserted + counts.updated > 0);
        if terms.dry_run || !is_change {
            tx.rollback().await?;
        } else {
            self.write(&mut tx).await?;
            Engine::number_on(&mut tx).await?;
            bump_catalog_version(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(ImportOutcome::Done {
            counts: self.counts,
            changes: self.changes,
            hidden,
        })
    }

    /// The sales that students no longer see behind the import.
    async fn hidden(&self, tx: &mut Connection, now: Millis) -> Result<HiddenSales, sqlx::Error> {
        let rows: Vec<(i64, String, i64, i64, i64)> = sqlx::query_as(HIDDEN_SALES)
            .bind(now.0)
            .bind(i64::from(LISTED_MAX))
            .fetch_all(tx)
            .await?;
        let all = rows.first().map_or(0, |(.., all)| all.unsigned_abs());
        let list: Vec<_> = rows
            .into_iter()
            .map(|(id, course, opens_at, closes_at, _)| HiddenSale {
                id: SaleId(id),
                course,
                opens_at: Millis(opens_at),
                closes_at: Millis(closes_at),
            })
            .collect();
        Ok(HiddenSales {
            more: all.saturating_sub(list.len() as u64),
            list,
        })
    }

    /// Objects to names of categories that are not their own.
    async fn names(&mut self, tx: &mut Connection) -> Result<(), sqlx::Error> {
        let object = |place, clash| Objection {
            table: Table::Category,
            place,
            column: "name",
            clash,
        };
        let repeats: Vec<(i64, String, i64, i64)> = sqlx::query_as(NAME_REPEATS)
            .bind(i64::from(LISTED_MAX))
            .fetch_all(&mut *tx)
            .await?;
        self.pass_over(repeats.len(), repeats.first().map(|(.., all)| *all));
        self.objections.extend(
            repeats
                .into_iter()
                .map(|(place, name, first, _)| object(place, Clash::NameRepeated { name, first })),
        );
        let taken: Vec<(i64, i64, i64)> = sqlx::query_as(NAMES_TAKEN)
            .bind(i64::from(LISTED_MAX))
            .fetch_all(tx)
            .await?;
        self.pass_over(taken.len(), taken.first().map(|(.., all)| *all));
        self.objections.extend(
            taken
                .into_iter()
                .map(|(place, by, _)| object(place, Clash::NameTaken { by })),
        );
        Ok(())
    }

    /// Objects to rows whose parent is neither in the file nor in the database.
    async fn orphans(
        &mut self,
        tx: &mut Connection,
        unreadable: &[Table],
    ) -> Result<(), sqlx::Error> {
        for (table, column, parent, sql) in ORPHANS {
            if unreadable.contains(&parent) {
                continue;
            }
            let orphans: Vec<(i64, i64, i64, i64)> = sqlx::query_as(sql)
                .bind(i64::from(LISTED_MAX))
                .fetch_all(&mut *tx)
                .await?;
            self.pass_over(orphans.len(), orphans.first().map(|(.., all)| *all));
            self.objections
                .extend(
                    orphans
                        .into_iter()
                        .map(|(place, id, parent_id, _)| Objection {
                            table,
                            place,
                            column,
                            clash: Clash::Orphan {
                                id,
                                parent,
                                parent_id,
                            },
                        }),
                );
        }
        Ok(())
    }

    /// Compares a table's rows with the database.
    async fn table<R: KeptRows>(
        &mut self,
        tx: &mut Connection,
        staged: &HashMap<Table, u64>,
        update: bool,
    ) -> Result<(), sqlx::Error> {
        let mut counts = RowCounts::default();
        if let Some(staged) = staged.get(&R::TABLE).copied() {
            self.incomplete::<R>(tx).await?;
            let standing: i64 = sqlx::query_scalar(R::SQL.standing)
                .fetch_one(&mut *tx)
                .await?;
            let standing = standing.unsigned_abs();
            let differing = if standing == 0 {
                0
            } else {
                self.differing::<R>(tx, update).await?
            };
            counts = RowCounts {
                inserted: staged.saturating_sub(standing),
                updated: differing,
                unchanged: standing.saturating_sub(differing),
            };
        }
        self.counts.push((R::TABLE, counts));
        Ok(())
    }

    /// Objects to new rows that lack a column which has no default: once for each statement that
    /// does not name it.
    async fn incomplete<R: KeptRows>(&mut self, tx: &mut Connection) -> Result<(), sqlx::Error> {
        let lacking: Vec<(i64, i64, i64)> = sqlx::query_as(R::SQL.incomplete)
            .bind(i64::from(LISTED_MAX))
            .fetch_all(tx)
            .await?;
        self.pass_over(lacking.len(), lacking.first().map(|(.., all)| *all));
        for (statement, missing, _) in lacking {
            self.objections
                .extend(named::<R>(missing).map(|(_, column)| Objection {
                    table: R::TABLE,
                    place: statement,
                    column,
                    clash: Clash::Missing,
                }));
        }
        Ok(())
    }

    /// Counts the rows that stand with other values, and notes the first of them: as changes, or as
    /// objections.
    async fn differing<R: KeptRows>(
        &mut self,
        tx: &mut Connection,
        update: bool,
    ) -> Result<u64, sqlx::Error> {
        let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(R::SQL.differing)
            .bind(i64::from(LISTED_MAX))
            .fetch_all(&mut *tx)
            .await?;
        let all = rows.first().map(|(.., all)| *all);
        if !update {
            self.pass_over(rows.len(), all);
        }
        for (place, id, columns, _) in rows {
            let (given, standing) = (
                R::given(tx, id, place).await?.values(),
                R::found(tx, id).await?.values(),
            );
            let noted = if update {
                &mut self.changes
            } else {
                &mut self.objections
            };
            for (n, column) in
                named::<R>(columns).filter(|(n, _)| given.get(*n) != standing.get(*n))
            {
                let of =
                    |values: &[ColumnValue]| values.get(n).cloned().unwrap_or(ColumnValue::Null);
                let clash = Clash::Differs {
                    id,
                    standing: of(&standing),
                    given: of(&given),
                };
                noted.push(Objection {
                    table: R::TABLE,
                    place,
                    column,
                    clash,
                });
            }
        }
        Ok(all.unwrap_or_default().unsigned_abs())
    }

    async fn write(&self, tx: &mut Connection) -> Result<(), sqlx::Error> {
        self.write_table::<TeacherRow>(tx).await?;
        sqlx::query(GIVE_UP_NAMES).execute(&mut *tx).await?;
        self.write_table::<CategoryRow>(tx).await?;
        self.write_table::<CourseRow>(tx).await?;
        self.write_table::<ChapterRow>(tx).await?;
        self.write_table::<SectionRow>(tx).await?;
        self.write_table::<BannerRow>(tx).await
    }

    async fn write_table<R: KeptRows>(&self, tx: &mut Connection) -> Result<(), sqlx::Error> {
        let counts = self
            .counts
            .iter()
            .find(|(table, _)| *table == R::TABLE)
            .map(|(_, counts)| *counts)
            .unwrap_or_default();
        for (sql, expected) in [
            (R::SQL.update, counts.updated),
            (R::SQL.insert, counts.inserted),
        ] {
            if expected > 0 {
                let touched = sqlx::query(sql).execute(&mut *tx).await?.rows_affected();
                expect_rows(
                    R::TABLE.name(),
                    usize::try_from(expected).unwrap_or(usize::MAX),
                    touched,
                )?;
            }
        }
        Ok(())
    }

    /// Counts what a list leaves out of `all`.
    fn pass_over(&mut self, listed: usize, all: Option<i64>) {
        self.more += all
            .unwrap_or_default()
            .unsigned_abs()
            .saturating_sub(listed as u64);
    }
}

/// The columns that the bits stand for, each with its place in [`DumpRow::COLUMNS`].
fn named<R: DumpRow>(bits: i64) -> impl Iterator<Item = (usize, &'static str)> {
    R::COLUMNS
        .iter()
        .copied()
        .enumerate()
        .filter(move |(n, _)| bits >> n & 1 == 1)
}
