//! A measured value as people say it: with its unit, and no more figures than matter.

use crate::metrics::{Unit, catalogue};

const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// The value of the series of that name.
pub(super) fn figure(series: &str, value: f64) -> String {
    match unit(series) {
        Unit::Ratio => format!("{} %", rounded(value * 100.0, 1)),
        Unit::Bytes => bytes(value),
        Unit::Seconds => time(value),
        Unit::Cores => format!("{} cores", rounded(value, 1)),
        Unit::Count => match value.abs() {
            0.0..10.0 => rounded(value, 3),
            10.0..100.0 => rounded(value, 1),
            _ => rounded(value, 0),
        },
    }
}

/// What channels say of themselves is measured by nobody, and says its unit in its name.
fn unit(series: &str) -> Unit {
    match catalogue::find(series) {
        Some(definition) => definition.unit,
        None if series.ends_with("_seconds") => Unit::Seconds,
        None => Unit::Count,
    }
}

fn bytes(value: f64) -> String {
    let (mut value, mut unit) = (value, 0);
    while value.abs() >= 1_024.0 && unit < UNITS.len() - 1 {
        value /= 1_024.0;
        unit += 1;
    }
    format!("{} {}", rounded(value, usize::from(unit > 0)), UNITS[unit])
}

fn time(seconds: f64) -> String {
    match seconds.abs() {
        0.0..1.0 => format!("{} ms", rounded(seconds * 1_000.0, 0)),
        1.0..120.0 => format!("{} s", rounded(seconds, 1)),
        120.0..7_200.0 => format!("{} min", rounded(seconds / 60.0, 1)),
        7_200.0..172_800.0 => format!("{} h", rounded(seconds / 3_600.0, 1)),
        _ => format!("{} days", rounded(seconds / 86_400.0, 1)),
    }
}

fn rounded(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::share("mount_used", 0.963, "96.3 %")]
    #[case::whole_share("mount_used", 0.95, "95 %")]
    #[case::bytes("mount_available", 115_220_480.0, "109.9 MiB")]
    #[case::whole_bytes("mount_available", 1_073_741_824.0, "1 GiB")]
    #[case::a_day("mount_full_in", 86_400.0, "24 h")]
    #[case::of_a_channel("notifier_failing_seconds", 600.0, "10 min")]
    #[case::how_often("api_error_burn", 71.429, "71.4")]
    #[case::a_few("api_error_burn", 6.25, "6.25")]
    #[case::many("queue_jobs", 12_345.0, "12345")]
    #[case::none("queue_jobs", 0.0, "0")]
    fn a_value_is_told_in_its_unit(#[case] series: &str, #[case] value: f64, #[case] told: &str) {
        assert_eq!(figure(series, value), told);
    }
}
