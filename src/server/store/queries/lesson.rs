//! Statements about lessons. A section's link leaves the database here, and only for the methods of
//! the shop that ask for the right to it.

use super::Engine;
use crate::{
    server::store::lesson::{LessonCourse, LessonSection},
    types::{
        catalog::SectionType,
        ids::{CourseId, SectionId, StudentId},
        time::Millis,
    },
};

/// Sections of a course at most that a student sees.
const SECTIONS_MAX: i64 = 2_000;

/// A section that is there to be studied, before the condition that chooses.
macro_rules! lesson_columns {
    () => {
        "select s.id, h.course_id, c.is_show and c.status <> 1 as is_course_shown, h.id as chapter_id, h.chapter, h.name as chapter_name,
                s.name, s.section_type, coalesce(s.section_link, '') as link, s.duration, s.free_trail
         from section s
         join chapter h on h.id = s.chapter_id and h.is_show and not h.is_delete
         join course c on c.id = h.course_id and not c.is_delete
         where s.is_show and not s.is_delete"
    };
}

#[derive(sqlx::FromRow)]
struct LessonColumns {
    id: i64,
    course_id: i64,
    is_course_shown: bool,
    chapter_id: i64,
    chapter: i64,
    chapter_name: String,
    name: String,
    section_type: i64,
    link: String,
    duration: Option<String>,
    free_trail: bool,
}

impl LessonColumns {
    fn section(self) -> Result<LessonSection, sqlx::Error> {
        let section_type = SectionType::try_from(self.section_type)
            .map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(LessonSection {
            id: SectionId(self.id),
            course: CourseId(self.course_id),
            is_course_shown: self.is_course_shown,
            chapter_id: self.chapter_id,
            chapter: self.chapter,
            chapter_name: self.chapter_name,
            name: self.name,
            section_type,
            link: self.link,
            duration: self.duration.filter(|duration| !duration.is_empty()),
            free_trail: self.free_trail,
        })
    }
}

impl Engine {
    pub async fn may_study(
        &self,
        student: StudentId,
        course: CourseId,
        now: Millis,
    ) -> Result<bool, sqlx::Error> {
        let rights: i64 = sqlx::query_scalar(
            "select count(*) from (
                select 1 from entitlement where student_id = $1 and course_id = $2 and revoked_at is null
                union all
                select 1 from vip v join course c on c.id = $2 and c.course_type = 1 /* vip */ where v.student_id = $1 and v.ends_at > $3
             ) as rights",
        )
        .bind(student.0)
        .bind(course.0)
        .bind(now.0)
        .fetch_one(&self.readers)
        .await?;
        Ok(rights > 0)
    }

    pub async fn lesson_course(
        &self,
        course: CourseId,
    ) -> Result<Option<LessonCourse>, sqlx::Error> {
        let found: Option<(String, bool)> = sqlx::query_as(
            "select name, is_show and status <> 1 from course where id = $1 and not is_delete",
        )
        .bind(course.0)
        .fetch_optional(&self.readers)
        .await?;
        let Some((name, is_shown)) = found else {
            return Ok(None);
        };
        let rows: Vec<LessonColumns> = sqlx::query_as(concat!(
            lesson_columns!(),
            " and h.course_id = $1 order by h.orders, h.id, s.orders, s.id limit $2 + 0"
        ))
        .bind(course.0)
        .bind(SECTIONS_MAX)
        .fetch_all(&self.readers)
        .await?;
        Ok(Some(LessonCourse {
            name,
            is_shown,
            sections: rows
                .into_iter()
                .map(LessonColumns::section)
                .collect::<Result<_, _>>()?,
        }))
    }

    pub async fn lesson_section(
        &self,
        section: SectionId,
    ) -> Result<Option<LessonSection>, sqlx::Error> {
        let row: Option<LessonColumns> =
            sqlx::query_as(concat!(lesson_columns!(), " and s.id = $1"))
                .bind(section.0)
                .fetch_optional(&self.readers)
                .await?;
        row.map(LessonColumns::section).transpose()
    }
}
