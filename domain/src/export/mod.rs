//! What goes out of the house as a file: values in, bytes out.
//!
//! - [`gift`]: questions for Moodle, and back again
//! - [`json`]: a quiz as it is, in our own format; a report as data
//! - [`table`]: a report as sheets of typed cells; [`csv`] and [`xlsx`] write it. No text in it is ever a formula

pub mod csv;
pub mod gift;
pub mod json;
pub mod table;
pub mod xlsx;

pub use self::table::{Cell, ReportTable, Sheet};
