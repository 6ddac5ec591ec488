//! As much of the crate `wasm-streams` as server_fn names for server functions that stream, of which this shop has none.
//!
//! The real one exports classes to JavaScript. No linker drops what is exported, so that each browser would load them,
//! with an executor of their own, for nothing. A stream of this crate has no bytes.

#![forbid(unsafe_code)]

use futures_util::stream::{self, Empty, Stream};
use wasm_bindgen::{JsCast, JsValue};

/// A stream of the browser's.
pub struct ReadableStream(web_sys::ReadableStream);

impl ReadableStream {
    /// Wraps a stream.
    pub fn from_raw(raw: web_sys::ReadableStream) -> Self {
        Self(raw)
    }

    /// A stream without bytes, whatever is given.
    pub fn from_stream<S: Stream<Item = Result<JsValue, JsValue>> + 'static>(_: S) -> Self {
        Self(JsValue::UNDEFINED.unchecked_into())
    }

    /// What is wrapped.
    pub fn into_raw(self) -> web_sys::ReadableStream {
        self.0
    }

    /// No bytes, whatever is wrapped.
    pub fn into_stream(self) -> Empty<Result<JsValue, JsValue>> {
        stream::empty()
    }
}
