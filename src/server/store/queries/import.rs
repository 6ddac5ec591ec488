//! The import of a file: its rows are staged in temporary tables, then judged and taken by
//! statements about whole tables, in one transaction: all of them or none. A statement's texts are
//! put together by the compiler.

use super::{BEGIN_IMPORT, BEGIN_VIEW, Connection, Engine, setup::bump_version};
use crate::server::store::{
    dump::{
        BannerRow, CategoryRow, ChapterRow, Clash, Counts, CourseRow, Dump, ImportOutcome,
        ImportTerms, LISTED_MAX, Objection, Row, SectionRow, Staged, Table, TeacherRow, Value,
    },
    error::expect_rows,
};
use sqlx::Connection as _;
use std::collections::HashMap;

/// The statements about a table of the catalogue and the rows that are staged for it.
#[derive(Debug)]
struct TableSql {
    /// Makes the staged rows' table, a copy of the other but for what an import knows of a row.
    create: &'static str,
    /// Finds staged rows by their number, once all are there.
    index: &'static str,
    /// Stages the rows of one JSON array.
    stage: &'static str,
    /// Rows whose number another one before them has.
    repeats: &'static str,
    /// Forgets them, so that whatever else is wrong is said of the first one.
    forget_repeats: &'static str,
    /// Statements with new rows that lack a column, and which.
    incomplete: &'static str,
    /// How many rows stand in the record.
    standing: &'static str,
    /// Rows that stand there with another value in a column that the file names.
    differing: &'static str,
    /// Gives those the file's values, in the columns that it names.
    update: &'static str,
    /// Adds the rows that don't stand there.
    insert: &'static str,
    /// A staged row.
    given: &'static str,
    /// A row as it stands.
    found: &'static str,
}

/// A row that this engine stages, reads and writes.
trait Kept: Row + Sized {
    const SQL: TableSql;

    /// The staged row of a number and a place.
    async fn given(tx: &mut Connection, id: i64, place: i64) -> Result<Self, sqlx::Error>;

    /// The row of a number as it stands.
    async fn found(tx: &mut Connection, id: i64) -> Result<Self, sqlx::Error>;
}

/// The columns of each table but `id` and `orders`, each with its type and its place in
/// [`Row::COLUMNS`], where `orders` is the first.
macro_rules! kept {
    ($($row:ident $table:literal ($($column:ident $kind:ident $n:literal),*);)*) => {$(
        kept!(@row $row $table (
            is_show boolean 1, is_delete boolean 2, created_time bigint 3, updated_time bigint 4 $(, $column $kind $n)*
        ));
    )*};
    (@row $row:ident $table:literal ($($column:ident $kind:ident $n:literal),*)) => {
        impl Kept for $row {
            const SQL: TableSql = TableSql {
                create: concat!(
                    "create temporary table staged_", $table,
                    " (place bigint not null, statement bigint not null, given bigint not null, missing bigint not null,
                       id bigint not null, orders bigint not null", $(", ", stringify!($column), " ", stringify!($kind),)* ")"
                ),
                index: concat!("create index staged_", $table, "_by_id on staged_", $table, " (id, place)"),
                stage: concat!(
                    "insert into staged_", $table,
                    " (place, statement, given, missing, id, orders", $(", ", stringify!($column),)* ")
                     select cast(value ->> 0 as bigint), cast(value ->> 1 as bigint), cast(value ->> 2 as bigint),
                            cast(value ->> 3 as bigint), cast(value ->> 4 as bigint), cast(value ->> 5 as bigint)",
                    $(", cast(value ->> (5 + ", $n, ") as ", stringify!($kind), ")",)*
                    " from ", json_rows!()
                ),
                repeats: concat!(
                    "select s.place, s.id, f.first, count(*) over () from staged_", $table, " s
                     join (select id, min(place) as first from staged_", $table, " group by id having count(*) > 1) f on f.id = s.id
                     where s.place > f.first
                     order by s.place
                     limit $1 + 0"
                ),
                forget_repeats: concat!(
                    "delete from staged_", $table, "
                     where place > (select min(f.place) from staged_", $table, " f where f.id = staged_", $table, ".id)"
                ),
                incomplete: concat!(
                    "select s.statement, s.missing, count(*) over () from staged_", $table, " s left join ", $table, " t on t.id = s.id
                     where s.missing <> 0 and t.id is null
                     group by s.statement, s.missing
                     order by s.statement
                     limit $1 + 0"
                ),
                standing: concat!("select count(*) from staged_", $table, " s join ", $table, " t on t.id = s.id"),
                differing: concat!(
                    "select s.place, s.id, s.given, count(*) over () from staged_", $table, " s join ", $table, " t on t.id = s.id
                     where ", kept!(@differs $($column $n)*), "
                     order by s.place
                     limit $1 + 0"
                ),
                update: concat!(
                    "update ", $table, " as t set orders = case when (s.given & 1) = 1 then s.orders else t.orders end",
                    $(", ", stringify!($column), " = case when ((s.given >> ", $n, ") & 1) = 1 then s.", stringify!($column),
                      " else t.", stringify!($column), " end",)*
                    " from staged_", $table, " s where s.id = t.id and ", kept!(@differs $($column $n)*)
                ),
                insert: concat!(
                    "insert into ", $table, " (id, orders", $(", ", stringify!($column),)* ")
                     select id, orders", $(", ", stringify!($column),)* " from staged_", $table, " where true
                     on conflict (id) do nothing"
                ),
                given: concat!(
                    "select id, orders", $(", ", stringify!($column),)* " from staged_", $table, " where id = $1 and place = $2"
                ),
                found: concat!("select id, orders", $(", ", stringify!($column),)* " from ", $table, " where id = $1"),
            };

            async fn given(tx: &mut Connection, id: i64, place: i64) -> Result<Self, sqlx::Error> {
                sqlx::query_as(Self::SQL.given).bind(id).bind(place).fetch_one(tx).await
            }

            async fn found(tx: &mut Connection, id: i64) -> Result<Self, sqlx::Error> {
                sqlx::query_as(Self::SQL.found).bind(id).fetch_one(tx).await
            }
        }
    };
    (@differs $($column:ident $n:literal)*) => {
        concat!(
            "(((s.given & 1) = 1 and s.orders is distinct from t.orders)",
            $(" or (((s.given >> ", $n, ") & 1) = 1 and s.", stringify!($column), " is distinct from t.", stringify!($column), ")",)*
            ")"
        )
    };
}

