//! Texts as they are found and as they are named in addresses: words without capitals, marks and punctuation.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest word that is kept, characters: what is longer is found by its beginning.
const MAX_WORD: usize = 40;

/// Most words of a search.
const MAX_SOUGHT: usize = 12;

/// Longest name of an address, characters, before a number is put behind it.
const MAX_SLUG: usize = 60;

/// The text without what a searching person does not type: compatibility forms, capitals and marks.
#[must_use]
pub fn fold(text: &str) -> String {
    // To upper case and back is full case folding: ß and SS, ς and Σ meet.
    let cased = text.nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    cased.nfkd().filter(|c| !is_mark(*c)).nfc().collect()
}

/// A mark that only colours a letter. Those of kana make another letter.
fn is_mark(c: char) -> bool {
    is_combining_mark(c) && !matches!(c, '\u{3099}' | '\u{309A}')
}

/// The words by which a text is found, each once, in their order. What is written without blanks between words is
/// found by each two of its characters, and by its last one.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for run in runs(&fold(text)) {
        match run {
            Run::Word(word) => push(&mut found, word),
            Run::Dense(chars) => {
                for pair in chars.windows(2) {
                    push(&mut found, pair.iter().collect());
                }
                push(&mut found, chars.last().copied().into_iter().collect());
            }
        }
    }
    found
}

/// The words that a found text must all have, of the last of them the beginning. Empty if nothing is sought.
#[must_use]
pub fn sought(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for run in runs(&fold(text)) {
        match run {
            Run::Word(word) => push(&mut found, word),
            Run::Dense(chars) if chars.len() == 1 => push(&mut found, chars.into_iter().collect()),
            Run::Dense(chars) => chars.windows(2).for_each(|pair| push(&mut found, pair.iter().collect())),
        }
    }
    found.truncate(MAX_SOUGHT);
    found
}

/// The last part of an address, made from a title: `a-z 0-9` with hyphens between, and letters of other scripts as they
/// are. `nothing` where no letter is left.
#[must_use]
pub fn slug(title: &str, nothing: &str) -> String {
    let folded = fold(title);
    let parts = folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let mut slug = String::new();
    for part in parts {
        let long = slug.chars().count() + usize::from(!slug.is_empty()) + part.chars().count();
        if long > MAX_SLUG && !slug.is_empty() {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(part.chars().take(MAX_SLUG));
    }
    if slug.is_empty() { nothing.to_owned() } else { slug }
}

/// The first of `base`, `base-2`, `base-3` that is not taken.
#[must_use]
pub fn free_slug(base: &str, taken: &[String]) -> String {
    let is_free = |slug: &String| !taken.contains(slug);
    let numbered = (2u32..).map(|n| format!("{base}-{n}"));
    std::iter::once(base.to_owned()).chain(numbered).find(is_free).unwrap_or_else(|| base.to_owned())
}

enum Run {
    Word(String),
    Dense(Vec<char>),
}

/// Letters and digits that stand together, those of dense scripts apart.
fn runs(folded: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for part in folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        for c in part.chars() {
            match (runs.last_mut(), is_dense(c)) {
                (Some((Run::Word(word), true)), false) => word.push(c),
                (Some((Run::Dense(chars), true)), true) => chars.push(c),
                (_, true) => runs.push((Run::Dense(vec![c]), true)),
                (_, false) => runs.push((Run::Word(c.into()), true)),
            }
        }
        if let Some((_, open)) = runs.last_mut() {
            *open = false;
        }
    }
    runs.into_iter().map(|(run, _)| run).collect()
}

/// Han, kana and hangul.
fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

fn push(found: &mut Vec<String>, word: String) {
    let word: String = word.chars().take(MAX_WORD).collect();
    if !word.is_empty() && !found.contains(&word) {
        found.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_marks_and_compatible_forms_do_not_matter() {
        assert_eq!(words("Straße, STRASSE; Zoë's ﬁn Ὀδυσσεύς"), ["strasse", "zoe", "s", "fin", "οδυσσευσ"]);
        assert_eq!(fold("ΣΊΣΥΦΟΣ"), fold("σίσυφος"));
    }

    #[test]
    fn what_has_no_blanks_is_found_by_two_characters_and_by_its_last() {
        assert_eq!(words("日本語 quiz3"), ["日本", "本語", "語", "quiz3"]);
        assert_eq!(words("東京tower"), ["東京", "京", "tower"]);
        assert_eq!(sought("日本語"), ["日本", "本語"]);
        assert_eq!(sought("本"), ["本"]);
        assert_eq!(words("がぎ"), ["がぎ", "ぎ"]);
        assert_ne!(fold("が"), fold("か"));
        assert_eq!(words("한국"), ["한국", "국"]);
    }

    #[test]
    fn a_search_has_only_letters_and_digits_and_so_many_words() {
        assert_eq!(sought("  \"map\" OR a*'); --"), ["map", "or", "a"]);
        assert!(sought("… !?").is_empty());
        let many = (0..50).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
        assert_eq!(sought(&many).len(), MAX_SOUGHT);
        assert_eq!(words(&"x".repeat(500)), ["x".repeat(MAX_WORD)]);
    }

    #[test]
    fn an_address_is_made_of_a_title() {
        assert_eq!(slug("  Maps & Märkte: Part 2!", "quiz"), "maps-markte-part-2");
        assert_eq!(slug("Кто где?", "quiz"), "кто-где");
        assert_eq!(slug("?!", "quiz"), "quiz");
        assert_eq!(slug(&"ab ".repeat(40), "quiz"), ["ab"; 20].join("-"));
        assert_eq!(slug(&"é".repeat(90), "quiz"), "e".repeat(MAX_SLUG));
    }

    #[test]
    fn a_taken_address_gets_the_next_number() {
        let taken = |slugs: &[&str]| slugs.iter().map(|slug| (*slug).to_owned()).collect::<Vec<_>>();
        assert_eq!(free_slug("maps", &taken(&[])), "maps");
        assert_eq!(free_slug("maps", &taken(&["maps"])), "maps-2");
        assert_eq!(free_slug("maps", &taken(&["maps", "maps-3", "maps-2"])), "maps-4");
        assert_eq!(free_slug("maps", &taken(&["maps-2"])), "maps");
    }
}
