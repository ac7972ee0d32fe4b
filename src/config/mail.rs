//! `[mail]`: where mail goes. This version writes each one as a readable file.

use std::path::PathBuf;

use serde::Deserialize;

/// `[mail]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Where mail is written; without it `mail` in `server.data_dir`.
    pub directory: Option<PathBuf>,
}
