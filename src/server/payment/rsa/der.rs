//! Reader of DER (ITU-T X.690), as far as RSA keys and certificates need it: which structure a key
//! has, its modulus, a certificate's serial number and key. Every step is checked; a text that
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

/// The structures that RSA keys come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    Pkcs1Private,
    Pkcs8,
    Pkcs1Public,
    /// SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
    Spki,
}

impl KeyForm {
    /// Whether the key is a private one.
    pub fn is_private(self) -> bool {
        match self {
            Self::Pkcs1Private | Self::Pkcs8 => true,
            Self::Pkcs1Public | Self::Spki => false,
        }
    }
}

/// The structure of a DER, and the RSA key in it, as PKCS#1 writes it (RFC 8017, appendix A.1); `None`
/// when it is none, or the key of another algorithm.
pub fn key(der: &[u8]) -> Option<(KeyForm, &[u8])> {
    let whole = only(der, SEQUENCE)?;
    let (form, key) = match DerReader(whole).any()? {
        (SEQUENCE, _) => (KeyForm::Spki, key_of_info(whole)?),
        (INTEGER, _) => key_of_numbers(der, whole)?,
        _ => return None,
    };
    modulus_bits(form, key).map(|_| (form, key))
}

/// PKCS#8 has the key behind its version and the algorithm; PKCS#1 is the key.
fn key_of_numbers<'a>(der: &'a [u8], whole: &'a [u8]) -> Option<(KeyForm, &'a [u8])> {
    let mut numbers = DerReader(whole);
    numbers.next(INTEGER)?;
    match numbers.any()? {
        (SEQUENCE, algorithm) => {
            let is_rsa = DerReader(algorithm).next(OBJECT_ID)? == RSA;
            let key = numbers.next(OCTET_STRING)?;
            is_rsa.then_some((KeyForm::Pkcs8, key))
        }
        (INTEGER, _) if numbers.is_at_end() => Some((KeyForm::Pkcs1Public, der)),
        (INTEGER, _) => Some((KeyForm::Pkcs1Private, der)),
        _ => None,
    }
}

fn key_of_info(info: &[u8]) -> Option<&[u8]> {
    let mut info = DerReader(info);
    let mut algorithm = DerReader(info.next(SEQUENCE)?);
    if algorithm.next(OBJECT_ID)? != RSA {
        return None;
    }
    // The first byte counts the bits of the last one that do not belong to the key.
    let key = info.next(BIT_STRING)?.strip_prefix(&[0])?;
    (info.is_at_end() && modulus_bits(KeyForm::Spki, key).is_some()).then_some(key)
}

/// The bits of the modulus of a key of PKCS#1; a private one has a version before it.
pub fn modulus_bits(form: KeyForm, pkcs1: &[u8]) -> Option<usize> {
    let mut key = DerReader(only(pkcs1, SEQUENCE)?);
    if form.is_private() {
        key.next(INTEGER)?;
    }
    let modulus = key.next(INTEGER)?;
    key.next(INTEGER)?;
    (form.is_private() || key.is_at_end()).then(|| bits(modulus))
}

fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros).map_or(0, |first| {
        (number.len() - zeros) * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
    })
}

/// The serial number of an X.509 certificate as capital hexadecimal digits, and its RSA public key
/// (PKCS#1).
pub fn certificate(der: &[u8]) -> Option<(String, &[u8])> {
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
            assert_eq!(key(der), None, "{der:02x?}");
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
