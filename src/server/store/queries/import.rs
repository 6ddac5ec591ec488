//! The import of a dump: one transaction, all of it or nothing.

use super::{Connection, Engine, setup::bump_version};
use crate::server::store::{
    dump::{
        BannerRow, CategoryRow, ChapterRow, Clash, Counts, CourseRow, Dump, ImportOutcome, Objection, Row, SectionRow, Table, TeacherRow,
    },
    error::expect_rows,
};
use std::collections::{HashMap, HashSet};

/// A row that this engine reads and writes.
trait Kept: Row + Sized {
    /// The row of this number as it stands.
    async fn standing(tx: &mut Connection, id: i64) -> Result<Option<Self>, sqlx::Error>;

    /// Writes the row, over the one that stands.
    async fn write(&self, tx: &mut Connection) -> Result<(), sqlx::Error>;
}

macro_rules! kept {
    ($($row:ident ($($column:ident),*) read $read:literal write $write:literal;)*) => {$(
        impl Kept for $row {
            async fn standing(tx: &mut Connection, id: i64) -> Result<Option<Self>, sqlx::Error> {
                sqlx::query_as($read).bind(id).fetch_optional(tx).await
            }

            async fn write(&self, tx: &mut Connection) -> Result<(), sqlx::Error> {
                let base = &self.base;
                let touched = sqlx::query($write)
                    .bind(base.id)
                    .bind(base.orders)
                    .bind(base.is_show)
                    .bind(base.is_delete)
                    .bind(base.created_time)
                    .bind(base.updated_time)
                    $(.bind(&self.$column))*
                    .execute(tx)
                    .await?
                    .rows_affected();
                expect_rows(Self::TABLE.name(), 1, touched)
            }
        }
    )*};
}

