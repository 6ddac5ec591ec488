//! PEM (RFC 7468) as tools and consoles hand it out: whole, or its base64 alone in one line.

use base64::{Engine, engine::general_purpose::STANDARD};

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// Characters of a label that an error repeats.
const LABEL_MAX: usize = 40;

/// A piece of a file.
pub struct PemBlock {
    /// What its first line calls it; `None` where the base64 stands alone.
    pub label: Option<String>,
    pub der: Vec<u8>,
}

/// Why a text is not of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadPem {
    Empty,
    /// What has this label has no last line.
    NoEnd(String),
    NotBase64,
    /// A key that a passphrase opens.
    Encrypted,
    /// One piece is meant, and there are more.
    Several,
}

/// The one piece of a file.
///
/// # Errors
/// [`BadPem`]
pub fn one(text: &str) -> Result<PemBlock, BadPem> {
    let mut blocks = blocks(text)?;
    match (blocks.pop(), blocks.is_empty()) {
        (Some(block), true) => Ok(block),
        (Some(_) | None, _) => Err(BadPem::Several),
    }
}

/// The pieces of a file.
///
/// # Errors
/// [`BadPem`]
pub fn blocks(text: &str) -> Result<Vec<PemBlock>, BadPem> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(BadPem::Empty);
    }
    if !text.contains(BEGIN) {
        let der = decode(text)?;
        return Ok(vec![PemBlock { label: None, der }]);
    }
    text.split(BEGIN).skip(1).map(block).collect()
}

/// What stands behind `-----BEGIN `.
fn block(piece: &str) -> Result<PemBlock, BadPem> {
    let (label, rest) = piece.split_once(DASHES).unwrap_or((piece, ""));
    let (body, _) = rest
        .split_once(&format!("{DASHES}END {label}{DASHES}"))
        .ok_or_else(|| BadPem::NoEnd(label.chars().take(LABEL_MAX).collect()))?;
    // Of PKCS#1 the fields before the base64 say so (RFC 1421).
    if label.starts_with("ENCRYPTED ") || body.contains("ENCRYPTED") {
        return Err(BadPem::Encrypted);
    }
    Ok(PemBlock {
        label: Some(label.to_owned()),
        der: decode(body)?,
    })
}

fn decode(text: &str) -> Result<Vec<u8>, BadPem> {
    let digits: String = text.split_whitespace().collect();
    STANDARD.decode(digits).map_err(|_| BadPem::NotBase64)
}
