//! What a row holds: the kinds of good text and of junk, each with the verdict it deserves. Knows nothing of how a gate
//! would find that out.

use serde::{Deserialize, Serialize};

/// What ought to become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// Somebody would miss it: to take it away is a loss.
    Keep,
    /// Nobody would miss it.
    Junk,
    /// Reasonable people differ; neither verdict is a fault.
    Either,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $label:ident;)*) => {
        /// What a row holds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Kind {
            /// Every kind, good ones first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the truth: small letters and hyphens.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The verdict that rows of this kind deserve.
            pub const fn label(self) -> Label {
                match self {
                    $(Self::$variant => Label::$label,)*
                }
            }
        }
    };
}

kinds! {
    /// A long article as plain text.
    Article = "article", Keep;
    /// A long article as Markdown.
    ArticleMarkdown = "article-markdown", Keep;
    /// A long article as HTML.
    ArticleHtml = "article-html", Keep;
    /// A long article as text in which tags and entities were left over.
    ArticleLeftover = "article-leftover", Keep;
    /// A long article between the lines of its site: menus, a cookie notice, an offer of a newsletter.
    ArticleWithFrame = "article-with-frame", Keep;
    /// A long article inside the page of a reading service that showed it: interface HTML, and still the only copy.
    ArticleInInterface = "article-in-interface", Keep;
    /// Short news of 60 to 150 words.
    ShortNews = "short-news", Keep;
    /// A conversation, written down whole.
    Transcript = "transcript", Keep;
    /// A part of a transcript, of 2 to 30 words.
    Segment = "segment", Keep;
    /// A note somebody wrote for themselves.
    Note = "note", Keep;
    /// A saved link with a sentence why.
    Bookmark = "bookmark", Keep;
    /// A passage somebody marked.
    Highlight = "highlight", Keep;
    /// A recipe for cooking.
    Recipe = "recipe", Keep;
    /// A poem: short lines, little grammar.
    Poem = "poem", Keep;
    /// A list, such as of books.
    List = "list", Keep;
    /// Program text with a sentence or two around it.
    Code = "code", Keep;
    /// A table of figures.
    Table = "table", Keep;
    /// What is new in a program.
    ReleaseNotes = "release-notes", Keep;
    /// An article about pages that want JavaScript, quoting them.
    AboutJavascript = "about-javascript", Keep;
    /// An article about cookies and the law, quoting banners.
    AboutCookies = "about-cookies", Keep;
    /// An article about login systems, quoting them.
    AboutLogin = "about-login", Keep;
    /// An article about error pages, quoting them.
    About404 = "about-404", Keep;
    /// An article about paywalls, quoting them.
    AboutPaywall = "about-paywall", Keep;
    /// An article about services to read later, naming their buttons.
    AboutReader = "about-reader", Keep;
    /// An article about CAPTCHAs, quoting them.
    AboutCaptcha = "about-captcha", Keep;
    /// A row without a body: what a machine or a catalogue knows.
    Record = "record", Keep;

    /// A copy with small changes, under another address.
    NearDuplicate = "near-duplicate", Either;
    /// A copy in a derived table whose owner does not exist (any more).
    OrphanCopy = "orphan-copy", Either;

    /// A copy with small changes, under the same address.
    NearDuplicateSameUrl = "near-duplicate-same-url", Junk;
    /// The same body under another address, or with tracking parameters.
    Duplicate = "duplicate", Junk;
    /// A whole page of a reading service, with its list of articles, as HTML.
    InterfaceHtml = "interface-html", Junk;
    /// The same without any article: interface HTML, *and* too short once the markup is gone.
    InterfaceShell = "interface-shell", Junk;
    /// Such a page as text with leftover markup.
    InterfaceText = "interface-text", Junk;
    /// Not found.
    Error404 = "error-404", Junk;
    /// Forbidden.
    Error403 = "error-403", Junk;
    /// The server failed.
    Error500 = "error-500", Junk;
    /// A gateway failed, or there is maintenance.
    Error502 = "error-502", Junk;
    /// An error page of a content delivery network.
    ErrorCdn = "error-cdn", Junk;
    /// The name of a host was not found: a browser's own page.
    ErrorDns = "error-dns", Junk;
    /// A form to log in.
    LoginWall = "login-wall", Junk;
    /// A dialogue about cookies.
    ConsentWall = "consent-wall", Junk;
    /// A sentence, then the offer of a subscription.
    PaywallStub = "paywall-stub", Junk;
    /// Are you human?
    Challenge = "challenge", Junk;
    /// A page that needs JavaScript and says so.
    JavascriptRequired = "javascript-required", Junk;
    /// A domain for sale, or a host's default page.
    ParkedDomain = "parked-domain", Junk;
    /// A body of no characters.
    EmptyBody = "empty-body", Junk;
    /// A body of blanks alone.
    BlankBody = "blank-body", Junk;
    /// A sentence in place of content.
    Stub = "stub", Junk;
    /// Lorem ipsum and its friends.
    Placeholder = "placeholder", Junk;
    /// Navigation links, harvested.
    LinkList = "link-list", Junk;
    /// An exception as content.
    Traceback = "traceback", Junk;
    /// Bytes of an image or archive, decoded as text.
    BinaryGarbage = "binary-garbage", Junk;
    /// Bytes of a PDF as text.
    PdfBytes = "pdf-bytes", Junk;
    /// Bytes of a compressed page as text.
    GzipBytes = "gzip-bytes", Junk;
    /// Text in a wrong encoding that nobody can read.
    Mojibake = "mojibake", Junk;
}

impl Kind {
    /// Whether a body of this kind can be as long as is wished.
    pub(crate) const fn is_elastic(self) -> bool {
        matches!(
            self,
            Self::Article
                | Self::ArticleMarkdown
                | Self::ArticleHtml
                | Self::ArticleLeftover
                | Self::ArticleWithFrame
                | Self::ArticleInInterface
                | Self::Transcript
                | Self::InterfaceHtml
                | Self::InterfaceShell
        )
    }

    /// Whether the row repeats an earlier one.
    pub(crate) const fn is_copy(self) -> bool {
        matches!(
            self,
            Self::Duplicate | Self::NearDuplicate | Self::NearDuplicateSameUrl
        )
    }
}
