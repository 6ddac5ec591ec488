//! Canonical addresses of the interface's shared answers: the query that was parsed, printed again.
//! Two spellings of one question are one answer, and what a client adds to a query is not kept.

use crate::{
    api::wire::read_query,
    types::{
        catalog::DetailArgs,
        page::{CourseArgs, CourseQuery},
        text::Text,
        wire::Nothing,
    },
};

/// The address of an answer that is the same for everybody who asks in the same language; `None`
/// when it is for one asker, or an error.
pub(super) fn address(path: &str, query: Option<&str>) -> Option<String> {
    let query = query.unwrap_or_default();
    let search = match path {
        "/api/v1/home/banner/" | "/api/v1/course/category/" | "/api/v1/sale/" => {
            read_query(query).map(|Nothing {}| String::new()).ok()?
        }
        "/api/v1/course/actual/" | "/api/v1/course/card/" => {
            let args: CourseArgs = read_query(query).ok()?;
            CourseQuery::parse(&args).ok()?.api_search()
        }
        "/api/v1/course/detail/" => {
            let args: DetailArgs = read_query(query).ok()?;
            let id: i64 = Text::trimmed(args.id.as_ref())?.parse().ok()?;
            format!("?id={id}")
        }
        _ => return None,
    };
    Some(format!("{path}{search}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_question_has_one_address() {
        for (path, spellings, address) in [
            ("/api/v1/course/category/", ["", "&&&&", "&"], ""),
            (
                "/api/v1/course/actual/",
                [
                    "level=1&page=2",
                    "page=%32&&level=+1",
                    "page=02&search=&level=1",
                ],
                "?level=1&page=2",
            ),
            (
                "/api/v1/course/card/",
                ["", "page=1&page_size=12", "ordering=orders&"],
                "",
            ),
            (
                "/api/v1/course/detail/",
                ["id=7", "id=007", "&id=%20+7&"],
                "?id=7",
            ),
        ] {
            for spelling in spellings {
                assert_eq!(
                    super::address(path, Some(spelling)),
                    Some(format!("{path}{address}")),
                    "{spelling}"
                );
            }
        }
    }

    #[test]
    fn what_is_an_error_or_for_one_asker_has_none() {
        for (path, query) in [
            ("/api/v1/course/category/", "x=1"),
            ("/api/v1/course/actual/", "page=0"),
            ("/api/v1/course/actual/", "page=1&page=2"),
            ("/api/v1/course/detail/", "id=x"),
            ("/api/v1/course/detail/", ""),
            ("/api/v1/user/me/", ""),
            ("/api/v1/nothing/", ""),
        ] {
            assert_eq!(address(path, Some(query)), None, "{path}?{query}");
        }
    }
}
