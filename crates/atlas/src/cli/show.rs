//! `atlas show`: one item with its content and, on request, why it is what it is.

use atlas_app::views::ItemView;
use atlas_domain::{Document, Strategy};
use clap::Args;

use super::items::name_of;
use super::output::Output;
use super::routes;
use super::text::{Look, block, explained, facts};
use super::words::name;
use crate::client::Client;
use crate::error::{CliError, Exit};

mod why;

pub(super) use why::{reasons, tries};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas show https://example.com/article\n  \
    atlas show 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b --why\n  \
    atlas show https://example.com/article --markdown > article.md\n  \
    atlas show https://example.com/article --json | jq .document.article.authors";

/// `atlas show`
#[derive(Debug, Clone, Args)]
pub(crate) struct ShowArgs {
    /// The item, by id or address
    #[arg(value_name = "ID|URL", value_parser = name)]
    item: String,
    /// Tell why it is what it is, instead of its content
    #[arg(long, conflicts_with = "Form")]
    why: bool,
    #[command(flatten)]
    form: Form,
}

/// Only the content, in one of its forms.
#[derive(Debug, Clone, Copy, Default, Args)]
#[group(id = "Form", multiple = false, conflicts_with = "json")]
struct Form {
    /// Print only the content, as sanitised HTML
    #[arg(long)]
    html: bool,
    /// Print only the content, as plain text
    #[arg(long)]
    text: bool,
    /// Print only the content, as Markdown
    #[arg(long)]
    markdown: bool,
}

pub(super) async fn run(args: &ShowArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let view: ItemView = client.get(&routes::item(&args.item)).await?;
    if args.form.html || args.form.text || args.form.markdown {
        output.print(&block(args.form.of(&view)?))?;
    } else {
        output.answer(&view, |look| {
            if args.why {
                why::render(&view, look)
            } else {
                render(&view, look)
            }
        })?;
    }
    Ok(Exit::Ok)
}

impl Form {
    fn of(self, view: &ItemView) -> Result<&str, CliError> {
        let item = &view.item;
        let Some(Document { article, .. }) = &view.document else {
            let state = explained(item.state.as_str(), &item.reason, &item.message);
            return Err(CliError::new(
                Exit::NotFound,
                format!("item {} has no content: {state}", item.id),
            ));
        };
        Ok(match self {
            Self { html: true, .. } => &article.html,
            Self { text: true, .. } => &article.text,
            _ => &article.markdown,
        })
    }
}

fn render(view: &ItemView, look: Look) -> String {
    let head = header(view, look);
    match &view.document {
        Some(document) => format!("{head}\n{}", block(&document.article.markdown)),
        None => head,
    }
}

/// The title and what is known about the item.
fn header(view: &ItemView, look: Look) -> String {
    let item = &view.item;
    let or_empty = |value: Option<String>| value.unwrap_or_default();
    let mut known = vec![("Address", item.url.clone())];
    if let Some(Document { article, .. }) = &view.document {
        known.extend([
            ("Authors", article.authors.join(", ")),
            ("Site", article.site_name.clone().unwrap_or_default()),
            (
                "Date",
                or_empty(article.published.as_ref().map(|date| date.value.to_string())),
            ),
            ("Language", article.language.clone().unwrap_or_default()),
            (
                "Words",
                format!("{} ({} min)", article.word_count, article.reading_minutes()),
            ),
        ]);
    }
    known.push(("Text from", other_source(view).unwrap_or_default().to_owned()));
    known.extend([
        (
            "State",
            explained(item.state.as_str(), &item.reason, &item.message),
        ),
        (
            "Original",
            or_empty(item.duplicate_of.map(|original| original.to_string())),
        ),
        ("Tags", item.tags.join(", ")),
        ("Saved", item.saved_at.to_string()),
        ("Trashed", or_empty(item.trashed_at.map(|at| at.to_string()))),
        ("Id", item.id.to_string()),
    ]);
    format!("{}\n\n{}", look.bold(&name_of(item)), facts(&known))
}

/// Where the content came from, when not from the page at its own address.
fn other_source(view: &ItemView) -> Option<&'static str> {
    let (document, snapshot) = (view.document.as_ref()?, view.why.snapshot.as_ref()?);
    if document.snapshot_id != snapshot.id {
        return None; // a later answer, which the content is not from
    }
    match snapshot.strategy {
        Strategy::Archive => Some("the copy of an archive"),
        Strategy::Amp => Some("the page's variant in AMP"),
        Strategy::Print => Some("the page's variant for printing"),
        Strategy::GivenHtml => Some("HTML that was given along"),
        Strategy::Direct | Strategy::Embedded | Strategy::LinkOnly => None,
    }
}

#[cfg(test)]
mod tests {
    use atlas_domain::ItemState;

    use super::*;
    use crate::cli::fixtures;

    const PLAIN: Look = Look::PLAIN;

    #[test]
    fn an_item_is_what_is_known_about_it_and_its_content() {
        insta::assert_snapshot!(render(&fixtures::view(), PLAIN), @"
        Rye bread

        Address   https://example.com/1
        Authors   Ada Baker, Ben Miller
        Date      2025-12-24
        Language  en
        Words     460 (2 min)
        State     stored
        Tags      baking, bread
        Saved     2026-01-01T00:00:00Z
        Id        00000000-0000-0000-0000-000000000001

        # Rye bread

        Mix **rye** and water.
        ");
    }

    #[test]
    fn content_that_another_copy_brought_says_so() {
        let mut view = fixtures::view();
        let mut snapshot = fixtures::quarantined_view().why.snapshot.unwrap();
        snapshot.id = view.document.as_ref().unwrap().snapshot_id;
        snapshot.strategy = Strategy::Archive;
        view.why.snapshot = Some(snapshot);
        let shown = render(&view, PLAIN);
        assert!(shown.contains("Text from  the copy of an archive\n"), "{shown}");
    }

    #[test]
    fn an_item_without_content_says_why() {
        let shown = render(&fixtures::quarantined_view(), PLAIN);
        assert!(
            shown.contains("State    quarantined (soft_404): the page says that it does not exist"),
            "{shown}"
        );
        assert!(!shown.contains("Words"), "{shown}");
    }

    #[test]
    fn only_the_content_comes_in_the_form_that_was_asked_for() {
        let view = fixtures::view();
        let form = Form::default();
        assert_eq!(
            Form { html: true, ..form }.of(&view).unwrap(),
            "<h1>Rye bread</h1>"
        );
        assert_eq!(
            Form { text: true, ..form }.of(&view).unwrap(),
            "Mix rye and water."
        );
        assert_eq!(
            Form {
                markdown: true,
                ..form
            }
            .of(&view)
            .unwrap(),
            "# Rye bread\n\nMix **rye** and water."
        );
    }

    #[test]
    fn content_that_is_not_there_cannot_be_printed() {
        let mut view = fixtures::view();
        view.document = None;
        view.item.state = ItemState::LinkOnly;
        view.item.reason = "gone".to_owned();
        let error = Form {
            text: true,
            ..Form::default()
        }
        .of(&view)
        .unwrap_err();
        assert_eq!(error.exit, Exit::NotFound);
        assert!(
            error.message.ends_with("has no content: link_only (gone)"),
            "{error}"
        );
    }
}
