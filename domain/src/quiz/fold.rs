//! When two texts are the same: however they are composed, whatever blanks stand between the words, and, unless it
//! matters, in whichever case.

use unicode_normalization::UnicodeNormalization;

/// The text in compatibility form (Unicode UAX #15, NFKC), trimmed, each run of blanks as one space.
#[must_use]
pub fn tidy(text: &str) -> String {
    // Of the first 128 characters each is its own compatibility form.
    if text.is_ascii() {
        return joined(text);
    }
    let composed: String = text.nfkc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As [`tidy`], and without case (full case folding, Unicode 3.13), so that `Straße` is `STRASSE`. Folding can undo the
/// composition, so it is composed again.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        let mut folded = joined(text);
        folded.make_ascii_lowercase();
        return folded;
    }
    let caseless: String = caseless::default_case_fold_str(&tidy(text)).nfkc().collect();
    caseless.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words with one space between them.
fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_alike_are_the_same() {
        assert_eq!(fold("  Nieuwe \t Maas\n"), "nieuwe maas");
        assert_eq!(fold("STRASSE"), fold("Straße"));
        assert_eq!(fold("e\u{301}tude"), fold("Étude"));
        assert_eq!(fold("\u{FB01}n"), "fin");
        assert_eq!(fold("ΟΔΟΣ"), fold("οδός").replace('ό', "ο"));
        assert_eq!(fold("a\u{3000}b"), "a b");
    }

    #[test]
    fn case_stays_where_it_matters() {
        assert_eq!(tidy(" pH  value "), "pH value");
        assert_ne!(tidy("ph"), tidy("pH"));
    }

    proptest::proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in ".{0,40}") {
            proptest::prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
