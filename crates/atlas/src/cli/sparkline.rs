//! A row of little bars: how something went. What was not measured is a dot and never a low bar.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const GAP: char = '·';

/// The newest points in so many columns, from zero to `top`; by the greatest of them without it.
pub(super) fn sparkline(points: &[Option<f64>], columns: usize, top: Option<f64>) -> String {
    let shown = &points[points.len().saturating_sub(columns)..];
    let greatest = shown.iter().flatten().copied().fold(0.0_f64, f64::max);
    let top = top.unwrap_or(greatest);
    let bars = shown
        .iter()
        .map(|point| point.map_or(GAP, |value| bar(value, top)));
    let missing = columns - shown.len();
    std::iter::repeat_n(' ', missing).chain(bars).collect()
}

fn bar(value: f64, top: f64) -> char {
    if value <= 0.0 || top <= 0.0 {
        return BARS[0];
    }
    let highest = BARS.len() - 1;
    // Whatever is above the top is cut there.
    let height = (value / top * highest as f64).ceil().min(highest as f64);
    BARS[height as usize]
}

/// How much it is, for people: in the unit that the API names.
pub(super) fn amount(value: f64, unit: &str) -> String {
    match unit {
        "ratio" => format!("{:.*} %", usize::from(value < 0.0995), value * 100.0),
        "bytes" => bytes(value),
        "seconds" if value < 1.0 => format!("{:.0} ms", value * 1_000.0),
        "seconds" if value < 120.0 => format!("{value:.1} s"),
        "seconds" => super::text::duration((value * 1_000.0) as u64),
        "cores" => format!("{value:.1} cores"),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}

fn bytes(value: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (value, 0);
    while value >= 1_024.0 && unit < UNITS.len() - 1 {
        value /= 1_024.0;
        unit += 1;
    }
    format!("{value:.*} {}", usize::from(unit > 0), UNITS[unit])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn nothing_is_the_lowest_bar_and_a_gap_is_none() {
        let points = [Some(0.0), None, Some(0.01), Some(0.5), Some(1.0), Some(7.0)];
        assert_eq!(sparkline(&points, 6, Some(1.0)), "▁·▂▅██");
    }

    #[test]
    fn the_newest_stand_at_the_right() {
        let points = [Some(1.0), Some(2.0), Some(4.0)];
        assert_eq!(sparkline(&points, 2, None), "▅█");
        assert_eq!(sparkline(&points, 5, None), "  ▃▅█");
        assert_eq!(sparkline(&[], 3, None), "   ");
        assert_eq!(sparkline(&[Some(0.0)], 1, None), "▁");
    }

    #[rstest]
    #[case(0.0, "ratio", "0.0 %")]
    #[case(0.0712, "ratio", "7.1 %")]
    #[case(0.4234, "ratio", "42 %")]
    #[case(1_536.0, "bytes", "1.5 KiB")]
    #[case(17.0, "bytes", "17 B")]
    #[case(0.25, "seconds", "250 ms")]
    #[case(12.0, "count", "12")]
    #[case(1.5, "count", "1.50")]
    fn amounts_are_told_in_their_unit(#[case] value: f64, #[case] unit: &str, #[case] told: &str) {
        assert_eq!(amount(value, unit), told);
    }
}
