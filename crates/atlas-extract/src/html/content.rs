//! What a candidate proposed, made safe and readable: sanitised HTML, plain text, links, Markdown.
//!
//! Nothing reaches the library that did not pass the allow-list here.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use ammonia::UrlRelative;
use atlas_domain::Link;
use url::Url;

use super::markdown;
use super::plain_text::PlainText;
use super::tree::{self, Tree};
use crate::hygiene;

/// Elements a reader needs. Whatever is not listed is unwrapped, so its text stays.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "b",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Elements that go with everything in them.
const REMOVED_WITH_CONTENT: &[&str] = &[
    "button", "canvas", "form", "head", "iframe", "input", "noembed", "noframes", "noscript", "object",
    "option", "script", "select", "style", "svg", "template", "textarea", "title",
];

/// The Markdown converter recurses with large stack frames; text nested deeper than this is not prose.
const MAX_MARKDOWN_DEPTH: usize = 100;

/// Longer addresses lead nowhere; browsers differ from here on.
const MAX_ADDRESS_BYTES: usize = 8 * 1024;

/// Addresses of a content together. A page may name a long address once and lean on it in every link.
const MAX_ADDRESSES_BYTES: usize = 8 * 1024 * 1024;

/// The content of a page, ready to keep.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// HTML that passed the allow-list.
    pub(crate) html: String,
    /// Its text and links.
    pub(crate) plain: PlainText,
    parsed: Option<Tree>,
}

impl Content {
    /// Sanitises a candidate's HTML. Relative addresses are resolved against `base`; without it they go.
    pub(crate) fn of(candidate_html: &str, base: Option<&Url>) -> Self {
        if candidate_html.is_empty() {
            return Self::default();
        }
        let html = hygiene::clean_block(sanitize(candidate_html, base));
        let parsed = tree::parse(&html);
        Self {
            plain: PlainText::of(&parsed.document),
            html,
            parsed: Some(parsed),
        }
    }

    /// Its links, in order.
    pub(crate) fn links(&self) -> Vec<Link> {
        self.plain
            .links
            .iter()
            .map(|(url, text)| Link {
                url: url.clone(),
                text: text.clone(),
            })
            .collect()
    }

    /// The content as `CommonMark` with GitHub tables; the plain text where it is nested beyond reason.
    pub(crate) fn markdown(&mut self) -> String {
        let converted = self.parsed.take().and_then(|mut parsed| {
            let fits =
                parsed.notes.is_empty() && tree::cut_below(&mut parsed.document, MAX_MARKDOWN_DEPTH) == 0;
            fits.then(|| markdown::of(&self.html, &mut parsed.document))
                .flatten()
        });
        converted.unwrap_or_else(|| self.plain.text.clone())
    }
}

