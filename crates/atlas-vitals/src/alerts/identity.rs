//! Who is who: the labels of what is watched, the fingerprint of an incident, and the ids that are derived from what
//! they name, so that the same thing has the same id whether or not it could be written down.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::text::one_line;

/// A label's value is a name, not a text.
const LONGEST_VALUE_BYTES: usize = 200;

/// Which of its kind is meant: names with values, sorted, each name once.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "std::collections::BTreeMap<String, String>")]
pub struct Labels(Arc<[(Arc<str>, Arc<str>)]>);

impl Labels {
    /// From pairs in any order; of a name that is given twice the last one counts.
    pub fn new<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let sorted: std::collections::BTreeMap<Arc<str>, Arc<str>> = pairs
            .into_iter()
            .map(|(name, value)| {
                let value = one_line(value.as_ref(), LONGEST_VALUE_BYTES);
                (Arc::from(name.as_ref()), Arc::from(value))
            })
            .collect();
        Self(sorted.into_iter().collect())
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        Some(&self.0[place].1)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl From<std::collections::BTreeMap<String, String>> for Labels {
    fn from(pairs: std::collections::BTreeMap<String, String>) -> Self {
        Self::new(pairs)
    }
}

impl Serialize for Labels {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// `{mount="/data"}`, and nothing when there are none.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        for (index, (name, value)) in self.iter().enumerate() {
            f.write_char(if index == 0 { '{' } else { ',' })?;
            write!(f, "{name}={value:?}")?;
        }
        f.write_char('}')
    }
}

/// What makes two incidents the same one: the rule and the labels. Value, severity and text do not.
pub(super) fn fingerprint(rule: &str, labels: &Labels) -> Arc<str> {
    Arc::from(format!("{rule}{labels}"))
}

/// Declares an id of 64 bits that is written as sixteen hexadecimal digits.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                if text.len() != 16 || !text.bytes().all(is_digit) {
                    return Err(InvalidId);
                }
                u64::from_str_radix(text, 16).map(Self).map_err(|_| InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected sixteen hexadecimal digits in lower case")]
pub struct InvalidId;

id! {
    /// One episode of one thing that went wrong.
    IncidentId
}

id! {
    /// One message to one channel. It stays the same over every attempt, so a receiver can tell a repetition.
    DeliveryId
}

impl IncidentId {
    /// The episode of that fingerprint which began then, as the so-many-th of that moment: what ends and begins again
    /// within one look is another episode.
    pub(super) fn of(fingerprint: &str, began_millis: u64, wall_millis: i64, place: u32) -> Self {
        let mut hasher = Hasher::new("incident");
        hasher.text(fingerprint);
        hasher.number(began_millis);
        hasher.number(wall_millis.cast_unsigned());
        hasher.number(u64::from(place));
        Self(hasher.finish())
    }
}

impl DeliveryId {
    /// The message of that kind, about those incidents and no others, which was the channel's so-many-th.
    pub fn of(channel: &str, kind: &str, sorted: &[IncidentId], sequence: u64) -> Self {
        let mut hasher = Hasher::new("delivery");
        hasher.text(channel);
        hasher.text(kind);
        hasher.number(sequence);
        for incident in sorted {
            hasher.number(incident.0);
        }
        Self(hasher.finish())
    }
}

/// BLAKE3 over parts that cannot run into one another.
struct Hasher(blake3::Hasher);

impl Hasher {
    fn new(of: &str) -> Self {
        let mut hasher = Self(blake3::Hasher::new());
        hasher.text(of);
        hasher
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    fn finish(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0.finalize().as_bytes()[..8]);
        u64::from_be_bytes(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_another_order_are_the_same() {
        let one = Labels::new([("mount", "/data"), ("disk", "sda")]);
        let other = Labels::new([("disk", "sda"), ("mount", "/data")]);

        assert_eq!(one, other);
        assert_eq!(&*fingerprint("full", &one), r#"full{disk="sda",mount="/data"}"#);
    }

    #[test]
    fn values_that_look_like_labels_make_no_other_fingerprint() {
        let one = Labels::new([("a", "1\",b=\"2")]);
        let other = Labels::new([("a", "1"), ("b", "2")]);

        assert_ne!(fingerprint("rule", &one), fingerprint("rule", &other));
    }

    /// The values are fixed: a receiver that saw an id before an upgrade must know it after it.
    #[test]
    fn ids_are_the_same_in_every_process() {
        let incident = IncidentId::of("search_down", 7, 1_000, 0);
        let delivery = DeliveryId::of("mail", "alert", &[incident], 3);

        assert_eq!(incident.to_string(), "984d50c79c9d7635");
        assert_eq!(delivery.to_string(), "973f8ee09f389561");
        assert_eq!(delivery.to_string().parse(), Ok(delivery));
    }

    #[test]
    fn each_part_of_a_delivery_counts() {
        let [one, two] = [1, 2].map(|began| IncidentId::of("rule", began, 0, 0));
        let ids = [
            DeliveryId::of("mail", "alert", &[one], 1),
            DeliveryId::of("hook", "alert", &[one], 1),
            DeliveryId::of("mail", "digest", &[one], 1),
            DeliveryId::of("mail", "alert", &[two], 1),
            DeliveryId::of("mail", "alert", &[one, two], 1),
            DeliveryId::of("mail", "alert", &[one], 2),
        ];

        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }

    #[test]
    fn text_that_is_no_id_is_refused() {
        for text in [
            "",
            "12",
            "00000000000000zz",
            "+000000000000001",
            "00000000000000AB",
        ] {
            assert_eq!(text.parse::<IncidentId>(), Err(InvalidId), "{text}");
        }
    }
}
