//! Statements of an import, one set for each table of the catalogue; their texts are put together by
//! the compiler.

use super::Connection;
use crate::server::store::dump::{
    BannerRow, CategoryRow, ChapterRow, CourseRow, DumpRow, SectionRow, Table, TeacherRow,
};

/// The statements about a table of the catalogue and the rows that are staged for it.
#[derive(Debug)]
pub(super) struct TableSql {
    /// Makes the staged rows' table, a copy of the other but for what an import knows of a row.
    pub(super) create: &'static str,
    /// Finds staged rows by their number, once all are there.
    pub(super) index: &'static str,
    /// Stages the rows of one JSON array.
    pub(super) stage: &'static str,
    /// Rows whose number another one before them has.
    pub(super) repeats: &'static str,
    /// Forgets them, so that whatever else is wrong is said of the first one.
    pub(super) forget_repeats: &'static str,
    /// Statements with new rows that lack a column, and which.
    pub(super) incomplete: &'static str,
    /// How many rows stand in the database.
    pub(super) standing: &'static str,
    /// Rows that stand there with another value in a column that the file names.
    pub(super) differing: &'static str,
    /// Gives those the file's values, in the columns that it names.
    pub(super) update: &'static str,
    /// Adds the rows that don't stand there.
    pub(super) insert: &'static str,
    pub(super) given: &'static str,
    /// A row as it stands.
    pub(super) found: &'static str,
}

/// A row that this engine stages, reads and writes.
pub(super) trait KeptRows: DumpRow + Sized {
    const SQL: TableSql;

    /// The staged row of a number and a place.
    async fn given(tx: &mut Connection, id: i64, place: i64) -> Result<Self, sqlx::Error>;

    /// The row of a number as it stands.
    async fn found(tx: &mut Connection, id: i64) -> Result<Self, sqlx::Error>;
}

/// The columns of each table but `id` and `orders`, each with its type and its place in
/// [`DumpRow::COLUMNS`], where `orders` is the first.
macro_rules! kept {
    ($($row:ident $table:literal ($($column:ident $kind:ident $n:literal),*);)*) => {$(
        kept!(@row $row $table (
            is_show boolean 1, is_delete boolean 2, created_time bigint 3, updated_time bigint 4 $(, $column $kind $n)*
        ));
    )*};
    (@row $row:ident $table:literal ($($column:ident $kind:ident $n:literal),*)) => {
        impl KeptRows for $row {
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
pub(super) const NAME_REPEATS: &str = "select s.place, s.name, f.first, count(*) over () from staged_category s
     join (select name, min(place) as first from staged_category where name <> '' group by name having count(*) > 1) f on f.name = s.name
     where s.place > f.first
     order by s.place
     limit $1 + 0";

/// Rows whose name another row of the database has, and does not give up for one of the file; the
/// constraint would end the transaction at the first. A category's name is the fifth bit of what a
/// row gives.
pub(super) const NAMES_TAKEN: &str =
    "select s.place, t.id, count(*) over () from staged_category s join category t on t.name = s.name and t.id <> s.id
     left join staged_category f on f.id = t.id and ((f.given >> 5) & 1) = 1
     where f.id is null
     order by s.place
     limit $1 + 0";

/// Takes their names from the categories that get another one. Rows are written one after another,
/// and the constraint looks at each: two could not exchange their names. What they are called in
/// between is longer than a name may be, so that none has it.
pub(super) const GIVE_UP_NAMES: &str =
    "update category set name = 'the name of a category that an import is about to rename in this transaction: ' || cast(id as text)
     where id in (
         select s.id from staged_category s join category t on t.id = s.id where ((s.given >> 5) & 1) = 1 and s.name <> t.name
     )";

/// Sales that have not closed, of courses that are shown and that the file hides, deletes or takes
/// off-line. `is_show` is the first bit of what a row gives, `is_delete` the second, `status` the
/// 13th.
pub(super) const HIDDEN_SALES: &str =
    "select sale.id, t.name, sale.opens_at, sale.closes_at, count(*) over ()
     from staged_course s join course t on t.id = s.id join sale on sale.course_id = t.id
     where t.is_show and not t.is_delete and t.status <> 1 and sale.closes_at > $1
       and ((((s.given >> 1) & 1) = 1 and not s.is_show)
         or (((s.given >> 2) & 1) = 1 and s.is_delete)
         or (((s.given >> 13) & 1) = 1 and s.status = 1))
     order by sale.opens_at, sale.id
     limit $2 + 0";

/// Staged rows that belong to one that is neither staged nor in the database, for each reference:
/// whose, by which column, to what.
pub(super) const ORPHANS: [(Table, &str, Table, &str); 4] = [
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the columns in the statements' texts are their places.
    #[test]
    fn a_bit_stands_for_the_same_column_in_a_row_and_in_its_statements() {
        fn check<R: KeptRows>() {
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
        assert_eq!(
            [1, 2, 13].map(|n| CourseRow::COLUMNS[n]),
            ["is_show", "is_delete", "status"],
            "as the statement about sales has them"
        );
        check::<TeacherRow>();
        check::<CategoryRow>();
        check::<CourseRow>();
        check::<ChapterRow>();
        check::<SectionRow>();
        check::<BannerRow>();
    }
}
