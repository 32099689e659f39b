//! Judges rows: the same gate as for a page that was just fetched, and what only a row can tell. Bodies that were seen
//! already are not read again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_domain::{CanonicalUrl, Criteria, Criterion, Decision, Standing, Verdict};
use atlas_extract::{BodyInput, BodyKind, FetchSignals, assess, judge, read_body};
use atlas_store::findings::{Finding, Quality};
use atlas_store::maintenance::{LongKind, Row, Table, Value, row_hash};
use quick_cache::sync::Cache;
use url::Url;

use super::names::{FAILED, body_kind};
use super::near::signature;
use super::roles::ContentColumns;
use super::tree::is_there;

/// Bodies whose verdict is remembered: some 400 bytes each.
const REMEMBERED: usize = 32_768;

/// A text of so many words is not written twice by chance, wherever it came from.
const LONG_WORDS: u32 = 50;

/// Judges the rows of one table.
pub(super) struct Judge {
    /// Places of the columns among the stored ones.
    places: Places,
    table_kind: Option<BodyKind>,
    /// Where the files lie that rows name.
    tree: Option<PathBuf>,
    seen: Cache<[u8; 16], Arc<Seen>>,
}

struct Places {
    body: usize,
    title: Option<usize>,
    url: Option<usize>,
    kind: Option<usize>,
    date: Option<usize>,
    metadata: Option<usize>,
    state: Option<usize>,
    path: Option<usize>,
}

/// What is known of a body.
struct Seen {
    criteria: Criteria,
    standing: Standing,
    confidence: f32,
    words: u32,
    text_hash: [u8; 16],
    signature: Option<Box<[u8]>>,
}

impl Judge {
    /// A judge for the rows of `table`.
    pub(super) fn new(table: &Table, columns: &ContentColumns, tree: Option<&Path>) -> Self {
        let stored = table.stored_columns();
        let place = |name: &String| stored.iter().position(|known| known == name);
        let of = |name: &Option<String>| name.as_ref().and_then(place);
        Self {
            places: Places {
                body: place(&columns.body).unwrap_or_default(),
                title: of(&columns.title),
                url: of(&columns.url),
                kind: of(&columns.kind),
                date: of(&columns.date),
                metadata: of(&columns.metadata),
                state: of(&columns.state),
                path: of(&columns.path),
            },
            table_kind: body_kind(&table.name),
            tree: tree.map(Path::to_owned),
            seen: Cache::new(REMEMBERED),
        }
    }

    /// The finding about a row with the values of all stored columns; `None` if the gate failed on it, which is our
    /// fault and speaks against no row.
    pub(super) fn judge(&self, row: &Row) -> Option<Finding> {
        let value = |place: Option<usize>| place.map(|place| &row.values[place]);
        let title = value(self.places.title).and_then(text);
        let url = value(self.places.url)
            .and_then(text)
            .filter(|url| !url.trim().is_empty());
        let said = self.kind_said(value(self.places.kind));
        // What has no address where others have one was never fetched: a person may have written it, however short.
        let kind = match said {
            _ if self.places.url.is_some() && url.is_none() => BodyKind::Short,
            said => said.unwrap_or(BodyKind::Page),
        };
        let body = &row.values[self.places.body];
        let seen = self.seen(body, title.as_deref(), url.as_deref(), kind)?;
        let mut finding = Finding {
            key: row.key.clone(),
            row_hash: row_hash(&row.values),
            criteria: seen.criteria,
            standing: seen.standing,
            confidence: seen.confidence,
            bytes: row.values.iter().map(length_bytes).sum(),
            quality: Quality {
                words: seen.words,
                filled: self.filled(row),
                saved: value(self.places.date).and_then(moment),
            },
            text_hash: None,
            url_hash: url.as_deref().and_then(address_hash),
            signature: None,
        };
        self.look_at_row(row, kind, &mut finding);
        mark(&seen, said, &mut finding);
        Some(finding)
    }

