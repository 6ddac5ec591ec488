//! What must hold of whatever bytes arrive. Each function takes bytes that nobody checked, and
//! panics when something does not hold; the fuzzer calls them (`make fuzz`), and so does a short
//! test of the shop.

mod alipay;
mod markup;
mod money;
mod wechat;
mod work;

use http::{HeaderMap, HeaderValue, header};
use qiangke::{
    api::wire,
    server::{
        http::session_of,
        identity::{caller, cookies},
        import,
        queue::sale_of_bell,
        shop::args,
        signer::{Claim, SECRET_BYTES, Signer},
        sms::{Garbled, SmsError, tencent},
    },
    types::{
        account::{Me, Mobile, SignInArgs, SmsArgs},
        catalog::DetailArgs,
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
        money::PRICE_MAX,
        page::{CourseArgs, CourseQuery, PAGE_MAX, PAGE_SIZE_MAX, SEARCH_MAX},
        sale::{ClickArgs, PollArgs, Reason, SaleArgs},
        text::Text,
        wire::Nothing,
    },
};
use redis::{Value, streams::StreamId};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::HashMap, fmt::Debug, sync::LazyLock};
use tower_sessions::{cookie::Cookie, session::Id};

pub use alipay::{alipay_answer, alipay_notice};
pub use markup::rendering;
pub use wechat::{wechat_answer, wechat_notice};
pub use work::work;

/// Takes bytes that nobody checked.
pub type Oracle = fn(&[u8]);

/// What all targets are called, for whoever runs them one after the other.
pub const ALL: [(&str, Oracle); 14] = [
    ("mobile", mobile),
    ("list_query", list_query),
    ("body", body),
    ("ticket", ticket),
    ("cookie", cookie),
    ("sms_reply", sms_reply),
    ("dump", dump),
    ("bell", bell),
    ("rendering", rendering),
    ("work", work),
    ("wechat_notice", wechat_notice),
    ("wechat_answer", wechat_answer),
    ("alipay_notice", alipay_notice),
    ("alipay_answer", alipay_answer),
];

/// A number has one form, and hides its middle.
pub fn mobile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(mobile) = Mobile::parse(text) else {
        return;
    };
    let digits = mobile.digits();
    assert!(
        digits.len() == 11
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.starts_with('1')
    );
    for spelling in [
        digits.to_owned(),
        format!("+86 {digits}"),
        format!("0086-{digits}"),
        format!("\u{3000}{digits}\u{a0}"),
    ] {
        assert_eq!(
            Mobile::parse(&spelling).as_ref(),
            Ok(&mobile),
            "{spelling:?}"
        );
    }
    assert_eq!(format!("{mobile:?}"), mobile.masked());
    assert!(mobile.masked().len() == 11 && &mobile.masked()[3..7] == "****");
}

/// A query that is taken keeps its limits, and printed as an address it is the same query.
pub fn list_query(data: &[u8]) {
    let of_page = |text: &[u8]| {
        let pairs: HashMap<String, String> = form_urlencoded::parse(text).into_owned().collect();
        CourseQuery::of_page(|name| pairs.get(name).cloned())
    };
    let of_api = |text: &[u8]| {
        wire::read_form::<CourseArgs>(text).and_then(|args| CourseQuery::parse(&args))
    };
    for query in [of_page(data), of_api(data)] {
        let query = match query {
            Ok(query) => query,
            Err(error) => return assert_eq!(error.status(), 400),
        };
        assert!(
            (1..=PAGE_MAX).contains(&query.page) && (1..=PAGE_SIZE_MAX).contains(&query.page_size)
        );
        let search = query.search.as_deref().unwrap_or("-");
        assert!(
            search.chars().count() <= SEARCH_MAX
                && !search.contains(char::is_control)
                && !search.trim().is_empty()
        );
        assert_eq!(
            of_page(query.page_search().trim_start_matches('?').as_bytes()).as_ref(),
            Ok(&query)
        );
        assert_eq!(
            of_api(query.api_search().trim_start_matches('?').as_bytes()).as_ref(),
            Ok(&query)
        );
        assert!(
            query
                .page_search()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"?&=%-._~".contains(&byte))
        );
    }
}

