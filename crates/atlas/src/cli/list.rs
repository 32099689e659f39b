//! `atlas list`: saved items, the newest first, a page at a time.

use atlas_domain::ItemState;
use atlas_store::{ItemPage, UnreadableItem};
use clap::Args;

use super::items::name_of;
use super::output::Output;
use super::routes;
use super::text::{Look, table};
use super::words::words;
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas list\n  \
    atlas list --state quarantined\n  \
    atlas list --tag bread --jsonl | jq -r .url\n  \
    atlas list --trashed";

/// `atlas list`
#[derive(Debug, Clone, Default, Args)]
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
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Go on where another page ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Print one line of JSON an item
    #[arg(long, conflicts_with = "json")]
    jsonl: bool,
}

pub(super) async fn run(args: &ListArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let parameters = [
        ("state", args.state.map(|state| state.to_string())),
        ("tag", args.tag.clone()),
        ("trashed", args.trashed.then(|| "true".to_owned())),
        ("limit", Some(args.limit.to_string())),
        ("after", args.after.clone()),
    ];
    let page: ItemPage = client.get(&routes::with_query(routes::ITEMS, parameters)).await?;
    if args.jsonl {
        for item in &page.items {
            output.record(item)?;
        }
    } else {
        output.answer(&page, |look| render(&page, look))?;
    }
    if !output.is_json() {
        output.say(&summary(&page));
    }
    Ok(report_unreadable(&page.unreadable, output))
}

/// Names the items that cannot be read, which makes the answer a part of what was asked for.
pub(super) fn report_unreadable(unreadable: &[UnreadableItem], output: &Output) -> Exit {
    for UnreadableItem { id, problem } in unreadable {
        output.problem(&format!("item {id} is left out: {problem}"));
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
    table(["ID", "STATE", "SAVED", "TITLE"], &rows, look)
}

fn summary(page: &ItemPage) -> String {
    let shown = page.items.len();
    let total = page.total.unwrap_or(shown as u64); // the list is always asked for with its total
    match &page.next {
        _ if total == 0 => "no items".to_owned(),
        Some(next) => format!("{shown} of {total}; more with --after {next}"),
        None => format!("{shown} of {total}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures;

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
    fn an_item_is_its_id_state_time_and_title_or_address() {
        insta::assert_snapshot!(render(&page(), Look { colour: false }), @"
        ID                                    STATE      SAVED                 TITLE
        00000000-0000-0000-0000-000000000001  stored     2026-01-01T00:00:00Z  Rye bread #baking #bread
        00000000-0000-0000-0000-000000000002  link_only  2026-01-01T00:00:00Z  https://example.com/2 #baking #bread
        ");
    }

    #[test]
    fn the_summary_says_where_to_go_on() {
        assert_eq!(summary(&page()), "2 of 12; more with --after 41");
        assert_eq!(summary(&ItemPage { next: None, ..page() }), "2 of 12");
        assert_eq!(
            summary(&ItemPage {
                items: Vec::new(),
                total: Some(0),
                next: None,
                ..page()
            }),
            "no items"
        );
    }
}
