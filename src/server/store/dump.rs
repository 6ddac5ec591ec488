//! What an import hands to the record, and what comes back.

/// A table of the catalogue, in the order of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Who teaches.
    Teacher,
    /// What courses are sorted into.
    Category,
    /// What is sold.
    Course,
    /// A part of a course.
    Chapter,
    /// A part of a chapter.
    Section,
    /// A slide of the home page.
    Banner,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 6] = [Self::Teacher, Self::Category, Self::Course, Self::Chapter, Self::Section, Self::Banner];

    /// Its name in the record.
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

/// A column's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// None.
    Null,
    /// A number: a count, a reference, fen, or epoch milliseconds.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What every row has.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Base {
    /// The row's number.
    pub id: i64,
    /// Its place, ascending.
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
pub(super) trait Row: PartialEq {
    /// Where it stands.
    const TABLE: Table;

    /// What every row has.
    fn base(&self) -> &Base;

    /// Every column but the number.
    fn values(&self) -> Vec<(&'static str, Value)>;
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

        impl Row for $row {
            const TABLE: Table = Table::$table;

            fn base(&self) -> &Base {
                &self.base
            }

            fn values(&self) -> Vec<(&'static str, Value)> {
                vec![
                    ("orders", self.base.orders.into()),
                    ("is_show", self.base.is_show.into()),
                    ("is_delete", self.base.is_delete.into()),
                    ("created_time", self.base.created_time.into()),
                    ("updated_time", self.base.updated_time.into()),
                    $((stringify!($column), self.$column.clone().into()),)*
                ]
            }
        }
    )*};
}

rows! {
    /// A row of `teacher`.
    TeacherRow of Teacher {
        /// The name.
        name: String,
        /// A [`Role`](crate::types::catalog::Role).
        role: i64,
        /// Position.
        title: String,
        /// A motto.
        signature: Option<String>,
        /// A path below `/media/`.
        image: Option<String>,
        /// A few sentences.
        brief: String,
    }
    /// A row of `category`.
    CategoryRow of Category {
        /// The name, unlike any other's.
        name: String,
    }
    /// A row of `course`.
    CourseRow of Course {
        /// The name.
        name: String,
        /// A path below `/media/`.
        course_img: Option<String>,
        /// A [`CourseType`](crate::types::catalog::CourseType).
        course_type: i64,
        /// A few sentences.
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
        /// Sections planned.
        sections: i64,
        /// Sections published so far.
        pub_sections: i64,
        /// The ordinary price.
        price_fen: i64,
        /// Its category.
        course_category_id: Option<i64>,
        /// Its teacher.
        teacher_id: Option<i64>,
    }
    /// A row of `chapter`.
    ChapterRow of Chapter {
        /// 第几章.
        chapter: i64,
        /// The title.
        name: String,
        /// What it is about.
        summary: Option<String>,
        /// ISO 8601.
        pub_date: String,
        /// Its course.
        course_id: i64,
    }
    /// A row of `section`.
    SectionRow of Section {
        /// The title.
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
        /// Its chapter.
        chapter_id: i64,
    }
    /// A row of `banner`.
    BannerRow of Banner {
        /// What it is about, in a few words.
        title: String,
        /// A path below `/media/`.
        image: String,
        /// Where it leads.
        link: String,
        /// One sentence.
        info: String,
    }
}

/// The rows of a file.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// Rows of `teacher`.
    pub teachers: Vec<TeacherRow>,
    /// Rows of `category`, no two of the same name.
    pub categories: Vec<CategoryRow>,
    /// Rows of `course`.
    pub courses: Vec<CourseRow>,
    /// Rows of `chapter`.
    pub chapters: Vec<ChapterRow>,
    /// Rows of `section`.
    pub sections: Vec<SectionRow>,
    /// Rows of `banner`.
    pub banners: Vec<BannerRow>,
    /// Whether something of the file is missing here. Such a dump is never written, only judged.
    pub is_partial: bool,
    /// The file's rows that are missing here, their number where it is known: nobody is called an orphan for want of one.
    pub unreadable: Vec<(Table, Option<i64>)>,
}

/// What became of a table's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New.
    pub inserted: u64,
    /// They stood with other values.
    pub updated: u64,
    /// They stood with the same values.
    pub unchanged: u64,
}

/// What became of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It stands, all of it.
    Done(Vec<(Table, Counts)>),
    /// Nothing was written.
    Refused(Vec<Objection>),
}

/// Why the record does not take a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The row's table.
    pub table: Table,
    /// The row's number.
    pub id: i64,
    /// The column at fault.
    pub column: &'static str,
    /// What is wrong with it.
    pub clash: Clash,
}

/// How a row and the record clash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// The row stands already, with another value.
    Differs {
        /// In the record.
        standing: Value,
        /// In the dump.
        given: Value,
    },
    /// The row belongs to one that is not there.
    Orphan {
        /// The table of the one that is missing.
        parent: Table,
        /// Its number.
        id: i64,
    },
    /// Another row of the record has this name, which only one may have.
    NameTaken {
        /// That row's number.
        by: i64,
    },
}
