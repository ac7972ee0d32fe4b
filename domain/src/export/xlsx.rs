//! A report as a workbook. Every text is written as a text: what looks like a formula, a link or a date stays what it is.
//! The same report gives the same bytes.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Cell, ReportTable, Sheet};

/// What a cell of a workbook can hold.
const MAX_CELL_CHARS: usize = 32_767;
/// What the name of a sheet can hold.
const MAX_NAME_CHARS: usize = 31;
/// Width of a column, characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 8..=60;

/// It does not fit into a workbook: more than a million rows or sixteen thousand columns.
#[derive(Debug, thiserror::Error)]
#[error("the report does not fit into a workbook: {0}")]
pub struct DoesNotFit(#[from] XlsxError);

/// The report.
///
/// # Errors
/// It has more rows or columns than a workbook.
pub fn write(report: &ReportTable) -> Result<Vec<u8>, DoesNotFit> {
    let mut workbook = Workbook::new();
    // No clock in here, and none in the file.
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    let mut names: Vec<String> = Vec::new();
    for sheet in &report.sheets {
        let name = name(&sheet.name, &names);
        fill(workbook.add_worksheet().set_name(&name)?, sheet)?;
        names.push(name);
    }
    if report.sheets.is_empty() {
        workbook.add_worksheet();
    }
    Ok(workbook.save_to_buffer()?)
}

fn fill(page: &mut Worksheet, sheet: &Sheet) -> Result<(), DoesNotFit> {
    let bold = Format::new().set_bold();
    page.set_freeze_panes(1, 0)?;
    for (column, name) in (0_u16..).zip(&sheet.header) {
        page.write_string_with_format(0, column, cut(name), &bold)?;
        let texts = sheet.rows.iter().filter_map(|row| row.get(usize::from(column))).map(|cell| match cell {
            Cell::Text(text) => text.chars().count(),
            _ => 0,
        });
        let widest = texts.max().unwrap_or(0).max(name.chars().count()) + 2;
        page.set_column_width(column, u32::try_from(widest.clamp(*WIDTHS.start(), *WIDTHS.end())).unwrap_or(8))?;
    }
    for (line, row) in (1_u32..).zip(&sheet.rows) {
        for (column, cell) in (0_u16..).zip(row) {
            match cell {
                Cell::Empty => {}
                Cell::Text(text) => {
                    page.write_string(line, column, cut(text))?;
                }
                #[expect(clippy::cast_precision_loss, reason = "a workbook has no whole numbers, and counts stay below 2^53")]
                Cell::Whole(number) => {
                    page.write_number(line, column, *number as f64)?;
                }
                Cell::Number(number) if number.is_finite() => {
                    page.write_number(line, column, *number)?;
                }
                Cell::Number(_) => {}
                Cell::Yes(yes) => {
                    page.write_boolean(line, column, *yes)?;
                }
            }
        }
    }
    Ok(())
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_CELL_CHARS).collect()
}

/// A name that a workbook takes, and no other sheet has.
fn name(wanted: &str, taken: &[String]) -> String {
    let clean: String =
        wanted.chars().map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim().trim_matches('\'').trim();
    let clean = if clean.is_empty() || clean.eq_ignore_ascii_case("history") { "Sheet" } else { clean };
    (1..)
        .map(|n| {
            let suffix = if n == 1 { String::new() } else { format!(" {n}") };
            // Counted as the format counts, in units of UTF-16.
            let mut left = MAX_NAME_CHARS - suffix.len();
            let fits = |c: &char| left.checked_sub(c.len_utf16()).inspect(|rest| left = *rest).is_some();
            let name: String = clean.chars().take_while(fits).collect();
            format!("{}{suffix}", name.trim_end_matches([' ', '\'']))
        })
        .find(|name| taken.iter().all(|other| other.to_lowercase() != name.to_lowercase()))
        .expect("one of endlessly many names is free")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;

    #[test]
    fn every_cell_keeps_its_type_and_no_text_is_a_formula() {
        let row = vec!["=1+1".into(), Cell::Whole(-5), 0.5.into(), true.into(), Cell::Empty, "https://example.org".into(), f64::NAN.into()];
        let mut sheet = Sheet::new("A/B: [1]", &["=a", "b", "c", "d", "e", "f", "g"]);
        sheet.rows.push(row);
        let report = ReportTable { sheets: vec![sheet.clone(), sheet] };
        let bytes = write(&report).unwrap();
        assert_eq!(bytes, write(&report).unwrap());
        let mut workbook = Xlsx::new(Cursor::new(bytes)).unwrap();
        assert_eq!(workbook.sheet_names(), ["A B   1", "A B   1 2"]);
        let cells = workbook.worksheet_range("A B   1 2").unwrap();
        let text = |text: &str| Data::String(text.into());
        let wanted = [text("=1+1"), Data::Float(-5.0), Data::Float(0.5), Data::Bool(true), Data::Empty, text("https://example.org")];
        assert_eq!(cells.rows().nth(1).unwrap()[..6], wanted);
        assert_eq!(cells.get_value((0, 0)), Some(&text("=a")));
        assert!(workbook.worksheet_formula("A B   1 2").unwrap().is_empty());
    }

    #[test]
    fn any_name_makes_a_sheet() {
        let names = ["", "'", "history", &"x".repeat(40), &"x".repeat(50), &"🎉".repeat(40), "Sheet", "sheet", "a\u{7}b"];
        let report = ReportTable { sheets: names.iter().map(|name| Sheet::new(name, &["a"])).collect() };
        let workbook = Xlsx::new(Cursor::new(write(&report).unwrap())).unwrap();
        assert_eq!(workbook.sheet_names().len(), names.len());
        assert!(write(&ReportTable::default()).is_ok());
    }
}