/// Arguments that are taken say the same when they are written down and read again, as JSON and as
/// a form.
pub fn body(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else {
        return;
    };
    let is_json = kind & 0x80 == 0;
    match kind & 7 {
        0 => drop(args::<SmsArgs>(is_json, text).map(|args| args::mobile(args.mobile.as_ref()))),
        1 => drop(args::<SignInArgs>(is_json, text)),
        2 => drop(args::<PollArgs>(is_json, text)),
        3 => drop(args::<Nothing>(is_json, text)),
        4 => drop(args::<DetailArgs>(is_json, text)),
        5 => drop(args::<SaleArgs>(is_json, text)),
        6 => drop(args::<CourseArgs>(is_json, text)),
        _ => drop(args::<ClickArgs>(is_json, text).map(|args| click(&args))),
    }
}

fn click(args: &ClickArgs) {
    assert!(
        args::id("sale", args.sale.as_ref()).is_ok_and(|id| id > 0)
            || args::id("sale", args.sale.as_ref()).is_err()
    );
    if let Ok(Some(key)) = args::key(args.key.as_ref()) {
        assert!((1..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(args::key(Some(&Text(key.clone()))), Ok(Some(key)));
    }
}

fn args<T: Serialize + DeserializeOwned + Debug>(is_json: bool, text: &[u8]) -> Option<T> {
    let read: Result<T, AppError> = if is_json {
        wire::read_json(text)
    } else {
        wire::read_form(text)
    };
    match read {
        Ok(args) => {
            let json = serde_json::to_vec(&args).expect("arguments are JSON");
            let form = serde_urlencoded::to_string(&args).expect("arguments are a form");
            for again in [
                wire::read_json::<T>(&json),
                wire::read_form::<T>(form.as_bytes()),
            ] {
                assert_eq!(
                    again.ok().and_then(|again| serde_json::to_vec(&again).ok()),
                    Some(json.clone())
                );
            }
            Some(args)
        }
        Err(error) => {
            assert_eq!(error.status(), 400);
            None
        }
    }
}

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::new(vec![7; SECRET_BYTES]).expect("long enough"));

/// An id says what was signed, has one spelling, and says nothing once a bit of it is another.
pub fn ticket(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(claim) = SIGNER.read(text)
    {
        assert_eq!(SIGNER.sign(&claim), text);
    }
    let Some((said, changes)) = data.split_first_chunk::<33>() else {
        return;
    };
    let number =
        |from: usize| i64::from_be_bytes(said[from..from + 8].try_into().expect("eight bytes"));
    let claim = Claim {
        refusal: said[0].checked_sub(1).and_then(Reason::of_number),
        sale: SaleId(number(1)),
        student: StudentId(number(9)),
        id: TicketId(said[17..].try_into().expect("sixteen bytes")),
    };
    let id = SIGNER.sign(&claim);
    assert_eq!(SIGNER.read(&id), Some(claim));
    let mut forged = id.clone().into_bytes();
    for (byte, change) in forged.iter_mut().zip(changes) {
        *byte ^= change & 0x7f;
    }
    if forged != id.as_bytes() {
        assert_eq!(
            SIGNER.read(std::str::from_utf8(&forged).expect("seven bits each")),
            None
        );
    }
}

/// Whom the short way takes for the asker, the router's layer takes for the asker too, of what is
/// left to it; what other programs put beside it hides nobody.
pub fn cookie(data: &[u8]) {
    let (mut headers, mut beside) = (HeaderMap::new(), HeaderMap::new());
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(header::COOKIE, value);
            let more = [b"a=\xff; ".as_slice(), line, b"; b=\xfe"].concat();
            beside.append(
                header::COOKIE,
                HeaderValue::from_bytes(&more).expect("a field"),
            );
        }
    }
    let id = session_of(&headers, cookies::COOKIE);
    assert_eq!(session_of(&beside, cookies::COOKIE), id);
    if let Some(id) = id {
        let own = Cookie::parse_encoded(format!("{}={id}", cookies::COOKIE)).expect("a cookie");
        assert_eq!(
            (own.name(), own.value().parse::<Id>().ok()),
            (cookies::COOKIE, Some(id))
        );
        assert!(
            data.windows(own.value().len())
                .any(|part| part == own.value().as_bytes()),
            "made up"
        );
    }
    if let Some(student) = caller::signed_in(data) {
        let slowly = serde_json::from_slice::<HashMap<String, serde_json::Value>>(data)
            .expect("a session's data");
        let me: Me = serde_json::from_value(slowly["me"].clone()).expect("a student");
        assert_eq!(me.id, student);
    }
}

