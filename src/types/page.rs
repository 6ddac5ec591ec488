//! The list of courses: one query for the page's URL, the interface and SQL.

use crate::types::{
    catalog::{CourseType, Level},
    error::{AppError, Fault},
    ids::{CategoryId, TeacherId},
    search,
    sort::SortOrder,
    text::Text,
};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Courses on a page when nobody says how many.
pub const PAGE_SIZE: i64 = 12;
/// Courses on a page at most.
pub const PAGE_SIZE_MAX: i64 = 50;
/// The last page that can be asked for.
pub const PAGE_MAX: i64 = 100_000;
/// Characters of a search at most.
pub const SEARCH_MAX: usize = 64;

/// A page of results, in the original's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// How many there are on all pages.
    pub count: i64,
    /// The address of the next page.
    pub next: Option<String>,
    /// The address of the page before.
    pub previous: Option<String>,
    pub results: Vec<T>,
}

/// What `course/actual/` takes, as the client wrote it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CourseArgs {
    /// A category's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub course_category: Option<Text>,
    /// 0, 1 or 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Text>,
    /// 0 or 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub course_type: Option<Text>,
    /// A teacher's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher: Option<Text>,
    /// `free` or `paid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Text>,
    /// Words, each in the name, the brief, or the name of the teacher or the category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<Text>,
    /// [`SortOrder`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordering: Option<Text>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<Text>,
    /// 1 to [`PAGE_SIZE_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_size: Option<Text>,
}

/// Free courses only, or those with a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceBand {
    /// Price 0.
    Free,
    Paid,
}

/// Which courses, in which order, which page of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CourseQuery {
    pub category: Option<CategoryId>,
    pub level: Option<Level>,
    /// Paid for in this way.
    pub course_type: Option<CourseType>,
    pub teacher: Option<TeacherId>,
    /// Free or not.
    pub price: Option<PriceBand>,
    /// Which have all words of this text, as [`search::tidy`] gives it.
    pub search: Option<String>,
    pub ordering: SortOrder,
    /// From 1.
    pub page: i64,
    /// 1 to [`PAGE_SIZE_MAX`].
    pub page_size: i64,
}

impl Default for CourseQuery {
    fn default() -> Self {
        Self {
            category: None,
            level: None,
            course_type: None,
            teacher: None,
            price: None,
            search: None,
            ordering: SortOrder::default(),
            page: 1,
            page_size: PAGE_SIZE,
        }
    }
}

impl CourseQuery {
    /// Reads the interface's arguments.
    ///
    /// # Errors
    /// [`AppError::BadField`] names the first argument that can't be used.
    pub fn parse(args: &CourseArgs) -> Result<Self, AppError> {
        Self::read(&NAMES_API, |name| {
            Text::trimmed(match name {
                "course_category" => args.course_category.as_ref(),
                "level" => args.level.as_ref(),
                "course_type" => args.course_type.as_ref(),
                "teacher" => args.teacher.as_ref(),
                "price" => args.price.as_ref(),
                "search" => args.search.as_ref(),
                "ordering" => args.ordering.as_ref(),
                "page" => args.page.as_ref(),
                _ => args.page_size.as_ref(),
            })
            .map(str::to_owned)
        })
    }

    /// Reads the query of a page's URL, where the names are shorter; other names are not ours to
    /// judge there.
    ///
    /// # Errors
    /// [`AppError::BadField`] names the first parameter that can't be used.
    pub fn of_page(get: impl Fn(&str) -> Option<String>) -> Result<Self, AppError> {
        Self::read(&NAMES_PAGE, |name| {
            get(name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        })
    }

    fn read(names: &FilterNames, get: impl Fn(&str) -> Option<String>) -> Result<Self, AppError> {
        let page_size = number(&get, names.page_size, 1, PAGE_SIZE_MAX)?.unwrap_or(PAGE_SIZE);
        Ok(Self {
            category: number(&get, names.category, 1, i64::MAX)?.map(CategoryId),
            level: choice(&get, names.level)?,
            course_type: choice(&get, names.course_type)?,
            teacher: number(&get, names.teacher, 1, i64::MAX)?.map(TeacherId),
            price: match get(names.price).as_deref() {
                None => None,
                Some("free") => Some(PriceBand::Free),
                Some("paid") => Some(PriceBand::Paid),
                Some(_) => return Err(AppError::field(names.price, Fault::OutOfRange)),
            },
            search: match get(names.search)
                .map(|text| search::tidy(&text))
                .filter(|text| !text.is_empty())
            {
                Some(text) if text.chars().count() > SEARCH_MAX => {
                    return Err(AppError::field(names.search, Fault::OutOfRange));
                }
                // No name has one, and no PostgreSQL text may; nor bytes that are no UTF-8, which
                // have become the replacement character.
                Some(text)
                    if text.contains(|letter: char| {
                        letter.is_control() || letter == char::REPLACEMENT_CHARACTER
                    }) =>
                {
                    return Err(AppError::field(names.search, Fault::Malformed));
                }
                text => text,
            },
            ordering: get(names.ordering)
                .map_or(Ok(SortOrder::default()), |text| text.parse())
                .map_err(|why| AppError::field(names.ordering, why))?,
            page: number(&get, names.page, 1, PAGE_MAX)?.unwrap_or(1),
            page_size,
        })
    }

    /// The same query for another page of the results.
    #[must_use]
    pub fn at_page(&self, page: i64) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    /// `?category=1&page=2` for a page's URL; empty when everything is as by default.
    pub fn page_search(&self) -> String {
        self.print(&NAMES_PAGE)
    }

    /// The same in the interface's names.
    pub fn api_search(&self) -> String {
        self.print(&NAMES_API)
    }

    fn print(&self, names: &FilterNames) -> String {
        let mut out = String::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                out.push(if out.is_empty() { '?' } else { '&' });
                out.push_str(name);
                out.push('=');
                percent_encode(&value, &mut out);
            }
        };
        put(names.category, self.category.map(|id| id.to_string()));
        put(
            names.level,
            self.level.map(|level| i64::from(level).to_string()),
        );
        put(
            names.course_type,
            self.course_type.map(|kind| i64::from(kind).to_string()),
        );
        put(names.teacher, self.teacher.map(|id| id.to_string()));
        put(
            names.price,
            self.price.map(|band| {
                if band == PriceBand::Free {
                    "free"
                } else {
                    "paid"
                }
                .to_owned()
            }),
        );
        put(names.search, self.search.clone());
        put(
            names.ordering,
            (self.ordering != SortOrder::default()).then(|| self.ordering.name()),
        );
        put(names.page, (self.page != 1).then(|| self.page.to_string()));
        put(
            names.page_size,
            (self.page_size != PAGE_SIZE).then(|| self.page_size.to_string()),
        );
        out
    }
}

