//! The link of a session as a QR code (ISO/IEC 18004).

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// The `d` of an SVG path, one unit a module, and the width in modules without the quiet zone. Nothing for a text that
/// is too long for any code.
#[must_use]
pub fn path(text: &str) -> (String, u32) {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return (String::new(), 0) };
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let begin = x;
            while code.get_module(x, y) {
                x += 1;
            }
            if x > begin {
                // Writing into a string does not fail.
                let _ = write!(path, "M{begin} {y}h{0}v1h-{0}z", x - begin);
            }
            x += 1;
        }
    }
    (path, u32::try_from(code.size()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_drawn_once() {
        let text = "https://example.org/join#AAAAAAAAAAAAAAAAAAAAAA";
        let (path, size) = path(text);
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y)).count();
        // Each run is "M…h7v1h-7z": its length stands between the first "h" and the "v".
        let runs = path.split_terminator('z').map(|run| run.split_once('h').unwrap().1.split_once('v').unwrap().0);
        let drawn: usize = runs.map(|length| length.parse::<usize>().unwrap()).sum();
        assert_eq!((drawn, size), (dark, u32::try_from(code.size()).unwrap()));
        assert!(path.starts_with("M0 0h7v1h-7z"), "the corner's square: {path}");
    }

    #[test]
    fn what_fits_into_no_code_is_none() {
        assert_eq!(path(&"x".repeat(5_000)), (String::new(), 0));
    }
}
