//! A sheet as CSV (RFC 4180): lines end in CR LF, what needs quotes has them.
//!
//! A text that a spreadsheet would take for a formula gets a `'` before it; numbers stay numbers.

use super::{Cell, Sheet};

/// For whom it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// The mark of UTF-8, without which some spreadsheets take the text for another encoding.
    pub bom: bool,
    /// What stands between cells: `,`, or `;` where the comma is the sign of a fraction.
    pub between: Between,
}

/// What stands between cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Between {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
}

impl Dialect {
    /// For programs.
    pub const PLAIN: Self = Self { bom: false, between: Between::Comma };
    /// For a double click.
    pub const SPREADSHEET: Self = Self { bom: true, between: Between::Comma };
}

/// The sheet.
#[must_use]
pub fn write(sheet: &Sheet, dialect: Dialect) -> Vec<u8> {
    let mut bytes = Vec::new();
    if dialect.bom {
        bytes.extend_from_slice("\u{FEFF}".as_bytes());
    }
    let between = match dialect.between {
        Between::Comma => b',',
        Between::Semicolon => b';',
    };
    let terminator = ::csv::Terminator::CRLF;
    let mut writer = ::csv::WriterBuilder::new().delimiter(between).terminator(terminator).flexible(true).from_writer(bytes);
    let header = sheet.header.iter().map(|name| disarmed(name)).collect();
    let rows = sheet.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>());
    for row in std::iter::once(header).chain(rows) {
        writer.write_record(row).expect("memory takes whatever is written, and rows may differ in length");
    }
    writer.into_inner().expect("memory takes whatever is written")
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => disarmed(text),
        Cell::Whole(number) => number.to_string(),
        Cell::Number(number) if number.is_finite() => number.to_string(),
        Cell::Number(_) => String::new(),
        Cell::Yes(true) => "yes".into(),
        Cell::Yes(false) => "no".into(),
    }
}

/// A `'` before what would be a formula; a blank does not hide it.
fn disarmed(text: &str) -> String {
    let first = text.chars().find(|c| *c != ' ');
    let begins =
        text.starts_with(['\t', '\r', '\n']) || first.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    if begins { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rows: Vec<Vec<Cell>>, dialect: Dialect) -> String {
        let sheet = Sheet { rows, ..Sheet::new("Players", &["Name", "Points"]) };
        String::from_utf8(write(&sheet, dialect)).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let rows = vec![
            vec!["Ana, \"the\" first".into(), 2_500_i64.into()],
            vec!["Bo\nB".into(), Cell::Empty],
            vec![0.5.into(), true.into()],
            vec![f64::NAN.into()],
        ];
        let body = "Name,Points\r\n\"Ana, \"\"the\"\" first\",2500\r\n\"Bo\nB\",\r\n0.5,yes\r\n\"\"\r\n";
        assert_eq!(text(rows.clone(), Dialect::PLAIN), body);
        assert_eq!(text(rows, Dialect::SPREADSHEET), format!("\u{FEFF}{body}"));
        let semicolon = Dialect { bom: false, between: Between::Semicolon };
        assert_eq!(text(vec![vec!["a;b".into(), "c,d".into()]], semicolon), "Name;Points\r\n\"a;b\";c,d\r\n");
    }

    #[test]
    fn no_text_is_a_formula_and_a_negative_number_stays_one() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"] {
            let written = text(vec![vec![formula.into()]], Dialect::PLAIN);
            let cell = written.strip_prefix("Name,Points\r\n").unwrap().trim_start_matches('"');
            assert!(cell.starts_with('\''), "{formula:?}: {written:?}");
        }
        assert_eq!(text(vec![vec![Cell::Whole(-5), Cell::Number(-0.5)]], Dialect::PLAIN), "Name,Points\r\n-5,-0.5\r\n");
    }
}
