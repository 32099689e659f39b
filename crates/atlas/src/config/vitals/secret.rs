//! Secrets in files of their own, and addresses told without theirs. No message carries what such a file holds.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use url::Url;

use super::reading::Reading;
use super::{SettingOrigin, is_of_vitals};

/// A file that is longer holds no secret.
const LIMIT_BYTES: u64 = 16_384;

/// Where paths of the configuration begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// That of the configuration file.
    pub(super) fn of(file: Option<&Path>) -> Self {
        Self(file.and_then(Path::parent).unwrap_or(Path::new("")).to_owned())
    }

    /// A path that is written in the configuration.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        self.0.join(text)
    }

    /// The secret in a file, without the line break at its end; or what is wrong with the setting that names it.
    pub(super) fn secret(&self, text: &str) -> Result<String, String> {
        let path = self.path(text);
        read(&path).map_err(|problem| format!("names `{}`, which {problem}", path.display()))
    }

    /// The secret of an entry that may have one. `Err` when it has one that cannot be had.
    pub(super) fn secret_of(&self, reading: &mut Reading<'_>) -> Result<Option<String>, ()> {
        if !reading.has("secret_file") {
            let _ = reading.written("secret_file"); // it could be set
            return Ok(None);
        }
        let path = reading.text("secret_file").ok_or(())?;
        let secret = self.secret(path);
        secret
            .map(Some)
            .map_err(|what| reading.mistake("secret_file", what))
    }
}

/// The files of secrets, among what is set, that everybody on this machine may read. That is told and not refused:
/// where a container's secrets are mounted nobody can choose their mode.
pub(super) fn open_to_everybody(origins: &[SettingOrigin], folder: &Folder) -> Vec<PathBuf> {
    let names_a_secret = |setting: &&SettingOrigin| {
        is_of_vitals(&setting.key)
            && (setting.key.ends_with("secret_file") || setting.key.ends_with("url_file"))
            && !setting.value.is_empty()
    };
    let paths = origins
        .iter()
        .filter(names_a_secret)
        .map(|setting| folder.path(&setting.value));
    let is_open = |path: &PathBuf| {
        std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
    };
    paths.filter(is_open).collect()
}

fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("is no regular file".to_owned());
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LIMIT_BYTES)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    if secret.chars().any(char::is_control) {
        return Err("holds more than one line; the secret alone belongs there".to_owned());
    }
    Ok(secret.to_owned())
}

/// An address whose path may be a secret, such as that of a webhook: of it only the host is told.
pub(super) fn host_alone(text: &str) -> String {
    let Ok(url) = Url::parse(text) else {
        return "…".to_owned();
    };
    let user = if url.username().is_empty() { "" } else { "…@" };
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let rest = if url.path().len() > 1 || url.query().is_some() {
        "/…"
    } else {
        ""
    };
    format!("{}://{user}{host}{port}{rest}", url.scheme())
}

/// An address that is asked: its query may be a secret.
pub(super) fn without_query(text: &str) -> String {
    let Ok(url) = Url::parse(text) else {
        return "…".to_owned();
    };
    let query = if url.query().is_some() { "?…" } else { "" };
    format!("{}{query}", atlas_domain::url::bare(&url))
}

/// An address of the web. What is wrong is told without it.
pub(super) fn web_url(text: &str) -> Result<Url, String> {
    let wrong = || {
        "must be an address of the web, like https://host.example/path, without user name and password"
            .to_owned()
    };
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    atlas_domain::url::check_web_url(&url).map_err(|_| wrong())?;
    Ok(url)
}

/// The same of an address that is the content of a file.
pub(super) fn web_url_in_file(content: &str) -> Result<Url, String> {
    web_url(content).map_err(|what| format!("names a file whose content {what}"))
}
