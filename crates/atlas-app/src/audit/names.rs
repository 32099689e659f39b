//! What columns and tables tend to be called. Names are a hint; what the rows hold has the last word where it can.

use atlas_extract::BodyKind;

/// The text itself, the likeliest first.
pub(super) const BODIES: &[&str] = &[
    "content",
    "body",
    "text",
    "transcript",
    "full_text",
    "fulltext",
    "article_text",
    "article",
    "clean_text",
    "plain_text",
    "content_text",
    "extracted_text",
    "markdown",
    "content_markdown",
    "html",
    "content_html",
    "raw_html",
    "raw_content",
    "processed_text",
    "search_text",
];
pub(super) const TITLES: &[&str] = &[
    "title",
    "heading",
    "headline",
    "subject",
    "name",
    "titel",
    "titre",
    "título",
    "titulo",
    "titolo",
    "overskrift",
];
pub(super) const URLS: &[&str] = &[
    "url",
    "source_url",
    "canonical_url",
    "original_url",
    "link",
    "href",
    "uri",
    "address",
    "permalink",
];
pub(super) const KINDS: &[&str] = &[
    "content_type",
    "type",
    "kind",
    "segment_type",
    "item_type",
    "source_type",
];
pub(super) const DATES: &[&str] = &[
    "created_at",
    "created",
    "published_at",
    "saved_at",
    "saved",
    "captured_at",
    "ingested_at",
    "added_at",
    "fetched_at",
    "fetched",
    "date",
    "datum",
    "timestamp",
    "when",
    "time",
    "updated_at",
];
pub(super) const METADATA: &[&str] = &["metadata", "meta", "json", "properties", "attributes"];
pub(super) const STATES: &[&str] = &["status", "state", "processing_status", "fetch_status"];
pub(super) const PATHS: &[&str] = &["file_path", "content_path", "path", "transcript_path", "filepath"];

/// Words of a state that says a fetch came to nothing.
pub(super) const FAILED: &[&str] = &["failed", "failure", "error", "errored", "dead", "gone"];

/// Parts of a table's name that say it repeats others.
const COPIES: &[&str] = &["index", "search", "fts", "processed", "copy", "cache", "derived"];

/// The first of `names` that is one of `known`, in the order of `known`; then one that contains one of them as a part.
pub(super) fn pick<'n>(names: &[&'n str], known: &[&str]) -> Option<&'n str> {
    let lower: Vec<(String, &'n str)> = names.iter().map(|name| (name.to_lowercase(), *name)).collect();
    let exact = known
        .iter()
        .find_map(|known| lower.iter().find(|(lower, _)| lower == known));
    let part = || {
        known.iter().find_map(|known| {
            lower
                .iter()
                .find(|(lower, _)| parts(lower).any(|part| part == *known))
        })
    };
    exact.or_else(part).map(|(_, name)| *name)
}

/// Whether its name says that a table repeats another.
pub(super) fn sounds_like_copy(table: &str) -> bool {
    parts(&table.to_lowercase()).any(|part| COPIES.contains(&part))
}

/// Whether a column refers to `table` by its name: `content_id` to `content`, `source_content_id` to
/// `enhanced_content_index`.
pub(super) fn refers_by_name(column: &str, table: &str) -> bool {
    let (column, table) = (column.to_lowercase(), table.to_lowercase());
    let Some(stem) = ["_id", "_uid", "_uuid", "_key"]
        .iter()
        .find_map(|end| column.strip_suffix(end))
    else {
        return false;
    };
    parts(stem).any(|part| {
        parts(&table).any(|word| {
            word == part || word.strip_suffix('s') == Some(part) || part.strip_suffix('s') == Some(word)
        })
    })
}

/// What a row is, by the word that it or its table uses. `None`: the word says nothing.
pub(super) fn body_kind(word: &str) -> Option<BodyKind> {
    const SHORT: &[&str] = &[
        "note",
        "notes",
        "bookmark",
        "bookmarks",
        "highlight",
        "highlights",
        "segment",
        "segments",
        "quote",
        "quotes",
        "annotation",
        "annotations",
        "comment",
        "comments",
        "reply",
        "replies",
        "tweet",
        "message",
        "messages",
        "link",
        "links",
        "inbox",
        "dialogue",
        "question",
        "intro",
        "lesezeichen",
        "notizen",
        "zitate",
    ];
    const LONG: &[&str] = &[
        "article",
        "articles",
        "newsletter",
        "newsletters",
        "podcast",
        "podcasts",
        "transcript",
        "transcripts",
        "transcriptions",
        "transcription",
        "youtube",
        "video",
        "document",
        "documents",
        "page",
        "pages",
        "email",
        "book",
    ];
    let lower = word.to_lowercase();
    let is_among = |known: &[&str]| parts(&lower).any(|part| known.contains(&part));
    if is_among(SHORT) {
        return Some(BodyKind::Short);
    }
    is_among(LONG).then_some(BodyKind::Article)
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !letter.is_alphanumeric())
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&["id", "Content", "html"], BODIES, Some("Content"))]
    #[case(&["id", "Adresse (URL)"], URLS, Some("Adresse (URL)"))]
    #[case(&["id", "curl"], URLS, None)]
    #[case(&["select", "Título"], TITLES, Some("Título"))]
    fn columns_are_found_by_name(
        #[case] names: &[&str],
        #[case] known: &[&str],
        #[case] found: Option<&str>,
    ) {
        assert_eq!(pick(names, known), found);
    }

    #[rstest]
    #[case("content_id", "content", true)]
    #[case("source_content_id", "enhanced_content_index", true)]
    #[case("podcast_id", "podcasts", true)]
    #[case("episode_id", "transcript_segments", false)]
    #[case("content", "content", false)]
    fn references_are_found_by_name(#[case] column: &str, #[case] table: &str, #[case] refers: bool) {
        assert_eq!(refers_by_name(column, table), refers);
    }

    #[rstest]
    #[case("transcript_segments", Some(BodyKind::Short))]
    #[case("transcriptions", Some(BodyKind::Article))]
    #[case("article", Some(BodyKind::Article))]
    #[case("web", None)]
    fn kinds_are_found_by_word(#[case] word: &str, #[case] kind: Option<BodyKind>) {
        assert_eq!(body_kind(word), kind);
    }
}