kept! {
    TeacherRow "teacher" (name text 5, role bigint 6, title text 7, signature text 8, image text 9, brief text 10);
    CategoryRow "category" (name text 5);
    CourseRow "course" (
        name text 5, course_img text 6, course_type bigint 7, brief text 8, level bigint 9, pub_date text 10, period bigint 11,
        attachment_path text 12, status bigint 13, students bigint 14, sections bigint 15, pub_sections bigint 16, price_fen bigint 17,
        course_category_id bigint 18, teacher_id bigint 19
    );
    ChapterRow "chapter" (chapter bigint 5, name text 6, summary text 7, pub_date text 8, course_id bigint 9);
    SectionRow "section" (
        name text 5, section_type bigint 6, section_link text 7, duration text 8, pub_date bigint 9, free_trail boolean 10,
        chapter_id bigint 11
    );
    BannerRow "banner" (title text 5, image text 6, link text 7, info text 8);
}

/// Rows whose name another one before them has. Only a row that names none has an empty one.
const NAME_REPEATS: &str = "select s.place, s.name, f.first, count(*) over () from staged_category s
     join (select name, min(place) as first from staged_category where name <> '' group by name having count(*) > 1) f on f.name = s.name
     where s.place > f.first
     order by s.place
     limit $1 + 0";

/// Rows whose name another row of the record has, and does not give up for one of the file; the
/// constraint would end the transaction at the first. A category's name is the fifth bit of what a
/// row gives.
const NAMES_TAKEN: &str =
    "select s.place, t.id, count(*) over () from staged_category s join category t on t.name = s.name and t.id <> s.id
     left join staged_category f on f.id = t.id and ((f.given >> 5) & 1) = 1
     where f.id is null
     order by s.place
     limit $1 + 0";

/// Takes their names from the categories that get another one. Rows are written one after another,
/// and the constraint looks at each: two could not exchange their names. What they are called in
/// between is longer than a name may be, so that none has it.
const GIVE_UP_NAMES: &str =
    "update category set name = 'the name of a category that an import is about to rename in this transaction: ' || cast(id as text)
     where id in (
         select s.id from staged_category s join category t on t.id = s.id where ((s.given >> 5) & 1) = 1 and s.name <> t.name
     )";

