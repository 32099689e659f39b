//! What became of items, as lines for people: the same for every command that causes work.

use atlas_app::views::ItemOutcome;
use atlas_domain::OutcomeWord;

use super::text::{lines, one_line};

/// One line an item: the outcome, the id, the address, and what there is to explain.
pub(super) fn render<'a>(items: impl IntoIterator<Item = &'a ItemOutcome>) -> String {
    lines(items.into_iter().map(line))
}

fn line(item: &ItemOutcome) -> String {
    let (id, url) = (item.id.as_deref().unwrap_or("-"), one_line(&item.url));
    let line = format!("{:<11}  {id:<36}  {url}", word(item));
    if item.message.is_empty() {
        line
    } else {
        format!("{line}  ({})", one_line(&item.message))
    }
}

/// An address that was refused leaves nothing behind, not even the link that a rejected page leaves.
fn word(item: &ItemOutcome) -> &'static str {
    match (item.outcome, &item.id) {
        (OutcomeWord::Rejected, None) => "not saved",
        (outcome, _) => outcome.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_not_saved_and_what_was_judged_is_rejected() {
        let junk = ItemOutcome {
            id: Some("0197-id".to_owned()),
            url: "https://example.com/".to_owned(),
            outcome: OutcomeWord::Rejected,
            reason: "soft_404".to_owned(),
            message: "not found".to_owned(),
            job: None,
        };
        let refused = ItemOutcome {
            id: None,
            url: "mailto:anna".to_owned(),
            reason: "invalid_url".to_owned(),
            message: "no address".to_owned(),
            ..junk.clone()
        };
        insta::assert_snapshot!(render([&junk, &refused]), @"
        rejected     0197-id                               https://example.com/  (not found)
        not saved    -                                     mailto:anna  (no address)
        ");
    }
}
