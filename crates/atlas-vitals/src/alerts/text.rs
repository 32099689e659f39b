//! Text that comes from outside, made fit for a message: one line, bounded, without control characters.

/// Longer lines are cut: nobody reads them, and a message has a bound.
pub(super) const LONGEST_LINE_BYTES: usize = 1_000;

/// `text` on one line: a control character, which could begin a header, is a space; at most `max_bytes`.
pub(super) fn one_line(text: &str, max_bytes: usize) -> String {
    // What will be cut need not be looked at: a message of a megabyte costs no more than a short one.
    let head = cut(text, max_bytes);
    let line: String = head.chars().map(|c| if breaks(c) { ' ' } else { c }).collect();
    if head.len() == text.len() {
        return line;
    }
    format!("{}…", cut(&line, max_bytes.saturating_sub('…'.len_utf8())))
}

/// The beginning of `text`: at most `max_bytes`, and no half characters.
pub(super) fn cut(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    &text[..text.floor_char_boundary(max_bytes)]
}

/// Also those that end a line, or turn its direction, in Unicode alone.
fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::header("down\r\nBcc: all@example.com", "down  Bcc: all@example.com")]
    #[case::tab("a\tb", "a b")]
    #[case::unicode_line_end("a\u{2028}b", "a b")]
    #[case::turned_direction("a\u{202e}b", "a b")]
    #[case::plain("ümlaut", "ümlaut")]
    fn control_characters_become_spaces(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(one_line(text, 100), expected);
    }

    #[rstest]
    #[case(0, "")]
    #[case(1, "")]
    #[case(2, "ä")]
    #[case(3, "ä")]
    #[case(4, "ää")]
    #[case(9, "ää")]
    fn a_cut_leaves_no_half_character(#[case] max_bytes: usize, #[case] expected: &str) {
        assert_eq!(cut("ää", max_bytes), expected);
    }

    #[test]
    fn what_was_cut_says_so_and_keeps_the_bound() {
        let line = one_line(&"ä".repeat(1_000_000), 101);

        assert!(line.ends_with('…'));
        assert!(line.len() <= 101);
    }
}
