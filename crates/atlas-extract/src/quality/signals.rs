//! `PageSignals`: what was measured in a page's markup and text. Plain facts that cross the process border;
//! what they mean is the business of the rules.

use serde::{Deserialize, Serialize};

use crate::body::StoredBody;

/// Facts about a page, for the junk gate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact that was observed or not, none is a state"
)]
pub struct PageSignals {
    /// Size of the page as it arrived.
    pub html_bytes: u64,
    /// The format of a file that is no page, told from its first bytes.
    pub binary_format: Option<String>,
    /// Control characters, in the source or in what a visitor sees, whichever has the greater share of them.
    pub control_chars: u32,
    /// Their share, `0.0..=1.0`.
    pub control_share: f32,
    /// Share of characters that could not be decoded or do not exist, likewise.
    pub broken_share: f32,
    /// The content of `<title>`.
    pub title: String,
    /// The first visible `h1` and `h2` headings, at most 8.
    pub headings: Vec<String>,
    /// The beginning of the visible text outside navigation, at most 2,000 characters.
    pub opening: String,
    /// The beginning of what `<noscript>` says in the body, at most 600 characters.
    pub noscript: String,
    /// Words that a visitor sees, navigation included.
    pub visible_words: u32,
    /// Words outside navigation, header, footer, side bars and dialogues.
    pub main_words: u32,
    /// Words outside navigation that stand in links.
    pub main_link_words: u32,
    /// Words outside navigation in blocks that read like sentences and are not mostly links.
    pub prose_words: u32,
    /// Words of the extracted content.
    pub article_words: u32,
    /// Words of the extracted content in lines that read like sentences, as far as the page has that many.
    pub article_prose_words: u32,
    /// Short labels of buttons and links, folded, each once, at most 150.
    pub labels: Vec<String>,
    /// The forms of the page.
    pub forms: FormSignals,
    /// Number of scripts.
    pub scripts: u32,
    /// The id or name of an application's root element that has no text in it.
    pub empty_app_root: Option<String>,
    /// Words of the content that the page carries as data (`articleBody` in JSON-LD).
    pub embedded_words: u32,
    /// Marks of robot checks in scripts, addresses and identifiers. Looked for only in pages with little text.
    pub challenge_marks: Vec<String>,
    /// Marks of consent dialogues, likewise.
    pub consent_marks: Vec<String>,
    /// Where `<meta http-equiv=refresh>` leads, when it leads away.
    pub refresh_target: Option<String>,
    /// A short script sets the location.
    pub script_redirect: bool,
    /// `<meta name=robots content=noindex>`.
    pub noindex: bool,
    /// `og:type` says article.
    pub og_article: bool,
    /// JSON-LD or microdata says article, posting, discussion, product or another thing with a page of its own.
    pub schema_content: bool,
    /// The page declares that its content is not free to read.
    pub not_free: bool,
    /// `<meta name=generator>`.
    pub generator: String,
    /// How it was kept, when it is a stored body and not a page as it was fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<StoredBody>,
}

/// Facts about the forms of a page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FormSignals {
    /// Password fields outside navigation and hidden parts.
    pub main_passwords: u32,
    /// Password fields in navigation, header, dialogues and hidden parts.
    pub other_passwords: u32,
    /// Text-like fields (text, e-mail, telephone, selection, text area) outside navigation.
    pub main_fields: u32,
    /// Fields outside navigation whose name, id or type says user, e-mail, login or password.
    pub account_fields: u32,
    /// Labels of the buttons that send a form outside navigation, folded, at most 12.
    pub submit_labels: Vec<String>,
    /// Addresses that forms outside navigation are sent to, at most 8.
    pub actions: Vec<String>,
}
