//! The original's tables: their names, their columns, and the row that each becomes. Lengths and
//! defaults are those of the original's models, where a banner is ours. `created_time` has no
//! default: with the current time the same file would bring other values at each import.

use super::{
    fault::{Position, Why},
    fields::Fields,
    value,
};
use crate::{
    server::store::{
        BannerRow, Base, CategoryRow, ChapterRow, CourseRow, Dump, DumpRow, SectionRow, Staged,
        Table, TeacherRow,
    },
    types::catalog::{CourseType, Level, Role, SectionType, Status},
};
use std::ops::RangeInclusive;

/// Characters of a text without a limit of its own: what a page can bear.
const TEXT_MAX: usize = 65_535;
/// An `IntegerField`.
const INTEGER: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;
/// A `SmallIntegerField` that counts.
const SMALL_COUNT: RangeInclusive<i64> = 0..=i16::MAX as i64;

const BASE: [&str; 6] = [
    "id",
    "orders",
    "is_show",
    "is_delete",
    "created_time",
    "updated_time",
];
const TEACHER: [&str; 6] = ["name", "role", "title", "signature", "image", "brief"];
const CATEGORY: [&str; 1] = ["name"];
const COURSE: [&str; 15] = [
    "name",
    "course_img",
    "course_type",
    "brief",
    "level",
    "pub_date",
    "period",
    "attachment_path",
    "status",
    "students",
    "sections",
    "pub_sections",
    "price",
    "course_category_id",
    "teacher_id",
];
const CHAPTER: [&str; 5] = ["chapter", "name", "summary", "pub_date", "course_id"];
const SECTION: [&str; 7] = [
    "name",
    "section_type",
    "section_link",
    "duration",
    "pub_date",
    "free_trail",
    "chapter_id",
];
const BANNER: [&str; 4] = ["title", "image", "link", "info"];
/// Columns that the original calls otherwise than the database: its name, and the database's.
const RENAMED: [(&str, &str); 1] = [("price", "price_fen")];

/// The table's name in the original.
pub(super) fn name(table: Table) -> &'static str {
    match table {
        Table::Teacher => "luffy_teacher",
        Table::Category => "luffy_course_category",
        Table::Course => "luffy_course",
        Table::Chapter => "luffy_course_chapter",
        Table::Section => "luffy_course_section",
        Table::Banner => "luffy_banner",
    }
}

/// The table of this name, in any case.
pub(super) fn of_name(written: &str) -> Option<Table> {
    Table::ALL
        .into_iter()
        .find(|table| name(*table).eq_ignore_ascii_case(written))
}

/// Whether the table has this column.
pub(super) fn has_column(table: Table, column: &str) -> bool {
    let own: &[&str] = match table {
        Table::Teacher => &TEACHER,
        Table::Category => &CATEGORY,
        Table::Course => &COURSE,
        Table::Chapter => &CHAPTER,
        Table::Section => &SECTION,
        Table::Banner => &BANNER,
    };
    BASE.contains(&column) || own.contains(&column)
}

