//! Tables as text: a row per question, `,` `;` or tab between the cells, with or without the mark of UTF-8.

use super::rows::{self, HEAD_WITHIN, Keyless, MAX_COLUMNS, Row};
use super::{Imported, MAX_ROWS, Refused, text};

/// What can stand between cells.
const BETWEEN: [u8; 3] = [b',', b';', b'\t'];
/// Empty rows are passed over, but not without end.
const MOST: usize = HEAD_WITHIN + 4 * MAX_ROWS;

/// Questions of a table. Which sign stands between the cells is told by the head: it is read with each.
///
/// # Errors
/// The file is no text, too large, or without a head. What is wrong with a row stands in [`Imported::errors`].
pub fn read(bytes: &[u8], keyless: Keyless) -> Result<Imported, Refused> {
    let text = text::whole(bytes)?;
    let between = BETWEEN.into_iter().find(|between| rows::has_head(&cut(&text, *between, HEAD_WITHIN)));
    rows::questions(&cut(&text, between.unwrap_or(b','), MOST), keyless)
}

fn cut(text: &str, between: u8, most: usize) -> Vec<Row> {
    let mut reader = ::csv::ReaderBuilder::new().delimiter(between).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let records = reader.records().take(most);
    let row = |record: ::csv::StringRecord| Row {
        number: record.position().and_then(|position| usize::try_from(position.line()).ok()).unwrap_or_default(),
        cells: record.iter().take(MAX_COLUMNS).map(str::to_owned).collect(),
    };
    // What is UTF-8 as a whole is UTF-8 in its cells: no record fails.
    records.filter_map(Result::ok).map(row).collect()
}

#[cfg(test)]
mod tests;
