//! `atlas export`: writes every item outside the trash out, as Markdown with front matter or as JSON Lines.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use atlas_app::views::{ExportPage, ItemView};
use atlas_store::UnreadableItem;
use clap::{Args, ValueEnum};
use tempfile::NamedTempFile;

use super::list::report_unreadable;
use super::output::{Output, as_json_line};
use super::routes;
use super::text::{block, counted};
use crate::client::Client;
use crate::error::{CliError, Exit};

mod markdown;

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas export markdown --to notes/\n  \
    atlas export jsonl > library.jsonl\n  \
    atlas export jsonl | jq -r .url";

/// `atlas export`
#[derive(Debug, Clone, Args)]
pub(crate) struct ExportArgs {
    /// As what
    format: Format,
    /// A directory to write to, made if need be: a file an item for Markdown, `library.jsonl` for JSON Lines
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// As what to write the library out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Content as Markdown, with front matter
    Markdown,
    /// Everything about each item as one line of JSON
    Jsonl,
}

pub(super) async fn run(args: &ExportArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let mut destination = Destination::open(args, output)?;
    // A bar on the terminal would run through the data.
    let progress = args.to.as_ref().map(|_| output.progress(None));
    let (mut exported, mut unreadable, mut after) = (0, BTreeSet::new(), None);
    loop {
        let page: ExportPage = client
            .get(&routes::with_query(routes::EXPORT, [("after", after)]))
            .await?;
        for view in &page.items {
            destination.put(view)?;
        }
        exported += page.items.len() as u64;
        unreadable.extend(page.unreadable);
        if let Some(progress) = &progress {
            progress.advance(page.items.len() as u64);
        }
        after = page.next;
        if after.is_none() || output.is_closed() {
            break;
        }
    }
    destination.finish()?;
    drop(progress);
    output.say(&format!("{} exported", counted(exported, "item")));
    let unreadable: Vec<UnreadableItem> = unreadable.into_iter().collect();
    Ok(report_unreadable(&unreadable, output))
}

/// Where exported items go. A file has its name only when it is whole, so that an export that fails leaves the one
/// before it alone.
enum Destination<'a> {
    MarkdownData(&'a Output),
    JsonlData(&'a Output),
    MarkdownFiles(PathBuf),
    JsonlFile(PathBuf, BufWriter<NamedTempFile>),
}

impl<'a> Destination<'a> {
    fn open(args: &ExportArgs, output: &'a Output) -> Result<Self, CliError> {
        if let Some(dir) = &args.to {
            std::fs::create_dir_all(dir).map_err(|error| {
                let problem = format!("cannot write to the directory {}: {error}", dir.display());
                CliError::new(Exit::Failure, format!("{problem}; choose another with --to DIR"))
            })?;
        }
        Ok(match (args.format, &args.to) {
            (Format::Markdown, None) => Self::MarkdownData(output),
            (Format::Jsonl, None) => Self::JsonlData(output),
            (Format::Markdown, Some(dir)) => Self::MarkdownFiles(dir.clone()),
            (Format::Jsonl, Some(dir)) => {
                let path = dir.join("library.jsonl");
                let file = beside(&path)?;
                Self::JsonlFile(path, BufWriter::new(file))
            }
        })
    }

    fn put(&mut self, view: &ItemView) -> Result<(), CliError> {
        match self {
            Self::MarkdownData(output) => {
                let text = markdown::render(view);
                let shown = if output.is_terminal() { block(&text) } else { text };
                output.print(&format!("{shown}\n"))
            }
            Self::JsonlData(output) => output.record(view),
            Self::MarkdownFiles(dir) => {
                let path = dir.join(markdown::file_name(view));
                let mut file = beside(&path)?;
                file.write_all(markdown::render(view).as_bytes())
                    .map_err(|error| unwritable(&path, &error))?;
                put_in_place(file, &path)
            }
            Self::JsonlFile(path, file) => {
                let line = as_json_line(view)?;
                writeln!(file, "{line}").map_err(|error| unwritable(path, &error))
            }
        }
    }

    fn finish(self) -> Result<(), CliError> {
        match self {
            Self::JsonlFile(path, file) => {
                let file = file
                    .into_inner()
                    .map_err(|error| unwritable(&path, error.error()))?;
                file.as_file()
                    .sync_all()
                    .map_err(|error| unwritable(&path, &error))?;
                put_in_place(file, &path)
            }
            Self::MarkdownData(_) | Self::JsonlData(_) | Self::MarkdownFiles(_) => Ok(()),
        }
    }
}

/// A file in the same directory, which vanishes unless it is put in its place.
fn beside(path: &Path) -> Result<NamedTempFile, CliError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".atlas-export-")
        .permissions(Permissions::from_mode(0o666)) // less what the umask takes, as for any other file
        .tempfile_in(directory)
        .map_err(|error| unwritable(path, &error))
}