    /// What is known of a body, from memory or by the gate.
    fn seen(
        &self,
        body: &Value,
        title: Option<&str>,
        url: Option<&str>,
        kind: BodyKind,
    ) -> Option<Arc<Seen>> {
        let bytes = body_bytes(body);
        if is_blank_text(&bytes) && !matches!(body, Value::Long(_)) {
            return Some(Arc::new(Seen::empty()));
        }
        let fetch = FetchSignals::given(url);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[kind as u8, u8::from(title.is_some())]);
        hasher.update(blake3::hash(title.unwrap_or_default().as_bytes()).as_bytes());
        hasher.update(format!("{:?}", fetch.requested).as_bytes());
        hasher.update(&bytes);
        if let Value::Long(long) = body {
            hasher.update(&long.hash);
        }
        let key = short(hasher.finalize());
        if let Some(seen) = self.seen.get(&key) {
            return Some(seen);
        }
        let input = BodyInput {
            body: &bytes,
            title,
            url,
            kind,
        };
        // A body may be anything. The gate is made for that; should it fail all the same, one row is not judged.
        let mut seen = catch_unwind(AssertUnwindSafe(|| Seen::read(&input, &fetch))).ok()?;
        if let Value::Long(long) = body {
            seen.of_beginning(&long.hash);
        }
        let seen = Arc::new(seen);
        self.seen.insert(key, seen.clone());
        Some(seen)
    }

    /// What its row or table says that it is.
    fn kind_said(&self, word: Option<&Value>) -> Option<BodyKind> {
        let by_row = word.and_then(text).and_then(|word| body_kind(&word));
        by_row.or(self.table_kind)
    }

    /// What the row says besides its body.
    fn look_at_row(&self, row: &Row, kind: BodyKind, finding: &mut Finding) {
        let value = |place: Option<usize>| place.map(|place| &row.values[place]);
        let is_filled = |place: Option<usize>| value(place).is_some_and(|value| !is_blank(value));
        if finding.criteria.contains(Criterion::Empty) {
            let state = value(self.places.state)
                .and_then(text)
                .unwrap_or_default()
                .to_lowercase();
            if FAILED.contains(&state.as_str()) {
                finding.criteria.insert(Criterion::FailedFetch);
            } else if self.may_be_in_file(value(self.places.path))
                || (kind == BodyKind::Short && (is_filled(self.places.url) || is_filled(self.places.title)))
            {
                // The text may be in that file; and a bookmark says enough with its address.
                finding.standing = Standing::Suspect;
                finding.confidence = 0.5;
            }
        }
        if let Some(metadata) = value(self.places.metadata).and_then(text) {
            let looks_like = metadata.trim_start().starts_with(['{', '[']);
            if looks_like && serde_json::from_str::<serde::de::IgnoredAny>(&metadata).is_err() {
                finding.criteria.insert(Criterion::DamagedJson);
            }
        }
    }

    /// Whether a row names a file that may hold its text: any, unless somebody has said where they lie and it is not there.
    fn may_be_in_file(&self, place: Option<&Value>) -> bool {
        let Some(place) = place.and_then(text).filter(|place| !place.trim().is_empty()) else {
            return false;
        };
        self.tree
            .as_deref()
            .is_none_or(|root| is_there(root, place.trim()))
    }

    /// Fields besides the body that hold something.
    fn filled(&self, row: &Row) -> u32 {
        let others = row.values.iter().enumerate();
        others
            .filter(|(place, value)| *place != self.places.body && !is_blank(value))
            .count() as u32
    }
}

impl Seen {
    fn empty() -> Self {
        Self {
            criteria: Criteria::NONE.with(Criterion::Empty),
            standing: Standing::Junk,
            confidence: 1.0,
            words: 0,
            text_hash: [0; 16],
            signature: None,
        }
    }

    fn read(input: &BodyInput<'_>, fetch: &FetchSignals) -> Self {
        let extracted = read_body(input);
        let verdict = judge(fetch, &extracted);
        let assessment = assess(&verdict);
        let criteria = criteria_of(&verdict);
        let text = &extracted.article.text;
        let (text_hash, words) = text_mark(text);
        Self {
            criteria,
            standing: assessment.standing,
            confidence: assessment.confidence,
            words,
            text_hash,
            signature: (assessment.standing != Standing::Junk)
                .then(|| signature(text))
                .flatten(),
        }
    }

