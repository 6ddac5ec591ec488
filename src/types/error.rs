//! The one error of the wire.

use crate::types::lang::Lang;
use serde::{Deserialize, Serialize};

/// Why a request was not served. Business outcomes (sold out, too early) are values, not errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppError {
    /// 400: a value that can't be used, or a field that nobody knows.
    BadField {
        /// The field's name as the client wrote it.
        field: String,
        /// What is wrong with it.
        why: Fault,
    },
    /// 401: sign in first.
    NotSignedIn,
    /// 403: it belongs to another student.
    NotYours,
    /// 403: the course is not the student's: it is to be bought, or they are no member.
    NotBought,
    /// 403: the request came from a page of another site.
    CrossSite,
    /// 404: there is no such thing, or it is not shown.
    NotFound,
    /// 405: this path does not take this method.
    MethodNotAllowed,
    /// 408: the body did not come whole in time.
    TooSlow,
    /// 409: the order, or the course, is not in a state for this.
    Refused {
        /// Why not.
        why: Refusal,
    },
    /// 413: the body is larger than any request of this shop.
    TooLarge,
    /// 415: neither JSON nor a form.
    UnsupportedMedia,
    /// 429: a limit was reached.
    TooManyRequests {
        /// Seconds until it is worth another try.
        retry_s: i64,
    },
    /// 429: too many ask; whoever answers this challenge is served at once, see `proof`.
    ProofNeeded {
        /// What is to be proven.
        challenge: String,
        /// Seconds until it is worth another try without.
        retry_s: i64,
    },
    /// 503: the database can't be reached, or too much waits for it.
    Unavailable,
    /// No answer came: only a browser knows, of its own request.
    NoAnswer,
    /// 500: a defect; the log says more.
    Internal,
}

/// Fields that the shop's own forms send, and the cookie that comes with them: the only ones whose
/// names stand in an address.
pub const FORM_FIELDS: [&str; 9] = [
    "mobile", "code", "cookie", "sale", "session", "order", "provider", "course", "section",
];

/// Why an order is not made, paid or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The student has the course.
    AlreadyYours,
    /// Only members may have the course, and the student is none.
    MembersOnly,
    /// The order has ended, or its hold has.
    OrderEnded,
    /// The order is paid, or never had a price.
    NothingToPay,
    /// The provider did not answer, or refused.
    ProviderAway,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// It was not sent.
    Missing,
    /// It is not of the form that this field takes.
    Malformed,
    /// The form is right, the value is out of range.
    OutOfRange,
    /// No field of this name is known here.
    Unknown,
    /// The code does not fit the mobile, was used, or is too old.
    WrongCode,
    /// The code was guessed at too often: the right one is refused, too.
    CodeVoid,
    /// The same name stands there more than once.
    Repeated,
    /// The body is not JSON, or not the encoding that it says.
    Unreadable,
}

impl AppError {
    /// A field that can't be used.
    pub fn field(name: &str, why: Fault) -> Self {
        Self::BadField {
            field: name.to_owned(),
            why,
        }
    }

    /// One of each that a server sends, with this field and this wait: what an error's name can
    /// mean.
    pub fn each(field: &str, retry_s: i64) -> impl Iterator<Item = Self> + use<> {
        let others = [
            Self::NotSignedIn,
            Self::NotYours,
            Self::NotBought,
            Self::CrossSite,
            Self::NotFound,
            Self::MethodNotAllowed,
            Self::TooSlow,
            Self::TooLarge,
            Self::UnsupportedMedia,
            Self::TooManyRequests { retry_s },
            Self::ProofNeeded {
                challenge: String::new(),
                retry_s,
            },
            Self::Unavailable,
            Self::Internal,
        ];
        Fault::ALL
            .map(|why| Self::field(field, why))
            .into_iter()
            .chain(Refusal::ALL.map(|why| Self::Refused { why }))
            .chain(others)
    }

