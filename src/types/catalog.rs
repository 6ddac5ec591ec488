//! Courses and what belongs to them.

use crate::types::{
    ids::{CategoryId, ChapterId, CourseId, SectionId, TeacherId},
    lang::Lang,
    money::Fen,
    time::Millis,
};
use serde::{Deserialize, Serialize};

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal, $zh:literal, $en:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(into = "i64", try_from = "i64")]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl $name {
            /// Every choice, in the original's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub fn name(self, lang: Lang) -> &'static str {
                match self { $(Self::$variant => lang.pick($zh, $en)),* }
            }
        }

        impl From<$name> for i64 {
            fn from(choice: $name) -> Self {
                match choice { $($name::$variant => $number),* }
            }
        }

        impl TryFrom<i64> for $name {
            type Error = &'static str;

            fn try_from(number: i64) -> Result<Self, Self::Error> {
                match number {
                    $($number => Ok(Self::$variant),)*
                    _ => Err(concat!("no such ", stringify!($name))),
                }
            }
        }
    };
}

choices! {
    /// How a course is paid for.
    CourseType {
        Paid = 0, "付费", "Paid";
        Vip = 1, "VIP专享", "VIP only";
    }
}
choices! {
    /// How much a course expects of its students.
    Level {
        /// No previous knowledge.
        Beginner = 0, "初级", "Beginner";
        Intermediate = 1, "中级", "Intermediate";
        Advanced = 2, "高级", "Advanced";
    }
}
choices! {
    /// Whether a course is on the shelf.
    Status {
        Online = 0, "上线", "Online";
        /// No longer: it is not shown.
        Offline = 1, "下线", "Offline";
        /// Announced: shown, not yet to be studied.
        Announced = 2, "预上线", "Coming soon";
    }
}
choices! {
    /// What a section is made of.
    SectionType {
        Document = 0, "文档", "Reading";
        Exercise = 1, "练习", "Exercise";
        Video = 2, "视频", "Video";
    }
}
choices! {
    /// What a teacher does.
    Role {
        Lecturer = 0, "讲师", "Lecturer";
        Mentor = 1, "导师", "Mentor";
        /// Looks after a class.
        ClassTeacher = 2, "班主任", "Class teacher";
    }
}

/// A category of courses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its number.
    pub id: CategoryId,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teacher {
    /// Its number.
    pub id: TeacherId,
    pub name: String,
    /// What the teacher does.
    pub role: Role,
    pub title: String,
    pub signature: Option<String>,
    /// Portrait: a path below `/media/` in the database, an absolute URL on the wire.
    pub image: Option<String>,
    pub brief: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its number.
    pub id: SectionId,
    pub name: String,
    /// What it is made of.
    pub section_type: SectionType,
    /// Where it is; only for a section that this student may see.
    pub section_link: Option<String>,
    /// How long it takes, as text.
    pub duration: Option<String>,
    /// When it was published.
    pub pub_date: Millis,
    /// Whether everybody may see it.
    pub free_trail: bool,
    /// Its place in the chapter, ascending.
    pub orders: i64,
}

/// A chapter and its sections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// Its number in the database.
    pub id: ChapterId,
    pub chapter: i64,
    pub name: String,
    /// What it is about.
    pub summary: Option<String>,
    pub coursesections: Vec<Section>,
}

/// A course as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// Its number.
    pub id: CourseId,
    pub name: String,
    /// Cover: a path below `/media/` in the database, an absolute URL on the wire.
    pub course_img: Option<String>,
    /// How it is paid for.
    pub course_type: CourseType,
    pub brief: Option<String>,
    /// How much it expects.
    pub level: Level,
    pub level_name: String,
    /// Whether it can be studied already.
    pub status: Status,
    pub status_name: String,
    /// ISO 8601.
    pub pub_date: String,
    /// Suggested days of study.
    pub period: i64,
    /// A file that comes with it.
    pub attachment_path: Option<String>,
    /// How many study it.
    pub students: i64,
    pub sections: i64,
    /// Sections published so far.
    pub pub_sections: i64,
    pub price: Fen,
    /// Its category, when that is shown.
    pub course_category: Option<Category>,
    /// Its teacher, when shown.
    pub teacher: Option<Teacher>,
    pub section_list: Vec<Section>,
}

/// A course as a card in a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The course's number.
    pub id: CourseId,
    pub name: String,
    /// Cover: a path below `/media/` in the database, an absolute URL on the wire.
    pub course_img: Option<String>,
    /// How it is paid for.
    pub course_type: CourseType,
    /// How much it expects.
    pub level: Level,
    /// Whether it can be studied already.
    pub status: Status,
    /// How many study it.
    pub students: i64,
    pub sections: i64,
    pub price: Fen,
    /// The teacher's name, when shown.
    pub teacher: Option<String>,
}

/// A course with its outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseDetail {
    #[serde(flatten)]
    pub course: Course,
    pub coursechapters: Vec<Chapter>,
}

/// What `course/detail/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DetailArgs {
    /// The course's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<crate::types::text::Text>,
}
