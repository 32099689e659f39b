//! One walk over the parsed page that collects what a visitor sees, where it stands, and what forms and scripts
//! there are. Never recurses, so that no depth of nesting can exhaust the stack; judges nothing.

use ego_tree::iter::Edge;
use scraper::node::Element;
use scraper::{Html, Node};

use super::garble::Garble;
use super::layout::{app_root, is_aside, is_block, is_search, is_silent, names_account};
use super::raw_text::{sets_location, without_tags};
use super::signals::FormSignals;
use super::text::{fold, is_prose};
use crate::words::count_words;

pub(super) const OPENING_CHARS: usize = 2_000;
const NOSCRIPT_CHARS: usize = 600;
const NOSCRIPT_SOURCE_BYTES: usize = 200_000;
pub(super) const MAX_HEADINGS: usize = 8;
pub(super) const MAX_LABELS: usize = 150;
const MAX_SUBMIT_LABELS: usize = 12;
const MAX_ACTIONS: usize = 8;
/// Scripts longer than this are programs; a robot check or a redirect shows itself at the beginning.
const SCRIPT_BYTES: usize = 8_000;
const MACHINE_TEXT_BYTES: usize = 200_000;
const JSON_LD_BYTES: usize = 1_000_000;

/// What the walk collected.
#[derive(Debug, Default)]
pub(super) struct PageWalk {
    pub(super) title: String,
    pub(super) headings: Vec<String>,
    pub(super) opening: String,
    /// The beginning of all visible text, navigation included.
    pub(super) whole_opening: String,
    pub(super) noscript: String,
    pub(super) noscript_words: u32,
    pub(super) visible_words: u32,
    pub(super) main_words: u32,
    pub(super) main_link_words: u32,
    pub(super) prose_words: u32,
    /// The same, navigation included.
    pub(super) visible_prose_words: u32,
    /// What is no text in what a visitor sees.
    pub(super) garble: Garble,
    pub(super) labels: Vec<String>,
    pub(super) forms: FormSignals,
    pub(super) scripts: u32,
    pub(super) empty_app_root: Option<String>,
    pub(super) script_redirect: bool,
    /// Identifiers, classes, addresses and the beginnings of scripts, in lower case.
    pub(super) machine: String,
    pub(super) json_ld: Vec<String>,
    pub(super) item_types: Vec<String>,
    /// `<meta>` elements: name or property or `http-equiv` in lower case, and content.
    pub(super) metas: Vec<(String, String)>,
}

/// Walks the page.
pub(super) fn walk(document: &Html) -> PageWalk {
    let mut walker = Walker::default();
    for edge in document.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(element) => walker.open(element),
                Node::Text(text) => walker.text(text),
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    walker.close(element);
                }
            }
        }
    }
    walker.end_block();
    walker.page
}

/// What an open element changes for everything inside it.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "an element can be all of these at once"
)]
struct Frame {
    silent: bool,
    aside: bool,
    link: bool,
    form: bool,
    main: bool,
    block: bool,
    capture: bool,
    words_before: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Capture {
    Title,
    Heading,
    Label { submits: bool },
    Noscript,
    Script,
    JsonLd,
}

#[derive(Default)]
struct Walker {
    page: PageWalk,
    frames: Vec<Frame>,
    silent_depth: u32,
    aside_depth: u32,
    link_depth: u32,
    form_depth: u32,
    main_depth: u32,
    captures: Vec<(Capture, String)>,
    block: String,
    block_in_links: String,
}

impl Walker {
    fn open(&mut self, element: &Element) {
        let name = element.name();
        let mut frame = Frame {
            silent: is_silent(element),
            aside: is_aside(element, self.main_depth > 0),
            link: name == "a",
            form: name == "form",
            main: matches!(name, "main" | "article") || element.attr("role") == Some("main"),
            block: is_block(name),
            ..Frame::default()
        };
        frame.block |= frame.aside || frame.silent;
        if frame.block {
            self.end_block();
        }
        frame.words_before = self.page.visible_words;
        self.silent_depth += u32::from(frame.silent);
        self.aside_depth += u32::from(frame.aside);
        self.link_depth += u32::from(frame.link);
        self.form_depth += u32::from(frame.form);
        self.main_depth += u32::from(frame.main);
        self.observe(element);
        if let Some(capture) = self.capture_of(element) {
            self.captures.push((capture, String::new()));
            frame.capture = true;
        }
        self.frames.push(frame);
    }

