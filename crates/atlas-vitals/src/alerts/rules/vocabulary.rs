//! Which series there are for rules to speak of: those that are measured, and those that alerts say of their own
//! channels. It knows names and labels, never a value.

use std::collections::BTreeSet;

use super::{Rule, When};
use crate::metrics::catalogue;

/// What channels say of themselves, and by which label. Nobody measures it: it is known when it happens.
const OF_CHANNELS: [(&str, &str); 3] = [
    ("notifier_failing_seconds", "channel"),
    ("notifier_dead_letters", "channel"),
    ("notifier_missed_recipients", "through"),
];

/// The label by which channels say that of themselves, if it is theirs.
pub(in crate::alerts) fn channel_label(series: &str) -> Option<&'static str> {
    let mut known = OF_CHANNELS.iter();
    known.find(|(name, _)| *name == series).map(|(_, label)| *label)
}

/// What a rule has to know of a series.
struct Known {
    /// By which label it is divided, if by any.
    label: Option<&'static str>,
}

fn find(series: &str) -> Option<Known> {
    let label = match channel_label(series) {
        Some(label) => Some(label),
        None => catalogue::find(series)?.label.map(|label| label.key),
    };
    Some(Known { label })
}

/// Why a rule could never fire, each with the series that it is about, if it is about one.
pub(super) fn faults(rule: &Rule) -> Vec<(Option<&str>, String)> {
    let When::Metric { all, .. } = &rule.when else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    let mut left_over = BTreeSet::new();
    for condition in all {
        let series = &*condition.series;
        let Some(Known { label }) = find(series) else {
            let what = format!(
                "nothing of the name `{series}` is measured, so this could never fire; `atlas metrics --all` lists what is"
            );
            faults.push((Some(series), what));
            continue;
        };
        let has = label.map_or_else(|| "it has none".to_owned(), |label| format!("it has `{label}`"));
        let wrong = condition.labels.iter().filter(|(key, _)| Some(&**key) != label);
        faults.extend(wrong.map(|(key, _)| {
            let what = format!("`{series}` has no label `{key}`, so this could never fire; {has}");
            (Some(series), what)
        }));
        left_over.insert(label.filter(|label| condition.labels.iter().all(|(key, _)| **key != **label)));
    }
    if faults.is_empty() && left_over.len() > 1 {
        let by: Vec<&str> = left_over.iter().map(|label| label.unwrap_or("nothing")).collect();
        let what = format!(
            "its series are divided by {}, so no two of their values belong together and this could never fire; \
             say with `labels` which of them are meant",
            by.join(" and by ")
        );
        faults.push((None, what));
    }
    faults
}

/// Whether an incident can have a label of that name: one that its series are divided by, or one that all have.
pub fn is_label(name: &str) -> bool {
    labels().any(|known| known == name)
}

/// Every label that an incident can have.
pub fn labels() -> impl Iterator<Item = &'static str> {
    let of_all = ["rule", "service", "severity"].into_iter();
    let of_channels = OF_CHANNELS.iter().map(|(_, label)| *label);
    let of_series = catalogue::definitions().filter_map(|definition| Some(definition.label?.key));
    of_all.chain(of_channels).chain(of_series)
}
