//! What a username, a title, an address, a message text may be. Parsed at the door, trusted inside.

use allthrive_protocol::MAX_BODY_CHARS;
use thiserror::Error;

/// Why a text is not what it should be, as a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unfit(pub &'static str);

/// A username: 3 to 30 of `a-z 0-9 _ -`, beginning with a letter, ending with a letter or digit.
/// Public, unique, stored lower case, never used again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Takes any case and stores the lower one.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let name = text.trim().to_ascii_lowercase();
        if !(3..=30).contains(&name.chars().count()) {
            return Err(Unfit("Make the username 3 to 30 characters long."));
        }
        if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-') {
            return Err(Unfit("Use letters without accents, digits, - and _ only."));
        }
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.ends_with(['-', '_']) {
            return Err(Unfit("Begin with a letter and end with a letter or a digit."));
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One line of plain text for people to read: a display name or a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// Trims and folds inner white space; 1 to `most` characters remain.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn parse(text: &str, most: usize) -> Result<Self, Unfit> {
        if text.chars().any(|c| is_hidden(c) || (c.is_control() && !c.is_whitespace())) {
            return Err(Unfit("Leave out control characters."));
        }
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() {
            return Err(Unfit("Write at least one character."));
        }
        if line.chars().count() > most {
            return Err(Unfit("Make it shorter."));
        }
        Ok(Self(line))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that change the direction or the look of what stands around them (Unicode UAX #9), which
/// a name may not hold: with them one name can be made to look like another.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// An e-mail address, folded for comparison: the whole of it in lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email([redacted])")
    }
}

impl Email {
    /// Checks the shape only: the verification mail proves the rest. At most 254 characters (RFC 5321, 4.5.3.1.3).
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        const WRONG: Unfit = Unfit("Write an e-mail address, like ana@example.org.");
        let address = text.trim().to_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or(WRONG)?;
        let plain = |c: char| {
            !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"' | '\\' | '@' | '[' | ']')
        };
        let labels_fit = domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
        let fits = address.len() <= 254
            && (1..=64).contains(&local.len())
            && local.chars().all(plain)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && domain.contains('.')
            && labels_fit;
        if fits { Ok(Self(address)) } else { Err(WRONG) }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A message's text: 1 to 4,000 characters, not only white space, no U+0000.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(String);

impl Body {
    /// Keeps the text as it was written.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn parse(text: String) -> Result<Self, Unfit> {
        if text.trim().is_empty() {
            return Err(Unfit("Write something first."));
        }
        if text.contains('\0') {
            return Err(Unfit("The character U+0000 is not allowed."));
        }
        if text.chars().count() > MAX_BODY_CHARS {
            return Err(Unfit("A message has at most 4,000 characters."));
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// One emoji as Unicode lists it, in its fully qualified form: two ways to write it are one reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji(&'static str);

impl Emoji {
    /// Any emoji of Unicode, skin tones and flags among them; nothing else.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        emojis::get(text).map(|emoji| Self(emoji.as_str())).ok_or(Unfit("A reaction is one emoji."))
    }

    /// The emoji.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_folded_and_checked() {
        assert_eq!(Username::parse(" Mira-O ").map(|n| n.as_str().to_owned()), Ok("mira-o".to_owned()));
        for wrong in ["ab", "1abc", "abc-", "a b c", "zoë", "", &"a".repeat(31)] {
            assert!(Username::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(Username::parse(&"a".repeat(30)).is_ok());
    }

    #[test]
    fn a_name_cannot_hide_characters() {
        assert!(Line::parse("ana\u{202E}nimda", 80).is_err());
        assert!(Line::parse("a\u{0}b", 80).is_err());
        assert_eq!(Line::parse("  Zoë \n Kaya ", 80).map(|l| l.as_str().to_owned()), Ok("Zoë Kaya".to_owned()));
    }

    #[test]
    fn a_title_may_be_as_long_as_its_limit_and_no_longer() {
        assert!(Line::parse(&"é".repeat(80), 80).is_ok());
        assert!(Line::parse(&"é".repeat(81), 80).is_err());
    }

    #[test]
    fn a_reaction_is_one_emoji_however_it_is_written() {
        for right in ["👍", "👍🏽", "👩‍💻", "🇩🇪", "❤️"] {
            assert_eq!(Emoji::parse(right).map(|emoji| emoji.as_str()), Ok(right), "{right}");
        }
        assert_eq!(Emoji::parse("\u{2764}"), Emoji::parse("\u{2764}\u{FE0F}"));
        for wrong in ["", "a", "👍👍", "👍 ", ":+1:", "1", "\u{FE0F}", "\u{200D}"] {
            assert!(Emoji::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_has_a_shape() {
        for right in ["a@b.de", "Ana.Lind+x@Mail.example.org", "δοκιμή@παράδειγμα.ελ"] {
            assert!(Email::parse(right).is_ok(), "{right}");
        }
        for wrong in ["a@b", "@b.de", "a@", "a b@c.de", "a@b..de", "a@-b.de", "<a@b.de>", "a@b@c.de", "a\u{0}@b.de"] {
            assert!(Email::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_not_printed() {
        assert!(!format!("{:?}", Email::parse("ana@example.org")).contains("ana"));
    }

    #[test]
    fn a_text_of_4000_characters_fits_and_one_more_does_not() {
        assert!(Body::parse("🎉".repeat(4_000)).is_ok());
        assert!(Body::parse("x".repeat(4_001)).is_err());
        assert!(Body::parse(" \n\t".into()).is_err());
        assert!(Body::parse("a\0b".into()).is_err());
    }
}
