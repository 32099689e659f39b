//! A throw-away certificate for this machine, and the files that both sides read.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// For `localhost`, by an authority of its own.
pub(crate) struct Certificate(TempDir);

impl Certificate {
    pub(crate) fn of_this_machine() -> Self {
        let (authority_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let signed = CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let certificate = Self(tempfile::tempdir().unwrap());
        fs::write(certificate.authority(), pem("CERTIFICATE", own.der())).unwrap();
        fs::write(certificate.chain(), pem("CERTIFICATE", signed.der())).unwrap();
        fs::write(certificate.key(), pem("PRIVATE KEY", &key.serialize_der())).unwrap();
        certificate
    }

    /// Whoever trusts this trusts the certificate.
    pub(crate) fn authority(&self) -> String {
        self.file("authority.pem")
    }

    pub(crate) fn chain(&self) -> String {
        self.file("chain.pem")
    }

    pub(crate) fn key(&self) -> String {
        self.file("key.pem")
    }

    /// A file that only its owner reads.
    pub(crate) fn secret(&self, text: &str) -> String {
        let path = self.file("secret");
        fs::write(&path, format!("{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}

fn pem(what: &str, bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let lines = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    format!(
        "-----BEGIN {what}-----\n{}\n-----END {what}-----\n",
        lines.join("\n")
    )
}
