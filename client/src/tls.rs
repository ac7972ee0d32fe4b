//! Whose word a server's certificate may rest on: the public authorities, and those that [`trust`] adds.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::Error;

/// The authorities of this process beside the public ones.
static OWN: RwLock<Vec<CertificateDer<'static>>> = RwLock::new(Vec::new());

/// Believes the certificates in this file of PEM, too: those of a house's own authority. Holds for every
/// sign-in of this process from now on.
///
/// # Errors
/// If the file cannot be read or holds no certificate.
pub fn trust(file: &Path) -> Result<(), Error> {
    let unfit = |why: String| Error::Certificates(file.display().to_string(), why);
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| unfit(error.to_string()))?;
    if found.is_empty() {
        return Err(unfit("no certificate in it".to_owned()));
    }
    let mut roots = RootCertStore::empty();
    for certificate in &found {
        roots.add(certificate.clone()).map_err(|error| unfit(error.to_string()))?;
    }
    OWN.write().unwrap_or_else(PoisonError::into_inner).extend(found);
    Ok(())
}

/// How to speak TLS from now on.
#[must_use]
pub fn config() -> Arc<ClientConfig> {
    // One provider a process; if somebody has named one, that is it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner).clone();
    // Each was taken by a store before.
    roots.add_parsable_certificates(own);
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_named() {
        for file in ["/nowhere/ca.pem", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")] {
            let refused = trust(Path::new(file)).unwrap_err().to_string();
            assert!(refused.contains(file), "{refused}");
        }
    }
}
