//! How answers look to people: lines and lists of facts. Fetched text is data: whatever could steer a
//! terminal is taken out of it here.

use std::fmt::Write as _;

/// What the place can show where an answer goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// The terminal understands ANSI sequences, and its owner wants them.
    pub(super) colour: bool,
    /// The columns of the terminal; none where the answer goes elsewhere, and stays whole.
    pub(super) width: Option<usize>,
}

impl Look {
    #[cfg(test)]
    pub(super) const PLAIN: Self = Self {
        colour: false,
        width: None,
    };

    /// The same, so many columns further to the right.
    pub(super) fn within(self, columns: usize) -> Self {
        Self {
            width: self.width.map(|width| width.saturating_sub(columns)),
            ..self
        }
    }

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

/// Whether a character could steer a terminal, or make a text look other than it is: control characters (C0,
/// DEL, C1), marks that turn the writing direction, and others that nobody sees. The joiners U+200C and U+200D
/// are none of them: whole scripts, and emoji, need them within words.
pub(super) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' // soft hyphen
            | '\u{34f}' // grapheme joiner
            | '\u{61c}' | '\u{200e}' | '\u{200f}' // direction marks
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers that count as letters
            | '\u{180e}' | '\u{200b}' | '\u{feff}' // spaces without width
            | '\u{2028}' | '\u{2029}' // line and paragraph separator
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
            | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' // invisible operators and old format marks
            | '\u{fff9}'..='\u{fffb}' // annotations
            | '\u{e0000}'..='\u{e007f}' // tags: an invisible alphabet
        )
}

/// Foreign text on one line, for a terminal.
pub(super) fn one_line(text: &str) -> String {
    let separates = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let shown: String = text
        .chars()
        .filter(|c| separates(*c) || !is_deceptive(*c))
        .map(|c| if separates(c) { ' ' } else { c })
        .collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Foreign text with its lines and tabs, for a terminal.
pub(crate) fn block(text: &str) -> String {
    text.chars()
        .filter(|c| !is_deceptive(*c) || matches!(c, '\n' | '\t'))
        .collect()
}

/// Foreign text with its lines and tabs, for a file: only control characters are taken out, because writing
/// directions are a part of what a text says.
pub(super) fn without_controls(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// A JSON document in which nothing can steer a terminal, and from which nothing is missing: such characters
/// stand inside its strings only, and there they may be written as escapes.
pub(super) fn escaped_json(json: String) -> String {
    // What is below DEL is the layout of the document; inside strings it is escaped already.
    let must_be_escaped = |c: char| c >= '\u{7f}' && is_deceptive(c);
    if !json.contains(must_be_escaped) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if must_be_escaped(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
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
    lines(text.lines().map(|line| format!("  {line}").trim_end().to_owned()))
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look::PLAIN;

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        let hostile = "\x1b]0;owned\x07A \u{9b}31mtitle\r\n\tof two lines";
        assert_eq!(one_line(hostile), "]0;owned A 31mtitle of two lines");
        assert_eq!(block("a\x1b[2J\n\tb\r\u{85}"), "a[2J\n\tb");
    }

    #[test]
    fn foreign_text_cannot_look_other_than_it_is() {
        let hostile = "safe\u{202e}gpj.exe\u{2066}\u{200f} a\u{200b}b\u{ad}c\u{2028}d\u{feff}\u{e0041}";
        assert_eq!(one_line(hostile), "safegpj.exe abc d");
        assert_eq!(block("a\u{202e}\n\u{2069}b"), "a\nb");
        let spoken = "می\u{200c}خواهم 👩\u{200d}🔬";
        assert_eq!(
            (one_line(spoken), block(spoken)),
            (spoken.to_owned(), spoken.to_owned())
        );
    }

    #[test]
    fn a_file_keeps_writing_directions_but_no_controls() {
        assert_eq!(
            without_controls("a\u{200f}\u{9b}\u{1b}b\n\tc\r"),
            "a\u{200f}b\n\tc"
        );
    }

    #[test]
    fn json_hides_nothing_and_loses_nothing() {
        let hostile = "\u{9b}31m\u{202e}\u{200b}\u{7f}\u{e0041}\u{1b}\n\u{200d}ü";
        let json = escaped_json(serde_json::to_string_pretty(&[hostile]).unwrap());
        assert_eq!(
            json,
            "[\n  \"\\u009b31m\\u202e\\u200b\\u007f\\udb40\\udc41\\u001b\\n\u{200d}ü\"\n]"
        );
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [hostile]);
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
        let colourful = Look {
            colour: true,
            ..PLAIN
        };
        assert_eq!(colourful.marked("a **b** c"), "a \x1b[1mb\x1b[0m c");
    }

    #[test]
    fn amounts_are_said_as_people_say_them() {
        let durations = [7, 1_000, 119_999, 120_000, 7_200_000, 172_800_000].map(duration);
        assert_eq!(durations, ["7 ms", "1 s", "119 s", "2 min", "2 h", "2 days"]);
        assert_eq!([counted(1, "hit"), counted(2, "hit")], ["1 hit", "2 hits"]);
    }
}
