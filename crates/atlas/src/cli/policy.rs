//! `atlas policy`: by which rules services are called, and what a call costs in the worst case.

use atlas_app::services::view::{
    AttemptView, ConcurrentView, PolicyList, PolicyView, RateView, ShareView, SlowCallsView,
};
use clap::{Args, Subcommand};

use super::output::Output;
use super::routes;
use super::table::{table, whole};
use super::text::{Look, facts, indented};
use super::words::name;
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas policy ls\n  \
    atlas policy explain article_processing";

/// `atlas policy`
#[derive(Debug, Clone, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

/// What to ask about policies.
#[derive(Debug, Clone, Subcommand)]
enum PolicyCommand {
    /// List the policies
    Ls,
    /// Explain one policy, with every attempt of a call in the worst case
    Explain {
        /// The policy
        #[arg(value_parser = name)]
        name: String,
    },
}

pub(super) async fn run(args: &PolicyArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    match &args.command {
        PolicyCommand::Ls => {
            let list: PolicyList = client.get(routes::POLICIES).await?;
            output.answer(&list, |look| render(&list.policies, look))?;
        }
        PolicyCommand::Explain { name } => {
            let policy: PolicyView = client.get(&routes::under(routes::POLICIES, name)).await?;
            output.answer(&policy, |look| explain(&policy, look))?;
        }
    }
    Ok(Exit::Ok)
}

fn render(policies: &[PolicyView], look: Look) -> String {
    let row = |policy: &PolicyView| {
        [
            policy.name.clone(),
            seconds(policy.attempt_timeout_ms),
            policy.worst_case.len().to_string(),
            seconds(policy.worst_case_ms),
            policy
                .breaker
                .as_ref()
                .map_or("-".to_owned(), |rules| seconds(rules.open_ms)),
        ]
    };
    let columns = [
        whole("POLICY"),
        whole("ATTEMPT"),
        whole("ATTEMPTS"),
        whole("AT MOST"),
        whole("OPEN FOR"),
    ];
    table(columns, &policies.iter().map(row).collect::<Vec<_>>(), look)
}

fn explain(policy: &PolicyView, look: Look) -> String {
    let mut told = vec![
        ("Policy", policy.name.clone()),
        (
            "An attempt",
            format!("at most {}", seconds(policy.attempt_timeout_ms)),
        ),
        (
            "A call",
            format!("at most {}", seconds(policy.overall_timeout_ms)),
        ),
    ];
    if let Some(ConcurrentView { total, per_scope }) = policy.concurrent {
        told.push(("At once", format!("{total}, {per_scope} of them for one scope")));
    }
    if let Some(RateView {
        interval_ms: interval,
        burst,
    }) = policy.rate
    {
        told.push((
            "Rate",
            format!(
                "{burst} at once, then one every {} for one scope",
                seconds(interval)
            ),
        ));
    }
    if let Some(rules) = &policy.breaker {
        let mut opens = Vec::new();
        if let Some(failures) = rules.consecutive_failures {
            opens.push(format!("{failures} failures in a row"));
        }
        if let Some(ShareView {
            percent,
            min_calls: calls,
        }) = rules.failure_rate
        {
            opens.push(format!("{percent} % of at least {calls} calls failed"));
        }
        if let Some(SlowCallsView {
            slower_than_ms: limit,
            rate: ShareView {
                percent,
                min_calls: calls,
            },
        }) = rules.slow_calls
        {
            opens.push(format!(
                "{percent} % of at least {calls} calls took longer than {}",
                seconds(limit)
            ));
        }
        told.push(("Opens after", opens.join(", or ")));
        told.push((
            "Stays open",
            format!("{}, up to {}", seconds(rules.open_ms), seconds(rules.open_cap_ms)),
        ));
        told.push((
            "Closes after",
            format!(
                "{} good probes, {} at once",
                rules.successes_to_close, rules.probes
            ),
        ));
        told.push(("Own rules for", rules.own_rules_for.join(", ")));
    }
    let schedule = indented(&schedule(&policy.worst_case, look));
    format!("{}\n{}\n{schedule}", facts(&told), look.bold("In the worst case"))
}

fn schedule(attempts: &[AttemptView], look: Look) -> String {
    let rows: Vec<_> = attempts
        .iter()
        .zip(1..)
        .map(|(attempt, number)| {
            [
                number.to_string(),
                seconds(attempt.wait_ms),
                seconds(attempt.begins_ms),
                seconds(attempt.ends_ms),
            ]
        })
        .collect();
    table(
        [whole("ATTEMPT"), whole("WAIT"), whole("BEGINS"), whole("ENDS")],
        &rows,
        look,
    )
}

/// Seconds with as many digits as they have, or hours and minutes where those say more.
fn seconds(millis: u64) -> String {
    match millis {
        0..60_000 if millis.is_multiple_of(1_000) => format!("{} s", millis / 1_000),
        0..60_000 => format!("{}.{:03} s", millis / 1_000, millis % 1_000),
        60_000..3_600_000 if millis.is_multiple_of(60_000) => format!("{} min", millis / 60_000),
        60_000..3_600_000 => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
        _ if millis.is_multiple_of(3_600_000) => format!("{} h", millis / 3_600_000),
        _ => format!("{} h {} min", millis / 3_600_000, millis % 3_600_000 / 60_000),
    }
}

#[cfg(test)]
mod tests {
    use atlas_app::services::view::BreakerRules;

    use super::*;

    #[test]
    fn explains_every_rule_and_the_worst_case() {
        let attempt = |wait_ms, begins_ms, ends_ms| AttemptView {
            wait_ms,
            begins_ms,
            ends_ms,
        };
        let policy = PolicyView {
            name: "article_processing".to_owned(),
            attempt_timeout_ms: 20_000,
            overall_timeout_ms: 60_000,
            concurrent: Some(ConcurrentView {
                total: 16,
                per_scope: 2,
            }),
            rate: Some(RateView {
                interval_ms: 1_000,
                burst: 5,
            }),
            breaker: Some(BreakerRules {
                consecutive_failures: Some(5),
                failure_rate: Some(ShareView {
                    percent: 50,
                    min_calls: 20,
                }),
                slow_calls: None,
                open_ms: 120_000,
                open_cap_ms: 21_600_000,
                probes: 1,
                successes_to_close: 3,
                own_rules_for: Vec::new(),
            }),
            worst_case: vec![
                attempt(0, 0, 20_000),
                attempt(2_000, 22_000, 42_000),
                attempt(4_000, 46_000, 60_000),
            ],
            worst_case_ms: 60_000,
        };
        insta::assert_snapshot!(explain(&policy, Look::PLAIN), @"
        Policy        article_processing
        An attempt    at most 20 s
        A call        at most 1 min
        At once       16, 2 of them for one scope
        Rate          5 at once, then one every 1 s for one scope
        Opens after   5 failures in a row, or 50 % of at least 20 calls failed
        Stays open    2 min, up to 6 h
        Closes after  3 good probes, 1 at once

        In the worst case
          ATTEMPT  WAIT  BEGINS  ENDS
          1        0 s   0 s     20 s
          2        2 s   22 s    42 s
          3        4 s   46 s    1 min
        ");
    }
}