    /// The HTTP status, and the `code` on the wire.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadField { .. } => 400,
            Self::NotSignedIn => 401,
            Self::NotYours | Self::NotBought | Self::CrossSite => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooSlow => 408,
            Self::Refused { .. } => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::TooManyRequests { .. } | Self::ProofNeeded { .. } => 429,
            Self::Internal => 500,
            Self::Unavailable | Self::NoAnswer => 503,
        }
    }

    /// Seconds after which the same request may succeed.
    pub fn retry_s(&self) -> Option<i64> {
        match self {
            Self::TooManyRequests { retry_s } | Self::ProofNeeded { retry_s, .. } => Some(*retry_s),
            Self::TooSlow | Self::Unavailable | Self::NoAnswer => Some(UNAVAILABLE_RETRY_S),
            Self::BadField { .. }
            | Self::NotSignedIn
            | Self::NotYours
            | Self::NotBought
            | Self::CrossSite
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Refused { .. }
            | Self::TooLarge
            | Self::UnsupportedMedia
            | Self::Internal => None,
        }
    }

    /// The name in a page's `?error=`: a closed list.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::BadField { why, .. } => why.slug(),
            Self::NotSignedIn => "sign-in",
            Self::NotYours => "not-yours",
            Self::NotBought => "not-bought",
            Self::CrossSite => "cross-site",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method",
            Self::TooSlow => "too-slow",
            Self::Refused { why } => why.slug(),
            Self::TooLarge => "too-large",
            Self::UnsupportedMedia => "media-type",
            Self::TooManyRequests { .. } => "too-many",
            Self::ProofNeeded { .. } => "proof-needed",
            Self::Unavailable => "unavailable",
            Self::NoAnswer => "no-answer",
            Self::Internal => "internal",
        }
    }

    /// One sentence for the asker: what is wrong, and what to do.
    pub fn message(&self, lang: Lang) -> String {
        match self {
            Self::BadField { field, why } => why.message(field, lang),
            Self::NotSignedIn => lang.pick("请先登录", "Please sign in first").into(),
            Self::NotYours => lang
                .pick(
                    "这不是您的，请换回原来的账号",
                    "This belongs to another student: sign in as the one whose it is",
                )
                .into(),
            Self::NotBought => lang
                .pick(
                    "您还没有这门课：请在课程页购买；会员课请联系客服开通会员",
                    "You don't have this course: buy it on its page, or ask the shop for a membership if it is for members",
                )
                .into(),
            Self::CrossSite => lang
                .pick(
                    "请求来自别的网站，请从本站页面操作",
                    "The request came from another site: please use the shop's own page",
                )
                .into(),
            Self::NotFound => lang.pick("没有找到", "Not found").into(),
            Self::MethodNotAllowed => lang
                .pick(
                    "这个地址不接受这种方法",
                    "This path does not take this method",
                )
                .into(),
            Self::TooSlow => lang
                .pick(
                    "请求没有及时送到，请再试一次",
                    "The request did not arrive in time: please try again",
                )
                .into(),
            Self::Refused { why } => why.message(lang).into(),
            Self::TooLarge => lang.pick("请求内容太大", "The request is too large").into(),
            Self::UnsupportedMedia => lang
                .pick("请用 JSON 或表单提交", "Send JSON or a form")
                .into(),
            Self::TooManyRequests { retry_s } => {
                let wait = lang.wait(*retry_s);
                lang.pick(
                    format!("太频繁了，{wait}后可以再试"),
                    format!("Too many requests: try again in {wait}"),
                )
            }
            Self::ProofNeeded { retry_s, .. } => {
                let wait = lang.wait(*retry_s);
                lang.pick(
                    format!("现在获取验证码的人太多：{wait}后可以再试，或打开浏览器的 JavaScript 后马上获取"),
                    format!("Too many people ask for codes just now: try again in {wait}, or with JavaScript switched on at once"),
                )
            }
            Self::Unavailable => lang
                .pick(
                    "暂时无法处理，请稍后再试，不会重复提交",
                    "Not available just now: try again in a moment, nothing is sent twice",
                )
                .into(),
            Self::NoAnswer => no_answer(lang).into(),
            Self::Internal => lang
                .pick(
                    "出错了，我们已记录，请稍后再试",
                    "Something went wrong and was logged: please try again",
                )
                .into(),
        }
    }
}

/// What a browser that keeps no cookies is told.
pub fn no_cookie(lang: Lang) -> &'static str {
    lang.pick(
        "登录需要 Cookie：请在浏览器里允许本站的 Cookie，再试一次",
        "Signing in needs cookies: allow them for this site and try again",
    )
}

/// What a browser is told that has no answer.
pub fn no_answer(lang: Lang) -> &'static str {
    lang.pick(
        "连不上服务器，请检查网络后再试",
        "No answer from the shop: check your connection and try again",
    )
}

/// Seconds until a client of an unavailable shop should ask again.
const UNAVAILABLE_RETRY_S: i64 = 1;

impl Refusal {
    pub const ALL: [Self; 5] = [
        Self::AlreadyYours,
        Self::MembersOnly,
        Self::OrderEnded,
        Self::NothingToPay,
        Self::ProviderAway,
    ];

