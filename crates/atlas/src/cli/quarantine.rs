//! `atlas quarantine`: suspected junk with the reasons against it, and the owner's decision.

use atlas_app::views::ItemView;
use atlas_domain::Item;
use atlas_store::QuarantinePage;
use clap::{Args, Subcommand};

use super::Access;
use super::items::{self, Items, ItemsArgs, name_of};
use super::list::report_unreadable;
use super::output::Output;
use super::pages::{PageArgs, summary};
use super::routes;
use super::several::for_each;
use super::show::reasons;
use super::table::{table, text, whole};
use super::text::{Look, explained, facts, indented};
use super::words::name;
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas quarantine ls\n  \
    atlas quarantine ls --all --json | jq -r '.items[].item.url'\n  \
    atlas quarantine explain https://example.com/article\n  \
    atlas quarantine keep https://example.com/article\n  \
    atlas quarantine drop https://example.com/missing";

/// The largest page that the route gives.
const LARGEST_PAGE: u32 = 500;

/// `atlas quarantine`
#[derive(Debug, Clone, Args)]
pub(crate) struct QuarantineArgs {
    #[command(subcommand)]
    pub(super) command: QuarantineCommand,
}

/// What to do about suspected junk.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum QuarantineCommand {
    /// List what is in quarantine, the newest first
    Ls(PageArgs),
    /// Tell what speaks for and against an item
    Explain {
        /// The item, by id or address
        #[arg(value_name = "ID|URL", value_parser = name)]
        item: String,
    },
    /// Say that items are content: they are processed again, whatever the gate thinks of them
    Keep(ItemsArgs),
    /// Say that items are junk: the links stay
    Drop(ItemsArgs),
}

impl QuarantineCommand {
    pub(super) fn access(&self) -> Access {
        match self {
            Self::Ls(_) | Self::Explain { .. } => Access::Read,
            Self::Keep(_) => Access::Work,
            Self::Drop(_) => Access::Write,
        }
    }
}

pub(super) async fn run(args: &QuarantineArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    match &args.command {
        QuarantineCommand::Ls(args) => list(args, client, output).await,
        QuarantineCommand::Explain { item } => explain(item, client, output).await,
        QuarantineCommand::Keep(args) => {
            let exit = decide("keep", "kept", args, client, output).await?;
            if matches!(exit, Exit::Ok | Exit::Partial) && !output.is_json() {
                // A page without any text stays where it is, whatever the owner says of it.
                output.say(
                    "processed again from the stored bytes; atlas show ITEM --why tells what came of it",
                );
            }
            Ok(exit)
        }
        QuarantineCommand::Drop(args) => decide("drop", "dropped", args, client, output).await,
    }
}

async fn list(args: &PageArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let ask = async |limit: u32, after: Option<String>| {
        let parameters = [("limit", Some(limit.to_string())), ("after", after)];
        client
            .get(&routes::with_query(routes::QUARANTINE, parameters))
            .await
    };
    let list: QuarantinePage = args.read(LARGEST_PAGE, ask).await?;
    output.answer(&list, |look| render(&list, look))?;
    if !output.is_json() {
        output.say(&match list.total {
            0 => "nothing is in quarantine".to_owned(),
            total => format!(
                "{}; atlas quarantine explain tells more about each",
                summary(&list, total)
            ),
        });
    }
    Ok(report_unreadable(&list.unreadable, output))
}

async fn explain(item: &str, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let view: ItemView = client.get(&routes::item(item)).await?;
    output.answer(&view, |look| render_explanation(&view, look))?;
    Ok(Exit::Ok)
}

async fn decide(
    verb: &str,
    done: &str,
    args: &ItemsArgs,
    client: &Client,
    output: &Output,
) -> Result<Exit, CliError> {
    let work = async |name: &str| -> Result<Item, CliError> {
        client
            .post(
                &format!("{}/{verb}", routes::under(routes::QUARANTINE, name)),
                &(),
            )
            .await
    };
    let (items, exit) = for_each(&args.items, output, work).await?;
    let items = Items { items };
    output.answer(&items, |_| items::render(done, &items.items))?;
    Ok(exit)
}

/// One row an item, with the reason that weighs most.
fn render(list: &QuarantinePage, look: Look) -> String {
    if list.items.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = list
        .items
        .iter()
        .map(|quarantined| {
            let verdict = &quarantined.judgement.verdict;
            let because = verdict.reasons.iter().find(|reason| reason.class.is_some());
            let because = because.map_or(String::new(), |reason| {
                format!("{}: {}", reason.code, reason.evidence)
            });
            let class = verdict
                .class
                .map_or(quarantined.item.reason.as_str(), |class| class.as_str());
            [
                quarantined.item.id.to_string(),
                class.to_owned(),
                because,
                name_of(&quarantined.item),
            ]
        })
        .collect();
    table(
        [whole("ID"), whole("SUSPECTED"), text("BECAUSE"), text("TITLE")],
        &rows,
        look,
    )
}

fn render_explanation(view: &ItemView, look: Look) -> String {
    let item = &view.item;
    let head = facts(&[
        ("Address", item.url.clone()),
        (
            "State",
            explained(item.state.as_str(), &item.reason, &item.message),
        ),
        ("Id", item.id.to_string()),
    ]);
    let verdict = match &view.why.judgement {
        Some(judgement) => indented(&reasons(judgement, look)),
        None => "  not judged yet\n".to_owned(),
    };
    format!(
        "{}\n\n{head}\n{}\n{verdict}",
        look.bold(&name_of(item)),
        look.bold("Verdict")
    )
}

#[cfg(test)]
mod tests {
    use atlas_store::Quarantined;

    use super::*;
    use crate::cli::fixtures;

    const PLAIN: Look = Look::PLAIN;

    #[test]
    fn the_list_gives_the_heaviest_reason_against_each_item() {
        let view = fixtures::quarantined_view();
        let quarantined = Quarantined {
            item: view.item,
            judgement: view.why.judgement.unwrap(),
        };
        let list = QuarantinePage {
            items: vec![quarantined],
            unreadable: Vec::new(),
            total: 1,
            next: None,
        };
        insta::assert_snapshot!(render(&list, PLAIN), @r#"
        ID                                    SUSPECTED  BECAUSE                                 TITLE
        00000000-0000-0000-0000-000000000002  soft_404   title_says_not_found: "Page not found"  https://example.com/2
        "#);
    }

    #[test]
    fn an_explanation_names_every_reason_with_its_weight() {
        let shown = render_explanation(&fixtures::quarantined_view(), PLAIN);
        assert!(
            shown.contains("+1.10   soft_404  title_says_not_found  \"Page not found\""),
            "{shown}"
        );
        assert!(
            shown.contains("-0.25   content   many_words            312 words"),
            "{shown}"
        );
    }
}
