//! Stories of the server, told over HTTP: each test has its own server, its own database, its own data directory.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod attempts;
mod conversations;
mod first_run;
mod fold;
mod helpers;
mod live;
mod order;
mod pages;
mod people;
mod process;
mod quiz_files;
mod quizzes;
mod safety;
mod socket;
mod talk;
