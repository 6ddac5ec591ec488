//! HMAC-SHA256 (RFC 2104, <https://www.rfc-editor.org/rfc/rfc2104>).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Bytes of SHA-256's block, which is also HMAC's own key length.
const BLOCK_LEN: usize = 64;
/// Bytes of a digest.
pub(super) const TAG_LEN: usize = 32;

/// An HMAC of `key`, ready for its message.
///
/// The key is brought to a block here, as the RFC says (longer ones are hashed, shorter ones filled
/// with zeros): a block is the one length that needs no `Result` for what can't fail.
pub(super) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; BLOCK_LEN];
    if key.len() > BLOCK_LEN {
        block[..TAG_LEN].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    Hmac::new(&block.into())
}

/// The HMAC of one message.
pub(super) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; TAG_LEN] {
    keyed(key)
        .chain_update(message)
        .finalize()
        .into_bytes()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::hex::hex;

    /// Cases 1, 2 and 6 of RFC 4231 (<https://www.rfc-editor.org/rfc/rfc4231#section-4>); the last
    /// key is longer than a block.
    #[test]
    fn keys_of_every_length_follow_the_rfc() {
        for (key, message, tag) in [
            (
                vec![0x0b; 20],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hex(&hmac_sha256(&key, message.as_bytes())), tag);
        }
    }

    #[test]
    fn a_key_of_one_block_is_used_as_it_is() {
        for len in [0, 1, 63, 64, 65, 200] {
            let key = vec![7; len];
            let library = Hmac::<Sha256>::new_from_slice(&key)
                .expect("any length")
                .chain_update(b"m")
                .finalize()
                .into_bytes();
            assert_eq!(hmac_sha256(&key, b"m")[..], library[..], "{len} bytes");
        }
    }
}
