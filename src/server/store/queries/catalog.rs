//! Statements of the catalogue. They leave out hidden, deleted and off-line rows, so that no page
//! or interface can leak one.

use super::{Db, Engine};
use crate::types::{
    catalog::{
        Card, Category, Chapter, Course, CourseDetail, CourseType, Level, Section, SectionType,
        Status, Teacher,
    },
    ids::{CategoryId, ChapterId, CourseId, SectionId, TeacherId},
    lesson::LessonSource,
    money::Fen,
    page::{CourseQuery, PriceBand},
    search,
    sort::{SortKey, SortOrder},
    time::Millis,
};
use sqlx::QueryBuilder;

/// Sections of a course in a list.
const LIST_SECTIONS: i64 = 4;

#[derive(sqlx::FromRow)]
struct CourseColumns {
    id: i64,
    name: String,
    course_img: Option<String>,
    course_type: i64,
    brief: Option<String>,
    level: i64,
    status: i64,
    pub_date: String,
    period: i64,
    attachment_path: Option<String>,
    students: i64,
    sections: i64,
    pub_sections: i64,
    price_fen: i64,
    category_id: Option<i64>,
    category_name: Option<String>,
    teacher_id: Option<i64>,
    teacher_name: Option<String>,
    teacher_role: Option<i64>,
    teacher_title: Option<String>,
    teacher_signature: Option<String>,
    teacher_image: Option<String>,
    teacher_brief: Option<String>,
}

#[derive(sqlx::FromRow)]
struct SectionColumns {
    chapter_id: i64,
    id: i64,
    name: String,
    section_type: i64,
    section_link: Option<String>,
    duration: Option<String>,
    pub_date: i64,
    free_trail: bool,
    orders: i64,
}

fn choice<T: TryFrom<i64, Error = &'static str>>(number: i64) -> Result<T, sqlx::Error> {
    T::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}

