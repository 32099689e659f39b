//! Which candidate is the content. Simple rules on purpose: each can be explained to a reader in a sentence.
//!
//! The first candidate is kept unless there is a reason to doubt it, and replaced only by a better one.

use super::content::Content;

/// Fewer characters than this are rarely a whole article.
const SHORT_CHARS: usize = 800;
/// Much of the text in links: navigation rather than prose.
const LINK_DENSITY: f64 = 0.4;
/// The first candidate should hold at least this share of the page's prose.
const COVERED_PROSE: f64 = 0.8;
/// Replaced when it has less than this share of the second's text...
const MUCH_SHORTER: f64 = 0.75;
/// ...the second is not navigation itself...
const MAX_SECOND_LINK_DENSITY: f64 = 0.15;
/// ...and holds at least this share of the page's prose, or the first is short.
const SECOND_COVERED_PROSE: f64 = 0.5;
/// The marked posts of a discussion hold at least this share of what the first candidate found.
const MARKED_POSTS: f64 = 0.5;

/// Why the first candidate should not be trusted alone, if there is a reason. `prose_chars` counts the
/// characters in the page's long paragraphs.
pub(crate) fn doubt(first: &Content, prose_chars: usize) -> Option<&'static str> {
    if first.plain.chars == 0 {
        Some("nothing was found")
    } else if first.plain.chars < SHORT_CHARS {
        Some("little was found")
    } else if first.plain.link_density() > LINK_DENSITY {
        Some("most of it is links")
    } else if (first.plain.chars as f64) < COVERED_PROSE * prose_chars as f64 {
        Some("paragraphs of the page are missing")
    } else {
        None
    }
}

/// Whether the second candidate should replace a doubtful first, and why.
pub(crate) fn prefers_second(first: &Content, second: &Content, prose_chars: usize) -> Option<&'static str> {
    if second.plain.chars == 0 {
        None
    } else if first.plain.chars == 0 {
        Some("the other found nothing")
    } else if (first.plain.chars as f64) < MUCH_SHORTER * second.plain.chars as f64
        && second.plain.link_density() < MAX_SECOND_LINK_DENSITY
        && (first.plain.chars < SHORT_CHARS
            || second.plain.chars as f64 >= SECOND_COVERED_PROSE * prose_chars as f64)
    {
        Some("the other left out much of the text")
    } else {
        None
    }
}

/// Whether the marked posts of a discussion are its content: unless most of what the first candidate found
/// stands elsewhere.
pub(crate) fn prefers_posts(first: &Content, posts: &Content) -> bool {
    posts.plain.chars > 0 && posts.plain.chars as f64 >= MARKED_POSTS * first.plain.chars as f64
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn prose(sentences: usize) -> Content {
        Content::of(
            &"<p>A sentence of some length stands here.</p>".repeat(sentences),
            None,
        )
    }

    fn links(count: usize) -> Content {
        Content::of(
            &"<p><a href=https://example.com/>A headline that leads elsewhere</a></p>".repeat(count),
            None,
        )
    }

    #[rstest]
    #[case::long_prose(prose(100), 2_000, None)]
    #[case::nothing(prose(0), 0, Some("nothing was found"))]
    #[case::short(prose(5), 0, Some("little was found"))]
    #[case::navigation(links(100), 0, Some("most of it is links"))]
    #[case::incomplete(prose(100), 8_000, Some("paragraphs of the page are missing"))]
    fn doubts(#[case] first: Content, #[case] prose_chars: usize, #[case] expected: Option<&str>) {
        assert_eq!(doubt(&first, prose_chars), expected);
    }

    #[rstest]
    #[case::about_as_long(prose(100), prose(110), 8_000, false)]
    #[case::much_longer(prose(100), prose(200), 8_000, true)]
    #[case::longer_but_incomplete_too(prose(100), prose(200), 20_000, false)]
    #[case::much_longer_than_little(prose(5), prose(200), 20_000, true)]
    #[case::much_longer_navigation(prose(10), links(200), 0, false)]
    #[case::shorter_prose_for_links(links(100), prose(20), 0, false)]
    #[case::nothing_found(prose(0), prose(1), 0, true)]
    #[case::second_found_nothing(prose(1), prose(0), 0, false)]
    fn replaces_the_first(
        #[case] first: Content,
        #[case] second: Content,
        #[case] prose_chars: usize,
        #[case] expected: bool,
    ) {
        assert_eq!(prefers_second(&first, &second, prose_chars).is_some(), expected);
    }

    #[rstest]
    #[case::all_of_it(prose(20), prose(20), true)]
    #[case::without_the_furniture(prose(20), prose(12), true)]
    #[case::only_some_are_marked(prose(20), prose(5), false)]
    #[case::none(prose(0), prose(0), false)]
    fn takes_marked_posts(#[case] first: Content, #[case] posts: Content, #[case] expected: bool) {
        assert_eq!(prefers_posts(&first, &posts), expected);
    }
}
