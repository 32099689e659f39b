//! Lists that come in pages: how much of one is wanted, and asking for pages until that much is there. What is left
//! is always said.

use atlas_store::{ItemPage, JobPage, QuarantinePage, VaultPage};
use clap::Args;

use crate::error::CliError;

/// How much of a list to show.
#[derive(Debug, Clone, Args)]
pub(super) struct PageArgs {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Go on where another list ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Everything, in one answer
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

/// A part of a list.
pub(super) trait Page {
    /// How many entries it has.
    fn len(&self) -> usize;
    /// Where the rest begins, if there is any.
    fn next(&self) -> Option<&str>;
    /// Takes in the page that follows.
    fn append(&mut self, following: Self);
}

impl PageArgs {
    /// As much as is wanted, in pages of `largest` entries at most: `ask` gets a limit and where to go on.
    pub(super) async fn read<P: Page>(
        &self,
        largest: u32,
        ask: impl AsyncFn(u32, Option<String>) -> Result<P, CliError>,
    ) -> Result<P, CliError> {
        let wanted = if self.all { usize::MAX } else { self.limit as usize };
        let part = |left: usize| u32::try_from(left).unwrap_or(largest).min(largest);
        let mut found = ask(part(wanted), self.after.clone()).await?;
        while let (Some(next), true) = (found.next(), found.len() < wanted) {
            let following = ask(part(wanted - found.len()), Some(next.to_owned())).await?;
            found.append(following);
        }
        Ok(found)
    }
}

/// How much of the list is shown, and how to see the rest.
pub(super) fn summary(page: &impl Page, total: u64) -> String {
    let shown = page.len();
    match page.next() {
        Some(next) => format!("{shown} of {total}; more with --after {next}, or with --all"),
        None => format!("{shown} of {total}"),
    }
}

impl Page for ItemPage {
    fn len(&self) -> usize {
        self.items.len() + self.unreadable.len()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    fn append(&mut self, following: Self) {
        self.items.extend(following.items);
        self.unreadable.extend(following.unreadable);
        (self.total, self.next) = (following.total, following.next);
    }
}

impl Page for VaultPage {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    fn append(&mut self, following: Self) {
        self.items.extend(following.items);
        self.next = following.next;
    }
}

impl Page for JobPage {
    fn len(&self) -> usize {
        self.jobs.len() + self.unreadable.len()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    fn append(&mut self, following: Self) {
        self.jobs.extend(following.jobs);
        self.unreadable.extend(following.unreadable);
        (self.total, self.next) = (following.total, following.next);
    }
}

impl Page for QuarantinePage {
    fn len(&self) -> usize {
        self.items.len() + self.unreadable.len()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    fn append(&mut self, following: Self) {
        self.items.extend(following.items);
        self.unreadable.extend(following.unreadable);
        (self.total, self.next) = (following.total, following.next);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::cli::fixtures;

    const TOTAL: usize = 7;

    fn args(limit: u32, all: bool) -> PageArgs {
        PageArgs {
            limit,
            after: None,
            all,
        }
    }

    /// Reads a list of seven jobs in pages of three; returns what came and what was asked for.
    async fn read(args: PageArgs) -> (JobPage, Vec<(u32, Option<String>)>) {
        let asked = RefCell::new(Vec::new());
        let ask = async |limit: u32, after: Option<String>| {
            asked.borrow_mut().push((limit, after.clone()));
            let begin: usize = after.map_or(0, |after| after.parse().unwrap());
            let end = TOTAL.min(begin + limit as usize);
            Ok(JobPage {
                jobs: vec![fixtures::dead_job(); end - begin],
                unreadable: Vec::new(),
                total: TOTAL as u64,
                next: (end < TOTAL).then(|| end.to_string()),
            })
        };
        let page = args.read(3, ask).await.unwrap();
        (page, asked.into_inner())
    }

    #[tokio::test]
    async fn a_list_that_is_longer_than_a_page_is_asked_for_in_several() {
        let (page, asked) = read(args(5, false)).await;
        assert_eq!(asked, [(3, None), (2, Some("3".to_owned()))]);
        assert_eq!(
            summary(&page, page.total),
            "5 of 7; more with --after 5, or with --all"
        );
    }

    #[tokio::test]
    async fn all_is_all_there_is() {
        for args in [args(50, true), args(50, false)] {
            let (page, asked) = read(args).await;
            assert_eq!(asked.len(), 3);
            assert_eq!(summary(&page, page.total), "7 of 7");
        }
    }

    #[tokio::test]
    async fn a_list_goes_on_where_another_ended() {
        let (page, asked) = read(PageArgs {
            after: Some("6".to_owned()),
            ..args(2, false)
        })
        .await;
        assert_eq!((page.len(), asked), (1, vec![(2, Some("6".to_owned()))]));
    }
}
