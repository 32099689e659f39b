//! `words!`: an enum whose variants each have one stable spelling, used in SQL, JSON, metrics and the CLI.

/// An unknown spelling of a closed vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {vocabulary} `{word}`; expected one of: {expected}")]
pub struct UnknownWord {
    /// The enum's name.
    pub vocabulary: &'static str,
    /// What was given.
    pub word: String,
    /// The spellings that exist, separated by commas.
    pub expected: String,
}

/// Declares a fieldless enum with `as_str`, `ALL`, `Display`, `FromStr` and serde by spelling.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every word, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word).ok_or_else(|| {
                    $crate::words::UnknownWord {
                        vocabulary: stringify!($name),
                        word: word.to_owned(),
                        expected: Self::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>().join(", "),
                    }
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::{AttemptEnd, FetchFault, JobState, JunkClass, LinkReason, OutcomeWord};

    #[test]
    fn every_word_is_read_back_from_text_and_from_json() {
        for fault in FetchFault::ALL.iter().copied() {
            assert_eq!(fault.to_string().parse(), Ok(fault));
            let json = serde_json::to_string(&fault).unwrap();
            assert_eq!(json, format!("\"{fault}\""));
            assert_eq!(serde_json::from_str::<FetchFault>(&json).unwrap(), fault);
        }
    }

    #[test]
    fn no_two_words_of_a_vocabulary_are_spelled_alike() {
        fn spelled<T: std::fmt::Display>(all: &[T]) -> Vec<String> {
            all.iter().map(ToString::to_string).collect()
        }
        for mut spellings in [
            spelled(AttemptEnd::ALL),
            spelled(FetchFault::ALL),
            spelled(JobState::ALL),
            spelled(JunkClass::ALL),
            spelled(LinkReason::ALL),
            spelled(OutcomeWord::ALL),
        ] {
            let count = spellings.len();
            spellings.sort();
            spellings.dedup();
            assert_eq!(spellings.len(), count);
        }
    }

    #[test]
    fn an_unknown_word_is_told_with_those_that_exist() {
        let error = "finished".parse::<JobState>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown JobState `finished`; expected one of: ready, leased, done, dead, cancelled"
        );
    }
}
