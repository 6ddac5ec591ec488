//! Bytes that are compressed once and sent often.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use std::io::Write;

/// Brotli's quality for pages: most of the gain, in a few milliseconds.
const BROTLI_QUALITY: u32 = 5;
/// Brotli's window, as a power of two.
const BROTLI_WINDOW: u32 = 22;
/// Buffer of the compressors.
const BUFFER_BYTES: usize = 4_096;
/// Smaller texts are sent as they are.
const COMPRESS_MIN: usize = 512;

/// The same bytes in up to three encodings, and their tag.
pub(super) struct Encodings {
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
    etag: HeaderValue,
}

impl Encodings {
    /// Bytes with the encodings that the build made.
    pub(super) fn with(plain: Vec<u8>, gzip: Option<Vec<u8>>, brotli: Option<Vec<u8>>) -> Self {
        let digest = Sha256::digest(&plain);
        // Weak: the same page in another encoding is the same page (RFC 9110, section 8.8.1).
        let tag = format!("W/\"{:016x}\"", digest.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)));
        let etag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("W/\"0\""));
        Self { plain: plain.into(), gzip: gzip.map(Bytes::from), brotli: brotli.map(Bytes::from), etag }
    }

    /// Bytes of text, compressed here.
    pub(super) fn compress(plain: Vec<u8>) -> Self {
        if plain.len() < COMPRESS_MIN {
            return Self::with(plain, None, None);
        }
        let (gzip, brotli) = (gzip(&plain), brotli(&plain));
        Self::with(plain, gzip, brotli)
    }

    /// Bytes in memory.
    pub(super) fn size(&self) -> usize {
        self.plain.len() + self.gzip.as_ref().map_or(0, Bytes::len) + self.brotli.as_ref().map_or(0, Bytes::len)
    }

    /// The answer for a client: 304 when it has these bytes, else the smallest encoding that it takes.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let mut answer = if self.is_known(headers) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let takes = |coding: &str| accepts(headers, coding);
            let (body, coding) = match (&self.brotli, &self.gzip) {
                (Some(brotli), _) if takes("br") => (brotli, Some("br")),
                (_, Some(gzip)) if takes("gzip") => (gzip, Some("gzip")),
                _ => (&self.plain, None),
            };
            let mut answer = Response::new(Body::from(body.clone()));
            if let Some(coding) = coding {
                answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            answer
        };
        let fields = answer.headers_mut();
        fields.insert(header::ETAG, self.etag.clone());
        fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        answer
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let own = self.etag.to_str().unwrap_or_default();
        known.split(',').any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == own.trim_start_matches("W/"))
    }
}

fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut parts = values.flat_map(|value| value.split(',')).map(|part| part.split_once(';').unwrap_or((part, "")));
    parts.any(|(name, quality)| name.trim().eq_ignore_ascii_case(coding) && !matches!(quality.trim(), "q=0" | "q=0.0"))
}

fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

fn brotli(plain: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut out, BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW);
    encoder.write_all(plain).ok()?;
    encoder.flush().ok()?;
    drop(encoder);
    Some(out)
}
