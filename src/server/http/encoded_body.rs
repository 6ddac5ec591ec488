//! Bodies with their compressed forms, each of which is made once and sent often.

use crate::types::accept;
use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
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
pub(super) struct EncodedBody {
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

impl EncodedBody {
    /// Bytes with the encodings that the build made, and the fields that go with them.
    pub(super) fn with(
        plain: Vec<u8>,
        gzip: Option<Vec<u8>>,
        brotli: Option<Vec<u8>>,
        mut fields: HeaderMap,
    ) -> Self {
        let digest = Sha256::digest(&plain);
        let tag = format!(
            "\"{:016x}\"",
            digest
                .iter()
                .take(8)
                .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
        );
        // Weak: the same page in another encoding is the same page (RFC 9110, section 8.8.1).
        fields.extend(HeaderValue::try_from(format!("W/{tag}")).map(|etag| (header::ETAG, etag)));
        fields.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        let coded = |body: Vec<u8>, coding: &'static str| {
            let mut fields = fields.clone();
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            Encoding {
                body: exact(body),
                fields,
            }
        };
        Self {
            gzip: gzip.map(|body| coded(body, "gzip")),
            brotli: brotli.map(|body| coded(body, "br")),
            plain: Encoding {
                body: exact(plain),
                fields,
            },
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

    /// The answer for a client: 304 when it has these bytes, else the smallest encoding that it
    /// takes.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        if self.is_known(headers) {
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.headers_mut() = self.plain.fields.clone();
            return answer;
        }
        let coded = match Coding::of(headers, self.brotli.is_some(), self.gzip.is_some()) {
            Coding::Brotli => self.brotli.as_ref(),
            Coding::Gzip => self.gzip.as_ref(),
            Coding::Plain => None,
        };
        let coded = coded.unwrap_or(&self.plain);
        let mut answer = Response::new(Body::from(coded.body.clone()));
        *answer.headers_mut() = coded.fields.clone();
        answer
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let lines = headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .map(HeaderValue::as_bytes);
        accept::tags(lines)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.tag)
    }
}

/// How an answer's bytes are sent; of two that a client likes as much, the greater one is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Coding {
    Plain,
    Gzip,
    Brotli,
}

impl Coding {
    /// What a client likes best of what there is (RFC 9110, section 12.5.3). A client that takes
    /// none of it, not even plain bytes, gets those.
    fn of(headers: &HeaderMap, has_brotli: bool, has_gzip: bool) -> Self {
        let (mut plain, mut gzip, mut brotli, mut any) = (None, None, None, None);
        for accepted in accept::accepted(
            headers
                .get_all(header::ACCEPT_ENCODING)
                .iter()
                .map(HeaderValue::as_bytes),
        ) {
            let is = |name: &str| accepted.range.eq_ignore_ascii_case(name);
            let weight = match () {
                () if is("br") => &mut brotli,
                () if is("gzip") || is("x-gzip") => &mut gzip,
                () if is("identity") => &mut plain,
                () if is("*") => &mut any,
                () => continue,
            };
            *weight = Some(accepted.weight);
        }
        let offered = [
            (gzip, Self::Gzip, has_gzip),
            (brotli, Self::Brotli, has_brotli),
        ]
        .into_iter()
        .filter(|(.., is_there)| *is_there);
        let liked = offered
            .map(|(weight, coding, _)| (weight.or(any).unwrap_or(0), coding))
            .filter(|(weight, _)| *weight > 0);
        // Plain bytes need not be named: then anything that is liked at all comes first.
        liked
            .chain([(plain.unwrap_or(0), Self::Plain)])
            .max()
            .map_or(Self::Plain, |(_, coding)| coding)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

/// Says in one word what a client takes, so that what is compressed as it is sent is chosen by the
/// same rule.
pub(super) async fn negotiate(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    if headers.contains_key(header::ACCEPT_ENCODING) {
        let coding = HeaderValue::from_static(Coding::of(headers, true, true).name());
        headers.insert(header::ACCEPT_ENCODING, coding);
    }
    next.run(request).await
}

/// The bytes without the room that they grew in: what is kept takes what it says.
fn exact(bytes: Vec<u8>) -> Bytes {
    bytes.into_boxed_slice().into()
}

fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

fn brotli(plain: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder =
        brotli::CompressorWriter::new(&mut out, BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW);
    encoder.write_all(plain).ok()?;
    encoder.flush().ok()?;
    drop(encoder);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: header::HeaderName, lines: &[&str]) -> HeaderMap {
        lines
            .iter()
            .map(|line| (name.clone(), HeaderValue::from_str(line).expect("a field")))
            .collect()
    }

    #[test]
    fn the_coding_that_is_liked_best_is_sent() {
        for (lines, coding) in [
            (&[][..], "identity"),
            (&[""], "identity"),
            (&["gzip, deflate, br, zstd"], "br"),
            (&["GZIP"], "gzip"),
            (&["x-gzip"], "gzip"),
            (&["gzip", "br"], "br"),
            (&["br;q=0.5, gzip;q=0.8"], "gzip"),
            (&["br;q=0.000, gzip"], "gzip"),
            (&["br;q=0.000"], "identity"),
            (&["br;Q=0"], "identity"),
            (&["br; q=0.001"], "br"),
            (&["*"], "br"),
            (&["*, br;q=0"], "gzip"),
            (&["*;q=0"], "identity"),
            (&["*;q=0, gzip"], "gzip"),
            (&["identity, gzip;q=0.5"], "identity"),
            (&["identity;q=0"], "identity"),
            (&["identity;q=0, *;q=0.1"], "br"),
            (&["br;q=0,identity;q=0.000,gzip;q=0.1"], "gzip"),
            (&["zstd"], "identity"),
        ] {
            assert_eq!(
                Coding::of(&fields(header::ACCEPT_ENCODING, lines), true, true).name(),
                coding,
                "{lines:?}"
            );
        }
        assert_eq!(
            Coding::of(
                &fields(header::ACCEPT_ENCODING, &["br, gzip;q=0.1"]),
                false,
                true
            ),
            Coding::Gzip,
            "what there is"
        );
    }

    #[test]
    fn what_a_client_has_is_not_sent_again() {
        let answer = EncodedBody::with(b"a page".to_vec(), None, None, HeaderMap::new());
        let (tag, weak) = (answer.tag.as_str(), format!("\"a,b\", W/{}", answer.tag));
        let weak = weak.as_str();
        for (lines, is_known) in [
            (&[tag][..], true),
            (&[weak], true),
            (&["\"a\"", weak], true),
            (&["\"a\"", tag, "\"c\""], true),
            (&["*"], true),
            (&["\"a\""], false),
            (&[], false),
        ] {
            assert_eq!(
                answer.is_known(&fields(header::IF_NONE_MATCH, lines)),
                is_known,
                "{lines:?}"
            );
        }
        let mut odd = fields(header::IF_NONE_MATCH, &[tag]);
        odd.append(
            header::IF_NONE_MATCH,
            HeaderValue::from_bytes(b"\"\xff\"").expect("a field"),
        );
        assert!(
            answer.is_known(&odd),
            "bytes that are no text spoil their own line only"
        );
    }
}
