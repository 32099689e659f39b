//! Bars as SVG inside the page, in a table that says the same in words: the number stands beside each bar.

use std::fmt::Write as _;

use super::escaped;

/// More are summed up.
const MOST: usize = 10;

/// A bar with its name.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    name: String,
    /// By which the bars are compared.
    amount: u64,
    shown: String,
}

impl Bar {
    /// A bar that is shown as `shown`.
    pub(super) fn of(name: &str, amount: u64, shown: String) -> Self {
        Self {
            name: name.to_owned(),
            amount,
            shown,
        }
    }
}

/// A chart with its heading; nothing where there is nothing to show.
pub(super) fn bars(heading: &str, names: &str, amounts: &str, mut bars: Vec<Bar>) -> String {
    bars.retain(|bar| bar.amount > 0);
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.amount));
    let largest = bars.iter().map(|bar| bar.amount).max().unwrap_or(0);
    if largest == 0 {
        return String::new();
    }
    let rest = bars.len().saturating_sub(MOST);
    let mut shown = format!(
        "<h3>{}</h3><table class=\"bars\"><thead><tr><th>{names}<th class=\"n\">{amounts}<th><span class=\"unseen\">Share</span></thead><tbody>",
        escaped(heading)
    );
    for bar in bars.iter().take(MOST) {
        let percent = bar.amount as f64 * 100.0 / largest as f64;
        let _ = write!(
            shown,
            "<tr><td>{}<td class=\"n\">{}<td><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect width=\"{percent:.2}\" height=\"10\" rx=\"1\"/></svg>",
            escaped(&bar.name),
            escaped(&bar.shown)
        );
    }
    if rest > 0 {
        let _ = write!(
            shown,
            "<tr><td class=\"dim\" colspan=\"3\">and {rest} smaller ones"
        );
    }
    shown.push_str("</tbody></table>");
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_fills_the_chart_and_nothing_is_shown_of_nothing() {
        let chart = bars(
            "A < B",
            "Name",
            "Rows",
            vec![
                Bar::of("<b>", 50, "50".to_owned()),
                Bar::of("x", 100, "100".to_owned()),
            ],
        );
        assert!(
            chart.contains("A &lt; B") && chart.contains("&lt;b&gt;"),
            "{chart}"
        );
        assert!(
            chart.contains("width=\"100.00\"") && chart.contains("width=\"50.00\""),
            "{chart}"
        );
        assert_eq!(
            bars("A", "Name", "Rows", vec![Bar::of("x", 0, "0".to_owned())]),
            ""
        );
    }
}
