//! Wire format of server functions: arguments as JSON or a form, answers in the original's
//! envelope.
//!
//! Each function takes one argument struct, which is the whole query or body. Unknown fields are
//! refused by name.

mod browser;

pub use browser::{clock_ahead_ms, compare_clocks, machine_ahead_ms, now_ms};

use crate::types::error::{AppError, Fault};
use bytes::Bytes;
use http::Method;
use send_wrapper::SendWrapper;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor},
};
use server_fn::{
    ContentType, Decodes, Encodes, Format, FormatType, Protocol,
    error::{FromServerFnError, ServerFnErrorErr},
    request::Req,
    response::TryRes,
};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// A read: arguments in the query.
pub struct Get<T>(PhantomData<T>);

/// A write: arguments in the body.
pub struct Post<T>(PhantomData<T>);

/// The media type of JSON.
pub const JSON: &str = "application/json";
/// That of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

impl<T, Input, Output, Client, Server> Protocol<Input, Output, Client, Server, AppError> for Get<T>
where
    Input: From<T> + Into<T> + Send,
    Output: Serialize + DeserializeOwned + Send,
    T: Serialize + DeserializeOwned + Send,
    Client: server_fn::client::Client<AppError>,
    Server: server_fn::server::Server<AppError>,
{
    const METHOD: Method = Method::GET;

    async fn run_server<F, Fut>(
        request: Server::Request,
        server_fn: F,
    ) -> Result<Server::Response, AppError>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Output, AppError>> + Send,
    {
        let args: T = read_query(request.as_query().unwrap_or_default())?;
        answer(&server_fn(args.into()).await?)
    }

    fn run_client(
        path: &str,
        input: Input,
    ) -> impl Future<Output = Result<Output, AppError>> + Send {
        let path = path.to_owned();
        SendWrapper::new(async move {
            let query =
                serde_urlencoded::to_string(input.into()).map_err(|_| AppError::Internal)?;
            browser::get([&path, "?", &query].concat()).await
        })
    }
}

impl<T, Input, Output, Client, Server> Protocol<Input, Output, Client, Server, AppError> for Post<T>
where
    Input: From<T> + Into<T> + Send,
    Output: Serialize + DeserializeOwned + Send,
    T: Serialize + DeserializeOwned + Send,
    Client: server_fn::client::Client<AppError>,
    Server: server_fn::server::Server<AppError>,
{
    const METHOD: Method = Method::POST;

    async fn run_server<F, Fut>(
        request: Server::Request,
        server_fn: F,
    ) -> Result<Server::Response, AppError>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Output, AppError>> + Send,
    {
        let kind = media_type(&request.to_content_type().unwrap_or_default());
        let body: Bytes = request.try_into_bytes().await?;
        let args: T = match kind.as_str() {
            JSON => read_json(&body)?,
            FORM => read_form(&body)?,
            // What says nothing has no kind.
            _ if body.is_empty() => read_form(&body)?,
            _ => return Err(AppError::UnsupportedMedia),
        };
        answer(&server_fn(args.into()).await?)
    }

    fn run_client(
        path: &str,
        input: Input,
    ) -> impl Future<Output = Result<Output, AppError>> + Send {
        let path = path.to_owned();
        SendWrapper::new(async move {
            let body = serde_json::to_string(&input.into()).map_err(|_| AppError::Internal)?;
            browser::post(path, JSON, body).await
        })
    }
}

fn answer<Output: Serialize, Response: TryRes<AppError>>(
    output: &Output,
) -> Result<Response, AppError> {
    let body = serde_json::to_vec(output).map_err(|_| AppError::Internal)?;
    Response::try_from_bytes(JSON, body.into())
}