fn sanitize(html: &str, base: Option<&Url>) -> String {
    let attributes: HashMap<&str, HashSet<&str>> = [
        ("a", &["href"][..]),
        ("abbr", &["title"]),
        ("img", &["src", "alt", "title", "width", "height"]),
        ("ol", &["start"]),
        ("td", &["colspan", "rowspan"]),
        ("th", &["colspan", "rowspan"]),
        ("time", &["datetime"]),
    ]
    .into_iter()
    .map(|(element, names)| (element, names.iter().copied().collect()))
    .collect();
    let base = base.cloned();
    let addresses_bytes = AtomicUsize::new(0);
    let within_budget = move |address: Option<String>| {
        address
            .filter(|address| {
                let before = addresses_bytes.fetch_add(address.len(), Ordering::Relaxed);
                before + address.len() <= MAX_ADDRESSES_BYTES
            })
            .map(Cow::Owned)
    };
    ammonia::Builder::empty()
        .tags(ELEMENTS.iter().copied().collect())
        .clean_content_tags(REMOVED_WITH_CONTENT.iter().copied().collect())
        .tag_attributes(attributes)
        .generic_attributes(HashSet::from(["dir", "lang"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        // Passed through to the filter below, which resolves them.
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer"))
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("a", "href") => within_budget(absolute(value, base.as_ref(), &["http", "https", "mailto"])),
            ("img", "src") => within_budget(absolute(value, base.as_ref(), &["http", "https"])),
            _ => Some(Cow::Borrowed(value)),
        })
        .clean(html)
        .to_string()
}

/// `address` as an absolute URL, if its scheme is one of `schemes` and it is of a reasonable length.
pub(crate) fn absolute(address: &str, base: Option<&Url>, schemes: &[&str]) -> Option<String> {
    if address.len() > MAX_ADDRESS_BYTES {
        return None;
    }
    let url = match base {
        Some(base) => base.join(address.trim()),
        None => Url::parse(address.trim()),
    };
    url.ok()
        .filter(|url| schemes.contains(&url.scheme()) && url.as_str().len() <= MAX_ADDRESS_BYTES)
        .map(String::from)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn clean(html: &str) -> String {
        let base = Url::parse("https://example.com/blog/post").expect("a constant");
        Content::of(html, Some(&base)).html
    }

    #[rstest]
    #[case::script("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>")]
    #[case::style("<style>p{color:red}</style><p style='color:red'>a</p>", "<p>a</p>")]
    #[case::form(
        "<p>a</p><form action=/x><input name=q><button>Go</button></form>",
        "<p>a</p>"
    )]
    #[case::handler("<p onclick='x()' onmouseover=y()>a</p>", "<p>a</p>")]
    #[case::htmx("<p hx-get=/x data-hx-post=/y>a</p>", "<p>a</p>")]
    #[case::identity("<p id=main class=big>a</p>", "<p>a</p>")]
    #[case::unknown_element("<p><font color=red>a</font><blink>b</blink></p>", "<p>ab</p>")]
    #[case::script_link("<a href='javascript:x()'>a</a>", "<a rel=\"noopener noreferrer\">a</a>")]
    #[case::data_picture("<img src='data:image/png;base64,AA' alt=a>", "<img alt=\"a\">")]
    #[case::frame("<iframe src=https://example.com></iframe><p>a</p>", "<p>a</p>")]
    #[case::drawing(
        "<svg><a xlink:href='javascript:x()'><text>a</text></a></svg><p>b</p>",
        "<p>b</p>"
    )]
    fn keeps_out(#[case] html: &str, #[case] expected: &str) {
        assert_eq!(clean(html), expected);
    }

    #[rstest]
    #[case::relative("../about", "https://example.com/about")]
    #[case::rooted("/about", "https://example.com/about")]
    #[case::other_host("//example.org/a", "https://example.org/a")]
    #[case::mail("mailto:a@example.com", "mailto:a@example.com")]
    fn links_are_absolute(#[case] href: &str, #[case] expected: &str) {
        let html = clean(&format!("<a href='{href}'>a</a>"));
        assert_eq!(
            html,
            format!("<a href=\"{expected}\" rel=\"noopener noreferrer\">a</a>")
        );
    }

    #[test]
    fn relative_addresses_without_a_base_are_dropped() {
        let content = Content::of("<p><a href=/x>a</a><img src=b.png></p>", None);
        assert_eq!(content.html, "<p><a rel=\"noopener noreferrer\">a</a><img></p>");
        assert_eq!(content.plain.links, Vec::new());
    }

    #[test]
    fn markdown_keeps_the_structure() {
        let mut content = Content::of(
            "<h2>Tea</h2><p>Use <b>green</b> <a href=https://example.com/>leaves</a>.</p><ul><li>one<li>two</ul>\
             <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>\
             <pre><code>let x = 1;\nlet y = 2;</code></pre>",
            None,
        );
        let markdown = content.markdown();
        for expected in [
            "## Tea",
            "Use **green** [leaves](https://example.com/).",
            "- one\n- two",
            "| a | b |",
            "| 1 | 2 |",
            "```\nlet x = 1;\nlet y = 2;\n```",
        ] {
            assert!(
                markdown.contains(expected),
                "{expected} is missing in:\n{markdown}"
            );
        }
    }

    #[test]
    fn control_characters_and_overrides_of_direction_reach_no_form_of_the_text() {
        let mut content = Content::of(
            "<p>a\u{1}b&#x202E;c&#8;d\u{85}e &amp;#8238;</p><pre>f\u{0}\tg</pre>",
            None,
        );
        let markdown = content.markdown();
        for form in [&content.html, &content.plain.text, &markdown] {
            assert!(form.contains("abcde") && form.contains("\tg"), "{form}");
            assert!(
                !form.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')),
                "{form:?}"
            );
            assert!(!form.contains('\u{202E}'), "{form:?}");
        }
    }

    #[test]
    fn one_long_address_is_not_multiplied() {
        let base = Url::parse(&format!("https://example.com/{}/", "x".repeat(8_000))).expect("a constant");
        let html = "<a href=y>link</a> ".repeat(20_000);
        let content = Content::of(&html, Some(&base));
        assert!(content.html.len() < 10 * 1024 * 1024, "{}", content.html.len());
        assert!(content.plain.links.len() > 900, "{}", content.plain.links.len());
        assert_eq!(absolute(&"y".repeat(9_000), Some(&base), &["https"]), None);
    }

    #[test]
    fn nesting_beyond_reason_becomes_plain_text() {
        let mut content = Content::of(&format!("{}deep", "<blockquote>".repeat(400)), None);
        assert_eq!(content.markdown(), "deep");
    }
}
