//! The extractor's result with what was carried in private characters put back.
//!
//! Only reads the marks that `marks` made; what the extractor tore apart still becomes well-formed.

use super::marks::{CarriedLink, FIRST_LINK_END, FIRST_LINK_START, NEWLINE, SPACE, TAB, is_white, link_at};

/// Puts what was carried back into HTML that the extractor returned. What had lines is code in a block.
pub(crate) fn restore_html(html: &str, links: &[CarriedLink]) -> String {
    let mut restored = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<code>") {
        let end = matching_end(&rest[start..]).map_or(rest.len(), |length| start + length);
        let code = &rest[start..end];
        restored.push_str(&rest[..start]);
        if code.contains(NEWLINE) {
            let code = code.replace("<code>", "").replace("</code>", "");
            restored.push_str("<pre><code>");
            restored.push_str(code.trim_matches(NEWLINE));
            restored.push_str("</code></pre>");
        } else {
            restored.push_str(code);
        }
        rest = &rest[end..];
    }
    restored.push_str(rest);
    restore_links(&restored, links)
        .replace(SPACE, " ")
        .replace(NEWLINE, "\n")
        .replace(TAB, "\t")
}

/// Turns carried links into elements. One that the extractor tore apart ends before the next tag.
fn restore_links(html: &str, links: &[CarriedLink]) -> String {
    let mut restored = String::with_capacity(html.len());
    let mut in_link = false;
    for c in html.chars() {
        let (start, end) = (
            link_at(c, FIRST_LINK_START, links),
            link_at(c, FIRST_LINK_END, links),
        );
        if in_link && (start.is_some() || c == '<') {
            restored.push_str("</a>");
            in_link = false;
        }
        if let Some(link) = start {
            restored.push_str("<a href=\"");
            restored.push_str(&escape(&link.href));
            restored.push_str("\">");
            restored.push_str(&escape(link.first.encode_utf8(&mut [0; 4])));
            in_link = link.last.is_some();
            if !in_link {
                restored.push_str("</a>");
            }
        } else if let Some(last) = end.and_then(|link| link.last) {
            restored.push_str(&escape(last.encode_utf8(&mut [0; 4])));
            if in_link {
                restored.push_str("</a>");
                in_link = false;
            }
        } else {
            restored.push(c);
        }
    }
    if in_link {
        restored.push_str("</a>");
    }
    restored
}

/// Puts what was carried back into a plain text, which has no links.
pub(crate) fn restore_text(text: &str, links: &[CarriedLink]) -> String {
    let restored = text.chars().map(|c| {
        match (
            link_at(c, FIRST_LINK_START, links),
            link_at(c, FIRST_LINK_END, links),
        ) {
            (Some(link), _) => link.first,
            (None, Some(link)) => link.last.unwrap_or(c),
            (None, None) if is_white(c) => ' ',
            (None, None) => c,
        }
    });
    restored
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The length of the `<code>` element at the beginning of `html`; the extractor nests them.
fn matching_end(html: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let open = html[at..].find("<code>");
        let close = html[at..].find("</code>")?;
        match open {
            Some(open) if open < close => {
                depth += 1;
                at += open + "<code>".len();
            }
            _ => {
                depth -= 1;
                at += close + "</code>".len();
                if depth == 0 {
                    return Some(at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::inline("a <code>b</code> c", "a <code>b</code> c")]
    #[case::block("<code>b\u{10FA0A}c\u{10FA0A}</code>", "<pre><code>b\nc</code></pre>")]
    #[case::nested("<code><code>b\u{10FA0A}c</code></code>d", "<pre><code>b\nc</code></pre>d")]
    #[case::unclosed("<code>b\u{10FA0A}c", "<pre><code>b\nc</code></pre>")]
    fn code_with_lines_is_a_block(#[case] html: &str, #[case] expected: &str) {
        assert_eq!(restore_html(html, &[]), expected);
    }

    #[test]
    fn a_torn_link_stays_well_formed() {
        let links = [CarriedLink {
            href: "/x".to_owned(),
            first: 'o',
            last: Some('<'),
        }];
        let html = "<p>\u{100000}ne</p><p>two\u{F0000}</p>";
        assert_eq!(
            restore_html(html, &links),
            "<p><a href=\"/x\">one</a></p><p>two&lt;</p>"
        );
        assert_eq!(
            restore_text("\u{100000}ne\u{10FA20}two\u{F0000}", &links),
            "one two<"
        );
    }
}
