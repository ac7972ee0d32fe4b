//! What a player may be called, so that all can read it, nobody can pass for another, and a classroom can look at it.

use allthrive_protocol::quiz::live::{MAX_NAME_GRAPHEMES, NameFilter};
use rustrict::{CensorStr, Type};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::names::Unfit;
use crate::quiz::fold::fold;
use crate::quiz::freeze::{Draw, Seed};

/// Longest text that is looked at, characters: 20 of the longest emoji. Longer ones are refused unread.
const MAX_CHARS: usize = 240;
/// Most marks on one letter: no script needs more, and a tower of them covers the lines above and below.
const MAX_MARKS: usize = 4;

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';

/// A player's name: 1 to 20 graphemes (Unicode UAX #29), one of them visible, in compatibility form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlayerName(String);

impl PlayerName {
    /// Composes the text (NFKC), leaves out what is not seen or changes direction, folds blanks.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        const LONG: Unfit = Unfit("A name has at most 20 characters.");
        if text.chars().count() > MAX_CHARS {
            return Err(LONG);
        }
        let composed: String = without_hidden(&text.nfkc().collect::<String>()).nfkc().collect();
        let name = composed.split_whitespace().collect::<Vec<_>>().join(" ");
        if !name.chars().any(is_visible) {
            return Err(Unfit("Write a name with at least one letter."));
        }
        if name.graphemes(true).count() > MAX_NAME_GRAPHEMES || name.chars().count() > MAX_CHARS {
            return Err(LONG);
        }
        if name.split(|c| !is_combining_mark(c)).any(|marks| marks.chars().count() > MAX_MARKS) {
            return Err(Unfit("Put fewer marks on one letter."));
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What no two players of a session have in common: the confusable skeleton (Unicode UTS #39, 4) without case.
    /// Joiners and whatever else is not seen are not in it.
    #[must_use]
    pub fn skeleton(&self) -> String {
        skeleton(&self.0)
    }

    /// Without a number that stands alone behind it, which word lists read as letters: "Player 493".
    fn without_number(&self) -> &str {
        let front = self.0.trim_end_matches(|c: char| c.is_ascii_digit());
        if front.ends_with(' ') { front.trim_end() } else { &self.0 }
    }

    /// Whether it passes at this level. A word list: it errs both ways, so that hosts can rename and remove.
    #[must_use]
    pub fn passes(&self, filter: NameFilter) -> bool {
        let refused = match filter {
            NameFilter::Off => return true,
            NameFilter::Low => Type::SEVERE,
            NameFilter::Medium => Type::INAPPROPRIATE & Type::MODERATE_OR_HIGHER,
            NameFilter::High => (Type::PROFANE | Type::OFFENSIVE | Type::SEXUAL | Type::MEAN) & Type::MILD_OR_HIGHER,
        };
        // Shouting and gibberish are not what is asked here.
        let matters = Type::PROFANE | Type::OFFENSIVE | Type::SEXUAL | Type::MEAN;
        self.without_number().isnt(refused & matters)
    }
}

fn skeleton(text: &str) -> String {
    fold(&unicode_security::skeleton(&fold(text)).collect::<String>())
}

/// The name with the first number behind it that is free, shortened if it must be: "Ana 2". `is_taken` is asked by
/// skeleton.
#[must_use]
pub fn suggest(name: &PlayerName, is_taken: impl Fn(&str) -> bool) -> Option<PlayerName> {
    (2..100_000).find_map(|number: u32| {
        let behind = format!(" {number}");
        let room = MAX_NAME_GRAPHEMES - behind.len();
        let front: String = name.0.graphemes(true).take(room).collect();
        let proposed = PlayerName(format!("{}{behind}", front.trim_end()));
        (!is_taken(&proposed.skeleton())).then_some(proposed)
    })
}

/// A friendly name for the player of this number: two words and a number, the same for the same seed. If it is taken,
/// `again` gives others. It is not to be filtered: word lists
/// mind chance neighbours, too.
#[must_use]
pub fn generated(seed: &Seed, player: u32, again: u32) -> PlayerName {
    let draw = Draw::new(seed, player);
    let pick = |of: &str, count: usize| {
        let scaled = (u128::from(draw.number("name", of, 0, again)) * count as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    };
    let (word, animal) = (WORDS[pick("word", WORDS.len())], ANIMALS[pick("animal", ANIMALS.len())]);
    PlayerName(format!("{word} {animal} {}", 10 + pick("number", 90)))
}

/// Up to 8 letters each, so that the two and a number fit.
const WORDS: [&str; 32] = [
    "Amber", "Brave", "Bright", "Calm", "Cheerful", "Clever", "Cosy", "Curious", "Dancing", "Eager", "Fair", "Fleet", "Gentle", "Glad",
    "Golden", "Happy", "Bold", "Jolly", "Keen", "Kind", "Lively", "Lucky", "Merry", "Mighty", "Nimble", "Patient", "Proud", "Quick",
    "Quiet", "Silver", "Sunny", "Warm",
];

const ANIMALS: [&str; 32] = [
    "Badger", "Beaver", "Bee", "Bison", "Crane", "Deer", "Dolphin", "Falcon", "Finch", "Fox", "Gecko", "Hare", "Hedgehog", "Heron", "Kiwi",
    "Koala", "Lark", "Lemur", "Lynx", "Marten", "Moose", "Newt", "Otter", "Owl", "Panda", "Puffin", "Raven", "Robin", "Seal", "Swift",
    "Toucan", "Wombat",
];

fn without_hidden(text: &str) -> String {
    let mut kept: Vec<char> = Vec::new();
    let mut coming = text.chars().filter(|c| !is_hidden(*c)).peekable();
    while let Some(c) = coming.next() {
        let keeps = match c {
            // Two joiners beside each other join nothing.
            ZWJ | ZWNJ => match (kept.last().copied(), coming.peek().copied()) {
                (Some(before), Some(after)) => joins(before, after, c),
                _ => false,
            },
            // How an emoji is to look.
            '\u{FE0E}' | '\u{FE0F}' => kept.last().is_some_and(|before| is_emoji(*before) || matches!(before, '0'..='9' | '#' | '*')),
            _ => true,
        };
        if keeps {
            kept.push(if c.is_whitespace() { ' ' } else { c });
        }
    }
    kept.into_iter().collect()
}

/// Whether a joiner between these two changes how they look: it makes one emoji of two, or says how letters connect in
/// the scripts that connect them.
fn joins(before: char, after: char, joiner: char) -> bool {
    let connects = |c: char| {
        matches!(c, '\u{0620}'..='\u{08FF}' | '\u{0900}'..='\u{0DFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{18AF}')
            && (c.is_alphabetic() || is_combining_mark(c))
    };
    (joiner == ZWJ && (is_emoji(before) || before == '\u{FE0F}') && is_emoji(after)) || (connects(before) && connects(after))
}

/// The blocks of emoji and pictographs; somewhat wider than the property Extended_Pictographic (Unicode UTS #51), skin tones
/// included.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{00A9}' | '\u{00AE}' | '\u{203C}' | '\u{2049}' | '\u{2190}'..='\u{27BF}' | '\u{2900}'..='\u{2BFF}'
        | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

/// What is not seen, or changes the direction of what stands around it (Unicode UAX #9): Default_Ignorable_Code_Point but
/// joiners and the two looks of emoji; control characters, notes, private use and the blank of Braille.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE0D}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !is_combining_mark(c) && !matches!(c, ZWJ | ZWNJ | '\u{FE0E}' | '\u{FE0F}')
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn name(text: &str) -> PlayerName {
        PlayerName::parse(text).unwrap_or_else(|unfit| panic!("{text:?}: {unfit}"))
    }

    #[test]
    fn a_name_is_tidied() {
        for (text, expected) in [
            ("  Zoë   K ", "Zoë K"),
            ("Zoe\u{308}", "Zoë"),
            ("An\u{200B}a", "Ana"),
            ("a\u{202E}b\u{2066}c\0", "abc"),
            ("a\u{200D}b\u{200C}", "ab"),
            ("\u{1D400}na", "Ana"),
            ("a\tb\nc\u{3000}d", "a b c d"),
            ("می\u{200C}خواهم", "می\u{200C}خواهم"),
            ("क\u{94D}\u{200D}ष", "क\u{94D}\u{200D}ष"),
            ("❤\u{FE0F}", "❤\u{FE0F}"),
            ("a\u{FE0F}", "a"),
            ("👩\u{200D}\u{200D}👧", "👩\u{200D}👧"),
        ] {
            assert_eq!(PlayerName::parse(text).map(|name| name.0), Ok(expected.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn a_name_has_1_to_20_graphemes_and_something_to_see() {
        assert!(PlayerName::parse(&"👩‍👩‍👧".repeat(20)).is_ok());
        assert!(PlayerName::parse(&"👩‍👩‍👧".repeat(21)).is_err());
        assert!(PlayerName::parse(&"é".repeat(20)).is_ok());
        assert!(PlayerName::parse(&"e".repeat(21)).is_err());
        for wrong in ["", "  ", "\u{200D}", "\u{2800}", "\u{3164}", "\u{301}", "\u{E0041}", &"a ".repeat(1_000)] {
            assert!(PlayerName::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(PlayerName::parse(&format!("a{}", "\u{33F}".repeat(5))).is_err());
    }

    #[test]
    fn nobody_passes_for_another() {
        let ana = name("Ana").skeleton();
        for alike in ["Ana", "ANA", "An\u{200B}a", "Аna", "A\u{200D}na", "Аnа", "𝐀na", " ana "] {
            assert_eq!(name(alike).skeleton(), ana, "{alike:?}");
        }
        for other in ["Anna", "Ane", "Ana 2", "Aña"] {
            assert_ne!(name(other).skeleton(), ana, "{other:?}");
        }
        assert_eq!(name("Ana0").skeleton(), name("AnaO").skeleton());
        assert_eq!(name("می\u{200C}خواهم").skeleton(), name("میخواهم").skeleton());
    }

    #[test]
    fn a_taken_name_is_answered_with_a_free_one() {
        let taken: HashSet<String> = ["Ana", "Ana 2"].map(|taken| name(taken).skeleton()).into();
        let propose = |text| suggest(&name(text), |skeleton| taken.contains(skeleton)).unwrap().0;
        assert_eq!(propose("Аna"), "Аna 3");
        assert_eq!(propose("Bo"), "Bo 2");
        assert_eq!(propose(&"x".repeat(20)), format!("{} 2", "x".repeat(18)));
        assert_eq!(suggest(&name("Ana"), |_| true), None);
    }

    #[test]
    fn the_filter_has_levels() {
        let passes = |text: &str, filter| name(text).passes(filter);
        for harmless in ["Ana", "Zoë K", "Brave Otter 42", "Scunthorpe", "Dick Van", "AAAAAAAA", "李小龙", "👩‍👩‍👧"] {
            assert!(passes(harmless, NameFilter::Low), "{harmless}");
        }
        for harmless in ["Ana", "Zoë K", "Brave Otter 42", "Player 493", "AAAAAAAA"] {
            assert!(passes(harmless, NameFilter::High), "{harmless}");
        }
        for foul in ["fuck you", "F U C K", "sh1t", "fuck 12"] {
            assert!(!passes(foul, NameFilter::Medium), "{foul}");
            assert!(!passes(foul, NameFilter::High), "{foul}");
            assert!(passes(foul, NameFilter::Off), "{foul}");
        }
    }

    #[test]
    fn given_names_fit_and_differ() {
        let names: Vec<PlayerName> = (0..1_000).map(|player| generated(&[5; 32], player, 0)).collect();
        for given in &names {
            assert_eq!(PlayerName::parse(given.as_str()).as_ref(), Ok(given));
        }
        assert!(names.iter().collect::<HashSet<_>>().len() > 980);
        assert_eq!(generated(&[5; 32], 1, 0), names[1]);
        assert_ne!(generated(&[5; 32], 1, 1), names[1]);
    }

    #[test]
    fn every_given_name_is_harmless_whichever_words_meet() {
        for word in WORDS {
            for animal in ANIMALS {
                let both = format!("{word} {animal} 10");
                assert!(both.len() <= MAX_NAME_GRAPHEMES && name(&both).passes(NameFilter::Medium), "{both}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn a_name_that_was_taken_is_taken_as_it_is(text in "\\PC{0,24}") {
            if let Ok(name) = PlayerName::parse(&text) {
                proptest::prop_assert_eq!(PlayerName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
