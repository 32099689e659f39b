//! A row's content before it has an address, a date and a place in a table; and who writes which kind.

use crate::conversation;
use crate::forms;
use crate::good;
use crate::interface;
use crate::jottings;
use crate::junk;
use crate::kind::Kind;
use crate::language::Language;
use crate::random::Random;
use crate::remnants;

/// What is to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// `None` where nobody would have one, as for notes.
    pub(crate) title: Option<String>,
    pub(crate) body: String,
    /// As the predecessor named it.
    pub(crate) content_type: &'static str,
    /// That of the body, where it has one.
    pub(crate) language: Option<Language>,
}

impl Draft {
    pub(crate) fn new(content_type: &'static str, language: Language, title: String, body: String) -> Self {
        Self {
            title: Some(title),
            body,
            content_type,
            language: Some(language),
        }
    }

    pub(crate) fn untitled(content_type: &'static str, language: Language, body: String) -> Self {
        Self {
            title: None,
            body,
            content_type,
            language: Some(language),
        }
    }
}

/// Writes what a row of this kind holds. `bytes` is how long an elastic body should be; copies are not written here.
pub(crate) fn write(kind: Kind, bytes: Option<usize>, random: &mut Random) -> Draft {
    match kind {
        Kind::Article
        | Kind::ArticleMarkdown
        | Kind::ArticleHtml
        | Kind::ArticleLeftover
        | Kind::ArticleWithFrame
        | Kind::ArticleInInterface
        | Kind::OrphanCopy
        | Kind::Duplicate
        | Kind::NearDuplicate
        | Kind::NearDuplicateSameUrl => good::article(kind, bytes, random),
        Kind::AboutJavascript
        | Kind::AboutCookies
        | Kind::AboutLogin
        | Kind::About404
        | Kind::AboutPaywall
        | Kind::AboutReader
        | Kind::AboutCaptcha => good::about(kind, random),
        Kind::ShortNews => good::news(random),
        Kind::Transcript => conversation::transcript(bytes, random),
        Kind::Segment => conversation::segment(random),
        Kind::Note => jottings::note(random),
        Kind::Bookmark => jottings::bookmark(random),
        Kind::Highlight => jottings::highlight(random),
        Kind::Recipe => forms::recipe(random),
        Kind::Poem => forms::poem(random),
        Kind::List => forms::list(random),
        Kind::Code => forms::code(random),
        Kind::Table => forms::table(random),
        Kind::ReleaseNotes => forms::release_notes(random),
        Kind::Record => junk::record(random),
        Kind::InterfaceHtml => interface::html(bytes, random),
        Kind::InterfaceShell => interface::shell(bytes, random),
        Kind::InterfaceText => interface::text(random),
        Kind::PaywallStub => junk::paywall(random),
        Kind::EmptyBody | Kind::BlankBody => junk::blank(kind, random),
        Kind::LinkList => junk::links(random),
        Kind::Traceback => remnants::traceback(random),
        Kind::BinaryGarbage => remnants::binary(random),
        Kind::PdfBytes => remnants::pdf(random),
        Kind::GzipBytes => remnants::gzip(random),
        Kind::Mojibake => remnants::mojibake(random),
        Kind::Error404
        | Kind::Error403
        | Kind::Error500
        | Kind::Error502
        | Kind::ErrorCdn
        | Kind::ErrorDns
        | Kind::LoginWall
        | Kind::ConsentWall
        | Kind::Challenge
        | Kind::JavascriptRequired
        | Kind::ParkedDomain
        | Kind::Stub
        | Kind::Placeholder => junk::page(kind, random),
    }
}

/// English every other time, else any of these.
pub(crate) fn choose(languages: &[Language], random: &mut Random) -> Language {
    if languages.contains(&Language::En) && random.chance(50) {
        return Language::En;
    }
    random.pick(languages).copied().unwrap_or(Language::En)
}
