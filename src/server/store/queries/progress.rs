//! Statements about progress.

use super::Engine;
use crate::{
    rules::progress::Watched,
    server::store::progress::ProgressRow,
    types::{
        ids::{CourseId, SectionId, StudentId},
        time::Millis,
    },
};

impl Engine {
    pub async fn progress_of(
        &self,
        student: StudentId,
        course: CourseId,
    ) -> Result<Vec<ProgressRow>, sqlx::Error> {
        sqlx::query_as(
            "select p.section_id, p.position_s, p.furthest_s, p.length_s, p.done_at, p.updated_at
             from chapter h
             join section s on s.chapter_id = h.id
             join progress p on p.section_id = s.id and p.student_id = $1
             where h.course_id = $2
             order by p.updated_at, p.section_id",
        )
        .bind(student.0)
        .bind(course.0)
        .fetch_all(&self.readers)
        .await
    }

    pub async fn save_progress(
        &self,
        student: StudentId,
        section: SectionId,
        report: &Watched,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        let done_at = report.is_done.then_some(now.0);
        sqlx::query(
            "insert into progress (student_id, section_id, position_s, furthest_s, length_s, done_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (student_id, section_id) do update set
                position_s = case when excluded.updated_at >= progress.updated_at then excluded.position_s else progress.position_s end,
                length_s = case when excluded.updated_at >= progress.updated_at then excluded.length_s else progress.length_s end,
                furthest_s = case when excluded.furthest_s > progress.furthest_s then excluded.furthest_s else progress.furthest_s end,
                done_at = coalesce(progress.done_at, excluded.done_at),
                updated_at = case when excluded.updated_at > progress.updated_at then excluded.updated_at else progress.updated_at end",
        )
        .bind(student.0)
        .bind(section.0)
        .bind(report.position_s)
        .bind(report.furthest_s)
        .bind(report.length_s)
        .bind(done_at)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub async fn finish_section(
        &self,
        student: StudentId,
        section: SectionId,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into progress (student_id, section_id, position_s, furthest_s, length_s, done_at, updated_at)
             values ($1, $2, 0, 0, 0, $3, $3)
             on conflict (student_id, section_id) do update set
                done_at = coalesce(progress.done_at, excluded.done_at),
                updated_at = case when excluded.updated_at > progress.updated_at then excluded.updated_at else progress.updated_at end",
        )
        .bind(student.0)
        .bind(section.0)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
