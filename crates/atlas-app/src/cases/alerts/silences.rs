//! Silences: what a person asked not to be told about. A request is checked as a whole, and refused with the field that
//! is wrong and the right form of it.

use std::collections::BTreeSet;

use atlas_domain::Timestamp;
use atlas_store::TimelineMark;
use atlas_vitals::alerts::{MatchOp, StoredMatcher, StoredSilence, is_label, labels};

use super::{App, OWNER, refused};
use crate::error::AppError;
use crate::views::alerts::{SilenceList, SilenceQuery, SilenceRequest, SilenceState, SilenceView};
use crate::vitals::{SilenceEnd, SilenceOrder};

const FORM: &str = "write `label=value`, `label!=value` or `label=~pattern`, such as `service=search`";
const MOST_MATCHERS: usize = 20;

impl App {
    /// Silences, the newest first; those that are over too, if asked.
    pub async fn silences(&self, query: &SilenceQuery) -> Result<SilenceList, AppError> {
        let ops = self.operations().await?;
        let mark = ops.timeline().await?;
        let now = ops.wall();
        let silences = ops.silences().await?;
        let views = silences
            .iter()
            .map(|silence| silence_view(silence, mark.as_ref(), now));
        Ok(SilenceList {
            silences: views
                .filter(|view| query.all || view.state != SilenceState::Ended)
                .collect(),
        })
    }

    /// A person asks not to be told.
    pub async fn silence(&self, request: SilenceRequest) -> Result<SilenceView, AppError> {
        let vitals = self.deciding()?;
        let order = order(request, self.operations().await?.wall())?;
        let made = vitals.silence(order).await;
        let number = made
            .map_err(|_ending| AppError::NotLookedAfter)?
            .map_err(|refusal| refused(&refusal))?;
        self.silence_of(number).await?.ok_or(AppError::DecisionNotKept)
    }

    /// A person ends a silence before its time.
    pub async fn end_silence(&self, number: &str) -> Result<SilenceView, AppError> {
        let number: u64 = number
            .parse()
            .map_err(|_| AppError::Invalid(format!("`{number}` is not the number of a silence")))?;
        let input = atlas_vitals::alerts::Input::EndSilence(number);
        let ended = self.deciding()?.decide(input).await;
        ended
            .map_err(|_ending| AppError::NotLookedAfter)?
            .map_err(|refusal| refused(&refusal))?;
        let view = self.silence_of(number).await?;
        view.filter(|view| view.state == SilenceState::Ended)
            .ok_or(AppError::DecisionNotKept)
    }

    async fn silence_of(&self, number: u64) -> Result<Option<SilenceView>, AppError> {
        let all = self.silences(&SilenceQuery { all: true }).await?;
        Ok(all.silences.into_iter().find(|silence| silence.number == number))
    }
}

/// What was asked for, if it makes sense.
fn order(request: SilenceRequest, now: Timestamp) -> Result<SilenceOrder, AppError> {
    let invalid = |message: String| Err(AppError::Invalid(message));
    if request.matchers.is_empty() {
        return invalid(format!("`matchers` is empty: say what is to be silent; {FORM}"));
    }
    if request.matchers.len() > MOST_MATCHERS {
        return invalid(format!("`matchers` has more than {MOST_MATCHERS} entries"));
    }
    let matchers = request.matchers.iter().map(|text| matcher(text));
    let matchers = matchers.collect::<Result<Vec<_>, _>>()?;
    if let Some(unknown) = matchers.iter().find(|matcher| !is_label(&matcher.label)) {
        return invalid(no_such_label(&unknown.label));
    }
    if request.comment.trim().is_empty() {
        return invalid(
            "`comment` is missing: say why, for whoever wonders later that nothing is told".to_owned(),
        );
    }
    let end = match (request.until, request.lasts) {
        (Some(until), None) if until <= now => {
            return invalid(format!("`until` is over: it was {until}, and now it is {now}"));
        }
        (Some(until), None) => SilenceEnd::At(until),
        (None, Some(lasts)) if lasts.0.is_zero() => {
            return invalid("`for` must be longer than nothing, such as \"2h\"".to_owned());
        }
        (None, Some(lasts)) => SilenceEnd::After(lasts.0),
        _ => {
            return invalid(
                "a silence has an end: give `for`, such as \"2h\", or `until`, such as \"2026-03-01T12:00:00Z\", and \
                 not both"
                    .to_owned(),
            );
        }
    };
    Ok(SilenceOrder {
        matchers,
        from: request.from,
        end,
        author: request.author.unwrap_or_else(|| OWNER.to_owned()),
        comment: request.comment,
        until_resolved: request.until_resolved,
    })
}

