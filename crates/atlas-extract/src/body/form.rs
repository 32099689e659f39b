//! Tells the form of a body from its beginning, without parsing it.
//!
//! A text *about* HTML names elements too: what stands in code does not count, and one name makes no page.

use super::BodyForm;
use super::tags::{Role, Tag, Tags};

/// So much of a body shows what it is.
const SAMPLE_BYTES: usize = 64 * 1024;
/// A page has at least this share of markup, `0.0..=1.0`: pages of prose have a tenth, one tag in a text has less.
const PAGE_MARKUP_SHARE: f32 = 0.05;
/// So many parts of a page are one, wherever they begin.
const PAGE_PARTS: usize = 3;

/// The form of `text`.
pub(super) fn of(text: &str) -> BodyForm {
    let sample = text[..text.floor_char_boundary(SAMPLE_BYTES)].trim();
    if !sample.contains('<') {
        return form_of_text(sample);
    }
    let tally = Tally::of(sample);
    if tally.tags == 0 {
        form_of_text(sample)
    } else if tally.is_page(sample) {
        BodyForm::Page
    } else if tally.first_at == Some(0) && text.trim_end().ends_with('>') {
        BodyForm::Fragment
    } else {
        BodyForm::Mixed
    }
}

fn form_of_text(sample: &str) -> BodyForm {
    let is_marked = |line: &str| {
        let hashes = line.len() - line.trim_start_matches('#').len();
        (1..=6).contains(&hashes) && line[hashes..].starts_with(' ') || line.starts_with("```")
    };
    if sample.contains("](") || sample.lines().any(is_marked) {
        BodyForm::Markdown
    } else {
        BodyForm::Plain
    }
}

/// The tags of a sample that are no example in a text.
#[derive(Default)]
struct Tally {
    tags: usize,
    closing: usize,
    /// Parts of a page that content does not have.
    parts: usize,
    bytes: usize,
    first_at: Option<usize>,
    begins_document: bool,
}

impl Tally {
    fn of(sample: &str) -> Self {
        let code = code_blocks(sample);
        let mut tally = Self::default();
        for tag in Tags::of(sample) {
            let in_code = code.iter().any(|(from, to)| (*from..*to).contains(&tag.start))
                || sample[..tag.start].ends_with('`');
            if !in_code {
                tally.add(tag);
            }
        }
        tally
    }

    fn add(&mut self, tag: Tag<'_>) {
        let is_part = matches!(tag.role, Role::Document | Role::Structure);
        if self.tags == 0 {
            self.first_at = Some(tag.start);
            let begins = ["!doctype", "html", "head", "body", "?xml"];
            self.begins_document = tag.start == 0 && begins.iter().any(|name| tag.is(name));
        } else if self.tags == 1 && self.first_at == Some(0) {
            // A comment may stand before the document.
            self.begins_document |= tag.is("!doctype") || tag.is("html");
        }
        self.tags += 1;
        self.closing += usize::from(tag.closes);
        self.parts += usize::from(is_part);
        self.bytes += tag.end - tag.start;
    }

    fn is_page(&self, sample: &str) -> bool {
        let share = self.bytes as f32 / sample.len().max(1) as f32;
        let has_parts = match self.first_at {
            Some(0) => self.parts >= 1,
            _ => self.parts >= PAGE_PARTS,
        };
        self.begins_document || has_parts && self.closing >= 1 && share >= PAGE_MARKUP_SHARE
    }
}

/// Where code stands between fences, at most the first hundred times.
fn code_blocks(sample: &str) -> Vec<(usize, usize)> {
    let mut fences = sample
        .match_indices("```")
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || sample[..*at].ends_with('\n'));
    let mut blocks = Vec::new();
    while let (Some(from), to) = (fences.next(), fences.next()) {
        blocks.push((from, to.unwrap_or(sample.len())));
        if to.is_none() || blocks.len() == 100 {
            break;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::doctype("<!DOCTYPE html><p>Herons", BodyForm::Page)]
    #[case::comment_first("<!-- saved -->\n<html><p>Herons", BodyForm::Page)]
    #[case::no_doctype("<title>Herons</title><h1>Herons</h1>", BodyForm::Page)]
    #[case::navigation("<div><nav><a href=/>Home</a></nav><p>Herons</div>", BodyForm::Page)]
    #[case::after_headers(
        "HTTP/1.1 200 OK\n\n<html><head><title>x</title></head><body>y</body>",
        BodyForm::Page
    )]
    #[case::fragment("<p>The heron stood on the gate.</p>\n<p>It waited.</p>", BodyForm::Fragment)]
    #[case::leftovers("The heron stood<br>on the gate.\n\nIt <b>waited</b>.", BodyForm::Mixed)]
    #[case::text_after_tag("<p>The heron stood on the gate.\nIt waited", BodyForm::Mixed)]
    #[case::markdown("# Herons\n\nThe heron stood.", BodyForm::Markdown)]
    #[case::link("See [herons](https://h.example/).", BodyForm::Markdown)]
    #[case::about_html("The `<script>` element, and `<html>` too, are old.", BodyForm::Plain)]
    #[case::code(
        "# Pages\n```html\n<html><head><title>x</title></head></html>\n```\nSo.",
        BodyForm::Markdown
    )]
    #[case::begins_with_a_name(
        "<script> tags are put last, so that the page shows first. It was always so.",
        BodyForm::Mixed
    )]
    #[case::hash_tag("#herons are back", BodyForm::Plain)]
    #[case::comparison("a < b and b > c", BodyForm::Plain)]
    #[case::nothing("", BodyForm::Plain)]
    fn tells_the_form(#[case] text: &str, #[case] form: BodyForm) {
        assert_eq!(of(text), form);
    }
}
