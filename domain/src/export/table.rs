//! A report as sheets of typed cells: what is in it is said once, how it is written is the business of its writers.

/// A report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportTable {
    /// In their order.
    pub sheets: Vec<Sheet>,
}

/// One sheet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// What it is called; a workbook shows at most 31 characters of it.
    pub name: String,
    /// The names of the columns.
    pub header: Vec<String>,
    /// As many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// An empty sheet.
    #[must_use]
    pub fn new(name: &str, header: &[&str]) -> Self {
        Self { name: name.to_owned(), header: header.iter().map(|&name| name.to_owned()).collect(), rows: Vec::new() }
    }
}

/// One cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Cell {
    /// Nothing: not asked, not known.
    #[default]
    Empty,
    /// A text, whatever it looks like.
    Text(String),
    /// A whole number: points, a rank, milliseconds.
    Whole(i64),
    /// Another number: a share, a mean. One that is not finite is written as nothing.
    Number(f64),
    /// Yes or no.
    Yes(bool),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Whole(number.into())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(yes: bool) -> Self {
        Self::Yes(yes)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(some: Option<T>) -> Self {
        some.map_or(Self::Empty, Into::into)
    }
}
