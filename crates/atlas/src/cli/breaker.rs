//! `atlas breaker`: which services are not called at the moment, and the owner's word on it.

use std::time::Duration;

use atlas_app::services::view::{BreakerDecision, BreakerList, BreakerView};
use clap::{Args, Subcommand};

use super::Access;
use super::output::Output;
use super::routes;
use super::table::{spare, table, text, whole};
use super::text::{Look, facts};
use super::words::name;
use crate::client::Client;
use crate::error::{CliError, Exit};

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
    Ls {
        /// Every breaker that is known
        #[arg(long)]
        all: bool,
    },
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
}

/// Which breaker.
#[derive(Debug, Clone, Args)]
pub(super) struct NameArgs {
    #[arg(value_parser = name, help = "The service, such as article_processing")]
    service: String,
    /// The host with its port, or whatever else stands or falls by itself
    #[arg(value_parser = name)]
    scope: String,
}

/// Which breaker, for how long, and why.
#[derive(Debug, Clone, Args)]
pub(super) struct DecisionArgs {
    #[command(flatten)]
    name: NameArgs,
    /// For how long, such as 30m, 2h or 7d; without it, until you say otherwise
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    lasts: Option<Duration>,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

impl BreakerCommand {
    pub(super) fn access(&self) -> Access {
        match self {
            Self::Ls { .. } | Self::Show(_) => Access::Read,
            _ => Access::Write,
        }
    }
}

pub(super) async fn run(args: &BreakerArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let breaker: BreakerView = match &args.command {
        BreakerCommand::Ls { all } => return list(*all, client, output).await,
        BreakerCommand::Show(name) => client.get(&path(name)).await?,
        BreakerCommand::Open(args) => decide("open", args, client).await?,
        BreakerCommand::Disable(args) => decide("disable", args, client).await?,
        BreakerCommand::Observe(args) => decide("observe", args, client).await?,
        BreakerCommand::Auto(name) => client.post(&format!("{}/auto", path(name)), &()).await?,
        BreakerCommand::Reset(name) => client.post(&format!("{}/reset", path(name)), &()).await?,
    };
    output.answer(&breaker, |_look| render_one(&breaker))?;
    Ok(Exit::Ok)
}

async fn list(all: bool, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let parameters = [("all", all.then(|| "true".to_owned()))];
    let list: BreakerList = client
        .get(&routes::with_query(routes::BREAKERS, parameters))
        .await?;
    output.answer(&list, |look| render(&list.breakers, look))?;
    if !output.is_json() {
        if let Some(until) = list.network_down_until {
            output.problem(&format!(
                "no call gets out: the network seems to be down; tried again at {until}"
            ));
        }
        if list.breakers.is_empty() {
            output.say(if all {
                "no breakers yet"
            } else {
                "every breaker is closed"
            });
        }
    }
    Ok(Exit::Ok)
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
                breaker.until.map_or("-".to_owned(), |until| until.to_string()),
                why(breaker),
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
        (state, _) => state,
    };
    match breaker.overlay.as_str() {
        "auto" => automatic.to_owned(),
        overlay => format!("{overlay} ({automatic})"),
    }
}

fn why(breaker: &BreakerView) -> String {
    if breaker.overlay_reason.is_empty() {
        breaker.reason.clone()
    } else {
        breaker.overlay_reason.clone()
    }
}

/// A number with its unit: seconds, minutes, hours or days.
fn time(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds_each = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err("give a number with s, m, h or d behind it, such as 2h".to_owned()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "give a number before the unit, such as 2h".to_owned())?;
    match number.checked_mul(seconds_each) {
        Some(seconds) if (1..=365 * 86_400).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err("give a time from one second to a year".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn breaker() -> BreakerView {
        BreakerView {
            service: "article_processing".to_owned(),
            scope: "example.com:443".to_owned(),
            state: "open".to_owned(),
            overlay: "auto".to_owned(),
            trips: 2,
            until: Some(atlas_domain::Timestamp::from_millis(1_767_225_600_000)),
            reason: "http_500".to_owned(),
            probe_due: false,
            since: atlas_domain::Timestamp::from_millis(1_767_225_000_000),
            overlay_since: None,
            overlay_until: None,
            overlay_reason: String::new(),
            failures_in_a_row: 0,
            probes: 0,
        }
    }

    #[test]
    fn a_row_tells_what_is_not_called_until_when_and_why() {
        insta::assert_snapshot!(render(&[breaker()], Look::PLAIN), @"
        SERVICE             SCOPE            STATE  TRIPS  UNTIL                 REASON
        article_processing  example.com:443  open   2      2026-01-01T00:00:00Z  http_500
        ");
    }

    #[test]
    fn what_a_person_decided_comes_before_what_the_breaker_thinks() {
        let decided = BreakerView {
            overlay: "forced_open".to_owned(),
            overlay_reason: "they asked".to_owned(),
            ..breaker()
        };
        assert_eq!(state(&decided), "forced_open (open)");
        assert_eq!(why(&decided), "they asked");
    }

    #[rstest]
    #[case("90s", 90)]
    #[case("30m", 1_800)]
    #[case("2h", 7_200)]
    #[case("365d", 31_536_000)]
    fn a_time_is_a_number_with_a_unit(#[case] text: &str, #[case] seconds: u64) {
        assert_eq!(time(text), Ok(Duration::from_secs(seconds)));
    }

    #[rstest]
    #[case("")]
    #[case("2")]
    #[case("h")]
    #[case("0s")]
    #[case("-1h")]
    #[case("2 h")]
    #[case("366d")]
    #[case("99999999999999999999d")]
    fn anything_else_is_no_time(#[case] text: &str) {
        assert!(time(text).is_err());
    }
}
