//! Finds HTML tags in a text that need not be HTML. One pass, whatever the text: no search is made twice.
//!
//! Knows element names, so that `a < b`, `<T>` and `<me@mail.example>` are no tags.

/// A tag, or a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'t> {
    pub(super) start: usize,
    /// Behind its `>`.
    pub(super) end: usize,
    /// As it is written.
    pub(super) name: &'t str,
    pub(super) closes: bool,
    pub(super) role: Role,
    /// What stands between name and `>`.
    pub(super) attributes: &'t str,
}

/// What an element is in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// There is one of it in a page, and none in an article.
    Document,
    /// It makes navigation, forms and programs.
    Structure,
    /// It makes blocks of text.
    Block,
    /// It stands inside a line.
    Inline,
    /// A comment.
    Comment,
}

/// The tags of a text, in order.
pub(super) struct Tags<'t> {
    text: &'t str,
    at: usize,
    /// Once no comment ends, no later one does.
    comments_end: bool,
}

impl<'t> Tags<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self::from(text, 0)
    }

    /// The tags behind the byte `at`, which is a border of characters.
    pub(super) fn from(text: &'t str, at: usize) -> Self {
        Self {
            text,
            at,
            comments_end: true,
        }
    }

    fn comment(&mut self, start: usize) -> Option<Tag<'t>> {
        if !self.comments_end || !self.text[start..].starts_with("<!--") {
            return None;
        }
        let Some(length) = self.text[start..].find("-->") else {
            self.comments_end = false;
            return None;
        };
        Some(Tag {
            start,
            end: start + length + 3,
            name: "!--",
            closes: false,
            role: Role::Comment,
            attributes: "",
        })
    }

    fn tag(&self, start: usize) -> Option<Tag<'t>> {
        let inner = &self.text[start + 1..];
        let closes = inner.starts_with('/');
        let inner = inner.strip_prefix('/').unwrap_or(inner);
        let name_length = inner
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '!' | '?')))
            .unwrap_or(inner.len())
            .min(40);
        let (name, rest) = inner.split_at(name_length);
        if !rest.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/') {
            return None;
        }
        let role = role(name)?;
        // An attribute may hold a `<`, but hardly ever; looking no further keeps the whole linear.
        let stop = rest.find(['<', '>'])?;
        if !rest[stop..].starts_with('>') {
            return None;
        }
        let name_end = start + 1 + usize::from(closes) + name_length;
        Some(Tag {
            start,
            end: name_end + stop + 1,
            name,
            closes,
            role,
            attributes: &rest[..stop],
        })
    }
}

impl<'t> Iterator for Tags<'t> {
    type Item = Tag<'t>;

    fn next(&mut self) -> Option<Tag<'t>> {
        loop {
            let start = self.at + self.text[self.at..].find('<')?;
            self.at = start + 1;
            if let Some(tag) = self.comment(start).or_else(|| self.tag(start)) {
                self.at = tag.end;
                return Some(tag);
            }
        }
    }
}

impl Tag<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value of an attribute, with or without quotes.
    pub(super) fn attribute(&self, wanted: &str) -> Option<&str> {
        let mut rest = self.attributes;
        loop {
            let equals = rest.find('=')?;
            let name = rest[..equals].split_whitespace().next_back().unwrap_or_default();
            let after = rest[equals + 1..].trim_start();
            let (value, left) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(value);
            }
            rest = left;
        }
    }
}

// Lists read as paragraphs, not as columns of one name a line.
#[rustfmt::skip]
fn role(name: &str) -> Option<Role> {
    const DOCUMENT: &[&str] = &["!doctype", "?xml", "html", "head", "body", "meta", "title", "link", "base"];
    const STRUCTURE: &[&str] = &[
        "nav", "header", "footer", "aside", "main", "form", "input", "button", "select", "option", "textarea",
        "script", "noscript", "style", "iframe", "svg", "path", "template", "dialog", "object", "label",
    ];
    const BLOCK: &[&str] = &[
        "p", "div", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table",
        "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "blockquote", "pre", "article", "section",
        "figure", "figcaption", "details", "summary", "center",
    ];
    const INLINE: &[&str] = &[
        "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "img", "ins",
        "kbd", "mark", "nobr", "picture", "q", "ruby", "rt", "rp", "s", "samp", "small", "source", "span",
        "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "video", "audio", "wbr",
    ];
    let among = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if among(BLOCK) {
        Some(Role::Block)
    } else if among(INLINE) {
        Some(Role::Inline)
    } else if among(DOCUMENT) {
        Some(Role::Document)
    } else if among(STRUCTURE) {
        Some(Role::Structure)
    } else {
        // Elements that a page or an office program invents.
        let invented = name.contains(['-', ':'])
            && !name.ends_with(':')
            && name.starts_with(|c: char| c.is_ascii_lowercase());
        invented.then_some(Role::Inline)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::ordinary("a<p class=x>b</P>", &["p", "P"])]
    #[case::no_tags("if a < b, Vec<T> or <me@mail.example> or <https://a.example/>", &[])]
    #[case::comment("a<!-- <p> -->b<br/>", &["!--", "br"])]
    #[case::unclosed_comment("<!-- a <b>c", &["b"])]
    #[case::unclosed_tag("a <p class='x' <b>", &["b"])]
    #[case::doctype("<!DOCTYPE html><html lang=de>", &["!DOCTYPE", "html"])]
    #[case::invented("<my-app></my-app><o:p>", &["my-app", "my-app", "o:p"])]
    fn finds_tags(#[case] text: &str, #[case] names: &[&str]) {
        assert_eq!(Tags::of(text).map(|tag| tag.name).collect::<Vec<_>>(), names);
    }

    #[rstest]
    #[case("<a rel=x href='/a b' id=y>", Some("/a b"))]
    #[case("<a href = \"/c\">", Some("/c"))]
    #[case("<a href=/d>", Some("/d"))]
    #[case("<a data-href=/d>", None)]
    fn reads_attributes(#[case] text: &str, #[case] href: Option<&str>) {
        let tag = Tags::of(text).next().expect("a tag");
        assert_eq!(tag.attribute("href"), href);
    }
}
