//! The keys as they are used, and the files where local mode keeps the ones it made for itself.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use thiserror::Error;

use super::ConfigError;
use super::secrets::{Secrets, decode};

/// The files in the data directory, and the keys in each. A key of a later version has a file of its own: what an
/// earlier one has made stays as it is.
const FILES: [(&str, &[&str]); 2] = [
    ("keys.toml", &["access_key", "refresh_key", "email_key", "email_index_key", "fingerprint_key", "csrf_key"]),
    ("keys-audit.toml", &["audit_key"]),
];

/// Why the keys of local mode cannot be used.
#[derive(Debug, Error)]
pub enum KeysError {
    /// Cannot be read or written.
    #[error("The keys in {path} cannot be read or written: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read it.
    #[error("Others on this machine can read the keys in {0}. Run: chmod 600 {0}")]
    Open(PathBuf),
    /// It does not hold the keys.
    #[error("The file {path} does not hold the keys of this server: {reason}")]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// 32 secret bytes.
pub struct Key(SecretBox<[u8; 32]>);

impl Key {
    /// Takes the bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// The bytes, for the one call that needs them.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}

/// A key that can be changed: what is made now is made with `current`, what was made before is still
/// understood with `previous`.
#[derive(Debug)]
pub struct Ring {
    /// Makes.
    pub current: Key,
    /// Still understands.
    pub previous: Option<Key>,
}

impl Ring {
    /// Both, the current one first.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

/// Every key of the server.
#[derive(Debug)]
pub struct Keys {
    /// Signs access tokens.
    pub access: Ring,
    /// Makes refresh tokens.
    pub refresh: Ring,
    /// Encrypts addresses of mail.
    pub email: Ring,
    /// Finds an account by its address of mail.
    pub email_index: Key,
    /// Compares a write with an earlier one.
    pub fingerprint: Key,
    /// Binds the CSRF token to its cookie.
    pub csrf: Key,
    /// Seals the audit trail.
    pub audit: Key,
}

impl Keys {
    pub(super) fn from_secrets(secrets: &Secrets) -> Result<Self, ConfigError> {
        let missing = secrets.missing();
        let take = |key: &Option<SecretString>| key.as_ref().and_then(decode).map(Key::new);
        let needed = |key: &Option<SecretString>| take(key).ok_or_else(|| ConfigError::Refused(missing.clone()));
        Ok(Self {
            access: Ring { current: needed(&secrets.access_key)?, previous: take(&secrets.access_key_previous) },
            refresh: Ring { current: needed(&secrets.refresh_key)?, previous: take(&secrets.refresh_key_previous) },
            email: Ring { current: needed(&secrets.email_key)?, previous: take(&secrets.email_key_previous) },
            email_index: needed(&secrets.email_index_key)?,
            fingerprint: needed(&secrets.fingerprint_key)?,
            csrf: needed(&secrets.csrf_key)?,
            audit: needed(&secrets.audit_key)?,
        })
    }
}

/// Fills in what is not given from the files, each of which is made on the first start that needs it, readable
/// by its owner only, and whole or not at all: two first starts at once end with the same keys.
pub(super) fn complete(given: Secrets, data_dir: &Path) -> Result<Secrets, KeysError> {
    FILES.iter().try_fold(given, |given, (name, keys)| {
        let path = data_dir.join(name);
        if !path.exists() {
            make(data_dir, &path, keys).map_err(|source| KeysError::Io { path: path.clone(), source })?;
        }
        Ok(given.or(read(&path, keys)?))
    })
}

/// As [`complete`], where the server has been before: makes nothing.
pub(super) fn found(given: Secrets, data_dir: &Path) -> Result<Secrets, KeysError> {
    FILES.iter().try_fold(given, |given, (name, keys)| Ok(given.or(read(&data_dir.join(name), keys)?)))
}

fn read(path: &Path, keys: &[&str]) -> Result<Secrets, KeysError> {
    let at = |source| KeysError::Io { path: path.to_owned(), source };
    let mode = std::fs::metadata(path).map_err(at)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeysError::Open(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(at)?;
    let unfit = |reason: String| KeysError::Unfit { path: path.to_owned(), reason };
    // toml's own message would quote the line, and with it a key.
    let kept: Secrets = toml::from_str(&text).map_err(|_| unfit("it is not TOML with the known names".to_owned()))?;
    match kept.missing_of(keys).into_iter().chain(kept.faults()).next() {
        Some(fault) => Err(unfit(fault)),
        None => Ok(kept),
    }
}

fn make(data_dir: &Path, path: &Path, keys: &[&str]) -> io::Result<()> {
    crate::startup::private_directory(data_dir)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = data_dir.join(format!(".{name}.{}", std::process::id()));
    let written = write_draft(&draft, keys).and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    std::fs::remove_file(&draft).ok();
    written?;
    File::open(data_dir)?.sync_all()
}

fn write_draft(draft: &Path, keys: &[&str]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft)?;
    writeln!(
        file,
        "# Keys of this server, made by itself. Whoever has them can read the addresses of mail, sign in as anybody and\n\
         # rewrite the audit trail. Keep them with the database: without them its accounts cannot be used."
    )?;
    for name in keys {
        writeln!(file, "{name} = \"{}\"", STANDARD.encode(crate::crypto::random::<32>()))?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_the_first_start_are_the_keys_of_the_second() {
        let dir = tempfile::tempdir().unwrap();
        let first = complete(Secrets::default(), dir.path()).unwrap();
        let second = complete(Secrets::default(), dir.path()).unwrap();
        let exposed = |secrets: &Secrets| secrets.named().map(|(_, key)| key.as_ref().map(|k| k.expose_secret().to_owned()));
        assert_eq!(exposed(&first), exposed(&second));
        assert!(first.missing().is_empty() && first.faults().is_empty());
    }

    #[test]
    fn the_keys_of_an_earlier_version_stay_and_the_new_ones_are_made_beside_them() {
        let dir = tempfile::tempdir().unwrap();
        complete(Secrets::default(), dir.path()).unwrap();
        let earlier = std::fs::read_to_string(dir.path().join(FILES[0].0)).unwrap();
        std::fs::remove_file(dir.path().join(FILES[1].0)).unwrap();
        assert!(found(Secrets::default(), dir.path()).is_err());
        assert!(complete(Secrets::default(), dir.path()).unwrap().missing().is_empty());
        assert!(found(Secrets::default(), dir.path()).unwrap().missing().is_empty());
        assert_eq!(std::fs::read_to_string(dir.path().join(FILES[0].0)).unwrap(), earlier);
    }

    #[test]
    fn only_the_owner_can_read_them() {
        for (name, _) in FILES {
            let dir = tempfile::tempdir().unwrap();
            complete(Secrets::default(), dir.path()).unwrap();
            let path = dir.path().join(name);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(complete(Secrets::default(), dir.path()), Err(KeysError::Open(_))));
        }
    }

    #[test]
    fn a_broken_file_is_not_replaced_and_not_quoted() {
        let dir = tempfile::tempdir().unwrap();
        complete(Secrets::default(), dir.path()).unwrap();
        let path = dir.path().join(FILES[0].0);
        std::fs::write(&path, "access_key = c2VjcmV0").unwrap();
        let refused = complete(Secrets::default(), dir.path()).unwrap_err().to_string();
        assert!(refused.contains("keys.toml") && !refused.contains("c2VjcmV0"), "{refused}");
    }

    #[test]
    fn a_key_is_not_printed() {
        assert_eq!(format!("{:?}", Key::new([7; 32])), "Key([redacted])");
    }
}
