//! Bytes that are compressed once and sent often.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
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
/// About what the fields of an answer take in memory.
const FIELDS_BYTES: usize = 1_536;

/// The same bytes in up to three encodings, each with all the fields of its answer.
pub(super) struct Encodings {
    plain: Encoding,
    gzip: Option<Encoding>,
    brotli: Option<Encoding>,
    /// Without the mark of weakness.
    tag: String,
}

struct Encoding {
    body: Bytes,
    fields: HeaderMap,
}

impl Encodings {
    /// Bytes with the encodings that the build made, and the fields that go with them.
    pub(super) fn with(plain: Vec<u8>, gzip: Option<Vec<u8>>, brotli: Option<Vec<u8>>, mut fields: HeaderMap) -> Self {
        let digest = Sha256::digest(&plain);
        let tag = format!("\"{:016x}\"", digest.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)));
        // Weak: the same page in another encoding is the same page (RFC 9110, section 8.8.1).
        fields.extend(HeaderValue::try_from(format!("W/{tag}")).map(|etag| (header::ETAG, etag)));
        fields.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        let coded = |body: Vec<u8>, coding: &'static str| {
            let mut fields = fields.clone();
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            Encoding { body: exact(body), fields }
        };
        Self {
            gzip: gzip.map(|body| coded(body, "gzip")),
            brotli: brotli.map(|body| coded(body, "br")),
            plain: Encoding { body: exact(plain), fields },
            tag,
        }
    }

    /// Bytes of text, compressed here.
    pub(super) fn compress(plain: Vec<u8>, fields: HeaderMap) -> Self {
        if plain.len() < COMPRESS_MIN {
            return Self::with(plain, None, None, fields);
        }
        let (gzip, brotli) = (gzip(&plain), brotli(&plain));
        Self::with(plain, gzip, brotli, fields)
    }

    /// Bytes in memory.
    pub(super) fn size(&self) -> usize {
        [Some(&self.plain), self.gzip.as_ref(), self.brotli.as_ref()]
            .into_iter()
            .flatten()
            .map(|coded| coded.body.len() + FIELDS_BYTES)
            .sum()
    }

    /// The answer for a client: 304 when it has these bytes, else the smallest encoding that it takes.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        if self.is_known(headers) {
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.headers_mut() = self.plain.fields.clone();
            return answer;
        }
        let takes = |coding: &str| accepts(headers, coding);
        let coded = match (&self.brotli, &self.gzip) {
            (Some(brotli), _) if takes("br") => brotli,
            (_, Some(gzip)) if takes("gzip") => gzip,
            _ => &self.plain,
        };
        let mut answer = Response::new(Body::from(coded.body.clone()));
        *answer.headers_mut() = coded.fields.clone();
        answer
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let Some(known) = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) else { return false };
        known.split(',').any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == self.tag)
    }
}

/// The bytes without the room that they grew in: what is kept takes what it says.
fn exact(bytes: Vec<u8>) -> Bytes {
    bytes.into_boxed_slice().into()
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