fn put_in_place(file: NamedTempFile, path: &Path) -> Result<(), CliError> {
    file.persist(path)
        .map(drop)
        .map_err(|error| unwritable(path, &error.error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::new(Exit::Failure, format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use axum::Router;
    use axum::extract::{Json, Query};
    use axum::routing::get;

    use super::*;
    use crate::cli::fixtures;
    use crate::cli::output::tests::captured;

    /// Two pages of one item.
    fn library() -> Client {
        let answer = async |Query(query): Query<HashMap<String, String>>| match query.get("after") {
            None => Json(ExportPage {
                items: vec![fixtures::view()],
                unreadable: Vec::new(),
                next: Some("1".to_owned()),
            }),
            Some(after) => {
                assert_eq!(after, "1");
                Json(ExportPage {
                    items: vec![fixtures::quarantined_view()],
                    unreadable: Vec::new(),
                    next: None,
                })
            }
        };
        Client::InProcess(Router::new().route(routes::EXPORT, get(answer)))
    }

    #[tokio::test]
    async fn json_lines_hold_every_item_of_every_page() {
        let (output, data, talk) = captured(false);
        let args = ExportArgs {
            format: Format::Jsonl,
            to: None,
        };
        assert_eq!(run(&args, &library(), &output).await.unwrap(), Exit::Ok);
        let views: Vec<ItemView> = data
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let urls: Vec<&str> = views.iter().map(|view| view.item.url.as_str()).collect();
        assert_eq!(urls, ["https://example.com/1", "https://example.com/2"]);
        assert_eq!(talk.text(), "2 items exported\n");
    }

    #[tokio::test]
    async fn a_directory_gets_the_same_as_standard_output() {
        let dir = tempfile::tempdir().unwrap();
        let (output, data, _) = captured(false);
        for to in [None, Some(dir.path().join("new"))] {
            run(
                &ExportArgs {
                    format: Format::Jsonl,
                    to,
                },
                &library(),
                &output,
            )
            .await
            .unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(dir.path().join("new/library.jsonl")).unwrap(),
            data.text()
        );
    }

    #[tokio::test]
    async fn markdown_makes_a_file_an_item() {
        let dir = tempfile::tempdir().unwrap();
        let (output, data, _) = captured(false);
        let args = ExportArgs {
            format: Format::Markdown,
            to: Some(dir.path().to_owned()),
        };
        run(&args, &library(), &output).await.unwrap();
        run(&args, &library(), &output).await.unwrap(); // again: the same files
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
        assert_eq!(data.text(), "");
        let view = fixtures::view();
        let written = std::fs::read_to_string(dir.path().join(markdown::file_name(&view))).unwrap();
        assert_eq!(written, markdown::render(&view));
    }

    /// One page, and then nothing more.
    fn library_that_breaks_off() -> Client {
        let answer = async |Query(query): Query<HashMap<String, String>>| {
            if query.contains_key("after") {
                return Err(http::StatusCode::INTERNAL_SERVER_ERROR);
            }
            Ok(Json(ExportPage {
                items: vec![fixtures::view()],
                unreadable: Vec::new(),
                next: Some("1".to_owned()),
            }))
        };
        Client::InProcess(Router::new().route(routes::EXPORT, get(answer)))
    }

    #[tokio::test]
    async fn an_export_that_fails_leaves_the_last_one_whole_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (output, _, _) = captured(false);
        let args = ExportArgs {
            format: Format::Jsonl,
            to: Some(dir.path().to_owned()),
        };
        run(&args, &library(), &output).await.unwrap();
        let file = dir.path().join("library.jsonl");
        let whole = std::fs::read_to_string(&file).unwrap();
        run(&args, &library_that_breaks_off(), &output).await.unwrap_err();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), whole);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn an_item_that_two_pages_call_unreadable_is_named_once() {
        let answer = async |Query(query): Query<HashMap<String, String>>| {
            let unreadable = |id, problem: &str| UnreadableItem {
                id,
                problem: problem.to_owned(),
            };
            Json(ExportPage {
                items: Vec::new(),
                unreadable: vec![
                    unreadable(Some(fixtures::view().item.id), "its tags are torn"),
                    unreadable(None, "its id is torn (row 5)"),
                    unreadable(None, "its id is torn (row 4)"),
                ],
                next: (!query.contains_key("after")).then(|| "1".to_owned()),
            })
        };
        let client = Client::InProcess(Router::new().route(routes::EXPORT, get(answer)));
        let (output, _, talk) = captured(false);
        let args = ExportArgs {
            format: Format::Jsonl,
            to: None,
        };
        assert_eq!(run(&args, &client, &output).await.unwrap(), Exit::Partial);
        assert_eq!(talk.text().matches("its tags are torn").count(), 1);
        assert_eq!(talk.text().matches("its id is torn").count(), 2, "of one each");
    }
}
