//! Reader of DER (ITU-T X.690), as far as RSA keys and certificates need it: a public key for
//! `ring`, a certificate's serial number, the length of a modulus. Every step is checked; a text that
//! is not of the form gives `None`.

use crate::types::hex::hex;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_ID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// The version of a certificate stands before its serial number; version 1 leaves it out.
const VERSION: u8 = 0xa0;
/// rsaEncryption, 1.2.840.113549.1.1.1.
const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// A length in the long form has so many bytes at most: what is read here is far below 16 MB.
const LENGTH_BYTES_MAX: usize = 3;

/// What is left to read.
struct DerReader<'a>(&'a [u8]);

impl<'a> DerReader<'a> {
    /// The tag and the content of the next element.
    fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > LENGTH_BYTES_MAX {
                return None;
            }
            let (bytes, rest) = rest.split_at_checked(count)?;
            let length = bytes
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element, which must have this tag.
    fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.any()
            .filter(|(found, _)| *found == tag)
            .map(|(_, content)| content)
    }

    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// The content of the one element that a text is.
fn only(der: &[u8], tag: u8) -> Option<&[u8]> {
    let mut reader = DerReader(der);
    let content = reader.next(tag)?;
    reader.is_at_end().then_some(content)
}

/// The RSA public key (PKCS#1) of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7); `None` when it
/// is none, or the key of another algorithm.
pub(super) fn public_key(spki: &[u8]) -> Option<&[u8]> {
    key_of_info(only(spki, SEQUENCE)?)
}

fn key_of_info(info: &[u8]) -> Option<&[u8]> {
    let mut info = DerReader(info);
    let mut algorithm = DerReader(info.next(SEQUENCE)?);
    if algorithm.next(OBJECT_ID)? != RSA {
        return None;
    }
    // The first byte counts the bits of the last one that do not belong to the key.
    let key = info.next(BIT_STRING)?.strip_prefix(&[0])?;
    (info.is_at_end() && modulus_bits(key).is_some()).then_some(key)
}

/// The bits of the modulus of an RSA public key (PKCS#1).
pub(super) fn modulus_bits(pkcs1: &[u8]) -> Option<usize> {
    let mut key = DerReader(only(pkcs1, SEQUENCE)?);
    let modulus = key.next(INTEGER)?;
    key.next(INTEGER)?;
    key.is_at_end().then(|| bits(modulus))
}

/// The bits of the modulus of an RSA private key, in PKCS#8 or PKCS#1.
pub(super) fn private_modulus_bits(der: &[u8]) -> Option<usize> {
    let mut key = DerReader(only(der, SEQUENCE)?);
    key.next(INTEGER)?;
    match key.any()? {
        (INTEGER, modulus) => Some(bits(modulus)),
        (SEQUENCE, algorithm) => {
            let is_rsa = DerReader(algorithm).next(OBJECT_ID)? == RSA;
            let mut inner = DerReader(only(key.next(OCTET_STRING)?, SEQUENCE)?);
            inner.next(INTEGER)?;
            let modulus = inner.next(INTEGER)?;
            is_rsa.then(|| bits(modulus))
        }
        _ => None,
    }
}

fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros).map_or(0, |first| {
        (number.len() - zeros) * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
    })
}

/// The serial number of an X.509 certificate as capital hexadecimal digits, and its RSA public key
/// (PKCS#1).
pub(super) fn certificate(der: &[u8]) -> Option<(String, &[u8])> {
    let mut signed = DerReader(DerReader(only(der, SEQUENCE)?).next(SEQUENCE)?);
    let serial = match signed.any()? {
        (VERSION, _) => signed.next(INTEGER)?,
        (INTEGER, serial) => serial,
        _ => return None,
    };
    // Algorithm, issuer, validity, subject.
    for _ in 0..4 {
        signed.next(SEQUENCE)?;
    }
    let key = key_of_info(signed.next(SEQUENCE)?)?;
    // A zero says that the number is not negative.
    let serial = serial.strip_prefix(&[0]).unwrap_or(serial);
    Some((hex(serial).to_ascii_uppercase(), key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_ends_early_or_lies_about_a_length_is_no_key() {
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x84, 0, 0, 0, 1, 0],
            &[0x30, 0x82, 0xff],
            &[0x30, 0x05, 0x02, 0x01, 0x01],
            &[0x30, 0x03, 0x02, 0x01, 0x01, 0x00],
        ] {
            assert_eq!(public_key(der), None, "{der:02x?}");
            assert_eq!(modulus_bits(der), None, "{der:02x?}");
            assert_eq!(private_modulus_bits(der), None, "{der:02x?}");
            assert_eq!(certificate(der), None, "{der:02x?}");
        }
    }

    #[test]
    fn leading_zeros_are_no_bits() {
        assert_eq!(bits(&[0x00, 0x80, 0x00]), 16);
        assert_eq!(bits(&[0x01, 0x00]), 9);
        assert_eq!((bits(&[0]), bits(&[])), (0, 0));
    }
}