    /// Only the beginning of a long body was read: what is junk there may be followed by what is not.
    fn of_beginning(&mut self, hash: &[u8; 32]) {
        if self.standing == Standing::Junk {
            self.standing = Standing::Suspect;
            self.confidence = 0.5;
        }
        self.text_hash.copy_from_slice(&hash[..16]);
        self.signature = None;
    }
}

/// By what copies are found. A short thing that somebody wrote twice at different places is no copy: its address has to
/// be the same too.
fn mark(seen: &Seen, said: Option<BodyKind>, finding: &mut Finding) {
    if finding.standing == Standing::Junk || seen.words == 0 {
        return;
    }
    if said != Some(BodyKind::Short) && (finding.url_hash.is_some() || seen.words >= LONG_WORDS) {
        finding.text_hash = Some(seen.text_hash);
        finding.signature.clone_from(&seen.signature);
    } else if let Some(url_hash) = finding.url_hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seen.text_hash).update(&url_hash);
        finding.text_hash = Some(short(hasher.finalize()));
    }
}

/// The bytes of a body, as far as they are held. A number is its digits.
fn body_bytes(value: &Value) -> std::borrow::Cow<'_, [u8]> {
    match value {
        Value::Integer(number) => number.to_string().into_bytes().into(),
        Value::Real(number) => number.to_string().into_bytes().into(),
        value => value.bytes().into(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// Blanks of any script and signs that nobody sees.
fn is_blank_text(bytes: &[u8]) -> bool {
    // Most bodies have a letter within the first few bytes.
    if bytes.iter().take(64).any(u8::is_ascii_graphic) {
        return false;
    }
    String::from_utf8_lossy(bytes).chars().all(|letter| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(
                letter,
                '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}'
            )
    })
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(bytes) | Value::Blob(bytes) => {
            let held = bytes.trim_ascii();
            held.is_empty() || held == b"{}" || held == b"[]"
        }
        _ => false,
    }
}

fn length_bytes(value: &Value) -> u64 {
    match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 8,
        Value::Text(bytes) | Value::Blob(bytes) => bytes.len() as u64,
        Value::Long(long) => match long.kind {
            LongKind::Text | LongKind::Blob => long.stored_bytes,
        },
    }
}

/// As text that orders by time: dates as they are written by programs, numbers filled up with zeros.
fn moment(value: &Value) -> Option<String> {
    match value {
        Value::Integer(number) if *number > 0 => Some(format!("{number:020}")),
        Value::Text(bytes) if !bytes.trim_ascii().is_empty() => {
            let shown: String = String::from_utf8_lossy(bytes.trim_ascii())
                .chars()
                .take(40)
                .collect();
            Some(shown.replace('T', " "))
        }
        _ => None,
    }
}

/// What the gate holds against a text that it does not accept.
pub(crate) fn criteria_of(verdict: &Verdict) -> Criteria {
    match verdict.decision {
        Decision::Accept | Decision::Partial => Criteria::NONE,
        Decision::Quarantine | Decision::Reject => verdict
            .reasons
            .iter()
            .filter(|reason| reason.weight > 0.0)
            .filter_map(|reason| reason.class)
            .map(Criterion::from)
            .collect(),
    }
}

/// By which equal texts are found, whatever their blanks; and how many words it has.
fn text_mark(text: &str) -> ([u8; 16], u32) {
    let (mut hasher, mut words) = (blake3::Hasher::new(), 0);
    for word in text.split_whitespace() {
        hasher.update(word.as_bytes()).update(b" ");
        words += 1;
    }
    (short(hasher.finalize()), words)
}

/// By which equal and nearly equal texts are found.
pub(crate) fn text_marks(text: &str) -> ([u8; 16], Option<Box<[u8]>>) {
    (text_mark(text).0, signature(text))
}

/// By which equal addresses are found, of one that is canonical already.
pub(crate) fn address_mark(canonical: &str) -> [u8; 16] {
    short(blake3::hash(canonical.as_bytes()))
}

fn address_hash(url: &str) -> Option<[u8; 16]> {
    let url = url.trim();
    let canonical = match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => CanonicalUrl::of(&parsed).as_str().to_owned(),
        // An address of another kind is what it is.
        Ok(_) => url.to_owned(),
        Err(_) => return None,
    };
    Some(address_mark(&canonical))
}

fn short(hash: blake3::Hash) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&hash.as_bytes()[..16]);
    short
}
