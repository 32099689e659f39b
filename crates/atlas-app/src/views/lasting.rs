//! `Lasting`: a length of time as people and programs give it: `"2h"`, `"90s"`, or a number of seconds.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

const FORM: &str = "a time such as \"90s\", \"30m\", \"2h\" or \"7d\", or a number of seconds";

/// A length of time, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting(pub Duration);

impl Serialize for Lasting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0.as_secs())
    }
}

impl<'de> Deserialize<'de> for Lasting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form)
    }
}

struct Form;

impl Visitor<'_> for Form {
    type Value = Lasting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORM)
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Lasting, E> {
        Ok(Lasting(Duration::from_secs(seconds)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Lasting, E> {
        let wrong = || E::invalid_value(de::Unexpected::Str(text), &self);
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let seconds_each = match &text[digits.len()..] {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        let number = digits.parse::<u64>().ok();
        let seconds = number.and_then(|number| number.checked_mul(seconds_each));
        seconds
            .map(|seconds| Lasting(Duration::from_secs(seconds)))
            .ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!(90), 90)]
    #[case(json!("90"), 90)]
    #[case(json!("90s"), 90)]
    #[case(json!("30m"), 1_800)]
    #[case(json!("2h"), 7_200)]
    #[case(json!("7d"), 604_800)]
    fn a_time_is_a_number_of_seconds_or_has_a_unit(#[case] given: serde_json::Value, #[case] seconds: u64) {
        let read: Lasting = serde_json::from_value(given).unwrap();
        assert_eq!(read, Lasting(Duration::from_secs(seconds)));
    }

    #[rstest]
    #[case(json!("soon"))]
    #[case(json!(""))]
    #[case(json!("-2h"))]
    #[case(json!(-7))]
    #[case(json!("2w"))]
    #[case(json!("99999999999999999999d"))]
    #[case(json!(true))]
    fn anything_else_is_refused_with_the_right_form(#[case] given: serde_json::Value) {
        let refused = serde_json::from_value::<Lasting>(given).unwrap_err();
        assert!(refused.to_string().contains("such as \"90s\""), "{refused}");
    }
}
