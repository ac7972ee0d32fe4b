//! Characters that know whether they were escaped: an escaped one is text and nothing else.

/// A character of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) c: char,
    escaped: bool,
}

/// Resolves `\: \# \= \{ \} \~ \n \\`; any other backslash is one.
pub(super) fn signs(text: &str) -> Vec<Sign> {
    let mut all = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = (c == '\\').then(|| chars.next_if(|next| matches!(next, ':' | '#' | '=' | '{' | '}' | '~' | 'n' | '\\'))).flatten();
        all.push(match escaped {
            Some('n') => Sign { c: '\n', escaped: true },
            Some(c) => Sign { c, escaped: true },
            None => Sign { c, escaped: false },
        });
    }
    all
}

/// The text.
pub(super) fn plain(all: &[Sign]) -> String {
    all.iter().map(|sign| sign.c).collect()
}

/// Where `what` first stands, nothing of it escaped.
pub(super) fn find(all: &[Sign], what: &str) -> Option<usize> {
    let what: Vec<char> = what.chars().collect();
    all.windows(what.len()).position(|window| window.iter().zip(&what).all(|(sign, c)| sign.c == *c && !sign.escaped))
}

/// What stands before and after the first `what`.
pub(super) fn split_at<'a>(all: &'a [Sign], what: &str) -> Option<(&'a [Sign], &'a [Sign])> {
    find(all, what).map(|at| (&all[..at], &all[at + what.chars().count()..]))
}

/// Without blanks at both ends.
pub(super) fn trim(all: &[Sign]) -> &[Sign] {
    let blank = |sign: &&Sign| sign.c.is_whitespace();
    let start = all.iter().take_while(blank).count();
    let end = all[start..].iter().rev().take_while(blank).count();
    &all[start..all.len() - end]
}

/// Whether nothing is there.
pub(super) fn is_blank(all: &[Sign]) -> bool {
    all.iter().all(|sign| sign.c.is_whitespace())
}

/// The parts that begin with an unescaped `=` or `~`, each with its mark; what stands before the first is `None`.
pub(super) fn marked(all: &[Sign]) -> Vec<(Option<char>, &[Sign])> {
    let is_mark = |sign: &Sign| !sign.escaped && matches!(sign.c, '=' | '~');
    let mut starts: Vec<usize> = (0..all.len()).filter(|&at| is_mark(&all[at])).collect();
    let first = starts.first().copied().unwrap_or(all.len());
    let mut parts = Vec::new();
    if !is_blank(&all[..first]) {
        parts.push((None, &all[..first]));
    }
    starts.push(all.len());
    for pair in starts.windows(2) {
        parts.push((Some(all[pair[0]].c), &all[pair[0] + 1..pair[1]]));
    }
    parts
}
