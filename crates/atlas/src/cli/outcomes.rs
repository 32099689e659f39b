//! What became of items, as lines for people: the same for every command that causes work.

use atlas_app::views::ItemOutcome;

use super::text::{lines, one_line};

/// One line an item: the outcome, the id, the address, and what there is to explain.
pub(super) fn render<'a>(items: impl IntoIterator<Item = &'a ItemOutcome>) -> String {
    lines(items.into_iter().map(line))
}

fn line(item: &ItemOutcome) -> String {
    let (id, url) = (item.id.as_deref().unwrap_or("-"), one_line(&item.url));
    let line = format!("{:<11}  {id:<36}  {url}", item.outcome);
    if item.message.is_empty() {
        line
    } else {
        format!("{line}  ({})", one_line(&item.message))
    }
}
