//! Paths of this shop: the one rule for the page that follows a form, for links of banners, and for
//! redirects.

use crate::types::{ids::CourseId, lang::Lang, page::is_unreserved};
use std::fmt::Write;

/// Bytes of a path at most, with its query and fragment, as the value of a query, where most signs
/// take three: so does it stand in `/sign-in?next=`, and the head of an answer must stay small.
/// Enough for the longest search.
pub const PATH_MAX: usize = 1_024;

/// What leads out of a path, or out of the folder that it seems to name, once a browser has
/// resolved it: an empty segment, which at the beginning is another host; `.` and `..`; and their
/// escapes, with those of a slash.
const WAYS_OUT: [&str; 3] = ["//", "/.", "/%2"];

/// Whether a text is a path of this shop, whatever address it is resolved against, and whatever
/// language is taken off it or put before it.
pub fn is_own(text: &str) -> bool {
    let bytes: usize = text
        .bytes()
        .map(|byte| if is_unreserved(byte) { 1 } else { 3 })
        .sum();
    bytes <= PATH_MAX && is_target(text)
}

/// The same of a path that an answer leads to as it is, not as the value of a query: of what it
/// takes there, [`PATH_MAX`] bytes at most.
pub fn is_target(text: &str) -> bool {
    let plain = text.len() <= PATH_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = text.split(['?', '#']).next().unwrap_or_default();
    plain && path.starts_with('/') && !WAYS_OUT.iter().any(|way| path.contains(way))
}