    fn close(&mut self, element: &Element) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.block {
            self.end_block();
        }
        if frame.capture
            && let Some((capture, text)) = self.captures.pop()
        {
            self.keep(capture, text);
        }
        if let Some(root) = app_root(element)
            && self.page.visible_words - frame.words_before < 8
        {
            self.page.empty_app_root.get_or_insert_with(|| root.to_owned());
        }
        self.silent_depth -= u32::from(frame.silent);
        self.aside_depth -= u32::from(frame.aside);
        self.link_depth -= u32::from(frame.link);
        self.form_depth -= u32::from(frame.form);
        self.main_depth -= u32::from(frame.main);
    }

    fn text(&mut self, text: &str) {
        for (capture, captured) in self.captures.iter_mut().rev() {
            let (limit, own) = match capture {
                Capture::JsonLd => (JSON_LD_BYTES, true),
                Capture::Script => (SCRIPT_BYTES, true),
                Capture::Noscript => (NOSCRIPT_SOURCE_BYTES, true),
                Capture::Title | Capture::Heading | Capture::Label { .. } => (300, false),
            };
            push_limited(captured, text, limit);
            if own {
                break;
            }
        }
        if self.silent_depth > 0 {
            return;
        }
        self.page.garble.add(Garble::of_text(text));
        self.block.push_str(text);
        if self.link_depth > 0 {
            self.block_in_links.push_str(text);
            self.block_in_links.push(' ');
        }
    }

    /// Counts the block of text that ends here.
    fn end_block(&mut self) {
        let text = std::mem::take(&mut self.block);
        let in_links = std::mem::take(&mut self.block_in_links);
        let words = count_words(&text);
        if words == 0 {
            return;
        }
        self.page.visible_words += words;
        push_block(&mut self.page.whole_opening, &text);
        let link_words = count_words(&in_links).min(words);
        let prose = link_words * 2 < words && is_prose(&text, words);
        self.page.visible_prose_words += if prose { words } else { 0 };
        if self.aside_depth > 0 {
            return;
        }
        self.page.main_words += words;
        self.page.main_link_words += link_words;
        self.page.prose_words += if prose { words } else { 0 };
        push_block(&mut self.page.opening, &text);
    }

    fn observe(&mut self, element: &Element) {
        for name in ["id", "class", "src", "action", "href"] {
            let marks_machine = matches!(name, "id" | "class" | "action") || element.name() != "a";
            if let Some(value) = element.attr(name).filter(|_| marks_machine) {
                self.machine(value);
            }
        }
        if let Some(item_type) = element
            .attr("itemtype")
            .filter(|_| self.page.item_types.len() < 50)
        {
            self.page.item_types.push(item_type.to_owned());
        }
        match element.name() {
            "meta" => self.meta(element),
            "form" if self.is_in_main() && self.page.forms.actions.len() < MAX_ACTIONS => {
                let action = element.attr("action").unwrap_or_default();
                self.page.forms.actions.push(action.chars().take(300).collect());
            }
            "input" => self.input(element),
            "select" | "textarea" if self.is_in_main() => self.page.forms.main_fields += 1,
            "script" => self.page.scripts += 1,
            _ => {}
        }
    }

    fn meta(&mut self, element: &Element) {
        let key = ["name", "property", "http-equiv"]
            .iter()
            .find_map(|name| element.attr(name));
        if let (Some(key), Some(content)) = (key, element.attr("content"))
            && self.page.metas.len() < 200
        {
            self.page
                .metas
                .push((key.to_lowercase(), content.chars().take(500).collect()));
        }
    }