/// Only an answer that says so is a success, and nothing of another one reaches a log but a code of
/// plain letters.
pub fn sms_reply(data: &[u8]) {
    match tencent::verdict(data) {
        Ok(()) => {
            // What nobody asks for is skipped, and may be something that no value can hold.
            let Ok(answer) =
                serde_json::from_str::<serde_json::Value>(&String::from_utf8_lossy(data))
            else {
                return;
            };
            let answer = &answer["Response"];
            assert!(answer["Error"].is_null());
            assert_eq!(answer["SendStatusSet"].as_array().map(Vec::len), Some(1));
            assert_eq!(answer["SendStatusSet"][0]["Code"], "Ok");
        }
        Err(SmsError::Refused { code } | SmsError::Limited { code }) => {
            assert!(
                (1..=128).contains(&code.len())
                    && code
                        .bytes()
                        .all(|byte| byte.is_ascii_alphabetic() || b"._".contains(&byte))
            );
        }
        Err(error) => assert!(
            matches!(error, SmsError::Garbled(Garbled::Unreadable)),
            "{error}"
        ),
    }
}

/// What is taken of a dump keeps its limits, and a file that is good is good twice.
pub fn dump(data: &[u8]) {
    let sql = String::from_utf8_lossy(data);
    let (dumps, faults) = import::examine(&sql);
    assert!(
        faults
            .list()
            .iter()
            .all(|fault| !fault.to_string().is_empty() && !fault.to_string().contains('\n'))
    );
    let plain = |text: &str| !text.contains('\0');
    let path = |path: &str| {
        !path.starts_with('/')
            && !path.contains(['\\', ':', '?', '#'])
            && path.split('/').all(|part| part != "..")
    };
    for dump in &dumps {
        for course in &dump.courses {
            // A row that lacks a column is taken for one that stands only.
            let (row, is_whole) = (&course.row, course.missing == 0);
            assert!(
                row.base.id > 0 && plain(&row.name) && (!is_whole || !row.name.trim().is_empty())
            );
            assert!(
                (0..=PRICE_MAX.0).contains(&row.price_fen)
                    && row.course_img.as_deref().is_none_or(path)
            );
        }
        for teacher in dump.teachers.iter().map(|teacher| &teacher.row) {
            assert!(
                teacher.base.id > 0
                    && plain(&teacher.name)
                    && plain(&teacher.brief)
                    && teacher.image.as_deref().is_none_or(path)
            );
        }
        for banner in dump
            .banners
            .iter()
            .filter(|banner| banner.missing == 0)
            .map(|banner| &banner.row)
        {
            let is_web = banner.link.starts_with("https://") || banner.link.starts_with("http://");
            assert!(
                path(&banner.image)
                    && !banner.link.starts_with("//")
                    && (banner.link.starts_with('/') || is_web)
            );
        }
    }
    if faults.is_empty() {
        let (again, faults) = import::examine(&format!("{sql}\n"));
        assert!(faults.is_empty() && format!("{again:?}") == format!("{dumps:?}"));
    }
}

/// An entry of the doorbell is of this version and names a sale, or it is another's.
pub fn bell(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == b'\n');
    let mut entry = StreamId::default();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        let value = match value.split_first() {
            Some((b':', digits)) => std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok())
                .map_or(Value::Nil, Value::Int),
            Some((b'_', _)) => Value::Nil,
            Some((b'*', items)) => Value::Array(
                items
                    .chunks(3)
                    .map(|item| Value::BulkString(item.to_vec()))
                    .collect(),
            ),
            _ => Value::BulkString(value.to_vec()),
        };
        entry
            .map
            .insert(String::from_utf8_lossy(name).into_owned(), value);
    }
    let Some(sale) = sale_of_bell(&entry) else {
        return;
    };
    assert_eq!(entry.get::<String>("v").as_deref(), Some("1"));
    entry.map.insert(
        "sale".to_owned(),
        Value::BulkString(sale.to_string().into_bytes()),
    );
    assert_eq!(sale_of_bell(&entry), Some(sale));
    entry
        .map
        .insert("v".to_owned(), Value::BulkString(b"2".to_vec()));
    assert_eq!(sale_of_bell(&entry), None);
}
