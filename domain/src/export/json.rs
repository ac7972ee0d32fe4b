//! Our own formats: a quiz as it is, and a report as data.

use allthrive_protocol::quiz::Quiz;
use serde_json::{Map, Value, json};

use super::{Cell, ReportTable};
use crate::import::json::FORMAT;

/// The quiz, as [`crate::import::json::read`] reads it.
#[must_use]
pub fn write(quiz: &Quiz) -> Vec<u8> {
    let file = json!({ "format": FORMAT, "quiz": quiz });
    serde_json::to_vec_pretty(&file).expect("a quiz is plain data")
}

/// The report: `{"sheets":[{"name":…,"rows":[{column: value}]}]}`. What is empty is null. A column whose name stood before
/// it is called by its place, too.
#[must_use]
pub fn table(report: &ReportTable) -> Vec<u8> {
    let sheets = report.sheets.iter().map(|sheet| {
        let rows = sheet.rows.iter().map(|row| {
            let mut object = Map::new();
            for (n, name) in sheet.header.iter().enumerate() {
                let key = if object.contains_key(name) { format!("{name} {}", n + 1) } else { name.clone() };
                object.insert(key, row.get(n).map_or(Value::Null, value));
            }
            Value::Object(object)
        });
        json!({ "name": sheet.name, "columns": sheet.header, "rows": rows.collect::<Vec<_>>() })
    });
    serde_json::to_vec(&json!({ "sheets": sheets.collect::<Vec<_>>() })).expect("a report is plain data")
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => text.as_str().into(),
        Cell::Whole(number) => (*number).into(),
        // What is not finite is null.
        Cell::Number(number) => (*number).into(),
        Cell::Yes(yes) => (*yes).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Sheet;

    #[test]
    fn a_report_is_rows_of_named_values() {
        let mut sheet = Sheet::new("Players", &["Name", "Points", "Share", "Share"]);
        sheet.rows.push(vec!["=Ana".into(), 5_i64.into(), f64::NAN.into(), 0.5.into()]);
        sheet.rows.push(vec![Cell::Empty, true.into()]);
        let written: Value = serde_json::from_slice(&table(&ReportTable { sheets: vec![sheet] })).unwrap();
        let wanted = json!({"sheets":[{"name":"Players","columns":["Name","Points","Share","Share"],"rows":[
            {"Name":"=Ana","Points":5,"Share":null,"Share 4":0.5},
            {"Name":null,"Points":true,"Share":null,"Share 4":null},
        ]}]});
        assert_eq!(written, wanted);
    }
}
