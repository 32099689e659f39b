//! `atlas alert`: what fires and what was told of it, and the owner's word on it.

mod inbox;
mod incidents;
mod rules;
mod silence;

use atlas_app::views::alerts::ChannelTest;
use clap::{Args, Subcommand};

use super::Access;
use super::output::Output;
use super::routes;
use super::text::facts;
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas alert ls\n  \
    atlas alert show 3f2a\n  \
    atlas alert ack 3f2a --comment 'a new disk comes on Friday'\n  \
    atlas alert silence add service=search --for 2h --comment 'the index is built anew'\n  \
    atlas alert inbox --unread\n  \
    atlas alert test mail\n\n\
    An incident is named by its id, or by the first digits of it that no other has.";

/// `atlas alert`
#[derive(Debug, Clone, Args)]
pub(crate) struct AlertArgs {
    #[command(subcommand)]
    pub(super) command: AlertCommand,
}

/// What to do about alerts.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum AlertCommand {
    /// List what is wrong now
    Ls(incidents::ListArgs),
    /// Show one incident, with what was told of it
    Show(incidents::IncidentArgs),
    /// Take an incident on: until it gets worse, nobody is told again
    Ack(incidents::AckArgs),
    /// Give an incident back
    Unack(incidents::IncidentArgs),
    /// Say that an incident is over, because nothing else ever will
    Close(incidents::IncidentArgs),
    /// Ask not to be told about something for a while
    Silence(silence::SilenceArgs),
    /// Read what was told on this machine itself
    Inbox(inbox::InboxArgs),
    /// Show by which rules something is told
    Rules(rules::RulesArgs),
    /// Send a real message through a channel, and tell what its receiver said
    Test(TestArgs),
}

/// `atlas alert test`
#[derive(Debug, Clone, Args)]
pub(super) struct TestArgs {
    /// The channel, as the configuration names it
    #[arg(value_parser = a_name)]
    channel: String,
}

impl AlertCommand {
    pub(super) fn access(&self) -> Access {
        match self {
            Self::Ls(_) | Self::Show(_) | Self::Rules(_) | Self::Test(_) => Access::Operations,
            Self::Ack(_) | Self::Unack(_) | Self::Close(_) => Access::Server,
            Self::Silence(args) => args.access(),
            Self::Inbox(args) => args.access(),
        }
    }
}

pub(super) async fn run(args: &AlertArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    match &args.command {
        AlertCommand::Ls(args) => incidents::list(args, client, output).await,
        AlertCommand::Show(args) => incidents::show(args, client, output).await,
        AlertCommand::Ack(args) => incidents::acknowledge(args, client, output).await,
        AlertCommand::Unack(args) => incidents::decide("unack", args, client, output).await,
        AlertCommand::Close(args) => incidents::decide("close", args, client, output).await,
        AlertCommand::Silence(args) => silence::run(args, client, output).await,
        AlertCommand::Inbox(args) => inbox::run(args, client, output).await,
        AlertCommand::Rules(args) => rules::run(args, client, output).await,
        AlertCommand::Test(args) => test(args, client, output).await,
    }
}

/// A message that did not arrive is a failure, with the receiver's own words.
async fn test(args: &TestArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let path = format!("{}/test", routes::under(routes::CHANNELS, &args.channel));
    let test: ChannelTest = client.post(&path, &()).await?;
    output.answer(&test, |_look| {
        facts(&[
            ("Sent to", test.channel.clone()),
            ("Receiver said", test.answer.clone()),
        ])
    })?;
    Ok(Exit::Ok)
}

/// An empty name, as from an unset variable of a script, names nothing.
fn a_name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("it is empty; give a name as `atlas alert` shows it".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests;
