//! `atlas list`: saved items, the newest first.

use atlas_domain::ItemState;
use atlas_store::{ItemPage, UnreadableItem, VaultPage};
use clap::Args;

use super::items::name_of;
use super::output::Output;
use super::pages::{PageArgs, summary};
use super::routes;
use super::table::{spare, table, text, whole};
use super::text::{Look, one_line};
use super::words::words;
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas list\n  \
    atlas list --state quarantined\n  \
    atlas list --tag bread --jsonl | jq -r .url\n  \
    atlas list --all --json | jq -r '.items[].id'\n  \
    atlas list --trashed\n  \
    atlas list --deleted";

/// The largest page that the route gives.
const LARGEST_PAGE: u32 = 500;

/// `atlas list`
#[derive(Debug, Clone, Args)]
pub(crate) struct ListArgs {
    /// Only in this state
    #[arg(long, value_name = "STATE", value_parser = words(ItemState::ALL, ItemState::as_str))]
    state: Option<ItemState>,
    /// Only with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// The trash instead of the library
    #[arg(long)]
    trashed: bool,
    /// What was deleted from the trash, and can still be restored by its id
    #[arg(long, conflicts_with_all = ["state", "tag", "trashed", "jsonl"])]
    deleted: bool,
    #[command(flatten)]
    page: PageArgs,
    /// Print one line of JSON an item
    #[arg(long, conflicts_with = "json")]
    jsonl: bool,
}

pub(super) async fn run(args: &ListArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    if args.deleted {
        return list_deleted(args, client, output).await;
    }
    let ask = async |limit: u32, after: Option<String>| {
        let parameters = [
            ("state", args.state.map(|state| state.to_string())),
            ("tag", args.tag.clone()),
            ("trashed", args.trashed.then(|| "true".to_owned())),
            ("limit", Some(limit.to_string())),
            ("after", after),
        ];
        client.get(&routes::with_query(routes::ITEMS, parameters)).await
    };
    let page: ItemPage = args.page.read(LARGEST_PAGE, ask).await?;
    if args.jsonl {
        for item in &page.items {
            output.record(item)?;
        }
    } else {
        output.answer(&page, |look| render(&page, look))?;
    }
    if !output.is_json() {
        // The list is always asked for with its total.
        output.say(&match page.total.unwrap_or(page.items.len() as u64) {
            0 => "no items".to_owned(),
            total => summary(&page, total),
        });
    }
    Ok(report_unreadable(&page.unreadable, output))
}

async fn list_deleted(args: &ListArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let ask = async |limit: u32, after: Option<String>| {
        let parameters = [("limit", Some(limit.to_string())), ("after", after)];
        client.get(&routes::with_query(routes::VAULT, parameters)).await
    };
    let page: VaultPage = args.page.read(LARGEST_PAGE, ask).await?;
    output.answer(&page, |look| render_deleted(&page, look))?;
    if !output.is_json() {
        output.say(match (&page.next, page.items.is_empty()) {
            (Some(_), _) => "there are more: --all",
            (None, true) => "nothing was deleted that could be restored",
            (None, false) => "atlas restore ID puts one back",
        });
    }
    Ok(Exit::Ok)
}

fn render_deleted(page: &VaultPage, look: Look) -> String {
    if page.items.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|item| {
            let name = item.title.as_deref().unwrap_or(&item.url);
            [item.id.to_string(), item.deleted_at.to_string(), one_line(name)]
        })
        .collect();
    table([whole("ID"), spare("DELETED"), text("TITLE")], &rows, look)
}

/// Names the items that cannot be read, which makes the answer a part of what was asked for.
pub(super) fn report_unreadable(unreadable: &[UnreadableItem], output: &Output) -> Exit {
    for UnreadableItem { id, problem } in unreadable {
        let name = id.map_or("without a readable id".to_owned(), |id| id.to_string());
        output.problem(&format!("item {name} is left out: {problem}"));
    }
    if unreadable.is_empty() {
        Exit::Ok
    } else {
        Exit::Partial
    }
}

fn render(page: &ItemPage, look: Look) -> String {
    if page.items.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|item| {
            let tags = item.tags.iter().map(|tag| format!("#{tag}"));
            let title: Vec<String> = std::iter::once(name_of(item)).chain(tags).collect();
            [
                item.id.to_string(),
                item.state.to_string(),
                item.saved_at.to_string(),
                title.join(" "),
            ]
        })
        .collect();
    table(
        [whole("ID"), whole("STATE"), spare("SAVED"), text("TITLE")],
        &rows,
        look,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures;
    use crate::cli::output::tests::captured;

    fn page() -> ItemPage {
        ItemPage {
            items: vec![
                fixtures::item(1, ItemState::Stored),
                fixtures::untitled(2, ItemState::LinkOnly),
            ],
            unreadable: Vec::new(),
            total: Some(12),
            next: Some("41".to_owned()),
        }
    }

    #[test]
    fn an_item_that_cannot_be_read_is_named_even_without_its_id() {
        let unreadable = |id| UnreadableItem {
            id,
            problem: "its row is torn".to_owned(),
        };
        let (output, _, talk) = captured(false);
        let items = [
            unreadable(Some(fixtures::item(1, ItemState::Stored).id)),
            unreadable(None),
        ];
        assert_eq!(report_unreadable(&items, &output), Exit::Partial);
        assert_eq!(
            talk.text(),
            "atlas: item 00000000-0000-0000-0000-000000000001 is left out: its row is torn\n\
             atlas: item without a readable id is left out: its row is torn\n"
        );
    }

    #[test]
    fn an_item_is_its_id_state_time_and_title_or_address() {
        insta::assert_snapshot!(render(&page(), Look::PLAIN), @"
        ID                                    STATE      SAVED                 TITLE
        00000000-0000-0000-0000-000000000001  stored     2026-01-01T00:00:00Z  Rye bread #baking #bread
        00000000-0000-0000-0000-000000000002  link_only  2026-01-01T00:00:00Z  https://example.com/2 #baking #bread
        ");
    }
}