kept! {
    TeacherRow (name, role, title, signature, image, brief)
    read "select id, orders, is_show, is_delete, created_time, updated_time, name, role, title, signature, image, brief
          from teacher where id = $1"
    write "insert into teacher
             (id, orders, is_show, is_delete, created_time, updated_time, name, role, title, signature, image, brief)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           on conflict (id) do update
           set orders = excluded.orders, is_show = excluded.is_show, is_delete = excluded.is_delete,
               created_time = excluded.created_time, updated_time = excluded.updated_time, name = excluded.name,
               role = excluded.role, title = excluded.title, signature = excluded.signature, image = excluded.image,
               brief = excluded.brief";

    CategoryRow (name)
    read "select id, orders, is_show, is_delete, created_time, updated_time, name from category where id = $1"
    write "insert into category (id, orders, is_show, is_delete, created_time, updated_time, name)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (id) do update
           set orders = excluded.orders, is_show = excluded.is_show, is_delete = excluded.is_delete,
               created_time = excluded.created_time, updated_time = excluded.updated_time, name = excluded.name";

    CourseRow (
        name, course_img, course_type, brief, level, pub_date, period, attachment_path, status, students, sections, pub_sections,
        price_fen, course_category_id, teacher_id
    )
    read "select id, orders, is_show, is_delete, created_time, updated_time, name, course_img, course_type, brief, level,
                 pub_date, period, attachment_path, status, students, sections, pub_sections, price_fen, course_category_id,
                 teacher_id
          from course where id = $1"
    write "insert into course
             (id, orders, is_show, is_delete, created_time, updated_time, name, course_img, course_type, brief, level,
              pub_date, period, attachment_path, status, students, sections, pub_sections, price_fen, course_category_id,
              teacher_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
           on conflict (id) do update
           set orders = excluded.orders, is_show = excluded.is_show, is_delete = excluded.is_delete,
               created_time = excluded.created_time, updated_time = excluded.updated_time, name = excluded.name,
               course_img = excluded.course_img, course_type = excluded.course_type, brief = excluded.brief,
               level = excluded.level, pub_date = excluded.pub_date, period = excluded.period,
               attachment_path = excluded.attachment_path, status = excluded.status, students = excluded.students,
               sections = excluded.sections, pub_sections = excluded.pub_sections, price_fen = excluded.price_fen,
               course_category_id = excluded.course_category_id, teacher_id = excluded.teacher_id";

    ChapterRow (chapter, name, summary, pub_date, course_id)
    read "select id, orders, is_show, is_delete, created_time, updated_time, chapter, name, summary, pub_date, course_id
          from chapter where id = $1"
    write "insert into chapter
             (id, orders, is_show, is_delete, created_time, updated_time, chapter, name, summary, pub_date, course_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           on conflict (id) do update
           set orders = excluded.orders, is_show = excluded.is_show, is_delete = excluded.is_delete,
               created_time = excluded.created_time, updated_time = excluded.updated_time, chapter = excluded.chapter,
               name = excluded.name, summary = excluded.summary, pub_date = excluded.pub_date, course_id = excluded.course_id";

    SectionRow (name, section_type, section_link, duration, pub_date, free_trail, chapter_id)
    read "select id, orders, is_show, is_delete, created_time, updated_time, name, section_type, section_link, duration,
                 pub_date, free_trail, chapter_id
          from section where id = $1"
    write "insert into section
             (id, orders, is_show, is_delete, created_time, updated_time, name, section_type, section_link, duration,
              pub_date, free_trail, chapter_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
           on conflict (id) do update
           set orders = excluded.orders, is_show = excluded.is_show, is_delete = excluded.is_delete,
               created_time = excluded.created_time, updated_time = excluded.updated_time, name = excluded.name,
               section_type = excluded.section_type, section_link = excluded.section_link, duration = excluded.duration,
               pub_date = excluded.pub_date, free_trail = excluded.free_trail, chapter_id = excluded.chapter_id";

    BannerRow (title, image, link, info)
    read "select id, orders, is_show, is_delete, created_time, updated_time, title, image, link, info
          from banner where id = $1"
    write "insert into banner (id, orders, is_show, is_delete, created_time, updated_time, title, image, link, info)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           on conflict (id) do update
           set orders = excluded.orders, is_show = excluded.is_show, is_delete = excluded.is_delete,
               created_time = excluded.created_time, updated_time = excluded.updated_time, title = excluded.title,
               image = excluded.image, link = excluded.link, info = excluded.info";
}

/// Rows that belong to one that is not there, for each reference: whose, by which column, to what.
const ORPHANS: [(Table, &str, Table, &str); 4] = [
    (
        Table::Course,
        "course_category_id",
        Table::Category,
        "select c.id, c.course_category_id from course c left join category k on k.id = c.course_category_id
         where c.course_category_id is not null and k.id is null order by c.id",
    ),
    (
        Table::Course,
        "teacher_id",
        Table::Teacher,
        "select c.id, c.teacher_id from course c left join teacher t on t.id = c.teacher_id
         where c.teacher_id is not null and t.id is null order by c.id",
    ),
    (
        Table::Chapter,
        "course_id",
        Table::Course,
        "select h.id, h.course_id from chapter h left join course c on c.id = h.course_id where c.id is null order by h.id",
    ),
    (
        Table::Section,
        "chapter_id",
        Table::Chapter,
        "select s.id, s.chapter_id from section s left join chapter h on h.id = s.chapter_id where h.id is null order by s.id",
    ),
];

impl Engine {
    pub(in crate::server::store) async fn import(&self, dump: &Dump, update: bool) -> Result<ImportOutcome, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        Self::lock_catalog(&mut tx).await?;
        let mut load = Load { update, objections: Vec::new(), missing: dump.unreadable.iter().copied().collect(), given: HashMap::new() };
        let free = load.names_free(&mut tx, &dump.categories).await?;
        let counts = vec![
            (Table::Teacher, load.rows(&mut tx, &dump.teachers).await?),
            (Table::Category, load.rows(&mut tx, free).await?),
            (Table::Course, load.rows(&mut tx, &dump.courses).await?),
            (Table::Chapter, load.rows(&mut tx, &dump.chapters).await?),
            (Table::Section, load.rows(&mut tx, &dump.sections).await?),
            (Table::Banner, load.rows(&mut tx, &dump.banners).await?),
        ];
        load.orphans(&mut tx).await?;
        if dump.is_partial || !load.objections.is_empty() {
            tx.rollback().await?;
            return Ok(ImportOutcome::Refused(load.objections));
        }
        if counts.iter().any(|(_, counts)| counts.inserted + counts.updated > 0) {
            Self::number_on(&mut tx).await?;
            bump_version(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(ImportOutcome::Done(counts))
    }
}

/// An import under way. It goes on after an objection, to find the others; its transaction is then rolled back.
struct Load {
    update: bool,
    objections: Vec<Objection>,
    /// Parents that the file has and this load has not.
    missing: HashSet<(Table, Option<i64>)>,
    given: HashMap<Table, HashSet<i64>>,
}

impl Load {
    /// The categories whose names nobody else in the record has; the constraint would end the transaction at the first.
    async fn names_free<'d>(&mut self, tx: &mut Connection, rows: &'d [CategoryRow]) -> Result<Vec<&'d CategoryRow>, sqlx::Error> {
        let mut free = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.base.id;
            let by: Option<i64> = sqlx::query_scalar("select id from category where name = $1 and id <> $2")
                .bind(&row.name)
                .bind(id)
                .fetch_optional(&mut *tx)
                .await?;
            match by {
                None => free.push(row),
                Some(by) => {
                    self.missing.insert((Table::Category, Some(id)));
                    self.objections.push(Objection { table: Table::Category, id, column: "name", clash: Clash::NameTaken { by } });
                }
            }
        }
        Ok(free)
    }

    async fn rows<'d, R: Kept + 'd>(&mut self, tx: &mut Connection, rows: impl IntoIterator<Item = &'d R>) -> Result<Counts, sqlx::Error> {
        let mut counts = Counts::default();
        for row in rows {
            let id = row.base().id;
            self.given.entry(R::TABLE).or_default().insert(id);
            match R::standing(tx, id).await? {
                None => {
                    row.write(tx).await?;
                    counts.inserted += 1;
                }
                Some(standing) if standing == *row => counts.unchanged += 1,
                Some(_) if self.update => {
                    row.write(tx).await?;
                    counts.updated += 1;
                }
                Some(standing) => self.objections.extend(differences(row, &standing)),
            }
        }
        Ok(counts)
    }

    /// Objects to the dump's rows whose parent is neither in the dump nor in the record. The dump's rows are written by now.
    async fn orphans(&mut self, tx: &mut Connection) -> Result<(), sqlx::Error> {
        for (table, column, parent, sql) in ORPHANS {
            let Some(given) = self.given.get(&table) else { continue };
            let orphans: Vec<(i64, i64)> = sqlx::query_as(sql).fetch_all(&mut *tx).await?;
            for (id, parent_id) in orphans {
                let is_excused = self.missing.contains(&(parent, None)) || self.missing.contains(&(parent, Some(parent_id)));
                if given.contains(&id) && !is_excused {
                    self.objections.push(Objection { table, id, column, clash: Clash::Orphan { parent, id: parent_id } });
                }
            }
        }
        Ok(())
    }
}

fn differences<R: Row>(row: &R, standing: &R) -> impl Iterator<Item = Objection> {
    let id = row.base().id;
    row.values()
        .into_iter()
        .zip(standing.values())
        .filter(|(given, standing)| given != standing)
        .map(move |((column, given), (_, standing))| Objection { table: R::TABLE, id, column, clash: Clash::Differs { standing, given } })
}
