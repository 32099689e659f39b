//! `Verdict`: what the junk gate decided about a page, with every reason that led there.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// What to do with a page.
    pub enum Decision {
        /// It is content: index it.
        Accept = "accept",
        /// It is the real beginning of content: index it and say so.
        Partial = "partial",
        /// It is suspected junk: keep everything, show it to the owner, index nothing.
        Quarantine = "quarantine",
        /// It is junk on two independent grounds: keep the link, index nothing.
        Reject = "reject",
    }
}

words! {
    /// What kind of junk a page is. The names are stable reason codes.
    pub enum JunkClass {
        /// An error page of a server or an application, or what a failed fetch left behind.
        Error = "error",
        /// "Not found" said with status 200.
        Soft404 = "soft_404",
        /// A robot check.
        Challenge = "challenge",
        /// A login form, or a wall to pay at, in place of content.
        LoginWall = "login_wall",
        /// A cookie or terms dialogue in place of content.
        ConsentWall = "consent_wall",
        /// An application shell whose content needs JavaScript.
        JsStub = "js_stub",
        /// A reader service's own menus and lists.
        Interface = "interface",
        /// A web server's default or directory page, or the offer of a domain without a site.
        ServerDefault = "server_default",
        /// Too little text to be what was meant.
        Stub = "stub",
    }
}

/// One observation that speaks for or against a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code of the rule, for example `title_says_not_found`.
    pub code: String,
    /// The class it speaks for; `None` when it speaks for content.
    pub class: Option<JunkClass>,
    /// How much it counts: positive for junk, negative for content. 1.0 alone is enough for quarantine.
    pub weight: f32,
    /// What was seen, quoted or counted, at most 200 characters.
    pub evidence: String,
}

/// The gate's decision about one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What to do.
    pub decision: Decision,
    /// The class that weighed most, when it is not accepted.
    pub class: Option<JunkClass>,
    /// Everything that was observed, the heaviest first.
    pub reasons: Vec<Reason>,
    /// The version of the rules that judged. A later version may judge again from stored bytes.
    pub gate_version: u32,
}