    fn input(&mut self, element: &Element) {
        let kind = element.attr("type").unwrap_or("text").trim().to_ascii_lowercase();
        let forms = &mut self.page.forms;
        let in_main = self.silent_depth == 0 && self.aside_depth == 0;
        match kind.as_str() {
            "password" if in_main => forms.main_passwords += 1,
            "password" => forms.other_passwords += 1,
            "submit" | "button" | "image" => {
                let label = element.attr("value").or(element.attr("alt")).unwrap_or_default();
                self.keep(
                    Capture::Label {
                        submits: kind != "button",
                    },
                    label.to_owned(),
                );
                return;
            }
            "text" | "email" | "tel" | "number" | "url" if in_main && !is_search(element) => {
                forms.main_fields += 1;
            }
            _ => return,
        }
        if in_main && (kind == "password" || names_account(element)) {
            forms.account_fields += 1;
        }
    }

    fn keep(&mut self, capture: Capture, text: String) {
        let visible = self.silent_depth == 0;
        match capture {
            Capture::Title if self.page.title.is_empty() => self.page.title = collapse(&text),
            Capture::Heading if visible && self.page.headings.len() < MAX_HEADINGS => {
                let heading = collapse(&text);
                if !heading.is_empty() {
                    self.page.headings.push(heading);
                }
            }
            Capture::Label { submits } if visible => {
                let label = fold(&text);
                if label.is_empty() || count_words(&label) > 10 {
                    return;
                }
                if submits && self.is_in_main() && self.page.forms.submit_labels.len() < MAX_SUBMIT_LABELS {
                    self.page.forms.submit_labels.push(label.clone());
                }
                if self.page.labels.len() < MAX_LABELS && !self.page.labels.contains(&label) {
                    self.page.labels.push(label);
                }
            }
            Capture::Noscript => {
                let text = collapse(&without_tags(&text));
                self.page.noscript_words += count_words(&text);
                push_limited(&mut self.page.noscript, &text, NOSCRIPT_CHARS);
                self.page.noscript.push(' ');
            }
            Capture::Script => {
                let short = text.len() < 2_000;
                let text = text.to_lowercase();
                self.page.script_redirect |= short && sets_location(&text);
                self.machine(&text);
            }
            Capture::JsonLd => self.page.json_ld.push(text),
            Capture::Title | Capture::Heading | Capture::Label { .. } => {}
        }
    }

    fn machine(&mut self, text: &str) {
        if self.page.machine.len() < MACHINE_TEXT_BYTES {
            push_limited(
                &mut self.page.machine,
                &text.to_ascii_lowercase(),
                MACHINE_TEXT_BYTES,
            );
            self.page.machine.push(' ');
        }
    }

    fn capture_of(&self, element: &Element) -> Option<Capture> {
        match element.name() {
            "title" => Some(Capture::Title),
            "h1" | "h2" => Some(Capture::Heading),
            "noscript" => Some(Capture::Noscript),
            "script" => Some(match element.attr("type") {
                Some(kind) if kind.eq_ignore_ascii_case("application/ld+json") => Capture::JsonLd,
                _ => Capture::Script,
            }),
            "a" => Some(Capture::Label { submits: false }),
            "button" => Some(Capture::Label {
                submits: self.form_depth > 0 && element.attr("type").is_none_or(|kind| kind == "submit"),
            }),
            _ => None,
        }
    }

    fn is_in_main(&self) -> bool {
        self.silent_depth == 0 && self.aside_depth == 0
    }
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn push_block(opening: &mut String, block: &str) {
    if opening.len() < OPENING_CHARS {
        push_limited(opening, &collapse(block), OPENING_CHARS);
        opening.push('\n');
    }
}

/// Appends as much of `text` as fits into `limit` bytes, cut at a character.
fn push_limited(target: &mut String, text: &str, limit: usize) {
    let room = limit.saturating_sub(target.len());
    target.push_str(&text[..text.floor_char_boundary(room)]);
}
