//! What an audit holds against a row: the vocabulary of its criteria, sets of them, and where a row stands in the end.
//! Knows nothing of how any of it is found out.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::verdict::JunkClass;
use crate::words::words;

words! {
    /// A verdict in the words of an audit.
    pub enum Standing {
        /// It is content.
        Keep = "keep",
        /// It may be junk; a person should look.
        Suspect = "suspect",
        /// It is junk.
        Junk = "junk",
    }
}

words! {
    /// What speaks against a row. The names are stable.
    pub enum Criterion {
        /// There is no text, or only blanks.
        Empty = "empty",
        /// Too little text for what it is. See [`JunkClass::Stub`].
        Stub = "stub",
        /// A reader service's own menus and lists.
        Interface = "interface",
        /// An error page, or what a failed fetch left behind.
        Error = "error",
        /// "Not found" said with success.
        Soft404 = "soft_404",
        /// A robot check.
        Challenge = "challenge",
        /// A login form, or a wall to pay at.
        LoginWall = "login_wall",
        /// A cookie or terms dialogue.
        ConsentWall = "consent_wall",
        /// A page that needs JavaScript.
        JsStub = "js_stub",
        /// A server's default page, or a domain for sale.
        ServerDefault = "server_default",
        /// Its row says that the fetch failed, and nothing was fetched.
        FailedFetch = "failed_fetch",
        /// Another row has the same text.
        ExactDuplicate = "exact_duplicate",
        /// Another row has nearly the same text.
        NearDuplicate = "near_duplicate",
        /// Another row has the same address.
        SameUrl = "same_url",
        /// Its metadata are no JSON, though they look as if they should be. Told, and no ground for anything.
        DamagedJson = "damaged_json",
    }
}

impl From<JunkClass> for Criterion {
    fn from(class: JunkClass) -> Self {
        match class {
            JunkClass::Error => Self::Error,
            JunkClass::Soft404 => Self::Soft404,
            JunkClass::Challenge => Self::Challenge,
            JunkClass::LoginWall => Self::LoginWall,
            JunkClass::ConsentWall => Self::ConsentWall,
            JunkClass::JsStub => Self::JsStub,
            JunkClass::Interface => Self::Interface,
            JunkClass::ServerDefault => Self::ServerDefault,
            JunkClass::Stub => Self::Stub,
        }
    }
}

/// A set of criteria: a row meets several, and is one row nevertheless.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Criteria(u32);

impl Criteria {
    /// The set without any.
    pub const NONE: Self = Self(0);

    /// The set as bits, by the place in [`Criterion::ALL`]; to be kept.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// A set that was kept. Bits that stand for nothing are left out.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << Criterion::ALL.len()) - 1))
    }

    /// Puts one in.
    pub fn insert(&mut self, criterion: Criterion) {
        self.0 |= 1 << criterion as u32;
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, criterion: Criterion) -> Self {
        self.insert(criterion);
        self
    }

    /// Whether it is in.
    pub const fn contains(self, criterion: Criterion) -> bool {
        self.0 & (1 << criterion as u32) != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those in it, in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Criterion> {
        Criterion::ALL
            .iter()
            .copied()
            .filter(move |criterion| self.contains(*criterion))
    }
}

impl FromIterator<Criterion> for Criteria {
    fn from_iter<I: IntoIterator<Item = Criterion>>(criteria: I) -> Self {
        criteria.into_iter().fold(Self::NONE, Self::with)
    }
}

/// As a list of words.
impl Serialize for Criteria {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Criteria {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Criterion>::deserialize(deserializer).map(|criteria| criteria.into_iter().collect())
    }
}

/// In words, joined by `+`; `none` where there is none.
impl std::fmt::Display for Criteria {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.iter().map(Criterion::as_str).collect();
        f.pad(&if words.is_empty() {
            "none".to_owned()
        } else {
            words.join("+")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_counts_each_criterion_once_and_can_be_kept() {
        let mut criteria = Criteria::NONE.with(Criterion::Interface).with(Criterion::Stub);
        criteria.insert(Criterion::Stub);
        assert_eq!(criteria.to_string(), "stub+interface");
        assert_eq!(Criteria::from_bits(criteria.bits()), criteria);
        assert_eq!(Criteria::from_bits(u32::MAX).iter().count(), Criterion::ALL.len());
        let json = serde_json::to_string(&criteria).unwrap();
        assert_eq!(json, r#"["stub","interface"]"#);
        assert_eq!(serde_json::from_str::<Criteria>(&json).unwrap(), criteria);
    }
}
