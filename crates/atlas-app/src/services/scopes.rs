//! `Scopes`: which scopes a service has, and which of them a person means. Nobody ever asks a breaker of another name,
//! and a decision about one would only look as if it held.

use atlas_domain::JobKind;
use atlas_store::DatabaseServices;

use super::search_operations::INDEX;
use super::{BACKGROUND_PROCESSING, SEARCH_OPERATIONS};

/// A host is never longer, and a port needs six bytes more.
const LONGEST_SCOPE_BYTES: usize = 255 + 6;

/// The scopes of a service.
#[derive(Debug, Clone)]
pub(super) enum Scopes {
    /// Any number; how each is written.
    Open(fn(&str) -> Result<String, String>),
    /// These, and what each of them is.
    Closed(Vec<&'static str>, &'static str),
}

impl Scopes {
    /// Those of the service of that name; `written` tells how, where there is no list of them.
    pub(super) fn of(service: &str, written: fn(&str) -> Result<String, String>) -> Self {
        let files = DatabaseServices::scopes();
        match (service, files.iter().find(|(name, _)| *name == service)) {
            (BACKGROUND_PROCESSING, _) => {
                let kinds = JobKind::ALL.iter().map(|kind| kind.as_str());
                Self::Closed(kinds.collect(), "kind of job")
            }
            (SEARCH_OPERATIONS, _) => Self::Closed(vec![INDEX], "scope of searching"),
            (_, Some((_, files))) => Self::Closed(files.to_vec(), "scope of a database"),
            _ => Self::Open(written),
        }
    }

    /// The scope that a person means by a text, or what is wrong with it.
    pub(super) fn meant_by(&self, text: &str) -> Result<String, String> {
        match self {
            Self::Open(_) if text.len() > LONGEST_SCOPE_BYTES || text.contains(char::is_control) => Err(
                "what has control characters or more than 255 letters is no host with a port, and no scope"
                    .to_owned(),
            ),
            Self::Open(written) => written(text),
            Self::Closed(known, _) if known.contains(&text) => Ok(text.to_owned()),
            Self::Closed(known, what) => Err(match nearest(text, known) {
                Some(meant) => format!(
                    "`{text}` is no {what}; did you mean `{meant}`? There are: {}",
                    known.join(", ")
                ),
                None => format!("`{text}` is no {what}; there are: {}", known.join(", ")),
            }),
        }
    }
}

/// A slip of two letters, or the beginning of a name, is enough to be understood; it is not carried out all the same.
fn nearest(text: &str, known: &[&'static str]) -> Option<&'static str> {
    let text = text.to_lowercase();
    let distance = |name: &&&str| strsim::damerau_levenshtein(&text, name);
    let nearest = known.iter().min_by_key(distance)?;
    if distance(&nearest) <= 2 {
        return Some(nearest);
    }
    let begun = || known.iter().filter(|name| name.starts_with(&text));
    begun().next().filter(|_| begun().count() == 1).copied()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn meant(service: &str, text: &str) -> Result<String, String> {
        Scopes::of(service, |text| Ok(text.to_owned())).meant_by(text)
    }

    #[rstest]
    #[case::slip("database_operations", "libary.write", "did you mean `library.write`?")]
    #[case::without_direction("database_maintenance", "library.write", "there are: library, ops")]
    #[case::beginning("background_processing", "ingest", "did you mean `ingest_item`?")]
    #[case::host("search_operations", "example.com:443", "there are: index")]
    fn a_scope_that_does_not_exist_is_refused_with_what_there_is(
        #[case] service: &str,
        #[case] text: &str,
        #[case] hint: &str,
    ) {
        let refused = meant(service, text).unwrap_err();
        assert!(refused.starts_with(&format!("`{text}` is no ")), "{refused}");
        assert!(refused.contains(hint), "{refused}");
    }

    #[rstest]
    #[case::line_break("a\nb:80")]
    #[case::tab("a\tb:80")]
    #[case::control_of_eight_bits("a\u{9b}b:80")]
    #[case::endless(&format!("{}:80", "x".repeat(5_000)))]
    #[case::just_too_long(&"x".repeat(LONGEST_SCOPE_BYTES + 1))]
    fn what_no_host_can_be_is_refused_in_few_words(#[case] text: &str) {
        let refused = meant("article_processing", text).unwrap_err();
        assert!(refused.contains(" is no host with a port"), "{refused}");
        assert!(
            refused.len() < 200 && !refused.contains(char::is_control),
            "{refused}"
        );
    }

    #[test]
    fn every_kind_of_job_and_every_file_has_its_scope() {
        for kind in JobKind::ALL {
            assert_eq!(
                meant(BACKGROUND_PROCESSING, kind.as_str()).unwrap(),
                kind.as_str()
            );
        }
        assert!(meant("database_operations", "ops.read").is_ok());
        assert!(meant("article_processing", "example.com:443").is_ok());
    }
}
