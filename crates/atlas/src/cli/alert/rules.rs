//! The rules in force: the list, and one with its reason.

use atlas_app::views::alerts::{RuleList, RuleOrigin, RuleView};
use clap::Args;

use super::a_name;
use crate::cli::output::Output;
use crate::cli::routes;
use crate::cli::table::{spare, table, text, whole};
use crate::cli::text::{Look, duration, facts};
use crate::client::Client;
use crate::error::{CliError, Exit};

/// `atlas alert rules`
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct RulesArgs {
    /// Only this one, with its condition and its reason
    #[arg(value_parser = a_name)]
    pub(super) name: Option<String>,
}

pub(super) async fn run(args: &RulesArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let list: RuleList = client.get(routes::RULES).await?;
    let Some(name) = &args.name else {
        output.answer(&list, |look| render(&list.rules, look))?;
        return Ok(Exit::Ok);
    };
    let rule = list.rules.iter().find(|rule| rule.name == *name);
    let rule = rule.ok_or_else(|| no_such(name))?;
    output.answer(rule, |_look| render_one(rule))?;
    Ok(Exit::Ok)
}

fn no_such(name: &str) -> CliError {
    let message = format!("there is no rule `{name}`; `atlas alert rules` lists those in force");
    CliError::new(Exit::NotFound, message)
}

pub(super) fn render(rules: &[RuleView], look: Look) -> String {
    let rows: Vec<_> = rules
        .iter()
        .map(|rule| {
            [
                rule.name.clone(),
                services(rule),
                rule.severity.clone(),
                rule.condition.clone(),
            ]
        })
        .collect();
    let columns = [
        whole("RULE"),
        spare("SERVICE"),
        text("SEVERITY"),
        text("CONDITION"),
    ];
    table(columns, &rows, look)
}

pub(super) fn render_one(rule: &RuleView) -> String {
    let lasts = |secs: u64| match secs {
        0 => String::new(),
        secs => duration(secs.saturating_mul(1_000)),
    };
    let origin = match rule.origin {
        RuleOrigin::BuiltIn => "built in",
        RuleOrigin::File => "your file of rules",
        RuleOrigin::FileInPlaceOfBuiltIn => "your file of rules, in place of the built-in one",
    };
    facts(&[
        ("Rule", rule.name.clone()),
        ("From", origin.to_owned()),
        ("Service", services(rule)),
        ("Severity", rule.severity.clone()),
        ("Condition", rule.condition.clone()),
        ("Must hold for", lasts(rule.for_secs)),
        ("Must be over for", lasts(rule.keep_firing_for_secs)),
        ("Tells", rule.summary.clone()),
        ("Run", rule.command.clone().unwrap_or_default()),
        ("Read", rule.runbook.clone()),
        ("Reason", rule.reason.clone()),
    ])
}

fn services(rule: &RuleView) -> String {
    if rule.services.is_empty() {
        "every service".to_owned()
    } else {
        rule.services.join(", ")
    }
}
