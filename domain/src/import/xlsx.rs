//! Tables as workbooks, as Kahoot's template is one.
//!
//! A workbook is an archive of XML. Before anything of it is understood, every part is unpacked once and counted: what
//! it really comes to, whatever its own head says. Parts that declare a document type are refused, so that there are no
//! entities to expand. Formulas are not evaluated: a cell is what was last shown in it.

use std::io::{Cursor, Read};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use zip::ZipArchive;

use super::rows::{self, HEAD_WITHIN, Keyless, MAX_COLUMNS, Row};
use super::{Imported, MAX_PACKED_BYTES, MAX_ROWS, MAX_UNPACKED_BYTES, Refused};

/// Most parts of a workbook.
const MAX_PARTS: usize = 500;
/// Sheets among which the questions are looked for.
const MAX_SHEETS: usize = 20;
/// Rows with anything in them that are read.
const MOST: usize = HEAD_WITHIN + 4 * MAX_ROWS;
/// What is kept of a cell: past every bound on a text, so that it is refused as too long. The same long text may stand in
/// thousands of cells at the cost of one.
const MAX_CELL_CHARS: usize = 2_000;

/// Questions of the first sheet that has a head.
///
/// # Errors
/// The file is no workbook, too large, or without a head. What is wrong with a row stands in [`Imported::errors`].
pub fn read(bytes: &[u8], keyless: Keyless) -> Result<Imported, Refused> {
    weigh(bytes)?;
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let mut first = None;
    for name in workbook.sheet_names().into_iter().take(MAX_SHEETS) {
        // A sheet of another kind, a chart, has no cells.
        let Ok(rows) = sheet(&mut workbook, &name) else { continue };
        if rows::has_head(&rows) {
            return rows::questions(&rows, keyless);
        }
        first.get_or_insert(rows);
    }
    match first {
        Some(rows) => rows::questions(&rows, keyless),
        None => Err(unreadable()),
    }
}

fn unreadable() -> Refused {
    Refused::new("not_xlsx", "The file is not a workbook that can be read. Save it as .xlsx.")
}

fn too_large() -> Refused {
    Refused::new("too_large", "The workbook is larger than 5 MB, or than 20 MB once it is unpacked.")
}

/// Unpacks every part and keeps none.
fn weigh(bytes: &[u8]) -> Result<(), Refused> {
    if bytes.len() > MAX_PACKED_BYTES {
        return Err(too_large());
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    if archive.len() > MAX_PARTS {
        return Err(too_large());
    }
    let mut left = MAX_UNPACKED_BYTES;
    let mut part = Vec::new();
    for n in 0..archive.len() {
        let file = archive.by_index(n).map_err(|_| unreadable())?;
        part.clear();
        // One byte more than may be, to know that it is more.
        let unpacked = file.take(left + 1).read_to_end(&mut part).map_err(|_| unreadable())?;
        left = left.checked_sub(unpacked as u64).ok_or_else(too_large)?;
        if declares_a_type(&part) {
            return Err(Refused::new("entities", "The workbook declares entities of its own; no program that makes workbooks does."));
        }
    }
    Ok(())
}

/// Whether it holds `<!DOCTYPE` or `<!ENTITY`, in UTF-8 or UTF-16.
fn declares_a_type(part: &[u8]) -> bool {
    let mut letters = part.iter().copied().filter(|byte| *byte != 0);
    while letters.by_ref().any(|byte| byte == b'<') {
        let mut ahead = letters.clone();
        if ahead.next() == Some(b'!') {
            let word: Vec<u8> = ahead.take(7).collect();
            if word == b"DOCTYPE" || word.starts_with(b"ENTITY") {
                return true;
            }
        }
    }
    false
}

/// The rows of a sheet, cell by cell: a sheet may claim to reach to its millionth row, and none is made for that.
fn sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Row>, Refused> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|_| unreadable())?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
        let (row, column) = cell.get_position();
        let (number, column) = (row as usize + 1, column as usize);
        let text = displayed(cell.get_value());
        if column >= MAX_COLUMNS || text.is_empty() {
            continue;
        }
        if rows.last().is_none_or(|row| row.number < number) {
            if rows.len() == MOST {
                break;
            }
            rows.push(Row { number, cells: Vec::new() });
        }
        // A row that comes after a later one is no row of a sheet.
        if let Some(row) = rows.last_mut().filter(|row| row.number == number) {
            if row.cells.len() <= column {
                row.cells.resize(column + 1, String::new());
            }
            row.cells[column] = text;
        }
    }
    Ok(rows)
}

/// A cell as it is shown; dates in the order of ISO 8601, whatever order the sheet shows them in.
fn displayed(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => short(text),
        DataRef::SharedString(text) => short(text),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => displayed_number(*number),
        DataRef::Bool(true) => "TRUE".into(),
        DataRef::Bool(false) => "FALSE".into(),
        DataRef::DateTime(date) => displayed_date(date),
        DataRef::Error(error) => error.to_string(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(MAX_CELL_CHARS).filter(|c| *c != '\0').collect()
}

/// Fifteen digits, as a spreadsheet shows it: 0.1 + 0.2 is 0.3 there.
fn displayed_number(number: f64) -> String {
    format!("{number:.14e}").parse::<f64>().unwrap_or(number).to_string()
}

fn displayed_date(date: &ExcelDateTime) -> String {
    let serial = date.as_f64();
    // A serial past the year 9999 is no date.
    if date.is_duration() || !(0.0..2_958_466.0).contains(&serial) {
        return displayed_number(serial);
    }
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    let time = if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") };
    if serial < 1.0 {
        time
    } else if serial.fract() == 0.0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {time}")
    }
}

#[cfg(test)]
mod tests;
