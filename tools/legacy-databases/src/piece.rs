//! A row's content with all that a table may want to know of it: address, date, metadata. Has no table yet.

use std::fmt::Write as _;

use serde_json::json;

use crate::draft::Draft;
use crate::good::host;
use crate::kind::{Kind, Label};
use crate::random::Random;
use crate::truth::Twist;

/// The first day of the predecessor's rows: 1 January 2019.
const FIRST_SECOND: i64 = 1_546_300_800;
const DAYS: usize = 2_400;

/// What one row of a main table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    pub(crate) label: Label,
    pub(crate) draft: Draft,
    pub(crate) url: Option<String>,
    pub(crate) metadata: Option<String>,
    /// Seconds since 1970.
    pub(crate) created: i64,
    pub(crate) duplicate_of: Option<i64>,
    pub(crate) twists: Vec<Twist>,
}

impl Piece {
    /// Gives a draft its address, date and metadata. `number` is the row's in its table, and makes addresses unique.
    pub(crate) fn new(kind: Kind, draft: Draft, number: u64, random: &mut Random) -> Self {
        let is_private = matches!(kind, Kind::Note | Kind::Highlight | Kind::Segment | Kind::Record);
        let url = (!is_private).then(|| address(draft.title.as_deref(), number, random));
        let mut piece = Self {
            kind,
            label: kind.label(),
            created: FIRST_SECOND + (random.below(DAYS) * 86_400 + random.below(86_400)) as i64,
            url,
            metadata: None,
            duplicate_of: None,
            twists: Vec::new(),
            draft,
        };
        piece.metadata = piece.sound_metadata(random);
        if piece.url.is_none() && kind != Kind::Segment && kind != Kind::Record {
            piece.twists.push(Twist::NoUrl);
        }
        piece
    }

    /// What the predecessor noted beside a text.
    fn sound_metadata(&self, random: &mut Random) -> Option<String> {
        if random.chance(15) {
            return None;
        }
        let tags: Vec<&str> = (0..random.below(4))
            .map(|_| random.word(&["later", "work", "garden", "history", "to-print", "café", "読む"]))
            .collect();
        let metadata = json!({
            "source": random.word(&["instapaper", "rss", "manual", "email", "browser"]),
            "folder": random.word(&["Unread", "Archive", "Starred"]),
            "tags": tags,
            "word_count": self.draft.body.split_whitespace().count(),
        });
        Some(metadata.to_string())
    }

    /// Makes the row odd in one way that leaves it as good as it was.
    pub(crate) fn twist(&mut self, random: &mut Random) {
        let twist = match random.below(4) {
            0 if self.url.is_some() => Twist::NoUrl,
            1 if self.url.is_some() => Twist::BlankUrl,
            2 if self.draft.title.is_some() => Twist::NoTitle,
            _ => Twist::DamagedMetadata,
        };
        match twist {
            Twist::NoUrl => self.url = None,
            Twist::BlankUrl => self.url = Some(String::new()),
            Twist::NoTitle => self.draft.title = random.chance(50).then(String::new),
            Twist::DamagedMetadata | Twist::InvalidUtf8 => {
                let damaged = [
                    "{'source': 'instapaper', 'tags': ['later']}",
                    "{\"source\": \"rss\", \"tags\": [\"wo",
                    "{\"score\": NaN, \"source\": \"email\"}",
                    "{\"source\": \"manual\",}",
                    "undefined",
                    "<dict object at 0x7f3a>",
                ];
                self.metadata = Some(random.word(&damaged).to_owned());
            }
        }
        self.twists.push(twist);
    }

    /// The same content saved once more: later, with less known of it, under an address of its own.
    pub(crate) fn copied(&self, kind: Kind, original: i64, number: u64, random: &mut Random) -> Self {
        let is_same_page = match kind {
            Kind::NearDuplicate => false,
            Kind::NearDuplicateSameUrl => true,
            _ => random.chance(60),
        };
        let url = match self.url.as_deref() {
            Some(url) if is_same_page => tracked(url, number, random),
            _ => address(self.draft.title.as_deref(), number, random),
        };
        let mut copy = Self {
            kind,
            label: kind.label(),
            url: Some(url),
            metadata: None,
            created: self.created + random.between(3_600, 40 * 86_400) as i64,
            duplicate_of: Some(original),
            twists: Vec::new(),
            draft: self.draft.clone(),
        };
        if kind != Kind::Duplicate {
            change_a_little(&mut copy.draft.body, random);
        }
        copy
    }
}

/// The same address with what does not change the page.
fn tracked(url: &str, number: u64, random: &mut Random) -> String {
    let parameter = random.word(&[
        "utm_source=newsletter&utm_campaign=",
        "fbclid=IwAR",
        "utm_medium=social&utm_content=",
        "gclid=Cj0K",
    ]);
    format!("{url}?{parameter}{number}{}", random.token(5))
}

fn address(title: Option<&str>, number: u64, random: &mut Random) -> String {
    let mut slug = String::new();
    for letter in title.unwrap_or_default().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() > 50 {
            break;
        }
    }
    let scheme = if random.chance(85) { "https" } else { "http" };
    format!(
        "{scheme}://{}/{}/{slug}-{number:x}",
        host(random),
        random.between(2009, 2025)
    )
}

/// Another day's edition: a line more, or a sentence less.
fn change_a_little(text: &mut String, random: &mut Random) {
    if let Some(at) = text.rfind(". ").filter(|_| random.chance(40)) {
        text.truncate(at + 1);
    } else {
        let (hour, minute) = (random.between(10, 23), random.between(10, 59));
        let _ = write!(text, "\n\n[{hour}:{minute} · {}]", random.between(20, 9_000));
    }
}
