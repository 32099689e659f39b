//! A message as HTML, for mail programs: one small table with its style in the tags, because most of them drop
//! everything else. Whatever comes from outside is escaped.

use std::fmt::Write as _;

use atlas_domain::Severity;

use super::line::tells_the_end;
use super::message::{Entry, LONGEST_MESSAGE_BYTES, Message, word};

const CELL: &str = "padding:6px 10px;border-bottom:1px solid #ddd;text-align:left;vertical-align:top";

impl Message {
    /// The whole as HTML, at most [`LONGEST_MESSAGE_BYTES`]. Where that is too little, the least bad are only counted.
    pub fn html(&self) -> String {
        let (mut rows, mut told) = (String::new(), 0);
        // What stands around the rows is short: a title, a link and two numbers.
        let head = self.html_head();
        let room = LONGEST_MESSAGE_BYTES.saturating_sub(head.len() + self.html_end(usize::MAX).len());
        for entry in &self.worst {
            let row = entry.row();
            if rows.len() + row.len() > room {
                break;
            }
            rows.push_str(&row);
            told += 1;
        }
        let more = self.more.saturating_add(self.worst.len() - told);
        format!("{head}{rows}{}", self.html_end(more))
    }

    fn html_head(&self) -> String {
        format!(
            "<!doctype html><html><body style=\"font-family:sans-serif\"><h2 style=\"font-size:18px\">{}</h2>\
             <table style=\"border-collapse:collapse\">",
            escaped(&self.title)
        )
    }

    fn html_end(&self, more: usize) -> String {
        let mut end = String::from("</table>");
        if more > 0 {
            let _ = write!(end, "<p>and {more} more</p>");
        }
        if let Some(link) = &self.link {
            let link = escaped(link);
            let _ = write!(end, "<p><a href=\"{link}\">{link}</a></p>");
        }
        let host = self
            .host
            .as_deref()
            .map_or(String::new(), |host| format!(" on {}", escaped(host)));
        let _ = write!(end, "<p style=\"color:#666\">{}{host}</p></body></html>", self.at);
        end
    }
}

impl Entry {
    fn row(&self) -> String {
        let is_over = tells_the_end(self.kind);
        let (label, colour) = if is_over {
            ("RESOLVED", "#2e7d32")
        } else {
            (word(self.severity), colour(self.severity))
        };
        let mut row = format!(
            "<tr><td style=\"{CELL};color:{colour};font-weight:bold\">{label}</td><td style=\"{CELL}\"><b>{}</b>: {}",
            escaped(&self.service),
            escaped(&self.summary)
        );
        if !self.why.is_empty() {
            let _ = write!(row, "<br>{}", escaped(&self.why));
        }
        let _ = write!(row, "<br>{}", escaped(&self.story()));
        if let Some(command) = self.command.as_ref().filter(|_| !is_over) {
            let _ = write!(row, "<br>run: <code>{}</code>", escaped(command));
        }
        if !is_over && !self.runbook.is_empty() {
            let _ = write!(row, "<br>read: {}", escaped(&self.runbook));
        }
        row.push_str("</td></tr>");
        row
    }
}

const fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#b71c1c",
        Severity::Warning => "#b26a00",
        Severity::Info => "#37474f",
    }
}

/// As text, and inside quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::tests::{message_about, message_of};

    #[test]
    fn what_comes_from_outside_is_text_and_no_markup() {
        let hostile = "<script>alert('x')</script>\" onload=\"y & z";
        let html = message_about(hostile).html();

        assert!(!html.contains("<script>"), "{html}");
        assert!(!html.contains("\" onload"), "{html}");
        assert!(
            html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
            "{html}"
        );
    }

    #[test]
    fn it_keeps_the_bound_and_counts_what_it_leaves_out() {
        let message = message_of(10, &"<".repeat(9_000));
        let html = message.html();

        assert!(html.len() <= LONGEST_MESSAGE_BYTES, "{}", html.len());
        assert!(html.ends_with("</html>"));
        let rows = html.matches("<tr>").count();
        assert!(rows < 10);
        assert!(html.contains(&format!("and {} more", 10 - rows)), "{rows}");
    }

    #[test]
    fn a_row_says_what_is_wrong_and_what_to_do() {
        let html = message_about("the disk is full").html();

        for said in [
            "CRITICAL",
            "the disk is full",
            "run: <code>atlas status</code>",
            "since ",
        ] {
            assert!(html.contains(said), "{said}: {html}");
        }
    }
}