    /// The refusal of a name; `None` for one of a later version.
    pub fn of_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.slug() == slug)
    }

    fn slug(self) -> &'static str {
        match self {
            Self::AlreadyYours => "already-yours",
            Self::MembersOnly => "members-only",
            Self::OrderEnded => "order-ended",
            Self::NothingToPay => "nothing-to-pay",
            Self::ProviderAway => "provider-away",
        }
    }

    /// One sentence for the student: what is so, and what to do.
    pub fn message(self, lang: Lang) -> &'static str {
        match self {
            Self::AlreadyYours => lang.pick(
                "这门课已经是您的了，到「我的课程」继续学习",
                "You have this course already: go on with it in My courses",
            ),
            Self::MembersOnly => lang.pick(
                "这门课只对会员开放，请联系客服开通会员",
                "This course is for members: ask the shop for a membership",
            ),
            Self::OrderEnded => lang.pick(
                "这个订单已经结束，不能再付款；如果仍在开售，可以重新抢",
                "This order has ended and can't be paid; if its sale is still on, click again",
            ),
            Self::NothingToPay => lang.pick(
                "这个订单已经付款，或不需要付款；要退款请联系客服",
                "This order is paid, or costs nothing: for a refund, ask the shop",
            ),
            Self::ProviderAway => lang.pick(
                "支付服务暂时没有响应，没有扣款，请稍后再试",
                "The payment service does not answer just now: nothing was charged, try again in a moment",
            ),
        }
    }
}

impl Fault {
    pub const ALL: [Self; 8] = [
        Self::Missing,
        Self::Malformed,
        Self::OutOfRange,
        Self::Unknown,
        Self::WrongCode,
        Self::CodeVoid,
        Self::Repeated,
        Self::Unreadable,
    ];

    /// The fault of a name; a name of a later version is taken for a malformed value.
    pub fn of_slug(slug: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|fault| fault.slug() == slug)
            .unwrap_or(Self::Malformed)
    }

    fn slug(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::OutOfRange => "out-of-range",
            Self::Unknown => "unknown",
            Self::WrongCode => "wrong-code",
            Self::CodeVoid => "code-void",
            Self::Repeated => "repeated",
            Self::Unreadable => "unreadable",
        }
    }

    fn message(self, field: &str, lang: Lang) -> String {
        match (self, field) {
            (Self::Missing, "mobile") => lang
                .pick("请填写手机号", "The mobile number is missing")
                .into(),
            (Self::Missing, "cookie") => no_cookie(lang).into(),
            (Self::Malformed, "mobile") => lang
                .pick(
                    "请输入大陆手机号：11 位，以 13 到 19 开头",
                    "Enter a mainland China mobile: 11 digits, starting with 13 to 19",
                )
                .into(),
            (Self::Missing | Self::Malformed, "code") => lang
                .pick(
                    "请输入短信里的 6 位验证码",
                    "Enter the six digits of the message",
                )
                .into(),
            // An address has the names of a form's fields alone.
            (_, "") => lang
                .pick(
                    "请求里有一项不对，请回到页面再试一次",
                    "A value of the request can't be used: go back to the page and try again",
                )
                .into(),
            (Self::Missing, _) => lang.pick(format!("缺少 {field}"), format!("{field} is missing")),
            (Self::Malformed, _) => lang.pick(
                format!("{field} 的格式不对"),
                format!("{field} is malformed"),
            ),
            (Self::OutOfRange, _) => lang.pick(
                format!("{field} 超出范围"),
                format!("{field} is out of range"),
            ),
            (Self::Unknown, _) => lang.pick(
                format!("没有 {field} 这个字段"),
                format!("There is no field {field}"),
            ),
            (Self::WrongCode, _) => lang
                .pick(
                    "验证码不对或已失效，请重新获取",
                    "The code is wrong or no longer valid: ask for a new one",
                )
                .into(),
            (Self::CodeVoid, _) => lang
                .pick(
                    "试错 5 次，这个验证码已作废，请重新获取",
                    "Five wrong tries: this code is void, ask for a new one",
                )
                .into(),
            (Self::Repeated, _) => lang.pick(
                format!("{field} 只能有一个"),
                format!("{field} is there more than once"),
            ),
            (Self::Unreadable, "query") => lang
                .pick("无法读懂网址里的参数", "The query can't be read")
                .into(),
            (Self::Unreadable, _) => lang
                .pick("无法读懂请求内容", "The request's body can't be read")
                .into(),
        }
    }
}
