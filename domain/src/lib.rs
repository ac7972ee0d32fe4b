//! The rules of AllThrive: pure functions over values. No I/O, no clock of its own, no runtime.
//!
//! Imports [`allthrive_protocol`] and nothing else of the house.
//!
//! - [`time`]: the two units of time
//! - [`rate`]: how often is too often
//! - [`names`]: what a username, a title, an e-mail address, a message text may be
//! - [`text`]: what is found by its words, and what an address is made of
//! - [`unit`]: what can be asked of a room, as values
//! - [`quiz`]: what a quiz may be, how it is frozen, graded, scored and ranked
//! - [`entry`]: what a room's log holds
//! - [`import`], [`export`]: questions out of files, and quizzes and reports into them
//! - [`samples`]: quizzes to begin with
//! - [`room`]: who may do what; the one function that turns a unit into log entries
//!
//! *A new thing a room can do*: a variant in [`unit::Deed`], its arm in [`room::admit`] with a unit
//! test, a variant in [`entry::Payload`] if it leaves a new kind of trace.

pub mod entry;
pub mod export;
pub mod import;
pub mod names;
pub mod quiz;
pub mod rate;
pub mod room;
pub mod samples;
pub mod text;
pub mod time;
pub mod unit;
