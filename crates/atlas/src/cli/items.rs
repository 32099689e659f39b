//! `atlas rm`, `atlas restore` and `atlas tag`: the owner's word on items.

use atlas_app::views::TagRequest;
use atlas_domain::Item;
use clap::Args;
use serde::Serialize;

use super::output::Output;
use super::routes;
use super::several::for_each;
use super::text::{lines, one_line};
use super::words::name;
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const REMOVE_EXAMPLES: &str = "Examples:\n  \
    atlas rm 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b\n  \
    atlas rm https://example.com/article\n\n\
    What is in the trash can be taken out with atlas restore.";

pub(super) const RESTORE_EXAMPLES: &str = "Examples:\n  \
    atlas list --trashed\n  \
    atlas restore https://example.com/article";

pub(super) const TAG_EXAMPLES: &str = "Examples:\n  \
    atlas tag https://example.com/article +bread -todo\n  \
    atlas tag https://example.com/article --add bread --remove todo\n\n\
    What is an option is no tag to remove: for a tag `q` write --remove q.";

/// `atlas rm` and `atlas restore`
#[derive(Debug, Clone, Args)]
pub(crate) struct ItemsArgs {
    /// Items, by id or address
    #[arg(value_name = "ID|URL", required = true, value_parser = name)]
    pub(super) items: Vec<String>,
}

/// `atlas tag`
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TagArgs {
    /// The item, by id or address
    #[arg(value_name = "ID|URL", value_parser = name)]
    item: String,
    /// Tags to add (`+bread`) and to remove (`-todo`)
    #[arg(value_name = "+TAG|-TAG", allow_hyphen_values = true)]
    pub(super) changes: Vec<String>,
    /// A tag to add; may be repeated
    #[arg(long, value_name = "TAG", allow_hyphen_values = true)]
    pub(super) add: Vec<String>,
    /// A tag to remove; may be repeated
    #[arg(long, value_name = "TAG", allow_hyphen_values = true)]
    remove: Vec<String>,
}

/// Several items, as they are now.
#[derive(Serialize)]
pub(super) struct Items {
    pub(super) items: Vec<Item>,
}

pub(super) async fn remove(args: &ItemsArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let work = async |name: &str| client.delete(&routes::item(name)).await;
    let (items, exit) = for_each(&args.items, output, work).await?;
    let items = Items { items };
    output.answer(&items, |_| render("trashed", &items.items))?;
    if !items.items.is_empty() && !output.is_json() {
        output.say("atlas restore takes them out of the trash again");
    }
    Ok(exit)
}

pub(super) async fn restore(args: &ItemsArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let work = async |name: &str| client.post(&format!("{}/restore", routes::item(name)), &()).await;
    let (items, exit) = for_each(&args.items, output, work).await?;
    let items = Items { items };
    output.answer(&items, |_| render("restored", &items.items))?;
    Ok(exit)
}

pub(super) async fn tag(args: &TagArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let request = tag_request(args)?;
    let item: Item = client
        .post(&format!("{}/tags", routes::item(&args.item)), &request)
        .await?;
    output.answer(&item, |_| {
        let tags = if item.tags.is_empty() {
            "no tags".to_owned()
        } else {
            item.tags.join(", ")
        };
        format!("{}  {}\n", item.id, one_line(&tags))
    })?;
    Ok(Exit::Ok)
}

/// One line an item: what was done, its id, its name.
pub(super) fn render(done: &str, items: &[Item]) -> String {
    let line = |item: &Item| format!("{done}  {}  {}", item.id, name_of(item));
    lines(items.iter().map(line))
}

/// Its title, or its address as long as it has none. Safe for a terminal.
pub(super) fn name_of(item: &Item) -> String {
    match item.title.as_deref().map(one_line) {
        Some(title) if !title.is_empty() => title,
        _ => one_line(&item.url),
    }
}

fn tag_request(args: &TagArgs) -> Result<TagRequest, CliError> {
    let mut request = TagRequest {
        add: args.add.clone(),
        remove: args.remove.clone(),
    };
    for change in &args.changes {
        match (change.strip_prefix('+'), change.strip_prefix('-')) {
            (Some(tag), _) => request.add.push(tag.to_owned()),
            (_, Some(tag)) if !tag.starts_with('-') => request.remove.push(tag.to_owned()),
            _ => {
                let message = format!("`{change}` is neither +TAG nor -TAG, nor an option of this command");
                return Err(CliError::new(Exit::Usage, message));
            }
        }
    }
    if request.add.is_empty() && request.remove.is_empty() {
        return Err(CliError::new(
            Exit::Usage,
            "say which tags to change: +TAG adds one, -TAG removes one",
        ));
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use atlas_domain::ItemState;
    use axum::Router;
    use axum::extract::{Json, Path};
    use axum::http::StatusCode;
    use axum::routing::delete;

    use super::*;
    use crate::cli::fixtures;
    use crate::cli::output::tests::captured;

    fn changes(changes: &[&str]) -> TagArgs {
        TagArgs {
            changes: changes.iter().map(|change| (*change).to_owned()).collect(),
            ..TagArgs::default()
        }
    }

    #[test]
    fn plus_adds_a_tag_and_minus_removes_one() {
        let args = TagArgs {
            add: vec!["x".to_owned()],
            ..changes(&["+bread", "-to-do"])
        };
        let request = tag_request(&args).unwrap();
        assert_eq!(
            (request.add, request.remove),
            (vec!["x".to_owned(), "bread".to_owned()], vec!["to-do".to_owned()])
        );
    }

    #[test]
    fn refuses_what_is_no_change_of_tags() {
        for wrong in [&["bread"][..], &["+bread", "--json"], &[]] {
            assert_eq!(
                tag_request(&changes(wrong)).unwrap_err().exit,
                Exit::Usage,
                "{wrong:?}"
            );
        }
    }

    #[tokio::test]
    async fn removes_what_is_there_and_reports_what_is_not() {
        let answer = async |Path(name): Path<String>| {
            if name == "https://example.com/1?a=b" {
                return Ok(Json(fixtures::item(1, ItemState::Stored)));
            }
            let problem = serde_json::json!({ "code": "not_found", "detail": "there is no such item" });
            Err((StatusCode::NOT_FOUND, Json(problem)))
        };
        let client =
            Client::InProcess(Router::new().route(&format!("{}/{{name}}", routes::ITEMS), delete(answer)));
        let (output, data, talk) = captured(false);
        let items = ["https://example.com/1?a=b", ".."].map(str::to_owned).to_vec();
        assert_eq!(
            remove(&ItemsArgs { items }, &client, &output).await.unwrap(),
            Exit::Partial
        );
        assert_eq!(
            data.text(),
            "trashed  00000000-0000-0000-0000-000000000001  Rye bread\n"
        );
        assert!(
            talk.text().starts_with("atlas: ..: there is no such item\n"),
            "{}",
            talk.text()
        );
    }
}
