use std::io::Write;

use allthrive_protocol::quiz::content::{Body, Choice};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

const HEAD: [&str; 8] = [
    "",
    "Question - max 120 characters",
    "Answer 1 - max 75 characters",
    "Answer 2 - max 75 characters",
    "Answer 3 - max 75 characters",
    "Answer 4 - max 75 characters",
    "Time limit (sec) – 5, 10, 20, 30, 60, 90, 120, or 240 secs",
    "Correct answer(s) - choose at least one",
];

/// The template: instructions, the head in row 8, questions from row 9.
fn template(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(1, 1, "Quiz template").unwrap();
    for (column, head) in (0..).zip(HEAD) {
        sheet.write_string(7, column, head).unwrap();
    }
    fill(sheet);
    workbook.save_to_buffer().unwrap()
}

fn write(sheet: &mut Worksheet, row: u32, cells: [&str; 7]) {
    sheet.write_number(row, 0, row - 7).unwrap();
    for (column, cell) in (1..).zip(cells) {
        sheet.write_string(row, column, cell).unwrap();
    }
}

fn texts(body: &Body) -> Vec<(&str, bool)> {
    match body {
        Body::SingleChoice { options } | Body::MultipleChoice { options, .. } => {
            options.iter().map(|Choice { text, correct, .. }| (text.as_str(), *correct)).collect()
        }
        _ => panic!("no choice"),
    }
}

/// An archive with these parts.
fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn code(bytes: &[u8]) -> Option<&'static str> {
    read(bytes, Keyless::Refuse).err().map(|refused| refused.code)
}

#[test]
fn the_template_is_read_and_a_wrong_row_is_listed() {
    let book = template(|sheet| {
        write(sheet, 8, ["Capital of Norway?", "Oslo", "Bergen", "", "", "20", "1"]);
        write(sheet, 9, ["Even?", "2", "3", "4", "5", "25", "1,3"]);
        write(sheet, 10, ["Fourth?", "a", "b", "c", "", "20", "4"]);
        write(sheet, 12, ["Last?", "a", "b", "", "", "", "2"]);
    });
    let read = read(&book, Keyless::Refuse).unwrap();
    assert_eq!(read.questions.iter().map(|found| found.line).collect::<Vec<_>>(), [9, 10, 13]);
    assert_eq!(texts(&read.questions[0].question.body), [("Oslo", true), ("Bergen", false)]);
    assert_eq!(texts(&read.questions[1].question.body), [("2", true), ("3", false), ("4", true), ("5", false)]);
    assert_eq!(read.questions[1].question.limit_ms, Some(25_000));
    assert_eq!(read.errors.iter().map(|e| (e.line, e.code)).collect::<Vec<_>>(), [(11, "key_without_answer")]);
}

#[test]
fn numbers_dates_and_formulas_are_what_they_show() {
    let book = template(|sheet| {
        write(sheet, 8, ["Which?", "", "", "", "", "", ""]);
        let date = Format::new().set_num_format("dd.mm.yyyy");
        sheet.write_number(8, 2, 3).unwrap();
        sheet.write_datetime_with_format(8, 3, ExcelDateTime::from_ymd(1969, 7, 20).unwrap(), &date).unwrap();
        sheet.write_number(8, 4, 0.1 + 0.2).unwrap();
        sheet.write_formula(8, 5, rust_xlsxwriter::Formula::new("=1+1").set_result("two")).unwrap();
        sheet.write_number(8, 6, 30).unwrap();
        sheet.write_number(8, 7, 1.3).unwrap();
    });
    let read = read(&book, Keyless::Refuse).unwrap();
    assert_eq!(texts(&read.questions[0].question.body), [("3", true), ("1969-07-20", false), ("0.3", true), ("two", false)]);
    assert_eq!(read.questions[0].question.limit_ms, Some(30_000));
}

#[test]
fn the_sheet_with_the_questions_need_not_be_the_first() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write_string(0, 0, "Read me").unwrap();
    let sheet = workbook.add_worksheet();
    for (column, (head, cell)) in (0..).zip([("Question", "q"), ("Answer 1", "a"), ("Answer 2", "b"), ("Correct", "2")]) {
        sheet.write_string(0, column, head).unwrap().write_string(1, column, cell).unwrap();
    }
    let book = workbook.save_to_buffer().unwrap();
    assert_eq!(texts(&read(&book, Keyless::Refuse).unwrap().questions[0].question.body), [("a", false), ("b", true)]);
}

#[test]
fn a_cell_in_the_last_row_and_column_costs_nothing() {
    let book = template(|sheet| {
        write(sheet, 8, ["q", "a", "b", "", "", "20", "1"]);
        sheet.write_string(1_048_575, 16_383, "far").unwrap();
        sheet.write_string(1_048_575, 1, "far").unwrap();
    });
    let read = read(&book, Keyless::Refuse).unwrap();
    assert_eq!((read.questions.len(), read.errors[0].line), (1, 1_048_576));
}

#[test]
fn a_bomb_is_refused_by_what_it_unpacks_to() {
    let zeros = vec![b' '; 21_000_000];
    let mut bomb = packed(&[("xl/workbook.xml", b"<workbook/>"), ("xl/a.xml", &zeros)]);
    assert!(bomb.len() < 100_000);
    assert_eq!(code(&bomb), Some("too_large"));
    // The heads of the part say that it is small.
    let size = 21_000_000_u32.to_le_bytes();
    for at in 0..bomb.len() - 4 {
        if bomb[at..at + 4] == size {
            bomb[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
    }
    assert!(matches!(code(&bomb), Some("too_large" | "not_xlsx")));
    let many: Vec<String> = (0..501).map(|n| format!("{n}.xml")).collect();
    assert_eq!(code(&packed(&many.iter().map(|name| (name.as_str(), &b""[..])).collect::<Vec<_>>())), Some("too_large"));
    assert_eq!(code(&vec![0; MAX_PACKED_BYTES + 1]), Some("too_large"));
}

#[test]
fn a_file_with_entities_is_refused() {
    let entity = br#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><workbook>&e;</workbook>"#;
    assert_eq!(code(&packed(&[("xl/workbook.xml", entity)])), Some("entities"));
    let wide: Vec<u8> = entity.iter().flat_map(|byte| [*byte, 0]).collect();
    assert_eq!(code(&packed(&[("xl/sharedStrings.xml", &wide)])), Some("entities"));
    assert_eq!(code(&packed(&[("a.xml", b"<<!DOCTYPE")])), Some("entities"));
}

#[test]
fn what_is_no_workbook_is_refused() {
    for bytes in [&b""[..], b"PK", b"Question,Answer 1", &packed(&[]), &packed(&[("a.txt", b"hello")])] {
        assert_eq!(code(bytes), Some("not_xlsx"));
    }
    let book = template(|_| {});
    assert_eq!(code(&book[..book.len() / 2]), Some("not_xlsx"));
}
