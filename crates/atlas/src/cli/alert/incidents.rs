//! Incidents: the list, one of them, and what a person decides about it.

use atlas_app::views::alerts::{
    AckRequest, AcknowledgementView, AlertDetail, AlertList, AlertView, DeliveryView, EventView, Looking,
    NoticeView,
};
use atlas_domain::{NoticeState, Severity, Suppression, Timestamp};
use clap::Args;

use super::a_name;
use crate::cli::output::Output;
use crate::cli::routes;
use crate::cli::table::{spare, table, text, whole};
use crate::cli::text::{Look, facts, indented, lines, one_line};
use crate::cli::words::words;
use crate::client::Client;
use crate::error::{CliError, Exit};

/// The largest page that the route gives.
const LARGEST_PAGE: u32 = 500;
/// So far sections stand to the right of their names.
const INDENT: usize = 2;

/// `atlas alert ls`
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct ListArgs {
    /// Also what is over
    #[arg(long)]
    pub(super) all: bool,
    /// Only what is told this loudly
    #[arg(long, value_name = "SEVERITY", value_parser = words(Severity::ALL, Severity::as_str))]
    pub(super) severity: Option<Severity>,
    /// Only of this service
    #[arg(long, value_name = "SERVICE", value_parser = a_name)]
    pub(super) service: Option<String>,
    /// At most so many; all without it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: Option<u32>,
}

/// Which incident.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct IncidentArgs {
    /// The id, or the first digits of it that no other has
    #[arg(value_parser = a_name)]
    pub(super) id: String,
}

/// `atlas alert ack`
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct AckArgs {
    #[command(flatten)]
    pub(super) incident: IncidentArgs,
    /// What you know of it, for whoever looks later
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) comment: String,
    /// Who takes it on; the owner without it
    #[arg(long, value_name = "NAME")]
    pub(super) by: Option<String>,
}

pub(super) async fn list(args: &ListArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let list = every_page(args, client).await?;
    output.answer(&list, |look| render(&list.incidents, look))?;
    if !output.is_json() {
        if list.incidents.is_empty() {
            output.say(args.if_there_are_none(&list.looking));
        }
        warn_if_nobody_looks(&list.looking, output);
        if list.next.is_some() {
            output.say("there are more; --limit says how many to list");
        }
    }
    Ok(Exit::Ok)
}

pub(super) async fn show(args: &IncidentArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let alert: AlertDetail = client.get(&routes::under(routes::ALERTS, &args.id)).await?;
    output.answer(&alert, |look| render_one(&alert, look))?;
    if !output.is_json() {
        warn_if_nobody_looks(&alert.looking, output);
    }
    Ok(Exit::Ok)
}

pub(super) async fn acknowledge(args: &AckArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let request = AckRequest {
        by: args.by.clone(),
        comment: args.comment.clone(),
    };
    let path = format!("{}/ack", routes::under(routes::ALERTS, &args.incident.id));
    let alert: AlertDetail = client.post(&path, &request).await?;
    output.answer(&alert, |_look| head(&alert))?;
    if let Some(before) = &alert.replaced
        && !output.is_json()
    {
        output.say(&format!("until now it was taken on {}", taken_on(before)));
    }
    Ok(Exit::Ok)
}

pub(super) async fn decide(
    verb: &str,
    args: &IncidentArgs,
    client: &Client,
    output: &Output,
) -> Result<Exit, CliError> {
    let path = format!("{}/{verb}", routes::under(routes::ALERTS, &args.id));
    let alert: AlertDetail = client.post(&path, &()).await?;
    output.answer(&alert, |_look| head(&alert))?;
    Ok(Exit::Ok)
}

