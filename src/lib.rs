//! The server of AllThrive: its REST surface and its wiring. No rule of a room stands here; those are in
//! `allthrive_domain`, what is kept in `allthrive_store`, who is alive in `allthrive_actors`.
//!
//! - [`config`]: the settings; [`startup`]: from settings to a running server and back
//! - [`state`]: what every handler has at hand
//! - [`routes`]: the one list of routes, a file per resource
//! - [`auth`]: passwords, tokens, cookies, CSRF, and the extractors that guard a handler
//! - [`mail`], [`pages`], [`rooms`]: mail as files, the web client, the way into a room
//! - [`error`]: problems; [`telemetry`]: the log and request ids; [`headers`]: what every answer carries
//! - [`open_files`]: as many as the system permits
//! - [`crypto`], [`origin`], [`peer`], [`ids`]: small shared pieces
//!
//! *A new endpoint*: a function in `routes/x.rs`, its line in `routes/mod.rs`, a story in `tests/api`.

pub mod auth;
pub mod cli;
pub mod config;
pub mod crypto;
pub mod error;
pub mod first_run;
pub mod headers;
pub mod ids;
pub mod mail;
pub mod open_files;
pub mod origin;
pub mod pages;
pub mod peer;
pub mod rooms;
pub mod routes;
pub mod startup;
pub mod state;
pub mod telemetry;
