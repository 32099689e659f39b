//! What `atlas add` is given: addresses, lists of them, and the page that belongs to an address. Judges no
//! address; that is for the routes.

use std::path::Path;

use atlas_app::views::{AddItem, MAX_HTML_BYTES};
use atlas_domain::url::{UrlError, parse_web_url};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::AddArgs;
use crate::cli::input::{read_bytes, read_text};
use crate::error::{CliError, Exit};

/// Longest list of addresses: about a million of them.
const MAX_LIST_BYTES: u64 = 100_000_000;

/// Everything that is to be saved.
pub(super) struct Inputs {
    pub(super) urls: Vec<String>,
    tags: Vec<String>,
    html_base64: Option<String>,
}

impl Inputs {
    /// What is sent for some of the addresses.
    pub(super) fn items(&self, urls: &[String]) -> Vec<AddItem> {
        let item = |url: &String| AddItem {
            url: url.clone(),
            tags: self.tags.clone(),
            html: None,
            html_base64: self.html_base64.clone(),
        };
        urls.iter().map(item).collect()
    }
}

pub(super) async fn read(args: &AddArgs) -> Result<Inputs, CliError> {
    let mut urls = Vec::new();
    for input in &args.inputs {
        if is_list(input) {
            urls.extend(addresses(&read_text(Path::new(input), MAX_LIST_BYTES).await?));
        } else if is_directory(input) {
            let message = format!(
                "`{input}` is a directory; give the lists of addresses in it by their names, or a saved page with \
                 --html FILE URL; a host is written with https:// before it"
            );
            return Err(CliError::new(Exit::Usage, message));
        } else if looks_like_path(input) {
            let message = format!("there is no file `{input}` with addresses in it");
            return Err(CliError::new(Exit::Usage, message));
        } else if let Err(UrlError::NoHost(_)) = parse_web_url(input) {
            let message = format!(
                "`{input}` is neither a file that is there nor an address on the web; if it is a host all the same, \
                 say so: http://{input}"
            );
            return Err(CliError::new(Exit::Usage, message));
        } else {
            urls.push(input.clone());
        }
    }
    if urls.is_empty() {
        return Err(CliError::new(
            Exit::Usage,
            "there is no address in what was given",
        ));
    }
    let html_base64 = match &args.html {
        Some(_) if urls.len() != 1 => {
            let message = format!(
                "--html is the page of exactly one address; there are {}",
                urls.len()
            );
            return Err(CliError::new(Exit::Usage, message));
        }
        Some(file) => Some(page(file).await?),
        None => None,
    };
    Ok(Inputs {
        urls,
        tags: args.tags.clone(),
        html_base64,
    })
}

/// The bytes of a page as they are: whoever extracts them finds their charset.
async fn page(file: &Path) -> Result<String, CliError> {
    let bytes = read_bytes(file, MAX_HTML_BYTES as u64).await?;
    if bytes.trim_ascii().is_empty() {
        let message = format!("{} is empty: there is no page to save", file.display());
        return Err(CliError::new(Exit::Usage, message));
    }
    Ok(STANDARD.encode(bytes))
}

/// `-`, or whatever can be read that is no directory: a file, or what the shell makes of `<(command)`.
fn is_list(input: &str) -> bool {
    let readable = |path: &Path| path.metadata().is_ok_and(|metadata| !metadata.is_dir());
    input == "-" || (!input.contains("://") && readable(Path::new(input)))
}

fn is_directory(input: &str) -> bool {
    !input.contains("://") && Path::new(input).is_dir()
}

/// No address begins like this; a mistyped file name does.
fn looks_like_path(input: &str) -> bool {
    ["/", "./", "../", "~"]
        .iter()
        .any(|beginning| input.starts_with(beginning))
}

