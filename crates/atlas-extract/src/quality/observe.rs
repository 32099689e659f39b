//! Measures a page for the junk gate. Pure: the original parsed tree, the bytes and the article in, numbers out.

use atlas_domain::Article;
use scraper::Html;
use serde_json::Value;

use super::garble::{Garble, binary_format};
use super::phrases::{CHALLENGE_MARKS, CONSENT_MARKS};
use super::signals::PageSignals;
use super::text::is_prose;
use super::walk::{PageWalk, walk};
use crate::words::count_words;

/// Marks of gates are looked for only where there is this little to read: ordinary pages embed the same scripts.
const GATE_PAGE_WORDS: u32 = 400;
/// With fewer words outside navigation, the page's parts were not told apart, and all of it is the content.
const SPLIT_FAILED_WORDS: u32 = 8;

/// What is measured.
#[derive(Debug)]
pub struct Observed<'a> {
    /// The page's tree, with everything that was in it.
    pub document: &'a Html,
    /// The page as it arrived.
    pub bytes: &'a [u8],
    /// The same as text.
    pub source: &'a str,
    /// What was extracted from it.
    pub article: &'a Article,
    /// Words of content that the page holds as data for its scripts, as far as extraction found them.
    pub embedded_words: u32,
}

/// Measures a page.
pub fn observe(observed: &Observed<'_>) -> PageSignals {
    let mut page = walk(observed.document);
    let is_thin = page.visible_words < GATE_PAGE_WORDS || page.prose_words < 60;
    let marks = |known: &[&str]| {
        if is_thin {
            found_marks(&page.machine, known)
        } else {
            Vec::new()
        }
    };
    let declared = Declared::of(&page);
    let seen = if page.main_words < SPLIT_FAILED_WORDS {
        &mut page.whole_opening
    } else {
        &mut page.opening
    };
    let opening = std::mem::take(seen);
    let embedded_words = declared
        .body_words
        .max(page.noscript_words)
        .max(observed.embedded_words);
    let content = content_words(&observed.article.text);
    // An extractor that loses line breaks makes long lines out of menus: sentences must stand in the page, too.
    let prose_in_page = page.visible_prose_words.max(embedded_words);
    let source = Garble::of_source(observed.source);
    let controls = if page.garble.control_share() > source.control_share() {
        page.garble
    } else {
        source
    };
    PageSignals {
        html_bytes: observed.bytes.len() as u64,
        binary_format: binary_format(observed.bytes).map(str::to_owned),
        control_chars: u32::try_from(controls.controls).unwrap_or(u32::MAX),
        control_share: controls.control_share(),
        broken_share: page.garble.broken_share().max(source.broken_share()),
        challenge_marks: marks(CHALLENGE_MARKS),
        consent_marks: marks(CONSENT_MARKS),
        refresh_target: refresh_target(&page),
        noindex: page
            .metas
            .iter()
            .any(|(key, value)| key == "robots" && value.to_lowercase().contains("noindex")),
        og_article: page
            .metas
            .iter()
            .any(|(key, value)| key == "og:type" && value.eq_ignore_ascii_case("article")),
        generator: page
            .metas
            .iter()
            .find(|(key, _)| key == "generator")
            .map(|(_, value)| value.clone())
            .unwrap_or_default(),
        schema_content: declared.content,
        not_free: declared.not_free,
        embedded_words,
        article_words: content.all,
        article_prose_words: content.prose.min(prose_in_page),
        title: page.title,
        headings: headings(page.headings, &opening),
        opening,
        noscript: page.noscript.trim().to_owned(),
        visible_words: page.visible_words,
        main_words: page.main_words,
        main_link_words: page.main_link_words,
        prose_words: page.prose_words,
        labels: page.labels,
        forms: page.forms,
        scripts: page.scripts,
        empty_app_root: page.empty_app_root,
        script_redirect: page.script_redirect,
        stored: None,
    }
}

/// Old pages have no headings; there the first line takes their place.
pub(super) fn headings(marked: Vec<String>, opening: &str) -> Vec<String> {
    match opening.lines().next() {
        Some(first) if marked.is_empty() && count_words(first) <= 10 => vec![first.to_owned()],
        _ => marked,
    }
}

struct ContentWords {
    all: u32,
    prose: u32,
}

fn content_words(text: &str) -> ContentWords {
    text.lines().fold(ContentWords { all: 0, prose: 0 }, |sum, line| {
        let words = count_words(line);
        let prose = if is_prose(line, words) { words } else { 0 };
        ContentWords {
            all: sum.all + words,
            prose: sum.prose + prose,
        }
    })
}

fn found_marks(machine: &str, known: &[&str]) -> Vec<String> {
    known
        .iter()
        .filter(|mark| machine.contains(*mark))
        .map(|mark| (*mark).to_owned())
        .collect()
}

/// `5; url=/next`, when there is an address.
fn refresh_target(page: &PageWalk) -> Option<String> {
    let (_, content) = page.metas.iter().find(|(key, _)| key == "refresh")?;
    let (_, target) = content.split_once(['=', ','])?;
    let target = target.trim().trim_matches(['\'', '"']);
    (!target.is_empty()).then(|| target.to_owned())
}

/// What the page declares for machines about its content.
#[derive(Default)]
struct Declared {
    content: bool,
    not_free: bool,
    body_words: u32,
}

impl Declared {
    fn of(page: &PageWalk) -> Self {
        let mut declared = Self {
            content: page.item_types.iter().any(|kind| is_content_type(kind)),
            ..Self::default()
        };
        for block in &page.json_ld {
            if let Ok(value) = serde_json::from_str(block) {
                declared.read(&value);
            }
        }
        declared
    }

    /// The parser bounds the depth of JSON at 128, so this recursion is bounded too.
    fn read(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.read(value)),
            Value::Object(object) => {
                for (key, value) in object {
                    match (key.as_str(), value) {
                        ("@type", Value::String(kind)) => self.content |= is_content_type(kind),
                        ("@type", Value::Array(kinds)) => {
                            self.content |= kinds.iter().filter_map(Value::as_str).any(is_content_type);
                        }
                        ("articleBody" | "text", Value::String(body)) => {
                            self.body_words = self.body_words.max(count_words(body));
                        }
                        ("isAccessibleForFree", Value::Bool(false)) => self.not_free = true,
                        ("isAccessibleForFree", Value::String(free)) => {
                            self.not_free |= free.eq_ignore_ascii_case("false");
                        }
                        (_, value) => self.read(value),
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_content_type(kind: &str) -> bool {
    let kind = kind.rsplit(['/', '#', ':']).next().unwrap_or_default();
    kind.ends_with("Article")
        || matches!(
            kind,
            "BlogPosting"
                | "DiscussionForumPosting"
                | "SocialMediaPosting"
                | "LiveBlogPosting"
                | "QAPage"
                | "Recipe"
                | "HowTo"
                | "Review"
                | "Report"
                | "Product"
                | "VideoObject"
                | "Book"
                | "Movie"
                | "Event"
        )
}
