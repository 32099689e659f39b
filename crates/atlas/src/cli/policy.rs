//! `atlas policy`: by which rules services are called, and what a call costs in the worst case.

use atlas_app::services::view::{
    AttemptView, BreakerRules, ConcurrentView, PolicyList, PolicyView, RateView, RetryView, ShareView,
    SlowCallsView,
};
use clap::{Args, Subcommand};

use super::output::Output;
use super::routes;
use super::table::{table, whole};
use super::text::{Look, facts, indented, one_line};
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
        #[arg(value_parser = policy_name)]
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

fn policy_name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("it is empty; `atlas policy ls` lists the policies".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn render(policies: &[PolicyView], look: Look) -> String {
    let row = |policy: &PolicyView| {
        [
            policy.name.clone(),
            seconds(policy.attempt_timeout_ms),
            policy
                .retry
                .as_ref()
                .map_or(1, |retry| retry.attempts)
                .to_string(),
            seconds(policy.overall_timeout_ms),
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
    let mut told = limits(policy);
    told.extend(policy.breaker.iter().flat_map(rules));
    let mut sections = vec![facts(&told)];
    let own_rules = policy.breaker.iter().flat_map(|of_all| &of_all.own_rules);
    sections.extend(
        own_rules.map(|(scope, own)| section(&format!("Own rules for {scope}"), &facts(&rules(own)), look)),
    );
    sections.push(section(
        &worst_case_of(policy),
        &schedule(&policy.worst_case, look),
        look,
    ));
    sections.join("\n")
}

fn section(name: &str, told: &str, look: Look) -> String {
    format!("{}\n{}", look.bold(&one_line(name)), indented(told))
}

/// Not every attempt fits into the time of a call when each takes as long as it may.
fn worst_case_of(policy: &PolicyView) -> String {
    let set = policy.retry.as_ref().map_or(1, |retry| retry.attempts);
    match policy.worst_case.len() {
        fit if u32::try_from(fit).is_ok_and(|fit| fit < set) => {
            format!("In the worst case, where {fit} of {set} attempts fit")
        }
        _ => "In the worst case".to_owned(),
    }
}

fn limits(policy: &PolicyView) -> Vec<(&'static str, String)> {
    let at_most = |millis| format!("at most {}", seconds(millis));
    let mut told = vec![
        ("Policy", policy.name.clone()),
        ("An attempt", at_most(policy.attempt_timeout_ms)),
        ("A call", at_most(policy.overall_timeout_ms)),
        ("Attempts", attempts(policy.retry.as_ref())),
    ];
    if let Some(ConcurrentView {
        total,
        per_scope,
        queues,
    }) = policy.concurrent
    {
        let others = if queues { "wait" } else { "are turned away" };
        let at_once = format!("{total}, {per_scope} of them for one scope; others {others}");
        told.push(("At once", at_once));
    }
    if let Some(RateView { interval_ms, burst }) = policy.rate {
        let interval = seconds(interval_ms);
        told.push((
            "Rate",
            format!("{burst} at once, then one every {interval} for one scope"),
        ));
    }
    told
}

fn attempts(retry: Option<&RetryView>) -> String {
    let Some(retry) = retry else {
        return "1: it is not tried again".to_owned();
    };
    let (base, cap) = (seconds(retry.base_ms), seconds(retry.cap_ms));
    let RetryView { attempts, kind, .. } = retry;
    format!("{attempts}; waits between them: {kind}, from at most {base} up to at most {cap}")
}

fn rules(rules: &BreakerRules) -> Vec<(&'static str, String)> {
    let (open, cap) = (seconds(rules.open_ms), seconds(rules.open_cap_ms));
    let (successes, probes) = (rules.successes_to_close, rules.probes);
    let pause = match rules.pause_ms {
        0 => String::new(), // nobody there can ask for one
        pause => format!("{} where no time is named", seconds(pause)),
    };
    vec![
        ("Opens after", opens_after(rules)),
        ("Stays open", format!("{open}, up to {cap}")),
        (
            "Closes after",
            format!("{successes} good probes, {probes} at once"),
        ),
        ("Asked for a pause", pause),
    ]
}

fn opens_after(rules: &BreakerRules) -> String {
    let mut opens = Vec::new();
    if let Some(failures) = rules.consecutive_failures {
        opens.push(format!("{failures} failures in a row"));
    }
    if let Some(ShareView { percent, min_calls }) = rules.failure_rate {
        opens.push(format!("{percent} % of at least {min_calls} calls failed"));
    }
    if let Some(SlowCallsView { slower_than_ms, rate }) = rules.slow_calls {
        let ShareView { percent, min_calls } = rate;
        let limit = seconds(slower_than_ms);
        opens.push(format!(
            "{percent} % of at least {min_calls} calls took longer than {limit}"
        ));
    }
    if opens.is_empty() {
        return "nothing: it never opens by itself".to_owned();
    }
    opens.join(", or ")
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
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_empty_name_is_answered_in_terms_of_policies() {
        assert!(policy_name(" ").unwrap_err().contains("atlas policy ls"));
    }

    #[test]
    fn explains_every_rule_and_the_worst_case() {
        let attempt = |wait_ms, begins_ms, ends_ms| AttemptView {
            wait_ms,
            begins_ms,
            ends_ms,
        };
        let own = BreakerRules {
            consecutive_failures: Some(20),
            failure_rate: None,
            slow_calls: None,
            open_ms: 600_000,
            open_cap_ms: 21_600_000,
            probes: 1,
            successes_to_close: 3,
            pause_ms: 0,
            own_rules_for: Vec::new(),
            own_rules: BTreeMap::new(),
        };
        let policy = PolicyView {
            name: "article_processing".to_owned(),
            attempt_timeout_ms: 20_000,
            overall_timeout_ms: 60_000,
            concurrent: Some(ConcurrentView {
                total: 16,
                per_scope: 2,
                queues: true,
            }),
            rate: Some(RateView {
                interval_ms: 1_000,
                burst: 5,
            }),
            retry: Some(RetryView {
                attempts: 4,
                kind: "exponential".to_owned(),
                base_ms: 2_000,
                cap_ms: 10_000,
            }),
            breaker: Some(BreakerRules {
                own_rules: BTreeMap::from([("slow.example:80".to_owned(), own)]),
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
                pause_ms: 300_000,
                own_rules_for: vec!["slow.example:80".to_owned()],
            }),
            worst_case: vec![
                attempt(0, 0, 20_000),
                attempt(2_000, 22_000, 42_000),
                attempt(4_000, 46_000, 60_000),
            ],
            worst_case_ms: 60_000,
        };
        insta::assert_snapshot!(explain(&policy, Look::PLAIN), @"
        Policy             article_processing
        An attempt         at most 20 s
        A call             at most 1 min
        Attempts           4; waits between them: exponential, from at most 2 s up to at most 10 s
        At once            16, 2 of them for one scope; others wait
        Rate               5 at once, then one every 1 s for one scope
        Opens after        5 failures in a row, or 50 % of at least 20 calls failed
        Stays open         2 min, up to 6 h
        Closes after       3 good probes, 1 at once
        Asked for a pause  5 min where no time is named

        Own rules for slow.example:80
          Opens after   20 failures in a row
          Stays open    10 min, up to 6 h
          Closes after  3 good probes, 1 at once

        In the worst case, where 3 of 4 attempts fit
          ATTEMPT  WAIT  BEGINS  ENDS
          1        0 s   0 s     20 s
          2        2 s   22 s    42 s
          3        4 s   46 s    1 min
        ");
    }
}