/// The addresses in a list: one a line, without comments and empty lines.
fn addresses(list: &str) -> Vec<String> {
    // Lists that were put together from several files have the mark of each in the middle.
    list.lines()
        .map(|line| line.trim().trim_start_matches('\u{feff}').trim_start())
        .map(|line| without_comment(line).trim_end())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A `#` within an address names a part of its page; one at the beginning or after a space begins a comment.
fn without_comment(line: &str) -> &str {
    let is_space_before = |place: usize| line[..place].chars().next_back().is_none_or(char::is_whitespace);
    let comment = line.match_indices('#').find(|(place, _)| is_space_before(*place));
    comment.map_or(line, |(place, _)| &line[..place])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(inputs: &[&str]) -> AddArgs {
        AddArgs {
            inputs: inputs.iter().map(|input| (*input).to_owned()).collect(),
            ..AddArgs::default()
        }
    }

    #[test]
    fn reads_one_address_a_line_and_skips_comments() {
        let list = "\u{feff}https://a.example/\r\n\n  # a comment\n\u{feff}https://b.example/#part  \n";
        assert_eq!(addresses(list), ["https://a.example/", "https://b.example/#part"]);
    }

    #[tokio::test]
    async fn a_mistyped_file_name_or_a_lone_word_is_no_address() {
        for input in ["adresses.txt", "Export.JSON", "notes.md", "example"] {
            let error = read(&args(&[input])).await.err().unwrap();
            assert_eq!(error.exit, Exit::Usage);
            assert!(error.message.contains(&format!("http://{input}")), "{error}");
        }
        let hosts = [
            "example.com",
            "localhost",
            "example:8080",
            "example.com/a.txt",
            "http://example",
            "[::1]",
        ];
        assert_eq!(read(&args(&hosts)).await.unwrap().urls, hosts);
    }

    #[test]
    fn what_follows_a_space_and_a_hash_is_a_comment() {
        let list = "https://a.example/ # read this\nhttps://b.example/\t#later\nhttps://c.example/#part\n";
        assert_eq!(
            addresses(list),
            [
                "https://a.example/",
                "https://b.example/",
                "https://c.example/#part"
            ]
        );
    }

    #[tokio::test]
    async fn a_directory_is_neither_a_list_nor_an_address() {
        let dir = tempfile::tempdir().unwrap();
        for input in [".", "..", "src", dir.path().to_str().unwrap()] {
            let error = read(&args(&[input])).await.err().unwrap();
            assert_eq!(error.exit, Exit::Usage);
            assert!(error.message.contains("is a directory"), "{error}");
        }
    }

    #[tokio::test]
    async fn takes_addresses_from_a_file_and_from_the_command_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("list.txt");
        std::fs::write(&file, "https://a.example/\nhttps://b.example/\n").unwrap();
        let taken = read(&args(&[file.to_str().unwrap(), "c.example/no-such-file"])).await;
        assert_eq!(
            taken.unwrap().urls,
            [
                "https://a.example/",
                "https://b.example/",
                "c.example/no-such-file"
            ]
        );
    }

    #[tokio::test]
    async fn html_belongs_to_exactly_one_address() {
        let two = AddArgs {
            html: Some("page.html".into()),
            ..args(&["https://a.example", "https://b.example"])
        };
        assert_eq!(read(&two).await.err().unwrap().exit, Exit::Usage);
    }

    #[tokio::test]
    async fn a_page_in_any_charset_is_sent_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("latin.html");
        std::fs::write(&file, b"<meta charset=latin1>caf\xe9").unwrap();
        let given = AddArgs {
            html: Some(file),
            ..args(&["https://a.example/"])
        };
        let inputs = read(&given).await.unwrap();
        let sent = inputs.items(&inputs.urls)[0].html_base64.clone().unwrap();
        assert_eq!(STANDARD.decode(sent).unwrap(), b"<meta charset=latin1>caf\xe9");
    }

    #[tokio::test]
    async fn a_page_that_is_too_long_is_refused_with_the_limit() {
        let given = AddArgs {
            html: Some("/dev/zero".into()),
            ..args(&["https://a.example/"])
        };
        let error = read(&given).await.err().unwrap();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.message.contains("16000000 bytes"), "{error}");
    }
}