/// The original's name of a column of the database.
pub(super) fn column(ours: &'static str) -> &'static str {
    let renamed = RENAMED.iter().find(|(_, own)| *own == ours);
    renamed.map_or(ours, |(original, _)| original)
}

/// The database's name of a column of the original.
fn database_column(original: &'static str) -> &'static str {
    let renamed = RENAMED.iter().find(|(theirs, _)| *theirs == original);
    renamed.map_or(original, |(_, ours)| ours)
}

/// Where a row stands, and the statement that it is part of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub place: Position,
    pub statement: Position,
}

/// Reads a row and adds it to the dump, unless the fields note a fault.
pub(super) fn add(dump: &mut Dump, table: Table, origin: Origin, fields: &mut Fields<'_>) {
    match table {
        Table::Teacher => keep(&mut dump.teachers, teacher(fields), origin, fields),
        Table::Category => keep(&mut dump.categories, category(fields), origin, fields),
        Table::Course => keep(&mut dump.courses, course(fields), origin, fields),
        Table::Chapter => keep(&mut dump.chapters, chapter(fields), origin, fields),
        Table::Section => keep(&mut dump.sections, section(fields), origin, fields),
        Table::Banner => keep(&mut dump.banners, banner(fields), origin, fields),
    }
}

fn keep<R: DumpRow>(rows: &mut Vec<Staged<R>>, row: R, origin: Origin, fields: &mut Fields<'_>) {
    if fields.has_faults() {
        return;
    }
    let absent = fields
        .absent()
        .iter()
        .map(|absent| (database_column(absent.column), absent.has_default));
    let (place, statement) = (origin.place.number(), origin.statement.number());
    match Staged::new(row, place, statement, absent) {
        Ok(staged) => rows.push(staged),
        Err(unknown) => fields.note(column(unknown), Why::UnknownColumn),
    }
}

fn base(fields: &mut Fields<'_>) -> Base {
    let created_time = fields.moment("created_time", None);
    Base {
        id: fields.id(),
        orders: fields.number("orders", None, INTEGER),
        is_show: fields.flag("is_show", true),
        is_delete: fields.flag("is_delete", false),
        created_time,
        updated_time: fields.moment("updated_time", Some(created_time)),
    }
}

fn teacher(fields: &mut Fields<'_>) -> TeacherRow {
    TeacherRow {
        base: base(fields),
        name: fields.text("name", 32),
        role: fields.choice("role", Role::Lecturer, Role::ALL, Role::name),
        title: fields.any_text("title", 64),
        signature: fields.optional_text("signature", 255),
        image: fields.optional_media("image", 100),
        brief: fields.any_text("brief", 1024),
    }
}

fn category(fields: &mut Fields<'_>) -> CategoryRow {
    CategoryRow {
        base: base(fields),
        name: fields.text("name", 64),
    }
}

fn course(fields: &mut Fields<'_>) -> CourseRow {
    let base = base(fields);
    // The original stamps both in the same moment.
    let created_on = value::date_of(base.created_time);
    CourseRow {
        base,
        name: fields.text("name", 128),
        course_img: fields.optional_media("course_img", 255),
        course_type: fields.choice(
            "course_type",
            CourseType::Paid,
            CourseType::ALL,
            CourseType::name,
        ),
        brief: fields.optional_text("brief", 2048),
        level: fields.choice("level", Level::Beginner, Level::ALL, Level::name),
        pub_date: fields.date("pub_date", created_on),
        period: fields.count("period", 7),
        attachment_path: fields.optional_text("attachment_path", 128),
        status: fields.choice("status", Status::Online, Status::ALL, Status::name),
        students: fields.count("students", 0),
        sections: fields.count("sections", 0),
        pub_sections: fields.count("pub_sections", 0),
        price_fen: fields.price("price"),
        course_category_id: fields.optional_id("course_category_id"),
        teacher_id: fields.optional_id("teacher_id"),
    }
}

fn chapter(fields: &mut Fields<'_>) -> ChapterRow {
    let base = base(fields);
    let created_on = value::date_of(base.created_time);
    ChapterRow {
        base,
        chapter: fields.number("chapter", Some(1), SMALL_COUNT),
        name: fields.text("name", 128),
        summary: fields.optional_text("summary", TEXT_MAX),
        pub_date: fields.date("pub_date", created_on),
        course_id: fields.parent("course_id"),
    }
}

fn section(fields: &mut Fields<'_>) -> SectionRow {
    let base = base(fields);
    let created_time = base.created_time;
    SectionRow {
        base,
        name: fields.text("name", 128),
        section_type: fields.choice(
            "section_type",
            SectionType::Video,
            SectionType::ALL,
            SectionType::name,
        ),
        section_link: fields.optional_text("section_link", 255),
        duration: fields.optional_text("duration", 32),
        pub_date: fields.moment("pub_date", Some(created_time)),
        free_trail: fields.flag("free_trail", false),
        chapter_id: fields.parent("chapter_id"),
    }
}

fn banner(fields: &mut Fields<'_>) -> BannerRow {
    BannerRow {
        base: base(fields),
        title: fields.text("title", 64),
        image: fields.media("image", 255),
        link: fields.link("link", 255),
        info: fields.any_text("info", 255),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::import::literal::Literal;

    /// The columns of the database that an import fills.
    fn columns(table: Table) -> &'static [&'static str] {
        match table {
            Table::Teacher => TeacherRow::COLUMNS,
            Table::Category => CategoryRow::COLUMNS,
            Table::Course => CourseRow::COLUMNS,
            Table::Chapter => ChapterRow::COLUMNS,
            Table::Section => SectionRow::COLUMNS,
            Table::Banner => BannerRow::COLUMNS,
        }
    }

    #[test]
    fn every_column_of_the_database_is_one_of_the_original() {
        for table in Table::ALL {
            for ours in columns(table) {
                assert!(has_column(table, column(ours)), "{table:?}: {ours}");
                assert_eq!(database_column(column(ours)), *ours);
            }
        }
        for (original, ours) in RENAMED {
            assert_eq!((column(ours), database_column(original)), (original, ours));
        }
    }

    #[test]
    fn a_row_of_a_number_alone_names_none_of_its_columns() {
        let (names, values) = (["id".to_owned()], [Literal::Number("7".to_owned())]);
        let clocks = value::Clocks::default();
        let origin = Origin {
            place: Position { line: 1, column: 1 },
            statement: Position { line: 1, column: 1 },
        };
        let mut dump = Dump::default();
        for table in Table::ALL {
            let mut fields = Fields::new(&names, &values, &clocks);
            add(&mut dump, table, origin, &mut fields);
            assert!(!fields.has_faults(), "{table:?}");
        }
        let given = [
            dump.teachers.iter().map(|row| row.given).sum::<i64>(),
            dump.categories.iter().map(|row| row.given).sum(),
            dump.courses.iter().map(|row| row.given).sum(),
            dump.chapters.iter().map(|row| row.given).sum(),
            dump.sections.iter().map(|row| row.given).sum(),
            dump.banners.iter().map(|row| row.given).sum(),
        ];
        assert_eq!(given, [0; 6], "each column is looked for by its own name");
    }
}
