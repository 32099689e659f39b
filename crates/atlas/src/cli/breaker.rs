//! `atlas breaker`: which services are not called at the moment, and the owner's word on it.

use std::time::Duration;

use atlas_app::services::view::{BreakerDecision, BreakerList, BreakerView};
use clap::{Args, Subcommand};

use super::Access;
use super::duration::duration;
use super::output::Output;
use super::routes;
use super::table::{spare, table, text, whole};
use super::text::{Look, facts};
use crate::client::Client;
use crate::error::{CliError, Exit};

/// The largest page that the route gives.
const LARGEST_PAGE: u32 = 1_000;
const LONGEST_DECISION: Duration = Duration::from_hours(365 * 24);

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas breaker ls\n  \
    atlas breaker show article_processing example.com:443\n  \
    atlas breaker open article_processing example.com:443 --for 2h --reason 'they asked us to wait'\n  \
    atlas breaker reset article_processing example.com:443";

/// `atlas breaker`
#[derive(Debug, Clone, Args)]
pub(crate) struct BreakerArgs {
    #[command(subcommand)]
    pub(super) command: BreakerCommand,
}

/// What to do about circuit breakers.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum BreakerCommand {
    /// List the breakers that are not closed and idle
    Ls(ListArgs),
    /// Show one breaker
    Show(NameArgs),
    /// Let no call through, whatever the breaker thinks
    Open(DecisionArgs),
    /// Let every call through, and judge none
    Disable(DecisionArgs),
    /// Let every call through, and see what the breaker would do
    Observe(DecisionArgs),
    /// Leave the decision to the breaker again
    Auto(NameArgs),
    /// Forget failures, trips and pauses: closed, as if nothing had happened
    Reset(NameArgs),
    /// Is looked for by some, and could mean either of two
    #[command(hide = true)]
    Close(NameArgs),
}

/// `atlas breaker ls`
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ListArgs {
    /// Every breaker that is known
    #[arg(long)]
    all: bool,
    /// Only of this service
    #[arg(long, value_name = "SERVICE", value_parser = part_of_name)]
    service: Option<String>,
    /// Only those in this state, by their own judgement, whatever was decided
    #[arg(long, value_name = "STATE", value_parser = ["closed", "open", "half_open", "paused"])]
    state: Option<String>,
}

/// Which breaker.
#[derive(Debug, Clone, Args)]
pub(super) struct NameArgs {
    #[arg(value_parser = part_of_name, help = "The service, such as article_processing")]
    service: String,
    /// The host with its port, or whatever else stands or falls by itself
    #[arg(value_parser = part_of_name)]
    scope: String,
}

/// Which breaker, for how long, and why.
#[derive(Debug, Clone, Args)]
pub(super) struct DecisionArgs {
    #[command(flatten)]
    name: NameArgs,
    /// For how long, such as 30m, 2h or 7d; without it, until you say otherwise
    #[arg(long = "for", value_name = "TIME", value_parser = decision_time, allow_hyphen_values = true)]
    lasts: Option<Duration>,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

impl BreakerCommand {
    pub(super) fn access(&self) -> Access {
        match self {
            Self::Ls(_) | Self::Show(_) | Self::Close(_) => Access::Read,
            _ => Access::Decide,
        }
    }
}

pub(super) async fn run(args: &BreakerArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let breaker: BreakerView = match &args.command {
        BreakerCommand::Ls(args) => return list(args, client, output).await,
        BreakerCommand::Show(name) => client.get(&path(name)).await?,
        BreakerCommand::Open(args) => decide("open", args, client).await?,
        BreakerCommand::Disable(args) => decide("disable", args, client).await?,
        BreakerCommand::Observe(args) => decide("observe", args, client).await?,
        BreakerCommand::Auto(name) => client.post(&format!("{}/auto", path(name)), &()).await?,
        BreakerCommand::Reset(name) => client.post(&format!("{}/reset", path(name)), &()).await?,
        BreakerCommand::Close(name) => return Err(no_close(name)),
    };
    output.answer(&breaker, |_look| render_one(&breaker))?;
    Ok(Exit::Ok)
}

async fn list(args: &ListArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let list = every_page(args, client).await?;
    output.answer(&list, |look| render(&list.breakers, look))?;
    if !output.is_json() {
        if let Some(until) = list.network_down_until {
            output.problem(&format!(
                "no call gets out: the network seems to be down; tried again at {until}"
            ));
        }
        if list.breakers.is_empty() && list.problem.is_empty() {
            output.say(args.if_there_are_none());
        }
    }
    if list.problem.is_empty() {
        return Ok(Exit::Ok);
    }
    output.problem(&format!(
        "the state of circuit breakers cannot be read: {}; the next server or command that writes begins it anew",
        list.problem
    ));
    Ok(Exit::Partial)
}

/// As many as there are: who reads them wants to know of each.
async fn every_page(args: &ListArgs, client: &Client) -> Result<BreakerList, CliError> {
    let mut list = page(args, None, client).await?;
    while let Some(next) = list.next.take() {
        let following = page(args, Some(next), client).await?;
        list.breakers.extend(following.breakers);
        list.next = following.next;
    }
    Ok(list)
}

async fn page(args: &ListArgs, after: Option<String>, client: &Client) -> Result<BreakerList, CliError> {
    let parameters = [
        ("all", args.all.then(|| "true".to_owned())),
        ("service", args.service.clone()),
        ("state", args.state.clone()),
        ("limit", Some(LARGEST_PAGE.to_string())),
        ("after", after),
    ];
    client
        .get(&routes::with_query(routes::BREAKERS, parameters))
        .await
}

impl ListArgs {
    fn if_there_are_none(&self) -> &'static str {
        match self {
            Self { state: Some(_), .. } => "no breaker is in that state",
            Self { all: true, .. } => "no breakers yet",
            Self { service: Some(_), .. } => "every breaker of that service is closed",
            _ => "every breaker is closed",
        }
    }
}

