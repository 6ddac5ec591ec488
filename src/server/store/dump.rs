//! Types of an import: the rows that go to the database, and the counts that come back.

use crate::types::{ids::SaleId, time::Millis};
use serde::Serialize;

/// A table of the catalogue, in the order of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Teacher,
    /// What courses are sorted into.
    Category,
    Course,
    /// A part of a course.
    Chapter,
    /// A part of a chapter.
    Section,
    /// A slide of the home page.
    Banner,
}

impl Table {
    pub const ALL: [Self; 6] = [
        Self::Teacher,
        Self::Category,
        Self::Course,
        Self::Chapter,
        Self::Section,
        Self::Banner,
    ];

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Teacher => "teacher",
            Self::Category => "category",
            Self::Course => "course",
            Self::Chapter => "chapter",
            Self::Section => "section",
            Self::Banner => "banner",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ColumnValue {
    /// None.
    Null,
    /// A number: a count, a reference, fen, or epoch milliseconds.
    Number(i64),
    Flag(bool),
    Text(String),
}

impl From<i64> for ColumnValue {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for ColumnValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<String> for ColumnValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for ColumnValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What every row has.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Base {
    /// The row's number.
    pub id: i64,
    pub orders: i64,
    /// Whether it is shown.
    pub is_show: bool,
    /// Whether it counts as deleted.
    pub is_delete: bool,
    /// Epoch milliseconds.
    pub created_time: i64,
    /// Epoch milliseconds.
    pub updated_time: i64,
}

/// A row of the catalogue, its number and its values by column.
pub trait DumpRow {
    const TABLE: Table;

    /// Its columns but the number, in the order of [`DumpRow::values`].
    const COLUMNS: &'static [&'static str];

    /// What every row has.
    fn base(&self) -> &Base;

    /// The values of every column but the number.
    fn values(&self) -> Vec<ColumnValue>;
}

macro_rules! rows {
    ($($(#[$doc:meta])* $row:ident of $table:ident { $($(#[$column_doc:meta])* $column:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
        pub struct $row {
            /// What every row has.
            #[sqlx(flatten)]
            pub base: Base,
            $($(#[$column_doc])* pub $column: $kind,)*
        }

        impl DumpRow for $row {
            const TABLE: Table = Table::$table;
            const COLUMNS: &'static [&'static str] =
                &["orders", "is_show", "is_delete", "created_time", "updated_time", $(stringify!($column)),*];

            fn base(&self) -> &Base {
                &self.base
            }

            fn values(&self) -> Vec<ColumnValue> {
                vec![
                    self.base.orders.into(),
                    self.base.is_show.into(),
                    self.base.is_delete.into(),
                    self.base.created_time.into(),
                    self.base.updated_time.into(),
                    $(self.$column.clone().into(),)*
                ]
            }
        }
    )*};
}

rows! {
    /// A row of `teacher`.
    TeacherRow of Teacher {
        name: String,
        /// A [`Role`](crate::types::catalog::Role).
        role: i64,
        title: String,
        signature: Option<String>,
        /// A path below `/media/`.
        image: Option<String>,
        brief: String,
    }
    /// A row of `category`.
    CategoryRow of Category {
        /// The name, unlike any other's.
        name: String,
    }
    /// A row of `course`.
    CourseRow of Course {
        name: String,
        /// A path below `/media/`.
        course_img: Option<String>,
        /// A [`CourseType`](crate::types::catalog::CourseType).
        course_type: i64,
        brief: Option<String>,
        /// A [`Level`](crate::types::catalog::Level).
        level: i64,
        /// ISO 8601.
        pub_date: String,
        /// Suggested days of study.
        period: i64,
        /// A file that comes with it.
        attachment_path: Option<String>,
        /// A [`Status`](crate::types::catalog::Status).
        status: i64,
        /// How many study it.
        students: i64,
        sections: i64,
        /// Sections published so far.
        pub_sections: i64,
        price_fen: i64,
        course_category_id: Option<i64>,
        teacher_id: Option<i64>,
    }
    /// A row of `chapter`.
    ChapterRow of Chapter {
        chapter: i64,
        name: String,
        /// What it is about.
        summary: Option<String>,
        /// ISO 8601.
        pub_date: String,
        course_id: i64,
    }
    /// A row of `section`.
    SectionRow of Section {
        name: String,
        /// A [`SectionType`](crate::types::catalog::SectionType).
        section_type: i64,
        /// A video's id, or a document's link.
        section_link: Option<String>,
        /// How long it takes, as text.
        duration: Option<String>,
        /// Epoch milliseconds.
        pub_date: i64,
        /// Whether everybody may see it.
        free_trail: bool,
        chapter_id: i64,
    }
    /// A row of `banner`.
    BannerRow of Banner {
        /// What it is about, in a few words.
        title: String,
        /// A path below `/media/`.
        image: String,
        link: String,
        info: String,
    }
}

/// A row of a file: which of its columns the file names, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged<R> {
    /// The row; what the file does not name has its default there.
    pub row: R,
    /// Its place in the file: a later row has a greater one.
    pub place: i64,
    /// The place of the statement that it is part of.
    pub statement: i64,
    /// The columns that the file names: bit `n` stands for [`DumpRow::COLUMNS`]`[n]`.
    pub given: i64,
    /// The columns that it does not name and that a new row must have.
    pub missing: i64,
}

impl<R: DumpRow> Staged<R> {
    /// A row whose `absent` columns the file does not name, each with whether it has a default.
    ///
    /// # Errors
    /// The table has no such column; its name.
    pub fn new(
        row: R,
        place: i64,
        statement: i64,
        absent: impl IntoIterator<Item = (&'static str, bool)>,
    ) -> Result<Self, &'static str> {
        let (mut given, mut missing) = (every(R::COLUMNS.len()), 0);
        for (column, has_default) in absent {
            let bit = 1_i64
                << R::COLUMNS
                    .iter()
                    .position(|own| *own == column)
                    .ok_or(column)?;
            given &= !bit;
            missing |= if has_default { 0 } else { bit };
        }
        Ok(Self {
            row,
            place,
            statement,
            given,
            missing,
        })
    }

    /// Place, statement, columns named and missing, number, and every other column.
    pub(super) fn values(&self) -> Vec<ColumnValue> {
        let origin = [
            self.place,
            self.statement,
            self.given,
            self.missing,
            self.row.base().id,
        ];
        origin
            .into_iter()
            .map(ColumnValue::Number)
            .chain(self.row.values())
            .collect()
    }
}

fn every(columns: usize) -> i64 {
    (0..columns).fold(0, |bits, n| bits | 1 << n)
}

/// Rows of a file.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// Rows of `teacher`.
    pub teachers: Vec<Staged<TeacherRow>>,
    /// Rows of `category`.
    pub categories: Vec<Staged<CategoryRow>>,
    /// Rows of `course`.
    pub courses: Vec<Staged<CourseRow>>,
    /// Rows of `chapter`.
    pub chapters: Vec<Staged<ChapterRow>>,
    /// Rows of `section`.
    pub sections: Vec<Staged<SectionRow>>,
    /// Rows of `banner`.
    pub banners: Vec<Staged<BannerRow>>,
}

/// How the rows of an import are to be taken.
#[derive(Clone, Debug, Default)]
pub struct ImportTerms {
    /// Whether rows that stand with other values are updated, instead of refusing the dump.
    pub update: bool,
    /// Whether the import is judged only, and nothing is written.
    pub dry_run: bool,
    /// Whether something of the file is missing here. Such an import is judged, and never written.
    pub is_partial: bool,
    /// Sales that have closed by then are not said to be hidden.
    pub now: Millis,
    /// Tables of which rows are missing here: no row is called an orphan for want of one of theirs.
    pub unreadable: Vec<Table>,
}

/// What became of a table's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    pub inserted: u64,
    /// They stood with other values.
    pub updated: u64,
    /// They stood with the same values.
    pub unchanged: u64,
}

