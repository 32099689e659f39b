//! What a rule sees of a page, and what it says about it. Prepares each text once for all rules; decides nothing.

use std::cell::OnceCell;

use atlas_domain::{Article, JunkClass, Reason};

use super::fetch_signals::FetchSignals;
use super::signals::PageSignals;
use super::text::{fold, title_segments};
use crate::{BodyKind, Extracted};

/// Evidence is quoted up to this many characters.
const EVIDENCE_CHARS: usize = 200;

/// Rules look at so much of the text.
const TEXT_CHARS: usize = 4_000;

/// One rule: looks at the case and speaks, or is silent.
pub(super) type Rule = fn(&Case<'_>) -> Option<Finding>;

/// Where something was seen. What is seen on different levels is independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// In how the page was answered: status, address, headers.
    Fetch,
    /// In the page's markup and its titles.
    Html,
    /// In the text that a reader would read.
    Text,
}

/// What a rule found.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) level: Level,
    pub(super) reason: Reason,
    /// It says that the content is real but only its beginning is here.
    pub(super) beginning_only: bool,
    /// No person writes it, so that it counts in a note of five words as well.
    pub(super) by_program: bool,
}

impl Finding {
    pub(super) fn junk(
        class: JunkClass,
        level: Level,
        code: &str,
        weight: f32,
        evidence: impl AsRef<str>,
    ) -> Self {
        Self {
            level,
            reason: reason(Some(class), code, weight, evidence.as_ref()),
            beginning_only: false,
            by_program: false,
        }
    }

    pub(super) fn content(level: Level, code: &str, weight: f32, evidence: impl AsRef<str>) -> Self {
        Self {
            level,
            reason: reason(None, code, -weight, evidence.as_ref()),
            beginning_only: false,
            by_program: false,
        }
    }

    pub(super) fn beginning(code: &str, evidence: impl AsRef<str>) -> Self {
        Self {
            level: Level::Text,
            reason: reason(None, code, 0.0, evidence.as_ref()),
            beginning_only: true,
            by_program: false,
        }
    }
}

fn reason(class: Option<JunkClass>, code: &str, weight: f32, evidence: &str) -> Reason {
    Reason {
        code: code.to_owned(),
        class,
        weight,
        evidence: evidence.chars().take(EVIDENCE_CHARS).collect(),
    }
}

/// A page before the gate.
pub(super) struct Case<'a> {
    pub(super) fetch: &'a FetchSignals,
    pub(super) page: &'a PageSignals,
    pub(super) article: &'a Article,
    /// The parts of the page's title, between its separators, folded.
    pub(super) title: Vec<String>,
    /// The page's first headings, folded.
    pub(super) headings: Vec<String>,
    opening: OnceCell<String>,
    text: OnceCell<String>,
}

impl<'a> Case<'a> {
    pub(super) fn new(fetch: &'a FetchSignals, extracted: &'a Extracted) -> Self {
        let page = &extracted.signals;
        Self {
            fetch,
            page,
            article: &extracted.article,
            title: title_segments(&page.title),
            headings: page.headings.iter().map(|heading| fold(heading)).collect(),
            opening: OnceCell::new(),
            text: OnceCell::new(),
        }
    }

    /// The beginning of the page's text outside its navigation, folded. Made when it is first asked for: of an
    /// article of some length no rule does.
    pub(super) fn opening(&self) -> &str {
        self.opening.get_or_init(|| fold(&self.page.opening))
    }

    /// The beginning of the extracted text, folded, likewise.
    pub(super) fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let beginning: String = self.article.text.chars().take(TEXT_CHARS).collect();
            fold(&beginning)
        })
    }

    /// Words in sentences, by the better of two views: the extracted content, and the page outside its
    /// navigation. A failed extraction must not make a page look empty.
    pub(super) fn prose_words(&self) -> u32 {
        self.page.article_prose_words.max(self.page.prose_words)
    }

    /// Whether there is so little to read that a single message can be all of it.
    pub(super) fn is_short(&self) -> bool {
        self.prose_words() < 120 && self.page.main_words < 250 && self.page.visible_words < 800
    }

    /// Whether the body is kept as lines of text, so that no rule can look at its markup.
    pub(super) fn is_text(&self) -> bool {
        self.page.stored.is_some_and(|stored| stored.form.is_text())
    }

    /// Whether it is the body of a row.
    pub(super) fn is_stored(&self) -> bool {
        self.page.stored.is_some()
    }

    /// Whether it is the body of a row, and mostly sentences, and many of them.
    pub(super) fn is_stored_article(&self) -> bool {
        let (prose, words) = (self.page.article_prose_words, self.page.article_words);
        self.is_stored() && prose >= 150 && prose * 10 >= words * 7
    }

    /// Whether it is the body of a row that does not say what it is.
    pub(super) fn is_of_unknown_kind(&self) -> bool {
        self.page
            .stored
            .is_some_and(|stored| stored.kind == BodyKind::Page)
    }

    /// Whether the row is of a kind that is short by nature, and perhaps of a person's own hand.
    pub(super) fn is_short_by_kind(&self) -> bool {
        self.page
            .stored
            .is_some_and(|stored| stored.kind == BodyKind::Short)
    }
}