fn no_close(name: &NameArgs) -> CliError {
    let NameArgs { service, scope } = name;
    let message = format!(
        "nothing is closed by that word: `atlas breaker auto {service} {scope}` takes a decision back, and `atlas \
         breaker reset {service} {scope}` forgets failures and pauses"
    );
    CliError::new(Exit::Usage, message)
}

async fn decide(verb: &str, args: &DecisionArgs, client: &Client) -> Result<BreakerView, CliError> {
    let decision = BreakerDecision {
        for_secs: args.lasts.map(|lasts| lasts.as_secs()),
        reason: args.reason.clone(),
    };
    client
        .post(&format!("{}/{verb}", path(&args.name)), &decision)
        .await
}

fn path(name: &NameArgs) -> String {
    routes::under(&routes::under(routes::BREAKERS, &name.service), &name.scope)
}

fn render(breakers: &[BreakerView], look: Look) -> String {
    if breakers.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = breakers
        .iter()
        .map(|breaker| {
            [
                breaker.service.clone(),
                breaker.scope.clone(),
                state(breaker),
                breaker.trips.to_string(),
                until(breaker).map_or("-".to_owned(), |until| until.to_string()),
                why(breaker).to_owned(),
            ]
        })
        .collect();
    let columns = [
        spare("SERVICE"),
        whole("SCOPE"),
        whole("STATE"),
        spare("TRIPS"),
        whole("UNTIL"),
        text("REASON"),
    ];
    table(columns, &rows, look)
}

fn render_one(breaker: &BreakerView) -> String {
    let or_nothing =
        |time: Option<atlas_domain::Timestamp>| time.map_or(String::new(), |time| time.to_string());
    facts(&[
        ("Breaker", format!("{} {}", breaker.service, breaker.scope)),
        ("State", state(breaker)),
        ("Since", breaker.since.to_string()),
        ("Not before", or_nothing(breaker.until)),
        ("Trips", breaker.trips.to_string()),
        ("Failures in a row", breaker.failures_in_a_row.to_string()),
        ("Probes under way", breaker.probes.to_string()),
        ("Reason", breaker.reason.clone()),
        ("Decided", or_nothing(breaker.overlay_since)),
        ("Decided until", or_nothing(breaker.overlay_until)),
        ("Decided because", breaker.overlay_reason.clone()),
    ])
}

/// The state, and what a person decided on top of it.
fn state(breaker: &BreakerView) -> String {
    let automatic = match (breaker.state.as_str(), breaker.probe_due) {
        ("open", true) => "open, probe due",
        ("closed", _) if breaker.until.is_some() => "paused",
        (state, _) => state,
    };
    if is_decided(breaker) {
        format!("{} ({automatic})", breaker.overlay)
    } else {
        automatic.to_owned()
    }
}

/// The end of what holds: of the decision, where there is one.
fn until(breaker: &BreakerView) -> Option<atlas_domain::Timestamp> {
    if is_decided(breaker) {
        breaker.overlay_until
    } else {
        breaker.until
    }
}

/// The reason of what holds.
fn why(breaker: &BreakerView) -> &str {
    let reason = if is_decided(breaker) {
        &breaker.overlay_reason
    } else {
        &breaker.reason
    };
    if reason.is_empty() { "-" } else { reason }
}

fn is_decided(breaker: &BreakerView) -> bool {
    breaker.overlay != "auto"
}

fn decision_time(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if (Duration::from_secs(1)..=LONGEST_DECISION).contains(&time) {
        Ok(time)
    } else {
        Err("give a time from one second to a year".to_owned())
    }
}

fn part_of_name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("it is empty; name service and scope as `atlas breaker ls` shows them".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests;
