//! QR codes of payments: what an app is to read, as modules that a page draws.

use super::terms::{PaymentError, UnknownAnswer};
use crate::types::payment::{PayWay, QrCode};
use qrcode::{Color, EcLevel, QrCode as Modules};
use std::fmt::Write;

/// Modules of white on each side (ISO/IEC 18004, section 9.1): without them no app finds the code.
const QUIET: usize = 4;

/// A text to be read from a code. Its correction is the lowest one: a screen has no stains, and fewer
/// modules are larger ones.
pub(super) fn way(text: String) -> Result<PayWay, PaymentError> {
    let modules = Modules::with_error_correction_level(&text, EcLevel::L)
        .map_err(|_| PaymentError(UnknownAnswer::Unreadable))?;
    let code = QrCode {
        side: u16::try_from(modules.width() + 2 * QUIET).unwrap_or(u16::MAX),
        path: path(&modules.to_colors(), modules.width()),
    };
    Ok(PayWay::Qr { text, code })
}

/// Each run of black modules in a row as a bar.
fn path(modules: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                let (left, top, length) = (x + QUIET, y + QUIET, run.len());
                // A string takes any number of characters.
                let _ = write!(path, "M{left} {top}h{length}v1h-{length}z");
            }
            x += run.len();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> QrCode {
        match way(text.to_owned()).expect("a code") {
            PayWay::Qr { code, .. } => code,
            PayWay::Link { .. } => panic!("a code"),
        }
    }

    #[test]
    fn a_code_has_its_corner_inside_a_quiet_zone() {
        let QrCode { side, path } = code("weixin://wxpay/bizpayurl?pr=p4lpSuKzz");
        assert_eq!(side, 29 + 8, "version 3");
        // Rows of finder patterns: seven modules, then a frame, then a block.
        for bar in [
            "M4 4h7v1h-7z",
            "M26 4h7v1h-7z",
            "M4 26h7v1h-7z",
            "M4 5h1v1h-1z",
            "M6 6h3v1h-3z",
        ] {
            assert!(path.contains(bar), "{bar} {path}");
        }
    }

    #[test]
    fn what_fits_no_code_is_no_way_to_pay() {
        assert!(way("a".repeat(3_000)).is_err());
    }
}
