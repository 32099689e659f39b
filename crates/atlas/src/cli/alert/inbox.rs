//! The inbox: everything that was told, on this machine itself.

use atlas_app::views::alerts::{Inbox, InboxNotice, ReadReport, ReadRequest};
use clap::Args;

use crate::cli::Access;
use crate::cli::output::Output;
use crate::cli::routes;
use crate::cli::table::{spare, table, text, whole};
use crate::cli::text::Look;
use crate::client::Client;
use crate::error::{CliError, Exit};

/// The largest page that the route gives.
const LARGEST_PAGE: u32 = 500;

/// `atlas alert inbox`
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct InboxArgs {
    /// Only what nobody has read, all of it
    #[arg(long)]
    pub(super) unread: bool,
    /// Mark what is shown as read; shows what nobody has read, all of it
    #[arg(long)]
    pub(super) read: bool,
    /// At most so many of the newest
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with_all = ["unread", "read"],
        value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(super) limit: u32,
}

impl InboxArgs {
    pub(super) fn access(&self) -> Access {
        if self.read {
            Access::Server
        } else {
            Access::Operations
        }
    }
}

pub(super) async fn run(args: &InboxArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let inbox = if args.unread || args.read {
        all_unread(client).await?
    } else {
        page(false, args.limit, None, client).await?
    };
    output.answer(&inbox, |look| render(&inbox.notices, look))?;
    let mut unread = inbox.unread;
    if args.read
        && let Some(newest) = inbox.notices.first()
    {
        let request = ReadRequest { up_to: newest.number };
        let report: ReadReport = client.post(routes::INBOX_READ, &request).await?;
        unread = report.unread;
    }
    if !output.is_json() {
        output.say(&match (inbox.notices.is_empty(), unread) {
            (true, 0) => "nothing new was told".to_owned(),
            (_, unread) => format!("{unread} unread of what was told"),
        });
    }
    Ok(Exit::Ok)
}

/// Whoever marks as read must have been shown it.
async fn all_unread(client: &Client) -> Result<Inbox, CliError> {
    let mut inbox = page(true, LARGEST_PAGE, None, client).await?;
    while let Some(next) = inbox.next.take() {
        let following = page(true, LARGEST_PAGE, Some(next), client).await?;
        inbox.notices.extend(following.notices);
        inbox.next = following.next;
    }
    Ok(inbox)
}

async fn page(unread: bool, limit: u32, after: Option<i64>, client: &Client) -> Result<Inbox, CliError> {
    let parameters = [
        ("unread", unread.then(|| "true".to_owned())),
        ("limit", Some(limit.to_string())),
        ("after", after.map(|after| after.to_string())),
    ];
    client.get(&routes::with_query(routes::INBOX, parameters)).await
}

pub(super) fn render(notices: &[InboxNotice], look: Look) -> String {
    if notices.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = notices
        .iter()
        .map(|notice| {
            let mark = if notice.read_at.is_none() { "new" } else { "" };
            [
                mark.to_owned(),
                notice.at.to_string(),
                notice.severity.to_string(),
                notice.kind.to_string(),
                notice.incident.clone(),
                told(notice),
            ]
        })
        .collect();
    let columns = [
        whole(""),
        whole("WHEN"),
        whole("SEVERITY"),
        whole("NEWS"),
        spare("INCIDENT"),
        text("WHAT"),
    ];
    table(columns, &rows, look)
}

fn told(notice: &InboxNotice) -> String {
    let held = notice
        .suppressed_by
        .map_or(String::new(), |by| format!(" [kept from the channels by {by}]"));
    match notice.why.as_str() {
        "" => format!("{}{held}", notice.title),
        why => format!("{}: {why}{held}", notice.title),
    }
}