/// Staged rows that belong to one that is neither staged nor in the record, for each reference:
/// whose, by which column, to what.
const ORPHANS: [(Table, &str, Table, &str); 4] = [
    (
        Table::Course,
        "course_category_id",
        Table::Category,
        "select s.place, s.id, s.course_category_id, count(*) over () from staged_course s
         left join category p on p.id = s.course_category_id
         left join staged_category f on f.id = s.course_category_id
         where s.course_category_id is not null and p.id is null and f.id is null
         order by s.place
         limit $1 + 0",
    ),
    (
        Table::Course,
        "teacher_id",
        Table::Teacher,
        "select s.place, s.id, s.teacher_id, count(*) over () from staged_course s
         left join teacher p on p.id = s.teacher_id
         left join staged_teacher f on f.id = s.teacher_id
         where s.teacher_id is not null and p.id is null and f.id is null
         order by s.place
         limit $1 + 0",
    ),
    // Only a row that names none has a 0 in these two.
    (
        Table::Chapter,
        "course_id",
        Table::Course,
        "select s.place, s.id, s.course_id, count(*) over () from staged_chapter s
         left join course p on p.id = s.course_id
         left join staged_course f on f.id = s.course_id
         where s.course_id <> 0 and p.id is null and f.id is null
         order by s.place
         limit $1 + 0",
    ),
    (
        Table::Section,
        "chapter_id",
        Table::Chapter,
        "select s.place, s.id, s.chapter_id, count(*) over () from staged_section s
         left join chapter p on p.id = s.chapter_id
         left join staged_chapter f on f.id = s.chapter_id
         where s.chapter_id <> 0 and p.id is null and f.id is null
         order by s.place
         limit $1 + 0",
    ),
];

/// The connection of an import, with its temporary tables.
#[derive(Debug)]
pub struct Staging {
    connection: Connection,
    staged: HashMap<Table, u64>,
}

impl Engine {
    pub(in crate::server::store) async fn begin_import(&self) -> Result<Staging, sqlx::Error> {
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
    pub(in crate::server::store) async fn stage(&mut self, rows: &Dump) -> Result<(), sqlx::Error> {
        self.add(&rows.teachers).await?;
        self.add(&rows.categories).await?;
        self.add(&rows.courses).await?;
        self.add(&rows.chapters).await?;
        self.add(&rows.sections).await?;
        self.add(&rows.banners).await
    }

    async fn add<R: Kept>(&mut self, rows: &[Staged<R>]) -> Result<(), sqlx::Error> {
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

    pub(in crate::server::store) async fn finish(
        mut self,
        terms: &ImportTerms,
    ) -> Result<ImportOutcome, sqlx::Error> {
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
    counts: Vec<(Table, Counts)>,
}

impl Judge {
    /// Objects to rows that repeat a number, and puts the others in order.
    async fn repeats<R: Kept>(&mut self, staging: &mut Staging) -> Result<(), sqlx::Error> {
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

    /// Judges the import by the record and takes it, in one transaction.
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
        let is_change = self
            .counts
            .iter()
            .any(|(_, counts)| counts.inserted + counts.updated > 0);
        if terms.dry_run || !is_change {
            tx.rollback().await?;
        } else {
            self.write(&mut tx).await?;
            Engine::number_on(&mut tx).await?;
            bump_version(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(ImportOutcome::Done {
            counts: self.counts,
            changes: self.changes,
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

    /// Objects to rows whose parent is neither in the file nor in the record.
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

    /// Compares a table's rows with the record.
    async fn table<R: Kept>(
        &mut self,
        tx: &mut Connection,
        staged: &HashMap<Table, u64>,
        update: bool,
    ) -> Result<(), sqlx::Error> {
        let mut counts = Counts::default();
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
            counts = Counts {
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
    async fn incomplete<R: Kept>(&mut self, tx: &mut Connection) -> Result<(), sqlx::Error> {
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
    async fn differing<R: Kept>(
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
                let of = |values: &[Value]| values.get(n).cloned().unwrap_or(Value::Null);
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

    async fn write_table<R: Kept>(&self, tx: &mut Connection) -> Result<(), sqlx::Error> {
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

/// The columns that the bits stand for, each with its place in [`Row::COLUMNS`].
fn named<R: Row>(bits: i64) -> impl Iterator<Item = (usize, &'static str)> {
    R::COLUMNS
        .iter()
        .copied()
        .enumerate()
        .filter(move |(n, _)| bits >> n & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the columns in the statements' texts are their places.
    #[test]
    fn a_bit_stands_for_the_same_column_in_a_row_and_in_its_statements() {
        fn check<R: Kept>() {
            for (n, column) in R::COLUMNS.iter().enumerate().skip(1) {
                let staged = format!("cast(value ->> (5 + {n}) as ");
                assert!(R::SQL.stage.contains(&staged), "{column}: {}", R::SQL.stage);
                assert!(
                    R::SQL
                        .update
                        .contains(&format!("{column} = case when ((s.given >> {n}) & 1) = 1 ")),
                    "{column}"
                );
            }
        }
        assert_eq!(
            CategoryRow::COLUMNS[5],
            "name",
            "as the statements about names have it"
        );
        check::<TeacherRow>();
        check::<CategoryRow>();
        check::<CourseRow>();
        check::<ChapterRow>();
        check::<SectionRow>();
        check::<BannerRow>();
    }
}