/// What became of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It stands, all of it; or would stand, if it was to be judged only.
    Done {
        /// What became of each table's rows.
        counts: Vec<(Table, RowCounts)>,
        /// The first [`LISTED_MAX`] rows of each table that were updated, a [`Clash::Differs`] for
        /// each column.
        changes: Vec<Objection>,
        hidden: HiddenSales,
    },
    /// Nothing was written.
    Refused {
        /// Why, the first [`LISTED_MAX`] of each kind.
        objections: Vec<Objection>,
        /// How many more there are.
        more: u64,
    },
}

/// Sales, on or to come, whose course students see before an import and not behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HiddenSales {
    /// The first [`LISTED_MAX`], by their opening.
    pub list: Vec<HiddenSale>,
    /// How many more there are.
    pub more: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenSale {
    pub id: SaleId,
    pub course: String,
    pub opens_at: Millis,
    pub closes_at: Millis,
}

/// Rows that an outcome names of each table and each kind: as many as a report shows.
pub const LISTED_MAX: u32 = 20;

/// Why the database does not take a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    pub table: Table,
    /// The place of the row, or of its statement.
    pub place: i64,
    /// The column at fault.
    pub column: &'static str,
    /// What is wrong with it.
    pub clash: Clash,
}

/// How a row and the database clash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// A row of this number stands in the file already.
    Repeated {
        /// The number.
        id: i64,
        /// The place of the first one.
        first: i64,
    },
    /// A row of this name, which only one may have, stands in the file already.
    NameRepeated {
        name: String,
        /// The place of the first one.
        first: i64,
    },
    /// The row is new, and has no value in a column that needs one.
    Missing,
    /// The row stands already, with another value.
    Differs {
        /// The row's number.
        id: i64,
        standing: ColumnValue,
        given: ColumnValue,
    },
    /// The row belongs to one that is not there.
    Orphan {
        /// The row's number.
        id: i64,
        /// The table of the one that is missing.
        parent: Table,
        /// That one's number.
        parent_id: i64,
    },
    /// Another row of the database has this name, which only one may have.
    NameTaken {
        /// That row's number.
        by: i64,
    },
}
