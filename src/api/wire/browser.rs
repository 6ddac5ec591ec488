//! The browser's half of the wire.
//!
//! Answers are read from the browser's own values, and from no more kinds of them than this shop
//! sends: a reader of everything, and the sentences of its errors, would be a tenth of what a
//! browser loads.

use crate::types::{error::AppError, wire::Failure};
use serde::{
    de::{
        self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor,
    },
    forward_to_deserialize_any,
};
use std::{cell::Cell, fmt};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Milliseconds that the browser waits for an answer.
const FETCH_TIMEOUT_MS: u32 = 10_000;
/// Milliseconds by which two clocks may seem apart that are not: `Date` has whole seconds (RFC
/// 9110, section 6.6.1).
const DATE_MS: f64 = 1_000.0;

thread_local! {
    static CLOCK_AHEAD_MS: Cell<f64> = const { Cell::new(0.0) };
    /// The machine's time of day when its monotonic clock stood at 0, as this page found it.
    static ORIGIN_MS: f64 = js_sys::Date::now() - monotonic_ms();
}

/// Milliseconds since 1970 by a clock that goes on evenly when somebody sets the machine's.
pub fn now_ms() -> f64 {
    ORIGIN_MS.with(|origin| origin + monotonic_ms())
}

/// Milliseconds that the machine's time of day is ahead of [`now_ms`]: it was set since then, or
/// the machine slept.
pub fn machine_ahead_ms() -> f64 {
    js_sys::Date::now() - now_ms()
}

fn monotonic_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or_else(js_sys::Date::now, |clock| clock.now())
}

/// Milliseconds that the shop's clock is ahead of [`now_ms`], by the answer that came last: 0 while
/// they agree to the second.
pub fn clock_ahead_ms() -> f64 {
    CLOCK_AHEAD_MS.get()
}

/// Asks for what stands at an address.
pub async fn get<T: DeserializeOwned>(url: String) -> Result<T, AppError> {
    read(fetch(url, web_sys::RequestInit::new()).await?)
}

/// Sends a text of this kind to an address.
pub async fn post<T: DeserializeOwned>(
    url: String,
    kind: &str,
    body: String,
) -> Result<T, AppError> {
    let headers = web_sys::Headers::new().map_err(|_| AppError::Internal)?;
    headers
        .set("content-type", kind)
        .map_err(|_| AppError::Internal)?;
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from(body));
    read(fetch(url, init).await?)
}

/// What the shop answers.
async fn fetch(url: String, init: web_sys::RequestInit) -> Result<JsValue, AppError> {
    init.set_signal(Some(&web_sys::AbortSignal::timeout_with_u32(
        FETCH_TIMEOUT_MS,
    )));
    let window = web_sys::window().ok_or(AppError::Internal)?;
    // Whatever keeps the answer away, the student's connection or the shop: it is worth another
    // try.
    let response = JsFuture::from(window.fetch_with_str_and_init(&url, &init))
        .await
        .map_err(|_| AppError::NoAnswer)?;
    let response: web_sys::Response = response.unchecked_into();
    compare_clocks(&response.headers());
    let json = response.json().map_err(|_| AppError::Unavailable)?;
    let json = JsFuture::from(json)
        .await
        .map_err(|_| AppError::Unavailable)?;
    if response.ok() {
        Ok(json)
    } else {
        Err(read::<Failure>(json).map_or(AppError::Unavailable, AppError::from))
    }
}

/// Takes in what an answer says of the shop's clock.
pub fn compare_clocks(headers: &web_sys::Headers) {
    if let Ok(Some(date)) = headers.get("date") {
        // The middle of the second that the header names.
        let ahead = js_sys::Date::parse(&date) + DATE_MS / 2.0 - now_ms();
        CLOCK_AHEAD_MS.set(if ahead.abs() > DATE_MS { ahead } else { 0.0 });
    }
}

fn read<T: DeserializeOwned>(json: JsValue) -> Result<T, AppError> {
    T::deserialize(JsonValue(json)).map_err(|_: Unfit| AppError::Internal)
}

/// What `JSON.parse` makes of an answer.
struct JsonValue(JsValue);

/// The answer is not what was expected. Nobody reads what else is wrong with it.
#[derive(Debug)]
struct Unfit;

impl fmt::Display for Unfit {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for JsonValue {
    type Error = Unfit;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float has no other way; what does not come back the same is refused"
    )]
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "that is what finds it"
    )]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if let Some(text) = self.0.as_string() {
            visitor.visit_string(text)
        } else if let Some(number) = self.0.as_f64() {
            // Prices are texts: there is no fraction on this wire.
            let whole = number as i64;
            if whole as f64 == number {
                visitor.visit_i64(whole)
            } else {
                Err(Unfit)
            }
        } else if let Some(yes) = self.0.as_bool() {
            visitor.visit_bool(yes)
        } else if is_nothing(&self.0) {
            visitor.visit_unit()
        } else {
            Err(Unfit)
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if is_nothing(&self.0) {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_seq(Parts(
            self.0
                .dyn_into::<js_sys::Array>()
                .map_err(|_| Unfit)?
                .into_iter(),
        ))
    }

    /// Its fields in their order: one that is missing is `undefined`, and so must be an `Option`.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        let field = |name: &&str| {
            js_sys::Reflect::get(&self.0, &JsValue::from_str(name)).unwrap_or_default()
        };
        if self.0.is_object() {
            visitor.visit_seq(Parts(fields.iter().map(field)))
        } else {
            Err(Unfit)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        let name = self.0.as_string().ok_or(Unfit)?;
        let at = names
            .iter()
            .position(|own| *own == name)
            .and_then(|at| u32::try_from(at).ok())
            .ok_or(Unfit)?;
        visitor.visit_enum(at.into_deserializer())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map identifier
        ignored_any
    }
}

fn is_nothing(value: &JsValue) -> bool {
    value.is_null() || value.is_undefined()
}

/// The elements of a list, or the fields of a struct.
struct Parts<I>(I);

impl<'de, I: Iterator<Item = JsValue>> SeqAccess<'de> for Parts<I> {
    type Error = Unfit;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unfit> {
        self.0
            .next()
            .map(|part| seed.deserialize(JsonValue(part)))
            .transpose()
    }
}
