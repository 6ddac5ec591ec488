//! The catalogue as clients see it: absolute addresses, pages with neighbours.

use crate::{
    server::shop::state::AppState,
    types::{
        banner::Banner,
        catalog::{Card, Course, CourseDetail},
        error::AppError,
        ids::CourseId,
        lang::Lang,
        link,
        page::{CourseQuery, Page},
    },
};

/// Where the lists are.
const COURSES_PATH: &str = "/api/v1/course/actual/";
const CARDS_PATH: &str = "/api/v1/course/card/";

impl AppState {
    /// The address of a picture of the database.
    pub(super) fn media(&self, path: &str) -> String {
        format!("{}/media/{}", self.config.base_url(), link::escape(path))
    }

    /// The banners that are shown.
    pub fn banners(&self) -> Vec<Banner> {
        self.cache
            .banners()
            .iter()
            .map(|banner| Banner {
                image: self.media(&banner.image),
                ..banner.clone()
            })
            .collect()
    }

    /// A page of courses, with the addresses of its neighbours.
    ///
    /// # Errors
    /// [`AppError::NotFound`] past the last page, [`AppError::Unavailable`] when the database can't
    /// be read.
    pub async fn courses(&self, query: &CourseQuery, lang: Lang) -> Result<Page<Course>, AppError> {
        let (count, courses) = self.store.courses(query).await?;
        self.page(
            COURSES_PATH,
            query,
            count,
            courses
                .into_iter()
                .map(|course| self.localized(course, lang))
                .collect(),
        )
    }

    /// The same page, of each course what a card shows.
    ///
    /// # Errors
    /// As [`Self::courses`].
    pub async fn cards(&self, query: &CourseQuery) -> Result<Page<Card>, AppError> {
        let (count, mut cards) = self.store.cards(query).await?;
        for card in &mut cards {
            card.course_img = card.course_img.take().map(|path| self.media(&path));
        }
        self.page(CARDS_PATH, query, count, cards)
    }

    fn page<T>(
        &self,
        path: &str,
        query: &CourseQuery,
        count: i64,
        results: Vec<T>,
    ) -> Result<Page<T>, AppError> {
        // The first page may be empty.
        if results.is_empty() && query.page > 1 {
            return Err(AppError::NotFound);
        }
        let url = |page| {
            format!(
                "{}{path}{}",
                self.config.base_url(),
                query.at_page(page).api_search()
            )
        };
        Ok(Page {
            count,
            next: (query.page * query.page_size < count).then(|| url(query.page + 1)),
            previous: (query.page > 1).then(|| url(query.page - 1)),
            results,
        })
    }

    /// A course with its outline.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not there, or not shown.
    pub async fn course(&self, id: i64, lang: Lang) -> Result<CourseDetail, AppError> {
        let detail = self
            .store
            .course(CourseId(id))
            .await?
            .ok_or(AppError::NotFound)?;
        Ok(CourseDetail {
            course: self.localized(detail.course, lang),
            ..detail
        })
    }

    /// A course with names in the asker's language, and absolute addresses.
    fn localized(&self, mut course: Course, lang: Lang) -> Course {
        course.level_name = course.level.name(lang).to_owned();
        course.status_name = course.status.name(lang).to_owned();
        course.course_img = course.course_img.map(|path| self.media(&path));
        if let Some(teacher) = &mut course.teacher {
            teacher.image = teacher.image.take().map(|path| self.media(&path));
        }
        course
    }
}
