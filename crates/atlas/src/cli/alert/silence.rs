//! Silences: asking not to be told about something for a while. It is watched all the same.

use std::time::Duration;

use atlas_app::views::alerts::{Lasting, SilenceList, SilenceRequest, SilenceView};
use atlas_domain::Timestamp;
use clap::{ArgGroup, Args, Subcommand};

use crate::cli::Access;
use crate::cli::duration::duration;
use crate::cli::output::Output;
use crate::cli::routes;
use crate::cli::table::{spare, table, text, whole};
use crate::cli::text::{Look, facts};
use crate::client::Client;
use crate::error::{CliError, Exit};

const LONGEST: Duration = Duration::from_hours(30 * 24);

/// `atlas alert silence`
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct SilenceArgs {
    #[command(subcommand)]
    pub(super) command: SilenceCommand,
}

/// What to do about silences.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum SilenceCommand {
    /// Ask not to be told about what all matchers fit
    Add(AddArgs),
    /// List the silences that hold, or will
    Ls(ListArgs),
    /// End a silence before its time
    End(EndArgs),
}

/// `atlas alert silence add`
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("end").required(true).args(["lasts", "until"]))]
pub(super) struct AddArgs {
    /// label=value, label!=value or label=~pattern; a label is one of the incident's, or rule, service or severity
    #[arg(value_name = "MATCHER", required = true)]
    pub(super) matchers: Vec<String>,
    /// For how long, such as 30m, 2h or 7d; 30 days at most
    #[arg(long = "for", value_name = "TIME", value_parser = silence_time, allow_hyphen_values = true)]
    pub(super) lasts: Option<Duration>,
    /// Until when, such as 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = point_in_time)]
    pub(super) until: Option<Timestamp>,
    /// From when on; at once without it
    #[arg(long, value_name = "TIME", value_parser = point_in_time)]
    pub(super) from: Option<Timestamp>,
    /// Why, for whoever wonders later that nothing is told
    #[arg(long, value_name = "TEXT")]
    pub(super) comment: String,
    /// Who asks; the owner without it
    #[arg(long, value_name = "NAME")]
    pub(super) author: Option<String>,
    /// End it before its time, as soon as everything that it means is over
    #[arg(long)]
    pub(super) until_resolved: bool,
}

/// `atlas alert silence ls`
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ListArgs {
    /// Also those that are over
    #[arg(long)]
    pub(super) all: bool,
}

/// `atlas alert silence end`
#[derive(Debug, Clone, Args)]
pub(super) struct EndArgs {
    /// The number, as `atlas alert silence ls` shows it
    pub(super) number: u64,
}

impl SilenceArgs {
    pub(super) fn access(&self) -> Access {
        match self.command {
            SilenceCommand::Ls(_) => Access::Operations,
            SilenceCommand::Add(_) | SilenceCommand::End(_) => Access::Server,
        }
    }
}

pub(super) async fn run(args: &SilenceArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let silence: SilenceView = match &args.command {
        SilenceCommand::Ls(args) => return list(args, client, output).await,
        SilenceCommand::Add(args) => client.post(routes::SILENCES, &request(args)).await?,
        SilenceCommand::End(args) => {
            let path = routes::under(routes::SILENCES, &args.number.to_string());
            client.delete(&path).await?
        }
    };
    output.answer(&silence, |_look| render_one(&silence))?;
    Ok(Exit::Ok)
}

async fn list(args: &ListArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let all = args.all.then(|| "true".to_owned());
    let list: SilenceList = client
        .get(&routes::with_query(routes::SILENCES, [("all", all)]))
        .await?;
    output.answer(&list, |look| render(&list.silences, look))?;
    if list.silences.is_empty() && !output.is_json() {
        output.say("no silences");
    }
    Ok(Exit::Ok)
}

fn request(args: &AddArgs) -> SilenceRequest {
    SilenceRequest {
        matchers: args.matchers.clone(),
        from: args.from,
        until: args.until,
        lasts: args.lasts.map(Lasting),
        comment: args.comment.clone(),
        author: args.author.clone(),
        until_resolved: args.until_resolved,
    }
}

pub(super) fn render(silences: &[SilenceView], look: Look) -> String {
    if silences.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = silences
        .iter()
        .map(|silence| {
            [
                silence.number.to_string(),
                silence.state.as_str().to_owned(),
                end(silence),
                silence.author.clone(),
                silence.matchers.join(" "),
                silence.comment.clone(),
            ]
        })
        .collect();
    let columns = [
        whole("NUMBER"),
        whole("STATE"),
        whole("UNTIL"),
        spare("BY"),
        text("WHAT"),
        text("WHY"),
    ];
    table(columns, &rows, look)
}

fn render_one(silence: &SilenceView) -> String {
    facts(&[
        ("Silence", silence.number.to_string()),
        ("State", silence.state.as_str().to_owned()),
        ("What", silence.matchers.join(" ")),
        ("From", silence.from.to_string()),
        ("Until", end(silence)),
        ("By", silence.author.clone()),
        ("Why", silence.comment.clone()),
    ])
}

fn end(silence: &SilenceView) -> String {
    if silence.ended_early {
        format!("before {}", silence.until)
    } else if silence.until_resolved {
        format!("{}, or all is well", silence.until)
    } else {
        silence.until.to_string()
    }
}

pub(super) fn silence_time(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if (Duration::from_secs(1)..=LONGEST).contains(&time) {
        Ok(time)
    } else {
        Err("give a time from one second to 30 days".to_owned())
    }
}

pub(super) fn point_in_time(text: &str) -> Result<Timestamp, String> {
    serde_json::from_value(serde_json::Value::from(text))
        .map_err(|_| "give a time with its zone, such as 2026-03-01T12:00:00Z".to_owned())
}