/// A path or query as it may stand in an address, with escapes in the place of signs that may not.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'\\' {
            escaped.push(char::from(byte));
        } else {
            // A string takes any number of characters.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// A link as browsers write it, with escapes in the place of letters that are not ASCII, as people
/// copy them from an address bar; blanks and signs that a browser would take away stay, and are
/// refused. The name of another site stays as it is.
pub fn in_ascii(text: &str) -> String {
    let host = if text.starts_with('/') {
        0
    } else {
        let behind = text.find("://").map_or(0, |at| at + 3);
        text[behind..]
            .find(['/', '?', '#'])
            .map_or(text.len(), |at| behind + at)
    };
    let (host, path) = text.split_at(host);
    let mut written = host.to_owned();
    for letter in path.chars() {
        if letter.is_ascii() || letter.is_whitespace() || letter.is_control() {
            written.push(letter);
        } else {
            written.push_str(&escape(letter.encode_utf8(&mut [0; 4])));
        }
    }
    written
}

/// A page of this shop that a request names as the next one, without its language; `None` when it
/// is none.
pub fn page(text: &str) -> Option<&str> {
    let (_, path) = Lang::of_path(text);
    (is_own(text) && is_own(path) && !path.starts_with("/api/")).then_some(path)
}

/// The course whose page a path is, in the spelling that this page is kept under.
pub fn course(path: &str) -> Option<CourseId> {
    let id = Lang::of_path(path).1.strip_prefix("/courses/")?;
    let number: i64 = id.parse().ok()?;
    (number.to_string() == id).then_some(CourseId(number))
}

/// Whether a text is the address of another site: of the web, and with nothing in it that a browser
/// would take away.
pub fn is_web(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let place = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    place.is_some_and(is_place)
        && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

/// Whether a text is a host by its name or IPv4 address, perhaps with a port, that every browser
/// reads as the same one (https://url.spec.whatwg.org/#host-parsing).
fn is_place(text: &str) -> bool {
    let at = text.find(':').unwrap_or(text.len());
    let (host, port) = (&text[..at], &text[at..]);
    let is_port = |port: &str| {
        port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok()
    };
    is_name(host) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        label.starts_with(char::is_alphanumeric)
            && label
                .chars()
                .all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
    };
    // What ends in a number is read as an address.
    let ends_in_number = host
        .rsplit('.')
        .next()
        .is_some_and(|label| label.starts_with(|first: char| first.is_ascii_digit()));
    let is_part =
        |label: &str| label.parse::<u8>().is_ok() && (label.len() == 1 || !label.starts_with('0'));
    let is_address = host.split('.').count() == 4 && host.split('.').all(is_part);
    host.split('.').all(is_label) && (!ends_in_number || is_address)
}

/// Whether a text is a path below `/media/`: it goes into addresses and, at the far end, to a
/// folder of files.
pub fn is_media(text: &str) -> bool {
    let is_odd = |letter: char| {
        matches!(letter, '\\' | ':' | '?' | '#' | '%')
            || letter.is_whitespace()
            || letter.is_control()
    };
    !text.is_empty()
        && !text.contains(is_odd)
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether a text may be the link of a banner: a path of this shop, or the address of another site.
/// One without TLS is that site's own affair: a visitor's session does not go there.
pub fn is_of_banner(text: &str) -> bool {
    is_own(text) || is_web(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::page::{CourseQuery, SEARCH_MAX};

    #[test]
    fn a_course_s_page_is_known_by_its_path() {
        for (path, id) in [("/courses/1", 1), ("/en/courses/12", 12)] {
            assert_eq!(course(path), Some(CourseId(id)), "{path}");
        }
        for path in [
            "/courses",
            "/courses/01",
            "/courses/1/",
            "/seckill/1",
            "/en",
        ] {
            assert_eq!(course(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_of_this_shop_is_told_apart() {
        for path in [
            "/",
            "/me",
            "/seckill/1?x=1#y",
            "/en/courses?q=%E5%85%A5",
            "/#sales",
            "/media/a.b.pdf",
            "/me?next=//x/../y",
            "/@a;b",
        ] {
            assert!(is_own(path), "{path:?}");
        }
        for path in [
            "",
            "me",
            "//evil.example",
            "/en//evil.example",
            "/en/en//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/en/..//evil.example",
            "/%2e%2E//evil.example",
            "/a/.%2e/b",
            "/%2f/evil.example",
            "https://evil.example",
            "javascript:1",
            "/a\r\nSet-Cookie: x",
            "/a b",
            "/\u{4f60}",
        ] {
            assert!(!is_own(path), "{path:?}");
        }
        // A slash takes three.
        assert!(is_own(&format!("/{}", "a".repeat(PATH_MAX - 3))));
        assert!(!is_own(&format!("/{}", "a".repeat(PATH_MAX - 2))));
        let longest = CourseQuery {
            search: Some("\u{4f60}".repeat(SEARCH_MAX)),
            ..CourseQuery::default()
        };
        assert!(is_own(&format!("/courses{}", longest.page_search())));
        let longer = CourseQuery {
            page: 2,
            ordering: "-price".parse().expect("an order"),
            ..longest
        };
        assert!(is_target(&format!(
            "/api/v1/course/actual/{}",
            longer.api_search()
        )));
        assert!(!is_target(&format!("/{}", "a".repeat(PATH_MAX))) && !is_target("//evil.example"));
    }

    #[test]
    fn the_next_page_is_judged_without_its_language() {
        assert_eq!(page("/en/seckill/1"), Some("/seckill/1"));
        assert_eq!(page("/en"), Some("/"));
        assert_eq!(page("/me"), Some("/me"));
        for text in [
            "",
            "/en//evil.example",
            "/en/en//evil.example",
            "/api/v1/user/logout/",
            "/en/api/v1/user/me/",
            "https://evil.example",
        ] {
            assert_eq!(page(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_picture_is_a_path_below_its_folder() {
        for path in ["banner/rush.png", "a.png", "课程/封面.png"] {
            assert!(is_media(path), "{path:?}");
        }
        for path in [
            "",
            "/a.png",
            "../a.png",
            "a/../b.png",
            "a//b.png",
            "./a.png",
            "a/",
            "https://x.example/a.png",
            "a.png?x",
            "a%2e.png",
            "a b",
        ] {
            assert!(!is_media(path), "{path:?}");
        }
    }

    #[test]
    fn a_link_is_written_as_browsers_write_it() {
        for (text, written) in [
            ("/courses?q=入门", "/courses?q=%E5%85%A5%E9%97%A8"),
            ("/courses?q=%E5%85%A5", "/courses?q=%E5%85%A5"),
            (
                "https://例子.测试/页?q=é",
                "https://例子.测试/%E9%A1%B5?q=%C3%A9",
            ),
            ("https://例子.测试", "https://例子.测试"),
            ("/a b\u{3000}", "/a b\u{3000}"),
            ("课程", "课程"),
        ] {
            assert_eq!(in_ascii(text), written, "{text:?}");
        }
    }

    #[test]
    fn a_banner_leads_into_the_shop_or_to_another_site() {
        for link in [
            "/courses/1",
            "/#sales",
            "https://a.example/x",
            "http://a.example",
            "https://\u{4f8b}.example/",
        ] {
            assert!(is_of_banner(link), "{link:?}");
        }
        for link in [
            "javascript:alert(1)",
            "//evil.example",
            "/en//evil.example",
            "http://",
            "https://",
            "https:// a",
            "https://a\nb",
        ] {
            assert!(!is_of_banner(link), "{link:?}");
        }
        for site in [
            "http://a.example",
            "https://A.example:8443/x?y#z",
            "http://127.0.0.1",
            "https://例子.测试/",
        ] {
            assert!(is_web(site), "{site:?}");
        }
        for odd in [
            "https://evil.example%2f",
            "https://a.example\\@b.example",
            "https://u@a.example",
            "https://u:p@a.example",
            "https://a.example:",
            "https://a.example:99999",
            "https://a.example:8o",
            "https://[::1]",
            "https://1.2.3.999",
            "https://1.2.3.08",
            "https://1.2.3",
            "https://a..b",
            "https://.a",
            "https://a|b",
            "ftp://a.example",
        ] {
            assert!(!is_web(odd), "{odd:?}");
        }
    }
}
