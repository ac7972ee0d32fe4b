//! Files of questions: GIFT, CSV, workbooks, our own format. The first byte says which; what was taken is fit to keep, and
//! goes out as GIFT and comes back whole.

#![no_main]

use std::io::{Cursor, Write};

use allthrive_domain::export;
use allthrive_domain::import::{self, Imported, Keyless, MAX_ROWS};
use libfuzzer_sys::fuzz_target;
use zip::{ZipWriter, write::SimpleFileOptions};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, file)) = bytes.split_first() else { return };
    let read = match kind % 5 {
        0 => import::gift::read(file),
        1 => import::csv::read(file, Keyless::Survey),
        2 => import::xlsx::read(file, Keyless::Refuse),
        3 => import::xlsx::read(&workbook(file), Keyless::Refuse),
        _ => import::json::read(file).map(|read| read.questions),
    };
    if let Ok(read) = read {
        check(read);
    }
});

/// A sheet of these bytes in a workbook that is well made otherwise: chance makes no archive.
fn workbook(sheet: &[u8]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/a.xml"/></Relationships>"#;
    let book = r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="a"/></sheets></workbook>"#;
    let parts =
        [("xl/workbook.xml", book.as_bytes()), ("xl/_rels/workbook.xml.rels", relations.as_bytes()), ("xl/worksheets/a.xml", sheet)];
    for (name, part) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(part).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn check(read: Imported) {
    assert!(read.questions.len() <= MAX_ROWS);
    let questions = read.into_questions();
    let texts = serde_json::to_string(&questions).unwrap();
    assert!(!texts.contains("\\u0000"));
    let written = export::gift::write("T", &questions);
    if let Ok(again) = import::gift::read(written.text.as_bytes()) {
        assert_eq!(again.into_questions(), questions, "{}", written.text);
    }
}