/// As many as there are, or as were asked for.
async fn every_page(args: &ListArgs, client: &Client) -> Result<AlertList, CliError> {
    let mut list = AlertList::default();
    loop {
        let left = args
            .limit
            .map(|limit| limit.saturating_sub(u32::try_from(list.incidents.len()).unwrap_or(u32::MAX)));
        let parameters = [
            ("state", args.all.then(|| "all".to_owned())),
            ("severity", args.severity.map(|severity| severity.to_string())),
            ("service", args.service.clone()),
            (
                "limit",
                Some(
                    left.map_or(LARGEST_PAGE, |left| left.min(LARGEST_PAGE))
                        .to_string(),
                ),
            ),
            ("after", list.next.take()),
        ];
        let page: AlertList = client
            .get(&routes::with_query(routes::ALERTS, parameters))
            .await?;
        list.incidents.extend(page.incidents);
        list.next = page.next;
        list.looking = page.looking;
        let is_enough = args
            .limit
            .is_some_and(|limit| list.incidents.len() >= limit as usize);
        if list.next.is_none() || is_enough {
            return Ok(list);
        }
    }
}

impl ListArgs {
    /// That nothing is wrong can be said only where somebody looks.
    pub(super) fn if_there_are_none(&self, looking: &Looking) -> &'static str {
        match (self.all, self.severity.is_some() || self.service.is_some()) {
            (_, true) => "no such incident",
            (_, false) if !looking.server && looking.looked_at.is_none() => "nothing is known yet",
            (true, false) => "nothing has ever been wrong",
            (false, false) if looking.server => "nothing is wrong",
            (false, false) => "nothing was wrong when somebody looked last",
        }
    }
}

/// What is listed without a server may be over, and what is not listed may be wrong.
fn warn_if_nobody_looks(looking: &Looking, output: &Output) {
    if let Some(warning) = nobody_looks(looking) {
        output.warn(&warning);
    }
}

pub(super) fn nobody_looks(looking: &Looking) -> Option<String> {
    let since = match (looking.server, looking.looked_at) {
        (true, _) => return None,
        (false, Some(at)) => format!("nobody looks since {at}"),
        (false, None) => "nobody has ever looked".to_owned(),
    };
    Some(format!(
        "no server runs, so {since}, and nobody is told of anything: start one with `atlas serve`"
    ))
}

pub(super) fn render(alerts: &[AlertView], look: Look) -> String {
    if alerts.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = alerts
        .iter()
        .map(|alert| {
            [
                alert.id.clone(),
                alert.severity.to_string(),
                state(alert),
                alert.service.clone(),
                alert.started_at.to_string(),
                alert.summary.clone(),
            ]
        })
        .collect();
    let columns = [
        whole("ID"),
        whole("SEVERITY"),
        whole("STATE"),
        spare("SERVICE"),
        spare("SINCE"),
        text("WHAT"),
    ];
    table(columns, &rows, look)
}

pub(super) fn render_one(alert: &AlertDetail, look: Look) -> String {
    let sections = [
        ("Messages", messages(&alert.alert.deliveries, look.within(INDENT))),
        ("Not sent yet", not_sent(&alert.notices)),
        ("What happened", history(&alert.timeline)),
    ];
    let told = sections.iter().filter(|(_, section)| !section.is_empty());
    let told: Vec<_> = told
        .map(|(name, section)| format!("\n{}\n{}", look.bold(name), indented(section)))
        .collect();
    format!("{}{}", head(alert), told.concat())
}

fn messages(deliveries: &[DeliveryView], look: Look) -> String {
    if deliveries.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = deliveries.iter().map(delivery_row).collect();
    let columns = [
        whole("CHANNEL"),
        whole("TELLS"),
        whole("STATE"),
        whole("TRIES"),
        spare("NEXT TRY"),
        text("LAST ERROR"),
    ];
    table(columns, &rows, look)
}

/// What is part of no message, and may still become one.
fn not_sent(notices: &[NoticeView]) -> String {
    let waiting = notices.iter().filter(|notice| {
        notice.delivery.is_none() && matches!(notice.state, NoticeState::Waiting | NoticeState::Held)
    });
    lines(waiting.map(|notice| {
        let held = notice.suppressed_by.map_or(String::new(), |by| {
            format!(", kept back by {}", until(by, notice.held_until))
        });
        format!(
            "{}: {} is {}{held}",
            one_line(&notice.channel),
            notice.kind,
            notice.state
        )
    }))
}