impl CourseColumns {
    fn course(self) -> Result<Course, sqlx::Error> {
        let level: Level = choice(self.level)?;
        let status: Status = choice(self.status)?;
        let course_type: CourseType = choice(self.course_type)?;
        let course_category = self
            .category_id
            .zip(self.category_name)
            .map(|(id, name)| Category {
                id: CategoryId(id),
                name,
            });
        let teacher = match (self.teacher_id, self.teacher_name, self.teacher_role) {
            (Some(id), Some(name), Some(role)) => Some(Teacher {
                id: TeacherId(id),
                name,
                role: choice(role)?,
                title: self.teacher_title.unwrap_or_default(),
                signature: self.teacher_signature,
                image: self.teacher_image,
                brief: self.teacher_brief.unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(Course {
            id: CourseId(self.id),
            name: self.name,
            course_img: self.course_img,
            course_type,
            brief: self.brief.filter(|brief| !brief.is_empty()),
            level,
            // The shop names both, in the asker's language.
            level_name: String::new(),
            status,
            status_name: String::new(),
            pub_date: self.pub_date,
            period: self.period,
            attachment_path: self.attachment_path.filter(|path| !path.is_empty()),
            students: self.students,
            sections: self.sections,
            pub_sections: self.pub_sections,
            price: Fen(self.price_fen),
            course_category,
            teacher,
            section_list: Vec::new(),
        })
    }
}

impl SectionColumns {
    fn section(self) -> Result<Section, sqlx::Error> {
        let section_type: SectionType = choice(self.section_type)?;
        Ok(Section {
            id: SectionId(self.id),
            name: self.name,
            section_type,
            // The link is the lesson itself: only what everybody may see, and can follow.
            section_link: self
                .section_link
                .filter(|link| self.free_trail && !LessonSource::is_own(link)),
            duration: self.duration.filter(|duration| !duration.is_empty()),
            pub_date: Millis(self.pub_date),
            free_trail: self.free_trail,
            orders: self.orders,
        })
    }
}

#[derive(sqlx::FromRow)]
struct CardRow {
    found: i64,
    id: i64,
    name: String,
    course_img: Option<String>,
    course_type: i64,
    level: i64,
    status: i64,
    students: i64,
    sections: i64,
    price_fen: i64,
    teacher: Option<String>,
}

impl CardRow {
    fn card(self) -> Result<Card, sqlx::Error> {
        Ok(Card {
            id: CourseId(self.id),
            name: self.name,
            course_img: self.course_img,
            course_type: choice(self.course_type)?,
            level: choice(self.level)?,
            status: choice(self.status)?,
            students: self.students,
            sections: self.sections,
            price: Fen(self.price_fen),
            teacher: self.teacher,
        })
    }
}

/// A page of a list, and with each row how many there are in all: a statement made of fixed parts,
/// and a placeholder for every value. Only numbers are sorted and counted; what a row shows is read
/// for those on the page.
fn page_of(columns: &'static str, joins: &'static str, query: &CourseQuery) -> QueryBuilder<Db> {
    let mut sql = QueryBuilder::new("select (select count(*) from ");
    push_fitting(&mut sql, query);
    sql.push(") as found, ")
        .push(columns)
        .push(" from (select c.id as on_page from ");
    push_fitting(&mut sql, query);
    push_order(&mut sql, &query.ordering);
    sql.push(" limit ").push_bind(query.page_size);
    sql.push(" + 0 offset ")
        .push_bind((query.page - 1) * query.page_size);
    sql.push(" + 0) as page join course c on c.id = page.on_page ")
        .push(joins);
    push_order(&mut sql, &query.ordering);
    sql
}

/// The courses on the shelf that fit a filter. What a filter does not ask for is not looked up.
fn push_fitting(sql: &mut QueryBuilder<Db>, query: &CourseQuery) {
    sql.push("course c where c.is_show and not c.is_delete and c.status <> 1");
    if let Some(category) = query.category {
        sql.push(" and exists (select 1 from category k where k.id = c.course_category_id and k.is_show and not k.is_delete and k.id = ");
        sql.push_bind(category.0).push(")");
    }
    if let Some(level) = query.level {
        sql.push(" and c.level = ").push_bind(i64::from(level));
    }
    if let Some(course_type) = query.course_type {
        sql.push(" and c.course_type = ")
            .push_bind(i64::from(course_type));
    }
    if let Some(teacher) = query.teacher {
        sql.push(" and exists (select 1 from teacher t where t.id = c.teacher_id and t.is_show and not t.is_delete and t.id = ");
        sql.push_bind(teacher.0).push(")");
    }
    match query.price {
        Some(PriceBand::Free) => drop(sql.push(" and c.price_fen = 0")),
        Some(PriceBand::Paid) => drop(sql.push(" and c.price_fen > 0")),
        None => {}
    }
    for word in search::words(query.search.as_deref().unwrap_or_default()) {
        push_word(sql, &word);
    }
}

/// A word of a search, which is found by any of its patterns.
fn push_word(sql: &mut QueryBuilder<Db>, patterns: &[search::Pattern]) {
    const PLACES: [(&str, &str); 4] = [
        (concat!("c.name", has!()), ""),
        (concat!("c.brief", has!()), ""),
        (
            concat!(
                "exists (select 1 from teacher t where t.id = c.teacher_id and t.is_show and not t.is_delete and t.name",
                has!()
            ),
            ")",
        ),
        (
            concat!(
                "exists (select 1 from category k where k.id = c.course_category_id and k.is_show and not k.is_delete and k.name",
                has!()
            ),
            ")",
        ),
    ];
    let mut separator = " and (";
    // The cheap places first, with every pattern.
    for (before, after) in PLACES {
        for pattern in patterns {
            sql.push(separator)
                .push(before)
                .push_bind(Engine::pattern(pattern))
                .push(after);
            separator = " or ";
        }
    }
    sql.push(")");
}

/// The order of a list, which is total.
fn push_order(sql: &mut QueryBuilder<Db>, order: &SortOrder) {
    sql.push(" order by ");
    for ordering in order.keys() {
        sql.push(match ordering.key {
            SortKey::Id => "c.id",
            SortKey::Price => "c.price_fen",
            SortKey::Students => "c.students",
            SortKey::PubDate => "c.pub_date",
            SortKey::Orders => "c.orders",
        });
        sql.push(if ordering.descending { " desc, " } else { ", " });
    }
    sql.push("c.id");
}

impl Engine {
    pub async fn catalog_version(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("select version from catalog_version where id = 1")
            .fetch_one(&self.readers)
            .await
    }

    pub async fn categories(&self) -> Result<Vec<Category>, sqlx::Error> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "select id, name from category where is_show and not is_delete order by orders, id",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, name)| Category {
                id: CategoryId(id),
                name,
            })
            .collect())
    }

    pub async fn courses(&self, query: &CourseQuery) -> Result<(i64, Vec<Course>), sqlx::Error> {
        #[derive(sqlx::FromRow)]
        struct ListedRow {
            found: i64,
            #[sqlx(flatten)]
            course: CourseColumns,
        }
        let mut page = page_of(
            "c.id, c.name, c.course_img, c.course_type, c.brief, c.level, c.status, c.pub_date, c.period, c.attachment_path,
             c.students, c.sections, c.pub_sections, c.price_fen, k.id as category_id, k.name as category_name,
             t.id as teacher_id, t.name as teacher_name, t.role as teacher_role, t.title as teacher_title,
             t.signature as teacher_signature, t.image as teacher_image, t.brief as teacher_brief",
            "left join category k on k.id = c.course_category_id and k.is_show and not k.is_delete
             left join teacher t on t.id = c.teacher_id and t.is_show and not t.is_delete",
            query,
        );
        let rows: Vec<ListedRow> = page.build_query_as().fetch_all(&self.readers).await?;
        // Past the last page no row says how many there are, and nobody asks.
        let count = rows.first().map_or(0, |row| row.found);
        let mut courses = rows
            .into_iter()
            .map(|row| row.course.course())
            .collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<_> = courses.iter().map(|course| course.id.0).collect();
        for (course_id, row) in self.sections_of(&ids, LIST_SECTIONS).await? {
            if let Some(course) = courses.iter_mut().find(|course| course.id == course_id) {
                course.section_list.push(row.section()?);
            }
        }
        Ok((count, courses))
    }

    pub async fn cards(&self, query: &CourseQuery) -> Result<(i64, Vec<Card>), sqlx::Error> {
        let mut page = page_of(
            "c.id, c.name, c.course_img, c.course_type, c.level, c.status, c.students, c.sections, c.price_fen, t.name as teacher",
            "left join teacher t on t.id = c.teacher_id and t.is_show and not t.is_delete",
            query,
        );
        let rows: Vec<CardRow> = page.build_query_as().fetch_all(&self.readers).await?;
        let count = rows.first().map_or(0, |row| row.found);
        Ok((
            count,
            rows.into_iter()
                .map(CardRow::card)
                .collect::<Result<_, _>>()?,
        ))
    }

    pub async fn course(&self, id: CourseId) -> Result<Option<CourseDetail>, sqlx::Error> {
        let row: Option<CourseColumns> = sqlx::query_as(
            "select c.id, c.name, c.course_img, c.course_type, c.brief, c.level, c.status, c.pub_date, c.period, c.attachment_path,
                    c.students, c.sections, c.pub_sections, c.price_fen, k.id as category_id, k.name as category_name,
                    t.id as teacher_id, t.name as teacher_name, t.role as teacher_role, t.title as teacher_title,
                    t.signature as teacher_signature, t.image as teacher_image, t.brief as teacher_brief
             from course c
             left join category k on k.id = c.course_category_id and k.is_show and not k.is_delete
             left join teacher t on t.id = c.teacher_id and t.is_show and not t.is_delete
             where c.id = $1 and c.is_show and not c.is_delete and c.status <> 1",
        )
        .bind(id.0)
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut course = row.course()?;
        let chapters: Vec<(i64, i64, String, Option<String>)> = sqlx::query_as(
            "select id, chapter, name, summary from chapter
             where course_id = $1 and is_show and not is_delete
             order by orders, id",
        )
        .bind(id.0)
        .fetch_all(&self.readers)
        .await?;
        let mut coursechapters: Vec<_> = chapters
            .into_iter()
            .map(|(id, chapter, name, summary)| Chapter {
                id: ChapterId(id),
                chapter,
                name,
                summary: summary.filter(|summary| !summary.is_empty()),
                coursesections: Vec::new(),
            })
            .collect();
        for (_, row) in self.sections_of(&[id.0], i64::MAX).await? {
            let chapter = row.chapter_id;
            let section = row.section()?;
            if i64::try_from(course.section_list.len()).is_ok_and(|len| len < LIST_SECTIONS) {
                course.section_list.push(section.clone());
            }
            if let Some(chapter) = coursechapters.iter_mut().find(|c| c.id.0 == chapter) {
                chapter.coursesections.push(section);
            }
        }
        Ok(Some(CourseDetail {
            course,
            coursechapters,
        }))
    }

    pub async fn course_ids(&self, limit: i64) -> Result<Vec<CourseId>, sqlx::Error> {
        self.course_ids_from(0, limit).await
    }

    pub async fn course_ids_from(
        &self,
        skip: i64,
        limit: i64,
    ) -> Result<Vec<CourseId>, sqlx::Error> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "select id from course
             where is_show and not is_delete and status <> 1
             order by id limit $2 + 0 offset $1 + 0",
        )
        .bind(skip)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(ids.into_iter().map(CourseId).collect())
    }

    pub async fn course_count(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(
            "select count(*) from course where is_show and not is_delete and status <> 1",
        )
        .fetch_one(&self.readers)
        .await
    }

    pub async fn pictures(&self) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar(
            "select picture from (
                select course_img as picture from course where is_show and not is_delete and status <> 1
                union select image from teacher where is_show and not is_delete
                union select image from banner where is_show and not is_delete
             ) as shown
             where picture <> ''
             order by picture",
        )
        .fetch_all(&self.readers)
        .await
    }

    pub async fn is_catalogue_empty(&self) -> Result<bool, sqlx::Error> {
        let rows: i64 = sqlx::query_scalar(
            "select count(*) from (
                select 1 from course union all select 1 from teacher
                union all select 1 from category union all select 1 from banner
                limit 1
             ) as found",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(rows == 0)
    }

    /// The first sections of each of these courses, in the order of its outline.
    async fn sections_of(
        &self,
        courses: &[i64],
        limit: i64,
    ) -> Result<Vec<(CourseId, SectionColumns)>, sqlx::Error> {
        #[derive(sqlx::FromRow)]
        struct SectionOfCourse {
            course_id: i64,
            #[sqlx(flatten)]
            section: SectionColumns,
        }
        let rows: Vec<SectionOfCourse> = sqlx::query_as(concat!(
            "select * from (
               select h.course_id, s.chapter_id, s.id, s.name, s.section_type, s.section_link, s.duration, s.pub_date, s.free_trail,
                      s.orders, row_number() over (partition by h.course_id order by h.orders, h.id, s.orders, s.id) as place
               from section s
               join chapter h on h.id = s.chapter_id and h.is_show and not h.is_delete
               where s.is_show and not s.is_delete and h.course_id in ",
            numbers!(),
            ") as outline
             where place <= $2
             order by course_id, place"
        ))
        .bind(Self::numbers(courses))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (CourseId(row.course_id), row.section))
            .collect())
    }
}