fn matcher(text: &str) -> Result<StoredMatcher, AppError> {
    let wrong = || AppError::Invalid(format!("`matchers`: `{text}` is none; {FORM}"));
    let (before, after) = text.split_once('=').ok_or_else(wrong)?;
    let (label, op, value) = match (before.strip_suffix('!'), after.strip_prefix('~')) {
        (Some(label), _) => (label, MatchOp::NotEqual, after),
        (None, Some(pattern)) => (before, MatchOp::Matches, pattern),
        (None, None) => (before, MatchOp::Equal, after),
    };
    let label = label.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if label.is_empty() || !label.chars().all(is_name) {
        return Err(wrong());
    }
    Ok(StoredMatcher {
        label: label.to_owned(),
        op,
        value: value.trim().to_owned(),
    })
}

/// One that no incident can have would be silent about nothing, or about everything.
fn no_such_label(label: &str) -> String {
    let known: BTreeSet<&str> = labels().collect();
    let known: Vec<&str> = known.into_iter().collect();
    format!(
        "`matchers`: no incident has a label `{label}`; there are {}",
        known.join(", ")
    )
}

fn silence_view(silence: &StoredSilence, mark: Option<&TimelineMark>, now: Timestamp) -> SilenceView {
    let (from, until) = match mark {
        Some(mark) => (mark.wall_of(silence.from), mark.wall_of(silence.until)),
        None => (silence.until_wall, silence.until_wall),
    };
    let state = if silence.ended || until <= now {
        SilenceState::Ended
    } else if from > now {
        SilenceState::Pending
    } else {
        SilenceState::Active
    };
    SilenceView {
        number: silence.number,
        state,
        matchers: silence.matchers.iter().map(matcher_text).collect(),
        from,
        until,
        author: silence.author.clone(),
        comment: silence.comment.clone(),
        until_resolved: silence.until_resolved,
        ended_early: silence.ended && until > now,
    }
}

fn matcher_text(matcher: &StoredMatcher) -> String {
    let op = match matcher.op {
        MatchOp::Equal => "=",
        MatchOp::NotEqual => "!=",
        MatchOp::Matches => "=~",
    };
    format!("{}{op}{}", matcher.label, matcher.value)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;
    use crate::views::alerts::Lasting;

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn request() -> SilenceRequest {
        SilenceRequest {
            matchers: vec!["service=search".to_owned()],
            lasts: Some(Lasting(Duration::from_hours(2))),
            comment: "the index is built anew".to_owned(),
            ..SilenceRequest::default()
        }
    }

    #[rstest]
    #[case("service=search", "service", MatchOp::Equal, "search")]
    #[case("severity!=critical", "severity", MatchOp::NotEqual, "critical")]
    #[case("mount=~/(data|tmp)", "mount", MatchOp::Matches, "/(data|tmp)")]
    #[case(" mount = /data ", "mount", MatchOp::Equal, "/data")]
    #[case::what_follows_the_first_sign_is_the_value("url=a=b", "url", MatchOp::Equal, "a=b")]
    #[case::an_empty_value_means_an_absent_label("mount=", "mount", MatchOp::Equal, "")]
    fn a_matcher_is_a_label_and_what_it_is_compared_with(
        #[case] text: &str,
        #[case] label: &str,
        #[case] op: MatchOp,
        #[case] value: &str,
    ) {
        let (label, value) = (label.to_owned(), value.to_owned());
        let read = matcher(text).unwrap();
        assert_eq!(read, StoredMatcher { label, op, value });
        assert_eq!(matcher(&matcher_text(&read)).unwrap(), read);
    }

    #[rstest]
    #[case("search")]
    #[case("=search")]
    #[case("!=search")]
    #[case("a service=search")]
    fn text_that_is_no_matcher_is_refused_with_the_right_form(#[case] text: &str) {
        let refused = matcher(text).unwrap_err().to_string();
        assert!(refused.contains("`matchers`"), "{refused}");
        assert!(refused.contains("service=search"), "{refused}");
    }

    #[test]
    fn a_silence_without_an_author_is_the_owners() {
        let order = order(request(), NOW).unwrap();
        assert_eq!(order.author, "owner");
        assert_eq!(order.end, SilenceEnd::After(Duration::from_hours(2)));
    }

    #[rstest]
    #[case::of_nothing(SilenceRequest { matchers: Vec::new(), ..request() }, "`matchers`")]
    #[case::without_a_reason(SilenceRequest { comment: "  ".to_owned(), ..request() }, "`comment`")]
    #[case::without_an_end(SilenceRequest { lasts: None, ..request() }, "`for`")]
    #[case::with_two_ends(SilenceRequest { until: Some(NOW.after(Duration::from_hours(1))), ..request() }, "`until`")]
    #[case::of_a_label_that_nothing_has(SilenceRequest { matchers: vec!["servce=web".to_owned()], ..request() }, "`servce`; there are ")]
    #[case::of_no_length(SilenceRequest { lasts: Some(Lasting(Duration::ZERO)), ..request() }, "`for`")]
    #[case::that_is_over(SilenceRequest { lasts: None, until: Some(NOW), ..request() }, "`until`")]
    fn what_makes_no_sense_is_refused_by_its_field(#[case] request: SilenceRequest, #[case] field: &str) {
        let refused = order(request, NOW).unwrap_err();
        assert_eq!(refused.code(), "invalid_request");
        assert!(refused.to_string().contains(field), "{refused}");
    }
}
