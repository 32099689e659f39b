//! An item as a Markdown file that other note-taking programs understand: front matter, then the content.

use atlas_app::views::ItemView;
use serde_json::json;

use crate::cli::text::{lines, without_controls};

/// The longest part of a title in a file name: with the id and the ending it stays below every file system's limit.
const SLUG_BYTES: usize = 80;

/// Front matter and content.
pub(super) fn render(view: &ItemView) -> String {
    let item = &view.item;
    let article = view.document.as_ref().map(|document| &document.article);
    let published = article
        .and_then(|article| article.published.as_ref())
        .map(|date| date.value.to_string());
    let fields = [
        ("title", json!(item.title.as_deref().map(without_controls))),
        ("url", json!(without_controls(&item.url))),
        (
            "authors",
            json!(article.map(|article| all_without_controls(&article.authors))),
        ),
        ("published", json!(published)),
        (
            "language",
            json!(article.and_then(|article| article.language.as_deref().map(without_controls))),
        ),
        ("tags", json!(all_without_controls(&item.tags))),
        ("state", json!(item.state)),
        ("reason", json!((!item.reason.is_empty()).then_some(&item.reason))),
        ("saved", json!(item.saved_at)),
        ("id", json!(item.id)),
    ];
    // JSON values are YAML values, with all their escapes.
    let told = fields.iter().filter(|(_, value)| !value.is_null());
    let front = lines(told.map(|(name, value)| format!("{name}: {value}")));
    match article {
        Some(article) => format!(
            "---\n{front}---\n\n{}\n",
            without_controls(&article.markdown).trim_end()
        ),
        None => format!("---\n{front}---\n"),
    }
}

fn all_without_controls(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| without_controls(text)).collect()
}

/// Readable by its title, unique by its id, and inside its directory whatever the title says.
pub(super) fn file_name(view: &ItemView) -> String {
    let id = view.item.id;
    match slug(view.item.title.as_deref().unwrap_or_default()) {
        slug if slug.is_empty() => format!("{id}.md"),
        slug => format!("{slug}-{id}.md"),
    }
}

fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        let c = if c.is_alphanumeric() { c } else { '-' };
        if slug.len() + c.len_utf8() > SLUG_BYTES {
            break;
        }
        if c != '-' || !(slug.is_empty() || slug.ends_with('-')) {
            slug.push(c);
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures;

    #[test]
    fn content_follows_its_front_matter() {
        insta::assert_snapshot!(render(&fixtures::view()), @r##"
        ---
        title: "Rye bread"
        url: "https://example.com/1"
        authors: ["Ada Baker","Ben Miller"]
        published: "2025-12-24"
        language: "en"
        tags: ["baking","bread"]
        state: "stored"
        saved: "2026-01-01T00:00:00.000Z"
        id: "00000000-0000-0000-0000-000000000001"
        ---

        # Rye bread

        Mix **rye** and water.
        "##);
    }

    #[test]
    fn a_title_cannot_break_out_of_the_front_matter() {
        let mut view = fixtures::view();
        view.item.title = Some("a\n---\nstate: \"x\"".to_owned());
        assert!(
            render(&view).contains(r#"title: "a\n---\nstate: \"x\"""#),
            "{}",
            render(&view)
        );
    }

    #[test]
    fn controls_are_left_out_and_writing_directions_are_not() {
        let mut view = fixtures::view();
        view.item.title = Some("a\u{9b}2J\u{1b}[31mb\u{200f}".to_owned());
        if let Some(document) = &mut view.document {
            document.article.markdown = "x\u{85}\u{7}\u{200f}y\n\tz".to_owned();
        }
        let text = render(&view);
        assert!(text.contains("title: \"a2J[31mb\u{200f}\"\n"), "{text:?}");
        assert!(text.ends_with("---\n\nx\u{200f}y\n\tz\n"), "{text:?}");
    }

    #[test]
    fn an_item_without_content_is_exported_as_its_link() {
        let text = render(&fixtures::quarantined_view());
        assert!(text.contains("reason: \"soft_404\"\n"), "{text}");
        assert!(text.ends_with("---\n"), "{text}");
    }

    #[test]
    fn file_names_are_readable_short_and_harmless() {
        assert_eq!(slug("Über Brot: 10 Wege?"), "über-brot-10-wege");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("本の虫"), "本の虫");
        assert_eq!(slug("!?"), "");
        let long = slug(&"虫".repeat(100));
        assert!(long.len() <= SLUG_BYTES && !long.is_empty(), "{long}");
    }
}
