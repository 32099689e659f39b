//! Identifiers: UUIDv7 for rows that people and scripts name, a content hash for blobs, and the seeded
//! randomness they are made from.

use std::sync::Mutex;

use crate::time::Timestamp;

/// Seeded randomness, shared by everything in the process that needs some.
///
/// Not for secrets: the bearer token comes from the operating system.
#[derive(Debug)]
pub struct Entropy(Mutex<fastrand::Rng>);

impl Entropy {
    /// The same seed gives the same sequence.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// Ten random bytes: what a UUIDv7 needs besides its time.
    pub fn ten_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.with(|rng| rng.fill(&mut bytes));
        bytes
    }

    /// A number in `0.0..1.0`.
    pub fn fraction(&self) -> f64 {
        self.with(fastrand::Rng::f64)
    }

    fn with<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// Declares a UUIDv7 newtype.
macro_rules! uuid_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A new id: ordered by `now`, unique by `entropy`.
            pub fn generate(now: Timestamp, entropy: &Entropy) -> Self {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &entropy.ten_bytes()).into_uuid())
            }

            /// From its 16 bytes, as stored.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Uuid::from_bytes(bytes))
            }

            /// Its 16 bytes, as stored.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id!(
    /// Names an [`Item`](crate::Item), for ever.
    ItemId
);
uuid_id!(
    /// Names a [`Document`](crate::Document): one version of an item's content.
    DocumentId
);
uuid_id!(
    /// Names a [`Snapshot`](crate::Snapshot).
    SnapshotId
);
uuid_id!(
    /// Names a [`Job`](crate::Job).
    JobId
);
uuid_id!(
    /// Names a cleanup of the library.
    CleanupId
);

/// A person whose rows these are. One owner is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

impl UserId {
    /// The owner of the library, who exists from the first start.
    pub const OWNER: Self = Self(1);
    /// Nobody: whose name the one document bears by which a server finds out whether it finds things. It is on no list,
    /// in no count and in no export, because those are a person's.
    pub const CANARY: Self = Self(0);
}

/// The BLAKE3 hash of a blob's bytes before compression: its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobHash(pub [u8; 32]);

impl std::fmt::Display for BlobHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlobHash({self})")
    }
}

/// Text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a content hash: expected 64 hexadecimal digits")]
pub struct InvalidHash;

impl std::str::FromStr for BlobHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidHash);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| InvalidHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidHash)?;
        }
        Ok(Self(bytes))
    }
}

impl serde::Serialize for BlobHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for BlobHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_sort_later() {
        let entropy = Entropy::seeded(1);
        let early = ItemId::generate(Timestamp::from_millis(1_000), &entropy);
        let late = ItemId::generate(Timestamp::from_millis(2_000), &entropy);
        assert!(early < late);
        assert_eq!(early.to_string().parse::<ItemId>().unwrap(), early);
    }

    #[test]
    fn hashes_round_trip_as_text() {
        let hash = BlobHash([0xab; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("xyz".parse::<BlobHash>(), Err(InvalidHash));
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let at = Timestamp::from_millis(7);
        assert_eq!(
            JobId::generate(at, &Entropy::seeded(3)),
            JobId::generate(at, &Entropy::seeded(3))
        );
    }
}
