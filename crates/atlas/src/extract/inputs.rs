//! Where pages to extract come from: files (also gzipped), folders of them, addresses, standard input.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use atlas_domain::{BlobHash, Entropy, FetchRequest, Fetcher, ItemId, Snapshot, SnapshotId};

use crate::error::{CliError, Exit};

/// Of a file, at most this much is read, before and after decompression.
const MAX_BYTES: u64 = 64 << 20;

/// Something to extract.
pub(super) enum Input {
    File {
        path: PathBuf,
        id: String,
        url: Option<String>,
    },
    Address(String),
    Stdin {
        url: Option<String>,
    },
}

/// A page that has been read.
pub(super) struct Page {
    pub(super) id: String,
    pub(super) url: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) bytes: Vec<u8>,
    /// How it was fetched, if it was.
    pub(super) snapshot: Option<Snapshot>,
}

/// A page that could not be read.
pub(super) struct Unread {
    pub(super) id: String,
    /// Stable code.
    pub(super) code: &'static str,
    pub(super) error: CliError,
}

/// One line of the file that names the addresses of files.
#[derive(serde::Deserialize)]
struct NamedAddress {
    id: String,
    url: Option<String>,
}

/// Everything the arguments name. `urls` is a file of JSON Lines with `id` and `url`.
pub(super) fn collect(
    arguments: &[PathBuf],
    url: Option<&str>,
    urls: Option<&Path>,
) -> Result<Vec<Input>, CliError> {
    let addresses = urls.map_or_else(|| Ok(HashMap::new()), read_addresses)?;
    let mut inputs = Vec::new();
    for argument in arguments {
        let (path, text) = (argument.as_path(), argument.to_string_lossy());
        if text == "-" {
            inputs.push(Input::Stdin {
                url: url.map(str::to_owned),
            });
        } else if path.is_dir() {
            inputs.extend(
                pages_in(path)?
                    .into_iter()
                    .map(|path| file(path, None, &addresses)),
            );
        } else if path.is_file() {
            inputs.push(file(path.to_owned(), url, &addresses));
        } else if text.starts_with("http://") || text.starts_with("https://") {
            inputs.push(Input::Address(text.into_owned()));
        } else {
            let message = format!("`{text}` is no file, no folder, and no address with http:// or https://");
            return Err(CliError::new(Exit::Usage, message));
        }
    }
    Ok(inputs)
}

fn file(path: PathBuf, url: Option<&str>, addresses: &HashMap<String, String>) -> Input {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let id = [".gz", ".html", ".htm", ".xhtml"]
        .iter()
        .fold(name.as_str(), |name, end| name.strip_suffix(end).unwrap_or(name));
    let url = url.map(str::to_owned).or_else(|| addresses.get(id).cloned());
    Input::File {
        id: id.to_owned(),
        url,
        path,
    }
}

fn pages_in(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))? {
        let path = entry?.path();
        let name = path.to_string_lossy().to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        if [".html", ".htm", ".xhtml"].iter().any(|end| name.ends_with(end)) && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(CliError::new(
            Exit::Usage,
            format!("{} holds no .html or .html.gz files", folder.display()),
        ));
    }
    Ok(paths)
}

fn read_addresses(path: &Path) -> Result<HashMap<String, String>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
    let mut addresses = HashMap::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let named: NamedAddress = serde_json::from_str(line).map_err(|error| {
            CliError::new(
                Exit::Usage,
                format!(
                    "{}:{}: no JSON object with id and url: {error}",
                    path.display(),
                    index + 1
                ),
            )
        })?;
        addresses.extend(named.url.map(|url| (named.id, url)));
    }
    Ok(addresses)
}

impl Input {
    pub(super) fn is_address(&self) -> bool {
        matches!(self, Self::Address(_))
    }

    pub(super) async fn read(self, fetcher: Option<&dyn Fetcher>) -> Result<Page, Unread> {
        match self {
            Self::File { path, id, url } => match read_file(&path) {
                Ok(bytes) => Ok(given(id, url, bytes)),
                Err(error) => Err(unreadable(id, cannot_read(&path, &error))),
            },
            Self::Stdin { url } => {
                let (id, mut bytes) = ("-".to_owned(), Vec::new());
                match std::io::stdin().take(MAX_BYTES).read_to_end(&mut bytes) {
                    Ok(_) => Ok(given(id, url, bytes)),
                    Err(error) => Err(unreadable(id, error.into())),
                }
            }
            Self::Address(address) => fetch(address, fetcher).await,
        }
    }
}

fn given(id: String, url: Option<String>, bytes: Vec<u8>) -> Page {
    Page {
        id,
        url,
        content_type: None,
        bytes,
        snapshot: None,
    }
}

fn unreadable(id: String, error: CliError) -> Unread {
    Unread {
        id,
        code: "unreadable",
        error,
    }
}

fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|end| end == "gz") {
        flate2::read::MultiGzDecoder::new(file)
            .take(MAX_BYTES)
            .read_to_end(&mut bytes)?;
    } else {
        file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

async fn fetch(address: String, fetcher: Option<&dyn Fetcher>) -> Result<Page, Unread> {
    let unread = |code: &'static str, exit: Exit, message: String| Unread {
        id: address.clone(),
        code,
        error: CliError::new(exit, message),
    };
    let url = atlas_domain::url::parse_web_url(&address)
        .map_err(|error| unread("invalid_url", Exit::Usage, error.to_string()))?;
    let Some(fetcher) = fetcher else {
        let message = format!("{address} cannot be fetched here");
        return Err(unread("unreadable", Exit::Failure, message));
    };
    let page = fetcher
        .fetch(&FetchRequest {
            url,
            given_html: None,
        })
        .await
        .map_err(|error| unread(error.fault.as_str(), Exit::Failure, error.message))?;
    // Nothing is stored, so nothing will ever ask for these by name.
    let entropy = Entropy::seeded(0);
    let snapshot = Snapshot {
        id: SnapshotId::generate(page.fetched_at, &entropy),
        item_id: ItemId::generate(page.fetched_at, &entropy),
        body_hash: Some(BlobHash([0; 32])),
        size_bytes: page.body.len() as u64,
        url: page.url.to_string(),
        final_url: page.final_url.to_string(),
        status: page.status,
        content_type: page.header("content-type").map(str::to_owned),
        headers: page.headers.clone(),
        strategy: page.strategy,
        steps: page.steps.clone(),
        fetched_at: page.fetched_at,
    };
    Ok(Page {
        id: address,
        url: Some(snapshot.final_url.clone()),
        content_type: snapshot.content_type.clone(),
        bytes: page.body,
        snapshot: Some(snapshot),
    })
}

fn cannot_read(path: &Path, error: &std::io::Error) -> CliError {
    CliError::new(
        Exit::Failure,
        format!("{} cannot be read: {error}", path.display()),
    )
}
