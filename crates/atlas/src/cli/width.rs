//! What fits on a line of a terminal: characters of Chinese, Japanese and Korean take two columns, some take none.
//! Texts come without control characters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// A text within so many columns; what it has lost at its end is shown as `…`.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let fits = |c: &char| match left.checked_sub(c.width().unwrap_or(0)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// A text in lines of so many columns, between words where there are any. It never parts the two halves of a `**`.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        if !line.is_empty() {
            if width(&line) + 1 + width(word) <= columns {
                line.push(' ');
            } else {
                lines.push(std::mem::take(&mut line));
            }
        }
        for c in word.chars() {
            let parts_a_mark = c == '*' && line.ends_with('*');
            let fits = width(&line) + c.width().unwrap_or(0) <= columns;
            if !fits && !line.is_empty() && !parts_a_mark {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_fits_is_left_alone_and_a_longer_one_says_that_it_was_cut() {
        assert_eq!(cut("Rye bread", 9), "Rye bread");
        assert_eq!(cut("Rye bread", 8), "Rye bre…");
        assert_eq!(cut("Rye bread", 5), "Rye…");
        assert_eq!(cut("Rye bread", 1), "…");
    }

    #[test]
    fn wide_characters_count_for_what_they_take() {
        assert_eq!(width("パンの本"), 8);
        assert_eq!(cut("パンの本", 8), "パンの本");
        assert_eq!(cut("パンの本", 7), "パンの…");
        assert_eq!(cut("パンの本", 6), "パン…");
    }

    #[test]
    fn lines_end_between_words_where_they_can() {
        assert_eq!(wrapped("mix rye and water", 9), ["mix rye", "and water"]);
        assert_eq!(wrapped("", 9), [""]);
        assert_eq!(wrapped("パンの本 abcdef", 5), ["パン", "の本", "abcde", "f"]);
        assert_eq!(wrapped("a **rye**", 6), ["a", "**rye**"]);
    }
}
