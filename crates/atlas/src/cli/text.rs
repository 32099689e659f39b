//! How answers look to people: lines, tables and lists of facts. Fetched text is data: whatever could steer a
//! terminal is taken out of it here.

/// Whether emphasis is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// The terminal understands ANSI sequences, and its owner wants them.
    pub(super) colour: bool,
}

impl Look {
    /// Stands out.
    pub(super) fn bold(self, text: &str) -> String {
        if self.colour {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// Stands back.
    pub(super) fn dim(self, text: &str) -> String {
        if self.colour {
            format!("\x1b[2m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// Makes what stands between `**` stand out.
    pub(super) fn marked(self, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let emphasised = |(place, part): (usize, &str)| {
            if place % 2 == 1 {
                self.bold(part)
            } else {
                part.to_owned()
            }
        };
        text.split("**").enumerate().map(emphasised).collect()
    }
}

/// Foreign text on one line, without control characters.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Foreign text as it stands, without control characters except tabs and line ends.
pub(super) fn block(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// Columns under headings. Cells may be foreign text. The last column takes what it needs; nothing is cut.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], look: Look) -> String {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| one_line(cell)))
        .collect();
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let head = look.bold(&padded(&headings.map(str::to_owned), &widths));
    lines(std::iter::once(head).chain(rows.iter().map(|row| padded(row, &widths))))
}

/// Names with their values, aligned; those without a value are left out. Values may be foreign text.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let told: Vec<_> = facts.iter().filter(|(_, value)| !value.is_empty()).collect();
    let width = told
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    lines(
        told.iter()
            .map(|(name, value)| format!("{name:<width$}  {}", one_line(value))),
    )
}

/// Each on a line of its own.
pub(super) fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines
        .into_iter()
        .fold(String::new(), |text, line| text + &line + "\n")
}

/// A text with every line moved to the right.
pub(super) fn indented(text: &str) -> String {
    lines(text.lines().map(|line| format!("  {line}")))
}

/// A reason code with its sentence, as far as there is one.
pub(super) fn explained(word: &str, reason: &str, message: &str) -> String {
    match (reason, message) {
        ("", "") => word.to_owned(),
        ("", message) => format!("{word}: {message}"),
        (reason, "") => format!("{word} ({reason})"),
        (reason, message) => format!("{word} ({reason}): {message}"),
    }
}

/// `1 item`, `2 items`.
pub(super) fn counted(n: u64, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {noun}s")
    }
}

/// A size as people say it.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut amount, mut unit) = (bytes as f64 / 1000.0, 0);
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(amount < 10.0);
    format!("{amount:.decimals$} {}", UNITS[unit])
}

/// A duration as people say it.
pub(super) fn duration(millis: u64) -> String {
    let secs = millis / 1000;
    match secs {
        0 => format!("{millis} ms"),
        1..=119 => format!("{secs} s"),
        120..=7199 => format!("{} min", secs / 60),
        7200..=172_799 => format!("{} h", secs / 3600),
        _ => format!("{} days", secs / 86_400),
    }
}

fn padded<const N: usize>(cells: &[String; N], widths: &[usize; N]) -> String {
    let cells = cells.iter().zip(widths);
    let cells: Vec<String> = cells.map(|(cell, width)| pad(cell, *width)).collect();
    cells.join("  ").trim_end().to_owned()
}

/// One endless cell must not push every other row's next column out of sight.
fn pad(cell: &str, width: usize) -> String {
    const WIDEST: usize = 200;
    let missing = width.min(WIDEST).saturating_sub(cell.chars().count());
    format!("{cell}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look { colour: false };

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        let hostile = "\x1b]0;owned\x07A \u{9b}31mtitle\r\n\tof two lines";
        assert_eq!(one_line(hostile), "]0;owned A 31mtitle of two lines");
        assert_eq!(block("a\x1b[2J\n\tb\r\u{85}"), "a[2J\n\tb");
        let shown = table(["TITLE"], &[[hostile.to_owned()]], PLAIN);
        assert!(
            !shown.contains(|c: char| c.is_control() && c != '\n'),
            "{shown:?}"
        );
    }

    #[test]
    fn an_endless_cell_is_shown_and_pads_nobody_else_without_end() {
        let rows = [
            ["x".repeat(200_000), "b".to_owned()],
            ["short".to_owned(), "b".to_owned()],
        ];
        let shown = table(["A", "B"], &rows, PLAIN);
        assert!(shown.lines().last().unwrap().len() < 300, "{}", shown.len());
    }

    #[test]
    fn columns_are_aligned_and_never_cut() {
        let rows = [
            ["a".to_owned(), "a long title".to_owned()],
            ["longer".to_owned(), "b".to_owned()],
        ];
        assert_eq!(
            table(["ID", "TITLE"], &rows, PLAIN),
            "ID      TITLE\na       a long title\nlonger  b\n"
        );
    }

    #[test]
    fn facts_without_a_value_are_left_out() {
        let shown = facts(&[
            ("Title", "T".to_owned()),
            ("Author", String::new()),
            ("By", "B".to_owned()),
        ]);
        assert_eq!(shown, "Title  T\nBy     B\n");
    }

    #[test]
    fn marks_become_emphasis_only_where_it_is_wanted() {
        assert_eq!(PLAIN.marked("a **b** c"), "a **b** c");
        assert_eq!(Look { colour: true }.marked("a **b** c"), "a \x1b[1mb\x1b[0m c");
    }

    #[test]
    fn amounts_are_said_as_people_say_them() {
        let sizes = [
            0,
            999,
            1_000,
            1_449,
            999_499,
            999_500,
            12_345_678,
            5_000_000_000_000_000,
        ]
        .map(size);
        assert_eq!(
            sizes,
            [
                "0 B", "999 B", "1.0 kB", "1.4 kB", "999 kB", "1.0 MB", "12 MB", "5000 TB"
            ]
        );
        let durations = [7, 1_000, 119_999, 120_000, 7_200_000, 172_800_000].map(duration);
        assert_eq!(durations, ["7 ms", "1 s", "119 s", "2 min", "2 h", "2 days"]);
        assert_eq!([counted(1, "hit"), counted(2, "hit")], ["1 hit", "2 hits"]);
    }
}