fn history(events: &[EventView]) -> String {
    lines(
        events
            .iter()
            .map(|event| format!("{}  {}", event.at, one_line(&event.event))),
    )
}

/// What an incident is, without its history.
fn head(detail: &AlertDetail) -> String {
    let alert = &detail.alert;
    let or_nothing = |time: Option<Timestamp>| time.map_or(String::new(), |time| time.to_string());
    let labels: Vec<_> = alert
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let taken_on = detail.acknowledgement.as_ref().map(taken_on);
    let over = match (alert.resolved_at, detail.end) {
        (Some(at), Some(end)) => format!("{at}, {end}"),
        (at, _) => or_nothing(at),
    };
    let kept_back = alert.suppressed_by.iter();
    let kept_back: Vec<_> = kept_back
        .map(|by| until(*by, last_until(&detail.notices, *by)))
        .collect();
    let louder = (detail.worst_severity > alert.severity).then(|| format!(", was {}", detail.worst_severity));
    facts(&[
        ("Incident", alert.id.clone()),
        ("What", alert.summary.clone()),
        ("Why", alert.why.clone()),
        ("State", state(alert)),
        (
            "Severity",
            format!("{}{}", alert.severity, louder.unwrap_or_default()),
        ),
        ("Service", alert.service.clone()),
        ("Rule", alert.rule.clone()),
        ("Labels", labels.join(", ")),
        ("Since", alert.started_at.to_string()),
        ("Fired", or_nothing(detail.fired_at)),
        ("Over", over),
        ("Taken on", taken_on.unwrap_or_default()),
        ("Kept back by", kept_back.join(", ")),
        (
            "Escalated",
            if detail.escalation == 0 {
                String::new()
            } else {
                detail.escalation.to_string()
            },
        ),
        ("Run", detail.command.clone().unwrap_or_default()),
        ("Read", detail.runbook.clone()),
    ])
}

/// `rate_limit until 2026-03-01T12:00:00Z`
fn until(by: Suppression, until: Option<Timestamp>) -> String {
    until.map_or_else(|| by.to_string(), |until| format!("{by} until {until}"))
}

/// Until when it is kept from the last of the channels that it is kept from for that reason.
fn last_until(notices: &[NoticeView], by: Suppression) -> Option<Timestamp> {
    let its = notices.iter().filter(|notice| notice.suppressed_by == Some(by));
    its.filter_map(|notice| notice.held_until).max()
}

/// `by mara at 2026-03-01T12:00:00Z: on it`
fn taken_on(by: &AcknowledgementView) -> String {
    let comment = match by.comment.as_str() {
        "" => String::new(),
        comment => format!(": {}", one_line(comment)),
    };
    format!("by {} at {}{comment}", one_line(&by.by), by.at)
}

/// The state, and what a person or the incident itself has added to it.
fn state(alert: &AlertView) -> String {
    let mut state = alert.state.to_string();
    let is_open = alert.resolved_at.is_none();
    if alert.acknowledged && is_open {
        state += ", acknowledged";
    }
    if alert.flapping && is_open {
        state += ", flapping";
    }
    if alert.suppressed_by.contains(&Suppression::RateLimit) {
        state += ", rate_limit";
    }
    state
}

fn delivery_row(delivery: &DeliveryView) -> [String; 6] {
    let tells: Vec<_> = delivery.tells.iter().map(|kind| kind.as_str()).collect();
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    [
        delivery.channel.clone(),
        or_dash(tells.join(", ")),
        delivery.state.to_string(),
        delivery.attempts.to_string(),
        or_dash(
            delivery
                .next_attempt_at
                .map_or(String::new(), |at| at.to_string()),
        ),
        or_dash(delivery.last_error.clone()),
    ]
}