struct FilterNames {
    category: &'static str,
    level: &'static str,
    course_type: &'static str,
    teacher: &'static str,
    price: &'static str,
    search: &'static str,
    ordering: &'static str,
    page: &'static str,
    page_size: &'static str,
}

const NAMES_API: FilterNames = FilterNames {
    category: "course_category",
    level: "level",
    course_type: "course_type",
    teacher: "teacher",
    price: "price",
    search: "search",
    ordering: "ordering",
    page: "page",
    page_size: "page_size",
};

const NAMES_PAGE: FilterNames = FilterNames {
    category: "category",
    course_type: "type",
    search: "q",
    ordering: "order",
    page_size: "size",
    ..NAMES_API
};

fn number(
    get: &impl Fn(&str) -> Option<String>,
    name: &str,
    least: i64,
    most: i64,
) -> Result<Option<i64>, AppError> {
    let Some(text) = get(name) else {
        return Ok(None);
    };
    let number: i64 = text
        .parse()
        .map_err(|_| AppError::field(name, Fault::Malformed))?;
    if (least..=most).contains(&number) {
        Ok(Some(number))
    } else {
        Err(AppError::field(name, Fault::OutOfRange))
    }
}

fn choice<T: TryFrom<i64>>(
    get: &impl Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<T>, AppError> {
    let number = number(get, name, i64::MIN, i64::MAX)?;
    number
        .map(T::try_from)
        .transpose()
        .map_err(|_| AppError::field(name, Fault::OutOfRange))
}

/// Whether a byte stands for itself in every part of an address (RFC 3986, section 2.3).
pub fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Writes a value of a query: everything but the unreserved characters of RFC 3986 is escaped.
pub fn percent_encode(value: &str, out: &mut String) {
    for byte in value.bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<CourseQuery, AppError> {
        CourseQuery::of_page(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_is_the_first_page_in_the_shop_s_order() {
        assert_eq!(parse(&[]), Ok(CourseQuery::default()));
        assert_eq!(CourseQuery::default().page_search(), "");
    }

    #[test]
    fn a_query_prints_what_it_reads() {
        let query = parse(&[
            ("category", "1"),
            ("level", "2"),
            ("order", "-price"),
            ("q", "入门 &x"),
            ("page", "3"),
        ])
        .expect("valid");
        assert_eq!(
            query.page_search(),
            "?category=1&level=2&q=%E5%85%A5%E9%97%A8%20%26x&order=-price&page=3"
        );
        assert_eq!(
            query.api_search(),
            "?course_category=1&level=2&search=%E5%85%A5%E9%97%A8%20%26x&ordering=-price&page=3"
        );
    }

    #[test]
    fn an_order_has_several_keys() {
        for (text, name) in [
            ("-price,id", "-price,id"),
            (" -price , students,", "-price,students"),
            ("price,-price,-id,students", "price,-id"),
            ("id,price", "id"),
            (",", "orders"),
        ] {
            assert_eq!(
                text.parse::<SortOrder>().map(|order| order.name()),
                Ok(name.to_owned()),
                "{text}"
            );
        }
        for text in ["-price,name", "id,name", "price;id"] {
            assert_eq!(text.parse::<SortOrder>(), Err(Fault::OutOfRange), "{text}");
        }
    }

    #[test]
    fn a_search_is_tidy() {
        let search = |text: &str| parse(&[("q", text)]).map(|query| query.search);
        assert_eq!(
            search(" Ｐython\u{3000} \t入门\u{FEFF}"),
            Ok(Some("Ｐython 入门".to_owned()))
        );
        assert_eq!(search(" \u{200B} "), Ok(None));
        assert_eq!(
            search("a\u{0}b"),
            Err(AppError::field("q", Fault::Malformed))
        );
    }

    #[test]
    fn a_bad_value_is_named() {
        for (name, value, why) in [
            ("category", "x", Fault::Malformed),
            ("category", "0", Fault::OutOfRange),
            ("level", "3", Fault::OutOfRange),
            ("order", "name", Fault::OutOfRange),
            ("order", "--id", Fault::OutOfRange),
            ("page", "0", Fault::OutOfRange),
            ("page", "99999999999999999999", Fault::Malformed),
            ("size", "51", Fault::OutOfRange),
            ("price", "cheap", Fault::OutOfRange),
        ] {
            assert_eq!(
                parse(&[(name, value)]),
                Err(AppError::field(name, why)),
                "{name}={value}"
            );
        }
        assert!(parse(&[("q", &"字".repeat(SEARCH_MAX))]).is_ok());
        assert_eq!(
            parse(&[("q", &"字".repeat(SEARCH_MAX + 1))]),
            Err(AppError::field("q", Fault::OutOfRange))
        );
    }
}