/// The media type that a Content-Type names, without its parameters, in lower case.
pub fn media_type(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Arguments from the query of an address.
///
/// # Errors
/// [`AppError::BadField`] names what can't be read, is not known, or is there more than once.
pub fn read_query<T: DeserializeOwned>(text: &str) -> Result<T, AppError> {
    read_pairs(text.as_bytes(), "query")
}

/// Arguments from a form.
///
/// # Errors
/// [`AppError::BadField`], as [`read_query`].
pub fn read_form<T: DeserializeOwned>(text: &[u8]) -> Result<T, AppError> {
    read_pairs(text, "body")
}

fn read_pairs<T: DeserializeOwned>(text: &[u8], whole: &str) -> Result<T, AppError> {
    let pairs = form_urlencoded::parse(text);
    if let Some((name, _)) = pairs.clone().find(|(_, value)| has_foreign_bytes(value)) {
        return Err(AppError::field(&name, Fault::Malformed));
    }
    if text.contains(&b'&') {
        find_repeated(pairs.map(|(name, _)| name).collect())?;
    }
    read(serde_urlencoded::Deserializer::new(pairs), whole)
}

/// Whether a decoded text was no UTF-8: each wrong byte has become this character.
fn has_foreign_bytes(text: &str) -> bool {
    text.contains(char::REPLACEMENT_CHARACTER)
}

/// Arguments from a JSON object; from nothing at all, those of an empty one.
///
/// # Errors
/// [`AppError::BadField`], as [`read_query`].
pub fn read_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, AppError> {
    if text.is_empty() {
        return read_form(text);
    }
    // RFC 8259, section 8.1, lets a reader ignore a mark of the byte order.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let unreadable = || AppError::field("body", Fault::Unreadable);
    // A list would be taken for a struct's fields in their order, and a name that is there twice
    // would have no name.
    let KeyNames(names) = serde_json::from_slice(text).map_err(|_| unreadable())?;
    find_repeated(names)?;
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let args = read(&mut deserializer, "body")?;
    deserializer.end().map_err(|_| unreadable())?;
    Ok(args)
}

/// Refuses a name that is there more than once.
fn find_repeated(mut names: Vec<Cow<'_, str>>) -> Result<(), AppError> {
    // By order, not by a set: a click has one name, and is to cost no more for it.
    names.sort_unstable();
    match names.array_windows().find(|[name, next]| name == next) {
        Some([name, _]) => Err(AppError::field(name, Fault::Repeated)),
        None => Ok(()),
    }
}

/// The names of a JSON object.
struct KeyNames<'a>(Vec<Cow<'a, str>>);

impl<'de> Deserialize<'de> for KeyNames<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = KeyNames<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<KeyNames<'de>, A::Error> {
        let mut names = Vec::new();
        while let Some((Name(name), IgnoredAny)) = map.next_entry()? {
            names.push(name);
        }
        Ok(KeyNames(names))
    }
}

/// A name, copied only where the text escapes it.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

/// Arguments; `whole` names what they come from, where no field is to blame.
fn read<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
    whole: &str,
) -> Result<T, AppError> {
    let mut unknown = None;
    let mut note =
        |path: serde_ignored::Path<'_>| unknown = unknown.take().or_else(|| Some(path.to_string()));
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(deserializer, &mut track);
    let args =
        T::deserialize(serde_ignored::Deserializer::new(tracked, &mut note)).map_err(|_| {
            match track.path().to_string().as_str() {
                "." | "?" => AppError::field(whole, Fault::Unreadable),
                path => AppError::field(path, Fault::Malformed),
            }
        })?;
    unknown.map_or(Ok(args), |name| Err(AppError::field(&name, Fault::Unknown)))
}

/// An error between a server function and the layer that gives it status, language and shape.
pub struct Inside;

impl ContentType for Inside {
    const CONTENT_TYPE: &'static str = JSON;
}

impl FormatType for Inside {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<AppError> for Inside {
    type Error = serde_json::Error;

    fn encode(error: &AppError) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(error).map(Bytes::from)
    }
}

impl Decodes<AppError> for Inside {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<AppError, Self::Error> {
        serde_json::from_slice(&bytes)
    }
}

impl FromServerFnError for AppError {
    type Encoder = Inside;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::NoAnswer,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Self::field("body", Fault::Unreadable),
            ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::MethodNotAllowed,
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::Response(_) => Self::Internal,
        }
    }
}
