//! The catalogue as clients see it: absolute addresses, pages with neighbours.

use crate::{
    server::state::AppState,
    types::{
        banner::Banner,
        catalog::{Course, CourseDetail},
        error::AppError,
        ids::CourseId,
        page::{CourseQuery, Page},
    },
};

/// Where the list of courses is.
const COURSES_PATH: &str = "/api/v1/course/actual/";

impl AppState {
    /// The address of a picture of the record.
    pub(super) fn media(&self, path: &str) -> String {
        format!("{}/media/{path}", self.config.base_url())
    }

    /// The banners that are shown.
    pub fn banners(&self) -> Vec<Banner> {
        self.cache.banners().iter().map(|banner| Banner { image: self.media(&banner.image), ..banner.clone() }).collect()
    }

    /// A page of courses, with the addresses of its neighbours.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the record can't be read.
    pub async fn courses(&self, query: &CourseQuery) -> Result<Page<Course>, AppError> {
        let (count, courses) = self.store.courses(query).await?;
        let url = |page| format!("{}{COURSES_PATH}{}", self.config.base_url(), query.at_page(page).api_search());
        Ok(Page {
            count,
            next: (query.page * query.page_size < count).then(|| url(query.page + 1)),
            previous: (query.page > 1).then(|| url(query.page - 1)),
            results: courses.into_iter().map(|course| self.with_addresses(course)).collect(),
        })
    }

    /// A course with its outline.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not there, or not shown.
    pub async fn course(&self, id: i64) -> Result<CourseDetail, AppError> {
        let detail = self.store.course(CourseId(id)).await?.ok_or(AppError::NotFound)?;
        Ok(CourseDetail { course: self.with_addresses(detail.course), ..detail })
    }

    fn with_addresses(&self, mut course: Course) -> Course {
        let lang = self.lang();
        course.level_name = course.level.name(lang).to_owned();
        course.status_name = course.status.name(lang).to_owned();
        course.course_img = course.course_img.map(|path| self.media(&path));
        if let Some(teacher) = &mut course.teacher {
            teacher.image = teacher.image.take().map(|path| self.media(&path));
        }
        course
    }
}
