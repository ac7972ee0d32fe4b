//! Texts of strangers made fit to keep.

use serde_json::Value;

use super::{MAX_TEXT_BYTES, Refused};

/// A whole file as text: UTF-8, with or without its mark, lines ended by `\n` alone.
pub(super) fn whole(bytes: &[u8]) -> Result<String, Refused> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(Refused::new("too_large", "The file is larger than 1 MiB."));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::new("not_utf8", "The file is not UTF-8 text. Save it as UTF-8."))?;
    if text.contains('\0') {
        return Err(Refused::new("nul", "The character U+0000 is not allowed."));
    }
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n"))
}

/// A text of a question: its lines stay, blanks at both ends go, and so does what cannot be seen but changes how the
/// text around it looks. The marks of Arabic and Hebrew texts (U+200E, U+200F) and joiners stay.
pub(super) fn clean(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| if c == '\t' || c == '\u{A0}' { ' ' } else { c })
        .filter(|&c| c == '\n' || !(c.is_control() || is_hidden(c)))
        .collect();
    kept.trim().to_owned()
}

/// [`clean`], and on one line.
pub(super) fn line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// [`clean`] for every text in it; keys stay, and are known or not.
pub(super) fn clean_all(value: &mut Value) {
    match value {
        Value::String(text) => *text = clean(text),
        Value::Array(all) => all.iter_mut().for_each(clean_all),
        Value::Object(all) => all.values_mut().for_each(clean_all),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// HTML as the text that it shows: tags go, the ends of blocks are lines, the usual entities are their characters.
pub(super) fn shown(html: &str) -> String {
    const ENTITIES: [(&str, &str); 6] = [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let tag = &rest[open + 1..];
        let Some(close) = tag.find('>').filter(|_| tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')) else {
            text.push('<');
            rest = tag;
            continue;
        };
        let name = tag[..close].to_ascii_lowercase();
        if ["br", "/p", "/div", "/li", "/h"].iter().any(|end| name.starts_with(end)) {
            text.push('\n');
        }
        rest = &tag[close + 1..];
    }
    text.push_str(rest);
    for (entity, plain) in ENTITIES {
        text = text.replace(entity, plain);
    }
    clean(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_goes_and_lines_stay() {
        assert_eq!(clean(" a\u{202E}b\u{7}\tc \n d\u{200B} "), "ab c \n d");
        assert_eq!(clean("\u{200F}שלום"), "\u{200F}שלום");
        assert_eq!(line(" a \n b "), "a b");
    }

    #[test]
    fn html_becomes_what_it_shows() {
        assert_eq!(shown("<p>1 &lt; 2</p><p><b>really</b> &amp;lt;</p>"), "1 < 2\nreally &lt;");
        assert_eq!(shown("a < b <unclosed"), "a < b <unclosed");
    }

    #[test]
    fn a_file_is_text_of_bounded_size() {
        assert_eq!(whole(b"\xEF\xBB\xBFa\r\nb\rc").as_deref(), Ok("a\nb\nc"));
        let code = |bytes: &[u8]| whole(bytes).map_err(|refused| refused.code);
        assert_eq!(code(b"a\0"), Err("nul"));
        assert_eq!(code(b"\xFF\xFE"), Err("not_utf8"));
        assert_eq!(code(&vec![b'a'; MAX_TEXT_BYTES + 1]), Err("too_large"));
        assert!(whole(&vec![b'a'; MAX_TEXT_BYTES]).is_ok());
    }
}
