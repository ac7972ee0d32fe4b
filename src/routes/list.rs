//! Lists, page by page. A cursor is opaque to clients: it says where the page before ended.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::Problem;

/// Rows of a page, unless told.
const USUAL: u32 = 50;

/// Most rows of a page.
const MOST: u32 = 100;

/// What stands before the values in a cursor, so that another version's is noticed.
const VERSION: &str = "1:";

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 100, 50 unless told.
    limit: Option<u32>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// For the next page; `null` if this is the last.
    pub next_cursor: Option<String>,
}

impl Part {
    /// Where to begin, and how many rows.
    ///
    /// # Errors
    /// Says which of the two does not fit.
    pub fn read<C: FromStr>(&self) -> Result<(Option<C>, u32), Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        if limit == 0 || limit > MOST {
            return Err(Problem::bad_request(format!("`limit` is 1 to {MOST}.")));
        }
        let cursor = self.cursor.as_deref().map(|text| decode(text).ok_or_else(|| Problem::bad_request("`cursor` is not one of ours.")));
        Ok((cursor.transpose()?, limit))
    }
}

impl<T> Page<T> {
    /// From one row more than the page has: if it is there, there is a next page.
    pub fn of<R, C: Display>(mut rows: Vec<R>, limit: u32, cursor: impl Fn(&R) -> C, row: impl Fn(R) -> T) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| encode(&cursor(last)));
        Self { items: rows.into_iter().map(row).collect(), next_cursor }
    }
}

fn encode(cursor: &impl Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION}{cursor}"))
}

fn decode<C: FromStr>(text: &str) -> Option<C> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    text.strip_prefix(VERSION)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use allthrive_store::Cursor;
    use uuid::Uuid;

    use super::*;

    fn cursor(at: &i64) -> Cursor {
        Cursor { at: *at, id: Uuid::from_u128(7) }
    }

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        assert_eq!(decode(&encode(&cursor(&-5))), Some(cursor(&-5)));
        assert_eq!(decode::<Cursor>(&URL_SAFE_NO_PAD.encode("2:5_x")), None);
        assert_eq!(decode::<Cursor>("%"), None);
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let page = Page::of(vec![1, 2, 3], 2, cursor, |n| n);
        assert_eq!((page.items, page.next_cursor.is_some()), (vec![1, 2], true));
        let page = Page::of(vec![1, 2], 2, cursor, |n| n);
        assert_eq!((page.items, page.next_cursor), (vec![1, 2], None));
    }
}
